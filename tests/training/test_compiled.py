import keras
import numpy as np
import pytest
from keras import ops

from course_lib.training.compiled import compiled_with

to_numpy = ops.convert_to_numpy
X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def small():
    layers = [
        keras.layers.Dense(5, "tanh"),
        keras.layers.Dropout(0.5, seed=0),
        keras.layers.Dense(2),
    ]
    model = keras.Sequential(layers)
    model.build((None, 3))
    return model


@pytest.mark.everywhere
def test_it_computes_with_the_weights_of_now():
    model = small()
    fast = compiled_with(model, lambda x, factor: factor * model(x))
    for scale in (1.0, -2.0):
        model.set_weights([scale * w for w in model.get_weights()])
        wanted = 3 * to_numpy(model(X))
        np.testing.assert_allclose(to_numpy(fast(X, 3.0)), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.everywhere
def test_it_changes_nothing_in_the_layer():
    model = small()
    noisy = compiled_with(model, lambda x: model(x, training=True))
    first, second = (to_numpy(noisy(X)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, to_numpy(model(X)))


@pytest.mark.everywhere
def test_it_is_traced_once_for_a_shape():
    model, traces = small(), []

    def function(x):
        traces.append(x.shape)
        return model(x)

    fast = compiled_with(model, function)
    for _ in range(3):
        fast(X)
    assert len(traces) == (3 if keras.backend.backend() == "torch" else 1)
