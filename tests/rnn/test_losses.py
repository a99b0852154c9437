"""Losses over time, of sequences of equal and of unequal length."""

import numpy as np
import pytest

import minigrad as mg
from rnn.losses import over_time

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
