"""What right answers to the exercises of lesson `adversarial` are."""

import warnings

import keras
import numpy as np
from keras import ops

from course_lib.lesson import Unexpected, exercise, expect


@exercise("adversarial.1")
def annulus():
    """Evenly between two circles: as many points to every piece of area."""
    u = np.random.default_rng(4).random((200_000, 2))
    z = yield u, 1.0, 3.0
    expect("the shape", np.shape(z), u.shape)
    r = np.linalg.norm(z, axis=1)
    if not (r.min() >= 1 - 1e-6 and r.max() <= 3 + 1e-6):
        raise Unexpected(f"the radii lie from {r.min():.3f} to {r.max():.3f}, expected from 1 to 3")
    # A quarter, a half and three quarters of the area lie within these circles.
    for share in (0.25, 0.5, 0.75):
        inside = np.mean(r**2 < 1 + 8 * share)
        expect(f"share of points within the inner {share:.0%} of the area", inside, share, 0.01)
    right, up = np.mean(z > 0, axis=0)
    expect("share of points on the right", right, 0.5, 0.01)
    expect("share of points in the upper half", up, 0.5, 0.01)


class _Game(keras.Model):
    """Two players, and a loss that moves whom its gradient reaches."""

    def __init__(self, loss):
        super().__init__()
        self.f, self.d, self.per_pair = keras.layers.Dense(2, "tanh"), keras.layers.Dense(1), loss

    def build(self, shapes):
        self.f.build((None, 4))
        self.d.build((None, 2))
        self.built = True

    def call(self, pair):
        return self.per_pair(self.f, self.d, *pair)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(y_pred)


def _moved(loss, x, z):
    """How far one step of gradient descent at rate 1 moves each player."""
    game = _Game(loss)
    game.build(None)
    rng = np.random.default_rng(3)
    start = [rng.normal(size=w.shape).astype("float32") for w in game.get_weights()]
    game.set_weights(start)
    game.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    with warnings.catch_warnings():
        # A player whom no gradient reaches is what is asked for, and Keras warns of it.
        warnings.simplefilter("ignore")
        game.fit((x, z), np.zeros(len(x)), batch_size=len(x), shuffle=False, verbose=0)
    steps = [after - before for after, before in zip(game.get_weights(), start, strict=True)]
    of_f, of_d = steps[:2], steps[2:]
    return [np.concatenate([step.ravel() for step in part]) for part in (of_f, of_d)]


@exercise("adversarial.2")
def discriminator_loss():
    """−log d(z) − log(1 − d(f(x))), which moves d and cannot move f."""
    rng = np.random.default_rng(2)
    x, z = (rng.normal(size=(5, units)).astype("float32") for units in (4, 2))
    players = _Game(_right)
    players.build(None)
    yours = yield lambda attempt: attempt(players.f, players.d, x.copy(), z.copy())
    expect("the loss of each pair", yours, players((x, z)))
    of_f, of_d = yield lambda attempt: _moved(attempt, x.copy(), z.copy())
    if np.any(of_f != 0):
        raise Unexpected(
            "a gradient reaches the encoder, and would make it help the discriminator: at rate 1 "
            f"it moves by up to {np.abs(of_f).max():.4g}, expected 0"
        )
    expect("the step of the discriminator", of_d, _moved(_right, x, z)[1])


def _right(f, d, x, z):
    codes = ops.stop_gradient(f(x))
    return ops.squeeze(ops.softplus(-d(z)) + ops.softplus(d(codes)), axis=1)


@exercise("adversarial.3")
def kl_from_samples():
    """The mean logit over samples of p, of a discriminator that was trained to tell p from q."""
    rng = np.random.default_rng(5)
    z_p = rng.normal(size=(10_000, 2)).astype("float32")
    z_q = (np.array([1.0, -0.5]) + 1.3 * rng.normal(size=(10_000, 2))).astype("float32")
    right = 2 * np.log(1.3) + (2 + 1.25) / (2 * 1.3**2) - 1
    yours = yield z_p, z_q
    expect("the shape", np.shape(yours), ())
    if not abs(yours / right - 1) < 0.2:
        raise Unexpected(
            f"an estimate within 20 % of {right:.3f} nats, but yours is {float(yours):.3f}: is it "
            "the mean of logits, over samples of p, with the label 1 for p?"
        )


@exercise("adversarial.4")
def log_ratio():
    """log p(z) − log q(z) from logits that were trained on n draws from p and m from q."""
    logits = np.array([-1.0, 0.0, 2.0])
    yours = yield logits, 900, 300
    expect("three draws from the prior for each code", yours, logits - np.log(3))
    yours = yield logits, 500, 500
    expect("as many of each", yours, logits)


@exercise("adversarial.7")
def told_apart():
    """Near a half for one distribution, clearly above it for a ring against a Gaussian."""
    rng = np.random.default_rng(7)

    def ring(n):
        angle, radius = 2 * np.pi * rng.random(n), 2 + 0.1 * rng.normal(size=n)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)

    def alike(n):
        return np.sqrt(2) * rng.normal(size=(n, 2))

    same = []
    for draw in (ring, alike):
        yours = yield draw(1_000), draw(1_000)
        expect("the shape", np.shape(yours), ())
        same.append(yours)
    if not all(0.42 < value < 0.58 for value in same):
        raise Unexpected(
            "from 0.42 to 0.58 for two samples of one distribution, but yours gives "
            f"{same[0]:.2f} and {same[1]:.2f}: is it tested on points it has not seen?"
        )
    apart = yield ring(1_000), alike(1_000)
    if not 0.75 < apart <= 1:
        raise Unexpected(f"above 0.75 for a ring and a Gaussian, but yours gives {apart:.2f}")
