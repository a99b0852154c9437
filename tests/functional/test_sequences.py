"""ctc_loss: against the sum over all paths, and what is refused."""

import itertools

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.testing import check_grads

rng = np.random.default_rng(3)


def collapsed(path, blank):
    """Repetitions made one, then blanks taken out."""
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def over_paths(y, target, blank):
    """-ln Σ of the probabilities of all paths."""
    T, C = y.shape
    total = sum(
        np.exp(sum(y[t, c] for t, c in enumerate(path)))
        for path in itertools.product(range(C), repeat=T) if collapsed(path, blank) == target
    )
    return -np.log(total) if total else np.inf


@pytest.mark.parametrize("blank", [0, 2])
@pytest.mark.parametrize("target", [(), (1,), (1, 1), (3, 1), (1, 3, 1), (1, 1, 1)], ids=str)
def test_all_paths(target, blank):
    """The definition, for repeated labels, no labels, and lengths that are too short."""
    for T in range(1, 6):
        y = np.log(rng.dirichlet(np.ones(4), T))
        labels = np.array([target], int).reshape(1, len(target))
        found = F.ctc_loss(y[:, None], labels, [T], [len(target)], blank, "none")
        assert found[0] == pytest.approx(over_paths(y, target, blank))
        alone = F.ctc_loss(y, labels[0], T, len(target), blank, "none")
        assert float(alone) == pytest.approx(float(found[0]))


def test_a_batch():
    """Sequences and targets of unequal lengths; what lies behind them may be anything."""
    y = F.log_softmax(rng.normal(size=(6, 3, 4)), 2)
    targets = np.array([[1, 2, 2], [3, -7, 99], [2, 1, 0]])
    steps, sizes = [6, 4, 5], [3, 1, 2]
    each = [over_paths(y[:t, n], tuple(targets[n, :s]), 0)
            for n, (t, s) in enumerate(zip(steps, sizes, strict=True))]
    y[4:, 1], y[5:, 2] = np.nan, np.inf
    joined = np.concatenate([row[:s] for row, s in zip(targets, sizes, strict=True)])
    for given in (targets, joined, mg.tensor(targets)):
        found = F.ctc_loss(y, given, np.array(steps), sizes, reduction="none")
        np.testing.assert_allclose(np.asarray(found), each)
    assert float(F.ctc_loss(y, targets, steps, sizes)) == pytest.approx(
        np.mean(np.divide(each, sizes)))
    assert float(F.ctc_loss(y, targets, steps, sizes, reduction="sum")) == pytest.approx(sum(each))
    x = mg.tensor(y, requires_grad=True)
    F.ctc_loss(x, targets, steps, sizes).backward()
    g = x.grad.numpy()
    assert np.isfinite(g).all()
    assert not g[4:, 1].any()
    assert not g[5:, 2].any()
    np.testing.assert_allclose(g.sum(axis=2)[:4], -np.broadcast_to([1 / 9, 1 / 3, 1 / 6], (4, 3)))


def test_derivatives():
    """Of both orders, by finite differences."""
    logits = rng.normal(size=(4, 2, 3))
    check_grads(lambda x: F.ctc_loss(F.log_softmax(x, 2), np.array([[1, 2], [2, 0]]), [4, 3],
                                     [2, 1]), logits)


def test_no_path():
    """∞ of a target that no path can be, 0 with zero_infinity; the others keep their gradient."""
    y = F.log_softmax(rng.normal(size=(2, 2, 3)), 2)
    targets, lengths = np.array([[1, 1], [1, 2]]), [2, 2]
    assert np.isinf(np.asarray(F.ctc_loss(y, targets, lengths, lengths, reduction="none"))[0])
    x = mg.tensor(y, requires_grad=True)
    losses = F.ctc_loss(x, targets, lengths, lengths, reduction="none", zero_infinity=True)
    assert losses[0].item() == 0
    losses.sum().backward()
    assert not x.grad.numpy()[:, 0].any()
    np.testing.assert_allclose(x.grad.numpy()[:, 1], [[0, -1, 0], [0, 0, -1]])


def test_certain_labels():
    """Probabilities of 0 are ln 0 = -∞, and give no NaN."""
    y = np.full((3, 1, 3), -np.inf)
    y[0, 0, 1] = y[1, 0, 0] = y[2, 0, 2] = 0.0
    x = mg.tensor(y, requires_grad=True)
    loss = F.ctc_loss(x, np.array([[1, 2]]), [3], [2])
    assert loss.item() == 0
    loss.backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_long_sequences():
    """In logarithms: e⁻¹⁰⁰⁰⁰ is no 0; float32 stays float32."""
    y = np.full((2000, 1, 30), np.log(1 / 30), np.float32)
    loss = F.ctc_loss(y, np.array([[1, 2, 3]]), [2000], [3], reduction="sum")
    assert loss.dtype == np.float32
    assert 6700 < float(loss) < 6802


def test_what_is_refused():
    y, one = np.zeros((4, 2, 3)), np.array([[1, 2], [2, 1]])
    for options, error, message in (
        ({"reduction": "all"}, ValueError, "reduction is 'all'"),
        ({"blank": 3}, ValueError, "blank is 3, wanted a class from 0 to 2"),
        ({"targets": np.array([[1, 3], [2, 1]])}, IndexError, "holds 3, wanted classes from 0"),
        ({"targets": np.array([[1, 0], [2, 1]])}, IndexError, "holds 0.* without the blank 0"),
        ({"targets": one * 1.0}, TypeError, "targets has dtype float64"),
        ({"targets": one[0]}, ValueError, "the labels of all sequences"),
        ({"input_lengths": [5, 4]}, ValueError, r"input_lengths is \[5, 4\], wanted 2 from 0 to 4"),
        ({"target_lengths": [3, 2]}, ValueError, r"target_lengths is \[3, 2\], wanted 2 from 0 t"),
        ({"target_lengths": [2]}, ValueError, r"target_lengths is \[2\], wanted 2"),
        ({"input_lengths": [4.0, 4.0]}, TypeError, "input_lengths has dtype float64"),
        ({"log_probs": y[0, 0]}, ValueError, r"log_probs has shape \(3,\)"),
    ):
        call = {"log_probs": y, "targets": one, "input_lengths": [4, 4], "target_lengths": [2, 2]}
        with pytest.raises(error, match=rf"ctc_loss.*{message}"):
            F.ctc_loss(**{**call, **options})
