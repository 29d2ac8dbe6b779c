"""Recordings are the benchmark's, windows stay where they are, bad input gets a sentence."""

import dataclasses
import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.data import Recording, load_recording

ROOT = Path(__file__).parents[2]
# Those that the function itself sees: where doctests are collected first, a module is there twice.
NAMES = load_recording.__globals__
HOME = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
cached = pytest.mark.skipif(
    not (HOME / NAMES["CACHED"]).exists(),
    reason="the Numenta Anomaly Benchmark is not in the cache of Keras: set KERAS_HOME",
)
# Published: number of values, minutes from one to the next, number of windows.
KNOWN = {
    "nyc_taxi": (10_320, 30, 5),
    "machine_temperature": (22_695, 5, 4),
    "ambient_temperature": (7_267, 60, 2),
    "cpu_utilization": (18_050, 5, 1),
    "ec2_request_latency": (4_032, 5, 3),
    "rogue_agent_key_hold": (1_882, 5, 2),
    "rogue_agent_key_updown": (5_315, 5, 2),
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache of Keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def taxi(home, monkeypatch):
    """A benchmark with a series of five half-hours, whose clock is set back once."""
    folder = home / NAMES["CACHED"]
    path = folder / "data/realKnownCause/nyc_taxi.csv"
    labels = folder / NAMES["WINDOWS"][0]
    for file in (path, labels):
        file.parent.mkdir(parents=True)
    hours = ["00:00", "00:30", "01:00", "00:30", "01:00"]
    path.write_text(
        "timestamp,value\n" + "".join(f"2014-07-01 {t}:00,{i}.5\n" for i, t in enumerate(hours))
    )
    labels.write_text(
        '{"realKnownCause/nyc_taxi.csv": '
        '[["2014-07-01 00:30:00.000000", "2014-07-01 00:40:00.000000"]]}'
    )
    known = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(NAMES["FILES"], "nyc_taxi", ("nyc_taxi.csv", known))
    known = hashlib.sha256(labels.read_bytes()).hexdigest()
    monkeypatch.setitem(NAMES, "WINDOWS", (NAMES["WINDOWS"][0], known))
    return path


def test_the_catalogue_states_the_files_hashes_and_sizes():
    data = (ROOT / "data" / "machine_temperature.npz").read_bytes()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    (stated,) = re.findall(r"\| `machine_temperature\.npz` \| `([0-9a-f]{64})`", readme)
    assert stated == hashlib.sha256(data).hexdigest()
    assert f"{len(data):,} bytes, `machine_temperature.npz`" in readme
    for file, known in (*NAMES["FILES"].values(), NAMES["WINDOWS"]):
        assert re.search(rf"`[\w/]*{re.escape(file)}` \| `{known}`", readme)


def test_the_shipped_recording():
    """Length, windows, first and last numbers as published."""
    data = load_recording("machine_temperature")
    assert (data.values.shape, data.values.dtype) == ((22_695,), np.float32)
    assert data.times.dtype == np.dtype("datetime64[s]")
    assert data.values[[0, -1]].tolist() == np.float32([73.96732207, 96.90386085]).tolist()
    assert [str(t) for t in data.times[[0, -1]]] == ["2013-12-02T21:15:00", "2014-02-19T15:25:00"]
    shown = [(str(data.times[a]), str(data.times[b - 1])) for a, b in data.windows]
    assert shown == [
        ("2013-12-10T06:25:00", "2013-12-12T05:35:00"),
        ("2013-12-15T17:50:00", "2013-12-17T17:00:00"),
        ("2014-01-27T14:20:00", "2014-01-29T13:30:00"),
        ("2014-02-07T14:55:00", "2014-02-09T14:05:00"),
    ]
    assert data.step == np.timedelta64(300, "s")
    # Once the clock was set back by an hour.
    steps = np.diff(data.times).astype(int)
    assert sorted(set(steps.tolist())) == [-3300, 300]


@cached
@pytest.mark.parametrize("name", KNOWN)
def test_all_recordings(name):
    data = load_recording(name)
    count, minutes, windows = KNOWN[name]
    assert len(data.values) == len(data.times) == count
    assert data.step == np.timedelta64(minutes, "m")
    assert len(data.windows) == windows
    assert data.values.dtype == np.float32
    assert np.isfinite(data.values).all()
    ends = [place for window in data.windows for place in window]
    assert sorted(set(ends)) == ends
    assert 0 < ends[0] < ends[-1] <= count


@cached
def test_the_shipped_recording_is_the_benchmarks():
    data = load_recording("machine_temperature")
    values, times, windows = NAMES["_cached"]("machine_temperature")
    np.testing.assert_array_equal(data.values, values)
    np.testing.assert_array_equal(data.times, times)
    assert data.windows == tuple(windows)


def test_a_file_value_by_value(taxi):
    data = load_recording("nyc_taxi")
    assert data.values.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    # Half past midnight came twice.
    assert data.windows == ((1, 4),)
    assert data.step == np.timedelta64(30, "m")
    assert data.source.startswith("nyc_taxi.csv of the Numenta Anomaly Benchmark")
    assert repr(data) == "Recording(nyc_taxi: 5 values, 30 min apart; 1 windows)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.values = data.times


def recording(values, *windows):
    minute = np.timedelta64(60, "s")
    times = np.datetime64("2014-07-01T00:00:00") + minute * np.arange(len(values))
    return Recording("one", "Here.", np.float32(values), times, windows, minute)


def test_means_of_blocks():
    data = recording([1, 2, 3, 10, 20, 30, 7, 7], (2, 4), (3, 6), (6, 8)).mean_over(3)
    assert data.values.tolist() == [2, 20]
    assert data.values.dtype == np.float32
    assert [str(t)[11:] for t in data.times] == ["00:00:00", "00:03:00"]
    assert data.step == np.timedelta64(180, "s")
    # Outward: a block that is touched is in; the last window is in the rest that is left out.
    assert data.windows == ((0, 2), (1, 2))


def test_every_labelled_value_stays_labelled():
    data = load_recording("machine_temperature")
    for count in (1, 7, 12, 288):
        means = data.mean_over(count)
        labelled = {place for start, stop in means.windows for place in range(start, stop)}
        wanted = {place // count for a, b in data.windows for place in range(a, b)}
        assert labelled == wanted
    np.testing.assert_array_equal(data.mean_over(1).values, data.values)
    whole = data.mean_over(len(data.values))
    np.testing.assert_allclose(whole.values, [data.values.mean(dtype="float64")], rtol=1e-6)


def test_means_of_means_are_means():
    data = load_recording("machine_temperature")
    twice, once = data.mean_over(3).mean_over(4), data.mean_over(12)
    np.testing.assert_allclose(twice.values, once.values, rtol=1e-6)
    np.testing.assert_array_equal(twice.times, once.times)
    assert (twice.windows, twice.step) == (once.windows, once.step)


@pytest.mark.parametrize("count", [0, -1, 2.5, None, 4])
def test_blocks_are_whole(count):
    with pytest.raises(ValueError, match="count must be a whole number from 1 to 3"):
        recording([1, 2, 3]).mean_over(count)


def test_auto_takes_the_taxis_from_the_cache(taxi, capfd):
    assert load_recording().name == "nyc_taxi"
    assert capfd.readouterr().out == "Data: nyc_taxi, because it is in the cache of Keras.\n"


def test_auto_takes_the_shipped_one_otherwise(home, capfd):
    assert load_recording("auto").name == "machine_temperature"
    out = capfd.readouterr().out
    assert out.startswith("Data: machine_temperature, because nyc_taxi cannot be read from")
    assert out.count("\n") == 1
    assert not any(home.iterdir())


def test_a_name_never_becomes_another_recording(home):
    with pytest.raises(OSError, match=r"^nyc_taxi cannot be read .*take machine_temperature\.$"):
        load_recording("nyc_taxi")


@pytest.mark.parametrize(
    "file", ["data/realKnownCause/nyc_taxi.csv", "labels/combined_windows.json"]
)
def test_another_file_in_the_cache_is_refused(file, taxi, home, capfd):
    path = home / NAMES["CACHED"] / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(OSError, match="is damaged, or another file"):
        load_recording("nyc_taxi")
    assert load_recording("auto").name == "machine_temperature"


@pytest.mark.parametrize("damage", [b"", b"half", None])
def test_a_damaged_shipped_file_is_refused(damage, tmp_path, monkeypatch):
    path = tmp_path / "machine_temperature.npz"
    if damage is not None:
        path.write_bytes(damage)
    monkeypatch.setitem(NAMES, "PLACES", (tmp_path / "absent.npz", path))
    with pytest.raises(OSError, match=r"is damaged or missing: take it afresh"):
        load_recording("machine_temperature")


@pytest.mark.parametrize("name", ["taxi", None, 3])
def test_bad_input(name):
    with pytest.raises(ValueError, match=f"nyc_taxi, .* or auto, but is {name!r}"):
        load_recording(name)
