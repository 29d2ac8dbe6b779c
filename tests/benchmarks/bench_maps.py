"""What maps cost as points grow in number: from pixels, and from fifty principal components."""

import time

import numpy as np

TITLE = "Seconds to make a map, and how well it keeps the digits apart"
PROTOCOL = (
    "MNIST's training digits, drawn once; each figure one run in one process on all cores; "
    "PCA's own seconds are counted in every row that begins with it; neighbours = the 90 nearest "
    "by scikit-learn; affinities = course_lib's, of all pairs, perplexity 30, up to 5,000 points; "
    "500 steps = of t-SNE on these affinities by course_lib's loss and TensorFlow's gradient, up "
    "to 2,000 points; scikit-learn and openTSNE = their t-SNE as it comes, two jobs; error = 1-NN, "
    "leave-one-out"
)
SIZES = (2_000, 5_000, 10_000, 20_000)
COMPONENTS, STEPS = 50, 500


def run():
    from sklearn.decomposition import PCA

    from course_lib.data import load_images

    images = load_images("mnist")
    rows = []
    for n in SIZES:
        images = load_images("mnist", train=n, test=0)
        x, labels = images.x_train.reshape(n, -1), images.y_train
        first, z = timed(lambda x=x: PCA(COMPONENTS, random_state=0).fit_transform(x))
        rows += [row(n, "pixels", x, labels, 0.0), row(n, f"PCA-{COMPONENTS}", z, labels, first)]
    return rows


def timed(act):
    start = time.perf_counter()
    made = act()
    return time.perf_counter() - start, made


def row(n, name, x, labels, before):
    from openTSNE import TSNE as OpenTSNE
    from sklearn.manifold import TSNE
    from sklearn.neighbors import NearestNeighbors

    from course_lib.losses import joint_affinities
    from course_lib.metrics import neighbour_error

    found = {"points": n, "from": name}

    def note(what, act):
        seconds, made = timed(act)
        found[what] = round(before + seconds, 1)
        return made

    note("neighbours", lambda: NearestNeighbors(n_neighbors=90, n_jobs=2).fit(x).kneighbors())
    p = None
    if n <= 5_000:
        p = note("affinities", lambda: joint_affinities(x))
    if n <= 2_000:
        note(f"{STEPS} steps", lambda: descend(p))
    theirs = note("scikit-learn", lambda: TSNE(random_state=0, n_jobs=2).fit_transform(x))
    found["its error"] = neighbour_error(theirs, labels)
    theirs = note("openTSNE", lambda: np.asarray(OpenTSNE(random_state=0, n_jobs=2).fit(x)))
    found["its error "] = neighbour_error(theirs, labels)
    columns = ("points", "from", "neighbours", "affinities", f"{STEPS} steps", "scikit-learn")
    columns += ("its error", "openTSNE", "its error ")
    return {column: found.get(column, "") for column in columns}


def descend(p):
    import tensorflow as tf

    from course_lib.losses import tsne

    p = tf.constant(p, "float32")
    y = tf.Variable(1e-4 * np.random.default_rng(0).normal(size=(len(p), 2)), dtype="float32")

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tsne(p, y))
        y.assign_sub(len(p) / 12 * tape.gradient(loss, y))

    for _ in range(STEPS):
        step()
