import keras
import numpy as np
import pytest
from keras import ops

from course_lib.coding import fista, lasso_objective
from course_lib.layers import LISTA
from course_lib.models import PredictiveSparseDecomposition, StackedAutoencoder

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 6)).astype("float32")


def small(rate=0.02, **kwargs):
    keras.utils.set_random_seed(0)
    options = {"units": 10, "sparsity": 0.8, "pull": 1.5, "steps": 30} | kwargs
    model = PredictiveSparseDecomposition(**options)
    model.build((None, 6))
    model.compile(keras.optimizers.Adam(rate))
    return model


def fit(model, epochs=1, **kwargs):
    options = {"batch_size": 20, "shuffle": False, "verbose": 0} | kwargs
    return model.fit(X, epochs=epochs, **options).history


def norms(model):
    return np.linalg.norm(to_numpy(model.dictionary), axis=1)


def test_terms_are_those_of_the_energy_at_the_best_code():
    model = small(steps=500)
    f = to_numpy(model.encode(X))
    h = to_numpy(fista(X, model.dictionary, 0.8, 500, prediction=f, pull=1.5))
    terms = {name: to_numpy(term) for name, term in model.loss_terms(X).items()}
    rest = X - h @ to_numpy(model.dictionary)
    np.testing.assert_allclose(terms["reconstruction"], (rest**2).sum(1), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(terms["sparsity"], np.abs(h).sum(1), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(terms["prediction"], ((h - f) ** 2).sum(1), rtol=1e-3, atol=1e-4)
    logs = model.evaluate(X, batch_size=7, return_dict=True, verbose=0)
    weighted = terms["reconstruction"] + 0.8 * terms["sparsity"] + 1.5 * terms["prediction"]
    assert logs["loss"] == pytest.approx(weighted.mean(), rel=1e-4)


def test_every_half_step_lowers_the_energy():
    """Codes by FISTA, then parameters by a small gradient step, then codes again."""
    model = small(rate=1e-3, unit_norm=False)

    def energy(h):
        rest, f = X - h @ to_numpy(model.dictionary), to_numpy(model.encode(X))
        return ((rest**2).sum(1) + 0.8 * np.abs(h).sum(1) + 1.5 * ((h - f) ** 2).sum(1)).mean()

    model.compile(keras.optimizers.SGD(1e-3))
    h, seen = to_numpy(model.encode(X)), []
    for _ in range(4):
        seen.append(energy(h))
        h = to_numpy(model.infer(X, 200, predicted=True))
        seen.append(energy(h))
        model.fit(X, batch_size=60, verbose=0)
    assert np.all(np.diff(seen) < 0)


def test_codes_are_constants_to_dictionary_and_encoder():
    """∂E/∂D is −2 h*ᵀ(x − h*D), and nothing of it reaches the encoder, which has −2γ(h* − f)."""
    model = small(encoder=keras.layers.Dense(10, use_bias=False), unit_norm=False, steps=400)
    D, W = to_numpy(model.dictionary), to_numpy(model.encoder.kernel)
    h = to_numpy(model.infer(X, 400, predicted=True))
    model.compile(keras.optimizers.SGD(1e-3))
    model.fit(X, batch_size=60, verbose=0)
    of_D = -2 * h.T @ (X - h @ D) / 60
    of_W = -2 * 1.5 * X.T @ (h - X @ W) / 60
    np.testing.assert_allclose((D - to_numpy(model.dictionary)) / 1e-3, of_D, atol=2e-3)
    np.testing.assert_allclose((W - to_numpy(model.encoder.kernel)) / 1e-3, of_W, atol=2e-3)


@pytest.mark.slow
def test_atoms_keep_unit_length_and_without_it_the_penalty_is_dodged():
    kept, free = small(), small(unit_norm=False)
    np.testing.assert_allclose(norms(kept), 1, rtol=1e-5)
    first = {name: fit(model, 150) for name, model in (("kept", kept), ("free", free))}
    np.testing.assert_allclose(norms(kept), 1, rtol=1e-5)
    assert norms(free).mean() > 1.5
    assert first["free"]["sparsity"][-1] < 0.7 * first["kept"]["sparsity"][-1]


def test_atoms_begin_at_unit_length_where_keras_builds_them():
    """Inside `fit`, where values assigned in `build` would be lost."""
    model = PredictiveSparseDecomposition(10, 0.8, unit_norm=False)
    model.compile(keras.optimizers.SGD(0.0))
    fit(model)
    np.testing.assert_allclose(norms(model), 1, rtol=1e-5)


def test_the_encoder_learns_to_predict():
    model = small(encoder=LISTA(10, 3, sparsity=0.8), rate=0.01)
    history = fit(model, 100)
    assert history["prediction"][-1] < 0.3 * history["prediction"][0]
    D, codes = model.dictionary, to_numpy(model.encode(X))
    best = to_numpy(lasso_objective(X, model.infer(X), D, 0.8)).mean()
    nothing = to_numpy(lasso_objective(X, 0 * codes, D, 0.8)).mean()
    predicted = to_numpy(lasso_objective(X, codes, D, 0.8)).mean()
    assert best < predicted < best + 0.3 * (nothing - best)


def test_terms_know_no_batch():
    model = small()
    whole = {name: to_numpy(term) for name, term in model.loss_terms(X).items()}
    for i in range(0, 60, 13):
        for name, term in model.loss_terms(X[i : i + 13]).items():
            np.testing.assert_allclose(
                to_numpy(term), whole[name][i : i + 13], rtol=1e-3, atol=1e-4
            )


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


@pytest.mark.slow
def test_it_stacks():
    def level(number, features, units):
        return PredictiveSparseDecomposition(units, sparsity=0.5)

    stack = StackedAutoencoder((10, 4), one_layer=level)
    histories = stack.pretrain(X, epochs=2, verbose=0)
    assert len(histories) == 2
    assert stack.encode(X).shape == (60, 4)
    assert stack.classifier(3)(X).shape == (60, 3)
    assert stack.unroll()(X).shape == (60, 6)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: small(units=0), "units must be a whole number of at least 1"),
        (lambda: small(sparsity=-1), "sparsity must be a finite number of at least 0"),
        (lambda: small(pull=0), "pull must be a finite number above 0"),
        (lambda: small(steps=1.5), "steps must be a whole number of at least 1"),
        (lambda: small(encoder=keras.layers.Dense(3)), "encoder must return 10 units"),
        (lambda: small().fit(X * np.nan), "x must be finite"),
        (lambda: small().infer(X[:, :4]), "x must have the shape .* that the model was built for"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
