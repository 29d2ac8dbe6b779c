"""KDD Cup 99 by the papers' protocol: networks and simple rivals on several splits."""

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

from course_lib.anomaly import AnomalyDetector, ecod
from course_lib.data import load_table
from course_lib.layers import GaussianPrior
from course_lib.metrics import average_precision, precision_recall_f1, roc_auc, squared_error
from course_lib.models import BiGAN

SPLITS = 10
TITLE = "KDD Cup 99: AUC, average precision and F1 at 20 %, networks and simple rivals"
PROTOCOL = (
    "10 % file, 121 columns, scaled by the range of the training half. 15,000 attacks to train on; "
    "15,000 rows of the other half, 20 % of them normal connections, which are to be found; the "
    f"20 % with the highest scores flagged. Mean over {SPLITS} splits and seeds, ± half the range. "
    "autoencoder: 121-64-8-64-121, 16 epochs of batches of 32. BiGAN: codes of 32, dropout .2, "
    "gradient penalty 1, 3,042 steps of 128, averaged weights; opinion = −log d(x, f(x)), error = "
    "L1. count: the column by itself, few are anomalous, its sign from the labels. Published F1: "
    "autoencoder .73, DAGMM .94, BiGAN .94, of 198,000 training rows"
)
ABOUT = (
    "Published: Zong et al., 2018, and Zenati et al., 2018 (recalled). F1, higher is better; "
    "± half the range of ten splits"
)
FIGURE = "F1"
PUBLISHED = {"autoencoder": "0.73", "BiGAN, opinion": "0.94", "BiGAN, error": "0.94"}


def run(journal):
    found = [journal.once(f"split {seed}", lambda seed=seed: split(seed)) for seed in range(SPLITS)]
    return [row(name, np.array([one[name] for one in found])) for name in found[0]]


def split(seed):
    """`{detector: AUC, average precision, F1}`."""
    table = load_table("kddcup99", train=15_000, test=15_000, seed=seed)
    labels, found = table.y_test, {}
    for name, score in scores(table, seed).items():
        f1 = precision_recall_f1(score, labels, 0.2)[2]
        found[name] = roc_auc(score, labels), average_precision(score, labels), f1
    return found


def scores(table, seed):
    """`{detector: score of each test row}`."""
    seen, x = table.x_train, table.x_test
    found = {"count by itself": -x[:, table.columns.index("count")]}
    found["mean"] = squared_error(x, np.broadcast_to(seen.mean(axis=0), x.shape))
    for k in (1, 2, 8, 32):
        pca = PCA(k, svd_solver="covariance_eigh").fit(seen)
        rebuilt = pca.inverse_transform(pca.transform(x)).astype("float32")
        found[f"PCA-{k}"] = squared_error(x, rebuilt)
    near = NearestNeighbors(n_neighbors=5).fit(seen)
    found["5 neighbours"] = near.kneighbors(x)[0].mean(axis=1)
    found["isolation forest"] = -IsolationForest(random_state=seed).fit(seen).score_samples(x)
    found["ECOD"] = ecod(seen, x)
    detector = AnomalyDetector(units=8, epochs=16, batch_size=32, random_state=seed).fit(seen)
    found["autoencoder"] = -detector.score_samples(x)
    for penalty in (1.0, 0.0):
        model = trained(seen, penalty, seed)
        name = "BiGAN" if penalty else "BiGAN without penalty"
        found[f"{name}, opinion"] = model.scores(x, "cross_entropy", weight=1)
        found[f"{name}, error"] = model.scores(x, weight=0)
    return found


def trained(x, penalty, seed):
    keras.utils.set_random_seed(seed)
    dense, dropout = keras.layers.Dense, keras.layers.Dropout
    encoder = keras.Sequential([dense(64, "leaky_relu"), dense(32)])
    generator = keras.Sequential([dense(64, "relu"), dense(128, "relu"), dense(121)])
    pair = [keras.Input((121,)), keras.Input((32,))]
    halves = [dropout(0.2)(dense(128, "leaky_relu")(half)) for half in pair]
    both = dense(128, "leaky_relu")(keras.layers.Concatenate()(halves))
    features = keras.Model(pair, dropout(0.2)(both))
    model = BiGAN(encoder, generator, features, GaussianPrior(32), penalty=penalty, seed=seed)
    rate = keras.optimizers.schedules.CosineDecay(5e-4, 3_042)
    model.compile(keras.optimizers.Adam(rate, beta_1=0.5, use_ema=True, ema_momentum=0.999))
    model.fit(x, batch_size=128, epochs=26, verbose=0)
    return model


def row(name, values):
    middle, half = values.mean(axis=0), np.ptp(values, axis=0) / 2
    shown = [f"{m:.3f} ± {h:.3f}" for m, h in zip(middle, half, strict=True)]
    figures = dict(zip(("AUC", "average precision", "F1"), shown, strict=True))
    return {"detector": name, "published": PUBLISHED.get(name, "-"), **figures}
