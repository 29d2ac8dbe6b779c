"""`fit` of data alone: a target is only wanted where it is not the input.

Data of every kind that Keras takes are looked at before training.
"""

from typing import Any

import keras

from course_lib.training.inputs import (
    as_numpy,
    check_features,
    check_weights,
    first_batch,
    is_array,
    refuse_what_is_no_data,
)
from course_lib.training.several_steps import SeveralSteps
from course_lib.training.sparse import SparseBatches, is_sparse


class Fitting(SeveralSteps):
    """A phased model whose target is its input, unless another one is given.

    A subclass implements `check_data(x, y, name)`, and may override `arranged` and `target`. One
    that says so takes SciPy's sparse matrices in `fit` and `evaluate`.
    """

    takes_sparse = False

    def check_data(self, x: Any, y: Any = None, name: str = "x") -> None:
        """Raise `ValueError` unless NumPy data, and a target of their own, suit the model."""
        raise NotImplementedError

    def check_target(self, x: Any, y: Any) -> None:
        """Raise `ValueError` unless y has the shape of what the model makes of x."""

    def arranged(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Input and target, `None` for none, as the model names what `fit` calls x and y."""
        return x, y

    def target(self, x: Any) -> Any:
        """What is rebuilt of an input without a target."""
        return x

    def given(self, x: Any, y: Any) -> tuple[Any, Any]:
        x, y = self.arranged(x, y)
        return x, self.target(x) if y is None else y

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
    ) -> keras.callbacks.History:
        """Keras' `fit`, with its arguments; y is what is to be rebuilt, x itself by default."""
        refuse_class_weight(class_weight)
        x, y, sample_weight = self._in_rows(x, y, sample_weight, batch_size, shuffle)
        x, y, sample_weight = self._looked_at("x", x, y, sample_weight)
        together = 1
        if is_array(x) and not (validation_split or steps_per_epoch):
            x, y, sample_weight, together = self._batched(x, y, sample_weight, batch_size, shuffle)
        if validation_data is not None:
            size = validation_batch_size or batch_size
            held_x, held_y, held_weight = _unpacked(validation_data)
            held = self._in_rows(held_x, held_y, held_weight, size)
            held_x, held_y, held_weight = self._looked_at("validation_data", *held)
            if is_array(held_x) and not validation_steps:
                held_x, held_y, held_weight, _ = self._batched(
                    held_x, held_y, held_weight, size, shuffle=False
                )
            else:
                together = 1
            validation_data = held_x if held_y is None else (held_x, held_y, held_weight)
        with self._executions_of(together):
            return super().fit(
                x,
                y,
                batch_size=batch_size if is_array(x) else None,
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_split=validation_split,
                validation_data=validation_data,
                shuffle=shuffle and (is_array(x) or isinstance(x, keras.utils.PyDataset)),
                sample_weight=sample_weight,
                initial_epoch=initial_epoch,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
                validation_batch_size=validation_batch_size,
                validation_freq=validation_freq,
            )

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Keras' `evaluate`, with its arguments; returns the loss and the mean of every term."""
        if kwargs.get("_use_cached_eval_dataset"):
            # Validation inside of `fit`, which has looked at the data.
            options = {"batch_size": batch_size, "verbose": verbose, "steps": steps, **kwargs}
            options |= {"callbacks": callbacks, "return_dict": return_dict}
            return super().evaluate(x, y, sample_weight=sample_weight, **options)
        x, y, sample_weight = self._in_rows(x, y, sample_weight, batch_size)
        x, y, sample_weight = self._looked_at("x", x, y, sample_weight)
        together = 1
        if is_array(x) and not steps:
            x, y, sample_weight, together = self._batched(x, y, sample_weight, batch_size, False)
        with self._executions_of(together):
            return super().evaluate(
                x,
                y,
                batch_size=batch_size if is_array(x) else None,
                verbose=verbose,
                sample_weight=sample_weight,
                steps=steps,
                callbacks=callbacks,
                return_dict=return_dict,
                **kwargs,
            )

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Keras' `train_on_batch`; y is what is to be rebuilt, x itself by default."""
        refuse_class_weight(class_weight)
        x, y, sample_weight = self._looked_at("x", x, y, sample_weight)
        return super().train_on_batch(x, y, sample_weight, return_dict=return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Keras' `test_on_batch`; y is what is to be rebuilt, x itself by default."""
        x, y, sample_weight = self._looked_at("x", x, y, sample_weight)
        return super().test_on_batch(x, y, sample_weight, return_dict=return_dict)

    def check_built(self, x: Any = None, name: str = "x") -> None:
        """Build the model for data x; without any, raise `ValueError` unless it is built.

        A model that is built is asked whether x has the features it was built for.
        """
        if x is None:
            if not self.built:
                raise ValueError(
                    f"The model {self.name!r} must be built, by fit or by build, but is not."
                )
            return
        refuse_what_is_no_data(name, x)
        shapes = keras.tree.map_structure(lambda part: (None, *part.shape[1:]), x)
        if not self.built:
            self.build(shapes)
        check_features(name, shapes, (self.get_build_config() or {}).get("input_shape"))

    def _looked_at(self, name, x, y=None, sample_weight=None):
        """Check data, and build the model for them; weights get the target they go with."""
        refuse_what_is_no_data(name, x)
        if is_array(x):
            x, y = self.arranged(x, None if y is x else y)
            looked = keras.tree.map_structure(as_numpy, (x, y, sample_weight))
            if sample_weight is not None and y is None:
                # Without a target Keras drops the weights.
                y = self.target(x)
        else:
            looked, x = first_batch(x)
        shown_x, shown_y = self.arranged(*looked[:2])
        self.check_data(shown_x, shown_y, name)
        check_weights(looked[2], len(keras.tree.flatten(shown_x)[0]))
        if sample_weight is not None and len(sample_weight.shape) == 2:
            # One form, or TensorFlow traces a step that knows neither.
            sample_weight = sample_weight[:, 0]
        self.check_built(shown_x, name)
        if shown_y is not None:
            self.check_target(shown_x, shown_y)
        return x, y, sample_weight

    def _in_rows(self, x, y, sample_weight, batch_size, shuffle=False):
        """Batches of a sparse matrix, where the model takes one; anything else as it is."""
        if not (self.takes_sparse and is_sparse(x)):
            return x, y, sample_weight
        if sample_weight is not None and y is None:
            # Without a target Keras drops the weights.
            y = self.target(x)
        return SparseBatches(x, y, sample_weight, batch_size, shuffle), None, None


def refuse_class_weight(class_weight: Any) -> None:
    if class_weight is not None:
        raise ValueError(
            "class_weight must be absent, because an autoencoder has no classes to weigh, but is "
            f"{class_weight!r}; sample_weight weighs examples."
        )


def _unpacked(validation_data):
    if isinstance(validation_data, (tuple, list)):
        return keras.utils.unpack_x_y_sample_weight(tuple(validation_data))
    return validation_data, None, None
