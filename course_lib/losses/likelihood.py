"""Likelihoods as Keras losses: −log p(x | h) of the parameters that a decoder returns.

    per example    −log p(x | h)    from `call(x, parameters)`, in nats
    in data space  E[x | h]         from `mean(parameters)`, what a model shows

Reference: Bishop, Pattern Recognition and Machine Learning, 2006, sections 1.2.4, 2.1 and 2.2,
    https://link.springer.com/book/9780387310732.
"""

import math
from typing import Any

import keras
from keras import ops

from course_lib.losses.likelihood_base import Likelihood
from course_lib.losses.log_variance import bounded_log_variance
from course_lib.losses.nll import bernoulli_nll, gaussian_nll, multinomial_nll
from course_lib.losses.sums import in_one_dtype
from course_lib.validation import Tensor, check_array, check_number


def get(identifier: str | Likelihood) -> Likelihood:
    """The likelihood of a name, or the likelihood itself.

    Args:
        identifier: `"gaussian"`, `"bernoulli"`, `"multinomial"` or a `Likelihood`.

    Returns:
        A `Likelihood`.

    Raises:
        ValueError: for anything else.

    Example:

    >>> get("bernoulli").name
    'bernoulli_nll'
    """
    if isinstance(identifier, Likelihood):
        return identifier
    if identifier == "gaussian":
        return GaussianNLL()
    if identifier == "bernoulli":
        return BernoulliNLL()
    if identifier == "multinomial":
        return MultinomialNLL()
    raise ValueError(
        "likelihood must be 'gaussian', 'bernoulli', 'multinomial' or a Likelihood, "
        f"but is {identifier!r}."
    )


@keras.saving.register_keras_serializable("course_lib")
class GaussianNLL(Likelihood):
    """`gaussian_nll` as a Keras loss.

    Args:
        log_variance: log σ², one number for all features; or `"learned"`: the decoder then
            returns mean and log-variance side by side, and the last axis of its parameters is
            twice that of x. What it learns is held from −30 to 20 by `bounded_log_variance`.
        **kwargs: `name`, `reduction` and `dtype` of `keras.losses.Loss`.

    Returns:
        `loss.call(x, parameters, mask)`: nats, shape `(B,)`. `loss(x, parameters)`: their mean.
        `loss.mean(parameters)`: m, in the shape of x.

    Raises:
        ValueError: if `log_variance` is neither, or x and parameters do not fit.

    Example:

    >>> loss = GaussianNLL()
    >>> print(f"{float(loss(ops.array([[0.0, 1.0]]), ops.zeros((1, 2)))):.4f}")
    2.3379
    """

    def __init__(
        self, log_variance: float | str = 0.0, name: str = "gaussian_nll", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.log_variance: float | str = "learned"
        if not (isinstance(log_variance, str) and log_variance == "learned"):
            self.log_variance = check_number("log_variance (if not 'learned')", log_variance)

    def call(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        if self.log_variance != "learned":
            return gaussian_nll(x, parameters, self.log_variance, mask)
        mean, log_variance = self._split(parameters)
        return gaussian_nll(x, mean, bounded_log_variance(log_variance), mask)

    def mean(self, parameters: Tensor) -> Tensor:
        if self.log_variance != "learned":
            return ops.convert_to_tensor(parameters)
        return self._split(parameters)[0]

    def get_config(self):
        return {**super().get_config(), "log_variance": self.log_variance}

    def _split(self, parameters):
        check_array("parameters", parameters)
        if parameters.shape[-1] % 2:
            raise ValueError(
                "parameters must hold a mean and a log-variance per feature, side by side, "
                f"but the last axis of their shape {tuple(parameters.shape)} is odd."
            )
        return ops.split(parameters, 2, axis=-1)


@keras.saving.register_keras_serializable("course_lib")
class BernoulliNLL(Likelihood):
    """`bernoulli_nll` as a Keras loss.

    Args:
        **kwargs: `name`, `reduction` and `dtype` of `keras.losses.Loss`.

    Returns:
        `loss.call(x, logits, mask)`: nats, shape `(B,)`. `loss(x, logits)`: their mean.
        `loss.mean(logits)`: sigmoid(l), in the shape of x.

    Raises:
        ValueError: if x and logits do not fit, or x leaves [0, 1].

    Example:

    >>> loss = BernoulliNLL()
    >>> print(f"{float(loss(ops.array([[0.0, 1.0]]), ops.zeros((1, 2)))):.4f}")
    1.3863
    """

    low, high = 0, 1

    def __init__(self, name: str = "bernoulli_nll", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        return bernoulli_nll(x, parameters, mask)

    def mean(self, parameters: Tensor) -> Tensor:
        return ops.sigmoid(parameters)

    def of_draws(
        self, x: Tensor, parameters: Tensor, draws: int, mask: Tensor | None = None
    ) -> Tensor:
        if mask is not None:
            return super().of_draws(x, parameters, draws, mask)
        # x enters through Σ xᵢlᵢ alone, which for all draws at once is a matrix product.
        x, logits = in_one_dtype(x, parameters)
        features = math.prod(x.shape[1:])
        x = ops.reshape(x, (-1, features, 1))
        logits = ops.reshape(logits, (-1, draws, features))
        return _sum_softplus(logits) - ops.squeeze(ops.matmul(logits, x), axis=2)


@keras.saving.register_keras_serializable("course_lib")
class MultinomialNLL(Likelihood):
    """`multinomial_nll` as a Keras loss.

    Args:
        **kwargs: `name`, `reduction` and `dtype` of `keras.losses.Loss`.

    Returns:
        `loss.call(x, logits, mask)`: nats, shape `(B,)`. `loss(x, logits)`: their mean.
        `loss.mean(logits)`: softmax(l), the probability of each word, in the shape of x.

    Raises:
        ValueError: if x and logits do not fit, or x is negative.

    Reference: Salakhutdinov and Hinton, Replicated softmax: an undirected topic model, 2009,
        https://papers.nips.cc/paper/2009/hash/31839b036f63806cba3f47b93af8ccb5-Abstract.html.

    Example:

    >>> loss = MultinomialNLL()
    >>> print(f"{float(loss(ops.array([[2.0, 0.0, 1.0]]), ops.zeros((1, 3)))):.4f}")
    3.2958
    """

    low = 0

    def __init__(self, name: str = "multinomial_nll", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        return multinomial_nll(x, parameters, mask)

    def mean(self, parameters: Tensor) -> Tensor:
        return ops.softmax(parameters, axis=-1)


@ops.custom_gradient
def _sum_softplus(x):
    # Σ log(1 + eˣ) over the last axis = Σ max(x, 0) + Σ log Π (1 + e^−|x|): one logarithm for up
    # to 64 factors, none above 2, which is several times faster than one for each.
    together = max(n for n in range(1, 65) if x.shape[-1] % n == 0)
    factors = ops.reshape(1 + ops.exp(-ops.abs(x)), (*ops.shape(x)[:-1], -1, together))
    logarithms = ops.sum(ops.log(ops.prod(factors, axis=-1)), axis=-1)

    def gradient(*arguments, upstream=None):
        # PyTorch hands over the arguments, too, and names the slope.
        slope = arguments[0] if upstream is None else upstream
        return ops.expand_dims(slope, -1) * ops.sigmoid(x)

    return ops.sum(ops.relu(x), axis=-1) + logarithms, gradient
