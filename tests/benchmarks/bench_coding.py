"""Codes a second at equal objective: FISTA, scikit-learn, the PSD encoder, LISTA."""

import os
import statistics
import time

import keras
import numpy as np
from keras import ops
from sklearn.decomposition import sparse_encode
from sklearn.linear_model import Lasso
from threadpoolctl import threadpool_limits

from course_lib.coding import fista
from course_lib.data import load_patches
from course_lib.layers import LISTA, SoftThreshold
from course_lib.models import PredictiveSparseDecomposition

TITLE = "Codes of natural patches: how many a second, and how far from the optimum"
PROTOCOL = (
    "patches of 12 × 12 pixels, whitened (λ = 4) or of equal contrast (λ = 0.2), 20,000 to train; "
    "dictionary and shrinkage encoder by PSD, γ = 1, 5 passes; LISTA from that dictionary, 5 "
    "passes on codes of the training patches; excess = mean energy above the optimum, relative, "
    "500 test patches, optimum by 5,000 steps of FISTA in float64. scikit-learn codes the 500: "
    "sparse_encode as it is, on one core or all, and Lasso with its tolerance loosened until the "
    "excess is below 1e-3, or 1e-6; FISTA codes 10,000 with as many steps as bring it there; "
    "encoders code 10,000 at once. Median of 5 rounds in which all take turns in one process, "
    "after one of warm-up; ratios to the fastest sparse_encode of the same round"
)
SETS = [("whiten", 256, 4.0), ("whiten", 1024, 4.0), ("contrast", 256, 0.2)]
PASSES, ROUNDS, FEW, MANY = 5, 5, 500, 10_000
EXCESS = (1e-3, 1e-6)
STEPS = sorted({round(5 * 1.15**n) for n in range(40)})


def trained(x, atoms, sparsity):
    keras.utils.set_random_seed(0)
    threshold = SoftThreshold(sparsity / 4, learned=True)
    encoder = keras.Sequential([keras.layers.Dense(atoms), threshold])
    psd = PredictiveSparseDecomposition(atoms, sparsity, encoder=encoder)
    steps = PASSES * -(-len(x) // 200)
    psd.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)))
    psd.fit(x, batch_size=200, epochs=PASSES, verbose=0)
    D = ops.convert_to_numpy(psd.dictionary)
    optimal = ops.convert_to_numpy(fista(x, D, sparsity, 100))
    encoders = {"PSD encoder": psd.encoder}
    for count in (1, 3, 7):
        lista = keras.Sequential([LISTA(atoms, count, D, sparsity)])
        rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
        lista.compile(keras.optimizers.Adam(rate), "mse")
        lista.fit(x, optimal, batch_size=200, epochs=PASSES, verbose=0)
        encoders[f"LISTA, {count} step{'s' * (count > 1)}"] = lista
    return D, encoders


def predict(encoder):
    encoder.compile()
    return encoder.predict_on_batch


def scikit_learn(algorithm, D, sparsity, jobs):
    def code(x):
        with threadpool_limits(1 if jobs > 1 else None):
            return sparse_encode(x, D, algorithm=algorithm, alpha=sparsity / 2, n_jobs=jobs)

    return code


def lasso(D, sparsity, tol):
    # A Gram matrix of one's own is taken as it is, and computed once for all patches.
    alpha, gram = sparsity / (2 * D.shape[1]), np.ascontiguousarray(D @ D.T)

    def code(x):
        model = Lasso(alpha, fit_intercept=False, precompute=gram, tol=tol, max_iter=100_000)
        return model.fit(D.T, x.T).coef_

    return code


def by_fista(D, sparsity, steps):
    return lambda x: ops.convert_to_numpy(fista(x, D, sparsity, steps))


def first(candidates, good):
    """The first candidate that is good enough, under its name."""
    return next((name, code) for name, code in candidates if good(code))


def compare(data, atoms, sparsity):
    D, encoders = trained(data.x_train, atoms, sparsity)
    D64, few, many = D.astype("float64"), data.x_test[:FEW].astype("float64"), data.x_test
    optimum = energy(few, fista(few, D64, sparsity, 5_000), D64, sparsity)

    def excess(code, x=few):
        return energy(few, code(x)[:FEW], D64, sparsity) / optimum - 1

    contenders = {}
    for algorithm in ("lasso_cd", "lasso_lars"):
        for jobs in {1, len(os.sched_getaffinity(0))}:
            name = f"sparse_encode, {algorithm}, {jobs} core{'s' * (jobs > 1)}"
            contenders[name] = scikit_learn(algorithm, D64, sparsity, jobs), few
    for target in EXCESS:
        tolerances = (10.0**-n for n in range(12))
        loosened = [
            (f"Lasso, tolerance {tol:.0e}", lasso(D64, sparsity, tol)) for tol in tolerances
        ]
        name, code = first(loosened, lambda code, target=target: excess(code) <= target)
        contenders[name] = code, few
        steps = [(f"FISTA, {n} steps", by_fista(D, sparsity, n)) for n in STEPS]
        name, code = first(
            steps, lambda code, target=target: excess(code, data.x_test[:FEW]) <= target
        )
        contenders[name] = code, many
    contenders |= {name: (predict(encoder), many) for name, encoder in encoders.items()}
    rates = {name: [] for name in contenders}
    for rounds in range(ROUNDS + 1):
        for name, (code, x) in contenders.items():
            start = time.perf_counter()
            code(x)
            if rounds:
                rates[name].append(len(x) / (time.perf_counter() - start))
    encode = [max(r[i] for n, r in rates.items() if "sparse_" in n) for i in range(ROUNDS)]
    for name, (code, x) in contenders.items():
        yield {
            "method": name,
            "codes a second": statistics.median(rates[name]),
            "times sparse_encode": median_ratio(rates[name], encode),
            "excess": float(excess(code, x[:FEW])),
        }


def median_ratio(ours, theirs):
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def run():
    rows = []
    for scaling, atoms, sparsity in SETS:
        data = load_patches(12, 20_000, 0, MANY, scaling)
        for row in compare(data, atoms, sparsity):
            rows.append({"patches": scaling, "atoms": atoms} | row)
            print(rows[-1], flush=True)
    return rows


def energy(x, codes, D, sparsity):
    codes = np.asarray(ops.convert_to_numpy(codes), "float64")
    return float((((x - codes @ D) ** 2).sum(1) + sparsity * np.abs(codes).sum(1)).mean())
