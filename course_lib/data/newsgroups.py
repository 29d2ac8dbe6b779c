"""20 Newsgroups by date, by scikit-learn, with a limit of time: it waits for no network.

Reference: Lang, NewsWeeder: learning to filter netnews, 1995,
    https://doi.org/10.1016/B978-1-55860-377-6.50048-7.
"""

import queue
import threading
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data.cache import LIMIT, answer, reason
from course_lib.extras import extra

ARCHIVE = "https://ndownloader.figshare.com/files/5975967"
BARE = ("headers", "footers", "quotes")


def read_newsgroups() -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """Posts of 20 newsgroups, from the cache of scikit-learn or the network.

    Returns:
        Training and test posts, each `{"texts": list, "y": (N,), "ids": (N,)}`; and the groups.

    Raises:
        OSError: in one sentence, if they are not in the cache and the network does not bring
            them.
    """
    with extra("data"):
        from sklearn.datasets import fetch_20newsgroups

    def fetch(subset, download=False):
        return fetch_20newsgroups(
            subset=subset, remove=BARE, shuffle=False, download_if_missing=download
        )

    try:
        parts = [fetch("train"), fetch("test")]
    except OSError:
        _download(lambda: fetch("train", download=True))
        parts = [fetch("train"), fetch("test")]
    train, test = (
        {
            "texts": part.data,
            "y": part.target.astype("int64"),
            # The folder that a post lies in, its group, and its number there.
            "ids": np.array(["/".join(Path(file).parts[-2:]) for file in part.filenames]),
        }
        for part in parts
    )
    return train, test, tuple(parts[0].target_names)


def _download(fetch):
    answers: queue.SimpleQueue = queue.SimpleQueue()

    def ask():
        try:
            answers.put(fetch())
        except Exception as error:
            answers.put(error)

    try:
        answer(ARCHIVE).close()
        # In a thread of its own, because scikit-learn has no limit of time.
        threading.Thread(target=ask, daemon=True).start()
        found = answers.get(timeout=LIMIT)
    except queue.Empty:
        found = TimeoutError(f"it took longer than {LIMIT} s")
    except OSError as error:
        found = error
    if isinstance(found, Exception):
        raise OSError(
            "20newsgroups is not in the cache of scikit-learn and cannot be downloaded "
            f"({reason(found)}): connect to the network, set SCIKIT_LEARN_DATA to a folder that "
            "holds it, or take arxiv."
        )
