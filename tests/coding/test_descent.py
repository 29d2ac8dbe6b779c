import keras
import numpy as np
import pytest
from keras import ops

from course_lib.autodiff import compiled
from course_lib.coding import descend

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4))
D = RNG.normal(size=(2, 4))
START = RNG.normal(size=(5, 2))


def squared(x, D):
    return lambda z: ops.sum(ops.square(x - ops.matmul(z, D)), axis=-1)


def found(steps=500, rate=0.01, x=X, start=START):
    x, dictionary, start = (ops.cast(a, "float32") for a in (x, D, start))
    return [to_numpy(v) for v in descend(squared(x, dictionary), start, steps, rate)]


@pytest.mark.everywhere
def test_the_search_finds_the_projection_on_what_a_linear_decoder_makes():
    z, energy = found(2000, 0.02)
    best, rest, *_ = np.linalg.lstsq(D.T, X.T, rcond=None)
    np.testing.assert_allclose(z, best.T, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(energy, rest, rtol=1e-5)


@pytest.mark.everywhere
def test_its_steps_are_those_of_adam_in_keras():
    z = keras.Variable(START.astype("float32"))
    adam = keras.optimizers.Adam(0.03)
    adam.build([z])
    for _ in range(17):
        residual = to_numpy(z.value) @ D - X
        adam.apply([ops.convert_to_tensor(2 * residual @ D.T, "float32")])
    np.testing.assert_allclose(found(17, 0.03)[0], to_numpy(z.value), rtol=1e-4, atol=1e-6)


def test_each_example_takes_its_own_way():
    whole, alone = found(50), found(50, x=X[:1], start=START[:1])
    for a, b in zip(whole, alone, strict=True):
        np.testing.assert_allclose(a[:1], b, rtol=1e-5)


@pytest.mark.everywhere
def test_one_compiled_function_takes_any_number_of_steps():
    x, dictionary, start = (ops.cast(a, "float32") for a in (X, D, START))
    search = compiled(lambda *given: descend(squared(x, dictionary), start, *given))
    for steps, rate in ((3, 0.1), (20, 0.02)):
        given = ops.convert_to_tensor(steps, "int32"), ops.convert_to_tensor(rate, "float32")
        for a, b in zip(search(*given), found(steps, rate), strict=True):
            np.testing.assert_allclose(to_numpy(a), b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: found(steps=0), "steps must be a whole number of at least 1"),
        (lambda: found(rate=0.0), "rate must be a finite number above 0"),
        (lambda: descend(ops.square, np.ones((2, 2))), r"function must return shape \(B,\)"),
        (lambda: descend(ops.square, np.ones(2, int)), "start must hold floats"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
