"""What right answers to the exercises of lesson 07 are."""

import warnings

import keras
import numpy as np
from keras import ops

from course_lib.lesson.checks import Unexpected, exercise, expect


@exercise("07.1")
def generator_loss(attempt):
    """−log d of each code, also where d is 0 in floating point."""
    logits = np.array([-2.0, 0.0, 0.5, 3.0])
    expect("the loss of each code", attempt(logits), np.log1p(np.exp(-logits)))
    expect("the loss at a logit of -1000", attempt(np.array([-1000.0])), [1000.0])


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


@exercise("07.2")
def discriminator_loss(attempt):
    """−log d(z) − log(1 − d(f(x))), which moves d and cannot move f."""
    rng = np.random.default_rng(2)
    x, z = (rng.normal(size=(5, units)).astype("float32") for units in (4, 2))

    def right(f, d, x, z):
        codes = ops.stop_gradient(f(x))
        return ops.squeeze(ops.softplus(-d(z)) + ops.softplus(d(codes)), axis=1)

    players = _Game(right)
    players.build(None)
    yours = attempt(players.f, players.d, x, z)
    yours = None if yours is None or yours is ... else ops.convert_to_numpy(yours)
    expect("the loss of each pair", yours, ops.convert_to_numpy(players((x, z))))
    of_f, of_d = _moved(attempt, x, z)
    if np.any(of_f != 0):
        raise Unexpected(
            "a gradient reaches the encoder, and would make it help the discriminator: at rate 1 "
            f"it moves by up to {np.abs(of_f).max():.4g}, expected 0"
        )
    expect("the step of the discriminator", of_d, _moved(right, x, z)[1])


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
