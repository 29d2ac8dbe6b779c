"""Train every model on one device and on two, and print what both made as JSON.

    python -m tests.models.contract.mirror

Nothing is drawn here, because replicas draw noise of their own: every draw is its middle.
"""

import json
import sys

import keras
import tensorflow as tf
from keras import ops

from tests.models.contract.acts import compiled, dataset, to_numpy
from tests.models.contract.cases import CASES
from tests.models.contract.distribution import OF_BATCH


def without_noise():
    def middle(value):
        def draw(shape, *args, dtype=None, seed=None, **kwargs):
            return ops.full(shape, value, dtype or "float32")

        return draw

    keras.random.normal = middle(0.0)
    keras.random.uniform = middle(0.25)
    keras.random.randint = lambda shape, low, high, dtype="int32", seed=None: ops.full(
        shape, low, dtype
    )


def run(case, strategy):
    with strategy.scope():
        # A row's share of the labelled examples is not a replica's share of them.
        model = compiled(case.built(), run_eagerly=False, jit_compile=False)
    options = {"verbose": 0, **case.options}
    before = model.evaluate(dataset((case.x,)), return_dict=True, **options)
    history = model.fit(dataset((case.x,)), **options).history
    return {
        "evaluate": {name: float(value) for name, value in before.items()},
        "fit": {name: values[0] for name, values in history.items()},
        "weights": [to_numpy(v.value).tolist() for v in model.trainable_variables],
        "updates": int(to_numpy(model.optimizer.iterations)),
    }


def findings(case, two):
    try:
        return {"one": run(case, tf.distribute.get_strategy()), "two": run(case, two)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).strip()[:600]}"}


def main():
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    without_noise()
    names = [n for n in CASES if n not in OF_BATCH and n != "StackedAutoencoder"]
    # One for all: a second one would number its messages as the first did.
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    json.dump({name: findings(CASES[name], two) for name in names}, sys.stdout)


if __name__ == "__main__":
    main()
