"""Bad input gets one sentence, from every container, before a weight has moved."""

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    all_refused,
    answer,
    dataset,
    evaluate,
    fit,
    generator,
    pydataset,
    ready,
    refused,
    same,
    state,
    tensors,
)
from tests.models.contract.cases import LABELS, NO_CODES, X
from tests.models.contract.rows import STACK, row


def fed(case, model, array):
    """One act for each container: `fit` on this array in the place of the data."""
    x = case.like(array)
    if case.name in STACK:
        return {"pretrain": lambda: model.pretrain(array, epochs=1, verbose=0)}
    return {
        "array": lambda: fit(case, model, x),
        "dataset": lambda: fit(case, model, dataset((x,))),
        "pydataset": lambda: fit(case, model, pydataset((x,))),
        "generator": lambda: fit(case, model, generator((x,)), steps_per_epoch=1),
        "tensors": lambda: fit(case, model, tensors(x)),
        "evaluate": lambda: evaluate(case, model, x),
        "validation": lambda: fit(case, model, validation_data=(x, array)),
    }


def everywhere_refused(case, array, *words):
    model = case.built() if case.name in STACK else ready(case)
    before = state(model)
    acts = fed(case, model, array)
    validation = acts.pop("validation", None)
    all_refused(acts, *words)
    same(before, state(model), 0, 0)
    if validation:
        all_refused({"validation": validation}, *words)
        same(before, state(model), 0, 0)


def spoiled(case, value):
    array = case.array.copy()
    array[1] = value
    return array


@row(stack=True)
def refuses_nan(case):
    everywhere_refused(case, spoiled(case, np.nan), "NaN")


@row(stack=True)
def refuses_infinity(case):
    everywhere_refused(case, spoiled(case, np.inf), "infinit")


@row(stack=True)
def refuses_a_wrong_rank(case):
    everywhere_refused(case, case.array.reshape(len(case.array), -1)[:, 0].copy(), "shape")


@row({"ConvolutionalPSD": "its filters read images of any size"}, stack=True)
def refuses_a_wrong_width(case):
    everywhere_refused(case, case.array[:, :-1].copy(), "shape")


@row(stack=True)
def refuses_values_out_of_range(case):
    if not case.bounded:
        pytest.skip(f"{case.name} × refuses_values_out_of_range: its data may be any number")
    everywhere_refused(case, spoiled(case, 7.0), r"\[0, 1\]", "7")


@row(stack=True)
def refuses_integers(case):
    everywhere_refused(case, (255 * case.array).astype("uint8"), "float", "uint8")


@row(stack=True)
def refuses_no_rows(case):
    model = case.built() if case.name in STACK else ready(case)
    empty = case.rows(slice(0))
    if case.name in STACK:
        refused(lambda: model.pretrain(empty, epochs=1), "empty")
        return
    all_refused(
        {
            "fit": lambda: fit(case, model, empty),
            "evaluate": lambda: evaluate(case, model, empty),
            "validation": lambda: fit(case, model, validation_data=(empty, empty)),
        },
        "empty",
    )


@row({"SemanticHashing": "it takes them: tests/models/test_semantic_hashing.py"}, stack=True)
def refuses_sparse_matrices(case):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(case.array.reshape(len(case.array), -1))
    model = case.built() if case.name in STACK else ready(case)
    x = case.like(matrix)
    acts = {"answer": lambda: answer(model)(x)}
    if case.name in STACK:
        acts["pretrain"] = lambda: model.pretrain(x, epochs=1)
    else:
        acts |= {
            "fit": lambda: fit(case, model, x, batch_size=8),
            "evaluate": lambda: evaluate(case, model, x),
        }
    all_refused(acts, "sparse")


@row(stack=True)
def refuses_lists_and_text(case):
    model = case.built() if case.name in STACK else ready(case)
    train = fit if case.name not in STACK else lambda case, model, x: model.pretrain(x, epochs=1)
    wrong = {
        "text": case.like(np.full(case.array.shape, "a")),
        "objects": case.like(case.array.astype(object)),
        "complex": case.like(case.array.astype("complex64")),
    }
    all_refused({n: lambda x=x: train(case, model, x) for n, x in wrong.items()}, "float")


@row(stack=True)
def refuses_unknown_keywords(case):
    """In the constructor, in `compile` and in `fit`; none is handed on to nobody."""
    for act in (
        lambda: case.make(bogus=1),
        lambda: case.built().compile("adam", bogus=1),
        lambda: _train(case, bogus=1),
    ):
        with pytest.raises((TypeError, ValueError), match="bogus"):
            act()


def _train(case, **kwargs):
    if case.name in STACK:
        return case.built().pretrain(case.x, epochs=1, verbose=0, **kwargs)
    return fit(case, ready(case), **kwargs)


@row()
def refuses_losses_and_metrics(case):
    """Both are the model's own terms."""
    for name in ("loss", "metrics", "loss_weights", "weighted_metrics"):
        given = {"loss_weights": [1.0]}.get(name, "mse" if name == "loss" else ["mse"])
        refused(lambda name=name, given=given: case.make().compile("adam", **{name: given}), name)


@row(stack=True)
def takes_numpy_whole_numbers(case):
    """Wherever a Python integer is taken; they are Python's in the config."""
    if not case.whole:
        pytest.skip(f"{case.name} × takes_numpy_whole_numbers: it takes none")
    numpy = keras.tree.map_structure(np.int64, dict(case.whole))
    model, plain = case.built(**numpy), case.built(**case.whole)
    config = keras.saving.serialize_keras_object(model)["config"]
    wanted = keras.saving.serialize_keras_object(plain)["config"]
    for name in case.whole:
        assert repr(config[name]) == repr(wanted[name])
    same(state(plain), state(model), 0, 0)


@row(stack=True)
def refuses_impossible_whole_numbers(case):
    """Halves, negatives, truth values and text where a whole number is wanted."""
    if not case.whole:
        pytest.skip(f"{case.name} × refuses_impossible_whole_numbers: it takes none")
    acts = {}
    for name, right in case.whole.items():
        for wrong in (2.5, -1, "3", True, np.nan):
            value = (wrong, *right[1:]) if isinstance(right, tuple) else wrong
            acts[f"{name}={value!r}"] = lambda name=name, value=value: case.make(**{name: value})
    all_refused(acts)


NO_LABELS = {
    name: "it has no labels"
    for name in (
        "Autoencoder", "LinearAutoencoder", "DenoisingAutoencoder", "ContractiveAutoencoder",
        "SparseAutoencoder", "ConvAutoencoder", "PredictiveSparseDecomposition",
        "ConvolutionalPSD", "VAE", "IWAE", "InfoVAE", "BetaTCVAE", "FactorVAE",
        "AdversarialAutoencoder", "BiGAN", "StackedAutoencoder", "SequenceAutoencoder",
        "RecursiveAutoencoder", "SemanticHashing", "ParametricTSNE", *NO_CODES,
    )
}  # fmt: skip


@row(NO_LABELS)
def refuses_labels_that_do_not_exist(case):
    """Three, of three; a negative one; halves."""
    model = ready(case)
    acts = {}
    for wrong in (3, -1, 0.5):
        labels = np.where(LABELS == 2, wrong, LABELS)
        z = np.zeros((len(labels), 2), "float32")
        if case.name == "ConditionalVAE":
            acts |= {
                f"fit {wrong}": lambda y=labels: fit(case, model, [X, y]),
                f"dataset {wrong}": lambda y=labels: fit(case, model, dataset((X, y))),
                f"evaluate {wrong}": lambda y=labels: evaluate(case, model, [X, y]),
                f"encode {wrong}": lambda y=labels: model.encode([X, y]),
                f"decode {wrong}": lambda y=labels, z=z: model.decode([z, y]),
                f"reconstruct {wrong}": lambda y=labels: model.reconstruct([X, y]),
                f"log_weights {wrong}": lambda y=labels: model.log_weights([X, y], 2),
                f"generate {wrong}": lambda y=labels: model.generate(y),
            }
        else:
            acts[f"generate {wrong}"] = lambda wrong=wrong: model.generate(2, cluster=wrong)
        if case.options:
            pair = {"labelled": (X, labels)}
            acts[f"fit {wrong}"] = lambda pair=pair: fit(case, model, **pair)
            acts[f"evaluate {wrong}"] = lambda pair=pair: model.evaluate(X, verbose=0, **pair)
    all_refused(acts)
