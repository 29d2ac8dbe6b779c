"""Contractive autoencoder: −log p(x | g(h)) + λ‖∂f/∂x‖²_F, h = f(x).

Reconstruction needs the code to move when x moves to another example; the penalty lets it move
for nothing else. What survives are the directions in which the data vary: tangents of the
manifold they lie on.

CAE+H also penalises bends, γ E‖J(x) − J(x + ε)‖²_F with ε ~ N(0, σ²I), which carries the
contraction from the examples to their neighbourhood.

Reference: Rifai, Vincent, Muller, Glorot and Bengio, Contractive auto-encoders: explicit
invariance during feature extraction, 2011, https://icml.cc/2011/papers/455_icmlpaper.pdf. Rifai,
Mesnil, Vincent, Muller, Bengio, Dauphin and Glorot, Higher order contractive auto-encoder, 2011,
https://doi.org/10.1007/978-3-642-23783-6_41.
"""

from typing import Any

import keras
from keras import ops

from course_lib.layers.seeds import SavesSeeds
from course_lib.layers.tied import TiedDense
from course_lib.losses.contraction import contraction_chain, contraction_exact, dense_stack
from course_lib.losses.contraction_probes import contraction_probe, curvature_probe
from course_lib.models.base import Autoencoder
from course_lib.validation import Tensor, check_number, check_whole

METHODS = ("probe", "chain", "exact")


@keras.saving.register_keras_serializable("course_lib")
class ContractiveAutoencoder(SavesSeeds, Autoencoder):
    """An autoencoder whose code may move only where the data do.

    minimises  E_x[ −log p(x | g(h)) + λ‖J(x)‖²_F + γ‖J(x) − J(x + ε)‖²_F ],  J = ∂f/∂x

    The penalty sees the encoder alone, and a decoder of its own undoes it: halve the encoder,
    double the decoder, and reconstructions are as before at a quarter of the price. So weights
    are tied unless you say otherwise: without a `decoder`, a mirror of the encoder is made, each
    layer with the transposed kernel and a bias of its own.

    Args:
        encoder: Keras layer or model, data `(B, ...)` → codes `(B, K)`.
        decoder: Keras layer or model, codes → the likelihood's parameters. By default the
            encoder's mirror, its last layer linear; the encoder must then be a
            `keras.layers.Dense` or a `keras.Sequential` of such, on data `(B, D)`.
        weight: λ, at least 0; 0 logs the contraction without paying for it.
        method: how ‖J‖² is found: `"probe"`, estimated with random signs, for any encoder at a
            cost that does not grow with the code; `"chain"`, in closed form, for stacks of dense
            layers and the cheapest of all for one; `"exact"`, row by row, for any encoder with a
            small code. See `course_lib.losses.contraction`.
        probes: how many random signs are averaged, for `"probe"` and the curvature.
        curvature_weight: γ, at least 0; above 0 there is a term `"curvature"`, probed with one
            draw of ε a step.
        curvature_sigma: σ of ε, above 0, in the units of the data.
        likelihood: `"gaussian"`, `"bernoulli"`, or a loss of `course_lib.losses.likelihood`.
        seed: whole number that fixes signs and ε; by default `set_random_seed` does.
        name: model name.

    `evaluate` draws the same signs and ε at every call, so two calls agree.

    Raises:
        ValueError: if an argument is out of its range, or the encoder does not suit the method
            or cannot be mirrored.

    Reference: Rifai et al., 2011, https://icml.cc/2011/papers/455_icmlpaper.pdf; with curvature,
        https://doi.org/10.1007/978-3-642-23783-6_41.

    Example:

    >>> import numpy as np
    >>> model = ContractiveAutoencoder(keras.layers.Dense(3, "sigmoid"), weight=0.1, method="chain")
    >>> model.compile("adam")
    >>> history = model.fit(np.ones((8, 5), "float32"), verbose=0)
    >>> sorted(history.history)
    ['contraction', 'loss', 'reconstruction']
    """

    def __init__(
        self,
        encoder: keras.layers.Layer,
        decoder: keras.layers.Layer | None = None,
        weight: float = 0.1,
        method: str = "probe",
        probes: int = 1,
        curvature_weight: float = 0.0,
        curvature_sigma: float = 0.1,
        likelihood: Any = "gaussian",
        seed: int | None = None,
        **kwargs,
    ):
        weight = check_number("weight", weight, low=0)
        curvature_weight = check_number("curvature_weight", curvature_weight, low=0)
        curvature_sigma = check_number("curvature_sigma", curvature_sigma, above=0)
        probes = check_whole("probes", probes, low=1)
        if method not in METHODS:
            raise ValueError(f"method must be 'probe', 'chain' or 'exact', but is {method!r}.")
        if method == "chain":
            dense_stack(encoder)
        if decoder is None:
            decoder = _mirror(encoder)
        super().__init__(encoder, decoder, likelihood=likelihood, **kwargs)
        self.weight = weight
        self.method = method
        self.probes = probes
        self.curvature_weight = curvature_weight
        self.curvature_sigma = curvature_sigma
        self.seed = None if seed is None else check_whole("seed", seed, low=0, high=2**31 - 1)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    @property
    def term_weights(self) -> dict[str, Any]:
        weights = {**super().term_weights, "contraction": self.weight}
        if self.curvature_weight:
            weights["curvature"] = self.curvature_weight
        return weights

    def loss_terms(self, x: Tensor, y: Tensor = None, training: bool = False) -> dict[str, Tensor]:
        # Two seeds, because from one the signs would be those of the noise.
        seed, noise_seed = (self.seed_generator,) * 2 if training else (0, 1)
        codes, contraction = self._contraction(x, seed)
        terms = {"contraction": contraction}
        if self.curvature_weight:
            noise = self.curvature_sigma * keras.random.normal(ops.shape(x), seed=noise_seed)
            nearby = ops.add(x, ops.cast(noise, x.dtype))
            terms["curvature"] = curvature_probe(self.encoder, x, nearby, seed, self.probes)
        if not _same_in_training(self.encoder):
            # Last, so that what the encoder's own penalties see is this call.
            codes = self.encoder(x, training=training)
        parameters = self.decoder(codes, training=training)
        return {"reconstruction": self.nll(x if y is None else y, parameters), **terms}

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "weight": self.weight,
            "method": self.method,
            "probes": self.probes,
            "curvature_weight": self.curvature_weight,
            "curvature_sigma": self.curvature_sigma,
            "seed": self.seed,
        }

    def _contraction(self, x, seed):
        if self.method == "probe":
            return contraction_probe(self.encoder, x, seed, self.probes)
        if self.method == "chain":
            return contraction_chain(self.encoder, x)
        return contraction_exact(self.encoder, x)


def _mirror(encoder):
    """The decoder with the encoder's weights, backwards; the last layer gives parameters."""
    try:
        layers = dense_stack(encoder)
    except ValueError as reason:
        raise ValueError(
            f"decoder must be given, because tied weights need this: {reason}"
        ) from None
    activations = [None, *(layer.activation for layer in layers[:-1])]
    tied = [
        TiedDense(layer, activation=activation, name=f"tied_{layer.name}")
        for layer, activation in zip(layers[::-1], activations[::-1], strict=True)
    ]
    return tied[0] if len(tied) == 1 else keras.Sequential(tied, name="decoder")


def _same_in_training(encoder):
    """Whether codes at inference are those of training, and a pass leaves nothing behind."""
    try:
        return not any(layer.activity_regularizer for layer in dense_stack(encoder))
    except ValueError:
        return False
