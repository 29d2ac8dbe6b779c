"""A function of a model's weights and of data, compiled once and true to the weights of now.

    F(θ, x) compiled,   f(x) = F(θ of now, x)

A compiled function takes what it reads for constants on JAX; so the weights go in each time.
TensorFlow's reads its variables whenever it runs, and a call costs more with each argument.
"""

from collections.abc import Callable

import keras
from keras import ops

from course_lib.autodiff import compiled
from course_lib.validation import Tensor


def compiled_with(layer: keras.layers.Layer, function: Callable) -> Callable:
    """The function, compiled where a backend compiles, with the weights that the layer then has.

    What the function would change in the layer, such as the state of a seed, stays as it is.

    Args:
        layer: Keras layer or model, built.
        function: callable of tensors that calls the layer or parts of it, and returns tensors.

    Returns:
        A callable of the same tensors.

    Example:

    >>> dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    >>> dense.build((None, 2))
    >>> total = compiled_with(dense, dense)
    >>> x = ops.ones((1, 2))
    >>> before = float(total(x)[0, 0])
    >>> dense.kernel.assign([[2.0], [3.0]]) is None, before, float(total(x)[0, 0])
    (False, 2.0, 5.0)
    """
    variables = list(layer.variables)

    def stateless(values: list[Tensor], *tensors: Tensor) -> Tensor:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*tensors)

    def now(*tensors: Tensor) -> Tensor:
        return stateless([v.value for v in variables], *tensors)

    if keras.backend.backend() == "tensorflow":
        read = compiled(now)
        return lambda *tensors: read(*map(ops.convert_to_tensor, tensors))
    fast = compiled(stateless)

    def call(*tensors: Tensor) -> Tensor:
        return fast([v.value for v in variables], *map(ops.convert_to_tensor, tensors))

    return call
