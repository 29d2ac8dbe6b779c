import numpy as np
import pytest
from PIL import Image

from course_lib.data import load_patches
from course_lib.data.patches import BORDER


@pytest.fixture(scope="module")
def patches():
    return load_patches(side=8, train=5000, valid=300, test=1000)


def test_parts(patches):
    for part, count in ((patches.x_train, 5000), (patches.x_valid, 300), (patches.x_test, 1000)):
        assert part.shape == (count, 64)
        assert part.dtype == np.float32
        assert np.abs(part.mean(axis=1)).max() < 1e-4


def test_whitened_patches_have_no_preferred_direction(patches):
    x = patches.x_train.astype("float64")
    variances = np.linalg.eigvalsh(x.T @ x / len(x))
    brightness = x @ patches.unwhiten
    raw = np.linalg.eigvalsh(brightness.T @ brightness / len(x))
    # One direction, the mean, is empty.
    assert variances[-1] < 1.05
    assert np.median(variances) > 0.1
    assert raw[-1] / np.median(raw) > 20 * variances[-1] / np.median(variances)


def test_unwhitened_they_are_the_photographs_own():
    white = load_patches(side=8, train=500, valid=0, test=100, seed=3)
    plain = load_patches(side=8, train=500, valid=0, test=100, seed=3, normalise="contrast")
    brightness = white.x_train @ white.unwhiten
    median = np.median(np.linalg.norm(brightness, axis=1))
    scale = np.maximum(np.linalg.norm(brightness, axis=1, keepdims=True), median)
    np.testing.assert_allclose(brightness / scale, plain.x_train, atol=1e-3)
    assert np.linalg.norm(plain.x_train, axis=1).max() < 1 + 1e-5


def test_seeds():
    def first(seed, train=50):
        return load_patches(side=6, train=train, valid=0, test=2, seed=seed).x_test

    np.testing.assert_array_equal(first(1), first(1))
    assert (first(1) != first(2)).any()


def test_no_pixel_serves_two_parts(tmp_path):
    """An image whose brightness tells its column."""
    columns = np.tile(np.arange(200, dtype="uint8"), (60, 1))
    columns[::2] = 0
    Image.fromarray(columns).save(tmp_path / "columns.png")
    split = int(BORDER * 200)
    for part, low, high in (("train", 0, split - 1), ("test", split, 199)):
        data = load_patches(8, 400, 0, 400, "contrast", folder=tmp_path)
        x = getattr(data, f"x_{part}").reshape(-1, 8, 8)
        # Rows of a patch differ by column · 1 / scale: the ratio of differences is the column.
        spread = x.max(axis=1) - x.min(axis=1)
        slope = np.diff(spread, axis=1)[:, :1]
        seen = spread / slope
        assert seen.min() > low - 0.5
        assert seen.max() < high + 0.5


def test_a_folder_of_images(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(2):
        image = Image.fromarray(rng.integers(0, 256, (50, 90, 3), dtype="uint8"))
        image.save(tmp_path / f"{i}.jpg")
    (tmp_path / "notes.txt").write_text("no image")
    data = load_patches(side=8, train=100, valid=0, test=20, folder=tmp_path)
    assert data.x_train.shape == (100, 64)
    assert data.source == f"2 images of {tmp_path.name}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"side": 1}, "side must be a whole number of at least"),
        ({"train": 0}, "train must be a whole number of at least"),
        ({"test": 2.5}, "test must be a whole number of at least"),
        ({"normalise": "both"}, "normalise must be 'whiten' or 'contrast'"),
    ],
)
def test_bad_input(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        load_patches(**options)


def test_bad_folders(tmp_path):
    with pytest.raises(ValueError, match="holds none"):
        load_patches(folder=tmp_path)
    Image.fromarray(np.zeros((20, 20), "uint8")).save(tmp_path / "small.png")
    with pytest.raises(ValueError, match="60 × 12 pixels or more"):
        load_patches(folder=tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(OSError, match="cannot be read as an image"):
        load_patches(folder=tmp_path)
