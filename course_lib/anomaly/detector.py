"""An autoencoder as a detector of anomalies in scikit-learn.

    s(x) = ‖x − g(f(x))‖², or another criterion;      x is anomalous  ⇔  s(x) > t

    t = the (1 − contamination) quantile of the scores of the training data

Reference: Pedregosa et al., Scikit-learn: machine learning in Python, 2011,
    https://jmlr.org/papers/v12/pedregosa11a.html. Zhao, Nasrullah and Li, PyOD: a Python toolbox
    for scalable outlier detection, 2019, https://jmlr.org/papers/v20/19-011.html.
"""

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from course_lib.anomaly.criteria import CRITERIA, check_suits
from course_lib.extras import extra
from course_lib.models.base import Autoencoder
from course_lib.training.batches import in_batches
from course_lib.training.schedule import train
from course_lib.validation import check_number, check_whole

with extra("metrics"):
    from sklearn.base import BaseEstimator, OutlierMixin
    from sklearn.covariance import EmpiricalCovariance
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data

BATCH = 1024  # examples that are scored at a time


class AnomalyDetector(OutlierMixin, BaseEstimator):
    """Finds anomalies by a model that was trained on data that are normal, or mostly so.

    Columns should be of one scale: put it behind a scaler in a `Pipeline`. Whatever scikit-learn
    does with an estimator works (`GridSearchCV`, `clone`), and what `pickle` or `joblib` write
    on one backend is read on the others. `build` then is a function of a module, not a lambda.

    Args:
        build: function of the number of features, or of their shape where there are more axes
            than two, and of `units`, to a model of the course. A model that it has compiled is
            fitted as it is, another one by `course_lib.training.train`. By default a dense
            autoencoder with 64 hidden units on each side.
        units: code size K, handed to `build`.
        criterion: `"reconstruction"`, the squared error; `"likelihood"`, of models with
            `log_prob` or an ELBO; `"latent"`, the Mahalanobis distance of codes; or `"bigan"`,
            the `scores` of such a model.
        epochs: passes over the training data.
        batch_size: examples a step.
        contamination: share of the training data taken for anomalous, above 0, at most 0.5: it
            places the threshold, and moves no score.
        random_state: whole number, or a generator of NumPy, that fixes weights and batches; by
            default NumPy's global one does.

    Attributes: `model_`; `decision_scores_`, scores of the training data, high for what is
    anomalous, and their `labels_`, 1 for an anomaly, and `threshold_`, as in PyOD; `offset_`,
    −threshold, as in scikit-learn; `n_features_in_`.

    Raises:
        ValueError: in `fit`, if an argument is out of its range, or the model does not suit the
            criterion.

    Reference: Sakurada and Yairi, Anomaly detection using autoencoders with nonlinear
        dimensionality reduction, 2014, https://doi.org/10.1145/2689746.2689747.

    Example: points near a line, and one beside it.

    >>> x = np.random.default_rng(0).normal(size=(400, 1)) * [1.0, 1.0, -1.0]
    >>> detector = AnomalyDetector(units=1, contamination=0.01, random_state=0).fit(x)
    >>> detector.predict(np.array([[1.0, 1.0, -1.0], [1.0, -1.0, 1.0]]))
    array([ 1, -1])
    """

    def __init__(
        self,
        build: Callable[[Any, int], keras.Model] | None = None,
        units: int = 8,
        criterion: str = "reconstruction",
        epochs: int = 30,
        batch_size: int = 64,
        contamination: float = 0.1,
        random_state: Any = None,
    ):
        self.build = build
        self.units = units
        self.criterion = criterion
        self.epochs = epochs
        self.batch_size = batch_size
        self.contamination = contamination
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> "AnomalyDetector":
        """Train the model, score the training data, and place the threshold.

        Args:
            X: floats `(N, D)`, or `(N, ...)` for models of images and series.
            y: ignored; scikit-learn hands it over.
        """
        if self.criterion not in CRITERIA:
            raise ValueError(
                f"criterion must be one of {', '.join(CRITERIA)}, but is {self.criterion!r}."
            )
        units = check_whole("units", self.units, low=1)
        epochs = check_whole("epochs", self.epochs, low=1)
        batch_size = check_whole("batch_size", self.batch_size, low=1)
        share = check_number("contamination", self.contamination, above=0)
        check_number("contamination", share, high=0.5)
        x = self._checked(X, ensure_min_samples=2)
        features = x.shape[1] if x.ndim == 2 else x.shape[1:]
        with _seeded(check_random_state(self.random_state).randint(2**31 - 1)):
            model = (self.build or dense_autoencoder)(features, units)
            check_suits(model, self.criterion)
            if model.compiled:
                model.fit(x, batch_size=batch_size, epochs=epochs, verbose=0)
            else:
                train(model, x, epochs * len(x), batch_size, verbose=0)
        self.model_ = model
        if self.criterion == "latent":
            self.covariance_ = EmpiricalCovariance().fit(self._measured(x))
        self.decision_scores_ = self._scores(x)
        self.threshold_ = float(np.quantile(self.decision_scores_, 1 - share))
        self.offset_ = -self.threshold_
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """−s(x) of each example, `(N,)`: high for what is normal, as in scikit-learn.

        Args:
            X: floats as those of `fit`, scored batch by batch.
        """
        check_is_fitted(self)
        return -self._scores(self._checked(X, reset=False))

    def decision_function(self, X: Any) -> np.ndarray:
        """t − s(x) of each example, `(N,)`: negative for an anomaly, as in scikit-learn.

        Args:
            X: floats as those of `fit`, scored batch by batch.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """−1 for an anomaly and 1 for any other example, `(N,)`.

        Args:
            X: floats as those of `fit`, scored batch by batch.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _checked(self, X, **options):
        return validate_data(self, X, dtype=["float64", "float32"], allow_nd=True, **options)

    def _scores(self, x):
        values = self._measured(x)
        return self.covariance_.mahalanobis(values) if self.criterion == "latent" else values

    def _measured(self, x):
        def measure(part):
            part = part.astype(keras.config.floatx())
            return np.asarray(CRITERIA[self.criterion](self.model_, part), "float64")

        return in_batches(measure, x, BATCH)


def dense_autoencoder(features: int | tuple[int, ...], units: int) -> Autoencoder:
    """Features – 64 – units – 64 – features, with ReLUs between: what a detector is by default."""
    shape = (features,) if isinstance(features, int) else features
    dense = keras.layers.Dense
    encoder = [keras.layers.Flatten(), dense(64, "relu"), dense(units)]
    decoder = [dense(64, "relu"), dense(math.prod(shape)), keras.layers.Reshape(shape)]
    return Autoencoder(keras.Sequential(encoder), keras.Sequential(decoder))


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed Keras; Python's and NumPy's own generators, which that seeds too, are put back after."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
