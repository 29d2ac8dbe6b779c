"""Adversarial autoencoders at the paper's widths: Parzen likelihood, 100 labels, clusters."""

import time

import keras
import numpy as np
from keras import ops

from course_lib.data import load_images
from course_lib.layers import CategoricalPrior, GaussianPrior
from course_lib.metrics import parzen_log_likelihood
from course_lib.models import AdversarialAutoencoder, ClusteringAAE, SemiSupervisedAAE

TITLE = "Adversarial towards paper scale: adversarial autoencoders of MNIST"
PROTOCOL = (
    "encoder, decoder and discriminator of two layers of 1,000 ReLU units, weights drawn with "
    "deviation 0.01 (drawn by Glorot's rule, 100 labels gave 18 % error); batch normalisation in "
    "encoder and decoder, and of the encoder's outputs; Gaussian noise of deviation 0.3 on what "
    "the discriminator sees; Bernoulli likelihood of grey pixels; Adam 1e-4 for all phases, "
    "β₁ = 0.5 for the two players, batch 100. Parzen: 8-D Gaussian codes, 10,000 generated "
    "images, 10,000 test images, width chosen on 1,000 validation images. 100 labels: ten of each "
    "class, drawn from the training images, 10 classes + 10 numbers of style, one joint "
    "discriminator (the paper has two). Clusters: 16 or 30 + 5, each named after the majority of "
    "its training images' labels. Passes over 59,000 training images as stated (the paper: up to "
    "thousands). One seed, 0"
)
PASSES, BATCH, WIDTH, NOISE, SD = 20, 100, 1_000, 0.3, 0.01
layers = keras.layers


def dense(units, activation=None):
    return layers.Dense(
        units, activation, kernel_initializer=keras.initializers.RandomNormal(0, SD)
    )


def networks(codes):
    def stack(out):
        hidden = [(dense(WIDTH), layers.BatchNormalization(), layers.ReLU()) for _ in range(2)]
        return [*hidden[0], *hidden[1], dense(out)]

    critic = [layers.GaussianNoise(NOISE), dense(WIDTH, "relu"), dense(WIDTH, "relu"), dense(1)]
    encoder = [*stack(codes), layers.BatchNormalization(center=False)]
    return [keras.Sequential(network) for network in (encoder, stack(784), critic)]


def compiled(model):
    adam = keras.optimizers.Adam
    players = ("discriminator", "generator")
    betas = {phase.name: 0.5 if phase.name in players else 0.9 for phase in model.phases()}
    model.compile({name: adam(1e-4, beta_1=beta) for name, beta in betas.items()})
    return model


def parzen(data):
    model = compiled(AdversarialAutoencoder(*networks(8), GaussianPrior(8)))
    model.fit(data["x_train"], batch_size=BATCH, epochs=PASSES, verbose=0)
    generated = ops.convert_to_numpy(model.generate(10_000, seed=0))
    widths = np.geomspace(0.1, 0.3, 10)
    held_out = data["x_valid"]
    tried = [parzen_log_likelihood(generated, held_out, width).mean() for width in widths]
    width = float(widths[int(np.argmax(tried))])
    values = parzen_log_likelihood(generated, data["x_test"], width)
    error = values.std() / np.sqrt(len(values))
    return f"{values.mean():.1f} ± {error:.1f} nats, width {width:.2f}"


def hundred_labels(data):
    model = compiled(SemiSupervisedAAE(*networks(20), CategoricalPrior(10, 10)))
    labels = data["y_train"]
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.choice(np.flatnonzero(labels == c), 10, False) for c in range(10)])
    known = data["x_train"][chosen], labels[chosen]
    model.fit(data["x_train"], labelled=known, batch_size=BATCH, epochs=PASSES, verbose=0)
    named = ops.convert_to_numpy(model.probabilities(data["x_test"])).argmax(1)
    return f"{100 * np.mean(named != data['y_test']):.2f} % error"


def clusters(data, count):
    model = compiled(ClusteringAAE(*networks(count + 5), CategoricalPrior(count, 5)))
    model.fit(data["x_train"], batch_size=BATCH, epochs=PASSES, verbose=0)
    of = {
        part: ops.convert_to_numpy(model.probabilities(data[f"x_{part}"])).argmax(1)
        for part in ("train", "test")
    }
    counts = np.zeros((count, 10))
    np.add.at(counts, (of["train"], data["y_train"]), 1)
    error = np.mean(counts.argmax(1)[of["test"]] != data["y_test"])
    return f"{100 * error:.2f} % error, {(counts.sum(1) > 0).sum()} clusters used"


def run():
    images = load_images("mnist", valid=1_000, seed=0)
    data = {name: getattr(images, name) for name in ("y_train", "y_test")}
    for part in ("train", "valid", "test"):
        x = getattr(images, f"x_{part}")
        data[f"x_{part}"] = x.reshape(len(x), -1)
    tasks = {
        "Parzen log-likelihood": (parzen, "340 ± 2 nats"),
        "100 labels": (hundred_labels, "1.90 % (recalled)"),
        "16 clusters": (lambda data: clusters(data, 16), "9.55 %"),
        "30 clusters": (lambda data: clusters(data, 30), "4.10 %"),
    }
    rows = []
    for name, (task, published) in tasks.items():
        keras.utils.set_random_seed(0)
        start = time.perf_counter()
        row = {"what": name, "ours": task(data), "published": published, "passes": PASSES}
        rows.append(row | {"seconds": time.perf_counter() - start})
        print(rows[-1], flush=True)
    return rows
