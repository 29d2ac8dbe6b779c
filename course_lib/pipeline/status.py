"""What a run left: `NN_name.json` tells it, and is written last.

A status file therefore means that everything it speaks of is there, whole.
Every file is written beside its place and moved there in one step, so a full
disk or a killed process leaves either the old file or the new one.
"""

import errno
import json
import os
from pathlib import Path

OK = "ok"
FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DISK_IS_FULL = 28  # a child's exit status, for when there is no room left to say it in a file


def read_json(path):
    """What a JSON file holds, or None where it is missing or broken."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_whole(path, content):
    """Write text or bytes to `path`, wholly or not at all."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def read_status(out, name):
    """The status of a notebook's last run, a dict, or None where it never finished."""
    status = read_json(Path(out) / f"{name}.json")
    return status if isinstance(status, dict) and "status" in status else None


def is_done(status, out, name, key):
    """Whether a run with this key succeeded and its notebook is still there."""
    return (
        status is not None
        and status["status"] == OK
        and status.get("key") == key
        and (Path(out) / f"{name}.ipynb").exists()
    )
