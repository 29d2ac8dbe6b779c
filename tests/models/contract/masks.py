"""Padded steps of a sequence cost nothing, and what stands in them makes no difference."""

import keras
import numpy as np
import pytest

from course_lib import layers
from tests.models.contract.acts import compiled, dataset, same, state
from tests.models.contract.cases import NO_CODES
from tests.models.contract.rows import row

VECTORS = {
    name: "its codes are vectors (B, K), and no decoder's output carries a mask of the data's steps"
    for name in (
        "VAE", "ConditionalVAE", "IWAE", "InfoVAE", "BetaTCVAE", "FactorVAE",
        "AdversarialAutoencoder", "BiGAN", "ClusteringAAE", "SemiSupervisedAAE",
        "ParametricTSNE",
    )
}  # fmt: skip
OWN_LAYERS = {
    name: "it makes its layers itself, and none of them reads sequences"
    for name in (
        "LinearAutoencoder", "ConvAutoencoder", "PredictiveSparseDecomposition",
        "ConvolutionalPSD", "StackedAutoencoder", "SemanticHashing", *NO_CODES,
    )
}  # fmt: skip
ONE_LENGTH = {"RecursiveAutoencoder": "its sequences are all of one length"}
RNG = np.random.default_rng(5)
STEPS = RNG.random((8, 4, 2)).astype("float32") + 0.1
LENGTHS = np.array([4, 3, 2, 1, 4, 2, 3, 4])
STEPS[np.arange(4) >= LENGTHS[:, None]] = 0.0


def sequences(case, steps=4):
    keras.utils.set_random_seed(1)
    if case.name == "SequenceAutoencoder":
        rnn = keras.layers.LSTM(4, return_sequences=True, unroll=True)
        decoder = layers.RecurrentDecoder(rnn, steps, 2)
        model = case.model(keras.layers.LSTM(3, unroll=True), decoder, mask_value=0.0)
        model.build((None, steps, 2))
        return model
    masking, dense = keras.layers.Masking(0.0), keras.layers.Dense
    encoder = keras.Sequential([masking, dense(3, "tanh")])
    more = {
        "DenoisingAutoencoder": {"corruption": layers.GaussianCorruption(0.0)},
        "SparseAutoencoder": {},
        "ContractiveAutoencoder": {"method": "exact", "weight": 0.1},
    }.get(case.name, {})
    model = case.model(encoder, dense(2), likelihood="gaussian", **more)
    model.build((None, None, 2))
    return model


@row(VECTORS, OWN_LAYERS, ONE_LENGTH)
def pays_nothing_for_padded_steps(case):
    """−log p by hand, of the steps that are there; two more steps of padding change nothing."""
    model = sequences(case)
    logs = compiled(model).evaluate(STEPS, batch_size=8, verbose=0, return_dict=True)
    out = keras.ops.convert_to_numpy(model(STEPS))
    nll = 0.5 * (np.square(STEPS - out) + np.log(2 * np.pi)).sum(axis=2)
    wanted = (nll * (np.arange(4) < LENGTHS[:, None])).sum(axis=1).mean()
    assert logs["reconstruction"] == pytest.approx(wanted, rel=1e-5)
    padded = np.pad(STEPS, ((0, 0), (0, 2), (0, 0)))
    longer = compiled(sequences(case, 6)).evaluate(
        padded, batch_size=8, verbose=0, return_dict=True
    )
    assert longer == pytest.approx(logs, rel=1e-5)


@row(VECTORS, OWN_LAYERS, ONE_LENGTH)
def learns_nothing_from_padded_steps(case):
    """A step of SGD makes the same weights, whatever the length of the padding."""
    made = []
    for extra in (0, 3):
        padded = np.pad(STEPS, ((0, 0), (0, extra), (0, 0)))
        for data in (padded, dataset((padded,))):
            model = compiled(sequences(case, 4 + extra))
            model.fit(data, epochs=2, shuffle=False, verbose=0)
            made.append(state(model))
    for other in made[1:]:
        same(made[0], other)
