"""What rows do with a model: compile, train, read its state, feed it from every container.

Compiling takes longer than all that a row does. So rows share one compiled model of each kind,
set back to its first variables (`ready`), and where they need one of their own, it trains step by
step in Python (`compiled`). That both make the same weights is a row; `trained` has them.
"""

import functools
import re
from itertools import count

import keras
import numpy as np
from keras import ops

from tests.models.contract.cases import BATCH, CASES, ROWS

STEPS = ROWS // BATCH


def to_numpy(value):
    return keras.tree.map_structure(ops.convert_to_numpy, value)


def compiled(model, optimizer=None, **kwargs):
    """The model, compiled with small steps that no adaptive rule magnifies."""
    kwargs = {"run_eagerly": True} | kwargs
    model.compile(keras.optimizers.SGD(0.05) if optimizer is None else optimizer, **kwargs)
    return model


def fit(case, model, x=None, *rest, epochs=1, **kwargs):
    """One pass over the data in their order, unless told otherwise."""
    x = case.x if x is None else x
    if isinstance(x, (np.ndarray, list)) or keras.ops.is_tensor(x):
        kwargs = {"batch_size": BATCH} | kwargs
    kwargs = {"shuffle": False, "verbose": 0, **case.options} | kwargs
    return model.fit(x, *rest, epochs=epochs, **kwargs).history


def evaluate(case, model, x=None, *rest, **kwargs):
    x = case.x if x is None else x
    if isinstance(x, (np.ndarray, list)):
        kwargs = {"batch_size": BATCH} | kwargs
    return model.evaluate(x, *rest, verbose=0, return_dict=True, **case.options, **kwargs)


def state(model):
    """All variables of a model but its metrics': weights, counters, states of seeds."""
    metrics = {id(v) for v in model.metrics_variables}
    return [to_numpy(v.value) for v in model.variables if id(v) not in metrics]


@functools.cache
def _kept(name):
    model = CASES[name].built()
    compiled(model, run_eagerly=False, steps_per_execution=1)
    variables = [*model.variables, *model.optimizer.variables]
    return model, variables, [to_numpy(v.value) for v in variables]


def ready(case, rate=0.05):
    """The model as `compiled(case.built())` makes it, at this rate, its steps compiled before."""
    model, variables, first = _kept(case.name)
    for variable, value in zip(variables, first, strict=True):
        variable.assign(value)
    for optimizer in optimizers(model):
        optimizer.learning_rate = rate
    return model


@functools.cache
def trained(name, epochs=1):
    """The state after so many passes over the array, in its order; of a model of its own."""
    model = compiled(CASES[name].make())
    fit(CASES[name], model, epochs=epochs)
    return state(model)


def same(one, other, rtol=1e-5, atol=1e-6):
    """Two states agree, and there is something to agree on."""
    assert len(one) == len(other) > 0
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


def differ(one, other):
    return any(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def optimizers(model):
    """Every optimiser that moves a weight."""
    found = [model.optimizer, *getattr(model.optimizer, "optimizers", [])]
    return found[1:] or found


def updates(model):
    """How many steps each optimiser has made."""
    return {int(optimizer.iterations) for optimizer in [model.optimizer, *optimizers(model)]}


def reader(model):
    """What reads the data: the encoder, or of a model without one its first layer."""
    return getattr(model, "encoder", None) or model.layers[0]


def answer(model):
    """What a model says of data: its code, or of a model without one how probable they are."""
    return getattr(model, "encode", None) or model.log_prob


def kernels(model):
    """The matrices and filters of what reads the data."""
    return [v for v in reader(model).trainable_variables if len(v.shape) >= 2]


def penalise(model, price):
    """Put an L2 penalty on each of those kernels, as `kernel_regularizer` does."""
    for kernel in kernels(model):
        kernel.regularizer = keras.regularizers.L2(price)


def penalties(model):
    """What the layers ask for: once for each phase that moves them."""
    moved = [layer for phase in model.phases() for layer in phase.moves]
    return sum(float(p) for layer in moved for p in layer.losses)


def check_sentence(error, *words):
    """An error is one sentence, which holds these words."""
    text = str(error)
    flat = "\n" not in text and "Exception encountered" not in text
    assert flat and text.endswith(".") and len(text) < 400, f"no sentence: {text!r}"  # noqa: PT018
    for word in words:
        assert re.search(word, text), f"{word!r} is not in {text!r}"


def refused(act, *words):
    """The act ends in one sentence, which holds these words."""
    try:
        act()
    except (ValueError, TypeError) as error:
        check_sentence(error, *words)
    else:
        raise AssertionError("it was accepted")


def all_refused(acts, *words):
    """Every act of `{name: act}` ends in one sentence; says which do not."""
    wrong = {}
    for name, act in acts.items():
        try:
            refused(act, *words)
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {str(error).strip()[:160]}"
    assert not wrong, f"no sentence from {wrong}"


def _tuples(parts):
    """Keras reads a list of arrays as one example's inputs; tf.data would stack it."""
    if isinstance(parts, (list, tuple)):
        return tuple(_tuples(part) for part in parts)
    return parts


def dataset(parts, size=BATCH):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(_tuples(parts)).batch(size)


def pydataset(parts, size=BATCH):
    rows = len(keras.tree.flatten(parts)[0])

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return -(-rows // size)

        def __getitem__(self, i):
            part = slice(i * size, (i + 1) * size)
            return keras.tree.map_structure(lambda a: a[part], _tuples(parts))

    return Batches()


def generator(parts, size=BATCH):
    """Batches without an end."""
    batches = pydataset(parts, size)
    return (batches[i % len(batches)] for i in count())


def loader(parts, size=BATCH):
    from torch.utils.data import DataLoader

    rows = len(keras.tree.flatten(parts)[0])
    one = [keras.tree.map_structure(lambda a, i=i: a[i], _tuples(parts)) for i in range(rows)]
    return DataLoader(one, batch_size=size)


def tensors(parts):
    return keras.tree.map_structure(ops.convert_to_tensor, parts)


def parts(model, x, y, training=False):
    """Terms `{name: (B,)}` and their prices, of each phase whose examples are the batch's."""
    phases = [phase for phase in model.phases() if phase.of_batch]
    return [(phase.values(x, y, training), phase.prices(training)) for phase in phases]


def of_batch(logs):
    """Logs without what labelled examples add, which are no part of a batch."""
    rest = dict(logs)
    rest["loss"] -= rest.pop("classification", 0.0)
    return rest


def turns(model):
    """How many phases a step has."""
    return len(model.phases())


def by_hand(model, x, y, weights=1.0):
    """What a model says of each example, weighed and averaged in NumPy: logs and loss."""
    logs, loss = {}, 0.0
    for terms, prices in parts(model, x, y):
        assert set(terms) == set(prices)
        for name, values in terms.items():
            values = np.asarray(to_numpy(values), "float64")
            logs[name] = (weights * values).mean()
            loss += float(prices[name]) * logs[name]
    return {**logs, "loss": loss}


def terms_of(case, model, array):
    """All terms of an evaluation, `{name: (B,)}`, with the data for a target."""
    x = tensors(case.like(array))
    y = x[0] if isinstance(x, list) else x
    return {name: t for terms, _ in parts(model, x, y) for name, t in terms.items()}
