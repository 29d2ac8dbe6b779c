"""Words counted: one row a document, one column a word. What comes first is lost.

    x_dv = how often word v stands in document d

Words are runs of two letters or more, in lower case, without the commonest English ones.

Reference: Salton, Wong and Yang, A vector space model for automatic indexing, 1975,
    https://doi.org/10.1145/361219.361220.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.extras import extra
from course_lib.validation import check_whole

WORD = r"[^\W\d_]{2,}"


def count_words(
    texts: Sequence[str], vocabulary: int | Sequence[str] = 2000
) -> tuple[Any, np.ndarray]:
    """Counts the words of texts.

    A document of which no word is known has a row of zeros. Documents that are the same have
    the same row each.

    Args:
        texts: list of N strings.
        vocabulary: how many words to know, the most frequent ones of these texts; or the words
            themselves, as they came out for other texts.

    Returns:
        Counts, a SciPy CSR matrix of float32, `(N, V)`; and the V words, an array of strings.
        V is less than asked for where the texts have no more.

    Raises:
        ValueError: if there is no text, one is no string, or none holds a word that counts.

    Reference: Salton et al., 1975, https://doi.org/10.1145/361219.361220.

    Example:

    >>> x, words = count_words(["Cats see cats.", "", "A dog sees 2 cats!"])
    >>> print(words, x.toarray().astype(int).tolist())
    ['cats' 'dog' 'sees'] [[2, 0, 0], [0, 0, 0], [1, 1, 1]]
    """
    with extra("data"):
        from sklearn.feature_extraction.text import CountVectorizer

    if isinstance(texts, str) or not len(texts):
        raise ValueError("texts must be a list of one text or more, but is empty or a text itself.")
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"texts must be strings, but texts[{i}] is {type(text).__name__}.")
    options: dict[str, Any] = {"token_pattern": WORD, "dtype": np.float32}
    if isinstance(vocabulary, (Sequence, np.ndarray)) and not isinstance(vocabulary, str):
        if not len(vocabulary) or len(set(vocabulary)) < len(vocabulary):
            raise ValueError("vocabulary must hold different words, one or more.")
        counter = CountVectorizer(vocabulary=[str(word) for word in vocabulary], **options)
        return counter.transform(texts), np.array([str(word) for word in vocabulary])
    most = check_whole("vocabulary", vocabulary, low=1)
    counter = CountVectorizer(stop_words="english", max_features=most, **options)
    try:
        x = counter.fit_transform(texts)
    except ValueError:
        raise ValueError(
            f"texts must hold words that count, but the {len(texts)} given are empty or hold "
            "stop words, numbers and signs only."
        ) from None
    return x, counter.get_feature_names_out().astype(str)


def read_texts(folder: str | Path) -> dict[str, str]:
    """Reads a folder of plain texts.

    Args:
        folder: whose files `*.txt` and `*.md`, at any depth, are read as UTF-8.

    Returns:
        `{path inside the folder: text}`, in the order of the paths.

    Raises:
        ValueError: if the folder holds no text.
        OSError: if there is no such folder, or a file cannot be read or is not UTF-8.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "one.txt").write_text("Cats see cats.", encoding="utf-8")
    ...     print(read_texts(folder))
    {'one.txt': 'Cats see cats.'}
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise OSError(f"folder must be a folder of texts, but {folder} is none.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".txt", ".md"))
    texts = {}
    for path in (p for p in paths if p.is_file()):
        try:
            # What some editors put before the first letter is no letter.
            texts[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise OSError(f"{path} is not UTF-8: save it as UTF-8, or take it away.") from None
        except OSError as error:
            raise OSError(f"{path} cannot be read ({error.strerror}).") from None
    if not texts:
        raise ValueError(f"folder must hold files *.txt or *.md, but {folder} holds none.")
    return texts
