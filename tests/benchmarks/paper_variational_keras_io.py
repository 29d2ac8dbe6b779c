"""The variational autoencoder of keras.io's example, with the held-out figure it lacks."""

import time

import keras
import numpy as np

from course_lib.data import load_images
from course_lib.models import VAE

TITLE = "Variational, keras.io's example: loss of its VAE with two latents"
PROTOCOL = (
    "convolutions 32 and 64 of stride 2, dense 16, two latents; dense 3,136, transposed "
    "convolutions 64, 32 and 1; Adam 1e-3, batch 128, 30 passes; summed cross-entropy of grey "
    "pixels plus summed KL divergence, nats an image, one draw of z. 'theirs': trained on all "
    "70,000 images as published, the mean over the last pass while it trains; 'held out': trained "
    "on 60,000, test = the other 10,000 afterwards. Seed 0"
)
ABOUT = (
    "Published: the Keras examples. Loss of the images trained on, nats an image, lower is better"
)
FIGURE = "loss, last pass"
# name: whether the test images are among those trained on, published
ROWS = {
    "held out": (False, "146.95 (140.15 + 6.80)"),
    "theirs": (True, "146.95 (140.15 + 6.80)"),
}
PASSES = 30


def networks():
    layers = keras.layers
    encoder = [
        layers.Conv2D(32, 3, 2, "same", activation="relu"),
        layers.Conv2D(64, 3, 2, "same", activation="relu"),
        layers.Flatten(),
        layers.Dense(16, "relu"),
        layers.Dense(4),
    ]
    decoder = [
        layers.Dense(7 * 7 * 64, "relu"),
        layers.Reshape((7, 7, 64)),
        layers.Conv2DTranspose(64, 3, 2, "same", activation="relu"),
        layers.Conv2DTranspose(32, 3, 2, "same", activation="relu"),
        layers.Conv2DTranspose(1, 3, padding="same"),
    ]
    return keras.Sequential(encoder), keras.Sequential(decoder)


def row(name, seconds, journal):
    """One row in full: its time is not cut short."""
    everything, published = ROWS[name]
    data = load_images("mnist", valid=0)
    x = np.concatenate([data.x_train, data.x_test]) if everything else data.x_train
    keras.utils.set_random_seed(0)
    vae = VAE(*networks())
    vae.compile(keras.optimizers.Adam(1e-3))
    start = time.perf_counter()
    history = vae.fit(x, batch_size=128, epochs=PASSES, verbose=0).history
    found = {"protocol": name, "published": published}
    found |= {f"{term}, last pass": history[term][-1] for term in ("loss", "reconstruction", "kl")}
    test = "-"
    if not everything:
        test = vae.evaluate(data.x_test, batch_size=500, return_dict=True, verbose=0)["loss"]
        test = f"{test:.2f}"
    journal.report(found | {"test": test, "minutes": (time.perf_counter() - start) / 60})
