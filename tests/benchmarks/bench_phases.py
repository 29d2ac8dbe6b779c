"""What training in phases costs beside its phases' bare steps."""

import statistics
import sys

import numpy as np

from tests.benchmarks.turns import compete, serve

TITLE = "Time of training in phases over the sum of its phases' bare steps"
PROTOCOL = (
    "adversarial autoencoder 784-400-400-10 with a discriminator of 10-400-400-1, 12,800 random "
    "images, batch 128, Adam; bare steps = a compiled TensorFlow function for each phase, "
    "gradient tape and optimiser alone, called batch by batch on tensors that lie ready; median "
    "of 9 epochs after one of warm-up, all taking turns epoch by epoch in processes that otherwise "
    "sleep; ratio = median over rounds of fit's time over the sum of the three in the same round"
)
IMAGES, BATCH, ROUNDS = 12_800, 128, 9
PHASES = ("reconstruction", "discriminator", "generator")
CONTENDERS = {"fit": "tensorflow"} | dict.fromkeys(PHASES, "tensorflow")


def epoch_of(contender):
    import keras
    import tensorflow as tf

    from course_lib.layers import GaussianPrior
    from course_lib.models import AdversarialAutoencoder

    def stack(*widths):
        hidden = [keras.layers.Dense(w, "relu") for w in widths[:-1]]
        return keras.Sequential([*hidden, keras.layers.Dense(widths[-1])])

    networks = stack(400, 400, 10), stack(400, 400, 784), stack(400, 400, 1)
    model = AdversarialAutoencoder(*networks, GaussianPrior(10))
    model.build((None, 784))
    model.compile({name: keras.optimizers.Adam(1e-3) for name in PHASES})
    x = np.random.default_rng(0).random((IMAGES, 784), "float32")
    if contender == "fit":
        return lambda: model.fit(x, batch_size=BATCH, verbose=0)

    phase = next(phase for phase in model.phases() if phase.name == contender)
    variables = [w for layer in phase.moves for w in layer.trainable_variables]
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(variables)

    @tf.function
    def step(batch):
        with tf.GradientTape() as tape:
            loss, _ = phase.objective(batch, batch, None, True)
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
        return loss

    batches = [tf.constant(x[i : i + BATCH]) for i in range(0, IMAGES, BATCH)]

    def epoch():
        for batch in batches:
            step(batch)

    return epoch


def run():
    seconds, _ = compete("bench_phases", CONTENDERS, "", ROUNDS)
    sums = [sum(times) for times in zip(*(seconds[name] for name in PHASES), strict=True)]
    ratios = [a / b for a, b in zip(seconds["fit"], sums, strict=True)]
    steps = IMAGES // BATCH
    rows = [
        {"what": name, "ms a step": 1000 * statistics.median(took) / steps, "ratio": ""}
        for name, took in seconds.items()
    ]
    total = {"what": "sum of the phases", "ms a step": 1000 * statistics.median(sums) / steps}
    return [*rows, total | {"ratio": f"fit takes {statistics.median(ratios):.3f} of it"}]


if __name__ == "__main__":
    serve(epoch_of(sys.argv[1]))
