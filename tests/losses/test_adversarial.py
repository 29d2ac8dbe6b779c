import numpy as np
import pytest
from keras import ops
from scipy.special import expit

from course_lib.autodiff import gradient
from course_lib.losses import discriminator_nll, generator_nll

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
A, B = (RNG.normal(size=(50, 1)).astype("float32") * 3 for _ in range(2))


def test_against_probabilities():
    a, b = expit(A.astype("float64"))[:, 0], expit(B.astype("float64"))[:, 0]
    np.testing.assert_allclose(to_numpy(discriminator_nll(A, B)), -np.log(a * (1 - b)), rtol=1e-5)
    np.testing.assert_allclose(to_numpy(generator_nll(B)), -np.log(b), rtol=1e-5)


def test_a_sure_discriminator_leaves_the_generator_its_gradient():
    """−log d(b) has the slope −(1 − d), −1 where d is near 0; log(1 − d(b)) would have −d."""
    sure = np.full((4, 1), -30.0, "float32")
    np.testing.assert_allclose(to_numpy(gradient(generator_nll, sure)[1]), -1, rtol=1e-6)
    np.testing.assert_allclose(to_numpy(generator_nll(sure)), 30, rtol=1e-6)


@pytest.mark.slow
def test_the_best_logit_is_the_logarithm_of_the_density_ratio():
    """p = N(1, 1) and q = N(0, 1): log p(z)/q(z) = z − ½, its mean under p the KL divergence ½."""
    z = np.stack([RNG.normal(1, 1, size=20_000), RNG.normal(0, 1, size=20_000)])
    kernel, bias = 0.0, 0.0
    for _ in range(300):
        logits = (kernel * z + bias).astype("float32")[:, :, None]
        of_first = gradient(lambda a, b=logits[1]: discriminator_nll(a, b), logits[0])[1]
        of_second = gradient(lambda b, a=logits[0]: discriminator_nll(a, b), logits[1])[1]
        slope = np.stack([to_numpy(of_first), to_numpy(of_second)])[:, :, 0]
        kernel, bias = kernel - (slope * z).sum(0).mean(), bias - slope.sum(0).mean()
    assert kernel == pytest.approx(1, abs=0.05)
    assert bias == pytest.approx(-0.5, abs=0.05)
    assert (kernel * z[0] + bias).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: discriminator_nll(A[:, 0], B), "first must have 2 axes"),
        (lambda: discriminator_nll(A, B[:3]), "second must have the shape of first"),
        (lambda: discriminator_nll(A, np.full_like(B, np.nan)), "second must be finite"),
        (lambda: generator_nll(np.hstack([B, B])), r"logits must have one logit .* is \(50, 2\)"),
        (lambda: generator_nll(B.astype("int32")), "logits must hold floats"),
        (lambda: generator_nll(B[:0]), "logits must not be empty"),
    ],
)
def test_bad_input(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
