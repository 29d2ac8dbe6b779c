"""Models of pixels trained longer, deeper and with a wider view: nats, and whether halves agree."""

import time

TITLE = "Pixels: does depth, training or view make the two halves of a drawn digit agree?"
PROTOCOL = (
    "MNIST, 28 × 28, binarised once; Adam with warm-up and cosine, 6e-3 and gradients clipped at "
    "1, batch 16 (MADE: 5e-3, batch 100, biases from the pixels' frequencies); 16 filters or "
    "units; nats an image on 2,000 test images; halves agree: in % of 500 drawn images two "
    "classifiers, one for the upper half and one for the lower, name the same digit; seed 0"
)
# name: kind of model, its options, images a pass, passes
KINDS = {
    "MADE, 500 units": ("MADE", {"units": (500,)}, 50_000, 8),
    "MADE, 500 units, 10,000 images": ("MADE", {"units": (500,)}, 10_000, 8),
    "PixelCNN, 2 blocks (4 rows seen)": ("PixelCNN", {"depth": 2}, 10_000, 1),
    "PixelCNN, 5 blocks (7 rows seen)": ("PixelCNN", {"depth": 5}, 10_000, 1),
    "PixelCNN, 5 blocks, 4 × the images": ("PixelCNN", {"depth": 5}, 40_000, 1),
    "PixelCNN, 12 blocks (14 rows seen)": ("PixelCNN", {"depth": 12}, 10_000, 1),
    "PixelCNN, 12 blocks, 4 × the images": ("PixelCNN", {"depth": 12}, 40_000, 1),
    "Row LSTM": ("PixelRNN", {}, 10_000, 1),
    "Row LSTM, 4 × the images": ("PixelRNN", {}, 40_000, 1),
    "Diagonal BiLSTM": ("PixelRNN", {"kind": "diagonal"}, 10_000, 1),
}


def run():
    import keras
    import numpy as np

    from course_lib import models
    from course_lib.data import load_images
    from course_lib.training import train

    data = load_images("mnist", train=50_000, valid=0, test=2_000)
    rng = np.random.default_rng(0)
    x_train, x_test = (
        (rng.random(x.shape, "float32") < x).astype("float32") for x in (data.x_train, data.x_test)
    )
    readers = [_reader(x_train, data.y_train, rows) for rows in (slice(14), slice(14, 28))]

    def agree(x):
        upper, lower = (reader(x).argmax(1) for reader in readers)
        return 100 * float(np.mean(upper == lower))

    mixed = np.concatenate([x_test[:, :14], np.roll(x_test, 1, axis=0)[:, 14:]], axis=1)
    rows = []
    for name, (kind, options, count, passes) in KINDS.items():
        keras.utils.set_random_seed(0)
        model = getattr(models, kind)((28, 28, 1), **options)
        begin = time.perf_counter()
        if kind == "MADE":
            often = np.clip(x_train[:count].mean(axis=0).ravel(), 1e-4, 1 - 1e-4)
            model.direct.bias.assign(np.log(often / (1 - often)))
            train(model, x_train[:count], count * passes, 100, 5e-3, verbose=0)
        else:
            train(model, x_train[:count], count * passes, 16, 6e-3, clipnorm=1, verbose=0)
        rows.append(
            {
                "model": name,
                "weights": model.count_params(),
                "images seen": count * passes,
                "nats": float(-model.log_prob(x_test).mean()),
                "halves agree, %": agree(model.generate(500, seed=0)),
                "real, %": agree(x_test),
                "chance, %": agree(mixed),
                "seconds": time.perf_counter() - begin,
            }
        )
        print(rows[-1], flush=True)
    return rows


def _reader(x, y, rows):
    """A classifier that sees some rows of the image only."""
    import keras
    import numpy as np

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
