"""A pass over the data as one call: the steps of `fit` as one loop on the device, on JAX.

    state ← train_step(state, batch)  for each batch of the pass,      `jax.lax.scan`

Keras' `fit` returns to Python after every step, which takes longer than the step of a small model
itself. Models of one architecture go side by side, `jax.vmap`: several seeds or rates in little
more than the time of one.
"""

import functools
import math

import jax
import jax.numpy as jnp
import keras
import numpy as np

EVALUATED = 500


class Scanned:
    """Compiled models that differ in their weights, seeds and rates only, trained side by side.

    What a method returns of each model is a dictionary of arrays `(M,)`.

    Args:
        models: M Keras models on JAX, built and compiled, each with a learning rate and no
            schedule.
        data: what `fit` takes, x or `(x, y)`, arrays `(N, ...)`.
        batch_size: a divisor of N.
        own: whether each model has data of its own, `(M, N, ...)`.
        seed: of the order of the examples, which is another one for each model and pass.
    """

    def __init__(self, models, data, batch_size=100, own=False, seed=0):
        if keras.backend.backend() != "jax":
            raise ValueError(f"KERAS_BACKEND must be jax, but is {keras.backend.backend()}.")
        self.models, self.batch_size, self.own = models, batch_size, own
        self.data = _on_device(data)
        self.count = self.data[0].shape[1 if own else 0]
        if self.count % batch_size:
            raise ValueError(f"{self.count} examples are no batches of {batch_size}.")
        for model in models:
            head = [part[0, :1] if own else part[:1] for part in self.data]
            model._symbolic_build(data_batch=tuple(head))
        self.rng = np.random.default_rng(seed)
        self.state = jax.tree.map(lambda *parts: jnp.stack(parts), *map(_state, models))
        self.best, self.kept = jnp.full(len(models), jnp.inf), self.state

    def train(self, rates=None, order=None):
        """One pass; returns the means of the logs.

        Args:
            rates: learning rates `(M,)`, or `(P, M)` for models in P phases; by default as they
                are.
            order: of the examples, `(N,)`, the same for all models; by default drawn.
        """
        if rates is not None:
            self.state = self._with(rates)
        many = len(self.models)
        draw = self.rng.permutation if order is None else lambda _: order
        orders = np.stack([draw(self.count) for _ in range(many)]).astype("int32")
        orders = orders.reshape(many, -1, self.batch_size)
        self.state, logs = self._train(self.state, self.data, orders)
        return _numbers(logs)

    def evaluate(self, data):
        """What `evaluate` returns, of data `(N, ...)` shared by all models."""
        data = _on_device(data)
        size = math.gcd(len(data[0]), EVALUATED)
        order = np.arange(len(data[0])).reshape(-1, size)
        return _numbers(self._evaluate(self.state, data, order))

    def keep(self, values):
        """Remember the weights of each model whose value `(M,)` is the lowest so far."""
        better = jnp.asarray(values) < self.best
        self.best = jnp.where(better, jnp.asarray(values), self.best)
        self.kept = self._choose(better, self.state, self.kept)
        return np.asarray(better)

    def restore(self):
        """Go back to the weights that were kept; returns the models with these."""
        self.state = self.kept
        return self.written()

    def saved(self):
        """All that the next pass and `restore` depend on, without the data."""
        arrays = jax.device_get((self.state, self.best, self.kept))
        return arrays, self.rng.bit_generator.state

    def load(self, saved):
        """Go back to what was `saved`."""
        arrays, self.rng.bit_generator.state = saved
        self.state, self.best, self.kept = jax.tree.map(jnp.asarray, arrays)

    def written(self):
        """The models, with the weights that training has reached."""
        for i, model in enumerate(self.models):
            own = jax.tree.map(lambda part, i=i: part[i], self.state)
            for variables, values in zip(_variables(model), own, strict=True):
                for variable, value in zip(variables, values, strict=True):
                    variable.assign(value)
        return self.models

    @functools.cached_property
    def _train(self):
        model = self.models[0]

        def one_pass(state, data, order):
            def step(state, rows):
                logs, state = model.train_step(state, tuple(part[rows] for part in data))
                return tuple(list(part) for part in state), logs

            fresh = (*state[:3], [jnp.zeros_like(value) for value in state[3]])
            state, logs = jax.lax.scan(step, fresh, order)
            return state, {name: values[-1] for name, values in logs.items()}

        return jax.jit(self._side_by_side(one_pass, self.own))

    @functools.cached_property
    def _evaluate(self):
        model = self.models[0]

        def one_pass(state, data, order):
            trainable, others, _, of_metrics = state

            def step(of_metrics, rows):
                batch = tuple(part[rows] for part in data)
                logs, (_, _, of_metrics) = model.test_step((trainable, others, of_metrics), batch)
                return list(of_metrics), logs

            _, logs = jax.lax.scan(step, [jnp.zeros_like(value) for value in of_metrics], order)
            return {name: values[-1] for name, values in logs.items()}

        orderly = self._side_by_side(one_pass, False)
        return jax.jit(
            lambda state, data, order: orderly(
                state, data, jnp.broadcast_to(order, (len(self.models), *order.shape))
            )
        )

    def _side_by_side(self, one_pass, own):
        if len(self.models) > 1:
            return jax.vmap(one_pass, in_axes=(0, 0 if own else None, 0))

        def alone(state, data, order):
            # Without an axis that some layers would have to carry through.
            first = functools.partial(jax.tree.map, lambda part: part[0])
            found = one_pass(first(state), first(data) if own else data, order[0])
            return jax.tree.map(lambda part: part[None], found)

        return alone

    @functools.cached_property
    def _choose(self):
        def choose(better, new, old):
            def each(a, b):
                return jnp.where(better.reshape(-1, *[1] * (a.ndim - 1)), a, b)

            return jax.tree.map(each, new, old)

        return jax.jit(choose)

    def _with(self, rates):
        trainable, others, of_optimizer, of_metrics = self.state
        names = [variable.name for variable in self.models[0].optimizer.variables]
        places = [place for place, name in enumerate(names) if name == "learning_rate"]
        # The optimiser around those of the phases comes first, and nothing uses its rate.
        places = places[1:] or places
        rates = jnp.asarray(rates, "float32")
        if rates.ndim == 1:
            rates = jnp.stack([rates] * len(places))
        if len(rates) != len(places):
            raise ValueError(f"rates must be of {len(places)} phases, but are of {len(rates)}.")
        of_optimizer = list(of_optimizer)
        for place, of_models in zip(places, rates, strict=True):
            of_optimizer[place] = of_models
        return trainable, others, of_optimizer, of_metrics


def _state(model):
    return tuple([variable.value for variable in part] for part in _variables(model))


def _variables(model):
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )


def _on_device(data):
    return tuple(jnp.asarray(part) for part in (data if isinstance(data, tuple) else (data,)))


def _numbers(logs):
    return {name: np.asarray(values, "float64") for name, values in logs.items()}
