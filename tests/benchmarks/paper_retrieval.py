"""Retrieval by words, by linear codes and by deep ones, real and of bits, on two sets of texts."""

import functools

import keras
import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer

from course_lib.data import load_text
from course_lib.layers import BinaryCode
from course_lib.metrics import retrieval_precision
from course_lib.models import SemanticHashing
from course_lib.search import ITQ, Hyperplanes
from course_lib.training import train

TITLE = (
    "Retrieval: precision at 1, 31 and 127 by words and by codes, and share of nearly binary units"
)
PROTOCOL = (
    "20 Newsgroups, split by date, all posts, without headers, footers and quotes; arXiv, 6,000 "
    "abstracts to learn from and 2,000 to search in; each test document is a query among the "
    "others; 2,000 words of the training texts. Every code learns from TF-IDF weights. deep = "
    "SemanticHashing(hidden=(500, 250)), .8 (arXiv) or .7 of the words hidden, 72,000 documents "
    "seen in batches of 128, rate .004; mean over seeds 0, 1, 2, and half the range. nearly binary "
    "= share of units within .1 of a bit, of code values from 0 to 1"
)
KS = (1, 31, 127)
BINARY = {
    "no noise": BinaryCode(),
    "noise": BinaryCode(noise=1.0),
    "straight through": BinaryCode(straight_through=True),
}


def run(journal):
    rows = []
    for name, hide in (("arxiv", 0.8), ("20newsgroups", 0.7)):
        texts = load_text(name, seed=0)
        weigh = TfidfTransformer(sublinear_tf=True).fit(texts.x_train)
        train_w, test_w = weigh.transform(texts.x_train), weigh.transform(texts.x_test)
        same = texts.y_test[:, None] == texts.y_test
        rows.append(row(name, "chance", "", [[(same.sum() / len(same) - 1) / (len(same) - 1)] * 3]))
        rows.append(row(name, "counts", "", [precision(texts.x_test, texts)]))
        rows.append(row(name, "TF-IDF", "", [precision(test_w, texts)]))
        for units in (20, 32, 128):
            found = [
                journal.once(
                    f"{name}, {units} units, seed {seed}",
                    functools.partial(codes, train_w, test_w, units, hide, seed, texts),
                )
                for seed in range(3)
            ]
            for kind in found[0]:
                rows.append(row(name, kind, units, [one[kind] for one in found]))
    return rows


def codes(train_w, test_w, units, hide, seed, texts):
    """`{kind: precisions, and for binary units the share that is nearly binary}`, of one seed."""

    def trained(**options):
        keras.utils.set_random_seed(seed)
        model = SemanticHashing(train_w.shape[1], units, (500, 250), hide=hide, **options)
        x = train_w.toarray().astype("float32")
        train(model, x, 72_000, batch_size=128, rate=4e-3, verbose=0)
        return model

    svd = TruncatedSVD(units, random_state=seed).fit(train_w)
    deep = trained()
    bits = {
        "hyperplanes": Hyperplanes(test_w.shape[1], units, seed)(test_w),
        "LSA + ITQ": ITQ(unit(svd.transform(train_w)), seed=seed)(unit(svd.transform(test_w))),
        "deep + ITQ": ITQ(unit(deep.encode(train_w)), seed=seed)(unit(deep.encode(test_w))),
    }
    found = {
        "LSA": precision(svd.transform(test_w), texts),
        "deep": precision(deep.encode(test_w), texts),
    }
    for kind, layer in BINARY.items():
        model = trained(binarise=BinaryCode.from_config(layer.get_config()))
        real = model.encode(test_w)
        found[f"{kind}, real"] = [*precision(real, texts), np.mean(np.abs(real) > 0.8)]
        bits[f"{kind}, bits"] = model.hash(test_w)
    return found | {kind: precision(b, texts, metric="hamming") for kind, b in bits.items()}


def unit(rows):
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def precision(rows, texts, **options):
    return list(retrieval_precision(rows, texts.y_test, list(KS), **options))


def row(name, kind, units, found):
    values = np.array([one[:3] for one in found], float)
    spread = np.ptp(values, axis=0) / 2
    middle = values.mean(axis=0)
    shown = {f"at {k}": f"{m:.3f} ± {s:.3f}" for k, m, s in zip(KS, middle, spread, strict=True)}
    sure = f"{np.mean([one[3] for one in found]):.2f}" if len(found[0]) > 3 else ""
    return {"texts": name, "by": kind, "units": str(units), **shown, "nearly binary": sure}
