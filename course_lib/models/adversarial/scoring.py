"""How strange an example is to a BiGAN: how badly it is rebuilt, and how well that is seen.

    A(x, z) = (1 − w) ‖x − g(z)‖₁ + w ‖f(x, z) − f(g(z), z)‖₁    or    + w · −log d(x, z)

f are the discriminator's features and d its probability that the pair is one of an example and
its code. A pass through the encoder gives z = e(x) at once; AnoGAN, which has no encoder, looks for
the z of least A by hundreds of steps downhill.

Reference: Zenati, Foo, Lecouat, Manek and Chandrasekhar, Efficient GAN-based anomaly detection,
    2018, https://arxiv.org/abs/1802.06222. Schlegl et al., Unsupervised anomaly detection with
    generative adversarial networks to guide marker discovery, 2017,
    https://arxiv.org/abs/1703.05921.
"""

import functools
from typing import Any

import keras
from keras import ops

from course_lib.coding.descent import descend
from course_lib.layers.priors import Prior
from course_lib.losses.adversarial import generator_nll
from course_lib.losses.sums import at_least_float32, each_sum, in_one_dtype
from course_lib.models.base import Autoencoder
from course_lib.training.batches import in_batches
from course_lib.training.compiled import compiled_with
from course_lib.validation import Tensor, check_array, check_number, check_seed, check_whole

KINDS = ("features", "cross_entropy")


class PairScores(Autoencoder):
    """An autoencoder with features of pairs `[x, z]`, a logit of these, and a prior: it has scores.

    High is strange.
    """

    features: keras.layers.Layer
    logit: keras.layers.Layer
    prior: Prior

    def generated(self, z: Tensor, training: bool = False) -> Tensor:
        """g(z), the mean of the likelihood in data space, `(B, ...)`."""
        return self.likelihood.mean(self.decoder(z, training=training))

    def scores(
        self, x: Tensor, kind: str = "features", weight: float = 0.1, batch_size: int | None = None
    ) -> Tensor:
        """A(x, e(x)) of each example, in one pass: deterministic, two calls agree.

        Args:
            x: data `(N, ...)`.
            kind: what the discriminator adds: `"features"`, how far those of the pair move if x
                is put in for its reconstruction, or `"cross_entropy"`, −log d(x, e(x)) in nats.
            weight: w, its share, from 0 to 1.
            batch_size: examples at a time, which bounds memory.

        Returns:
            Shape `(N,)`: a NumPy array for a NumPy array, a tensor for a tensor.

        Raises:
            ValueError: if there is no such kind, the weight is out of range, or NumPy values are
                not finite.

        Reference: Zenati et al., 2018, section 3, https://arxiv.org/abs/1802.06222.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, but is {kind!r}.")
        share = self._share(x, weight)
        score = self._scorers[kind]
        return in_batches(lambda part: score(ops.cast(part, share.dtype), share), x, batch_size)

    def latent_search(
        self,
        x: Tensor,
        steps: int = 500,
        rate: float = 0.01,
        weight: float = 0.1,
        seed: Any = None,
        batch_size: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The slow way, without the encoder: for each example, Adam on z down A(x, z).

        Args:
            x: data `(N, ...)`.
            steps: of Adam, from a z drawn from the prior.
            rate: Adam's.
            weight: w, the share of the features, from 0 to 1.
            seed: whole number or `keras.random.SeedGenerator`, of the starts.
            batch_size: examples at a time, which bounds memory; it changes nothing else.

        Returns:
            Codes `(N, K)`, and their scores A(x, z), `(N,)`.

        Raises:
            ValueError: if a number is out of range, or NumPy values are not finite.

        Reference: Schlegl et al., 2017, section 2.2, https://arxiv.org/abs/1703.05921.
        """
        share = self._share(x, weight)
        steps = ops.convert_to_tensor(check_whole("steps", steps, low=1), "int32")
        rate = ops.convert_to_tensor(check_number("rate", rate, above=0), share.dtype)
        starts = self.prior.sample(len(x), check_seed(seed))
        starts = starts if ops.is_tensor(x) else ops.convert_to_numpy(starts)

        def search(part):
            x, z = (ops.cast(p, share.dtype) for p in part)
            return self._search(x, z, steps, rate, share)

        return in_batches(search, (x, starts), batch_size)

    def pair_scores(self, x: Tensor, z: Tensor, weight: Tensor, kind: str = KINDS[0]) -> Tensor:
        """A(x, z) of each pair, `(B,)`."""
        rebuilt = self.generated(z)
        x, z, rebuilt = in_one_dtype(x, z, rebuilt)
        error = each_sum(ops.abs(x - rebuilt))
        seen = self.features([x, z], training=False)
        if kind == "features":
            moved = at_least_float32(seen - self.features([rebuilt, z], training=False))
            judged = each_sum(ops.abs(moved))
        else:
            judged = generator_nll(self.logit(seen))
        return (1 - weight) * error + weight * judged

    def _share(self, x, weight):
        self.check_built(x)
        check_array("x", x, rank=range(2, 6))
        weight = check_number("weight", weight, low=0, high=1)
        return ops.convert_to_tensor(weight, at_least_float32(self.variable_dtype))

    @functools.cached_property
    def _scorers(self):
        def scorer(kind):
            return compiled_with(
                self,
                lambda x, weight: self.pair_scores(
                    x, self.encoder(x, training=False), weight, kind
                ),
            )

        return {kind: scorer(kind) for kind in KINDS}

    @functools.cached_property
    def _search(self):
        def search(x, z, steps, rate, weight):
            return descend(lambda z: self.pair_scores(x, z, weight), z, steps, rate)

        return compiled_with(self, search)
