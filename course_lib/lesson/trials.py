"""What an exercise does with an answer that is no plain function of data, such as a layer.

A trial goes to where the answer lives (a notebook, or a sandbox) and brings back data alone:

    weights, outputs = yield trial(built, (16, "relu"), None, x)
"""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.lesson.compare import Unexpected, as_data


@dataclass(frozen=True)
class Trial:
    """A function of this module, by name, and what it is called with after the attempt."""

    name: str
    arguments: tuple

    def __call__(self, attempt: Any) -> Any:
        return globals()[self.name](attempt, *copy.deepcopy(self.arguments))


def trial(function: Callable, *arguments: Any) -> Trial:
    """What an exercise yields to have `function(attempt, *arguments)` done where the answer lives.

    Args:
        function: one of this module.
        arguments: data.

    Returns:
        a `Trial`.

    Raises:
        ValueError: a function of another module, which would not be there.
    """
    if globals().get(function.__name__) is not function:
        raise ValueError(f"function must be one of {__name__}, but is {function.__name__}.")
    return Trial(function.__name__, arguments)


def built(attempt: Any, arguments: tuple, weights: list | None, *inputs: Any) -> Any:
    """A layer or a model on given inputs: its weights, and what it makes of the inputs.

    Args:
        attempt: makes it, from `arguments`.
        arguments: tuple.
        weights: list of arrays that it gets, in Keras' order; `None` leaves it as it starts.
        inputs: what it is called on.

    Returns:
        a tuple of the weights it had and its output.
    """
    made = attempt(*arguments)
    if made is None or made is ...:
        return made
    if not callable(made):
        raise Unexpected(f"a layer or a model, but your function returned {type(made).__name__}")
    made(*inputs)
    start = made.get_weights()
    if weights is not None:
        made.set_weights(weights)
    return tuple(start), as_data(made(*inputs))


def reloaded(attempt: Any, arguments: tuple, x: Any) -> Any:
    """What a model makes of inputs that the attempt left in a `.keras` file, loaded in safe mode.

    Args:
        attempt: writes the file, from `arguments`, and returns its path.
        arguments: tuple.
        x: array, the inputs.

    Returns:
        the model's output.
    """
    import keras

    path = attempt(*arguments)
    if path is None or path is ...:
        return path
    model = keras.saving.load_model(str(path), compile=False, safe_mode=True)
    return model(x)


def paired(attempt: Any, x: np.ndarray, z: np.ndarray, weights: list) -> Any:
    """A loss `attempt(f, d, x, z)` of two players with these weights, of each pair."""
    game = _game(attempt, weights)
    return attempt(game.f, game.d, x, z)


def moved(attempt: Any, x: np.ndarray, z: np.ndarray, weights: list) -> tuple:
    """How far one step of gradient descent at rate 1 on such a loss moves each player."""
    import keras

    game = _game(attempt, weights)
    game.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    with warnings.catch_warnings():
        # A player whom no gradient reaches is what is asked for, and Keras warns of it.
        warnings.simplefilter("ignore")
        game.fit((x, z), np.zeros(len(x)), batch_size=len(x), shuffle=False, verbose=0)
    steps = [after - before for after, before in zip(game.get_weights(), weights, strict=True)]
    return tuple(np.concatenate([step.ravel() for step in part]) for part in (steps[:2], steps[2:]))


def _game(loss, weights):
    """Two players, and a loss that moves whom its gradient reaches."""
    import keras

    class Game(keras.Model):
        def __init__(self):
            super().__init__()
            self.f = keras.layers.Dense(2, "tanh")
            self.d = keras.layers.Dense(1)

        def build(self, shapes):
            self.f.build((None, 4))
            self.d.build((None, 2))
            self.built = True

        def call(self, pair):
            return loss(self.f, self.d, *pair)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred)

    game = Game()
    game.build(None)
    game.set_weights(weights)
    return game


def stands_in_the_zoo(attempt: Any, x: np.ndarray, units: int) -> Any:
    """An autoencoder's codes, the same once more, and what it rebuilds before and after training.

    Args:
        attempt: makes the model, from the numbers of pixels and of units.
        x: array `(N, pixels)`.
        units: of the code.

    Returns:
        four arrays.
    """
    import keras

    keras.utils.set_random_seed(5)
    model = attempt(x.shape[1], units)
    if model is None or model is ...:
        return model
    for name in ("encode", "reconstruct", "fit"):
        if not callable(getattr(model, name, None)):
            raise Unexpected(f"it has no {name}, and the zoo calls it")
    if not model.built:
        model.build((None, x.shape[1]))
    codes, again = as_data(model.encode(x.copy())), as_data(model.encode(x.copy()))
    before = as_data(model.reconstruct(x.copy()))
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    model.fit(x.copy(), batch_size=50, epochs=3, verbose=0)
    return codes, again, before, as_data(model.reconstruct(x))
