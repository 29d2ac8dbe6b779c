"""The hand-ins in a folder or a zip, as learning platforms export them.

    Moodle   Ada Lovelace_1234567_assignsubmission_file_/anything.ipynb, or all in one folder:
             Ada Lovelace_1234567_assignsubmission_file_anything.ipynb
    Canvas   lovelaceada_LATE_98765_1234567_anything.ipynb
    others   one folder or one file a student

Nothing is unpacked and no link is followed: what is read is read from where it lies.
"""

import io
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course_lib.assignments import Refusal

LARGEST = 300 << 20  # bytes of a notebook, outputs and all
FILES = 1_000  # of one student
ENTRY = b"PK\x01\x02"  # begins each line of a zip's list of files
MOODLE = re.compile(r"^(?P<name>.*)_(?P<id>\d+)_assignsubmission_\w+?_?$", re.S)
FLAT = re.compile(r"^(?P<name>.*?)_(?P<id>\d+)_assignsubmission_[a-z]+_(?P<file>.+)$", re.S)
CANVAS = re.compile(r"^(?P<name>[^_]+?)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)$", re.S)
JUNK = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True)
class File:
    """A file of a hand-in: its name, its size, and how to read it."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True)
class HandIn:
    """What one student handed in; `id` is the platform's number, where the export names it."""

    student: str
    id: str
    files: tuple[File, ...]


def hand_ins(path: str | Path) -> list[HandIn]:
    """All hand-ins under a folder, or in a zip.

    Args:
        path: of the export.

    Returns:
        one `HandIn` a student, by name.

    Raises:
        Refusal: nothing is there, or it is neither.
    """
    path = Path(path)
    if path.is_dir():
        found = list(_in_folder(path))
    elif zipfile.is_zipfile(path):
        try:
            found = list(_in_zip(path))
        except Exception as error:  # of zip alone there are nine kinds
            raise Refusal(f"{path} cannot be opened: {error}.") from error
    else:
        raise Refusal(f"{path} is neither a folder nor a zip of hand-ins.")
    grouped: dict[tuple[str, str], list] = defaultdict(list)
    for file in found:
        parts = PurePosixPath(file.name).parts
        if any(part in JUNK or part.startswith("._") for part in parts):
            continue
        grouped[_whose(parts)].append(file)
    # A zip of a folder has that folder alone at its top.
    if len(grouped) == 1 and not next(iter(grouped))[1]:
        (files,) = grouped.values()
        if all(len(PurePosixPath(f.name).parts) > 2 for f in files):
            grouped = defaultdict(list)
            for file in files:
                grouped[_whose(PurePosixPath(file.name).parts[1:])].append(file)
    if not grouped:
        raise Refusal(f"There is no hand-in in {path}.")
    return sorted(
        (HandIn(*who, tuple(files[:FILES])) for who, files in grouped.items()),
        key=lambda one: (one.student, one.id),
    )


def _whose(parts):
    """(name, the platform's number) of whoever handed in the file of this path."""
    if len(parts) > 1:
        moodle = MOODLE.match(parts[0])
        return (moodle["name"], moodle["id"]) if moodle else (parts[0], "")
    for platform in (FLAT, CANVAS):
        if whose := platform.match(parts[0]):
            return whose["name"], whose["id"]
    return PurePosixPath(parts[0]).stem or parts[0], ""


def _in_folder(folder):
    for root, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        links = [name for name in folders if Path(root, name).is_symlink()]
        files += [*links, *([""] if not folders and not files and root != str(folder) else [])]
        for name in sorted(files):
            path = Path(root, name)
            shown = os.fsencode(Path(root, name or ".nothing").relative_to(folder))
            shown = shown.decode("utf-8", "replace")
            if path.is_symlink() or not path.is_file():
                # An empty folder, or a link: where it leads to is not the student's.
                yield File(shown, 0, lambda: b"")
            else:
                yield File(shown, path.stat().st_size, path.read_bytes)


def _in_zip(path):
    with zipfile.ZipFile(path) as archive:
        for info in sorted(archive.infolist(), key=lambda info: info.filename):
            if not info.is_dir():
                parts = info.filename.replace("\\", "/").split("/")  # Windows may write either
                name = "/".join(part for part in parts if part not in ("", ".", ".."))
                yield File(name or "nameless", info.file_size, _Member(path, info))


@dataclass(frozen=True)
class _Member:
    """Reads one file of a zip, and no more of it than a notebook may have."""

    path: Path
    info: zipfile.ZipInfo

    def __call__(self):
        with zipfile.ZipFile(self.path) as archive, archive.open(self.info) as file:
            return file.read(LARGEST + 1)


def inside(file: File) -> Iterator[File]:
    """A file, and where it is a zip that a student handed in, the files in that.

    Raises:
        OSError, zipfile.BadZipFile and others: it cannot be read.
    """
    if file.size > LARGEST or not file.name.lower().endswith(".zip"):
        yield file
        return
    held = file.read()
    if held.count(ENTRY) > 10 * FILES:
        raise OSError(f"it holds more than {10 * FILES:,} files")
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        for info in archive.infolist()[:FILES]:
            junk = any(part in JUNK for part in PurePosixPath(info.filename).parts)
            if not info.is_dir() and not junk:
                yield File(info.filename, info.file_size, _Inner(held, info))


@dataclass(frozen=True)
class _Inner:
    held: bytes
    info: zipfile.ZipInfo

    def __call__(self):
        with zipfile.ZipFile(io.BytesIO(self.held)) as archive, archive.open(self.info) as file:
            return file.read(LARGEST + 1)
