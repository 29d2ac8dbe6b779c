"""Codes a second at equal objective: FISTA, scikit-learn, the PSD encoder, LISTA."""

import os
import statistics
import time

import keras
import numpy as np
from keras import ops
from sklearn.decomposition import sparse_encode
from threadpoolctl import threadpool_limits

from course_lib.data import load_patches
from course_lib.layers import LISTA, SoftThreshold
from course_lib.models import PredictiveSparseDecomposition, fista

TITLE = "Codes of natural patches: how many a second, and how far from the optimum"
PROTOCOL = (
    "whitened patches of 12 × 12 pixels, 20,000 to train; dictionary and shrinkage encoder by PSD, "
    "λ = 2, γ = 1, 15 passes; LISTA from that dictionary, 15 passes on optimal codes of 20,000; "
    "excess = mean of (energy − optimum) / optimum over 500 test patches, optimum by FISTA to a "
    "duality gap of 1e-6. scikit-learn codes these 500, on one core or all, whichever is faster; "
    "FISTA codes 10,000 with as many steps as it needs to come as near as scikit-learn's default; "
    "encoders code 10,000, in batches of 2,000. Median of 5 rounds in which all take turns in one "
    "process, after one of warm-up; ratio to scikit-learn's faster one in the same round"
)
ATOMS, SPARSITY, ROUNDS, FEW, MANY = (256, 1024), 2.0, 5, 500, 10_000


def encoder_layer(atoms):
    return keras.Sequential([keras.layers.Dense(atoms), SoftThreshold(0.5, learned=True)])


def trained(atoms, x):
    keras.utils.set_random_seed(0)
    encoder = encoder_layer(atoms)
    psd = PredictiveSparseDecomposition(atoms, SPARSITY, encoder=encoder)
    steps = 15 * -(-len(x) // 200)
    psd.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)))
    psd.fit(x, batch_size=200, epochs=15, verbose=0)
    D = ops.convert_to_numpy(psd.dictionary)
    optimal = ops.convert_to_numpy(fista(x, D, SPARSITY, 500, tolerance=1e-3))
    encoders = {"PSD encoder": psd.encoder}
    for count in (1, 3, 7):
        lista = keras.Sequential([LISTA(atoms, count, D, SPARSITY)])
        rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
        lista.compile(keras.optimizers.Adam(rate), "mse")
        lista.fit(x, optimal, batch_size=200, epochs=15, verbose=0)
        encoders[f"LISTA, {count} step{'s' * (count > 1)}"] = lista
    return D, encoders


def predict(encoder):
    encoder.compile()

    def code(x):
        return encoder.predict(x, batch_size=2_000, verbose=0)

    return code


def scikit_learn(algorithm, D, jobs):
    def code(x):
        with threadpool_limits(1 if jobs > 1 else None):
            return sparse_encode(x, D, algorithm=algorithm, alpha=SPARSITY / 2, n_jobs=jobs)

    return code


def by_fista(D, steps):
    return lambda x: ops.convert_to_numpy(fista(x, D, SPARSITY, steps))


def run():
    data = load_patches(train=20_000, valid=0, test=MANY)
    few, rows = data.x_test[:FEW], []
    for atoms in ATOMS:
        D, encoders = trained(atoms, data.x_train)
        best = energy(few, fista(few, D, SPARSITY, 20_000, tolerance=1e-6), D)

        def excess(codes, D=D, best=best):
            return float(np.mean((energy(few, codes, D) - best) / best))

        cores = len(os.sched_getaffinity(0))
        contenders = {}
        for algorithm in ("lasso_cd", "lasso_lars"):
            for jobs in {1, cores}:
                name = f"scikit-learn {algorithm}, {jobs} core{'s' * (jobs > 1)}"
                contenders[name] = scikit_learn(algorithm, D, jobs), few
        near = excess(contenders["scikit-learn lasso_cd, 1 core"][0](few))
        steps = next(n for n in range(5, 2000, 5) if excess(fista(few, D, SPARSITY, n)) <= near)
        contenders[f"FISTA, {steps} steps"] = by_fista(D, steps), data.x_test
        for name, encoder in encoders.items():
            contenders[name] = predict(encoder), data.x_test
        rates = {name: [] for name in contenders}
        for rounds in range(ROUNDS + 1):
            for name, (code, x) in contenders.items():
                start = time.perf_counter()
                code(x)
                if rounds:
                    rates[name].append(len(x) / (time.perf_counter() - start))
        theirs = [max(r[i] for n, r in rates.items() if "scikit" in n) for i in range(ROUNDS)]
        for name, (code, _) in contenders.items():
            ratios = [a / b for a, b in zip(rates[name], theirs, strict=True)]
            rows.append(
                {
                    "atoms": atoms,
                    "method": name,
                    "codes a second": statistics.median(rates[name]),
                    "times scikit-learn": statistics.median(ratios),
                    "excess": excess(code(few)),
                }
            )
            print(rows[-1], flush=True)
    return rows


def energy(x, codes, D):
    x, codes = x.astype("float64"), np.asarray(ops.convert_to_numpy(codes), "float64")
    return ((x - codes @ D) ** 2).sum(1) + SPARSITY * np.abs(codes).sum(1)
