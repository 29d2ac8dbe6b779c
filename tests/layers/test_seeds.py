"""A layer's own weights and the states of its seeds, through a file."""

import keras
import numpy as np
from keras import ops

from course_lib.layers.seeds import SavesSeeds

to_numpy = ops.convert_to_numpy


@keras.saving.register_keras_serializable("tests")
class Shaken(SavesSeeds, keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = keras.random.SeedGenerator(1)
        self.second = keras.random.SeedGenerator(2)

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer="ones")
        self.built = True

    def call(self, x):
        shape = ops.shape(x)
        noise = keras.random.normal(shape, seed=self.first)
        return self.scale * x + noise + keras.random.normal(shape, seed=self.second)


def test_weights_and_both_seeds_go_on_from_a_file(tmp_path):
    x = np.ones((2, 3), "float32")
    model = keras.Sequential([keras.Input((3,)), Shaken()])
    model.layers[0].scale.assign(7.0)
    for _ in range(3):
        model(x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert float(loaded.layers[0].scale.value) == 7.0
    expected = to_numpy(model(x))
    np.testing.assert_array_equal(to_numpy(loaded(x)), expected)
    assert np.abs(expected - to_numpy(model(x))).min() > 0
