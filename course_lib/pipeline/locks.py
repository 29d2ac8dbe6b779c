"""Who is at work: a lock on a file, which the system drops when its holder dies.

No process identifier is stored or compared, so nothing goes stale: a killed
holder frees its lock, on this machine or on another that shares the folder.
"""

import contextlib
import fcntl


@contextlib.contextmanager
def try_lock(path):
    """Hold the lock on `path` if nobody else does.

    Args:
        path: the file to lock, made if it is missing.

    Yields:
        the open file while the lock is held, or None when another holds it.
    """
    with open(path, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield file


def is_locked(path):
    """Whether somebody, this process included, holds the lock on `path`."""
    try:
        with open(path) as file:
            # Shared, so that many may look at the same time.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
