"""How the lessons train: Adam, its rate rising for a twentieth of the steps, then falling to 0.

    rate(t) = rate · t / t₀                             for t < t₀ = steps / 20
    rate(t) = rate · (1 + cos π (t − t₀)/(steps − t₀)) / 2    after

Reference: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017,
    https://arxiv.org/abs/1608.03983.
"""

import math
from typing import Any

import keras

from course_lib.validation import Tensor, check_number, check_whole


def warm_cosine(rate: float, steps: int) -> keras.optimizers.schedules.CosineDecay:
    """A learning rate that rises from 0 to `rate`, then falls along a cosine to 0.

    Args:
        rate: the highest rate, above 0.
        steps: updates of the whole training, at least 1.

    Returns:
        A schedule for any Keras optimizer.

    Raises:
        ValueError: if rate or steps are out of range.

    Reference: Loshchilov and Hutter, 2017, https://arxiv.org/abs/1608.03983.

    Example:

    >>> schedule = warm_cosine(1e-3, steps=1_000)
    >>> print([round(float(schedule(t)), 6) for t in (0, 50, 525, 1_000)])
    [0.0, 0.001, 0.0005, 0.0]
    """
    check_number("rate", rate, above=0)
    check_whole("steps", steps, low=1)
    rise = steps // 20
    return keras.optimizers.schedules.CosineDecay(
        0.0 if rise else rate,
        max(1, steps - rise),
        warmup_target=rate if rise else None,
        warmup_steps=rise,
    )


def train(
    model: keras.Model,
    x: Tensor,
    examples: int,
    batch_size: int = 128,
    rate: float = 2e-3,
    clipnorm: float | None = None,
    **options: Any,
) -> keras.callbacks.History:
    """Compile a model with Adam on a warm cosine, and fit it to about so many examples.

    Args:
        model: a model of the course, whose loss is its own.
        x: data of shape `(N, ...)`, whatever the model takes.
        examples: how many it sees in all, each as often as it comes: rounded to whole epochs,
            at least one.
        batch_size: examples a step.
        rate: the highest learning rate.
        clipnorm: the largest length of a gradient, each weight's by itself; longer ones are
            shortened to it. By default none is.
        options: of `fit`, such as `validation_data` and `verbose`.

    Returns:
        Keras' `History`.

    Raises:
        ValueError: if a number is out of range, or as `fit` does.

    Example:

    >>> import numpy as np
    >>> from course_lib.models import LinearAutoencoder
    >>> model = LinearAutoencoder(features=6, units=2)
    >>> history = train(model, np.ones((20, 6), "float32"), 60, batch_size=10, verbose=0)
    >>> len(history.history["loss"]), int(model.optimizer.iterations)
    (3, 6)
    """
    check_whole("examples", examples, low=1)
    check_whole("batch_size", batch_size, low=1)
    count = x.shape[0]  # a sparse matrix has no len
    epochs = max(1, round(examples / count))
    steps = epochs * math.ceil(count / batch_size)
    model.compile(keras.optimizers.Adam(warm_cosine(rate, steps), clipnorm=clipnorm))
    return model.fit(x, batch_size=batch_size, epochs=epochs, **options)
