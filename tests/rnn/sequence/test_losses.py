"""Losses over time, of sequences of equal and of unequal length."""

import numpy as np
import pytest

import minigrad as mg
from rnn.losses import cross_entropy, over_time

LOSSES = np.random.default_rng(0).normal(size=(4, 3))
LENGTHS = [4, 1, 2]


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [("sum", LOSSES.sum() / 3), ("mean", LOSSES.mean()), ("last", LOSSES[-1].mean())],
)
def test_reductions(reduction, expected):
    """Σ_t ℓ_t, its mean over time, the last; all averaged over the batch; lists as arrays."""
    np.testing.assert_allclose(over_time(LOSSES, reduction), expected)
    steps = [mg.tensor(row) for row in LOSSES]
    np.testing.assert_allclose(over_time(steps, reduction).item(), expected)
    alone = over_time(LOSSES[:, 0], reduction)
    np.testing.assert_allclose(alone, over_time(LOSSES[:, :1], reduction))


@pytest.mark.parametrize("reduction", ["sum", "mean", "last"])
def test_padding_counts_nowhere(reduction):
    """With lengths the result is the mean of the sequences' own losses, and what lies after their
    ends, NaN too, reaches neither the value nor the gradient."""
    padded = LOSSES.copy()
    own = []
    for b, n in enumerate(LENGTHS):
        padded[n:, b] = np.nan
        own.append(over_time(LOSSES[:n, b], reduction))
    losses = mg.tensor(padded, requires_grad=True)
    total = over_time(losses, reduction, lengths=LENGTHS)
    np.testing.assert_allclose(total.item(), np.mean(own), rtol=1e-12)
    total.backward()
    gradient = losses.grad.numpy()
    assert np.isfinite(gradient).all()
    assert not gradient[np.isnan(padded)].any()
    np.testing.assert_allclose(gradient.sum(), {"sum": 7 / 3}.get(reduction, 1.0))


def test_full_lengths_change_nothing():
    """Lengths that are all T give what no lengths give."""
    for reduction in ("sum", "mean", "last"):
        np.testing.assert_allclose(
            over_time(LOSSES, reduction, lengths=[4, 4, 4]), over_time(LOSSES, reduction)
        )


def test_the_dtype_is_kept():
    """float32 losses give a float32 loss, with lengths too."""
    losses = mg.tensor(LOSSES.astype(np.float32), requires_grad=True)
    for reduction in ("sum", "mean", "last"):
        assert over_time(losses, reduction).dtype == np.float32
        assert over_time(losses, reduction, lengths=LENGTHS).dtype == np.float32


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([4, 0, 1], ValueError, r"lengths\[1\] = 0; wanted 1 to 4"),
        ([4, 1, 5], ValueError, r"lengths\[2\] = 5; wanted 1 to 4"),
        ([-1, 1, 1], ValueError, r"lengths\[0\] = -1"),
        ([4, 1], ValueError, r"received 2 lengths; wanted 3 integers"),
        ([4.0, 1.0, 1.0], TypeError, "dtype float64; wanted 3 integers"),
        (3, TypeError, r"shape \(\)"),
    ],
)
def test_lengths_that_do_not_fit(lengths, error, message):
    """A length of 0 or beyond T, too few of them, other dtypes: each names what it received."""
    with pytest.raises(error, match=message):
        over_time(LOSSES, lengths=lengths)


def test_other_arguments_that_do_not_fit():
    """Unknown reductions, wrong ranks and no steps at all."""
    with pytest.raises(ValueError, match=r"reduction='max'.*'sum', 'mean' or 'last'"):
        over_time(LOSSES, "max")
    for wrong in (np.ones(()), np.ones((2, 2, 2)), np.ones((0, 3))):
        with pytest.raises(ValueError, match="received shape"):
            over_time(wrong)
    with pytest.raises(ValueError, match=r"shape \(4,\), wanted \(T, B\)"):
        over_time(LOSSES[:, 0], lengths=[1])


def test_a_sequence_of_length_0():
    """It adds nothing to a sum; it has no mean and no last step; no sequences at all have none."""
    some = over_time(LOSSES, "sum", lengths=[4, 0, 1])
    np.testing.assert_allclose(some, (LOSSES[:, 0].sum() + LOSSES[0, 2]) / 3)
    for reduction in ("mean", "last"):
        with pytest.raises(ValueError, match=r"lengths\[1\] = 0; wanted 1 to 4"):
            over_time(LOSSES, reduction, lengths=[4, 0, 1])
    with pytest.raises(ValueError, match=r"shape \(4, 0\); wanted .*B ≥ 1"):
        over_time(LOSSES[:, :0])


# -- which axis is which


@pytest.mark.parametrize("shape", [(4, 3), (3, 3), (3, 4), (1, 1)])
@pytest.mark.parametrize("reduction", ["sum", "mean", "last"])
def test_time_is_the_axis_that_is_said(shape, reduction):
    """With batch_first time is the second axis, otherwise the first, for T = B too."""
    losses = np.random.default_rng(0).normal(size=shape)
    T, B = shape
    for lengths in (None, np.arange(B) % T + 1):
        wanted = over_time(losses, reduction, lengths)
        for given in (losses.T, mg.tensor(losses.T)):
            found = over_time(given, reduction, lengths, batch_first=True)
            np.testing.assert_allclose(mg.tensor(found).numpy(), wanted)
    steps = [mg.tensor(row) for row in losses]    # a list is by step, whatever the layer is
    np.testing.assert_allclose(over_time(steps, reduction, batch_first=True).item(),
                               over_time(losses, reduction))


def test_the_axes_are_named_where_they_are_swapped():
    """As many lengths as steps: the error points to batch_first."""
    with pytest.raises(ValueError, match=r"received 4 lengths; wanted 3 .* pass batch_first=True"):
        over_time(LOSSES, lengths=[1, 1, 1, 1])
    with pytest.raises(TypeError, match="batch_first='yes'"):
        over_time(LOSSES, batch_first="yes")


def log_losses(logits, targets):
    """-ln softmax(y)[target] for every step, as the formula says."""
    p = np.exp(logits - logits.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return -np.log(np.take_along_axis(p, targets[..., None], -1)[..., 0])


@pytest.mark.parametrize("T", [1, 3, 4])
@pytest.mark.parametrize("B", [1, 3, 5])
@pytest.mark.parametrize("V", [2, 3, 4])
def test_the_classes_are_the_last_axis(T, B, V):
    """Of logits (T, B, V) for all sizes, T = B = V among them, with lengths, batch first, and of
    one sequence: each value is the formula's, and so is the gradient, softmax - one-hot."""
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(T, B, V)), rng.integers(0, V, (T, B))
    lengths = rng.integers(1, T + 1, B)
    plain = log_losses(logits, targets)
    for reduction in ("sum", "mean", "last"):
        for ends in (None, lengths):
            wanted = over_time(plain, reduction, ends)
            y = mg.tensor(logits, requires_grad=True)
            found = cross_entropy(y, targets, reduction, ends)
            np.testing.assert_allclose(found.item(), wanted)
            turned = cross_entropy(logits.swapaxes(0, 1), targets.T, reduction, ends,
                                   batch_first=True)
            np.testing.assert_allclose(turned.item(), wanted)
        alone = cross_entropy(logits[:, 0], targets[:, 0], reduction)
        np.testing.assert_allclose(alone.item(), over_time(plain[:, 0], reduction))
    y = mg.tensor(logits, requires_grad=True)
    cross_entropy(y, targets, "sum").backward()
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(y.grad.numpy(), (p - np.eye(V)[targets]) / B, atol=1e-12)
    np.testing.assert_allclose(cross_entropy(logits, targets, "none").numpy(), plain)
    np.testing.assert_allclose(
        cross_entropy(logits.swapaxes(0, 1), targets.T, "none", batch_first=True).numpy(), plain.T
    )


def test_padding_of_logits_and_targets_is_anything():
    """NaN logits and impossible tokens behind the end of a sequence reach nothing."""
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(size=(4, 3, 2)), rng.integers(0, 2, (4, 3))
    clean = cross_entropy(logits, targets, lengths=LENGTHS).item()
    for b, n in enumerate(LENGTHS):
        logits[n:, b], targets[n:, b] = np.nan, -100
    y = mg.tensor(logits, requires_grad=True)
    loss = cross_entropy(y, targets, lengths=LENGTHS)
    assert loss.item() == clean
    loss.backward()
    assert np.isfinite(y.grad.numpy()).all()
    assert not y.grad.numpy()[np.isnan(logits)].any()
    losses = cross_entropy(logits, targets, "none", lengths=LENGTHS).numpy()
    assert not losses[np.isnan(logits[..., 0])].any()
    y = mg.tensor(logits, requires_grad=True)
    cross_entropy(y, targets, "sum", lengths=[0, 0, 0]).backward()
    assert not y.grad.numpy().any()


def test_logits_and_targets_that_do_not_fit():
    """Targets in another shape, tokens that are not there, other words."""
    logits = np.zeros((4, 3, 2))
    for wrong in (np.zeros((3, 4), int), np.zeros((4, 2), int), np.zeros(12, int)):
        with pytest.raises(ValueError, match=r"logits \(4, 3, 2\) and targets .* classes last"):
            cross_entropy(logits, wrong)
    with pytest.raises(IndexError):
        cross_entropy(logits, np.full((4, 3), 2))
    with pytest.raises(ValueError, match="reduction='max'"):
        cross_entropy(logits, np.zeros((4, 3), int), "max")
    with pytest.raises(ValueError, match=r"lengths=\.\.\.\): logits has shape \(4, 2\)"):
        cross_entropy(logits[:, 0], np.zeros(4, int), lengths=[4])
