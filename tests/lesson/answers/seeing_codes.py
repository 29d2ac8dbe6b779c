"""Right and typical wrong answers to the exercises of lesson `seeing_codes`."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import Isomap, LocallyLinearEmbedding, SpectralEmbedding
from sklearn.neighbors import NearestNeighbors


def perplexity(p):
    logs = np.zeros_like(p)
    np.log(p, out=logs, where=p > 0)
    return np.exp(-(p * logs).sum(axis=1))


def distances(y):
    return np.linalg.norm(y[:, None] - y[None], axis=-1)


def map_probabilities(y, kernel=lambda d: 1 / (1 + d**2)):
    q = kernel(distances(y)) * (1 - np.eye(len(y)))
    return q / q.sum()


def near(x, k):
    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)


def preserved(x, y, k):
    pairs = zip(near(x, k), near(y, k), strict=True)
    return np.mean([np.isin(a, b).mean() for a, b in pairs])


def with_itself(x, y, k):
    of_x, of_y = (np.argsort(distances(a), axis=1)[:, :k] for a in (x, y))
    return np.mean([np.isin(a, b).mean() for a, b in zip(of_x, of_y, strict=True)])


RIGHT = {
    "seeing_codes.1": perplexity,
    "seeing_codes.2": map_probabilities,
    "seeing_codes.3": preserved,
    "seeing_codes.4": lambda x: Isomap(n_neighbors=8).fit_transform(x),
}

WRONG = {
    "bits": ("seeing_codes.1", lambda p: np.log2(perplexity(p))),
    "the entropy itself": ("seeing_codes.1", lambda p: np.log(perplexity(p))),
    "how many are not 0": ("seeing_codes.1", lambda p: (p > 0).sum(axis=1)),
    "logarithms of 0": (
        "seeing_codes.1",
        np.errstate(all="ignore")(lambda p: np.exp(-(p * np.log(p)).sum(axis=1))),
    ),
    "no square": ("seeing_codes.2", lambda y: map_probabilities(y, lambda d: 1 / (1 + d))),
    "a Gaussian": ("seeing_codes.2", lambda y: map_probabilities(y, lambda d: np.exp(-(d**2)))),
    "each row sums to 1": ("seeing_codes.2", lambda y: len(y) * map_probabilities(y)),
    "each its own neighbour": ("seeing_codes.3", with_itself),
    "a number of neighbours": ("seeing_codes.3", lambda x, y, k: k * preserved(x, y, k)),
    "from above": ("seeing_codes.4", lambda x: x[:, [0, 1]]),
    "components": ("seeing_codes.4", lambda x: PCA(2).fit_transform(x)),
    "eigenmaps": ("seeing_codes.4", lambda x: SpectralEmbedding(n_neighbors=8).fit_transform(x)),
    "weights of neighbours": (
        "seeing_codes.4",
        lambda x: LocallyLinearEmbedding(n_neighbors=8).fit_transform(x),
    ),
}
