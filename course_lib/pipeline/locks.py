"""Who is at work: a lock on a file, which the system drops when its holder dies.

No process identifier is stored or compared, so nothing goes stale: a killed
holder frees its lock, on this machine or on another that shares the folder.
"""

import contextlib
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def try_lock(path):
    """Hold the lock on `path` if nobody else does.

    Args:
        path: the file to lock, made if it is missing.

    Yields:
        whether the lock is held.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def is_locked(path):
    """Whether somebody, this process included, holds the lock on `path`."""
    if not Path(path).exists():
        return False
    with try_lock(path) as free:
        return not free
