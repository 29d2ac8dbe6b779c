"""Codes, reconstructions and new examples: deterministic, in batches, and asked for rightly."""

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    all_refused,
    answer,
    dataset,
    differ,
    same,
    state,
    tensors,
    terms_of,
    to_numpy,
)
from tests.models.contract.cases import LABELS, NO_CODES, NO_DECODER, RNG, ROWS
from tests.models.contract.rows import row


def flat(value):
    return [np.asarray(v, "float64") for v in keras.tree.flatten(to_numpy(value))]


def codes_of(case, model):
    """Codes as `decode` wants them."""
    codes = to_numpy(model.encode(case.x))
    return [codes, *case.x[1:]] if isinstance(case.x, list) else codes


@row(stack=True)
def encodes_the_same_twice(case):
    """And draws nothing: no seed has moved."""
    model = case.built()
    before = state(model)
    for act in (answer(model), model, getattr(model, "reconstruct", model)):
        same(flat(act(case.x)), flat(act(case.x)), 0, 0)
    same(before, state(model), 0, 0)
    assert len(flat(answer(model)(case.x))[0]) == ROWS


@row(stack=True)
def encodes_each_example_by_itself(case):
    model = case.built()
    whole = flat(answer(model)(case.x))
    part = flat(answer(model)(case.rows(slice(5))))
    same([w[:5] for w in whole], part)


@row(stack=True)
def encodes_in_batches(case):
    """Of 7, which does not divide 24: the same codes; likewise the way back."""
    model = case.built()
    same(flat(answer(model)(case.x)), flat(answer(model)(case.x, batch_size=7)))
    if not hasattr(model, "decode"):
        return
    codes = codes_of(case, model)
    same(flat(model.decode(codes)), flat(model.decode(codes, batch_size=7)))
    same(flat(model.reconstruct(case.x)), flat(model.reconstruct(case.x, batch_size=7)))
    same(flat(model.decode(codes)), flat(model.reconstruct(case.x)))


@row(stack=True)
def refuses_impossible_batch_sizes(case):
    model = case.built()
    wrong = {"0": 0, "-1": -1, "2.5": 2.5, "True": True, "text": "a"}
    all_refused(
        {n: lambda size=size: answer(model)(case.x, batch_size=size) for n, size in wrong.items()},
        "batch_size",
    )


@row(stack=True)
def encodes_every_kind_of_array(case):
    """float64, tensors, arrays of another layout and NumPy's batch sizes: the same codes."""
    model = case.built()
    wanted = flat(answer(model)(case.x))
    for x in (
        case.like(case.array.astype("float64")),
        tensors(case.x),
        case.like(np.asfortranarray(case.array)),
    ):
        same(wanted, flat(answer(model)(x)), 1e-4, 1e-5)
    same(wanted, flat(answer(model)(case.x, batch_size=np.int64(7))))


@row(stack=True)
def predicts_what_a_call_gives(case):
    model = case.built()
    wanted = to_numpy(model(case.x))
    for x in (case.x, dataset((case.x,))):
        predicted = model.predict(x, batch_size=None, verbose=0)
        np.testing.assert_allclose(predicted, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        model.predict(case.x, batch_size=7, verbose=0), wanted, rtol=1e-5, atol=1e-6
    )


@row(NO_CODES, NO_DECODER)
def rebuilds_the_mean_of_its_call(case):
    model = case.built()
    mean = to_numpy(model.likelihood.mean(model(case.x)))
    np.testing.assert_allclose(to_numpy(model.reconstruct(case.x)), mean, rtol=1e-5, atol=1e-6)
    assert mean.shape == case.array.shape


@row({"ParametricTSNE": "a neighbour is told apart from those of the others of its batch"})
def does_not_mix_examples_in_its_loss(case):
    """Other rows may change as they like: the terms of the first five stay, noise and all."""
    other = case.array.copy()
    other[5:] = RNG.permuted(other[5:], axis=0)[::-1]
    first, second = (to_numpy(terms_of(case, case.built(), x)) for x in (case.array, other))
    assert set(first) == set(second)
    assert set(first) - case.of_batch
    for name in first:
        assert first[name].shape == (ROWS,)
        if name not in case.of_batch:
            np.testing.assert_allclose(first[name][:5], second[name][:5], rtol=1e-5, atol=1e-6)
            own = name == "classification" or differ([first[name]], [second[name]])
            assert own, f"{name} does not depend on the data"


NO_PRIOR = {
    name: "it has no prior to draw from"
    for name in (
        "Autoencoder", "LinearAutoencoder", "DenoisingAutoencoder", "ContractiveAutoencoder",
        "SparseAutoencoder", "ConvAutoencoder", "PredictiveSparseDecomposition",
        "ConvolutionalPSD", "StackedAutoencoder", "SequenceAutoencoder", "RecursiveAutoencoder",
        "SemanticHashing",
    )
} | NO_DECODER  # fmt: skip


def wanted_of(case, count):
    """What `generate` takes first: how many, or of which labels."""
    return LABELS[:count] if case.name == "ConditionalVAE" else count


@row(NO_PRIOR)
def generates_from_a_seed(case):
    model = case.built()
    count = wanted_of(case, 4)
    one, two = (flat(model.generate(count, seed=3)) for _ in range(2))
    same(one, two, 0, 0)
    assert one[0].shape == (4, *case.array.shape[1:])
    assert np.isfinite(one[0]).all()
    assert differ(one, flat(model.generate(count, seed=4)))
    assert differ(flat(model.generate(count)), flat(model.generate(count)))
    numpy = count if isinstance(count, np.ndarray) else np.int64(count)
    same(one, flat(model.generate(numpy, seed=np.int64(3))), 0, 0)
    generator = keras.random.SeedGenerator(3)
    assert differ(*(flat(model.generate(count, seed=generator)) for _ in range(2)))
    with pytest.raises(TypeError):
        model.generate(count, 3)


@row(NO_PRIOR)
def refuses_impossible_counts(case):
    model = case.built()
    wrong = {"0": 0, "-1": -1, "2.5": 2.5, "True": True, "text": "a", "None": None}
    if case.name == "ConditionalVAE":
        wrong = {"none": LABELS[:0], "floats": LABELS / 2, "two axes": LABELS[:, None], "one": 1}
    all_refused({n: lambda count=count: model.generate(count) for n, count in wrong.items()})
    seeds = {"-1": -1, "2.5": 2.5, "text": "a"}
    count = wanted_of(case, 2)
    all_refused(
        {n: lambda seed=seed: model.generate(count, seed=seed) for n, seed in seeds.items()}, "seed"
    )


@row(NO_PRIOR, {name: "its arguments build it" for name in NO_CODES})
def refuses_to_generate_before_it_is_built(case):
    """In a sentence that says what to do; and still trains afterwards."""
    model = case.make()
    all_refused({"generate": lambda: model.generate(wanted_of(case, 2))}, "built|build|fit")
    assert not model.built


@row(
    {
        name: "it has no density q(z|x) to weigh draws with"
        for name in (
            *NO_PRIOR,
            "AdversarialAutoencoder",
            "BiGAN",
            "ClusteringAAE",
            "SemiSupervisedAAE",
        )
    },
    NO_CODES,
)
def weighs_draws(case):
    """log w of any batch size, container and NumPy count; their mean, the ELBO, is the same."""
    model = case.built()
    for x in (case.x, case.like(case.array.astype("float64")), tensors(case.x)):
        for batch_size in (None, 7):
            weights = to_numpy(model.log_weights(x, np.int64(5), batch_size=batch_size))
            assert weights.shape == (ROWS, 5)
            assert np.isfinite(weights).all()
    whole = to_numpy(case.built().log_weights(case.x, 500))
    parts = to_numpy(case.built().log_weights(case.x, 500, batch_size=7))
    error = np.sqrt((whole.var(axis=1) + parts.var(axis=1)) / 500)
    assert (np.abs(whole.mean(axis=1) - parts.mean(axis=1)) < 6 * error + 1e-5).all()
    wrong = {"0": 0, "-1": -1, "2.5": 2.5}
    all_refused({n: lambda s=s: model.log_weights(case.x, s) for n, s in wrong.items()}, "samples")
