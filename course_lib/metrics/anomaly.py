"""Anomalies: how well scores, high for what is anomalous, tell it from what is normal.

    AUC    P(s⁺ > s⁻) + ½ P(s⁺ = s⁻)                   s⁺ of an anomaly, s⁻ of a normal example
    AP     Σₖ (recallₖ − recallₖ₋₁) precisionₖ         over the thresholds, from the highest down
    F1     2 · precision · recall / (precision + recall)

AUC does not know how rare anomalies are, and at random is ½. The other two do: at random AP is the
share of anomalies, so it is printed beside that share.

Reference: Hanley and McNeil, The meaning and use of the area under a receiver operating
    characteristic (ROC) curve, 1982, https://doi.org/10.1148/radiology.143.1.7063747. Davis and
    Goadrich, The relationship between precision-recall and ROC curves, 2006,
    https://doi.org/10.1145/1143844.1143874.
"""

from statistics import NormalDist

import numpy as np
from keras import ops

from course_lib.extras import extra
from course_lib.metrics.arrays import floats
from course_lib.metrics.ranking import expected_hits
from course_lib.validation import Tensor, check_array, check_number


def roc_auc(scores: Tensor, labels: Tensor) -> float:
    """Area under the ROC curve: how often an anomaly scores higher than a normal example.

        P(s⁺ > s⁻) + ½ P(s⁺ = s⁻)

    Args:
        scores: floats `(N,)`, high for what is anomalous.
        labels: booleans, or zeros and ones, `(N,)`: true for an anomaly; both occur.

    Returns:
        A float in [0, 1]; 0.5 by chance, whatever the share of anomalies.

    Raises:
        ValueError: if scores and labels do not fit, or one of the two kinds is missing.

    Reference: Hanley and McNeil, 1982, https://doi.org/10.1148/radiology.143.1.7063747.

    Example: of four pairs three are in order.

    >>> roc_auc(np.array([0.1, 0.4, 0.3, 0.8]), np.array([0, 0, 1, 1]))
    0.75
    """
    with extra("metrics"):
        from sklearn.metrics import roc_auc_score

    scores, labels = _pair(scores, labels, each=1)
    return float(roc_auc_score(labels, scores))


def roc_auc_interval(
    scores: Tensor, labels: Tensor, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of the area under the ROC curve, by DeLong's variance.

        var = var(v⁺) / n⁺ + var(v⁻) / n⁻,     v⁺ᵢ = P(s⁺ᵢ > s⁻) + ½ P(s⁺ᵢ = s⁻)

    and v⁻ in the same way. It is the interval of a fixed detector over draws of test examples; how
    far detectors of several trainings lie apart is another question. It is cut off at 0 and 1, and
    has no width where the two kinds do not overlap.

    Args:
        scores: floats `(N,)`, high for what is anomalous.
        labels: booleans, or zeros and ones, `(N,)`: true for an anomaly; two or more of each kind.
        confidence: of the interval, between 0 and 1.

    Returns:
        Its two ends.

    Raises:
        ValueError: if scores and labels do not fit, or one of the two kinds occurs less than twice.

    Reference: DeLong, DeLong and Clarke-Pearson, Comparing the areas under two or more correlated
        receiver operating characteristic curves, 1988, https://doi.org/10.2307/2531595.

    Example:

    >>> scores = np.array([0.1, 0.2, 0.4, 0.5, 0.3, 0.6, 0.7, 0.8])
    >>> low, high = roc_auc_interval(scores, np.arange(8) > 3)  # AUC 14/16
    >>> print(f"{low:.3f} {high:.3f}")
    0.592 1.000
    """
    scores, labels = _pair(scores, labels, each=2)
    confidence = check_number("confidence", confidence, above=0, below=1)
    anomalous, normal = scores[labels], scores[~labels]
    above = _share_below(anomalous, normal)
    below = _share_below(normal, anomalous)
    deviation = np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * deviation
    area = above.mean()
    return float(max(area - reach, 0)), float(min(area + reach, 1))


def average_precision(scores: Tensor, labels: Tensor) -> float:
    """Average precision: the area under precision over recall, without interpolation.

        Σₖ (recallₖ − recallₖ₋₁) precisionₖ

    Examples of one score are flagged together. By chance it is the share of anomalies: 0.69 where
    69 % of the test examples are anomalous, so print that share beside it.

    Args:
        scores: floats `(N,)`, high for what is anomalous.
        labels: booleans, or zeros and ones, `(N,)`: true for an anomaly; one or more.

    Returns:
        A float in (0, 1].

    Raises:
        ValueError: if scores and labels do not fit, or there is no anomaly.

    Reference: Davis and Goadrich, 2006, https://doi.org/10.1145/1143844.1143874.

    Example: the anomalies stand first and third.

    >>> value = average_precision(np.array([0.1, 0.4, 0.3, 0.8]), np.array([0, 0, 1, 1]))
    >>> print(f"{value:.4f}")  # (1/1 + 2/3) / 2
    0.8333
    """
    with extra("metrics"):
        from sklearn.metrics import average_precision_score

    scores, labels = _pair(scores, labels)
    return float(average_precision_score(labels, scores))


def precision_recall_f1(
    scores: Tensor, labels: Tensor, fraction: float
) -> tuple[float, float, float]:
    """Precision, recall and F1 where the share of examples with the highest scores is flagged.

        F1 = 2 · precision · recall / (precision + recall) = 2 hits / (flagged + anomalies)

    Of examples with the same score any may be flagged: these are expectations over which. Where
    as many are flagged as are anomalous the three are one number, and by chance their share.

    Args:
        scores: floats `(N,)`, high for what is anomalous.
        labels: booleans, or zeros and ones, `(N,)`: true for an anomaly; one or more.
        fraction: share of examples to flag, rounded to whole examples, one or more of them.

    Returns:
        Three floats in [0, 1].

    Raises:
        ValueError: if scores and labels do not fit, there is no anomaly, or nothing is flagged.

    Reference: Zong et al., Deep autoencoding Gaussian mixture model for unsupervised anomaly
        detection, 2018, https://openreview.net/forum?id=BJJLHbb0-.

    Example:

    >>> precision_recall_f1(np.array([0.1, 0.4, 0.3, 0.8]), np.array([0, 0, 1, 1]), 0.25)
    (1.0, 0.5, 0.6666666666666666)
    """
    scores, labels = _pair(scores, labels)
    fraction = check_number("fraction", fraction, above=0, high=1)
    flagged, anomalies = round(fraction * len(scores)), int(labels.sum())
    if flagged == 0:
        raise ValueError(
            f"fraction must flag an example or more, but {fraction} of {len(scores)} flags none."
        )
    hits = float(expected_hits(-scores[None], labels[None], [flagged])[0, 0])
    return hits / flagged, hits / anomalies, 2 * hits / (flagged + anomalies)


def _share_below(scores, others):
    """Of each score the share of the others that lie below it, and half of those as high."""
    others = np.sort(others)
    low, high = (np.searchsorted(others, scores, side) for side in ("left", "right"))
    return (low + high) / (2 * len(others))


def _pair(scores, labels, each=0):
    """Scores, and labels as booleans, of which so many are of each kind, and one an anomaly."""
    scores = floats("scores", scores, rank=1)
    labels = np.asarray(ops.convert_to_numpy(labels))
    if labels.dtype != bool:
        check_array("labels", labels, rank=1, low=0, high=1, integer=True)
        labels = labels.astype(bool)
    if labels.shape != scores.shape:
        raise ValueError(
            f"labels must hold one label per score, but their shapes are {labels.shape} and "
            f"{scores.shape}."
        )
    anomalies = int(labels.sum())
    fewest = max(each, 1), each
    if anomalies < fewest[0] or len(labels) - anomalies < fewest[1]:
        raise ValueError(
            f"labels must mark {fewest[0]} or more anomalies and {fewest[1]} or more normal "
            f"examples, but mark {anomalies} and {len(labels) - anomalies}."
        )
    return scores, labels
