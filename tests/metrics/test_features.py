import keras
import numpy as np
import pytest

from course_lib.data import load_images
from course_lib.metrics import ImageFeatures, frechet_distance


@pytest.fixture(scope="module")
def digits():
    data = load_images("digits", seed=0)
    return [part.reshape(-1, 8, 8, 1) for part in (data.x_train, data.x_test)], data


@pytest.fixture(scope="module")
def classifier(digits, tmp_path_factory):
    (x_train, _), data = digits
    return ImageFeatures.load(x_train, data.y_train, tmp_path_factory.mktemp("cache"))


def test_it_classifies(classifier, digits):
    (_, x_test), data = digits
    probabilities = classifier.probabilities(x_test)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    assert (probabilities.argmax(1) == data.y_test).mean() > 0.8


def test_noise_is_further_from_the_data_than_the_data_from_itself(classifier, digits):
    (x_train, x_test), _ = digits
    noise = np.random.default_rng(0).random(x_test.shape).astype("float32")
    real = classifier.features(x_train[: len(x_test)])
    near = frechet_distance(real, classifier.features(x_test))
    assert frechet_distance(real, classifier.features(noise)) > 5 * near


@pytest.mark.slow
def test_the_same_whatever_ran_before_and_whether_kept_or_not(digits, tmp_path):
    (x_train, _), data = digits
    x, labels = x_train[:300], data.y_train[:300]
    keras.utils.set_random_seed(1)
    first = ImageFeatures.load(x, labels, tmp_path).features(x)
    assert len(list(tmp_path.iterdir())) == 1
    kept = ImageFeatures.load(x, labels, tmp_path).features(x)
    keras.utils.set_random_seed(2)
    again = ImageFeatures.load(x, labels, tmp_path / "other").features(x)
    np.testing.assert_array_equal(kept, first)
    np.testing.assert_array_equal(again, first)
    assert float(keras.random.uniform(())) == _after(2)


def _after(seed):
    keras.utils.set_random_seed(seed)
    return float(keras.random.uniform(()))


@pytest.mark.slow
def test_other_labels_other_features(digits, tmp_path):
    (x_train, _), data = digits
    x, labels = x_train[:300], data.y_train[:300]
    ImageFeatures.load(x, labels, tmp_path)
    ImageFeatures.load(x, 9 - labels, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.slow
def test_a_damaged_file_is_replaced(digits, tmp_path):
    (x_train, _), data = digits
    x, labels = x_train[:300], data.y_train[:300]
    first = ImageFeatures.load(x, labels, tmp_path).features(x)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    np.testing.assert_array_equal(ImageFeatures.load(x, labels, tmp_path).features(x), first)
    path.unlink()
    path.parent.rmdir()
    tmp_path.write_text("no folder")
    np.testing.assert_array_equal(ImageFeatures.load(x, labels, tmp_path).features(x), first)


@pytest.mark.parametrize(
    ("x", "labels", "sentence"),
    [
        (np.zeros((3, 8, 8)), np.arange(3), "x must have 4 axes"),
        (np.full((3, 8, 8, 1), 2.0), np.arange(3), r"x must lie in \[0, 1\]"),
        (np.zeros((3, 8, 8, 1)), np.arange(4), "labels must be given for each of the 3 images"),
        (np.zeros((3, 8, 8, 1)), np.zeros(3), "labels must hold integers"),
    ],
)
def test_bad_input(x, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        ImageFeatures.load(x, labels)
