"""How much search trained encoders save: LISTA, LCoD and the searches that they unroll."""

import statistics
import time
import warnings

import keras
import numpy as np
from keras import ops
from sklearn.linear_model import Lasso
from threadpoolctl import threadpool_limits

from course_lib.coding import fista
from course_lib.data import load_patches
from course_lib.layers import LISTA, SoftThreshold
from course_lib.layers.shrinkage import soft_threshold
from course_lib.models import PredictiveSparseDecomposition
from tests.benchmarks.bench_coding import energy, median_ratio
from tests.benchmarks.clock import Clock
from tests.benchmarks.scanning import Scanned

TITLE = "LISTA at paper scale: computation for the same error, against coordinate descent"
PROTOCOL = (
    "patches of 12 × 12 pixels of equal contrast, 40,000 to train, 2,000 to choose, 500 to report; "
    "256 atoms by PSD, shrinkage encoder, λ = 0.2, γ = 1, 10 passes of Adam, 3e-3 falling along a "
    "cosine, batch 200. LISTA of T steps starts as ISTA, LCoD of T moves as coordinate descent; "
    "both learn the optimal codes, 20 passes of Adam, batch 200, of two rates (3e-3, 1e-3) falling "
    "along a cosine and of the passes the best by validation error. Error = squared distance from "
    "the optimal codes, relative to their square; optimal: 2,000 steps of FISTA. Rivals start at 0 "
    "and stop at the first step of at most the encoder's error; coordinate descent moves the "
    "coordinate that would move most, for all patches as often. Times fewer steps: than the "
    "search that the encoder unrolls; times less computation: multiply-adds of coordinate descent, "
    "PK + nK, to the encoder's, PK + (T − 1)K² or PK + TK. Processor time, in one process by "
    "turns, medians of 7 rounds, ratios to the encoder's: FISTA on 10,000 patches at once, and "
    "scikit-learn's Lasso, cyclic, on 500, with as few sweeps as reach that error. The paper's "
    "patches have 10 × 10 pixels; its 10 is for LCoD"
)
ABOUT = (
    "Published: Gregor and LeCun, 2010, of coordinate descent (LCoD). How many times more "
    "steps the search takes that an encoder unrolls, ISTA or coordinate descent, to the same "
    "error, higher is better; the errors are in the result"
)
FIGURE = "times fewer steps"
# name: encoder, T, published
ROWS = {
    "LISTA, 1 step": ("LISTA", 1, "-"),
    "LISTA, 3 steps": ("LISTA", 3, "-"),
    "LISTA, 7 steps": ("LISTA", 7, "-"),
    "LCoD, 1 move": ("LCoD", 1, "10"),
    "LCoD, 5 moves": ("LCoD", 5, "10"),
    "LCoD, 20 moves": ("LCoD", 20, "10"),
}
ATOMS, SPARSITY, BATCH, PASSES, TUNING, ROUNDS = 256, 0.2, 200, 10, 20, 7
RATES, MOST = (3e-3, 1e-3), 4_000


def row(name, seconds, journal):
    kind, T, published = ROWS[name]
    data = load_patches(12, 40_000, 2_000, 10_000, "contrast")
    D = dictionary(data.x_train, seconds / 4, journal)
    few, D64 = data.x_test[:500].astype("float64"), D.astype("float64")
    best = ops.convert_to_numpy(fista(few, D64, SPARSITY, 2_000))

    def error(codes):
        codes = ops.convert_to_numpy(codes)[: len(best)]
        return float(((codes - best) ** 2).sum() / (best**2).sum())

    encoder, spent = trained(kind, T, D, data, seconds / 2, journal)
    codes = ops.convert_to_numpy(encoder(few.astype("float32"))).astype("float64")
    reached, least = error(codes), energy(few, best, D64, SPARSITY)
    found = {"encoder": name, "published": published, "error": reached}
    found |= {"energy above the least (%)": 100 * (energy(few, codes, D64, SPARSITY) / least - 1)}
    steps = {
        rival: 1 + next(n for n, codes in enumerate(path) if error(codes) <= reached)
        for rival, path in {
            "ISTA": search(few, D64, momentum=False),
            "FISTA": search(few, D64, momentum=True),
            "coordinate descent": coordinate_descent(few, D64),
        }.items()
    }
    P, K = few.shape[1], ATOMS
    unrolled = "ISTA" if kind == "LISTA" else "coordinate descent"
    own = P * K + ((T - 1) * K**2 if kind == "LISTA" else T * K)
    found |= {FIGURE: steps[unrolled] / T}
    found |= {"times less computation": (P * K + steps["coordinate descent"] * K) / own}
    found |= {f"steps of {rival}": n for rival, n in steps.items()}
    sweeps = next(n for n in range(1, 200) if error(by_lasso(few, D64, n)) <= reached)
    encoder.compile()
    ways = {
        "encoder": (encoder.predict_on_batch, data.x_test),
        "FISTA": (lambda x: np.asarray(fista(x, D, SPARSITY, steps["FISTA"])), data.x_test),
        "scikit-learn": (lambda x: by_lasso(x, D64, sweeps), few),
    }
    took = processor_time(ways)
    found |= {
        f"processor time, {n}": median_ratio(took[n], took["encoder"]) for n in list(ways)[1:]
    }
    rate = statistics.median(1 / each for each in took["encoder"])
    journal.report(found | {"sweeps": sweeps, "codes a second": rate, "training seconds": spent})


def dictionary(x, seconds, journal):
    keras.utils.set_random_seed(0)
    threshold = SoftThreshold(SPARSITY / 4, learned=True)
    encoder = keras.Sequential([keras.layers.Dense(ATOMS), threshold])
    psd = PredictiveSparseDecomposition(ATOMS, SPARSITY, encoder=encoder)
    psd.build(x.shape)
    psd.compile(keras.optimizers.Adam(3e-3))
    training, clock = Scanned([psd], x, BATCH), Clock(PASSES, seconds)
    for _ in journal.passes(training, clock, []):
        training.train([3e-3 * clock.cosine()])
    return ops.convert_to_numpy(training.written()[0].dictionary)


class LCoD(keras.layers.Layer):
    """Coordinate descent of T moves with weights, which start as those of the descent."""

    def __init__(self, T, D):
        super().__init__()
        self.T = T
        start = D.T, np.eye(len(D)) - D @ D.T, np.full(len(D), SPARSITY / 2)
        self.kernel, self.gram, self.threshold = (
            self.add_weight(
                shape=w.shape, initializer=lambda *_, w=w, **__: ops.array(w, "float32")
            )
            for w in start
        )

    def call(self, x):
        b = x @ self.kernel
        h = ops.zeros_like(b)
        for _ in range(self.T):
            move = soft_threshold(b, self.threshold) - h
            k = ops.argmax(ops.abs(move), axis=-1)
            moved = move * ops.one_hot(k, b.shape[-1])
            b += ops.sum(moved, axis=-1, keepdims=True) * ops.take(self.gram, k, axis=0)
            h += moved
        return soft_threshold(b, self.threshold)


def trained(kind, T, D, data, seconds, journal):
    """The better of the encoders of all rates, and the seconds that they took."""
    train, valid = (
        (x, ops.convert_to_numpy(fista(x, D, SPARSITY, 200))) for x in (data.x_train, data.x_valid)
    )
    encoders = []
    for _ in RATES:
        layer = LISTA(ATOMS, T, D, SPARSITY) if kind == "LISTA" else LCoD(T, D)
        encoders.append(encoder := keras.Sequential([layer]))
        encoder.build((None, D.shape[1]))
        encoder.compile(keras.optimizers.Adam(1e-3), "mse")
    training, clock = Scanned(encoders, train, BATCH), Clock(TUNING, seconds)
    for _ in journal.passes(training, clock, []):
        training.train(np.array(RATES) * clock.cosine())
        training.keep(training.evaluate(valid)["loss"])
    return training.restore()[int(np.argmin(training.best))], clock.seconds


def shrink(v, threshold):
    return np.sign(v) * np.maximum(np.abs(v) - threshold, 0)


def search(x, D, momentum):
    """Codes after each step of ISTA, or of FISTA, which loses momentum that points uphill."""
    L = np.linalg.norm(D, 2) ** 2
    h = ahead = np.zeros((len(x), len(D)))
    s = np.ones((len(x), 1))
    fixed, keep = x @ D.T / L, np.eye(len(D)) - D @ D.T / L
    for _ in range(MOST):
        new = shrink(ahead @ keep + fixed, SPARSITY / (2 * L))
        s[((ahead - new) * (new - h)).sum(axis=1) > 0] = 1
        s_new = 0.5 + np.sqrt(0.25 + s**2)
        ahead = new + momentum * (s - 1) / s_new * (new - h)
        h, s = new, s_new
        yield h


def coordinate_descent(x, D):
    """Codes after each step, which moves the coordinate that would move most (of unit atoms)."""
    rows, gram = np.arange(len(x)), np.eye(len(D)) - D @ D.T
    h, b = np.zeros((len(x), len(D))), x @ D.T
    for _ in range(MOST):
        new = shrink(b, SPARSITY / 2)
        k = np.abs(new - h).argmax(axis=1)
        b += gram[k] * (new - h)[rows, k, None]
        h[rows, k] = new[rows, k]
        yield shrink(b, SPARSITY / 2)


def by_lasso(x, D, sweeps):
    # A Gram matrix of one's own is taken as it is, and computed once for all patches.
    gram = np.ascontiguousarray(D @ D.T)
    model = Lasso(SPARSITY / (2 * D.shape[1]), fit_intercept=False, precompute=gram, tol=1e-12)
    model.max_iter = sweeps
    with warnings.catch_warnings(), threadpool_limits(1):
        # That it has not converged is what a number of sweeps is for.
        warnings.simplefilter("ignore")
        return model.fit(D.T, x.T).coef_


def processor_time(ways):
    """Seconds of the processor for a code, of each way and round."""
    took = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, (code, x) in ways.items():
            start = time.process_time()
            code(x)
            if turn:
                took[name].append((time.process_time() - start) / len(x))
    return took
