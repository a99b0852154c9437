"""Losses of minigrad.functional: definitions, limits, refusals. Their peers are in tests/peers."""

import math

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.testing import check_grads
from tests.support.comparing import gradient, leaf, same

rng = np.random.default_rng(11)
X = rng.normal(size=(3, 4))
LOGITS, CLASSES = rng.normal(size=(5, 4)), np.array([0, 3, 1, 3, 2])
SHARES, WEIGHT = rng.dirichlet(np.ones(4), 5), rng.uniform(0.5, 2.0, 4)


def cross_entropy(logits, q, weight=None):
    """-Σ w q ln p by the definition, one value a row."""
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return -(q * np.log(p) * (1 if weight is None else weight)).sum(1)


@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["even", "weighted"])
def test_cross_entropy(weight, smoothing):
    """Indices and probabilities, weights, smoothing, ignored targets, every reduction."""
    f = F.cross_entropy
    one_hot = np.eye(4)[CLASSES]
    w = np.ones(4) if weight is None else weight
    rest = {"weight": weight, "label_smoothing": smoothing}
    for target, q in ((CLASSES, one_hot), (SHARES, SHARES)):
        each = cross_entropy(LOGITS, (1 - smoothing) * q + smoothing / 4, weight)
        total = w[CLASSES].sum() if target is CLASSES else 5
        np.testing.assert_allclose(f(LOGITS, target, reduction="none", **rest), each)
        np.testing.assert_allclose(f(LOGITS, target, reduction="sum", **rest), each.sum())
        np.testing.assert_allclose(f(LOGITS, target, **rest), each.sum() / total)
        np.testing.assert_allclose(
            f(np.stack([LOGITS, LOGITS]).swapaxes(1, 2), np.stack([target, target]) if target
              is CLASSES else np.stack([target, target]).swapaxes(1, 2), reduction="sum", **rest),
            2 * each.sum(),
        )
        check_grads(lambda x, t=target: f(x, t, **rest), LOGITS)
    check_grads(lambda x, t: f(x, t, **rest), LOGITS, SHARES)
    holes = np.where(CLASSES == 3, -100, CLASSES)
    kept = np.flatnonzero(holes >= 0)
    np.testing.assert_allclose(f(LOGITS, holes, **rest), f(LOGITS[kept], CLASSES[kept], **rest))
    np.testing.assert_allclose(f(LOGITS, CLASSES, ignore_index=3, **rest), f(LOGITS, holes, **rest))
    assert (gradient(lambda x: f(x, holes, **rest), LOGITS)[[1, 3]] == 0).all()


def test_cross_entropy_far_out():
    """Logits of ±1e4 and -∞, classes of probability 0, an ignored row of NaN."""
    logits = np.array([[1e4, -1e4, 0.0], [0.0, -np.inf, 0.0]])
    same(F.cross_entropy(logits, np.array([1, 0]), reduction="none"), np.array([2e4, math.log(2)]))
    np.testing.assert_allclose(
        gradient(lambda x: F.cross_entropy(x, np.array([1, 0]), reduction="sum"), logits),
        [[1, -1, 0], [-0.5, 0, 0.5]],
    )
    target = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    np.testing.assert_allclose(
        F.cross_entropy(logits, target, reduction="none"), [0, math.log(2)], atol=1e-15
    )
    padded, target = np.array([[1.0, 2.0], [np.nan, np.inf]]), np.array([0, -100])
    for smoothing in (0.0, 0.1):
        def loss(x, smoothing=smoothing):
            return F.cross_entropy(x, target, label_smoothing=smoothing)

        assert np.isfinite(loss(padded))
        for g in (gradient(loss, padded), mg.hessian(loss)(padded)[:, 0, 1]):
            assert np.isfinite(g).all()
            assert (g[1] == 0).all()
    same(F.nll_loss(padded, target), np.array(-1.0))
    assert F.cross_entropy(LOGITS.astype("f4"), CLASSES, WEIGHT).dtype == np.float32
    same(F.cross_entropy(np.array([1, 1]), np.array(0)), np.array(math.log(2)))


BAD_TARGETS = [
    (IndexError, r"class 4, wanted 0 to 3", LOGITS, np.array([0, 4, 1, 1, 1])),
    (IndexError, r"class -1, wanted 0 to 3", LOGITS, np.array([0, -1, 1, 1, 1])),
    (ValueError, r"\(5, 4\) and target \(5, 1\)", LOGITS, CLASSES[:, None]),
    (ValueError, r"\(5, 4\) and target \(4,\)", LOGITS, CLASSES[:4]),
    (ValueError, r"\(5, 4\) and target \(5,\) of dtype float64", LOGITS, CLASSES.astype(float)),
    (TypeError, "bool", LOGITS, CLASSES > 1),
    (ValueError, "no axes", np.float64(1.0), np.array(0)),
    (ValueError, "no target to average", LOGITS, np.full(5, -100)),
    (ValueError, "no target to average", LOGITS[:0], CLASSES[:0]),
]


@pytest.mark.parametrize("case", range(len(BAD_TARGETS)))
def test_bad_targets(case):
    """Classes that do not exist, shapes that do not fit, nothing to average: errors that say so."""
    kind, message, logits, target = BAD_TARGETS[case]
    for f in (F.cross_entropy, F.nll_loss):
        if f is F.nll_loss and target.dtype.kind == "f":
            kind, message = TypeError, "float64"
        with pytest.raises(kind, match=message):
            f(logits, target)


def test_bad_options_of_losses():
    """Reductions, weights and smoothing that do not exist."""
    for f in (F.mse_loss, F.l1_loss, F.huber_loss, F.kl_div, F.binary_cross_entropy_with_logits):
        with pytest.raises(ValueError, match="'average'"):
            f(X, X, reduction="average")
    with pytest.raises(ValueError, match="'average'"):
        F.cross_entropy(LOGITS, CLASSES, reduction="average")
    with pytest.raises(ValueError, match=r"weight has shape \(3,\).*\(4,\)"):
        F.cross_entropy(LOGITS, CLASSES, np.ones(3))
    with pytest.raises(TypeError, match=r"weight\.detach\(\)"):
        F.cross_entropy(LOGITS, CLASSES, leaf(WEIGHT))
    for smoothing in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="label_smoothing"):
            F.cross_entropy(LOGITS, CLASSES, label_smoothing=smoothing)
    with pytest.raises(ValueError, match="delta is 0"):
        F.huber_loss(X, X, delta=0)
    with pytest.raises(ValueError, match=r"pos_weight has shape \(3,\)"):
        F.binary_cross_entropy_with_logits(X, X, pos_weight=np.ones(3))
    with pytest.raises(ValueError, match=r"holds 1\.5; wanted probabilities"):
        F.binary_cross_entropy(np.array([1.5]), np.array([1.0]))


def test_shapes_of_losses_must_be_equal():
    """(4, 1) against (4,) would compare each with each: an error that names both shapes."""
    wide, flat = np.full((4, 1), 0.5), np.full(4, 0.5)
    for f in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy,
              F.binary_cross_entropy_with_logits, F.kl_div):
        with pytest.raises(ValueError, match=r"\(4, 1\) and target \(4,\)"):
            f(leaf(wide), flat)
        with pytest.raises(ValueError, match="no entries"):
            f(flat[:0], flat[:0])
        assert float(f(flat[:0], flat[:0], reduction="sum")) == 0


def test_losses_are_their_definitions():
    """Of the difference, of probabilities, of logits: every value, and every gradient."""
    x, y = rng.normal(size=(2, 3)) * 2, rng.normal(size=(2, 3))
    d, p, t = x - y, 1 / (1 + np.exp(-x)), rng.random((2, 3))
    huber = np.where(np.abs(d) < 0.7, d * d / 2, 0.7 * (np.abs(d) - 0.35))
    entropy = -t * np.log(p) - (1 - t) * np.log(1 - p)
    for found, wanted in (
        (F.mse_loss(x, y), np.mean(d * d)),
        (F.mse_loss(x, y, "none"), d * d),
        (F.l1_loss(x, y, "sum"), np.abs(d).sum()),
        (F.huber_loss(x, y, delta=0.7), huber.mean()),
        (F.smooth_l1_loss(x, y, beta=0.7), huber.mean() / 0.7),
        (F.smooth_l1_loss(x, y, beta=0.0), np.abs(d).mean()),
        (F.binary_cross_entropy(p, t), entropy.mean()),
        (F.binary_cross_entropy(p, t, [1, 2, 3], "sum"), (entropy * [1, 2, 3]).sum()),
        (F.binary_cross_entropy_with_logits(x, t), entropy.mean()),
        (F.binary_cross_entropy_with_logits(x, t, pos_weight=[[2], [3]]),
         np.mean(-t * np.log(p) * [[2], [3]] - (1 - t) * np.log(1 - p))),
        (F.kl_div(np.log(p), t), np.mean(t * (np.log(t) - np.log(p)))),
        (F.kl_div(np.log(p), t, "batchmean"), np.sum(t * (np.log(t) - np.log(p))) / 2),
        (F.kl_div(np.log(p), np.log(t), "sum", True), np.sum(t * (np.log(t) - np.log(p)))),
        (F.mse(x, y), F.mse_loss(x, y)), (F.bce(p, t), F.binary_cross_entropy(p, t)),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    check_grads(lambda x, y: F.smooth_l1_loss(x, y, beta=0.7), x, y)
    check_grads(lambda p, t: F.binary_cross_entropy(p, t, [1, 2, 3]), p, t)


def test_losses_at_the_ends():
    """log 0 is finite or 0 where the target is 0; logits of ±1e4 keep every digit."""
    p, t = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    same(F.binary_cross_entropy(p, t, reduction="none"), np.array([0.0, 100.0, 100.0, 0.0]))
    assert np.isfinite(gradient(lambda p: F.binary_cross_entropy(p, t), p)).all()
    x = np.array([-1e4, -1e4, 1e4, 1e4, -40.0])
    t = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    same(F.bce_with_logits(x, t, reduction="none"), np.array([0.0, 1e4, 1e4, 0.0, math.exp(-40)]))
    slopes = gradient(lambda x: F.bce_with_logits(x, t, reduction="sum"), x)
    np.testing.assert_allclose(slopes, [0.0, -1.0, 1.0, 0.0, math.exp(-40)], rtol=1e-15)
    log_p = np.log(np.array([0.25, 0.75]))
    np.testing.assert_allclose(F.kl_div(log_p, np.array([0.0, 1.0]), "sum"), -math.log(0.75))
    assert np.isfinite(gradient(lambda q: F.kl_div(q, np.array([0.0, 1.0])), log_p)).all()


def test_losses_can_be_taken_from_everything():
    """Second derivatives: a gradient penalty through a loss, at the numbers of the definition."""

    def loss(x):
        return F.cross_entropy(x, CLASSES, WEIGHT, reduction="sum")

    def penalty(x):
        return np.sum(mg.grad(loss)(x) ** 2)

    def by_hand(x):
        p = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
        return np.sum((np.expand_dims(WEIGHT[CLASSES], 1) * (p - np.eye(4)[CLASSES])) ** 2)

    np.testing.assert_allclose(mg.grad(penalty)(LOGITS), mg.grad(by_hand)(LOGITS), rtol=1e-12)


@pytest.mark.parametrize("reduction", ["sum", "mean", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.25])
def test_cross_entropy_of_targets_that_sum_to_zero(reduction, smoothing):
    """A distribution counts where one of its entries is not 0, whatever their sum."""
    x, q = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    q[0], q[1] = [-1.0, 0.0, 1.0], [2.0, -1.0, -1.0]

    def plain(x, q):
        q = (1 - smoothing) * q + smoothing / 3
        log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        loss = -(q * log_p).sum(axis=1)
        return {"sum": loss.sum(), "mean": loss.mean(), "none": loss}[reduction]

    def ours(x, q):
        return F.cross_entropy(x, q, reduction=reduction, label_smoothing=smoothing)

    np.testing.assert_allclose(ours(x, q), plain(x, q), rtol=1e-12)
    check_grads(ours, x, q, order=2)
