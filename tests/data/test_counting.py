"""Words are counted as by hand, and texts that hold none get a sentence or a row of zeros."""

import collections
import re

import numpy as np
import pytest

from course_lib.data import count_words, read_texts

TEXTS = [
    "Autoencoders code; decoders decode. A code decodes!",
    "",
    "the of and 12 3.4 !?",
    "Größe, größe und Größen: naïve Zwölf",
    "Autoencoders code; decoders decode. A code decodes!",
    "code",
]


def by_hand(text):
    words = re.findall(r"[a-zäöüßï]{2,}", text.lower())
    return collections.Counter(word for word in words if word not in ("the", "of", "and"))


def test_counts_are_those_by_hand():
    x, words = count_words(TEXTS)
    assert (x.format, x.dtype) == ("csr", np.float32)
    for row, text in zip(x.toarray(), TEXTS, strict=True):
        found = {word: int(n) for word, n in zip(words, row, strict=True) if n}
        assert found == by_hand(text)


def test_the_most_frequent_words_are_known():
    x, words = count_words(["b b b b cc cc cc dd dd ee", "ee dd ff"], 3)
    assert words.tolist() == ["cc", "dd", "ee"]
    np.testing.assert_array_equal(x.toarray(), [[3, 2, 1], [0, 1, 1]])


def test_fewer_words_than_asked_for():
    assert count_words(["red red words"], 2000)[1].tolist() == ["red", "words"]


def test_other_texts_by_the_same_words():
    _, words = count_words(TEXTS, 4)
    x, same = count_words(["code nothing code"], words)
    assert same.tolist() == words.tolist()
    assert x.toarray()[0, words.tolist().index("code")] == 2
    assert x.sum() == 2


def test_a_text_without_a_known_word_has_a_row_of_zeros():
    x, _ = count_words(TEXTS)
    assert np.flatnonzero(np.asarray(x.sum(axis=1)).ravel() == 0).tolist() == [1, 2]


def test_one_text_and_texts_that_are_the_same():
    x, _ = count_words(["a single text"])
    assert x.shape[0] == 1
    x = count_words(TEXTS)[0].toarray()
    np.testing.assert_array_equal(x[0], x[4])


BAD = {
    "none": (([],), "texts must be a list of one text or more, but is empty"),
    "a text": (("code",), "or a text itself"),
    "no string": ((["a", 3],), r"texts\[1\] is int"),
    "bytes": (([b"code"],), r"texts\[0\] is bytes"),
    "no words": ((["", "the 12"],), "the 2 given are empty or hold stop words"),
    "no vocabulary": ((["code"], 0), "vocabulary must be a whole number of at least 1"),
    "a word": ((["code"], "code"), "vocabulary must be a whole number of at least 1"),
    "twice": ((["code"], ["code", "code"]), "vocabulary must hold different words"),
    "no word": ((["code"], []), "vocabulary must hold different words"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_input(arguments, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        count_words(*arguments)
    assert str(caught.value).count("\n") == 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text("größe", encoding="utf-8")
    (tmp_path / "a.md").write_text("\ufeffmarked", encoding="utf-8")
    (tmp_path / "deep" / "c.TXT").write_text("", encoding="utf-8")
    (tmp_path / "d.pdf").write_bytes(b"\xff\xfe\x00")
    return tmp_path


def test_a_folder_is_read_in_order(folder):
    texts = read_texts(folder)
    assert texts == {"a.md": "marked", "b.txt": "größe", "deep/c.TXT": ""}
    assert list(texts) == sorted(texts)
    assert list(read_texts(str(folder))) == list(texts)


def test_a_file_that_is_not_utf8(folder):
    (folder / "e.txt").write_bytes("größe".encode("latin-1"))
    with pytest.raises(OSError, match=r"e\.txt is not UTF-8: save it as UTF-8, or take it away\.$"):
        read_texts(folder)


def test_no_folder_and_no_texts(folder):
    with pytest.raises(OSError, match=r"must be a folder of texts, but .*nowhere is none"):
        read_texts(folder / "nowhere")
    with pytest.raises(OSError, match=r"must be a folder of texts, but .*b\.txt is none"):
        read_texts(folder / "b.txt")
    (folder / "empty").mkdir()
    with pytest.raises(ValueError, match=r"must hold files \*\.txt or \*\.md, but .* holds none"):
        read_texts(folder / "empty")
