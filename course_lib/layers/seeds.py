"""Seeds that are saved: training resumed from a file sees the noise it would have seen.

Keras saves the weights of a layer, not the states of its seed generators.
"""

import keras


class SavesSeeds:
    """A layer or model whose own seed generators go into its file, beside its weights.

    To be named before the Keras class: `class Noisy(SavesSeeds, keras.layers.Layer)`. Every
    attribute that is a `keras.random.SeedGenerator` is saved under its name; weights of the
    class, or of a subclass, are saved as Keras saves them.
    """

    def save_own_variables(self, store):
        super().save_own_variables(store)
        for name, generator in self._own_seeds().items():
            store[f"{name}_state"] = generator.state

    def load_own_variables(self, store):
        seeds = {f"{name}_state": generator for name, generator in self._own_seeds().items()}
        super().load_own_variables({key: store[key] for key in store.keys() - seeds.keys()})
        for key, generator in seeds.items():
            generator.state.assign(store[key])

    def _own_seeds(self):
        found = vars(self).items()
        return {name: v for name, v in found if isinstance(v, keras.random.SeedGenerator)}
