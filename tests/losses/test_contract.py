"""What every public loss owes: found from the package's names, so that a new one needs a row."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from course_lib import losses
from course_lib.autodiff import compiled, gradient

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
A, B, C = RNG.uniform(0.1, 0.9, size=(3, 6, 4)).astype("float32")
LOGIT = RNG.normal(size=(6, 1)).astype("float32")


def encoder(*widths):
    layers = [keras.layers.Dense(width, "tanh") for width in widths]
    model = keras.Sequential(layers) if len(layers) > 1 else layers[0]
    model.build((None, 4))
    for weight in model.weights:
        weight.assign(0.3 * np.random.default_rng(1).normal(size=weight.shape))
    return model


SHORT, DEEP = encoder(3), encoder(5, 3)


@dataclasses.dataclass
class Row:
    call: Callable
    arrays: tuple
    shape: tuple = (6,)
    together: str = ""  # why an example's value depends on its batch
    shapes_may_differ: bool = False


def probe(i):
    def call(*x):
        return (losses.contraction_probe, losses.curvature_probe)[i](DEEP, *x, seed=1)

    return (lambda x: call(x)[1]) if i == 0 else call


def of_pairs(loss):
    """A loss of P and a map, with x xᵀ for P: a row and a column for each example."""

    def call(x, y):
        if len(getattr(x, "shape", ())) != 2:
            return loss(x, y)
        # Values of NumPy stay NumPy's: there they are looked at.
        turned = x.T if isinstance(x, np.ndarray) else ops.transpose(x)
        return loss(x @ turned, y)

    return call


OTHERS_OF_BATCH = "neighbours are others of the batch"
SIGNS = "each example draws signs of its own"
ROWS = {
    "bernoulli_nll": Row(losses.bernoulli_nll, (A, B)),
    "gaussian_nll": Row(losses.gaussian_nll, (A, B, C)),
    "BernoulliNLL": Row(losses.BernoulliNLL().call, (A, B)),
    "GaussianNLL": Row(losses.GaussianNLL("learned").call, (A, np.hstack([B, C]))),
    "multinomial_nll": Row(losses.multinomial_nll, (A, B)),
    "MultinomialNLL": Row(losses.MultinomialNLL().call, (A, B)),
    "kl_per_unit": Row(losses.kl_per_unit, (A, B), (6, 4)),
    "kl_to_standard_normal": Row(losses.kl_to_standard_normal, (A, B)),
    "kl_parts": Row(
        lambda *a: losses.kl_parts(*a, dataset_size=9)[0], (A, B, C), together="q(z) is the batch's"
    ),
    "mmd": Row(losses.mmd, (A, B), (), "it compares samples", shapes_may_differ=True),
    "rbf_kernel": Row(lambda x, y: losses.rbf_kernel(x, y, 1.0), (A, B), (6, 6), "pairs", True),
    "imq_kernel": Row(lambda x, y: losses.imq_kernel(x, y, 1.0), (A, B), (6, 6), "pairs", True),
    "sne": Row(of_pairs(losses.sne), (A, B), (6,), OTHERS_OF_BATCH, True),
    "symmetric_sne": Row(of_pairs(losses.symmetric_sne), (A, B), (6,), OTHERS_OF_BATCH, True),
    "tsne": Row(of_pairs(losses.tsne), (A, B), (6,), OTHERS_OF_BATCH, True),
    "neighbour_nll": Row(losses.neighbour_nll, (A, B), together=OTHERS_OF_BATCH),
    "discriminator_nll": Row(losses.discriminator_nll, (LOGIT, -LOGIT + 1)),
    "generator_nll": Row(losses.generator_nll, (LOGIT,)),
    "contraction_dense": Row(lambda x: losses.contraction_dense(SHORT, x)[1], (A,)),
    "contraction_chain": Row(lambda x: losses.contraction_chain(DEEP, x)[1], (A,)),
    "contraction_exact": Row(lambda x: losses.contraction_exact(DEEP, x)[1], (A,)),
    "contraction_probe": Row(probe(0), (A,), together=SIGNS),
    "curvature_probe": Row(probe(1), (A, B), together=SIGNS),
}
# A base class, parts of losses, and a test of encoders: each has tests of its own.
OTHERS = {"Likelihood", "bounded_log_variance", "dense_stack", "stratified_weights"}
OTHERS |= {"conditional_affinities", "joint_affinities"}
every = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def test_every_loss_has_a_row():
    public = {name for name, value in vars(losses).items() if callable(value)}
    assert public == {*ROWS, *OTHERS}


@every
def test_a_value_for_each_example_compiled_or_not(row):
    value = row.call(*row.arrays)
    assert tuple(value.shape) == row.shape
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    again = compiled(row.call)(*(ops.convert_to_tensor(a) for a in row.arrays))
    np.testing.assert_allclose(to_numpy(again), to_numpy(value), rtol=1e-4, atol=1e-5)


@every
def test_an_example_does_not_depend_on_its_batch(row):
    whole = to_numpy(row.call(*row.arrays))
    part = to_numpy(row.call(*(a[2:4] for a in row.arrays)))
    if row.together:
        assert row.shape != (6,) or not np.allclose(part, whole[2:4], rtol=1e-4)
        return
    np.testing.assert_allclose(part, whole[2:4], rtol=1e-5)
    alone = to_numpy(row.call(*(a[2:3] for a in row.arrays)))
    np.testing.assert_allclose(alone, whole[2:3], rtol=1e-5)


@every
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_single(row, dtype):
    halves = [ops.cast(ops.convert_to_tensor(a), dtype) for a in row.arrays]
    value = row.call(*halves)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    singles = [to_numpy(ops.cast(a, "float32")) for a in halves]
    np.testing.assert_allclose(to_numpy(value), to_numpy(row.call(*singles)), rtol=0.02, atol=2e-3)


@every
def test_double_precision(row, float64):
    """Also next to an encoder in single precision."""
    value = row.call(*(a.astype("float64") for a in row.arrays))
    expected = row.call(*row.arrays)
    np.testing.assert_allclose(to_numpy(value), to_numpy(expected), rtol=1e-4, atol=1e-6)


@every
def test_gradients_are_finite_and_reach_every_argument(row):
    for i, array in enumerate(row.arrays):

        def of_one(a, i=i):
            value = row.call(*row.arrays[:i], a, *row.arrays[i + 1 :])
            total = ops.sum(value)
            return total * ops.ones_like(a[:, 0]) / 6

        slope = to_numpy(gradient(of_one, ops.convert_to_tensor(array))[1])
        assert np.isfinite(slope).all()
        assert slope.any()


@every
def test_nan_is_refused(row):
    for i in range(len(row.arrays)):
        spoilt = [a.copy() for a in row.arrays]
        spoilt[i][1, 0] = np.nan
        with pytest.raises(ValueError, match="must be finite"):
            row.call(*spoilt)


@every
def test_shapes_that_do_not_fit_are_refused(row):
    first, *others = row.arrays
    for bad in (first[0], first[:0], first.astype("int32"), first.tolist()):
        with pytest.raises(ValueError, match="must"):
            row.call(bad, *others)
    if others and not row.shapes_may_differ:
        for bad in (first[:5], first[:, :-1] if first.shape[1] > 1 else first[:1]):
            with pytest.raises(ValueError, match="must"):
                row.call(bad, *others)
