"""Patches of photographs: real images, no network.

    whitened      x W,   W = V (Λ + εI)^(−½) Vᵀ     the patches' covariance being V Λ Vᵀ
    contrast      x / max(‖x‖, median ‖x‖)

after each patch's mean brightness has been taken away. Natural images have most of their
variance in a few slow waves; without whitening these are all that a dictionary would learn.

Reference: Olshausen and Field, Emergence of simple-cell receptive field properties by learning a
    sparse code for natural images, 1996, https://doi.org/10.1038/381607a0. Bell and Sejnowski, The
    "independent components" of natural scenes are edge filters, 1997,
    https://doi.org/10.1016/S0042-6989(97)00121-1.
"""

import dataclasses
from pathlib import Path

import numpy as np

from course_lib.extras import extra
from course_lib.validation import check_whole

# Right of this share of a photograph's width nothing is trained on, left of it nothing tested.
BORDER = 0.8


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Patches:
    """Grey patches in three disjoint parts, and the way back to brightness.

    Parts hold floats32 of shape `(N, side * side)`, with a mean near 0 and, whitened, variance
    near 1. `unwhiten` `(side * side, side * side)` turns them back into differences of
    brightness; without whitening it is the identity.
    """

    source: str
    side: int
    x_train: np.ndarray
    x_valid: np.ndarray
    x_test: np.ndarray
    unwhiten: np.ndarray

    def __repr__(self):
        parts = f"{len(self.x_train)} train, {len(self.x_valid)} valid, {len(self.x_test)} test"
        return f"Patches({parts}; {self.side} × {self.side}, float32; {self.source})"


def load_patches(
    side: int = 12,
    train: int = 20_000,
    valid: int = 2_000,
    test: int = 5_000,
    normalise: str = "whiten",
    folder: str | Path | None = None,
    seed: int = 0,
) -> Patches:
    """Draws patches from photographs.

    Test patches come from the right fifth of each photograph, all others from the rest, so that
    no pixel serves both.

    Args:
        side: of a patch, in pixels.
        train: number of training patches.
        valid: number of validation patches.
        test: number of test patches.
        normalise: `"whiten"` or `"contrast"`; what is fitted is fitted on training patches.
        folder: of images (PNG or JPEG) to draw from; by default the two photographs that come
            with scikit-learn.
        seed: integer, 0 or more.

    Returns:
        `Patches`.

    Raises:
        ValueError: if a number is out of range, or the folder has no image that is large enough.
        OSError: if an image cannot be read.

    Reference: Olshausen and Field, 1996, https://doi.org/10.1038/381607a0.

    Example:

    >>> load_patches(side=8, train=100, valid=0, test=10)
    Patches(100 train, 0 valid, 10 test; 8 × 8, float32; china.jpg and flower.jpg of scikit-learn)
    """
    counts = {"side": side, "train": train, "valid": valid, "test": test, "seed": seed}
    for argument, count in counts.items():
        check_whole(argument, count, low=2 if argument in ("side", "train") else 0)
    if normalise not in ("whiten", "contrast"):
        raise ValueError(f"normalise must be 'whiten' or 'contrast', but is {normalise!r}.")
    source, images = _photographs() if folder is None else _images_in(Path(folder))
    images = [image for image in images if _fits(image, side)]
    if not images:
        raise ValueError(
            f"folder must hold an image of {round(side / (1 - BORDER))} × {side} pixels or more, "
            f"but {folder} holds none."
        )
    rng = np.random.default_rng(seed)
    left = [image[:, : int(BORDER * image.shape[1])] for image in images]
    right = [image[:, int(BORDER * image.shape[1]) :] for image in images]
    x, x_test = _draw(rng, left, train + valid, side), _draw(rng, right, test, side)
    x_train, x_valid = x[:train], x[train:]
    unwhiten = np.eye(side * side)
    if normalise == "whiten":
        whiten, unwhiten = _whitening(x_train)
        parts = [part @ whiten for part in (x_train, x_valid, x_test)]
    else:
        median = np.median(np.linalg.norm(x_train, axis=1))
        parts = [
            part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), median)
            for part in (x_train, x_valid, x_test)
        ]
    x_train, x_valid, x_test = (part.astype("float32") for part in parts)
    return Patches(source, int(side), x_train, x_valid, x_test, unwhiten.astype("float32"))


def _photographs():
    with extra("data"):
        from sklearn.datasets import load_sample_images

    images = [image.mean(axis=2) / 255 for image in load_sample_images().images]
    return "china.jpg and flower.jpg of scikit-learn", images


def _images_in(folder):
    with extra("data"):
        from PIL import Image

    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if not paths:
        raise ValueError(f"folder must hold PNG or JPEG images, but {folder} holds none.")
    images = []
    for path in paths:
        try:
            with Image.open(path) as image:
                images.append(np.asarray(image.convert("L"), "float64") / 255)
        except OSError:
            raise OSError(f"{path} cannot be read as an image: repair or remove it.") from None
    return f"{len(paths)} images of {folder.name}", images


def _fits(image, side):
    height, width = image.shape
    return height >= side and width - int(BORDER * width) >= side


def _draw(rng, images, count, side):
    """Patches from places drawn evenly over all images, less their mean."""
    patches = np.empty((count, side * side))
    for i, image in enumerate(rng.choice(len(images), count, p=_areas(images))):
        height, width = images[image].shape
        top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
        patches[i] = images[image][top : top + side, left : left + side].ravel()
    return patches - patches.mean(axis=1, keepdims=True)


def _areas(images):
    areas = np.array([image.size for image in images], "float64")
    return areas / areas.sum()


def _whitening(x):
    values, vectors = np.linalg.eigh(x.T @ x / len(x))
    # One direction, the mean, has no variance; and the finest ones hold little but noise.
    scale = np.sqrt(values.clip(0) + 0.01 * values.mean())
    return vectors / scale @ vectors.T, vectors * scale @ vectors.T
