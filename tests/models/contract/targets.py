"""A target of its own is rebuilt, or refused in one sentence; it is never dropped."""

import functools

import numpy as np
import pytest

from tests.models.contract.acts import (
    STEPS,
    by_hand,
    compiled,
    dataset,
    differ,
    evaluate,
    fit,
    generator,
    of_batch,
    pydataset,
    ready,
    refused,
    same,
    state,
    tensors,
    trained,
)
from tests.models.contract.cases import BATCH, CASES, NO_CODES, ROWS
from tests.models.contract.rows import row

# Sparse coding rebuilds what it has coded; there is no energy of two different images. A pixel is
# predicted from others of the same image. A BiGAN rebuilds nothing while it trains.
REFUSING = {"PredictiveSparseDecomposition", "ConvolutionalPSD", "BiGAN", *NO_CODES}


def clean(case):
    """A target unlike the data: another row for each."""
    return case.array[::-1].copy()


@functools.cache
def trained_on_pairs(name):
    case = CASES[name]
    model = compiled(case.make())
    fit(case, model, case.x, clean(case))
    return state(model)


def used(case, how):
    """`how(model, x, y)` trains on pairs as arrays do, and not as on x alone; or refuses."""
    model = ready(case)
    if case.name in REFUSING:
        refused(lambda: how(model, case.x, clean(case)), "^y ")
        return
    how(model, case.x, clean(case))
    same(trained_on_pairs(case.name), state(model))
    assert differ(trained(case.name), state(model))


@row()
def pays_for_a_target_of_its_own(case):
    """The loss is that of `loss_terms(x, y)`, added up by hand."""
    y = clean(case)
    if case.name in REFUSING:
        refused(lambda: evaluate(case, ready(case), case.x, y), "^y ")
        refused(lambda: fit(case, ready(case), case.x, y), "^y ")
        return
    logs = evaluate(case, ready(case), case.x, y, batch_size=ROWS)
    hand = by_hand(case.built(), tensors(case.x), tensors(y))
    assert of_batch(logs) == pytest.approx(hand, rel=1e-5, abs=1e-6)
    alone = evaluate(case, ready(case), batch_size=ROWS)
    assert abs(logs["loss"] - alone["loss"]) > 1e-3


@row()
def uses_the_target_of_a_dataset(case):
    used(case, lambda model, x, y: fit(case, model, dataset((x, y))))


@row()
def uses_the_target_of_a_pydataset(case):
    used(case, lambda model, x, y: fit(case, model, pydataset((x, y))))


@row()
def uses_the_target_of_a_generator(case):
    used(case, lambda model, x, y: fit(case, model, generator((x, y)), steps_per_epoch=STEPS))


@row()
def uses_the_target_of_tensors(case):
    used(case, lambda model, x, y: fit(case, model, tensors(x), tensors(y)))


@row()
def uses_the_target_of_one_batch(case):
    def one_by_one(model, x, y):
        for i in range(STEPS):
            part = slice(i * BATCH, (i + 1) * BATCH)
            model.train_on_batch(case.rows(part), y[part], **case.options)

    used(case, one_by_one)


@row()
def uses_the_target_of_validation_data(case):
    y = clean(case)
    if case.name in REFUSING:
        refused(lambda: fit(case, ready(case), validation_data=(case.x, y)), "^y must")
        return
    losses = []
    for held_out in ((case.x, y), dataset((case.x, y)), (case.x, case.array)):
        losses.append(fit(case, ready(case), validation_data=held_out)["val_loss"][0])
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert abs(losses[2] - losses[0]) > 1e-3


@row()
def refuses_a_target_of_another_shape(case):
    narrow = case.array[:, :-1]
    for y in (narrow, np.zeros(len(case.array), "float32"), case.array[:-1]):
        model = ready(case)
        before = state(model)
        refused(lambda model=model, y=y: fit(case, model, case.x, y), "y ")
        same(before, state(model), rtol=0, atol=0)


@row({name: "it refuses every target" for name in REFUSING})
def refuses_a_target_out_of_range(case):
    for spoil in (np.nan, 7.0 if case.bounded else np.inf):
        y = case.array.copy()
        y[3] = spoil
        refused(lambda y=y: fit(case, ready(case), case.x, y), "^y must")
