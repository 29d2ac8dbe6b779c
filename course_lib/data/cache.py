"""The files of `keras.datasets`, in the cache of Keras, whole or not at all.

`keras.datasets` itself waits without limit for a network that hangs, prints its progress,
writes straight into its cache (a lesson beside it reads half a file) and passes over a cache
that it may read but not write. So its files are fetched here, from where it fetches them,
checked, and moved to where it looks for them.
"""

import hashlib
import http.client
import os
import queue
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

from course_lib.files import whole

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

# The file's place in the cache, and its sha256.
FILES = {
    "mnist": {
        "datasets/mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    },
    "fashion_mnist": {
        "datasets/fashion-mnist/train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "datasets/fashion-mnist/train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "datasets/fashion-mnist/t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
}

SILENCE = 3  # seconds without an answer after which the network counts as absent
LIMIT = 120  # seconds that one file may take


def keras_files(name: str) -> list[Path]:
    """Finds the files of a set in the cache of Keras, and downloads those that are missing.

    Args:
        name: `"mnist"` or `"fashion_mnist"`.

    Returns:
        List of paths under `$KERAS_HOME` (`~/.keras` if not set), each of which holds
        exactly the published bytes.

    Raises:
        OSError: in one sentence, if a file is damaged, cannot be read, downloaded or written.
    """
    home = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    paths = [home / file for file in FILES[name]]
    for path, sha256 in zip(paths, FILES[name].values(), strict=True):
        found = _sha256(path)
        if found is None:
            write_whole(path, _download(name, path.name, sha256))
        elif found != sha256:
            raise OSError(f"{path} is damaged: delete it to have it downloaded again.")
    return paths


def _sha256(path):
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OSError(
            f"{path} cannot be read ({error.strerror}): make it readable, "
            "or set KERAS_HOME to another folder."
        ) from None


def write_whole(path: str | Path, data: bytes) -> None:
    """Writes `data` to `path` so that the file is there whole or not at all.

    Args:
        path: where to; folders on the way are made.
        data: bytes.

    Raises:
        OSError: in one sentence, if the disk is full or the folder cannot be written.
    """
    try:
        with whole(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise OSError(
            f"{path} cannot be written ({error.strerror}): free {len(data) / 1e6:.0f} MB there "
            "and make the folder writable, or choose another (KERAS_HOME for data sets)."
        ) from None


def _download(name, file, sha256):
    url = ORIGIN + file
    try:
        data = _get(url)
    except (OSError, http.client.HTTPException) as error:
        raise OSError(
            f"{name} is not in the cache of Keras and cannot be downloaded from "
            f"{urllib.parse.urlsplit(url).hostname} ({reason(error)}): connect to the network, "
            "set KERAS_HOME to a folder that holds it, or take another set."
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OSError(
            f"{name} is not in the cache of Keras, and what {url} sent is not {file}: try again, "
            "or look for what stands between you and the network, such as a log-in page."
        )
    return data


def reason(error: Exception) -> str:
    """Why the network did not bring something, in a few words."""
    cause = getattr(error, "reason", error)
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__


def _get(url):
    deadline = time.monotonic() + LIMIT
    data = bytearray()
    with answer(url) as response:
        while chunk := response.read(1 << 18):
            data += chunk
            if time.monotonic() > deadline:
                raise TimeoutError(f"it took longer than {LIMIT} s")
    return bytes(data)


def answer(url: str) -> http.client.HTTPResponse:
    """What a server says, or `OSError` after some seconds, whatever the network does."""
    # In a thread of its own, because looking up a name cannot be given a time limit.
    answers: queue.SimpleQueue = queue.SimpleQueue()

    def ask():
        try:
            answers.put(urllib.request.urlopen(url, timeout=SILENCE))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=SILENCE + 1)
    except queue.Empty:
        raise TimeoutError("no answer") from None
    if isinstance(found, Exception):
        raise found
    return found
