"""One code, many steps: a recurrent network that writes a sequence.

    sₜ = cell(iₜ, sₜ₋₁),   p₁ … p_T = W sₜ + b

    start       s₀            iₜ
    "state"     from z        –
    "repeat"    0             z
    "both"      from z        z

With `feedback`, iₜ also holds the step before, x̂ₜ₋₁: the decoder's own, or, while it is taught,
the true one. With `reverse` the last step is written first.

Reference: Cho et al., Learning phrase representations using RNN encoder-decoder, 2014,
    https://arxiv.org/abs/1406.1078. Srivastava, Mansimov and Salakhutdinov, Unsupervised learning
    of video representations using LSTMs, 2015, https://arxiv.org/abs/1502.04681. Williams and
    Zipser, A learning algorithm for continually running fully recurrent neural networks, 1989,
    https://doi.org/10.1162/neco.1989.1.2.270.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from course_lib.layers.stepping import in_steps
from course_lib.validation import Tensor, check_array, check_whole


@keras.saving.register_keras_serializable("course_lib")
class RecurrentDecoder(keras.layers.Layer):
    """A recurrent layer that turns a code into a sequence.

        sₜ = cell([z, x̂ₜ₋₁], sₜ₋₁),   s₀ = (tanh(zA + a), zC + c),   pₜ = W sₜ + b

    Args:
        rnn: `keras.layers.LSTM`, `GRU`, `SimpleRNN` or another RNN of one cell, or a
            `Bidirectional` of one, with `return_sequences=True`.
        steps: T.
        features: F, of each step; numbers in p.
        start: where the code goes: `"state"`, the first state (of an LSTM both); `"repeat"`,
            every step; `"both"`. A `Bidirectional` takes `"repeat"` alone.
        feedback: whether a step reads the one before.
        reverse: whether the last step is written first. Outputs are in the right order anyway.
        **kwargs: those of `keras.layers.Layer`.

    Call arguments:
        codes: z, floats `(B, K)`.
        truth: true steps `(B, T, F)` to be read in place of the decoder's own; only with
            `feedback`.
        lengths: whole numbers `(B,)`, how many steps of each sequence count, for `reverse` and
            a `Bidirectional`; by default all. What is written behind them means nothing.
        mean: function from parameters p to steps x̂, for `feedback`; by default x̂ = p.

    Returns:
        p, shape `(B, T, F)`.

    Raises:
        ValueError: if an argument is none of these, or does not go with another.

    Reference: Srivastava et al., 2015, https://arxiv.org/abs/1502.04681.

    Example:

    >>> decoder = RecurrentDecoder(layers.GRU(4, return_sequences=True), steps=5, features=2)
    >>> decoder(ops.ones((3, 6))).shape == (3, 5, 2)
    True
    """

    def __init__(
        self,
        rnn: keras.layers.Layer,
        steps: int,
        features: int,
        start: str = "both",
        feedback: bool = False,
        reverse: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.steps = check_whole("steps", steps, low=1)
        self.features = check_whole("features", features, low=1)
        self.feedback, self.reverse = bool(feedback), bool(reverse)
        if start not in ("state", "repeat", "both"):
            raise ValueError(f"start must be 'state', 'repeat' or 'both', but is {start!r}.")
        self.start = start
        self.both_ways = isinstance(rnn, layers.Bidirectional)
        _check_rnn(rnn)
        if self.both_ways and (start != "repeat" or feedback):
            raise ValueError(
                "A Bidirectional writes from both ends at once: start must be 'repeat' and "
                f"feedback False, but they are {start!r} and {self.feedback}."
            )
        self.rnn = rnn
        self.head = layers.Dense(self.features, dtype=self.dtype_policy, name="head")
        self.first = []
        if start != "repeat":
            # The first state is the output of the step before; what an LSTM has beside it is
            # not bounded.
            self.first = [
                layers.Dense(size, "linear" if i else "tanh", dtype=self.dtype_policy)
                for i, size in enumerate(rnn.state_size)
            ]

    def build(self, codes_shape, truth_shape=None, lengths_shape=None):
        width = codes_shape[-1] if self.start != "state" else 0
        width += self.features if self.feedback else 0
        inputs = (codes_shape[0], self.steps, max(width, 1))
        for layer in self.first:
            layer.build(codes_shape)
        if not self.rnn.built:
            self.rnn.build(inputs)
        self.head.build(self.rnn.compute_output_shape(inputs))
        self.built = True

    def call(
        self,
        codes: Tensor,
        truth: Tensor | None = None,
        lengths: Tensor | None = None,
        mean: Callable[[Tensor], Tensor] | None = None,
        training: bool = False,
    ) -> Tensor:
        check_array("codes", codes, rank=2)
        states = [layer(codes) for layer in self.first] or None
        if self.feedback and truth is None:
            written = self._on_its_own(codes, states, mean or (lambda written: written))
        else:
            read = self._read(codes, self._before(truth, lengths))
            # Of a sequence read forwards, steps that do not count come too late to matter.
            mask = None
            if self.both_ways and lengths is not None:
                mask = ops.less(ops.arange(self.steps), lengths[:, None])
            h = self.rnn(read, initial_state=states, mask=mask, training=training)
            written = self.head(h)
        return backwards(written, lengths) if self.reverse else written

    def _read(self, codes, before):
        """What all steps read, `(B, T, D)`."""
        parts = [] if before is None else [before]
        if self.start != "state":
            parts.insert(0, ops.repeat(codes[:, None], self.steps, axis=1))
        if not parts:
            return ops.repeat(ops.zeros_like(codes[:, None, :1]), self.steps, axis=1)
        return ops.concatenate(parts, axis=-1)

    def _before(self, truth, lengths):
        """The step before each, `(B, T, F)`: zeros before the first."""
        if not self.feedback:
            if truth is not None:
                raise ValueError("truth must be absent, because this decoder has no feedback.")
            return None
        if tuple(truth.shape[1:]) != (self.steps, self.features):
            raise ValueError(
                f"truth must have the shape (B, {self.steps}, {self.features}), but its shape is "
                f"{tuple(truth.shape)}."
            )
        truth = backwards(truth, lengths) if self.reverse else truth
        return ops.pad(truth[:, :-1], [[0, 0], [1, 0], [0, 0]])

    def _on_its_own(self, codes, states, mean):
        cell = self.rnn.cell
        if states is None:
            states = keras.tree.flatten(cell.get_initial_state(batch_size=ops.shape(codes)[0]))
        nothing = ops.repeat(ops.zeros_like(codes[:, :1]), self.features, axis=1)

        def step(code, carried):
            *states, before = carried
            read = [before] if self.start == "state" else [code, before]
            read = ops.cast(ops.concatenate(read, axis=-1), cell.compute_dtype)
            output, states = cell(read, [ops.cast(s, cell.compute_dtype) for s in states])
            written = self.head(output)
            return written, [*keras.tree.flatten(states), mean(written)]

        repeated = ops.repeat(codes[:, None], self.steps, axis=1)
        written, _ = in_steps(step, repeated, [*states, nothing])
        return ops.cast(written, self.compute_dtype)

    def compute_output_shape(self, codes_shape, truth_shape=None, lengths_shape=None):
        return (codes_shape[0], self.steps, self.features)

    def get_config(self):
        return {
            **super().get_config(),
            "rnn": keras.saving.serialize_keras_object(self.rnn),
            "steps": self.steps,
            "features": self.features,
            "start": self.start,
            "feedback": self.feedback,
            "reverse": self.reverse,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "rnn": keras.saving.deserialize_keras_object(config["rnn"])})


def backwards(x: Tensor, lengths: Tensor | None = None) -> Tensor:
    """Sequences from their last step to their first; steps beyond a length stay where they are.

    Args:
        x: `(B, T, F)`.
        lengths: whole numbers `(B,)`; T by default.

    Returns:
        The shape of x. Twice backwards is x.

    Example:

    >>> x = ops.array([[[1], [2], [0]]])
    >>> print(ops.convert_to_numpy(backwards(x, lengths=ops.array([2])))[0, :, 0])
    [2 1 0]
    """
    if lengths is None:
        return ops.flip(x, axis=1)
    lengths = ops.cast(lengths, "int32")[:, None]
    place = ops.arange(x.shape[1], dtype="int32")[None]
    from_there = ops.where(place < lengths, lengths - 1 - place, place)
    return ops.take_along_axis(x, from_there[:, :, None], axis=1)


def _check_rnn(rnn):
    one = rnn.forward_layer if isinstance(rnn, layers.Bidirectional) else rnn
    sizes = one.state_size if isinstance(one, layers.RNN) else [None]
    if not all(isinstance(size, int) for size in sizes):
        raise ValueError(f"rnn must be a recurrent layer of Keras with one cell, but is {rnn!r}.")
    if not one.return_sequences or one.return_state or one.stateful or one.go_backwards:
        raise ValueError(
            "rnn must have return_sequences=True, and no return_state, stateful or go_backwards "
            "(reverse=True writes backwards)."
        )
