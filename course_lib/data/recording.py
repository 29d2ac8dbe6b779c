"""Recordings under one call: one long series each, and the windows in which something was wrong.

    values_t at times_t; windows [start, stop) of places t

They are those of the Numenta Anomaly Benchmark whose causes are known: a city's taxi trips
through a storm and holidays, machines that fail, processors and keys that are misused.

Reference: Lavin and Ahmad, Evaluating real-time anomaly detection algorithms, 2015,
    https://arxiv.org/abs/1510.03336.
"""

import csv
import dataclasses
import hashlib
import json
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from course_lib.validation import check_whole

# In a wheel the file lies beside this module, in a clone under the root.
PLACES = (
    Path(__file__).with_name("machine_temperature.npz"),
    Path(__file__).parents[2] / "data/machine_temperature.npz",
)
CACHED = "datasets/nab"  # where a clone of the benchmark lies
WINDOWS = (
    "labels/combined_windows.json",
    "1e1fbc4601321aad8d0f8b3784c8134299379f68f6c1f7777565f8ffd57ab6b1",
)
FILES = {
    "nyc_taxi": (
        "nyc_taxi.csv",
        "d8fa6f7f0734bf5c8be12c52a94e20a82664c397d9dec4449156bd453d32856d",
    ),
    "machine_temperature": (
        "machine_temperature_system_failure.csv",
        "92bf5b87fc7f9bba8ca0b7ec63ccaac8cb4a1371a258e8c29a10ae9c018d82a4",
    ),
    "ambient_temperature": (
        "ambient_temperature_system_failure.csv",
        "230b68ccca20f59d562afd5d24ad52939c9b784386bed0054018358bf9120581",
    ),
    "cpu_utilization": (
        "cpu_utilization_asg_misconfiguration.csv",
        "58ba65dc0737cfbac11b51514476d50c438d44011232144bb8d93f392df58f9f",
    ),
    "ec2_request_latency": (
        "ec2_request_latency_system_failure.csv",
        "98378580aa80157e057c61d59d81daddccc6c65a2c0c800e3f01f603b8215c3f",
    ),
    "rogue_agent_key_hold": (
        "rogue_agent_key_hold.csv",
        "47b110baa8e3636574c1033dda1cce780873647fab58223d159d4fee6f180e86",
    ),
    "rogue_agent_key_updown": (
        "rogue_agent_key_updown.csv",
        "9797cfef477c13306f7a33874ab4d6cf700f8f2c7e5825a2a5bc02004370909a",
    ),
}
SHIPPED = "machine_temperature"


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """A series of T values in time, and its windows.

    Args:
        name: of the recording.
        source: where it comes from, in a sentence.
        values: `(T,)`, float32.
        times: `(T,)`, `datetime64[s]`; clocks that stood still or were set back are as recorded.
        windows: pairs (start, stop) of places; the values from start to before stop are labelled
            anomalous. A window is wider than what happened in it.
        step: the commonest time from one value to the next, `timedelta64[s]`.
    """

    name: str
    source: str
    values: np.ndarray
    times: np.ndarray
    windows: tuple[tuple[int, int], ...]
    step: np.timedelta64

    def __repr__(self):
        minutes = self.step / np.timedelta64(1, "m")
        return (
            f"Recording({self.name}: {len(self.values)} values, {minutes:g} min apart; "
            f"{len(self.windows)} windows)"
        )

    def mean_over(self, count: int) -> "Recording":
        """Means of blocks of values, one after the other; the rest that fills no block is left out.

        A block that a window touches is in the window.

        Args:
            count: how many values make a block, at most T.

        Returns:
            `Recording` of T // count values, each at the time of its block's first.

        Raises:
            ValueError: if there is not one block.

        Example:

        >>> load_recording("machine_temperature").mean_over(12)
        Recording(machine_temperature: 1891 values, 60 min apart; 4 windows)
        """
        count = check_whole("count", count, low=1, high=len(self.values))
        blocks = len(self.values) // count
        values = self.values[: blocks * count].reshape(blocks, count)
        outward = [(start // count, min(-(-stop // count), blocks)) for start, stop in self.windows]
        return dataclasses.replace(
            self,
            values=values.mean(axis=1, dtype="float64").astype("float32"),
            times=self.times[: blocks * count : count],
            windows=tuple((start, stop) for start, stop in outward if start < stop),
            step=self.step * count,
        )


def load_recording(name: str = "auto") -> Recording:
    """Loads one recording with its labelled windows.

    Args:
        name: `"machine_temperature"`, which ships with the course; one of `"nyc_taxi"`,
            `"ambient_temperature"`, `"cpu_utilization"`, `"ec2_request_latency"`,
            `"rogue_agent_key_hold"` and `"rogue_agent_key_updown"`, from a clone of the benchmark
            in `datasets/nab` under `$KERAS_HOME`; or `"auto"`: `nyc_taxi` if it is there,
            otherwise `machine_temperature`; says in one line which and why.

    Returns:
        `Recording`.

    Raises:
        ValueError: if the recording is unknown.
        OSError: if it is not there, or damaged.

    Reference: Lavin and Ahmad, 2015, https://arxiv.org/abs/1510.03336.

    Example:

    >>> recording = load_recording("machine_temperature")
    >>> recording
    Recording(machine_temperature: 22695 values, 5 min apart; 4 windows)
    >>> start, stop = recording.windows[0]
    >>> print(recording.times[start], recording.times[stop - 1])
    2013-12-10T06:25:00 2013-12-12T05:35:00
    """
    if not isinstance(name, str) or name not in (*FILES, "auto"):
        raise ValueError(f"name must be one of {', '.join(FILES)} or auto, but is {name!r}.")
    if name == "auto":
        name = _auto()
    values, times, windows = _shipped() if name == SHIPPED else _cached(name)
    steps, counts = np.unique(np.diff(times), return_counts=True)
    return Recording(
        name=name,
        source=f"{FILES[name][0]} of the Numenta Anomaly Benchmark (Lavin & Ahmad 2015), MIT.",
        values=values,
        times=times,
        windows=tuple((int(start), int(stop)) for start, stop in windows),
        step=steps[counts.argmax()],
    )


def _shipped():
    path = next((place for place in PLACES if place.exists()), PLACES[-1])
    try:
        with np.load(path) as file:
            # Each time is kept as what it is later than the one before, the first than 1970.
            times = np.cumsum(file["gaps"], dtype="int64").astype("datetime64[s]")
            return file["values"], times, file["windows"]
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error):
        raise OSError(
            f"{path} is damaged or missing: take it afresh from the course's repository."
        ) from None


def _cached(name):
    file, sha256 = FILES[name]
    rows = list(csv.DictReader(_read(name, f"data/realKnownCause/{file}", sha256).splitlines()))
    times = np.array([row["timestamp"] for row in rows], "datetime64[s]")
    values = np.array([row["value"] for row in rows], "float64").astype("float32")
    labelled = json.loads(_read(name, *WINDOWS))[f"realKnownCause/{file}"]
    windows = []
    for bounds in labelled:
        first, last = np.array(bounds, "datetime64[s]")
        # Clocks are set back: times are not sorted.
        inside = np.flatnonzero((times >= first) & (times <= last))
        windows.append((inside[0], inside[-1] + 1))
    return values, times, windows


def _read(name, file, sha256):
    path = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / CACHED / file
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OSError(
            f"{name} cannot be read from {path} ({error.strerror}): clone the Numenta Anomaly "
            "Benchmark to datasets/nab under KERAS_HOME, set KERAS_HOME to a folder that holds "
            f"it, or take {SHIPPED}."
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError(f"{path} is damaged, or another file: replace it, or take {SHIPPED}.")
    return data.decode()


def _auto():
    try:
        _cached("nyc_taxi")
    except OSError as error:
        print(f"Data: {SHIPPED}, because {error}")
        return SHIPPED
    print("Data: nyc_taxi, because it is in the cache of Keras.")
    return "nyc_taxi"
