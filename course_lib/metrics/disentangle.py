"""How far each number of a code follows one factor of variation and no other.

    Higgins       of pairs that share factor v:  can v be told from mean |z − z'|, linearly?
    FactorVAE     of examples that share factor v:  can v be told from the unit that varies least?
    MIG           mean over v of [ I(z₍₁₎; v) − I(z₍₂₎; v) ] / H(v): the two best-informed units
    active units  how many units' posterior means vary at all over the data

Each takes a table: codes, and the known factors of the same examples as whole numbers.

Reference: Higgins et al., beta-VAE, 2017, https://openreview.net/forum?id=Sy2fzU9gl. Kim and Mnih,
    Disentangling by factorising, 2018, https://arxiv.org/abs/1802.05983. Chen, Li, Grosse and
    Duvenaud, Isolating sources of disentanglement in variational autoencoders, 2018,
    https://arxiv.org/abs/1802.04942. Burda, Grosse and Salakhutdinov, Importance weighted
    autoencoders, 2016, https://arxiv.org/abs/1509.00519.
"""

import numpy as np

from course_lib.extras import extra
from course_lib.metrics.arrays import floats, integers
from course_lib.validation import Tensor, check_number, check_whole


def active_units(means: Tensor, threshold: float = 0.01) -> int:
    """Number of units whose posterior mean depends on the data.

        units j with Var_x[ E_q(z|x)[zⱼ] ] > threshold

    Args:
        means: posterior means, floats of shape `(N, K)`.
        threshold: a variance, at least 0; that of the prior is 1.

    Returns:
        A whole number from 0 to K.

    Raises:
        ValueError: if means are not finite floats of shape `(N, K)`.

    Reference: Burda et al., 2016, section 5.2, https://arxiv.org/abs/1509.00519.

    Example:

    >>> active_units(np.array([[0.0, 1.0], [0.0, -1.0]]))
    1
    """
    means = floats("means", means, rank=2)
    threshold = check_number("threshold", threshold, low=0)
    return int((means.var(axis=0, dtype="float64") > threshold).sum())


def mutual_information_gap(codes: Tensor, factors: Tensor, bins: int = 20) -> float:
    """Mutual information gap, averaged over factors.

        MIG = mean_v [ I(z₍₁₎; v) − I(z₍₂₎; v) ] / H(v)

    z₍₁₎ and z₍₂₎ are the two units that know most about v. Codes are cut into bins of equal
    width between each unit's smallest and largest value.

    Args:
        codes: floats of shape `(N, K)`, K at least 2.
        factors: whole numbers of shape `(N, V)`.
        bins: bins a unit, at least 2.

    Returns:
        A number from 0 to 1; 1 when each factor is known to one unit, fully, and to no other.

    Raises:
        ValueError: if codes and factors do not fit, or a factor has one value only.

    Reference: Chen et al., 2018, section 4.1, https://arxiv.org/abs/1802.04942.

    Example:

    >>> factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> print(f"{mutual_information_gap(factors * 2.0 - 1, factors):.2f}")
    1.00
    """
    with extra("metrics"):
        from sklearn.metrics import mutual_info_score
    codes, factors = _table(codes, factors)
    bins = check_whole("bins", bins, low=2)
    if codes.shape[1] < 2:
        raise ValueError(f"codes must have 2 units or more for a gap, but have {codes.shape[1]}.")
    edges = [np.histogram_bin_edges(z, bins)[1:-1] for z in codes.T]
    cells = [np.digitize(z, edge) for z, edge in zip(codes.T, edges, strict=True)]
    gaps = []
    for v in factors.T:
        known = np.sort([mutual_info_score(cell, v) for cell in cells])
        gaps.append((known[-1] - known[-2]) / mutual_info_score(v, v))
    return float(np.mean(gaps))


def factor_vae_score(
    codes: Tensor, factors: Tensor, votes: int = 800, group: int = 64, seed: int = 0
) -> float:
    """FactorVAE's metric: accuracy of naming the shared factor by the unit that varies least.

    A vote: choose a factor, then examples that share its value; among the units, each divided
    by its standard deviation over all data, take that of least variance. A table of majorities
    over one half of the votes is judged on the other. Units that never vary are left out.

    Args:
        codes: floats of shape `(N, K)`.
        factors: whole numbers of shape `(N, V)`.
        votes: votes, at least 2; one half makes the table, the other is judged.
        group: examples a vote, at least 2.
        seed: whole number that fixes the draws.

    Returns:
        A number from 0 to 1; chance is 1/V.

    Raises:
        ValueError: if codes and factors do not fit, a factor has one value only, or no unit
            varies.

    Reference: Kim and Mnih, 2018, section 4, https://arxiv.org/abs/1802.05983.

    Example:

    >>> factors = np.random.default_rng(0).integers(0, 4, size=(2000, 3))
    >>> factor_vae_score(factors.astype("float32"), factors)
    1.0
    """
    rounding = np.finfo(floats("codes", codes).dtype).eps
    codes, factors = _table(codes, factors, least=2)
    votes, group = check_whole("votes", votes, low=2), check_whole("group", group, low=2)
    seed = check_whole("seed", seed, low=0)
    spread = codes.std(axis=0)
    # Whatever a unit's scale, what differs in its last digits only is a constant.
    alive = np.ptp(codes, axis=0) > 8 * rounding * np.abs(codes).max(axis=0)
    if not alive.any():
        raise ValueError("codes must vary, but every unit is the same for all examples.")
    codes = codes[:, alive] / spread[alive]
    rng, shared = np.random.default_rng(seed), _same_value(factors)
    named = rng.integers(factors.shape[1], size=votes)
    least = np.empty(votes, "int64")
    for i, v in enumerate(named):
        value = rng.choice(factors[:, v])
        least[i] = codes[rng.choice(shared[v][value], group)].var(axis=0).argmin()
    counts = np.zeros((codes.shape[1], factors.shape[1]))
    half = votes // 2
    np.add.at(counts, (least[:half], named[:half]), 1)
    return float(np.mean(counts.argmax(axis=1)[least[half:]] == named[half:]))


def higgins_score(
    codes: Tensor, factors: Tensor, votes: int = 800, group: int = 64, seed: int = 0
) -> float:
    """Higgins' metric: accuracy of naming the shared factor from mean differences, linearly.

    A vote: choose a factor, then pairs of examples that share its value; the mean of
    |z − z'| over the pairs is what logistic regression sees. One half of the votes trains it,
    the other judges it.

    Args:
        codes: floats of shape `(N, K)`.
        factors: whole numbers of shape `(N, V)`.
        votes: votes, at least 4; one half trains, the other is judged.
        group: pairs a vote, at least 1.
        seed: whole number that fixes the draws.

    Returns:
        A number from 0 to 1; chance is 1/V.

    Raises:
        ValueError: if codes and factors do not fit, or a factor has one value only.

    Reference: Higgins et al., 2017, section 3, https://openreview.net/forum?id=Sy2fzU9gl.

    Example:

    >>> factors = np.random.default_rng(0).integers(0, 4, size=(2000, 3))
    >>> higgins_score(factors.astype("float32"), factors) > 0.99
    True
    """
    with extra("metrics"):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from threadpoolctl import threadpool_limits

    codes, factors = _table(codes, factors, least=2)
    votes, group = check_whole("votes", votes, low=4), check_whole("group", group, low=1)
    rng, shared = np.random.default_rng(check_whole("seed", seed, low=0)), _same_value(factors)
    named = rng.integers(factors.shape[1], size=votes)
    if len(np.unique(named[: votes // 2])) < 2:
        raise ValueError(f"votes must be enough to name two factors, but are {votes}.")
    seen = np.empty((votes, codes.shape[1]))
    for i, v in enumerate(named):
        first = rng.integers(len(codes), size=group)
        second = [rng.choice(shared[v][value]) for value in factors[first, v]]
        seen[i] = np.abs(codes[first] - codes[second]).mean(axis=0)
    half = votes // 2
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    with threadpool_limits(1):
        classifier.fit(seen[:half], named[:half])
        return float(classifier.score(seen[half:], named[half:]))


def _same_value(factors):
    """Of each factor, which examples have which value: `[{value: indices}, ...]`."""
    return [{value: np.flatnonzero(v == value) for value in np.unique(v)} for v in factors.T]


def _table(codes, factors, least=1):
    codes, factors = floats("codes", codes, rank=2), integers("factors", factors, rank=2)
    if factors.shape[1] < least:
        raise ValueError(
            f"factors must be {least} or more to tell apart, but are {factors.shape[1]}."
        )
    if len(codes) != len(factors):
        raise ValueError(
            f"factors must be given for each of the {len(codes)} codes, but are for {len(factors)}."
        )
    for number, v in enumerate(factors.T):
        if (v == v[0]).all():
            raise ValueError(f"factors must vary, but number {number} is always {v[0]}.")
    return codes.astype("float64"), factors
