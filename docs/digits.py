"""The networks behind *Draw a digit*, trained, rounded to eight bits and packed into one file.

    w ≈ s · q,   q a whole number from −127 to 127,   s = max |w| / 127,   for each array w

`python -m docs.digits` trains an autoencoder, a denoiser, a VAE and an adversarial autoencoder,
each with two numbers as its code, and writes `docs/static/draw/digits.js`: their weights, where
test digits have their codes, how large errors are, and digits to show as neighbours. What is
written of a network is measured after rounding.
"""

import base64
import gzip
import json
from pathlib import Path

import keras
import numpy as np
from keras.layers import Dense

from course_lib.data import load_images
from course_lib.layers import GaussianCorruption, GaussianPrior
from course_lib.metrics import squared_error
from course_lib.models import VAE, AdversarialAutoencoder, Autoencoder, DenoisingAutoencoder
from course_lib.training import train

FILE = Path("docs/static/draw/digits.js")
START, END = "const DIGITS = ", ";\n"
WIDTHS = [96, 32]
SEEN = 1_000_000  # images that a network sees in training
SHOWN, PICTURED = 1_000, 500  # test digits on the map, and those of them that are neighbours
GREYS = 15


def layers(code, hidden="relu"):
    """An encoder 784 → code and a decoder 2 → 784 logits."""

    def chain(widths, outputs):
        return keras.Sequential([*(Dense(width, hidden) for width in widths), Dense(outputs)])

    keras.utils.set_random_seed(0)
    return chain(WIDTHS, code), chain(WIDTHS[::-1], 784)


def trained(x):
    """`{name: model}` of images x `(N, 784)`."""
    nll = {"likelihood": "bernoulli"}
    models = {
        "Autoencoder": Autoencoder(*layers(2), **nll),
        "Denoiser": DenoisingAutoencoder(*layers(2), GaussianCorruption(0.5, seed=0), **nll),
        "VAE": VAE(*layers(4), seed=0),
    }
    for model in models.values():
        train(model, x, SEEN, batch_size=200, rate=3e-3, verbose=0)
    judge = keras.Sequential([Dense(128, "relu"), Dense(128, "relu"), Dense(1)])
    model = AdversarialAutoencoder(*layers(2), judge, GaussianPrior(2), **nll, seed=0)
    epochs = max(1, round(SEEN / len(x)))
    rates = {"reconstruction": 2e-3, "discriminator": 5e-3, "generator": 3e-3}
    model.compile(
        {
            name: keras.optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(rate, epochs * len(x) // 200),
                0.9 if name == "reconstruction" else 0.0,
            )
            for name, rate in rates.items()
        }
    )
    model.fit(x, batch_size=200, epochs=epochs, verbose=0)
    return models | {"Adversarial autoencoder": model}


def quantise(weights):
    """Scales s and whole numbers q, int8, of arrays w ≈ s q."""
    scales = [float(np.abs(w).max() / 127) or 1.0 for w in weights]
    return scales, [np.rint(w / s).astype("int8") for s, w in zip(scales, weights, strict=True)]


def dequantise(scales, whole):
    """The arrays s q, float32."""
    return [np.float32(s) * q.astype("float32") for s, q in zip(scales, whole, strict=True)]


def by_pca(x, x_test):
    """Test images rebuilt of two principal components of x."""
    mean = x.mean(axis=0)
    axes = np.linalg.eigh(np.cov((x - mean).T))[1][:, -2:].astype("float32")
    return (x_test - mean) @ axes @ axes.T + mean


def pack(model, x_test):
    """What the page knows of a model, and its bytes; the model's weights become rounded ones."""
    before = model.reconstruct(x_test)
    scales, whole = quantise([*model.encoder.get_weights(), *model.decoder.get_weights()])
    half = len(model.encoder.weights)
    weights = dequantise(scales, whole)
    model.encoder.set_weights(weights[:half])
    model.decoder.set_weights(weights[half:])
    after = model.reconstruct(x_test)
    errors = squared_error(x_test, after)
    codes = model.encode(x_test[:SHOWN])
    # Of few codes that lie far out the map would be empty: they are put at its edge.
    low, high = np.percentile(codes, [1, 99], axis=0)
    places = np.rint(255 * np.clip((codes - low) / (high - low), 0, 1)).astype("uint8")
    about = {
        "error": float(errors.mean()),
        "exact": float(squared_error(x_test, before).mean()),
        "moved": float(np.abs(after - before).mean()),  # a pixel, by rounding
        "scales": scales,
        "shapes": [q.shape for q in whole],
        "low": low.tolist(),
        "high": high.tolist(),
        "percentiles": np.percentile(errors, range(101)).tolist(),
    }
    return about, b"".join(part.tobytes() for part in (*whole, places))


def write(data, models, path=FILE):
    """Write what the page needs of a data set and of models trained on it."""
    x, x_test = (part.reshape(len(part), -1) for part in (data.x_train, data.x_test))
    packed = {name: pack(model, x_test) for name, model in models.items()}
    labels = data.y_test[:SHOWN].astype("uint8")
    images = np.rint(GREYS * x_test[:PICTURED]).astype("uint8")
    parts = [*(part for _, part in packed.values()), labels.tobytes(), images.tobytes()]
    told = {
        "source": data.source,
        "shown": len(labels),
        "pictured": len(images),
        "greys": GREYS,
        "tested": len(x_test),
        "pca": float(squared_error(x_test, by_pca(x, x_test)).mean()),
        "models": {name: about for name, (about, _) in packed.items()},
        "bytes": base64.b64encode(gzip.compress(b"".join(parts), 9, mtime=0)).decode(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(START + json.dumps(told, ensure_ascii=False) + END, "utf-8")


def read(path=FILE):
    """What the page is told, with `{name: weights}` instead of its bytes."""
    told = json.loads(path.read_text("utf-8").removeprefix(START).removesuffix(END))
    rest, weights = gzip.decompress(base64.b64decode(told.pop("bytes"))), {}
    for name, about in told["models"].items():
        whole = []
        for shape in about["shapes"]:
            count = int(np.prod(shape))
            whole.append(np.frombuffer(rest[:count], "int8").reshape(shape))
            rest = rest[count:]
        rest = rest[2 * told["shown"] :]
        weights[name] = dequantise(about["scales"], whole)
    return told, weights


if __name__ == "__main__":
    digits = load_images("auto")
    write(digits, trained(digits.x_train.reshape(len(digits.x_train), -1)))
    found, _ = read()
    print(f"PCA {found['pca']:.2f}; {FILE.stat().st_size / 1e3:.0f} KB")
    for name, about in found["models"].items():
        print(f"{name}: error {about['exact']:.2f}, in eight bits {about['error']:.2f}; ", end="")
        print(f"rounding moves a pixel by {about['moved']:.4f}")
