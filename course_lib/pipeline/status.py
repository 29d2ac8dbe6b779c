"""What a run left: `NN_name.json` tells it, and is written last.

A status file therefore means that everything it speaks of is there, whole.
Every file is written beside its place and moved there in one step, so a full
disk or a killed process leaves either the old file or the new one. Should the
power fail all the same, a file that is damaged is told by its hash.
"""

import errno
import json
import os
from pathlib import Path
from typing import Any

from course_lib.pipeline import keys

OK = "ok"
DAMAGED = {"status": "damaged", "error": "what its last run left is damaged: run it again"}
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DISK_IS_FULL = 28  # a child's exit status, for when there is no room left to say it in a file

FIELDS: dict[str, Any] = dict.fromkeys(("label", "name", "status", "error"), str)
FIELDS |= dict.fromkeys(("key", "code_hash", "executed", "run_on", "source"), str | None)
FIELDS |= {"parameters": dict, "made_of": dict | None, "seconds": int | float}
FIELDS |= dict.fromkeys(("memory_mb", "cell", "cells"), int | None)


def read_json(path):
    """The dict that a JSON file holds, or None where it is missing, broken or no dict."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def has_fields(content, fields):
    """Whether what a dict has of these fields is of their types."""
    return all(isinstance(content[name], kind) for name, kind in fields.items() if name in content)


def write_whole(path, content):
    """Write text or bytes to `path`, wholly or not at all."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(content if isinstance(content, bytes) else _encoded(content))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _encoded(text):
    try:
        # A file's name, where the locale does not know its letters.
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def read_status(out, name):
    """The status of a notebook's last run, a dict, or None where it never finished."""
    path = Path(out) / f"{name}.json"
    status = read_json(path)
    if status and "status" in status and has_fields(status, FIELDS):
        return status
    return DAMAGED if path.exists() else None


def is_done(status, out, name, key):
    """Whether a run with this key succeeded and its notebook is still there as it was."""
    return (
        status is not None
        and status["status"] == OK
        and status.get("key") == key
        and is_whole(status, out, name)
    )


def is_whole(status, out, name):
    """Whether the executed notebook is the one that the run left."""
    try:
        text = (Path(out) / f"{name}.ipynb").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return status.get("executed") == keys.fingerprint(text)
