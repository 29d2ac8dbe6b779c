"""BiGAN: a generator and an encoder that become each other's inverse, because a pair must not show.

    discriminator    −log d(x, e(x)) − log(1 − d(g(z), z)) + γ R,   z ~ p(z)
    generator        −log(1 − d(x, e(x))) − log d(g(z), z)

in turn, batch by batch, with the same z. The discriminator d sees data with a code, and tells
whether the code was made from the data or the data from the code. R = ½ ‖∂ logit d / ∂(x, z)‖²
at the pairs (x, e(x)) keeps it from being surer than those who play against it can follow.

Reference: Donahue, Krähenbühl and Darrell, Adversarial feature learning, 2017,
    https://arxiv.org/abs/1605.09782. Dumoulin et al., Adversarially learned inference, 2017,
    https://arxiv.org/abs/1606.00704. Mescheder, Geiger and Nowozin, Which training methods for
    GANs do actually converge?, 2018, https://arxiv.org/abs/1801.04406 (R).
"""

import math
from typing import Any

import keras
from keras import ops

from course_lib.autodiff import gradient
from course_lib.layers.priors import Prior
from course_lib.losses.adversarial import discriminator_nll
from course_lib.losses.sums import at_least_float32, each_sum, in_one_dtype
from course_lib.models.adversarial.drawing import DrawsFromPrior
from course_lib.models.adversarial.scoring import PairScores
from course_lib.training.phases import Phase, PhasedModel
from course_lib.validation import Tensor, check_number


@keras.saving.register_keras_serializable("course_lib")
class BiGAN(DrawsFromPrior, PairScores):
    """An encoder and a generator, trained by nothing but a discriminator of pairs (x, z).

    Two phases a step, each with its own optimiser: `discriminator` moves the discriminator,
    `generator` moves encoder and decoder together. `compile` takes one optimiser for both, or one
    for each, `{phase: optimizer}`. Nothing asks for a small error of reconstruction: e and g
    are inverse to each other at the optimum alone.

    Args:
        encoder: e, Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: g, Keras layer or model, codes → the likelihood's parameters, whose mean is what
            the discriminator sees.
        features: Keras layer or model, a pair `[x, z]` → features `(B, F)`; a dense layer of the
            model's own makes the discriminator's logit of them, high for pairs (x, e(x)).
        prior: a `Prior` of K units, such as those of `course_lib.layers.priors`.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`.
        penalty: γ, what the discriminator pays for its slope, at least 0.
        seed: whole number that fixes the draws from the prior; by default `set_random_seed`
            does.
        name: model name.

    Raises:
        ValueError: if the prior is no `Prior`, its units are not those of the codes, the penalty
            is negative, or the features are not of shape `(B, F)`.

    Reference: Donahue et al., 2017, https://arxiv.org/abs/1605.09782.

    Example:

    >>> import numpy as np
    >>> from course_lib.layers import GaussianPrior
    >>> dense = keras.layers.Dense
    >>> pair = [keras.Input((5,)), keras.Input((2,))]
    >>> features = dense(8, "relu")(keras.layers.Concatenate()(pair))
    >>> model = BiGAN(dense(2), dense(5), keras.Model(pair, features), GaussianPrior(2))
    >>> model.compile("adam")
    >>> x = np.ones((8, 5), "float32")
    >>> history = model.fit(x, verbose=0)
    >>> sorted(history.history)
    ['discriminator', 'generator', 'loss', 'penalty']
    >>> model.scores(x).shape
    (8,)
    """

    takes_target = False

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer,
        features: keras.layers.Layer,
        prior: Prior,
        likelihood: Any = "gaussian",
        penalty: float = 1.0,
        seed: int | None = None,
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(encoder, decoder, likelihood=likelihood, name=name, **kwargs)
        self.features = features
        self.logit = keras.layers.Dense(1, dtype=self.dtype_policy, name="logit")
        self._take(prior, seed)
        self.penalty = check_number("penalty", penalty, low=0)
        # Two that start alike and are asked in turn: both players see the same z.
        self.second_seed_generator = keras.random.SeedGenerator(0)
        self.second_seed_generator.state.assign(ops.copy(self.seed_generator.state))

    loss_terms = PhasedModel.loss_terms
    term_weights = PhasedModel.term_weights

    def phases(self) -> list[Phase]:
        def prices(training):
            return {"discriminator": 1.0, "penalty": self.penalty}

        discriminator = [self.features, self.logit]
        return [
            Phase("discriminator", self.discriminator_terms, discriminator, prices),
            Phase("generator", self.generator_loss, [self.encoder, self.decoder]),
        ]

    def build(self, input_shape: Any) -> None:
        if self.built:
            return
        if not self.encoder.built:
            self.encoder.build(input_shape)
        codes = self.encoder.compute_output_shape(input_shape)
        if codes[-1] != self.prior.units:
            raise ValueError(
                f"prior must have the {codes[-1]} units of the codes, but has {self.prior.units}."
            )
        pair = [tuple(input_shape), (None, self.prior.units)]
        if not self.features.built:
            self.features.build(pair)
        found = tuple(self.features.compute_output_shape(pair))
        if len(found) != 2:
            raise ValueError(f"features must return shape (B, F), but returns {found}.")
        self.logit.build(found)
        super().build(input_shape)

    def log_odds(self, x: Tensor, z: Tensor, training: bool = False) -> Tensor:
        """The discriminator's logit of each pair, `(B, 1)`: log d/(1 − d)."""
        return self.logit(self.features(in_one_dtype(x, z), training=training))

    def discriminator_terms(
        self, x: Tensor, y: Tensor = None, training: bool = False
    ) -> dict[str, Tensor]:
        """−log d(x, e(x)) − log(1 − d(g(z), z)), and R, of each example.

        Where the discriminator cannot tell the two kinds apart the first is 2 log 2.
        """
        codes = ops.stop_gradient(self.encoder(x, training=training))
        z = self._draw(x, self.seed_generator)
        made = ops.stop_gradient(self.generated(z, training))
        data, codes = in_one_dtype(x, codes)
        sizes, width = (-1, *data.shape[1:]), math.prod(data.shape[1:])

        def odds(pair):
            data = ops.reshape(pair[:, :width], sizes)
            return self.log_odds(data, pair[:, width:], training)[:, 0]

        # One pass gives both, so that dropout hides the same features from both.
        pair = ops.concatenate([ops.reshape(data, (-1, width)), codes], axis=1)
        of_data, slope = gradient(odds, pair)
        of_draws = self.log_odds(made, z, training)
        return {
            "discriminator": discriminator_nll(of_data[:, None], of_draws),
            "penalty": each_sum(ops.square(at_least_float32(slope))) / 2,
        }

    def generator_loss(self, x: Tensor, y: Tensor = None, training: bool = False) -> Tensor:
        """−log(1 − d(x, e(x))) − log d(g(z), z): each pair should be taken for the other kind."""
        z = self._draw(x, self.second_seed_generator)
        of_data = self.log_odds(x, self.encoder(x, training=training), training)
        of_draws = self.log_odds(self.generated(z, training), z, training)
        return discriminator_nll(of_draws, of_data)

    def _draw(self, x, seed):
        return self.prior.sample(ops.shape(x)[0], seed)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        config = {**super().get_config(), "penalty": self.penalty, "seed": self.seed}
        return {**config, "features": serialize(self.features), "prior": serialize(self.prior)}
