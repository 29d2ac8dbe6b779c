"""What every public layer owes: found from the package's names, so that a new one needs a row."""

import dataclasses
import json
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from course_lib import layers
from course_lib.layers import (
    LISTA,
    BinaryCode,
    CategoricalPrior,
    DiagonalBiLSTM,
    Direction,
    Gain,
    GatedBlock,
    GaussianCorruption,
    GaussianPrior,
    GaussianSampling,
    KLPenalty,
    L1Penalty,
    LikelihoodMean,
    MaskedConv2D,
    MaskedDense,
    MaskingCorruption,
    MaxPoolWithSwitches,
    RecurrentDecoder,
    RingPrior,
    RowLSTM,
    SaltAndPepperCorruption,
    SoftThreshold,
    SwissRollPrior,
    TiedDense,
    TopK,
    Unpool,
)
from course_lib.losses import BernoulliNLL, GaussianNLL
from course_lib.losses.masks import mask_of

to_numpy = ops.convert_to_numpy
one, two = np.int64(1), np.int64(2)


def dense(dtype=None):
    layer = keras.layers.Dense(4, dtype=dtype)
    layer.build((None, 6))
    layer.set_weights([np.linspace(-1, 1, 24).reshape(6, 4), np.zeros(4)])
    return layer


def writer(recurrent, both_ways=False, **options):
    # Keras' own choice, an orthogonal matrix, JAX does not find in half precision.
    kernel = {"recurrent_initializer": "glorot_uniform", "dtype": options.get("dtype")}
    rnn = recurrent(3, return_sequences=True, unroll=True, **kernel)
    if both_ways:
        rnn = keras.layers.Bidirectional(rnn, dtype=options.get("dtype"))
    return RecurrentDecoder(rnn, np.int64(3), two, **options)


@dataclasses.dataclass
class Row:
    """How to make a layer (with NumPy's numbers), and what it takes."""

    make: Callable
    shapes: tuple = ((3, 4),)
    unknown: tuple = ()  # shapes with sizes that are not known
    carries_mask: bool = False
    noisy: bool = False
    single: bool = False  # single precision at least, whatever the policy
    options: dict = dataclasses.field(default_factory=dict)


STEPS = ((2, 5, 4),)
MAPS = ((2, 3, 4, 2),)
ANY_MAPS = ((None, None, None, 2),)
CORRUPTED = {"carries_mask": True, "noisy": True, "options": {"training": True}}
ROWS = {
    "BinaryCode": [
        Row(lambda **k: BinaryCode(np.float32(0.5), seed=one, **k)),
        Row(lambda **k: BinaryCode(straight_through=True, **k)),
        Row(lambda **k: BinaryCode(0.5, seed=one, **k), noisy=True, options={"training": True}),
    ],
    "GaussianCorruption": [
        Row(lambda **k: GaussianCorruption(np.float32(0.5), one, **k), STEPS, **CORRUPTED)
    ],
    "MaskingCorruption": [
        Row(lambda **k: MaskingCorruption(np.float64(0.5), one, **k), STEPS, **CORRUPTED)
    ],
    "SaltAndPepperCorruption": [
        Row(lambda **k: SaltAndPepperCorruption(0.5, one, **k), STEPS, **CORRUPTED)
    ],
    "DiagonalBiLSTM": [Row(lambda **k: DiagonalBiLSTM(two, **k), MAPS, ((None, 3, 4, 2),))],
    "Direction": [
        Row(lambda **k: Direction(np.float32(2.0), **k), STEPS, ((None, None, 4),), True),
    ],
    "Gain": [Row(Gain), Row(Gain, STEPS, ((None, None, 4),), carries_mask=True)],
    "GatedBlock": [
        Row(lambda **k: GatedBlock(two, np.int64(3), **k), MAPS * 2, ANY_MAPS * 2),
        Row(lambda **k: GatedBlock(two, first=True, **k), MAPS * 2, ANY_MAPS * 2),
    ],
    "GaussianSampling": [
        Row(lambda **k: GaussianSampling(one, **k), ((3, 4), (3, 4)), noisy=True),
        Row(
            lambda **k: GaussianSampling(one, **k),
            ((2, 5, 4),) * 2,
            ((None, None, 4),) * 2,
            noisy=True,
        ),
        Row(
            lambda **k: GaussianSampling(one, **k),
            ((3, 4), (3, 4)),
            noisy=True,
            options={"samples": two},
        ),
    ],
    "KLPenalty": [Row(lambda **k: KLPenalty(np.float32(0.25), **k), STEPS, single=True)],
    "L1Penalty": [Row(L1Penalty, STEPS, ((None, None, 4),), single=True)],
    "LISTA": [
        Row(lambda **k: LISTA(np.int64(5), two, sparsity=np.float32(0.1), **k)),
        Row(lambda **k: LISTA(2, 3, np.linspace(-1, 1, 8).reshape(2, 4), 0.1, **k)),
    ],
    "LikelihoodMean": [
        Row(lambda **k: LikelihoodMean(BernoulliNLL(), **k), STEPS, carries_mask=True),
        Row(lambda **k: LikelihoodMean(GaussianNLL("learned"), **k), STEPS, carries_mask=True),
    ],
    "MaskedConv2D": [
        Row(lambda **k: MaskedConv2D(two, np.int64(3), "A", "relu", **k), MAPS, ANY_MAPS)
    ],
    "MaskedDense": [
        Row(lambda **k: MaskedDense(np.arange(3), np.arange(4), activation="tanh", **k)),
        Row(lambda **k: MaskedDense(range(4), range(4), True, kernel_initializer="ones", **k)),
    ],
    "MaxPoolWithSwitches": [
        Row(lambda **k: MaxPoolWithSwitches(two, **k), ((2, 4, 6, 3),), ((None, None, None, 3),))
    ],
    "RecurrentDecoder": [
        Row(lambda **k: writer(keras.layers.LSTM, **k)),
        Row(lambda **k: writer(keras.layers.GRU, start="state", feedback=True, **k)),
        Row(lambda **k: writer(keras.layers.GRU, both_ways=True, start="repeat", **k)),
    ],
    "RowLSTM": [Row(lambda **k: RowLSTM(two, np.int64(3), **k), MAPS, ((None, 3, 4, 2),))],
    "SoftThreshold": [
        Row(lambda **k: SoftThreshold(np.float32(0.25), **k), STEPS, ((None, None, 4),), True),
        Row(lambda **k: SoftThreshold(0.25, learned=True, **k), STEPS, carries_mask=True),
    ],
    "TiedDense": [
        Row(
            lambda **k: TiedDense(dense(), "tanh", **k),
            STEPS,
            ((None, None, 4),),
            carries_mask=True,
        )
    ],
    "TopK": [Row(lambda **k: TopK(two, **k), STEPS, ((None, None, 4),), carries_mask=True)],
    "Unpool": [
        Row(lambda **k: Unpool(two, **k), ((2, 3, 2, 4),), ((None, None, None, 4),)),
    ],
}
PRIORS = {
    "CategoricalPrior": lambda **k: CategoricalPrior(np.int64(3), two, **k),
    "GaussianPrior": lambda **k: GaussianPrior(two, **k),
    "RingPrior": lambda **k: RingPrior(np.int64(5), np.float32(3), **k),
    "SwissRollPrior": lambda **k: SwissRollPrior(np.float32(3), two, **k),
}
# What a user's own layer begins with.
BASES = {"Corruption", "Prior"}
EACH = [
    pytest.param(row, id=f"{name}-{i}") for name, rows in ROWS.items() for i, row in enumerate(rows)
]
each = pytest.mark.parametrize("row", EACH)


def data(row, dtype="float32"):
    rng = np.random.default_rng(0)
    return [rng.uniform(0.1, 0.9, size=shape).astype(dtype) for shape in row.shapes]


def flat(outputs):
    return [to_numpy(value) for value in keras.tree.flatten(outputs)]


def functional(row, shapes, **kwargs):
    inputs = [keras.Input(batch_shape=shape) for shape in shapes]
    return keras.Model(inputs, row.make(**kwargs)(*inputs, **row.options))


def test_every_layer_has_a_row():
    public = {name for name, value in vars(layers).items() if isinstance(value, type)}
    assert public == {*ROWS, *PRIORS, *BASES}


@pytest.mark.parametrize("make", [*(p.values[0].make for p in EACH), *PRIORS.values()])
def test_the_config_makes_the_same_layer_and_is_json(make):
    layer = make(name="its_name")
    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == f"course_lib>{type(layer).__name__}"
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert json.dumps(again.get_config()) == json.dumps(layer.get_config())
    direct = type(layer).from_config(layer.get_config())
    assert json.dumps(direct.get_config()) == json.dumps(layer.get_config())


@each
def test_a_file_brings_back_weights_and_noise(row, tmp_path):
    model = functional(row, [(None, *shape[1:]) for shape in row.shapes])
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(1).uniform(0.1, 0.9, size=weight.shape))
    x = data(row)
    model(x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for a, b in zip(flat(loaded(x)), flat(model(x)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


@each
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "float64"])
def test_formats(row, policy):
    """The format of the policy, and the numbers of single precision."""
    layer = row.make(dtype=policy)
    outputs = keras.tree.flatten(layer(*data(row), **row.options))
    wanted = layer.compute_dtype
    if row.single and wanted != "float64":
        wanted = "float32"
    if keras.backend.backend() == "jax" and wanted == "float64":
        wanted = "float32"
    assert keras.backend.standardize_dtype(outputs[0].dtype) == wanted
    x = data(row)
    plain = row.make()
    expected = flat(plain(*x, **row.options))[0]
    layer.set_weights([to_numpy(w) for w in plain.weights])
    assert np.isfinite(to_numpy(ops.cast(outputs[0], "float32"))).all()
    if not row.noisy:
        got = to_numpy(ops.cast(keras.tree.flatten(layer(*x))[0], "float32"))
        np.testing.assert_allclose(got, expected, rtol=0.03, atol=0.03)


@each
def test_shapes_are_known_before_anything_is_computed(row):
    model = functional(row, row.shapes)
    computed = flat(model(data(row)))
    symbolic = keras.tree.flatten(model.outputs)
    assert [v.shape for v in symbolic] == [v.shape for v in computed]
    for tensor, value in zip(symbolic, computed, strict=True):
        assert keras.backend.standardize_dtype(tensor.dtype) == str(value.dtype)
    if row.unknown:
        anywhere = functional(row, row.unknown)
        assert None in keras.tree.flatten(anywhere.outputs)[0].shape
        anywhere.set_weights(model.get_weights())
        for a, b in zip(flat(anywhere(data(row))), computed, strict=True):
            assert a.shape == b.shape
            if not row.noisy:
                np.testing.assert_allclose(a, b, rtol=1e-6)


@each
def test_masks_pass_where_steps_stay_steps(row):
    if len(row.shapes) > 1 or len(row.shapes[0]) != 3:
        assert not row.carries_mask
        return
    (x,) = data(row)
    x[:, 3:] = 0
    mask = mask_of(row.make()(keras.layers.Masking(0.0)(x), **row.options))
    if row.carries_mask:
        assert to_numpy(mask).tolist() == [[True] * 3 + [False] * 2] * 2
    else:
        assert mask is None


@each
def test_nan_is_not_hidden(row):
    x = data(row)
    x[0].reshape(-1)[1] = np.nan
    x = [ops.convert_to_tensor(v) for v in x]
    # Noise of masking may well hide what stood there: that is its work.
    options = {**row.options, "training": False} if "training" in row.options else row.options
    outputs = flat(row.make()(*x, **options))
    assert np.isnan(outputs[0]).any()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_export(tmp_path):
    """All layers that draw nothing, in one model, as a SavedModel."""
    import tensorflow as tf

    rows = [p.values[0] for p in EACH if not p.values[0].noisy]
    inputs, outputs = [], []
    for row in rows:
        own = [keras.Input(shape[1:]) for shape in row.shapes]
        inputs += own
        outputs += keras.tree.flatten(row.make()(*own))
    model = keras.Model(inputs, outputs)
    model.export(tmp_path / "model", verbose=False)
    x = [array for row in rows for array in data(row)]
    loaded = tf.saved_model.load(tmp_path / "model")
    for a, b in zip(loaded.serve([tf.constant(v) for v in x]), model(x), strict=True):
        np.testing.assert_allclose(a.numpy(), to_numpy(b), rtol=1e-6, atol=1e-6)
