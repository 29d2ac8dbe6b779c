"""The seven recordings of NAB's known causes: events found, false alarms a week, NAB's score."""

import keras
import numpy as np
from sklearn.decomposition import PCA

from course_lib.data import load_recording
from course_lib.data.recording import FILES
from course_lib.layers import RecurrentDecoder
from course_lib.metrics import false_alarms, nab_score, squared_error, windows_hit
from course_lib.models import SequenceAutoencoder
from course_lib.training import train

TITLE = "Recordings: events found, false alarms a week, NAB's score, and hours to look at"
PROTOCOL = (
    "Hourly means. Known to be normal: all before the first event, at most 40 %; the last quarter "
    "of it is held out, and the threshold is the highest score in all of it. An alarm is the "
    "first hour of a stretch above the threshold, and of an event that finds one. Windows of a "
    "week, of a day where fewer than four weeks are known; the error of a window is the score of "
    "its last hour. Mean of this hour: of the week, or of the day where windows are days. C-LSTM: "
    "a convolution of 12 hours, 32 filters, LSTM 48, code 8, 40,000 windows seen at rate .01, "
    "clipped. random: one hour of fifty. Median over seeds 0, 1, 2, and the range. hours = to "
    "look at until half of the events are touched, by single hours / days / weeks, from the "
    "highest mean score down"
)
WEEK = 168


def run(journal):
    return [
        row for name in FILES for row in journal.once(name, lambda name=name: of_recording(name))
    ]


def of_recording(name):
    recording = load_recording(name)
    per_hour = max(1, round(np.timedelta64(1, "h") / recording.step))
    recording = recording.mean_over(per_hour)
    known = min(recording.windows[0][0], int(0.4 * len(recording.values)))
    fitted = known * 3 // 4
    width = WEEK if fitted > 4 * WEEK else 24
    later = [(start - known, stop - known) for start, stop in recording.windows]
    x = recording.values - recording.values[:fitted].mean()
    x = x / max(x[:fitted].std(), 1e-6)
    found = {}
    for seed in range(3):
        for kind, score in scores(x, fitted, width, seed).items():
            low = np.quantile(score[known:], 0.98) if kind == "random" else score[:known].max()
            above = score > low
            first = above & ~np.append(False, above[:-1])
            for start, _ in recording.windows:
                first[start] = above[start]
            flags = first[known:]
            hit = windows_hit(flags, later).sum()
            values = hit, false_alarms(flags, later, per=WEEK), nab_score(flags, later)
            hours = [looked_at(score[known:], later, block) for block in (1, 24, WEEK)]
            found.setdefault(kind, []).append((*values, *hours))
    return [row(recording, known, width, kind, np.array(runs)) for kind, runs in found.items()]


def scores(x, fitted, width, seed):
    """`{detector: score of each hour}`."""
    rng = np.random.default_rng(seed)
    hour = np.arange(len(x)) % width
    usual = np.array([x[:fitted][hour[:fitted] == h].mean() for h in range(width)])[hour]
    slices = np.lib.stride_tricks.sliding_window_view(x, width).astype("float32")
    seen = slices[: fitted - width + 1]
    pca = PCA(8, svd_solver="full").fit(seen)
    linear = squared_error(slices, pca.inverse_transform(pca.transform(slices)))
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    reader = [layers.Conv1D(32, 12, 12, activation="relu"), layers.LSTM(48), layers.Dense(8)]
    writer = RecurrentDecoder(layers.LSTM(48, return_sequences=True), width // 12, features=12)
    model = SequenceAutoencoder(
        keras.Sequential(reader), keras.Sequential([writer, layers.Reshape((width, 1))])
    )
    train(model, seen[..., None], 40_000, 64, rate=1e-2, clipnorm=1, verbose=0)
    network = squared_error(slices[..., None], model.reconstruct(slices[..., None]))

    def last_hour(errors):
        return np.concatenate([np.full(width - 1, errors.min()), errors])

    return {
        "mean of this hour": np.abs(x - usual),
        "PCA-8 of windows": last_hour(linear),
        "C-LSTM, code 8": last_hour(network),
        "random": rng.random(len(x)),
    }


def looked_at(score, windows, block):
    """Hours looked at, block by block from the highest mean down, until half is touched."""
    starts = np.arange(0, len(score), block)
    means = [score[s : s + block].mean() for s in starts]
    looked = np.zeros(len(score), bool)
    for s in starts[np.argsort(means)[::-1]]:
        looked[s : s + block] = True
        if windows_hit(looked, windows).mean() >= 0.5:
            break
    return looked.sum()


def row(recording, known, width, kind, runs):
    middle, low, high = np.median(runs, axis=0), runs.min(axis=0), runs.max(axis=0)

    def shown(i, digits=0):
        ends = "" if low[i] == high[i] else f" ({low[i]:.{digits}f} … {high[i]:.{digits}f})"
        return f"{middle[i]:.{digits}f}{ends}"

    return {
        "recording": recording.name,
        "hours, known, window": f"{len(recording.values)}, {known}, {width}",
        "detector": kind,
        "events": f"{shown(0)} of {len(recording.windows)}",
        "false alarms a week": shown(1, 2),
        "NAB": shown(2),
        "hours": " / ".join(f"{hours:.0f}" for hours in middle[3:]),
    }
