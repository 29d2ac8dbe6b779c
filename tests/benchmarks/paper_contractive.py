"""One layer of 1,000 tied sigmoid units: plain, denoising and contractive, then fine-tuned."""

import time

import keras
from keras import ops

from course_lib.data import load_images
from course_lib.layers import GaussianCorruption, TiedDense
from course_lib.losses import contraction_dense
from course_lib.models import Autoencoder, ContractiveAutoencoder, DenoisingAutoencoder
from tests.benchmarks.paper_stacked import KeepBest

TITLE = (
    "Contractive at paper scale: error after fine-tuning from plain, denoising, contractive codes"
)
PROTOCOL = (
    "784-1000, tied sigmoid, Bernoulli likelihood; MNIST's training images, 50,000 to train and "
    "10,000 to choose; 10 passes of Adam, 2e-3 falling along a cosine, batch 128; then 784-1000-10 "
    "fine-tuned for 10 passes, Adam 1e-3 falling along a cosine, batch 128; noise, penalty and "
    "the number of passes chosen by validation error; error on the 10,000 test images; norm of the "
    "Jacobian (root mean square over 1,000 validation images) before fine-tuning. One seed, 0"
)
CONTENDERS = [
    ("AE", None, "1.78"),
    ("DAE-g", 0.3, "1.18"),
    ("DAE-g", 0.6, "1.18"),
    ("CAE", 0.1, "1.14"),
    ("CAE", 0.5, "1.14"),
]
PASSES, BATCH = 10, 128


def make(name, strength):
    keras.utils.set_random_seed(0)
    encoder = keras.layers.Dense(1000, "sigmoid")
    options = {"likelihood": "bernoulli"}
    if name == "AE":
        return Autoencoder(encoder, TiedDense(encoder), **options)
    if name == "DAE-g":
        noise = GaussianCorruption(strength, seed=0)
        return DenoisingAutoencoder(encoder, TiedDense(encoder), noise, **options)
    return ContractiveAutoencoder(encoder, weight=strength, method="chain", **options)


def falling(rate, images):
    steps = PASSES * -(-images // BATCH)
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))


def run():
    data = load_images("mnist", valid=10_000)
    flat = [x.reshape(-1, 784) for x in (data.x_train, data.x_valid, data.x_test)]
    train, valid, test = zip(flat, (data.y_train, data.y_valid, data.y_test), strict=True)
    rows = []
    for name, strength, published in CONTENDERS:
        start = time.perf_counter()
        model = make(name, strength)
        model.compile(falling(2e-3, len(train[0])))
        model.fit(train[0], batch_size=BATCH, epochs=PASSES, verbose=0)
        norm = float(ops.sqrt(ops.mean(contraction_dense(model.encoder, valid[0][:1000])[1])))
        network = keras.Sequential([model.encoder, keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(falling(1e-3, len(train[0])), loss, steps_per_execution=16)
        keep = KeepBest(valid)
        network.fit(*train, batch_size=BATCH, epochs=PASSES, verbose=0, callbacks=[keep])
        rows.append(
            {
                "pretraining": name,
                "noise or weight": "-" if strength is None else f"{strength:g}",
                "Jacobian": norm,
                "validation error (%)": keep.best,
                "test error (%)": keep.test_error(test),
                "published": published,
                "minutes": (time.perf_counter() - start) / 60,
            }
        )
        print(rows[-1], flush=True)
    for row in rows:
        same = [other for other in rows if other["pretraining"] == row["pretraining"]]
        best = min(same, key=lambda other: other["validation error (%)"])
        row["chosen"] = "yes" if row is best else "no"
    return rows
