import keras
import numpy as np
import pytest
from keras import ops
from sklearn.decomposition import sparse_encode

from course_lib.coding import fista, lasso_objective
from course_lib.coding.lasso import analysis, synthesis
from course_lib.coding.spectral import square_bound
from course_lib.models import ConvolutionalPSD, PredictiveSparseDecomposition

to_numpy = ops.convert_to_numpy
X = np.random.default_rng(0).normal(size=(12, 6, 5, 2)).astype("float32")


def unit_filters(count, size, channels):
    D = np.random.default_rng(1).normal(size=(count, size, size, channels))
    return (D / np.sqrt((D**2).sum((1, 2, 3), keepdims=True))).astype("float32")


def matrix(D, plane):
    """The same dictionary written out, `(H·W·K, H·W·C)`: each filter at each place is an atom."""
    K, k, _, C = D.shape
    H, W = plane
    atoms = np.zeros((H, W, K, H, W, C))
    for i, j, u, v in np.ndindex(H, W, k, k):
        row, column = i + u - (k - 1) // 2, j + v - (k - 1) // 2
        if 0 <= row < H and 0 <= column < W:
            atoms[i, j, :, row, column] = D[:, u, v]
    return atoms.reshape(H * W * K, H * W * C)


def flat(x):
    return to_numpy(x).reshape(len(x), -1).astype("float64")


def energy(x, h, D, sparsity):
    """In double precision, with the dictionary written out."""
    rest = flat(x) - flat(h) @ matrix(D, x.shape[1:3])
    return (rest**2).sum(1) + sparsity * np.abs(flat(h)).sum(1)


def small(rate=0.02, **kwargs):
    keras.utils.set_random_seed(0)
    options = {"filters": 4, "sparsity": 0.8, "pull": 1.5, "kernel_size": 3, "steps": 30}
    model = ConvolutionalPSD(**options | kwargs)
    model.build((None, 6, 5, 2))
    model.compile(keras.optimizers.Adam(rate))
    return model


def fit(model, epochs=1, **kwargs):
    options = {"batch_size": 4, "shuffle": False, "verbose": 0} | kwargs
    return model.fit(X, epochs=epochs, **options).history


def norms(model):
    return np.sqrt((to_numpy(model.dictionary) ** 2).sum((1, 2, 3)))


# The operators


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_both_products_are_those_of_the_matrix(size):
    """Without a difference: so each is the other's adjoint, at the border too."""
    D = unit_filters(3, size, 2)
    A, filters = matrix(D, (6, 5)), ops.convert_to_tensor(D)
    h, x = (np.eye(n, dtype="float32").reshape(n, 6, 5, -1) for n in A.shape)
    np.testing.assert_array_equal(flat(synthesis(ops.convert_to_tensor(h), filters)), A)
    np.testing.assert_array_equal(flat(analysis(ops.convert_to_tensor(x), filters)), A.T)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(("count", "channels"), [(5, 1), (3, 2), (2, 5)])
def test_the_bound_is_a_bound(size, count, channels):
    for plane in ((6, 5), (3, 8), (1, 1)):
        D = unit_filters(count, size, channels)
        square = np.linalg.norm(matrix(D, plane), 2) ** 2
        assert float(square_bound(ops.convert_to_tensor(D), plane)) >= square * (1 - 1e-5)


def test_the_bound_is_near_where_filters_are_small_beside_the_image():
    D = unit_filters(8, 5, 1)
    square = np.linalg.norm(matrix(D, (20, 20)), 2) ** 2
    assert float(square_bound(ops.convert_to_tensor(D), (20, 20))) < 1.1 * square


def test_the_bound_bears_frequencies_that_no_filter_has():
    """Filters of mean 0 have nothing at the frequency 0."""
    D = np.array([[[[1.0], [-1.0]], [[-1.0], [1.0]]]], "float32") / 2
    bound = float(square_bound(ops.convert_to_tensor(D), (7, 7)))
    assert bound == pytest.approx(4, rel=1e-5)
    assert float(square_bound(ops.convert_to_tensor(1e-3 * D), (7, 7))) == pytest.approx(4e-6, 1e-4)


# The codes


@pytest.mark.parametrize(("count", "size"), [(2, 3), (4, 3), (4, 4)])
@pytest.mark.parametrize("sparsity", [0.1, 0.8])
def test_the_optimum_is_that_of_the_dense_problem(count, size, sparsity):
    D = unit_filters(count, size, 2)
    A = matrix(D, (6, 5))
    theirs = sparse_encode(flat(X), A, algorithm="lasso_cd", alpha=sparsity / 2, max_iter=100_000)
    maps = theirs.reshape(12, 6, 5, count)
    least = energy(X, maps, D, sparsity)
    found = energy(X, fista(X, D, sparsity, 1500), D, sparsity)
    np.testing.assert_allclose(found, least, rtol=1e-6)
    dense = energy(X, fista(flat(X), A, sparsity, 1500), D, sparsity)
    np.testing.assert_allclose(found, dense, rtol=1e-6)
    ours = to_numpy(lasso_objective(X, maps.astype("float32"), D, sparsity))
    np.testing.assert_allclose(ours, least, rtol=1e-5)


def test_with_the_pull_of_a_prediction():
    D = unit_filters(4, 3, 2)
    f = 0.1 * np.random.default_rng(2).normal(size=(12, 6, 5, 4)).astype("float32")
    found = fista(X, D, 0.3, 600, prediction=f, pull=2.0)
    A = matrix(D, (6, 5)).astype("float32")
    dense = fista(X.reshape(12, -1), A, 0.3, 600, prediction=f.reshape(12, -1), pull=2.0)
    np.testing.assert_allclose(flat(found), flat(dense), atol=2e-5)


def test_a_tolerance_is_kept_and_saves_steps():
    D = unit_filters(4, 3, 2)
    least = energy(X, fista(X, D, 0.5, 1500), D, 0.5)
    stopped = fista(X, D, 0.5, 1500, tolerance=1e-3)
    assert np.max(energy(X, stopped, D, 0.5) / least - 1) < 1e-3
    assert np.max(energy(X, stopped, D, 0.5) / least - 1) > 1e-6


# The model


def test_terms_are_those_of_the_energy_at_the_best_code():
    model = small(steps=500)
    D, f = to_numpy(model.dictionary), flat(model.encode(X))
    h = flat(model.infer(X, 500, predicted=True))
    expected = {
        "reconstruction": ((flat(X) - h @ matrix(D, (6, 5))) ** 2).sum(1),
        "sparsity": np.abs(h).sum(1),
        "prediction": ((h - f) ** 2).sum(1),
    }
    for name, term in model.loss_terms(X).items():
        np.testing.assert_allclose(to_numpy(term), expected[name], rtol=1e-3, atol=1e-4)
    logs = model.evaluate(X, batch_size=5, return_dict=True, verbose=0)
    weights = {"reconstruction": 1, "sparsity": 0.8, "prediction": 1.5}
    whole = sum(weight * expected[name].mean() for name, weight in weights.items())
    assert logs["loss"] == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize(
    ("term", "moves_filters", "moves_encoder"),
    [("reconstruction", True, False), ("sparsity", False, False), ("prediction", False, True)],
)
def test_each_term_moves_its_own_weights_and_no_others(term, moves_filters, moves_encoder):
    class OneTerm(ConvolutionalPSD):
        @property
        def term_weights(self):
            return {name: float(name == term) for name in super().term_weights}

    keras.utils.set_random_seed(0)
    model = OneTerm(4, 0.8, kernel_size=3, unit_norm=False)
    model.build(X.shape)
    model.compile(keras.optimizers.SGD(0.01))
    D, f = to_numpy(model.dictionary), model.encoder.get_weights()
    fit(model)
    assert np.any(to_numpy(model.dictionary) != D) == moves_filters
    for before, after in zip(f, model.encoder.get_weights(), strict=True):
        assert np.any(before != after) == moves_encoder


def test_the_gradient_of_filters_is_that_of_the_dense_problem():
    """∂E/∂A is −2 h*ᵀ(x − h*A), and each filter gets what its copies in A would get together."""
    model = small(unit_norm=False, steps=400)
    D, h = to_numpy(model.dictionary), flat(model.infer(X, 400, predicted=True))
    of_A = -2 * h.T @ (flat(X) - h @ matrix(D, (6, 5))) / 12
    expected = np.zeros_like(D)
    for place in np.ndindex(D.shape):
        unit = np.zeros_like(D)
        unit[place] = 1
        expected[place] = (matrix(unit, (6, 5)) * of_A).sum()
    model.compile(keras.optimizers.SGD(1e-3))
    fit(model, batch_size=12)
    np.testing.assert_allclose((D - to_numpy(model.dictionary)) / 1e-3, expected, atol=3e-3)


def test_on_one_pixel_it_is_the_dense_model():
    pixels = np.random.default_rng(2).normal(size=(60, 1, 1, 6)).astype("float32")
    keras.utils.set_random_seed(0)
    dense = PredictiveSparseDecomposition(13, 0.8, 1.5, steps=10)
    ours = ConvolutionalPSD(13, 0.8, 1.5, kernel_size=1, steps=10)
    dense.build((None, 6))
    ours.build((None, 1, 1, 6))
    kernel, bias, gain, D = dense.get_weights()
    ours.set_weights([kernel[None, None], bias, gain, D.T[None, None]])
    for model, x in ((dense, pixels[:, 0, 0]), (ours, pixels)):
        model.compile(keras.optimizers.SGD(0.01))
        model.fit(x, epochs=3, batch_size=20, shuffle=False, verbose=0)
    for a, b in zip(dense.get_weights(), ours.get_weights(), strict=True):
        np.testing.assert_allclose(b.squeeze(), a.T if a.shape == (13, 6) else a, atol=1e-6)
    codes = flat(dense.infer(pixels[:, 0, 0]))
    np.testing.assert_allclose(flat(ours.infer(pixels)), codes, atol=1e-4)


@pytest.mark.slow
def test_filters_keep_unit_length_and_without_it_the_penalty_is_dodged():
    kept, free = small(), small(unit_norm=False)
    np.testing.assert_allclose(norms(kept), 1, rtol=1e-5)
    np.testing.assert_allclose(norms(free), 1, rtol=1e-5)
    last = {name: fit(model, 40) for name, model in (("kept", kept), ("free", free))}
    np.testing.assert_allclose(norms(kept), 1, rtol=1e-5)
    assert norms(free).mean() > 1.5
    assert last["free"]["sparsity"][-1] < 0.8 * last["kept"]["sparsity"][-1]


def test_filters_that_made_the_images_are_found_again():
    """Up to sign and place: a filter shifted by a pixel has the same map, shifted back."""
    strokes = np.zeros((2, 3, 3, 1), "float32")
    strokes[0, 1], strokes[1, :, 1] = 3**-0.5, 3**-0.5
    rng = np.random.default_rng(0)
    maps = (rng.random((200, 10, 10, 2)) < 0.02) * rng.uniform(1, 2, (200, 10, 10, 2))
    x = to_numpy(synthesis(ops.convert_to_tensor(maps.astype("float32")), strokes))
    keras.utils.set_random_seed(0)
    model = ConvolutionalPSD(2, sparsity=0.5, pull=0.1, kernel_size=3)
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(x, epochs=30, batch_size=20, verbose=0)
    alone = np.pad(strokes, ((0, 0), (3, 3), (3, 3), (0, 0)))
    alike = np.abs(to_numpy(analysis(ops.convert_to_tensor(alone), model.dictionary))).max((1, 2))
    assert sorted(alike.argmax(1)) == [0, 1]
    assert alike.max(1).min() > 0.97


def test_the_encoder_learns_to_predict():
    history = fit(small(rate=0.01, steps=10), 40)
    assert history["prediction"][-1] < 0.4 * history["prediction"][0]


def test_terms_know_no_batch():
    model = small()
    whole = {name: to_numpy(term) for name, term in model.loss_terms(X).items()}
    for i in range(0, 12, 5):
        for name, term in model.loss_terms(X[i : i + 5]).items():
            part = whole[name][i : i + 5]
            np.testing.assert_allclose(to_numpy(term), part, rtol=1e-3, atol=1e-4)
    together = to_numpy(model.infer(X, 35))
    np.testing.assert_allclose(to_numpy(model.infer(X, 35, batch_size=5)), together, atol=1e-5)


@pytest.mark.slow
def test_a_resumed_run_equals_one_never_interrupted(tmp_path):
    straight, half = small(), small()
    fit(straight, 4, validation_data=X)
    fit(half, 2, validation_data=X)
    half.save(tmp_path / "half.keras")
    resumed = keras.saving.load_model(tmp_path / "half.keras", safe_mode=True)
    fit(resumed, 2, validation_data=X)
    for a, b in zip(straight.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(to_numpy(a), to_numpy(b))
    np.testing.assert_array_equal(to_numpy(resumed.infer(X)), to_numpy(straight.infer(X)))


def test_an_encoder_of_one_s_own_is_saved_with_the_model(tmp_path):
    deep = keras.Sequential(
        [
            keras.layers.Conv2D(7, 3, padding="same", activation="relu"),
            keras.layers.Conv2D(4, 1, padding="same"),
        ]
    )
    model = small(encoder=deep, kernel_size=5)
    fit(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(to_numpy(loaded.encode(X)), to_numpy(model.encode(X)))
    np.testing.assert_array_equal(to_numpy(loaded(X)), to_numpy(model(X)))


def test_a_second_one_is_trained_on_the_maps_of_the_first():
    maps = to_numpy(small().encode(X))
    second = ConvolutionalPSD(3, sparsity=0.5, kernel_size=3)
    second.compile("adam")
    second.fit(maps, verbose=0)
    assert second.dictionary.shape == (3, 3, 3, 4)
    assert second.encode(maps).shape == (12, 6, 5, 3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: small(filters=0), "filters must be a whole number of at least 1"),
        (lambda: small(kernel_size=2.5), "kernel_size must be a whole number of at least 1"),
        (lambda: small(sparsity=-1), "sparsity must be a finite number of at least 0"),
        (lambda: small(pull=0), "pull must be a finite number above 0"),
        (lambda: small(encoder=keras.layers.Conv2D(4, 3)), r"encoder must return 4 units in the"),
        (lambda: ConvolutionalPSD(4, 1.0).build((None, 6)), "x must be images of one size"),
        (lambda: ConvolutionalPSD(4, 1.0).build((None, None, 6, 1)), "x must be images of one"),
        (lambda: small().fit(X * np.nan), "x must be finite"),
        (
            lambda: small().infer(X[..., :1]),
            "x must have the shape .* that the model was built for",
        ),
        (lambda: small().infer(X[0]), "x must have the shape .* that the model was built for"),
        (lambda: fista(X, unit_filters(4, 3, 2), 1.0, start=X), r"start must have the shape \(12,"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
