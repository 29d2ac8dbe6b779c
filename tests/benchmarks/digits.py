"""MNIST as networks of vectors take it: an image is a row of 784 numbers from 0 to 1."""

from course_lib.data import load_images

PARTS = ("train", "valid", "test")


def flat_digits(valid):
    """Images `(N, 784)` and labels `(N,)` of each part, so many of them held out.

    Args:
        valid: images of the 60,000 to train that are held out to choose by.

    Returns:
        `{"train": (x, y), "valid": (x, y), "test": (x, y)}`.
    """
    data = load_images("mnist", valid=valid)
    return {
        part: (getattr(data, f"x_{part}").reshape(-1, 784), getattr(data, f"y_{part}"))
        for part in PARTS
    }
