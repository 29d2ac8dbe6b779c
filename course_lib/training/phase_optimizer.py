"""The optimisers of all phases, in the form that Keras knows: one."""

from types import SimpleNamespace

import keras


@keras.saving.register_keras_serializable("course_lib")
class PhaseOptimizer(keras.optimizers.Optimizer):
    """The optimisers of all phases, as one: `fit` carries their state, and a file keeps it.

    Args:
        optimizers: `{phase: Keras optimizer or its name}`.
        name: of the whole.
    """

    def __init__(self, optimizers, name="phases"):
        super().__init__(learning_rate=0.0, name=name)
        self.optimizers = {key: keras.optimizers.get(o) for key, o in optimizers.items()}
        # In an object that Keras does not look into: the model's variables are not the optimiser's.
        self._moved = SimpleNamespace(variables=None)

    def build_phases(self, moved):
        """Build each optimiser on the variables that its phase moves: `{phase: variables}`."""
        self._moved.variables = moved
        for key, optimizer in self.optimizers.items():
            if not optimizer.built:
                optimizer.build(moved[key])

    @property
    def moved(self):
        return self._moved.variables

    @property
    def variables(self):
        inner = [v for optimizer in self.optimizers.values() for v in optimizer.variables]
        return [*self._variables, *inner]

    def places(self):
        """Where in `variables` those of each phase's optimiser stand."""
        places, start = {}, len(self._variables)
        for key, optimizer in self.optimizers.items():
            places[key] = slice(start, start + len(optimizer.variables))
            start = places[key].stop
        return places

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        optimizers = {key: serialize(optimizer) for key, optimizer in self.optimizers.items()}
        return {"name": self.name, "optimizers": optimizers}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        deserialize = keras.saving.deserialize_keras_object
        optimizers = {k: deserialize(o, custom_objects) for k, o in config["optimizers"].items()}
        return cls(optimizers, config["name"])
