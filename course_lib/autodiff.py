"""Derivatives of one function at one input, on every backend.

For a function f and its Jacobian J = ∂f/∂x at x,

    jvp       J v     forward mode: how f moves when x moves along v
    vjp       Jᵀ u    reverse mode: which x would move f along u
    gradient  Jᵀ 1    of one value per example: ∂f(xᵢ)/∂xᵢ for all i at once

each at the cost of a few evaluations of f, however large J is. All three work inside
`compute_loss` under `fit`, and what they return can be differentiated again with respect to
weights. This is the one file that knows how each backend differentiates, and compiles.

Reference: Baydin, Pearlmutter, Radul and Siskind, Automatic differentiation in machine learning: a
    survey, 2018, https://arxiv.org/abs/1502.05767.
"""

import contextlib
from collections.abc import Callable

import keras
from keras import ops

from course_lib.validation import Tensor, check_array, check_same_shape

Function = Callable[[Tensor], Tensor]


def jvp(function: Function, x: Tensor, tangent: Tensor) -> tuple[Tensor, Tensor]:
    """Jacobian-vector product J v, by forward mode.

    Call layers inside `function` with `training=False`: batch statistics and updates of state
    cannot be carried through on every backend.

    Args:
        function: callable from one tensor to one tensor.
        x: floats of shape `(B, ...)`.
        tangent: v, of the shape of x.

    Returns:
        `function(x)`, and J v in the same shape: zeros where nothing depends on x.

    Raises:
        ValueError: if x and tangent do not fit.

    Reference: Baydin et al., 2018, section 3.1, https://arxiv.org/abs/1502.05767.

    Example:

    >>> y, Jv = jvp(ops.square, ops.array([3.0, 4.0]), tangent=ops.array([1.0, 0.0]))
    >>> print(ops.convert_to_numpy(Jv))
    [6. 0.]
    """
    check_array("x", x)
    check_array("tangent", tangent)
    check_same_shape("tangent", tangent, "x", x)
    x = ops.convert_to_tensor(x)
    y, Jv = ops.jvp(function, (x,), (_like(tangent, x),))
    return y, ops.zeros_like(y) if Jv is None else Jv


def vjp(function: Function, x: Tensor, cotangent: Tensor) -> tuple[Tensor, Tensor]:
    """Vector-Jacobian product Jᵀ u, by reverse mode.

    Args:
        function: callable from one tensor to one tensor.
        x: floats of shape `(B, ...)`.
        cotangent: u, of the shape of `function(x)`.

    Returns:
        `function(x)`, and Jᵀ u in the shape of x: zeros where nothing depends on x.

    Raises:
        ValueError: if x is not floats, or `function(x)` and cotangent do not fit.

    Reference: Baydin et al., 2018, section 3.2, https://arxiv.org/abs/1502.05767.

    Example:

    >>> y, JTu = vjp(ops.sum, ops.array([3.0, 4.0]), cotangent=ops.array(2.0))
    >>> print(ops.convert_to_numpy(JTu))
    [2. 2.]
    """
    check_array("x", x)
    check_array("cotangent", cotangent)

    def given(y):
        check_same_shape("cotangent", cotangent, "function(x)", y)
        return _like(cotangent, y)

    return _reverse(function, ops.convert_to_tensor(x), given)


def gradient(function: Function, x: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient of one value per example.

    Args:
        function: callable from x to shape `(B,)`, each value depending on its own example only.
        x: floats of shape `(B, ...)`.

    Returns:
        The values, shape `(B,)`, and their gradients ∂Σ value/∂x in the shape of x.

    Raises:
        ValueError: if x is not floats, or the function returns another shape.

    Reference: Baydin et al., 2018, section 3.2, https://arxiv.org/abs/1502.05767.

    Example:

    >>> value, slope = gradient(lambda x: ops.sum(x**2, axis=-1), ops.array([[1.0, 2.0]]))
    >>> print(ops.convert_to_numpy(slope))
    [[2. 4.]]
    """
    check_array("x", x)

    def ones(y):
        if len(y.shape) != 1 or y.shape[0] not in (None, x.shape[0]):
            raise ValueError(
                f"function must return shape (B,), but returned {tuple(y.shape)} "
                f"for x of shape {tuple(x.shape)}."
            )
        return ops.ones_like(y)

    return _reverse(function, ops.convert_to_tensor(x), ones)


def compiled(function: Callable) -> Callable:
    """The function, compiled where a backend compiles: its arguments and results are tensors.

    On PyTorch it is the function itself.

    Args:
        function: callable from tensors to tensors, without side effects.

    Returns:
        A callable of the same arguments.

    Example:

    >>> print(ops.convert_to_numpy(compiled(lambda x: 2 * x)(ops.array([1.0, 2.0]))))
    [2. 4.]
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False, reduce_retracing=True)
    if backend == "jax":
        import jax

        return jax.jit(function)
    return function


def traced(function: Callable) -> Callable:
    """The function, run as a graph where that is faster: on TensorFlow.

    Unlike one that is `compiled` it may draw numbers and use a model's weights, whose state
    lives in variables there. Elsewhere it is the function itself.

    Args:
        function: callable of tensors and Python numbers.

    Returns:
        A callable of the same arguments.

    Example:

    >>> print(ops.convert_to_numpy(traced(lambda x, n: n * x)(ops.array([1.0, 2.0]), 3)))
    [3. 6.]
    """
    return compiled(function) if keras.backend.backend() == "tensorflow" else function


def at_once() -> contextlib.AbstractContextManager:
    """A context in which values are there at once, even while a step is being traced.

    What is computed in it must not depend on the step's own tensors.

    Example:

    >>> with at_once():
    ...     print(float(ops.sqrt(4.0)))
    2.0
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.init_scope()
    if backend == "jax":
        import jax

        return jax.ensure_compile_time_eval()
    return contextlib.nullcontext()


def _like(x, other):
    return ops.convert_to_tensor(x, keras.backend.standardize_dtype(other.dtype))


def _reverse(function, x, cotangent_of):
    """`function(x)` and the product of its transposed Jacobian with `cotangent_of(function(x))`."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        zero = tf.UnconnectedGradients.ZERO
        return y, tape.gradient(y, x, cotangent_of(y), unconnected_gradients=zero)

    if backend == "jax":
        import jax

        y, pullback = jax.vjp(function, x)
        return y, pullback(cotangent_of(y))[0]

    import torch

    # Under `evaluate` and `predict` Keras turns gradients off: take them here all the same, but
    # let the graph go.
    again = torch.is_grad_enabled()
    with torch.enable_grad():
        x = x if x.requires_grad else x.detach().requires_grad_()
        y = function(x)
        if not y.requires_grad:
            cotangent_of(y)
            return y, torch.zeros_like(x)
        (slope,) = torch.autograd.grad(
            y, x, cotangent_of(y), create_graph=again, materialize_grads=True
        )
    return (y, slope) if again else (y.detach(), slope)
