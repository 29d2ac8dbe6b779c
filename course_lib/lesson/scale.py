"""The same lesson at three sizes: smoke (seconds), lesson (a minute), paper (as published)."""

from types import SimpleNamespace

SCALES = ("smoke", "lesson", "paper")


def check_scale(scale: str) -> str:
    """The scale, or a `ValueError` that names the three there are."""
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}, but is {scale!r}.")
    return scale


def sizes(scale: str, **options: tuple) -> SimpleNamespace:
    """Pick each size of a lesson for the scale it runs at.

    Args:
        scale: `"smoke"`, `"lesson"` or `"paper"`.
        options: `name=(smoke, lesson, paper)`, so that a reader sees side by
            side what each scale means.

    Returns:
        A namespace of the chosen values.

    Raises:
        ValueError: unknown scale, or an option without three values.

    Example:

    >>> sizes("lesson", epochs=(1, 5, 200), train=(500, 20_000, 60_000))
    namespace(epochs=5, train=20000)
    """
    check_scale(scale)
    for name, values in options.items():
        if not isinstance(values, tuple) or len(values) != len(SCALES):
            raise ValueError(f"{name} must be a tuple (smoke, lesson, paper), but is {values!r}.")
    return SimpleNamespace(**{k: v[SCALES.index(scale)] for k, v in options.items()})
