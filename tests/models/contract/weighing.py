"""Weights of examples weigh the data terms; layers' penalties are paid once, and train."""

import functools

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    all_refused,
    by_hand,
    compiled,
    dataset,
    differ,
    evaluate,
    fit,
    kernels,
    of_batch,
    penalise,
    penalties,
    pydataset,
    reader,
    ready,
    refused,
    same,
    state,
    tensors,
    to_numpy,
    trained,
)
from tests.models.contract.cases import BATCH, CASES, NO_CODES, ROWS
from tests.models.contract.rows import row

PAIR = {
    name: "weights come third, after a target, and a dataset's target it refuses"
    for name in ("PredictiveSparseDecomposition", "ConvolutionalPSD")
}
WEIGHTS = np.linspace(0.0, 2.0, ROWS).astype("float32")


@row()
def pays_penalties_alone_where_all_weights_are_zero(case):
    model = case.built()
    penalise(model, 0.5)
    compiled(model)
    nothing = np.zeros(ROWS, "float32")
    logs = evaluate(case, model, sample_weight=nothing)
    paid = penalties(model)
    assert paid > 1e-3
    names = set(logs) - {"loss", "classification"}
    assert of_batch(logs) == pytest.approx({**dict.fromkeys(names, 0.0), "loss": paid}, rel=1e-5)
    still = ready(case)
    moved = set() if not case.options else {id(v) for v in still.encoder.variables}
    before = {id(v): to_numpy(v.value) for v in still.trainable_variables if id(v) not in moved}
    fit(case, still, sample_weight=nothing)
    for v in still.trainable_variables:
        if id(v) in before:
            np.testing.assert_allclose(to_numpy(v.value), before[id(v)], rtol=1e-5, atol=1e-6)
    assert before


@row()
def pays_penalties_once(case):
    fined = case.built()
    penalise(fined, 0.5)
    wanted = evaluate(case, ready(case))["loss"] + penalties(fined)
    assert evaluate(case, compiled(fined))["loss"] == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@row()
def doubles_the_data_terms_with_the_weights(case):
    """Twice the weight is twice the loss, and a step of SGD twice as long."""
    twice = np.full(ROWS, 2.0, "float32")
    logs = of_batch(evaluate(case, ready(case), sample_weight=twice))
    wanted = {name: 2 * value for name, value in of_batch(evaluate(case, ready(case))).items()}
    assert logs == pytest.approx(wanted, rel=1e-5, abs=1e-6)
    if case.options:
        # A step is also of its labelled examples, whose weight is 1.
        return
    model = ready(case, rate=0.02)
    fit(case, model, sample_weight=twice)
    made = state(model)
    faster = ready(case, rate=0.04)
    fit(case, faster)
    same(state(faster), made)


@row()
def weighs_each_example(case):
    logs = evaluate(case, ready(case), sample_weight=WEIGHTS, batch_size=ROWS)
    wanted = by_hand(case.built(), tensors(case.x), tensors(case.array), WEIGHTS)
    assert of_batch(logs) == pytest.approx(wanted, rel=1e-5, abs=1e-6)


@functools.cache
def weighed(name):
    """The state that these weights make, which is not the one without."""
    case = CASES[name]
    model = compiled(case.make())
    fit(case, model, sample_weight=WEIGHTS)
    assert differ(trained(name), state(model))
    return state(model)


@row()
def takes_weights_as_a_column(case):
    model = ready(case)
    fit(case, model, sample_weight=WEIGHTS[:, None])
    same(weighed(case.name), state(model))


@row()
def takes_weights_with_a_repeated_target(case):
    model = ready(case)
    fit(case, model, case.x, case.array, sample_weight=WEIGHTS)
    same(weighed(case.name), state(model))


@row(PAIR)
def takes_the_weights_of_a_dataset(case):
    wanted = weighed(case.name)
    for container in (dataset, pydataset):
        model = ready(case)
        fit(case, model, container((case.x, case.array, WEIGHTS)))
        same(wanted, state(model))


@row()
def takes_the_weights_of_one_batch(case):
    model = ready(case)
    for i in range(0, ROWS, BATCH):
        part = slice(i, i + BATCH)
        model.train_on_batch(case.rows(part), sample_weight=WEIGHTS[part], **case.options)
    same(weighed(case.name), state(model))


@row()
def takes_the_weights_of_validation_data(case):
    logs = []
    for weight in (1.0, 2.0):
        held_out = (case.x, case.array, np.full(ROWS, weight, "float32"))
        history = fit(case, ready(case), validation_data=held_out)
        logs.append(of_batch({n[4:]: v[0] for n, v in history.items() if n.startswith("val_")}))
    assert logs[1] == pytest.approx(
        {name: 2 * value for name, value in logs[0].items()}, rel=1e-5, abs=1e-6
    )


@row()
def refuses_weights_of_another_shape(case):
    wrong = {
        "two columns": np.ones((ROWS, 2), "float32"),
        "one too few": np.ones(ROWS - 1, "float32"),
        "one row": np.ones((1, ROWS), "float32"),
        "NaN": np.full(ROWS, np.nan, "float32"),
    }
    model = ready(case)
    all_refused(
        {
            name: lambda weights=weights: fit(case, model, sample_weight=weights)
            for name, weights in wrong.items()
        },
        "sample_weight",
    )


@row()
def refuses_class_weights(case):
    model = ready(case)
    refused(lambda: fit(case, model, class_weight={0: 1.0, 1: 2.0}), "class_weight")


@row()
def trains_on_a_layers_regulariser(case):
    """An L2 of 10 takes 2 · 10 · rate = 80 % of each kernel off at every step."""
    model = case.built()
    penalise(model, 10.0)
    compiled(model, keras.optimizers.SGD(0.04))
    before = sum(np.square(to_numpy(k.value)).sum() for k in kernels(model))
    fit(case, model)
    after = sum(np.square(to_numpy(k.value)).sum() for k in kernels(model))
    assert after < 0.1 * before


OWN_LAYERS = {
    name: "it makes its layers itself, and kernels' penalties are tried in their place"
    for name in ("LinearAutoencoder", "ConvAutoencoder", "RecursiveAutoencoder", *NO_CODES)
}


@row(OWN_LAYERS)
def pays_for_activity_once_a_phase(case):
    """The encoder's outputs cost 0.1 Σ h² / B, however often a step calls it."""
    fined = case.built()
    plain = evaluate(case, ready(case))
    layer = fined.encoder.layers[-1] if hasattr(fined.encoder, "layers") else fined.encoder
    layer.activity_regularizer = keras.regularizers.L2(0.1)
    wanted = plain["loss"]
    for phase in fined.phases():
        if fined in phase.moves or fined.encoder in phase.moves:
            seen = _seen(case) if phase.of_batch else case.options["labelled"][0]
            codes = to_numpy(case.built().encoder(seen))
            wanted += 0.1 * np.square(codes).sum() / len(codes)
    logs = evaluate(case, compiled(fined), batch_size=BATCH)
    assert logs["loss"] == pytest.approx(wanted, rel=1e-4)


def _seen(case):
    """What the encoder sees: data, with the label beside them where there is one."""
    if isinstance(case.x, list):
        return np.hstack([case.array, np.eye(3, dtype="float32")[case.x[1]]])
    return case.array


@row(
    {
        "ParametricTSNE": "it is an encoder and nothing else that could move",
        "SemanticHashing": "its encoder draws noise; its own file holds that nothing else moves",
    }
)
def leaves_frozen_layers_alone(case):
    model = case.built()
    reader(model).trainable = False
    compiled(model)
    before = [to_numpy(v.value) for v in reader(model).variables]
    others = [to_numpy(v.value) for v in model.trainable_variables]
    fit(case, model)
    same(before, [to_numpy(v.value) for v in reader(model).variables], rtol=0, atol=0)
    assert differ(others, [to_numpy(v.value) for v in model.trainable_variables])
