"""What right answers to the exercises of lesson 07 are."""

import numpy as np
from keras import ops

from course_lib.autodiff import gradient, vjp
from course_lib.lesson.checks import NotAttempted, Unexpected, exercise, expect


@exercise("07.1")
def generator_loss(attempt):
    """−log d of each code, also where d is 0 in floating point."""
    logits = np.array([-2.0, 0.0, 0.5, 3.0])
    expect("the loss of each code", attempt(logits), np.log1p(np.exp(-logits)))
    expect("the loss at a logit of -1000", attempt(np.array([-1000.0])), [1000.0])


@exercise("07.2")
def discriminator_loss(attempt):
    """−log d(z) − log(1 − d(f(x))), which moves d and cannot move f."""
    rng = np.random.default_rng(2)
    x, z, w, v = (
        ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))
        for shape in ((5, 4), (5, 2), (4, 2), (2, 1))
    )

    def f(x):
        return ops.tanh(ops.matmul(x, w))

    def loss(x, v):
        value = attempt(f, lambda code: ops.matmul(code, v), x, z)
        if value is None or value is ...:
            raise NotAttempted
        return value

    def expected(v):
        of_prior, of_codes = ops.matmul(z, v), ops.matmul(f(x), v)
        return ops.squeeze(ops.softplus(-of_prior) + ops.softplus(of_codes), axis=1)

    expect("the loss of each pair", ops.convert_to_numpy(loss(x, v)), expected(v))
    _, to_images = gradient(lambda x: loss(x, v), x)
    to_images = ops.convert_to_numpy(to_images)
    if np.any(to_images != 0):
        raise Unexpected(
            "a gradient reaches the encoder, and would make it help the discriminator: the largest "
            f"is {np.abs(to_images).max():.4g}, expected 0"
        )
    one = np.ones(5, "float32")
    yours, right = (vjp(function, v, one)[1] for function in (lambda v: loss(x, v), expected))
    expect("the discriminator's gradient", ops.convert_to_numpy(yours), right)


@exercise("07.3")
def log_ratio(attempt):
    """log p(z) − log q(z) from logits that were trained on n draws from p and m from q."""
    logits = np.array([-1.0, 0.0, 2.0])
    expect("as many of each", attempt(logits, 500, 500), logits)
    expect(
        "three draws from the prior for each code", attempt(logits, 900, 300), logits - np.log(3)
    )


@exercise("07.4")
def annulus(attempt):
    """Evenly between two circles: as many points to every piece of area."""
    u = np.random.default_rng(4).random((200_000, 2))
    z = attempt(u, 1.0, 3.0)
    expect("the shape", None if z is None or z is ... else np.shape(z), u.shape)
    z = np.asarray(z, "float64")
    r = np.linalg.norm(z, axis=1)
    if r.min() < 1 - 1e-6 or r.max() > 3 + 1e-6:
        raise Unexpected(f"the radii lie from {r.min():.3f} to {r.max():.3f}, expected from 1 to 3")
    # A quarter, a half and three quarters of the area lie within these circles.
    for share in (0.25, 0.5, 0.75):
        inside = np.mean(r**2 < 1 + 8 * share)
        expect(f"share of points within the inner {share:.0%} of the area", inside, share, 0.01)
    right, up = np.mean(z > 0, axis=0)
    expect("share of points on the right", right, 0.5, 0.01)
    expect("share of points in the upper half", up, 0.5, 0.01)


@exercise("07.5")
def cluster_error(attempt):
    """Each cluster takes the label most of its labelled images have; the error on others."""
    clusters = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    labels = np.array([7, 7, 1, 1, 1, 7, 1, 1, 1])
    new_clusters = np.array([0, 0, 1, 1, 2, 2])
    new_labels = np.array([7, 1, 1, 7, 7, 7])
    expect(
        "the error on the new images",
        attempt(clusters, labels, new_clusters, new_labels),
        np.mean(np.array([7, 7, 1, 1, 1, 1]) != new_labels),
    )
    expect("the error on the labelled ones", attempt(clusters, labels, clusters, labels), 2 / 9)
