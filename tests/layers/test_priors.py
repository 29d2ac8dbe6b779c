import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from course_lib.layers import CategoricalPrior, GaussianPrior, RingPrior, SwissRollPrior

to_numpy = ops.convert_to_numpy
N = 40_000


def draw(prior, seed=0):
    return to_numpy(prior.sample(N, seed))


def test_gaussian():
    z = draw(GaussianPrior(3))
    assert stats.kstest(z.ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(z.T) - np.eye(3)).max() < 5 / np.sqrt(N)


def test_ring():
    """Turned back by its component's angle, a draw is N(r, s₁²) × N(0, s₂²)."""
    prior = RingPrior(components=6, radius=5.0, along=0.4, across=0.1)
    z = draw(prior)
    step = 2 * np.pi / 6
    component = np.round(np.arctan2(z[:, 1], z[:, 0]) / step)
    counts = np.unique(component % 6, return_counts=True)[1]
    assert stats.chisquare(counts).pvalue > 1e-3
    cos, sin = np.cos(component * step), np.sin(component * step)
    outwards, sideways = z[:, 0] * cos + z[:, 1] * sin, z[:, 1] * cos - z[:, 0] * sin
    assert stats.kstest((outwards - 5) / 0.4, "norm").pvalue > 1e-3
    assert stats.kstest(sideways / 0.1, "norm").pvalue > 1e-3


def test_swiss_roll():
    """Radius² is uniform, and the angle is a function of the radius."""
    prior = SwissRollPrior(radius=3.0, turns=2.0)
    z = draw(prior)
    t = np.linalg.norm(z, axis=1)
    assert stats.kstest((t / 3) ** 2, "uniform").pvalue > 1e-3
    angle = 2 * np.pi * 2.0 * t / 3
    np.testing.assert_allclose(
        z, t[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), atol=1e-4
    )


def test_categorical():
    code = draw(CategoricalPrior(4, 2))
    assert set(np.unique(code[:, :4])) == {0.0, 1.0}
    np.testing.assert_array_equal(code[:, :4].sum(1), 1)
    assert stats.chisquare(code[:, :4].sum(0)).pvalue > 1e-3
    assert stats.kstest(code[:, 4:].ravel(), "norm").pvalue > 1e-3
    assert np.abs(np.corrcoef(code.T)[4:, :4]).max() < 5 / np.sqrt(N)


@pytest.mark.parametrize("kind", [GaussianPrior, RingPrior, SwissRollPrior, CategoricalPrior])
@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16", "float64"])
def test_formats(kind, dtype):
    """Draws are never in half precision, and keep double precision where it is asked for."""
    sizes = {GaussianPrior: {"units": 2}, CategoricalPrior: {"classes": 3, "style": 2}}
    z = kind(**sizes.get(kind, {}), dtype=dtype).sample(ops.convert_to_tensor(5), np.int64(3))
    wide = dtype == "float64" and keras.backend.backend() != "jax"
    assert keras.backend.standardize_dtype(z.dtype) == ("float64" if wide else "float32")
    plain = kind(**sizes.get(kind, {})).sample(np.int64(5), seed=3)
    assert plain.shape == z.shape
    if not wide:
        np.testing.assert_array_equal(to_numpy(z), to_numpy(plain))


PRIORS = [GaussianPrior(2), RingPrior(), SwissRollPrior(), CategoricalPrior(3, 2)]


@pytest.mark.parametrize("prior", PRIORS)
def test_seeds_and_config(prior):
    np.testing.assert_array_equal(draw(prior, 3), draw(prior, 3))
    again = type(prior).from_config(prior.get_config())
    np.testing.assert_array_equal(draw(again, 3), draw(prior, 3))
    generator = keras.random.SeedGenerator(3)
    assert (draw(prior, generator) != draw(prior, generator)).any()


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: GaussianPrior(0), "units must be a whole number of at least 1"),
        (lambda: RingPrior(2.5), "components must be a whole number of at least 1"),
        (lambda: RingPrior(along=0), "along must be a finite number above 0"),
        (lambda: SwissRollPrior(turns=-1), "turns must be a finite number above 0"),
        (lambda: GaussianPrior(2).sample(0), "count must be a whole number of at least 1"),
        (lambda: RingPrior().sample(5, seed=0.5), "seed must be a whole number"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_one_whole_number_seeds_draws_that_differ():
    """Which class, then in what style: two draws from one generator, not twice its first."""
    generator = keras.random.SeedGenerator(7)
    label = to_numpy(keras.random.randint((50,), 0, 3, seed=generator))
    style = to_numpy(keras.random.normal((50, 2), seed=generator))
    code = to_numpy(CategoricalPrior(3, 2).sample(50, seed=7))
    np.testing.assert_array_equal(code[:, :3].argmax(axis=1), label)
    np.testing.assert_array_equal(code[:, 3:], style)
