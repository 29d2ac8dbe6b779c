"""Models of pixels at paper scale: nats against time, and whether halves agree."""

import numpy as np

TITLE = "Pixel by pixel at paper scale: nats of binarised digits, and whether halves agree"
PROTOCOL = (
    "MNIST, 28 × 28, binarised once, seed 0 (the published fixed binarisation is another draw of "
    "the same kind); 50,000 images to train, 10,000 to choose the pass, 10,000 to report. Adam, "
    "the rate as stated falling along a cosine, batch 100, gradients clipped at 1 (MADE: biases "
    "from the pixels' frequencies). −log p(x) is exact; nats an image. Halves agree: in % of 500 "
    "drawn images two classifiers, one for the upper half and one for the lower, name the same "
    "digit. Curve: pass, seconds, nats of the validation images"
)
ABOUT = (
    "Published: van den Oord et al., 2016. −log p of the test images, nats an image, lower is "
    "better"
)
FIGURE = "nats"
# name: kind of model, its options, rate, passes, published nats
ROWS = {
    "MADE, 500 units": ("MADE", {"units": (500,)}, 1e-3, 100, "NADE 88.33"),
    "MADE, 8,000 units": ("MADE", {"units": (8_000,)}, 3e-4, 40, "NADE 88.33"),
    "PixelCNN, 12 blocks of 32": ("PixelCNN", {"filters": 32, "depth": 12}, 2e-3, 80, "81.30"),
    "Row LSTM, 32 units": ("PixelRNN", {"units": 32}, 4e-3, 150, "-"),
    "Diagonal BiLSTM, 32 units": (
        "PixelRNN",
        {"units": 32, "kind": "diagonal"},
        4e-3,
        80,
        "80.75 (1 layer)",
    ),
}
BATCH = 100


def row(name, seconds, journal):
    import keras

    from course_lib import models
    from course_lib.data import load_images
    from tests.benchmarks.clock import Clock
    from tests.benchmarks.scanning import Scanned

    kind, options, rate, passes, published = ROWS[name]
    data = load_images("mnist", valid=10_000)
    x, x_valid, x_test = binarised(data.x_train, data.x_valid, data.x_test)
    keras.utils.set_random_seed(0)
    model = getattr(models, kind)((28, 28, 1), **options)
    if kind == "MADE":
        often = np.clip(x.mean(axis=0).ravel(), 1e-4, 1 - 1e-4)
        model.direct.bias.assign(np.log(often / (1 - often)))
    model.compile(keras.optimizers.Adam(rate, clipnorm=None if kind == "MADE" else 1.0))
    training, clock, curve = Scanned([model], x, BATCH), Clock(passes, seconds), []
    found = {"model": name, "weights": model.count_params(), "published": published}
    found |= {"rate": rate}
    for number in journal.passes(training, clock, curve):
        training.train([rate * clock.cosine()])
        valid = training.evaluate(x_valid)["nll"]
        training.keep(valid)
        curve.append([number, round(clock.seconds, 1), round(float(valid[0]), 3)])
        grown = {"passes": number, "training seconds": clock.seconds}
        grown |= {"nats, validation": float(training.best[0]), "curve": curve}
        journal.report(found | grown)
    found |= {"passes": clock.done, "training seconds": clock.seconds}
    training.restore()
    found |= {"nats": float(-model.log_prob(x_test, 500).mean())}
    found |= {"nats, validation": float(training.best[0]), "curve": curve}
    journal.report(found)
    agree = readers(x, data.y_train)
    mixed = np.concatenate([x_test[:, :14], np.roll(x_test, 1, axis=0)[:, 14:]], axis=1)
    found |= {
        "halves agree, %": agree(model.generate(500, seed=0)),
        "real, %": agree(x_test),
        "chance, %": agree(mixed),
    }
    journal.report(found)


def binarised(*parts):
    rng = np.random.default_rng(0)
    return [(rng.random(x.shape, "float32") < x).astype("float32") for x in parts]


def readers(x, y):
    """How often, in %, a reader of upper halves and one of lower halves name the same digit."""
    upper, lower = (_reader(x, y, rows) for rows in (slice(14), slice(14, 28)))
    return lambda x: 100 * float(np.mean(upper(x).argmax(1) == lower(x).argmax(1)))


def _reader(x, y, rows):
    """A classifier that sees some rows of the image only."""
    import keras

    seen = np.zeros((28, 28, 1), "float32")
    seen[rows] = 1
    keras.utils.set_random_seed(0)
    conv = {"strides": 2, "activation": "relu"}
    layers = [keras.layers.Conv2D(16, 3, **conv), keras.layers.Conv2D(32, 3, **conv)]
    layers += [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(128, "relu")]
    model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[:12_000] * seen, y[:12_000], batch_size=64, epochs=3, verbose=0)
    return lambda x: model.predict(x * seen, batch_size=500, verbose=0)
