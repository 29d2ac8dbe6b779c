"""The same lesson at three sizes: smoke (seconds), lesson (a minute), paper (as published)."""

from types import SimpleNamespace

from course_lib.lesson.claims import SCALES


def sizes(scale, **options):
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
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}, but is {scale!r}.")
    for name, values in options.items():
        if not isinstance(values, tuple) or len(values) != len(SCALES):
            raise ValueError(f"{name} must be a tuple (smoke, lesson, paper), but is {values!r}.")
    return SimpleNamespace(**{k: v[SCALES.index(scale)] for k, v in options.items()})
