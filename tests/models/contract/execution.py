"""How steps are run makes no difference to what they make."""

import threading

import keras
import numpy as np
import pytest

from tests.models.contract.acts import (
    STEPS,
    answer,
    compiled,
    differ,
    fit,
    optimizers,
    reader,
    ready,
    same,
    state,
    to_numpy,
    trained,
    turns,
    updates,
)
from tests.models.contract.cases import BATCH
from tests.models.contract.rows import row

NOISY = {
    "DenoisingAutoencoder", "ContractiveAutoencoder", "VAE", "ConditionalVAE", "IWAE", "InfoVAE",
    "BetaTCVAE", "FactorVAE", "AdversarialAutoencoder", "BiGAN", "ClusteringAAE",
    "SemiSupervisedAAE", "SemanticHashing",
}  # fmt: skip


@row()
def compiled_steps_make_the_same_weights(case):
    model = ready(case)
    fit(case, model)
    assert model.train_function
    assert not model.run_eagerly
    same(trained(case.name), state(model))


@row()
def default_steps_make_as_many_updates(case):
    """`compile()` as it stands, shuffled, in batches of 32."""
    model = case.make()
    model.compile()
    before = state(case.built())
    history = model.fit(case.x, verbose=0, **case.options).history
    assert updates(model) == {1}
    assert np.isfinite(history["loss"]).all()
    assert differ(before, state(model))


@row(
    backends={
        "jax": "JAX always compiles: compiled_steps_make_the_same_weights is this row",
        "torch": "Keras hands it to torch.compile, which needs a C++ compiler",
    }
)
def just_in_time_compiled_steps_train(case):
    """XLA draws other noise from the same seeds, so where there is noise only the size agrees."""
    model = compiled(case.make(), run_eagerly=False, jit_compile=True)
    history = fit(case, model)
    if case.name in NOISY:
        assert history["loss"] == pytest.approx(_loss(case), rel=0.3)
        assert differ(state(case.built()), state(model))
    else:
        same(trained(case.name), state(model))


def _loss(case):
    return fit(case, ready(case))["loss"]


@row(backends={"torch": "Keras refuses steps_per_execution above 1 on PyTorch"})
def several_steps_a_call_make_the_same_weights(case):
    """Six batches in calls of four, of which the second ends early."""
    wanted = ready(case)
    fit(case, wanted, batch_size=4)
    model = compiled(case.make(), run_eagerly=False, jit_compile=False, steps_per_execution=4)
    fit(case, model, batch_size=4)
    assert updates(model) == {6}
    same(state(wanted), state(model))


@row(
    backends={
        "jax": "steps go together on TensorFlow alone, unless they are asked for",
        "torch": "Keras refuses steps_per_execution above 1 on PyTorch",
    }
)
def takes_the_steps_of_an_array_together(case):
    """Without being asked: the course's own batches, and one call of all steps of a short epoch."""
    model, ends = compiled(case.built()), []
    seen = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(batch))
    fit(case, model, callbacks=[seen])
    assert ends == [STEPS - 1]
    assert updates(model) == {STEPS}
    same(trained(case.name), state(model))


@row()
def accumulates_gradients(case):
    """Weights move at every second batch, and where nothing is drawn, as for one of both.

    Unless a term compares the examples of a batch, which are other ones then.
    """
    sgd = keras.optimizers.SGD(0.05, gradient_accumulation_steps=2)
    model = compiled(case.built(), sgd)
    before = _trainable(model)
    model.train_on_batch(case.rows(slice(BATCH)), **case.options)
    # Atoms of unit length are mended in their last digit.
    same(before, _trainable(model), 1e-5, 1e-6)
    model.train_on_batch(case.rows(slice(BATCH, 2 * BATCH)), **case.options)
    assert differ(before, _trainable(model))
    if case.name not in NOISY and not case.of_batch:
        both = ready(case)
        both.train_on_batch(case.rows(slice(2 * BATCH)), **case.options)
        same(_trainable(both), _trainable(model))


def _trainable(model):
    return [to_numpy(v.value) for v in model.trainable_variables]


@row()
def clips_gradients(case):
    """By each variable's norm: no step is longer than rate × clipnorm, in any phase."""
    free = ready(case, rate=0.01)
    before = _trainable(free)
    fit(case, free, case.rows(slice(BATCH)))
    unclipped = _trainable(free)
    short = compiled(case.built(), keras.optimizers.SGD(0.01, clipnorm=1e-3))
    fit(case, short, case.rows(slice(BATCH)))

    def longest(after):
        pairs = zip(after, before, strict=True)
        return max(np.sqrt(np.square(a - b).sum()) for a, b in pairs)

    # The lengths of atoms are mended after a step, by no more than the step.
    assert 0 < longest(_trainable(short)) < 2 * turns(short) * 1.01e-5 < longest(unclipped)


@row(
    {
        name: "its encoder is moved by two optimisers, which would average it in two ways"
        for name in ("AdversarialAutoencoder", "ClusteringAAE", "SemiSupervisedAAE")
    },
    {
        name: "Keras averages before it mends the length of its atoms"
        for name in ("PredictiveSparseDecomposition", "ConvolutionalPSD")
    },
)
def averages_weights_in_its_optimisers(case):
    """`use_ema` with a momentum near 1 ends with the weights that the first step made."""
    model = compiled(case.make(), keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=1 - 1e-7))
    fit(case, model)
    once = ready(case)
    fit(case, once, case.rows(slice(BATCH)))
    same(_trainable(once), _trainable(model), 1e-5, 1e-5)
    assert differ(trained(case.name), state(model))


@row()
def takes_one_optimiser_or_its_name(case):
    for arguments in (("adam",), (keras.optimizers.Adam(0.01),), ()):
        model = case.built()
        model.compile(*arguments, run_eagerly=True)
        assert all(isinstance(o, keras.optimizers.Adam) for o in optimizers(model))
        assert len({id(o) for o in optimizers(model)}) == turns(model)
    before = _trainable(model)
    # Adam's first steps are all of one length: those of two phases can cancel.
    fit(case, model)
    assert all(np.abs(a - b).max() > 1e-5 for a, b in zip(before, _trainable(model), strict=True))


@row()
def repeats_bit_for_bit(case):
    states = []
    for _ in range(2):
        keras.utils.set_random_seed(4)
        model = ready(case)
        fit(case, model, shuffle=True)
        states.append(state(model))
    same(*states, rtol=0, atol=0)
    assert differ(states[0], trained(case.name))


@row(backends={"jax": "Keras has no weights to answer with before an epoch on JAX ends"})
def answers_a_second_thread_while_it_trains(case):
    """In the middle of a step another thread asks for codes and predictions, and gets them."""
    model = compiled(case.built())
    wanted = to_numpy(model(case.x))
    answers, asking = [], threading.Event()
    own = reader(model).call

    def ask():
        answers.append((to_numpy(model(case.x)), to_numpy(answer(model)(case.x))))

    def call(*args, **kwargs):
        if not asking.is_set():
            asking.set()
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
        return own(*args, **kwargs)

    reader(model).call = call
    fit(case, model)
    assert len(answers) == 1
    np.testing.assert_allclose(answers[0][0], wanted, rtol=1e-5, atol=1e-6)
    same(trained(case.name), state(model))
