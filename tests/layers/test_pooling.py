import keras
import numpy as np
import pytest
from keras import ops
from keras.src.testing import TestCase

from course_lib.layers import MaxPoolWithSwitches, Unpool, zero_stuff

to_numpy = ops.convert_to_numpy
SHAPES = [((2, 4, 6, 3), 2), ((3, 9, 6, 1), 3), ((1, 5, 5, 2), 1), ((2, 8, 8, 2), 4)]


def draw(*shape, levels=None):
    """Images; of few grey levels where ties are wanted."""
    rng = np.random.default_rng(0)
    x = rng.integers(-levels, levels, shape) if levels else rng.normal(size=shape)
    return x.astype("float32")


def numpy_pool(x, P):
    """Maxima and switches window by window, as the definition says."""
    B, H, W, C = x.shape
    pooled = np.zeros((B, H // P, W // P, C), x.dtype)
    switches = np.zeros(pooled.shape, "int32")
    for b, i, j, c in np.ndindex(pooled.shape):
        window = x[b, i * P : (i + 1) * P, j * P : (j + 1) * P, c]
        pooled[b, i, j, c], switches[b, i, j, c] = window.max(), window.argmax()
    return pooled, switches


def numpy_unpool(values, switches, P):
    B, H, W, C = values.shape
    x = np.zeros((B, P * H, P * W, C), values.dtype)
    for b, i, j, c in np.ndindex(values.shape):
        row, column = divmod(switches[b, i, j, c], P)
        x[b, i * P + row, j * P + column, c] = values[b, i, j, c]
    return x


def gradient_step(function, x):
    """How one step of gradient descent on the sum of the outputs moves the input."""
    pixels = keras.layers.Embedding(len(x), x[0].size, weights=[x.reshape(len(x), -1)])
    rows = keras.Input((), dtype="int32")
    images = keras.layers.Reshape(x.shape[1:])(pixels(rows))
    model = keras.Model(rows, keras.layers.Flatten()(function(images)))
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: ops.sum(y) / len(x), jit_compile=False)
    model.fit(np.arange(len(x)), np.zeros(len(x)), batch_size=len(x), shuffle=False, verbose=0)
    return (x - to_numpy(pixels.embeddings).reshape(x.shape)) * len(x)


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize(("shape", "P"), SHAPES)
def test_pooling_and_unpooling_by_definition(shape, P, levels):
    x = draw(*shape, levels=levels)
    pooled, switches = (to_numpy(y) for y in MaxPoolWithSwitches(P)(x))
    expected, places = numpy_pool(x, P)
    np.testing.assert_array_equal(pooled, expected)
    np.testing.assert_array_equal(switches, places)
    np.testing.assert_array_equal(
        to_numpy(Unpool(P)(expected, places)), numpy_unpool(expected, places, P)
    )


@pytest.mark.parametrize("levels", [None, 2])
@pytest.mark.parametrize(("shape", "P"), SHAPES)
def test_agrees_bit_for_bit_with_pytorch(shape, P, levels):
    torch = pytest.importorskip("torch")
    x = draw(*shape, levels=levels)
    channels_first = torch.from_numpy(x.transpose(0, 3, 1, 2).copy())
    theirs, places = torch.nn.functional.max_pool2d(channels_first, P, return_indices=True)
    pooled, switches = MaxPoolWithSwitches(P)(x)
    np.testing.assert_array_equal(to_numpy(pooled), theirs.numpy().transpose(0, 2, 3, 1))
    # Theirs count pixels of the image, ours places in the window.
    rows, columns = np.divmod(places.numpy().transpose(0, 2, 3, 1), shape[2])
    np.testing.assert_array_equal(to_numpy(switches), P * (rows % P) + columns % P)

    back = torch.nn.functional.max_unpool2d(theirs, places, P)
    np.testing.assert_array_equal(
        to_numpy(Unpool(P)(pooled, switches)), back.numpy().transpose(0, 2, 3, 1)
    )


def test_the_round_trip_keeps_every_maximum_in_place_and_nothing_else():
    x = draw(2, 6, 6, 3)
    pooled, switches = MaxPoolWithSwitches(2)(x)
    back = to_numpy(Unpool(2)(pooled, switches))
    largest = np.repeat(np.repeat(numpy_pool(x, 2)[0], 2, axis=1), 2, axis=2)
    np.testing.assert_array_equal(back, np.where(x == largest, x, 0))


@pytest.mark.parametrize("P", [1, 2, 3])
def test_without_switches_each_value_fills_its_window(P):
    x = draw(2, 3, 4, 2)
    np.testing.assert_array_equal(
        to_numpy(Unpool(P)(x)),
        to_numpy(keras.layers.UpSampling2D(P, data_format="channels_last")(x)),
    )


@pytest.mark.parametrize("levels", [None, 2])
def test_the_gradient_goes_to_the_maxima_only(levels):
    x = draw(2, 4, 6, 3, levels=levels)
    pooled, places = numpy_pool(x, 2)
    expected = numpy_unpool(np.ones_like(pooled), places, 2)
    moved = gradient_step(lambda images: MaxPoolWithSwitches(2)(images)[0], x)
    np.testing.assert_allclose(moved, expected, rtol=1e-5)
    assert (moved[expected == 0] == 0).all()


def test_the_gradient_comes_back_through_unpooling():
    x = draw(2, 3, 3, 2)
    filled = gradient_step(Unpool(2), x)
    np.testing.assert_allclose(filled, 4 * np.ones_like(x), rtol=1e-5)

    def through_one_place(images):
        # A ramp over the window, so that the slope tells where the value went.
        places = np.broadcast_to(np.arange(18).reshape(3, 3, 2) % 4, images.shape[1:])
        switches = ops.zeros_like(images, dtype="int32") + places.astype("int32")
        ramp = np.tile(np.arange(4.0).reshape(2, 2), (3, 3))[None, :, :, None]
        return Unpool(2)(images, switches) * ramp.astype("float32")

    expected = np.broadcast_to(np.arange(18).reshape(3, 3, 2) % 4, x.shape)
    np.testing.assert_allclose(gradient_step(through_one_place, x), expected, atol=1e-5)


@pytest.mark.parametrize(("stride", "K"), [(1, 3), (2, 3), (2, 4), (3, 2)])
def test_a_transposed_convolution_is_a_convolution(stride, K, float64):
    """Of the zero-stuffed image, with the flipped kernel."""
    x = np.random.default_rng(1).normal(size=(2, 5, 4, 3))
    kernel = np.random.default_rng(2).normal(size=(K, K, 6, 3))
    transposed = to_numpy(
        ops.conv_transpose(x, kernel, stride, "valid", data_format="channels_last")
    )
    stuffed = np.pad(
        to_numpy(zero_stuff(x, stride)), [(0, 0), (K - 1, K - 1), (K - 1, K - 1), (0, 0)]
    )
    flipped = kernel[::-1, ::-1].swapaxes(2, 3)
    ours = to_numpy(ops.conv(stuffed, flipped.copy(), 1, "valid", data_format="channels_last"))
    # Where the kernel is narrower than the stride Keras adds the zeros that are left over.
    rows, columns = ours.shape[1:3]
    np.testing.assert_allclose(transposed[:, :rows, :columns], ours, atol=1e-12)
    assert not transposed[:, rows:].any()
    assert not transposed[:, :, columns:].any()


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_zero_stuffing(stride):
    x = draw(2, 3, 4, 2)
    expected = np.zeros((2, 2 * stride + 1, 3 * stride + 1, 2), "float32")
    expected[:, ::stride, ::stride] = x
    np.testing.assert_array_equal(to_numpy(zero_stuff(x, stride)), expected)


@pytest.mark.parametrize("P", [1, 2, 3])
def test_images_of_unknown_size(P):
    """One model for every size, as Keras' own pooling layers allow."""
    images = keras.Input((None, None, 2))
    pooled, switches = MaxPoolWithSwitches(P)(images)
    assert pooled.shape == switches.shape == (None, None, None, 2)
    back = Unpool(np.int64(P))(pooled, switches)
    filled = Unpool(P)(pooled)
    assert back.shape == filled.shape == (None, None, None, 2)
    model = keras.Model(images, [pooled, switches, back, filled])
    for rows, columns in [(P, 2 * P), (4 * P, 3 * P)]:
        x = draw(3, rows, columns, 2)
        expected, places = numpy_pool(x, P)
        pooled, switches, back, filled = model.predict(x, verbose=0)
        np.testing.assert_array_equal(pooled, expected)
        np.testing.assert_array_equal(switches, places)
        np.testing.assert_array_equal(back, numpy_unpool(expected, places, P))
        np.testing.assert_array_equal(filled, expected.repeat(P, 1).repeat(P, 2))


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "uint8", "int16"])
def test_switches_of_any_format(dtype):
    values, places = numpy_pool(draw(2, 4, 6, 3), 2)
    back = Unpool(2)(values, places.astype(dtype))
    np.testing.assert_array_equal(to_numpy(back), numpy_unpool(values, places, 2))


@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_nan_is_the_largest_wherever_it_stands(place):
    x = np.arange(4.0, dtype="float32").reshape(1, 2, 2, 1)
    x[0, place[0], place[1], 0] = np.nan
    pooled, switches = MaxPoolWithSwitches(2)(x)
    assert np.isnan(to_numpy(pooled)).all()
    assert to_numpy(switches).item() == 2 * place[0] + place[1]


def test_nan_is_not_hidden():
    x = draw(1, 4, 4, 1)
    x[0, 1, 0] = np.nan
    pooled, switches = (to_numpy(v)[0, ..., 0] for v in MaxPoolWithSwitches(2)(x))
    assert np.isnan(pooled).tolist() == [[True, False], [False, False]]
    assert switches[0, 0] == 2


def test_half_precision_keeps_every_bit():
    x = draw(2, 4, 4, 3).astype("float16")
    pooled, switches = MaxPoolWithSwitches(2, dtype="float16")(x)
    back = Unpool(2, dtype="float16")(pooled, switches)
    assert keras.backend.standardize_dtype(back.dtype) == "float16"
    np.testing.assert_array_equal(to_numpy(pooled), numpy_pool(x, 2)[0])
    np.testing.assert_array_equal(to_numpy(back), numpy_unpool(*numpy_pool(x, 2), 2))


def test_keras_harness():
    harness = TestCase("run_layer_test").run_layer_test
    none = {
        "expected_num_trainable_weights": 0,
        "expected_num_non_trainable_weights": 0,
        "expected_num_seed_generators": 0,
        "expected_num_losses": 0,
    }
    harness(
        MaxPoolWithSwitches,
        init_kwargs={"pool_size": 2},
        input_shape=(2, 4, 6, 3),
        expected_output_shape=((2, 2, 3, 3), (2, 2, 3, 3)),
        expected_output_dtype=("float32", "int32"),
        # The harness wants a loss on every output, and half precision of integers.
        run_training_check=False,
        run_mixed_precision_check=False,
        **none,
    )
    harness(
        Unpool,
        init_kwargs={"pool_size": 3},
        input_shape=(2, 4, 6, 3),
        expected_output_shape=(2, 12, 18, 3),
        **none,
    )
    harness(
        Unpool,
        init_kwargs={"pool_size": 2},
        input_data=draw(2, 2, 2, 3),
        call_kwargs={"switches": np.ones((2, 2, 2, 3), "int32")},
        expected_output_shape=(2, 4, 4, 3),
        **none,
    )


def test_layers_save(tmp_path):
    images = keras.Input((4, 4, 2))
    pooled, switches = MaxPoolWithSwitches(2)(images)
    model = keras.Model(images, [Unpool(2)(pooled, switches), Unpool(2)(pooled)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    x = draw(3, 4, 4, 2)
    for before, after in zip(model(x), loaded(x), strict=True):
        np.testing.assert_array_equal(to_numpy(before), to_numpy(after))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: MaxPoolWithSwitches(0), "pool_size must be a whole number .* but is 0"),
        (lambda: MaxPoolWithSwitches((2, 2)), r"pool_size must be .* but is \(2, 2\)"),
        (lambda: MaxPoolWithSwitches(2)(draw(1, 5, 4, 1)), r"multiples of 2, .* \(1, 5, 4, 1\)"),
        (lambda: MaxPoolWithSwitches(2)(draw(4, 4, 1)), "expected ndim=4"),
        (lambda: Unpool(1.5), "pool_size must be a whole number .* but is 1.5"),
        (lambda: Unpool(2)(draw(4, 4, 1)), "expected ndim=4"),
        (
            lambda: Unpool(2)(draw(1, 2, 2, 1), np.zeros((1, 2, 2, 3), "int32")),
            "switches must have the shape of inputs",
        ),
        (lambda: zero_stuff(draw(1, 2, 2, 1), 0), "stride must be a whole number .* but is 0"),
        (lambda: zero_stuff(draw(2, 2, 1), 2), "x must have 4 axes"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
