import keras
import numpy as np
import pytest
from keras import ops
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from course_lib.models import LinearAutoencoder


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    spread = np.diag([3.0, 2.0, 1.5, 0.5, 0.3, 0.2])
    basis = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    return (rng.normal(size=(600, 6)) @ spread @ basis + 1.0).astype("float32")


@pytest.fixture(scope="module")
def trained(x):
    keras.utils.set_random_seed(0)
    model = LinearAutoencoder(6, 3)
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 600)
    model.compile(keras.optimizers.Adam(schedule))
    # One epoch of many copies: an epoch costs more than its steps at this size.
    model.fit(np.tile(x, (600, 1)), batch_size=600, shuffle=False, verbose=0)
    return model


def test_optimum_spans_the_principal_subspace(x, trained):
    pca = PCA(3).fit(x)
    angles = np.degrees(subspace_angles(trained.principal_directions(x), pca.components_.T))
    assert angles.max() < 1
    mine = ((ops.convert_to_numpy(trained.reconstruct(x)) - x) ** 2).sum(1).mean()
    theirs = ((pca.inverse_transform(pca.transform(x)) - x) ** 2).sum(1).mean()
    assert theirs <= mine * (1 + 1e-6) < theirs * 1.001


def test_principal_directions_are_pcas_one_by_one(x, trained):
    directions = trained.principal_directions(x)
    np.testing.assert_allclose(directions.T @ directions, np.eye(3), atol=1e-10)
    cosines = np.abs(np.sum(directions.T * PCA(3).fit(x).components_, axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


def test_principal_directions_of_a_known_decoder(x):
    """Whatever basis of the subspace the decoder holds, the directions are the same."""
    components = PCA(3).fit(x).components_
    mixed = np.random.default_rng(1).normal(size=(3, 3)) @ components
    model = LinearAutoencoder(6, 3)
    model.build((None, 6))
    model.decoder.kernel.assign(mixed)
    cosines = np.abs(np.sum(model.principal_directions(x).T * components, axis=1))
    np.testing.assert_allclose(cosines, 1, atol=1e-5)


def test_one_unit(x):
    model = LinearAutoencoder(6, 1)
    direction = model.principal_directions(x)[:, 0]
    kernel = ops.convert_to_numpy(model.decoder.kernel)[0]
    assert abs(direction @ kernel / np.linalg.norm(kernel)) == pytest.approx(1, abs=1e-6)


def test_save(x, trained, tmp_path):
    trained.save(tmp_path / "linear.keras")
    loaded = keras.saving.load_model(tmp_path / "linear.keras", safe_mode=True)
    np.testing.assert_array_equal(trained.principal_directions(x), loaded.principal_directions(x))


@pytest.mark.parametrize(("features", "units"), [(6, 0), (6, 7), (6, -1)])
def test_bad_units(features, units):
    with pytest.raises(ValueError, match="units must be a whole number from 1 to 6"):
        LinearAutoencoder(features, units)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.zeros((3, 2, 6), "float32"), "x must have 2 axes"),
        (np.full((3, 6), np.nan, "float32"), "x must be finite"),
        (np.zeros((0, 6), "float32"), "x must not be empty"),
        (np.zeros((3, 5), "float32"), "x must have 6 features"),
    ],
)
def test_bad_data(x, sentence):
    with pytest.raises(ValueError, match=sentence):
        LinearAutoencoder(6, 2).principal_directions(x)
