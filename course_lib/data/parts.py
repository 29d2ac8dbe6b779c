"""Disjoint parts of a set: which examples are for training, validation and testing."""

from collections.abc import Collection

import numpy as np

from course_lib.validation import check_whole


def check_choice(
    name: str,
    sets: Collection[str],
    train: int | None,
    valid: int,
    test: int | None,
    seed: int,
) -> None:
    """Raise `ValueError` unless a set is known and counts are counts, before anything is read.

    Args:
        name: of the set, or `"auto"`.
        sets: the names there are.
        train: number of training examples, or `None`.
        valid: number of validation examples.
        test: number of test examples, or `None`.
        seed: whole number of at least 0.

    Example:

    >>> check_choice("digits", ["mnist", "digits"], None, 0, 10, seed=0)
    """
    if not isinstance(name, str) or name not in (*sets, "auto"):
        raise ValueError(f"name must be one of {', '.join(sets)} or auto, but is {name!r}.")
    for argument, count in {"train": train, "valid": valid, "test": test, "seed": seed}.items():
        if count is not None or argument in ("valid", "seed"):
            check_whole(argument, count, low=0)


def draw_parts(
    here: int, there: int, train: int | None, valid: int, test: int | None, seed: int, of: str
) -> dict[str, np.ndarray]:
    """Draws who is in which part.

    A smaller choice is part of a larger one of the same seed. Whoever is for testing does not
    depend on `train` and `valid`.

    Args:
        here: number of examples for training and validation.
        there: number of examples for testing.
        train: how many to train on; `None` for all that `valid` leaves.
        valid: how many to validate on.
        test: how many to test on; `None` for all.
        seed: whole number of at least 0.
        of: what there is of which set, for the sentence: `"images of mnist"`.

    Returns:
        `{"train": rows, "valid": rows, "test": rows}`, in ascending order: the first two among
        the `here`, the last among the `there`.

    Raises:
        ValueError: if there are fewer examples.

    Example:

    >>> {part: len(rows) for part, rows in draw_parts(8, 4, 5, 2, None, 0, "dots").items()}
    {'train': 5, 'valid': 2, 'test': 4}
    """
    if (train or 0) + valid > here:
        raise ValueError(
            f"train + valid must be at most {here}, the training {of}, "
            f"but is {train or 0} + {valid}."
        )
    if test is not None and test > there:
        raise ValueError(f"test must be at most {there}, the test {of}, but is {test}.")
    draw = np.random.default_rng(seed)
    order, order_test = draw.permutation(here), draw.permutation(there)
    chosen = {
        "train": order[: here - valid][:train],
        "valid": order[here - valid :],
        "test": order_test[:test],
    }
    return {part: np.sort(rows) for part, rows in chosen.items()}
