"""Likelihoods as Keras losses: −log p(x | h) of the parameters that a decoder returns.

    per example    −log p(x | h)    from `call(x, parameters)`, in nats
    in data space  E[x | h]         from `mean(parameters)`, what a model shows

Reference: Bishop, Pattern Recognition and Machine Learning, 2006, sections 1.2.4 and 2.1.
"""

import math
import numbers

import keras
from keras import ops

from course_lib.losses.nll import bernoulli_nll, gaussian_nll, in_one_dtype
from course_lib.validation import check_array


def get(identifier):
    """The likelihood of a name, or the likelihood itself.

    Args:
        identifier: `"gaussian"`, `"bernoulli"` or a `Likelihood`.

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
    raise ValueError(
        f"likelihood must be 'gaussian', 'bernoulli' or a Likelihood, but is {identifier!r}."
    )


class Likelihood(keras.losses.Loss):
    """Negative log-likelihood as a loss: per example from `call`, its batch mean when called.

    A subclass implements `call(x, parameters)`, nats of shape `(B,)`, and `mean(parameters)`,
    the mean of the distribution in the space of the data, which is what a model shows as its
    reconstruction. Its x lie between `low` and `high`.
    """

    low = high = None

    def __call__(self, x, parameters, sample_weight=None):
        # Keras turns both into tensors next, and values can be checked only before that.
        check_array("x", x, low=self.low, high=self.high)
        check_array("parameters", parameters)
        return super().__call__(x, parameters, sample_weight)

    def mean(self, parameters):
        raise NotImplementedError

    def of_draws(self, x, parameters, draws):
        """Nats of each example under each of S sets of parameters.

        Args:
            x: data `(B, ...)`.
            parameters: `(B · S, ...)`, those for the first example first.
            draws: S.

        Returns:
            Nats, shape `(B, S)`.
        """
        return ops.reshape(self.call(ops.repeat(x, draws, axis=0), parameters), (-1, draws))

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


@keras.saving.register_keras_serializable("course_lib")
class GaussianNLL(Likelihood):
    """`gaussian_nll` as a Keras loss.

    Args:
        log_variance: log σ², one number for all features; or `"learned"`: the decoder then
            returns mean and log-variance side by side, and the last axis of its parameters is
            twice that of x.
        **kwargs: `name`, `reduction` and `dtype` of `keras.losses.Loss`.

    Returns:
        `loss.call(x, parameters)`: nats, shape `(B,)`. `loss(x, parameters)`: their mean.
        `loss.mean(parameters)`: m, in the shape of x.

    Raises:
        ValueError: if `log_variance` is neither, or x and parameters do not fit.

    Example:

    >>> loss = GaussianNLL()
    >>> print(f"{float(loss(ops.array([[0.0, 1.0]]), ops.zeros((1, 2)))):.4f}")
    2.3379
    """

    def __init__(self, log_variance=0.0, name="gaussian_nll", **kwargs):
        super().__init__(name=name, **kwargs)
        if isinstance(log_variance, numbers.Real) and math.isfinite(log_variance):
            log_variance = float(log_variance)
        elif not (isinstance(log_variance, str) and log_variance == "learned"):
            raise ValueError(
                f"log_variance must be a finite number or 'learned', but is {log_variance!r}."
            )
        self.log_variance = log_variance

    def call(self, x, parameters):
        if self.log_variance != "learned":
            return gaussian_nll(x, parameters, self.log_variance)
        mean, log_variance = self._split(parameters)
        return gaussian_nll(x, mean, log_variance)

    def mean(self, parameters):
        if self.log_variance != "learned":
            return ops.convert_to_tensor(parameters)
        return self._split(parameters)[0]

    def get_config(self):
        return {**super().get_config(), "log_variance": self.log_variance}

    def _split(self, parameters):
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
        `loss.call(x, logits)`: nats, shape `(B,)`. `loss(x, logits)`: their mean.
        `loss.mean(logits)`: sigmoid(l), in the shape of x.

    Raises:
        ValueError: if x and logits do not fit, or x leaves [0, 1].

    Example:

    >>> loss = BernoulliNLL()
    >>> print(f"{float(loss(ops.array([[0.0, 1.0]]), ops.zeros((1, 2)))):.4f}")
    1.3863
    """

    low, high = 0, 1

    def __init__(self, name="bernoulli_nll", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, x, parameters):
        return bernoulli_nll(x, parameters)

    def mean(self, parameters):
        return ops.sigmoid(parameters)

    def of_draws(self, x, parameters, draws):
        # x enters through Σ xᵢlᵢ alone, which for all draws at once is a matrix product.
        x, logits = in_one_dtype(x, parameters)
        features = math.prod(x.shape[1:])
        x = ops.reshape(x, (-1, features, 1))
        logits = ops.reshape(logits, (-1, draws, features))
        return _sum_softplus(logits) - ops.squeeze(ops.matmul(logits, x), axis=2)


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
