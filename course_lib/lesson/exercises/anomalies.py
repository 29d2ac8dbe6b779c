"""What right answers to the exercises of lesson `anomalies` are."""

import numpy as np

from course_lib.lesson import Unexpected, draws, exercise, expect

PRECISE = 0.97  # five neighbours have 1.00, PCA of one component .08, the distance to the mean .00


@exercise("anomalies.1")
def area():
    """How often an anomalous example has the higher score; a tie counts half."""
    rng = draws(1)
    for normal, anomalous in ((5, 3), (40, 60), (30, 4)):
        labels = rng.permutation(np.repeat([0, 1], (normal, anomalous)))
        # Rounded, so that there are ties.
        scores = np.round(rng.normal(size=len(labels)) + labels, 1)
        yours = yield scores, labels
        of_anomalous, of_normal = scores[labels == 1][:, None], scores[labels == 0]
        wanted = np.mean((of_anomalous > of_normal) + 0.5 * (of_anomalous == of_normal))
        expect(f"the area under the curve of {len(labels)} scores", yours, wanted)


@exercise("anomalies.2")
def threshold():
    """The lowest score above which at most so large a share of normal scores lies."""
    rng = draws(2)
    for count, share in ((50, 0.1), (200, 0.01), (30, 0.0)):
        scores = rng.exponential(size=count)
        yours = yield scores, share
        wanted = np.sort(scores)[::-1][int(share * count + 1e-9)]
        expect(f"the threshold for {count} scores and a share of {share}", yours, wanted)


@exercise("anomalies.3")
def adjusted():
    """Flags after point adjustment: one flag in a window flags all of it."""
    rng = draws(3)
    few, many = [(2, 5), (8, 11)], [(20, 60), (150, 230), (290, 300)]
    for steps, share, windows in ((12, 0.2, few), (300, 0.02, many)):
        flags = rng.random(steps) < share
        flags[windows[0][0] + 1] = True
        yours = yield flags, windows
        wanted = flags.copy()
        for start, stop in windows:
            if flags[start:stop].any():
                wanted[start:stop] = True
        expect(f"the flags of {steps} steps", yours, wanted)


@exercise("anomalies.4")
def scores():
    """Scores that tell points inside a ring from points on it, having seen the ring alone."""
    rng = draws(4)
    x_train, on = _ring(rng, 600), _ring(rng, 300)
    inside = rng.normal(size=(300, 2)) * 0.3
    x_test = np.concatenate([on, inside])
    mixed = rng.permutation(len(x_test))
    yours = yield x_train, x_test[mixed]
    if np.shape(yours) != (600,) or not np.isfinite(np.asarray(yours, "float64")).all():
        raise Unexpected(
            f"one finite score for each of 600 points, but got the shape {np.shape(yours)}"
        )
    anomalous = mixed >= len(on)
    higher = np.asarray(yours)[anomalous][:, None] > np.asarray(yours)[~anomalous]
    if not higher.mean() > PRECISE:
        raise Unexpected(
            f"an area under the ROC curve above {PRECISE:.2f}, but yours is {higher.mean():.2f}: "
            "is a point in the middle of the ring far from what was seen, or near its mean?"
        )


def _ring(rng, count):
    angle = rng.uniform(0, 2 * np.pi, size=count)
    radius = 2 + 0.1 * rng.normal(size=count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
