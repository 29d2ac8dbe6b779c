"""Right and typical wrong answers to the exercises of lesson `pixels`."""

import keras
import numpy as np

from course_lib.models import MADE


def made_masks(order, hidden):
    degree = np.empty(len(order), int)
    degree[np.asarray(order)] = np.arange(1, len(order) + 1)
    return degree[:, None] <= hidden, hidden[:, None] < degree


def order_for_degree(order, hidden):
    degree = np.asarray(order) + 1
    return degree[:, None] <= hidden, hidden[:, None] < degree


def sees_itself(order, hidden):
    first, _ = made_masks(order, hidden)
    return first, first.T


def draw(logits, u):
    x = np.zeros_like(u)
    for i in range(u.shape[1]):
        x[:, i] = u[:, i] < 1 / (1 + np.exp(-np.asarray(logits(x))[:, i]))
    return x


def all_at_once(logits, u):
    return u < 1 / (1 + np.exp(-np.asarray(logits(np.zeros_like(u)))))


def backwards(logits, u):
    return draw(lambda x: logits(x)[:, ::-1], u[:, ::-1])[:, ::-1]


def skewed(x):
    count, height, width = x.shape
    x = np.pad(x, [(0, 0), (0, 0), (0, height)]).reshape(count, -1)
    return x[:, : height * (width + height - 1)].reshape(count, height, -1)


def depends(logits, images):
    n = images.shape[1]
    before, found = np.asarray(logits(images)), np.zeros((n, n), bool)
    for i in range(n):
        flipped = images.copy()
        flipped[:, i] = 1 - flipped[:, i]
        found[:, i] = (np.asarray(logits(flipped)) != before).any(axis=0)
    return found


def of_one_image(logits, images):
    return depends(logits, images[:1] * 0)


def made_density(units=(32,), epochs=12):
    def answer(x, new):
        keras.utils.set_random_seed(0)
        model = MADE((3, 3, 1), units=units)
        model.compile(keras.optimizers.Adam(1e-2))
        model.fit(x.reshape(-1, 3, 3, 1), batch_size=50, epochs=epochs, verbose=0)
        return model.log_prob(new.reshape(-1, 3, 3, 1))

    return answer


def independent(x, new):
    p = x.mean(axis=0)
    return (new * np.log(p) + (1 - new) * np.log(1 - p)).sum(axis=1)


def too_sure(x, new):
    return made_density()(x, new) + 1.0


RIGHT = {
    "pixels.1": made_masks,
    "pixels.2": draw,
    "pixels.3": skewed,
    "pixels.4": depends,
    "pixels.5": made_density(),
}

WRONG = {
    "the order itself": ("pixels.1", order_for_degree),
    "an output sees its own pixel": ("pixels.1", sees_itself),
    "transposed": ("pixels.1", lambda *a: tuple(m.T for m in made_masks(*a))),
    "all pixels at once": ("pixels.2", all_at_once),
    "the most probable": ("pixels.2", lambda f, u: draw(f, np.full_like(u, 0.5))),
    "backwards": ("pixels.2", backwards),
    "to the left": ("pixels.3", lambda x: skewed(x[:, ::-1])[:, ::-1]),
    "not widened": ("pixels.3", lambda x: skewed(x)[:, :, : x.shape[2]]),
    "columns for rows": ("pixels.4", lambda *a: depends(*a).T),
    "assumed": ("pixels.4", lambda f, x: np.tril(np.ones((7, 7), bool), k=-1)),
    "independent pixels": ("pixels.5", independent),
    "not normalised": ("pixels.5", too_sure),
    "hardly trained": ("pixels.5", made_density(epochs=1)),
    "others for new images": (
        "pixels.5",
        lambda x, new: np.r_[np.full(512, -np.log(512)), [0.0] * 2_000],
    ),
}
