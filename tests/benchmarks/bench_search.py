"""Queries a second and bytes a document: every way to find the ten nearest of many."""

import statistics
import time

import numpy as np
from threadpoolctl import threadpool_limits

from course_lib.search import Hyperplanes, Index
from course_lib.search.every import have_faiss

TITLE = "The ten nearest of many codes: queries a second, bytes a document"
PROTOCOL = (
    "32 numbers a document, of length 1, around one centre a hundred documents, and 100 queries "
    "like them; one thread, queries one by one (a search engine's case), median of 3 rounds; bits "
    "by random hyperplanes; recall = share of the ten nearest by the numbers that are among those "
    "found; a ball is asked for ten documents, or for all within a radius"
)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FEATURES, QUERIES, K, ROUNDS = 32, 100, 10, 3


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def documents(count):
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(count // 100, FEATURES)).astype("float32")
    of = rng.integers(len(centres), size=count + QUERIES)
    x = centres[of] + 0.5 * rng.normal(size=(len(of), FEATURES)).astype("float32")
    x = unit(x)
    return x[:count], x[count:]


def by_numpy(x):
    def search(query):
        products = x @ query[0]
        return np.argpartition(-products, K)[None, :K]

    return search


def rate(search, queries):
    """Queries a second, one by one, and what was found for each."""
    seconds = []
    # A slow way is timed on fewer queries.
    start = time.perf_counter()
    search(queries[:1])
    few = int(np.clip(0.5 / (time.perf_counter() - start), 5, len(queries)))
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for i in range(few):
            search(queries[i : i + 1])
        seconds.append((time.perf_counter() - start) / few)
    return 1 / statistics.median(seconds), [search(queries[i : i + 1])[0] for i in range(few)]


def contenders(x, queries):
    """Name, search, queries of its kind, bytes a document."""
    yield "NumPy, 32 numbers", by_numpy(x), queries, x.itemsize * FEATURES
    flat = Index(x)
    yield f"{flat._engine.by} flat, 32 numbers", of(flat), queries, flat.nbytes / len(x)
    for bits in (32, 128):
        planes = Hyperplanes(FEATURES, bits)
        binary = Index(planes(x), "binary")
        name = f"{binary._engine.by} binary, {bits} bits"
        yield name, of(binary), planes(queries), binary.nbytes / len(x)
    for bits in (16, 24):
        planes = Hyperplanes(FEATURES, bits)
        ball = Index(planes(x), "ball")
        size = ball.nbytes / len(x)
        yield f"ball, {bits} bits, ten nearest", of(ball), planes(queries), size
        for radius in (1, 2, 3):
            name = f"ball, {bits} bits, radius {radius}"
            yield name, lambda q, ball=ball, r=radius: ball.within(q, r), planes(queries), size


def of(index):
    return lambda query: index.search(query, K)[1]


def run():
    import faiss

    faiss.omp_set_num_threads(1)
    assert have_faiss()
    rows = []
    for count in SIZES:
        x, queries = documents(count)
        exact = Index(x).search(queries, K)[1]
        with threadpool_limits(1):
            for name, search, given, size in contenders(x, queries):
                rate_of, found = rate(search, given)
                kept = [np.isin(e, f).mean() for e, f in zip(exact, found, strict=False)]
                rows.append(
                    {
                        "documents": f"{count:,}",
                        "method": name,
                        "queries a second": rate_of,
                        "bytes a document": float(size),
                        "found": float(np.mean([len(f) for f in found])),
                        "recall of ten": float(np.mean(kept)),
                    }
                )
                print(rows[-1], flush=True)
    return rows
