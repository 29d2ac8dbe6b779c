"""The convolutional autoencoder of the Keras examples, trained as they train it."""

import keras
import numpy as np
from keras import ops

from course_lib.data import load_images
from course_lib.models import ConvAutoencoder

TITLE = "Convolutional at paper scale: cross-entropy a pixel of the Keras examples' autoencoder"
PROTOCOL = (
    "ConvAutoencoder((32, 32), unpool='transpose'), 28,353 parameters, Adam at its defaults, batch "
    "128, MNIST's 60,000 training images, seed 0; mean cross-entropy a pixel on its 10,000 test "
    "images, which the example calls validation data. clean: input and target are the image. "
    "noisy: continued on inputs with Gaussian noise of 0.4, drawn once, clipped to [0, 1]; the "
    "target is the clean image"
)
ABOUT = "Published: the Keras examples. Cross-entropy a pixel after so many epochs, lower is better"
FIGURE = "cross-entropy"
EPOCHS = {"clean": 20, "noisy": 5}
PUBLISHED = {"clean": "0.0637 at 20 epochs, 0.0622 at 50", "noisy": "0.0839 at 100 epochs"}
BATCH = 128


def run(journal):
    return journal.once("both", trained)


def trained():
    keras.utils.set_random_seed(0)
    data = load_images("mnist", valid=0)
    x_train, x_test = data.x_train, data.x_test
    rng = np.random.default_rng(0)
    noisy_train, noisy_test = (
        np.clip(x + 0.4 * rng.normal(size=x.shape), 0, 1).astype("float32")
        for x in (x_train, x_test)
    )
    model = ConvAutoencoder((32, 32), unpool="transpose")
    network = keras.Sequential([model.encoder, model.decoder])
    network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), jit_compile=False)
    rows = []
    for how, x, x_valid in (("clean", x_train, x_test), ("noisy", noisy_train, noisy_test)):
        validation = {"validation_data": (x_valid, x_test), "validation_batch_size": 1000}
        fitted = network.fit(
            x, x_train, batch_size=BATCH, epochs=EPOCHS[how], verbose=2, **validation
        )
        for epoch in sorted({5, 10, 20, EPOCHS[how]}):
            if epoch <= EPOCHS[how]:
                rows.append(row(how, epoch, fitted.history["val_loss"][epoch - 1]))
    nats = [ops.mean(model.loss_terms(x)["reconstruction"]) for x in np.split(x_test, 10)]
    print("by the library's own loss, clean images:", float(np.mean(nats)) / 784)
    return rows


def row(how, epoch, loss):
    return {"input": how, "epochs": epoch, "cross-entropy": loss, "published": PUBLISHED[how]}
