"""Trees against NumPy: which neighbours merge, what a node holds, and what the local loss moves."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from course_lib.models import RecursiveAutoencoder
from course_lib.models.sequence.trees import balanced_tree, unfold, unfold_balanced

to_numpy = ops.convert_to_numpy
RNG = np.random.default_rng(0)
STEPS = 7
X = RNG.normal(size=(6, STEPS, 3)).astype("float32")


def model(**options):
    keras.utils.set_random_seed(1)
    made = RecursiveAutoencoder(STEPS, 3, **{"units": 4, "code": 2, "local_weight": 0.5} | options)
    for weight in made.weights:
        if not to_numpy(weight.value).any():
            # A branch that starts at zero would hide what it does.
            weight.assign(RNG.normal(size=weight.shape) * 0.3)
    return made


def affine(layer, x):
    kernel, *bias = (to_numpy(w).astype("float64") for w in layer.weights)
    return x @ kernel + (bias[0] if bias else 0)


def residual(layer, x):
    return affine(layer.skip, x) + affine(layer.outer, np.maximum(affine(layer.inner, x), 0))


def grown(made, x, pair):
    """Nodes and tree of one sequence, in NumPy; `pair(list)` says where to merge."""
    merge = made.encoder.merge
    nodes = list(affine(made.encoder.leaf, x.astype("float64")))
    names, tree = list(range(STEPS)), []
    while len(names) > 1:
        i = pair(names, nodes)
        left, right = names[i : i + 2]
        tree.append([left, right])
        names[i : i + 2] = [len(nodes)]
        nodes.append(residual(merge, np.concatenate([nodes[left], nodes[right]])))
    return np.array(nodes), tree


def best_pair(made):
    def pair(names, nodes):
        errors = []
        for left, right in itertools.pairwise(names):
            both = np.concatenate([nodes[left], nodes[right]])
            rebuilt = residual(made.decoder.split, residual(made.encoder.merge, both))
            errors.append(np.square(both - rebuilt).sum())
        return int(np.argmin(errors))

    return pair


def split_below(made, node, vector, tree):
    """Steps of a node, by splitting in NumPy: `{step: parameters}`."""
    if node < STEPS:
        return {node: affine(made.decoder.step, vector)}
    halves = np.split(residual(made.decoder.split, vector), 2)
    found = {}
    for child, half in zip(tree[node - STEPS], halves, strict=True):
        found |= split_below(made, child, half, tree)
    return found


def test_greedy_merging_is_that_of_numpy():
    made = model(tree="greedy")
    codes, nodes, trees = made.encoder(X, nodes=True)
    seen = set()
    for row, x in enumerate(X):
        wanted, tree = grown(made, x, best_pair(made))
        assert to_numpy(trees)[row].tolist() == tree
        np.testing.assert_allclose(to_numpy(nodes)[row], wanted, rtol=1e-4, atol=1e-5)
        seen.add(str(tree))
    assert len(seen) > 1, "all sequences have the same tree, which proves little"
    np.testing.assert_array_equal(to_numpy(codes[1]), made.trees(X))
    np.testing.assert_allclose(
        to_numpy(codes[0]), affine(made.encoder.down, to_numpy(nodes)[:, -1]), atol=1e-5
    )


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 7, 28])
def test_a_balanced_tree_spans_all(steps):
    tree = balanced_tree(steps)
    assert tree.shape == (steps - 1, 2)
    assert sorted(tree.ravel()) == list(range(2 * steps - 2))
    spans = [(i, i + 1) for i in range(steps)]
    for left, right in tree:
        assert spans[left][1] == spans[right][0]
        spans.append((spans[left][0], spans[right][1]))
    assert spans[-1] == (0, steps)


def test_balanced_nodes_are_those_of_their_tree():
    made, tree = model(), balanced_tree(STEPS)
    nodes = to_numpy(made.encoder(X, nodes=True)[1])
    np.testing.assert_array_equal(made.trees(X), np.repeat(tree[None], len(X), axis=0))
    for merge, (left, right) in enumerate(tree):
        both = np.concatenate([nodes[:, left], nodes[:, right]], axis=1)
        wanted = residual(made.encoder.merge, both)
        np.testing.assert_allclose(nodes[:, STEPS + merge], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("tree", ["balanced", "greedy"])
def test_the_decoder_splits_along_the_tree(tree):
    made = model(tree=tree)
    shown, codes = made.reconstruct(X), made.encode(X)
    codes = codes[0] if tree == "greedy" else codes
    for row, (code, its_tree) in enumerate(zip(codes, made.trees(X), strict=True)):
        steps = split_below(made, 2 * STEPS - 2, affine(made.decoder.up, code), its_tree)
        wanted = np.stack([steps[t] for t in range(STEPS)])
        np.testing.assert_allclose(shown[row], wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tree", ["balanced", "greedy"])
def test_spans_are_rebuilt_from_their_own_codes(tree):
    made = model(tree=tree)
    spans, trees = made.spans(X, batch_size=4), made.trees(X)
    assert spans.codes.shape == (6, 13, 4)
    assert spans.inside.sum(axis=1).min() >= 2
    for row in range(len(X)):
        for node, vector in enumerate(spans.codes[row]):
            steps = split_below(made, node, vector.astype("float64"), trees[row])
            assert np.flatnonzero(spans.inside[row, node]).tolist() == sorted(steps)
            for step, wanted in steps.items():
                np.testing.assert_allclose(
                    spans.rebuilt[row, node, step], wanted, rtol=1e-4, atol=1e-4
                )
            assert not spans.rebuilt[row, node][~spans.inside[row, node]].any()


def test_both_ways_down_agree():
    made = model()
    nodes = made.encoder(X, nodes=True)[1]
    first = np.full(len(X), STEPS - 2)
    one = unfold_balanced(nodes[:, -1], made.decoder.split, STEPS)
    other = unfold(nodes, ops.convert_to_tensor(made.trees(X)), made.decoder.split, first)
    np.testing.assert_allclose(to_numpy(one), to_numpy(other), atol=1e-5)


@pytest.mark.parametrize("tree", ["balanced", "greedy"])
def test_the_local_loss_by_hand(tree):
    made = model(tree=tree)
    terms = made.loss_terms(ops.convert_to_tensor(X))
    nodes, trees = (to_numpy(v).astype("float64") for v in made.encoder(X, nodes=True)[1:])
    leaves = affine(made.decoder.step, nodes[:, :STEPS])
    wanted = 0.5 * (np.square(X - leaves) + np.log(2 * np.pi)).sum(axis=(1, 2))
    for row in range(len(X)):
        children = nodes[row][trees[row].astype(int)].reshape(STEPS - 1, 8)
        rebuilt = residual(made.decoder.split, nodes[row, STEPS:])
        wanted[row] += 0.5 * np.square(children - rebuilt).sum()
    np.testing.assert_allclose(to_numpy(terms["local"]), wanted, rtol=1e-5)
    nll = 0.5 * (np.square(X - made.reconstruct(X)) + np.log(2 * np.pi)).sum(axis=(1, 2))
    np.testing.assert_allclose(to_numpy(terms["reconstruction"]), nll, rtol=1e-5)
    made.compile(run_eagerly=True)
    logs = made.evaluate(X, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(nll.mean() + 0.5 * wanted.mean(), rel=1e-5)


@pytest.mark.parametrize("tree", ["balanced", "greedy"])
def test_a_step_moves_the_split_as_by_hand(tree):
    """The local loss's slope at the split's last bias: what merges lose, split − children.

    What is to be rebuilt is a constant, so the end-to-end loss is all that moves the code.
    """
    made = model(tree=tree, local_weight=1.0)
    nodes, trees = (to_numpy(v).astype("float64") for v in made.encoder(X, nodes=True)[1:])
    children = np.stack(
        [n[t.astype(int)].reshape(-1, 8) for n, t in zip(nodes, trees, strict=True)]
    )
    local = (residual(made.decoder.split, nodes[:, STEPS:]) - children).sum(axis=1).mean(axis=0)
    bias = made.decoder.split.outer.bias
    moved = []
    for weight in (0.0, 1.0):
        twin = model(tree=tree, local_weight=weight)
        twin.set_weights(made.get_weights())
        twin.compile(keras.optimizers.SGD(1e-2), run_eagerly=True)
        twin.fit(X, batch_size=6, verbose=0)
        moved.append(to_numpy(twin.decoder.split.outer.bias.value))
        code = [to_numpy(v.value) for v in twin.encoder.down.variables]
        moved.append(np.concatenate([v.ravel() for v in code]))
    np.testing.assert_allclose((moved[0] - moved[2]) / 1e-2, local, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(moved[1], moved[3], atol=1e-7)
    assert np.abs(local).max() > 0.1
    assert bias.shape == local.shape


@pytest.mark.slow
def test_both_losses_fall_along_greedy_trees():
    made = model(tree="greedy", units=8, code=4)
    made.compile(keras.optimizers.Adam(0.01))
    before = made.evaluate(X, return_dict=True, verbose=0)
    made.fit(X, epochs=30, verbose=0)
    after = made.evaluate(X, return_dict=True, verbose=0)
    least = 0.5 * np.log(2 * np.pi) * STEPS * 3
    for term in ("reconstruction", "local"):
        assert after[term] - least < 0.5 * (before[term] - least)


@pytest.mark.parametrize("tree", ["balanced", "greedy"])
def test_save(tree, tmp_path):
    made = model(tree=tree)
    made.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.reconstruct(X), made.reconstruct(X))
    part = made.encoder.from_config(made.encoder.get_config())
    part.build(X.shape)
    part.set_weights(made.encoder.get_weights())
    np.testing.assert_array_equal(to_numpy(part(X, nodes=True)[1]), made.spans(X).codes)


def test_bits_of_a_tree():
    """Four steps have 5 binary trees."""
    greedy = RecursiveAutoencoder(4, 1, units=2, code=1, tree="greedy")
    assert greedy.tree_bits == pytest.approx(np.log2(5))
    assert model().tree_bits == 0


BAD = {
    "one step": (dict(steps=1), "steps must be a whole number of at least 2"),
    "no units": (dict(units=0), "units must be a whole number of at least 1"),
    "tree": (dict(tree="oak"), "tree must be 'balanced' or 'greedy', but is 'oak'"),
    "weight": (dict(local_weight=-1), "local_weight must be a finite number of at least 0"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        RecursiveAutoencoder(**{"steps": 4, "features": 2, **arguments})


def test_bad_data():
    made = model()
    made.compile()
    with pytest.raises(ValueError, match=r"x must be sequences of the shape \(7, 3\)"):
        made.fit(X[:, :6])
