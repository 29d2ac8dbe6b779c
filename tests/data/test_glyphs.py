"""The committed glyphs are what loads, whole, and are what the renderer draws."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from course_lib.data import glyphs
from course_lib.data.rendering import RANGES, render_glyphs

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "data" / "glyphs.npz"


@pytest.fixture
def place(tmp_path, monkeypatch):
    path = tmp_path / "glyphs.npz"
    monkeypatch.setattr(glyphs, "PLACES", (tmp_path / "absent.npz", path))
    return path


def test_the_catalogue_states_the_committed_files_hash_and_size():
    data = COMMITTED.read_bytes()
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"`glyphs\.npz`.*?`([0-9a-f]{64})`", readme) == [
        hashlib.sha256(data).hexdigest()
    ]
    assert f"{len(data):,} bytes" in readme
    assert len(data) < 5e6


def test_the_committed_set():
    x, factors = glyphs.read_glyphs()
    assert x.shape == (12_000, 28, 28)
    assert x.dtype == np.uint8
    assert x.min() == 0
    assert x.max() == 255
    assert max(x[:, [0, -1]].max(), x[:, :, [0, -1]].max()) == 0
    _, drawn = render_glyphs(1_000, seed=0)
    assert list(factors) == list(RANGES)
    for name, values in factors.items():
        assert values.shape == (12_000,)
        assert values.dtype == drawn[name].dtype
        np.testing.assert_array_equal(values[:1_000], drawn[name])


def test_the_committed_factors_are_independent():
    _, factors = glyphs.read_glyphs()
    correlation = np.corrcoef(np.stack(list(factors.values())))
    assert np.abs(correlation - np.eye(len(RANGES))).max() < 5 / np.sqrt(12_000)


def test_the_committed_images_are_those_of_the_renderer():
    x, factors = glyphs.read_glyphs()
    drawn, _ = render_glyphs(500, **{name: values[:500] for name, values in factors.items()})
    # A face may change a little from one release of matplotlib to the next.
    assert np.abs(drawn[..., 0] - x[:500] / 255).mean() < 0.005


def test_the_file_is_read_not_drawn(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("drawn, although the file is there")

    monkeypatch.setattr(glyphs, "render_glyphs", refuse)
    glyphs.read_glyphs()


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(glyphs, "TRAIN", 30)
    monkeypatch.setattr(glyphs, "TEST", 10)


def test_written_twice_it_is_the_same_file_and_reads_as_drawn(few, place):
    drawn, factors = glyphs.read_glyphs()
    glyphs.write_glyphs(place)
    first = place.read_bytes()
    glyphs.write_glyphs(place)
    assert place.read_bytes() == first
    assert [path.name for path in place.parent.iterdir()] == ["glyphs.npz"]
    x, read = glyphs.read_glyphs()
    np.testing.assert_array_equal(x, drawn)
    for name in RANGES:
        np.testing.assert_array_equal(read[name], factors[name])


@pytest.mark.slow
def test_the_command_writes_the_file(place):
    command = [sys.executable, "-W", "error::RuntimeWarning", "-m", "course_lib.data.glyphs"]
    done = subprocess.run([*command, place], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    x, _ = glyphs.read_glyphs()
    assert x.shape == (12_000, 28, 28)
    np.testing.assert_array_equal(x[:50] / np.float32(255), render_glyphs(50, seed=0)[0][..., 0])


def _without_a_factor(path):
    with np.load(path) as file:
        np.savez_compressed(path, **{name: file[name] for name in file if name != "slant"})


def _flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("version https://git-lfs.github.com/spec/v1"),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one byte": _flip_a_byte,
    "another array": lambda path: np.save(path.open("wb"), np.zeros(3)),
    "a factor less": _without_a_factor,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_gets_a_sentence(few, place, damage):
    glyphs.write_glyphs(place)
    damage(place)
    with pytest.raises(OSError, match=r"glyphs\.npz is damaged: delete it to have") as caught:
        glyphs.read_glyphs()
    assert str(caught.value).count("\n") == 0
