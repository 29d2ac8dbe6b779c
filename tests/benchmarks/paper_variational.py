"""The basic variational autoencoder by its published protocol, on every backend installed."""

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec

TITLE = "Variational, a published protocol: −ELBO of the basic VAE after ten epochs"
PROTOCOL = (
    "784-400-20-400-784, ReLU, Bernoulli likelihood of grey pixels, one draw of z, Adam 1e-3, "
    "batch 128, 10 epochs of MNIST's 60,000 training images; nats an image on the 10,000 test "
    "images, one draw; seed 0"
)
ABOUT = "Published: two reproductions. −ELBO of the test images, nats an image, lower is better"
FIGURE = "test"
PUBLISHED = {"test": 105.59, "train": 106.31}


def train():
    import keras

    from course_lib.data import load_images
    from course_lib.models import VAE

    keras.utils.set_random_seed(0)
    data = load_images("mnist", valid=0)
    x_train, x_test = (x.reshape(len(x), -1) for x in (data.x_train, data.x_test))
    dense = keras.layers.Dense
    encoder = keras.Sequential([dense(400, "relu"), dense(40)])
    vae = VAE(encoder, keras.Sequential([dense(400, "relu"), dense(784)]))
    vae.compile(keras.optimizers.Adam(1e-3))
    start = time.perf_counter()
    history = vae.fit(x_train, batch_size=128, epochs=10, verbose=0).history
    seconds = time.perf_counter() - start
    logs = vae.evaluate(x_test, batch_size=500, return_dict=True, verbose=0)
    return {
        "backend": keras.backend.backend(),
        "test": logs["loss"],
        "reconstruction": logs["reconstruction"],
        "KL": logs["kl"],
        "train, last epoch": history["loss"][-1],
        "published": PUBLISHED["test"],
        "published, train": PUBLISHED["train"],
        "seconds": seconds,
    }


def run(journal):
    backends = [name for name in ("tensorflow", "jax", "torch") if find_spec(name)]
    return [journal.once(name, lambda name=name: on(name)) for name in backends]


def on(backend):
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tests.benchmarks.paper_variational"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps(train()))
