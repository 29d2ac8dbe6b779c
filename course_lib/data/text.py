"""Texts under one call: counts of words, categories and identifiers, and their origin.

    x_dv = how often word v stands in document d

No text comes with them: a document is shown by its identifier, its category and the words that
weigh most in it, count by count times −log of the share of documents that hold the word.

Reference: Clement et al., On the use of arXiv as a dataset, 2019,
    https://arxiv.org/abs/1905.00075. Lang, NewsWeeder: learning to filter netnews, 1995,
    https://doi.org/10.1016/B978-1-55860-377-6.50048-7. Spärck Jones, A statistical interpretation
    of term specificity and its application in retrieval, 1972, https://doi.org/10.1108/eb026526.
"""

import dataclasses
import functools
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data.counting import count_words
from course_lib.data.newsgroups import read_newsgroups
from course_lib.data.parts import check_choice, draw_parts
from course_lib.extras import extra
from course_lib.validation import check_whole

# In a wheel the file lies beside this module, in a clone under the root.
PLACES = (
    Path(__file__).with_name("arxiv_counts.npz"),
    Path(__file__).parents[2] / "data/arxiv_counts.npz",
)
ARXIV_TEST = 2_000
FEWEST = 5  # known words that a post must have


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Texts:
    """A set of documents in three disjoint parts, as counts of words.

    Every part has counts x, a SciPy CSR matrix of float32, `(N, V)`; categories y of shape
    `(N,)`, int64, places in `groups`; and identifiers of shape `(N,)`, strings. A part not asked
    for has N = 0. `words` has the V words, in the order of the columns.
    """

    name: str
    source: str
    words: np.ndarray
    groups: tuple[str, ...]
    x_train: Any
    y_train: np.ndarray
    ids_train: np.ndarray
    x_valid: Any
    y_valid: np.ndarray
    ids_valid: np.ndarray
    x_test: Any
    y_test: np.ndarray
    ids_test: np.ndarray

    def __repr__(self):
        n = [self.x_train.shape[0], self.x_valid.shape[0], self.x_test.shape[0]]
        parts = f"{n[0]} train, {n[1]} valid, {n[2]} test"
        return f"Texts({self.name}: {parts}; {len(self.words)} words, {len(self.groups)} groups)"

    def describe(self, row: int, part: str = "test", words: int = 6) -> str:
        """A document in one line: identifier, category and its heaviest words.

        Weights are (1 + log count) · log(N / n), where n of the N training documents hold the
        word; without training documents the second factor is 1.

        Args:
            row: which document of the part.
            part: `"train"`, `"valid"` or `"test"`.
            words: how many words to show, at most.

        Example:

        >>> load_text("arxiv", test=1).describe(0, words=3)
        '1711.01353 (cs.CR): malware, blockchain, detection'
        """
        if part not in ("train", "valid", "test"):
            raise ValueError(f"part must be 'train', 'valid' or 'test', but is {part!r}.")
        x = getattr(self, f"x_{part}")
        row = check_whole("row", row, low=0, high=x.shape[0] - 1)
        words = check_whole("words", words, low=1)
        document = x[[row]]
        weight = (1 + np.log(document.data)) * self._rarity[document.indices]
        heaviest = document.indices[np.argsort(-weight, kind="stable")[:words]]
        group = self.groups[getattr(self, f"y_{part}")[row]]
        known = ", ".join(self.words[heaviest]) or "no known word"
        return f"{getattr(self, f'ids_{part}')[row]} ({group}): {known}"

    @functools.cached_property
    def _rarity(self):
        count = self.x_train.shape[0]
        if not count:
            return np.ones(len(self.words))
        holding = np.bincount(self.x_train.indices, minlength=len(self.words))
        return np.log(count / np.maximum(holding, 1))


def load_text(
    name: str = "auto",
    train: int | None = None,
    valid: int = 0,
    test: int | None = None,
    seed: int = 0,
) -> Texts:
    """Loads a set of documents as counts of words.

    Which documents are taken is drawn without replacement, with the seed; their order is that
    of the set. A smaller choice is part of a larger one, and which documents are for testing
    never depends on `train` and `valid`.

    Args:
        name: `"arxiv"`, abstracts of 16 categories, 6,000 + 2,000, which ship with the course;
            `"20newsgroups"`, posts by date, without headers, footers and quotes, 10,268 + 6,773
            that hold five known words or more, from the cache of scikit-learn under
            `$SCIKIT_LEARN_DATA`, or the network; or `"auto"`: `arxiv`.
        train: number of training documents; `None` for all that `valid` leaves.
        valid: number of validation documents, taken from the training part.
        test: number of test documents; `None` for all.
        seed: integer, 0 or more.

    Returns:
        `Texts`, over the set's 2,000 most frequent words; of `20newsgroups` those of its
        training posts.

    Raises:
        ValueError: if the set is unknown or holds fewer documents.
        OSError: if it is damaged, or cannot be downloaded.

    Reference: Clement et al., 2019, https://arxiv.org/abs/1905.00075. Lang, 1995,
        https://doi.org/10.1016/B978-1-55860-377-6.50048-7.

    Example:

    >>> load_text("arxiv", train=5000, valid=1000)
    Texts(arxiv: 5000 train, 1000 valid, 2000 test; 2000 words, 16 groups)
    """
    check_choice(name, _SETS, train, valid, test, seed)
    name = "arxiv" if name == "auto" else name
    source, words, groups, training, testing = _SETS[name]()
    here, there = len(training["y"]), len(testing["y"])
    rows = draw_parts(here, there, train, valid, test, seed, f"documents of {name}")
    parts = {
        f"{field}_{part}": values[rows[part]]
        for part in rows
        for field, values in (testing if part == "test" else training).items()
    }
    return Texts(name=name, source=source, words=words, groups=groups, **parts)


# Each returns its source, the words, the groups, and for training and for testing counts,
# categories and identifiers.


def _arxiv():
    with extra("data"):
        from scipy.sparse import csr_matrix

    path = next((place for place in PLACES if place.exists()), PLACES[-1])
    try:
        with np.load(path) as file:
            held = {key: file[key] for key in file.files}
        starts = np.concatenate([[0], np.cumsum(held["lengths"], dtype="int64")])
        # Places of words are kept as gaps within each document.
        run = np.concatenate([[0], np.cumsum(held["gap"], dtype="int64")])
        places = run[1:] - np.repeat(run[starts[:-1]], held["lengths"])
        shape = len(held["lengths"]), len(held["words"])
        x = csr_matrix((held["counts"].astype("float32"), places, starts), shape=shape)
        present, y = np.unique(held["label"], return_inverse=True)
        groups = tuple(str(held["groups"][group]) for group in present)
        whole = {"x": x, "y": y.astype("int64"), "ids": np.array([_number(i) for i in held["ids"]])}
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error):
        raise OSError(
            f"{path} is damaged or missing: take it afresh from the course's repository."
        ) from None
    # A file has its categories one after the other, and there is no official test set.
    order = np.random.default_rng(14).permutation(len(y))
    parts = np.sort(order[:-ARXIV_TEST]), np.sort(order[-ARXIV_TEST:])
    source = (
        "Abstracts of arXiv, 500 of each of 16 primary categories, 2010 to 2019: counts of their "
        "2,000 most frequent words, made from a public archive of arXiv's metadata (CC0 1.0)."
    )
    training, testing = ({key: v[rows] for key, v in whole.items()} for rows in parts)
    return source, held["words"], groups, training, testing


def _number(kept):
    # The archive had read its identifiers as decimal numbers: 1807.0271899999998.
    return f"{float(kept):.{5 if kept >= '1501' else 4}f}"


def _newsgroups():
    train, test, groups = read_newsgroups()
    x, words = count_words(train["texts"])
    source = (
        "20 Newsgroups by date (Lang 1995), by scikit-learn, without headers, footers and quotes, "
        "the 2,000 most frequent words of its training posts; posts of fewer than five are left "
        "out."
    )
    parts = []
    for posts, counts in ((train, x), (test, count_words(test["texts"], words)[0])):
        kept = np.flatnonzero(counts.sum(axis=1) >= FEWEST)
        parts.append({"x": counts[kept], "y": posts["y"][kept], "ids": posts["ids"][kept]})
    return source, words, groups, *parts


_SETS = {"arxiv": _arxiv, "20newsgroups": _newsgroups}
