"""The networks behind *Draw a digit*: their rounding, their file, and what they are worth."""

import types

import numpy as np

from docs import digits


def test_rounding_is_off_by_half_a_step_at_most_and_leaves_what_is_rounded():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(30, 7)), 1e-6 * rng.normal(size=5), np.zeros(3)]
    scales, whole = digits.quantise(arrays)
    back = digits.dequantise(scales, whole)
    for array, scale, near in zip(arrays, scales, back, strict=True):
        assert np.abs(array - near).max() <= 0.5001 * scale
    again = digits.dequantise(*digits.quantise(back))
    for once, twice in zip(back, again, strict=True):
        np.testing.assert_allclose(once, twice, rtol=1e-6)
    assert max(np.abs(q).max() for q in whole[:2]) == 127


def test_what_is_written_is_read(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.random((60, 28, 28, 1), dtype="float32")
    data = types.SimpleNamespace(x_train=x, x_test=x[:40], y_test=np.arange(40) % 10, source="-")
    models = {}
    for name, outputs in {"plain": 2, "doubtful": 4}.items():
        model = digits.VAE if outputs == 4 else digits.Autoencoder
        models[name] = model(*digits.layers(outputs), likelihood="bernoulli")
        models[name].build((None, 784))
    digits.write(data, models, tmp_path / "file.js")
    told, weights = digits.read(tmp_path / "file.js")
    assert (told["shown"], told["pictured"], told["tested"]) == (40, 40, 40)
    for name, model in models.items():
        kept = [*model.encoder.get_weights(), *model.decoder.get_weights()]
        for array, there in zip(weights[name], kept, strict=True):
            np.testing.assert_array_equal(array, there)
        percentiles = told["models"][name]["percentiles"]
        assert percentiles == sorted(percentiles)
        assert len(percentiles) == 101


def test_the_networks_are_small_and_better_than_pca():
    told, _ = digits.read()
    assert digits.FILE.stat().st_size < 700e3
    assert len(told["models"]) == 4
    for name, about in told["models"].items():
        assert about["error"] < 0.9 * told["pca"], name
        assert abs(about["error"] - about["exact"]) < 1, name
