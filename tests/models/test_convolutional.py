import keras
import numpy as np
import pytest
from keras import ops

from course_lib.models import ConvAutoencoder

to_numpy = ops.convert_to_numpy
WAYS = ("switches", "repeat", "transpose")


@pytest.fixture
def x():
    return np.random.default_rng(0).random((12, 8, 12, 2)).astype("float32")


def make(unpool="switches", filters=(4, 3), likelihood="bernoulli", **kwargs):
    keras.utils.set_random_seed(1)
    return ConvAutoencoder(filters, (8, 12, 2), unpool, likelihood=likelihood, **kwargs)


def by_pytorch(model, x):
    """The same network in PyTorch's own operations, from the same weights."""
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    weights = iter([torch.from_numpy(to_numpy(w).copy()) for w in model.weights])

    def conv(h):
        kernel, bias = next(weights).permute(3, 2, 0, 1), next(weights)
        return F.conv2d(h, kernel, bias, padding="same")

    def transposed(h):
        kernel, bias = next(weights).permute(3, 2, 0, 1), next(weights)
        rows, columns = (2 * n for n in h.shape[2:])
        return F.conv_transpose2d(h, kernel, bias, stride=2)[:, :, :rows, :columns]

    h, places = torch.from_numpy(x).permute(0, 3, 1, 2), []
    for _ in model.filters:
        h, where = F.max_pool2d(conv(h).relu(), 2, return_indices=True)
        places.append(where)
    for _ in model.filters:
        if model.unpool == "transpose":
            h = transposed(h).relu()
        elif model.unpool == "repeat":
            h = conv(h.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)).relu()
        else:
            h = conv(F.max_unpool2d(h, places.pop(), 2)).relu()
    return conv(h).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("filters", [(4,), (4, 3)])
@pytest.mark.parametrize("unpool", WAYS)
def test_agrees_with_pytorch(unpool, filters, x):
    model = make(unpool, filters)
    np.testing.assert_allclose(to_numpy(model(x)), by_pytorch(model, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("unpool", WAYS)
def test_one_loss_path(unpool, x):
    model = make(unpool)
    model.compile(keras.optimizers.Adam(0.01))
    logits = to_numpy(model(x)).astype("float64")
    nll = (np.logaddexp(0, logits) - x * logits).sum((1, 2, 3)).mean()
    start = model.evaluate(x, batch_size=5, verbose=0, return_dict=True)
    assert start["loss"] == pytest.approx(nll, rel=1e-5)
    assert start["reconstruction"] == pytest.approx(nll, rel=1e-5)
    history = model.fit(x, epochs=8, batch_size=6, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_allclose(
        to_numpy(model.reconstruct(x)), to_numpy(ops.sigmoid(model(x))), rtol=1e-5
    )


@pytest.mark.parametrize("unpool", WAYS)
def test_has_the_parameters_of_the_keras_example(unpool):
    """keras.io's convolutional denoising autoencoder."""
    assert ConvAutoencoder((32, 32), unpool=unpool).count_params() == 28_353


@pytest.mark.parametrize("unpool", WAYS)
def test_a_deeper_stack_narrows_and_widens_again(unpool):
    model = ConvAutoencoder((2, 3, 4), (16, 8, 1), unpool)
    codes = model.encode(np.zeros((2, 16, 8, 1), "float32"))
    shapes = [tuple(code.shape) for code in (codes if unpool == "switches" else [codes])]
    switches = [(2, 8, 4, 2), (2, 4, 2, 3), (2, 2, 1, 4)] if unpool == "switches" else []
    assert shapes == [(2, 2, 1, 4), *switches]
    assert model.code_size == 2 * 1 * 4
    # log₂ of the four places of a window, one for each pooled value of each level
    assert model.switch_bits == 2 * sum(np.prod(shape[1:]) for shape in switches)
    assert model.reconstruct(np.zeros((2, 16, 8, 1), "float32")).shape == (2, 16, 8, 1)


def test_switches_tell_the_decoder_what_the_code_does_not(x):
    """Two images of one code: only switches can tell them apart."""
    model = make("switches")
    codes, *switches = model.encode(x)
    one = ops.broadcast_to(codes[:1], codes.shape)
    decoded = to_numpy(model.decode([one, *switches]))
    assert np.abs(decoded[1:] - decoded[:1]).max() > 1e-3


def test_without_a_decoder_of_switches_one_code_is_one_image(x):
    model = make("repeat")
    codes = to_numpy(model.encode(x))
    decoded = to_numpy(model.decode(np.broadcast_to(codes[:1], codes.shape)))
    assert np.ptp(decoded, axis=0).max() < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("unpool", WAYS)
def test_saved_and_resumed_is_never_interrupted(unpool, x, tmp_path):
    def fit(model):
        model.fit(x, batch_size=6, epochs=1, shuffle=False, verbose=0)

    straight, resumed = make(unpool), make(unpool)
    for model in (straight, resumed):
        model.compile(keras.optimizers.Adam(0.01))
        fit(model)
    resumed.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    assert (resumed.filters, resumed.image_shape, resumed.unpool) == ((4, 3), (8, 12, 2), unpool)
    fit(straight)
    fit(resumed)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))


def test_the_encoder_alone_saves(x, tmp_path):
    model = make("switches")
    model.encoder.save(tmp_path / "encoder.keras")
    encoder = keras.saving.load_model(tmp_path / "encoder.keras", safe_mode=True)
    for before, after in zip(model.encode(x), encoder(x), strict=True):
        np.testing.assert_array_equal(to_numpy(before), to_numpy(after))


@pytest.mark.slow
@pytest.mark.parametrize("unpool", WAYS)
def test_mixed_precision(unpool, x):
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch has no half precision on CPU")
    full = make(unpool, filters=(4,))
    half = make(unpool, filters=(4,), dtype="mixed_bfloat16")
    half.set_weights(full.get_weights())
    half.compile(keras.optimizers.SGD(0.0))
    loss = half.fit(x, batch_size=12, verbose=0).history["loss"][0]
    assert loss == pytest.approx(to_numpy(full.loss_terms(x)["reconstruction"]).mean(), rel=0.01)
    assert {w.dtype for w in half.weights} == {"float32"}


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ({"unpool": "nearest"}, "unpool must be 'switches', 'repeat' or .* but is 'nearest'"),
        ({"filters": ()}, "for the 0 levels of filters"),
        ({"filters": (4, 4, 4)}, r"multiples of 8 for the 3 levels .* is \(28, 28, 1\)"),
        ({"image_shape": (28, 28)}, r"rows, columns and channels.* is \(28, 28\)"),
        ({"image_shape": (28, 30, 1)}, r"multiples of 4 .* is \(28, 30, 1\)"),
        ({"likelihood": "cauchy"}, "likelihood must be"),
    ],
)
def test_bad_arguments(kwargs, sentence):
    with pytest.raises(ValueError, match=sentence):
        ConvAutoencoder(**kwargs)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.full((2, 8, 12, 2), 2.0, "float32"), r"x must lie in \[0, 1\]"),
        (np.full((2, 8, 12, 2), np.nan, "float32"), "x must be finite"),
        (np.zeros((0, 8, 12, 2), "float32"), "x must not be empty"),
        (np.zeros((2, 8, 12, 2), "uint8"), "x must hold floats"),
        (np.zeros((2, 8, 8, 2), "float32"), "shape"),
    ],
)
def test_bad_data(x, sentence):
    model = make()
    model.compile()
    with pytest.raises(ValueError, match=sentence):
        model.fit(x, verbose=0)
