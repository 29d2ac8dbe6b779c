"""The optimisers of all phases, in the form that Keras knows: one."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import keras


@keras.saving.register_keras_serializable("course_lib")
class PhaseOptimizer(keras.optimizers.Optimizer):
    """The optimisers of all phases, as one: `fit` carries their state, and a file keeps it.

    Its learning rate is that of the first phase; set, it becomes every phase's. Callbacks of
    Keras that change rates find the optimisers one by one in `optimizers`.

    Args:
        by_phase: `{phase: Keras optimizer or its name}`.
        name: of the whole.
    """

    def __init__(self, by_phase: Mapping[str, Any], name: str = "phases"):
        super().__init__(learning_rate=0.0, name=name)
        # In objects that Keras does not look into: it would make a tracked copy of the dictionary,
        # and take the model's variables for the optimiser's.
        found = {key: keras.optimizers.get(o) for key, o in by_phase.items()}
        self._own = SimpleNamespace(by_phase=found, moved=None)

    @property
    def by_phase(self) -> dict[str, keras.optimizers.Optimizer]:
        return self._own.by_phase

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        return list(self.by_phase.values())

    @property
    def learning_rate(self) -> Any:
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: Any) -> None:
        for optimizer in self.optimizers:
            optimizer.learning_rate = rate

    @property
    def iterations(self) -> Any:
        return self.optimizers[0].iterations

    def build_phases(self, moved: Mapping[str, Sequence]) -> None:
        """Build each optimiser on the variables that its phase moves: `{phase: variables}`."""
        self._own.moved = dict(moved)
        for key, optimizer in self.by_phase.items():
            if not optimizer.built:
                optimizer.build(moved[key])

    def finalize_variable_values(self, var_list: Any) -> None:
        for key, optimizer in self.by_phase.items():
            optimizer.finalize_variable_values(self._own.moved[key])

    @property
    def variables(self) -> list:
        inner = [v for optimizer in self.optimizers for v in optimizer.variables]
        return [*super().variables, *inner]

    def places(self) -> dict[str, slice]:
        """Where in `variables` those of each phase's optimiser stand."""
        places, start = {}, len(super().variables)
        for key, optimizer in self.by_phase.items():
            places[key] = slice(start, start + len(optimizer.variables))
            start = places[key].stop
        return places

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        by_phase = {key: serialize(optimizer) for key, optimizer in self.by_phase.items()}
        return {"name": self.name, "by_phase": by_phase}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        deserialize = keras.saving.deserialize_keras_object
        by_phase = {k: deserialize(o, custom_objects) for k, o in config["by_phase"].items()}
        return cls(by_phase, config["name"])
