"""The norms of a loss's gradient and of Jacobians, by lag."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    ElmanCell,
    unroll,
)
from rnn.bptt import jacobian, norms
from tests.support.cells import chosen, states_of
from tests.support.running import sequence

T, B, K, H = 6, 3, 2, 4
CELLS = chosen(
    "elman, relu, gru after, gru before, mgu, lstm, coupled, "
    "peephole, layer norm, projected", K, H,
)
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)


@every_cell
def test_norms_of_a_loss(make):
    """Those of the gradients that ``retain_grad`` keeps, for every part of the state alone."""
    states = states_of(make(), sequence(T, B, K))
    parts = [state if isinstance(state, tuple) else (state,) for state in states]
    for place in range(len(parts[0])):
        chosen = [state[place] for state in parts]
        loss = (parts[-1][0] ** 2).sum() + (parts[2][0] ** 3).sum()
        found = norms(loss, chosen)
        for part in chosen:
            part.retain_grad()
        loss.backward(retain_graph=True)
        wanted = [np.linalg.norm(p.grad.numpy()) for p in chosen]
        np.testing.assert_allclose(found.values, wanted, rtol=1e-12)
        assert found.steps == (1, 2, 3, 4, 5, 6)
        np.testing.assert_array_equal(found.lags, [5, 4, 3, 2, 1, 0])
        for part in chosen:
            part.zero_grad()


def test_norms_of_jacobians():
    """With a state in the place of the loss they are ‖∂h_T/∂h_t‖₂, and all singular values."""
    cell = CELLS["gru after"]()
    outputs, h = unroll(cell, sequence(T, B, K))
    found = norms(h, outputs)
    for k in range(T):
        one = jacobian(h, outputs[k])
        assert found.values[k] == pytest.approx(one.norm, rel=1e-13)
        np.testing.assert_allclose(found.singular_values[k], one.singular_values, rtol=1e-12)
    assert found.values[-1] == 1
    assert repr(found).startswith("Norms of ∂h_6/∂h over lags 0 to 5: from 1 to 0.")


def test_norms_of_pairs():
    """(h, c) counts as one state, each part held while the other varies: the norm of a loss obeys
    the chain rule through the whole Jacobians."""
    states = states_of(CELLS['lstm'](), sequence(T, B, K))
    loss = (states[-1][0] ** 2).sum()
    found = norms(loss, states)
    g = np.concatenate([2 * states[-1][0].numpy(), np.zeros((B, H))], axis=1)
    for k, state in enumerate(states):
        back = np.einsum("bi,bij->bj", g, jacobian(states[-1], state).matrix)
        assert found.values[k] == pytest.approx(np.linalg.norm(back), rel=1e-12)
    spectral = norms(states[-1], states)
    assert spectral.values[0] == pytest.approx(jacobian(states[-1], states[0]).norm, rel=1e-12)


def test_norms_far_below_what_squares_can_hold():
    """1e-200 and less neither underflow to 0 nor break the rate."""
    cell = ElmanCell(1, 2, nonlinearity="identity", dtype=float, rng=0)
    cell.gate("h").W_hh = 1e-30 * np.eye(2)
    outputs, h = unroll(cell, np.ones((9, 1, 1)))
    found = norms(h.sum(), outputs)
    np.testing.assert_allclose(found.values, np.sqrt(2) * 1e-30 ** np.arange(9.0)[::-1], 1e-12)
    assert found.rate == pytest.approx(1e-30, rel=1e-10)
    assert np.isnan(norms(h.sum(), [h]).rate)


def test_errors_of_norms():
    """No states, and states of unlike parts, are refused."""
    states = states_of(CELLS['lstm'](), sequence(T, B, K))
    loss = states[-1][0].sum()
    with pytest.raises(ValueError, match="received no states"):
        norms(loss, [])
    with pytest.raises(ValueError, match=r"states\[1\] has 1 parts, states\[0\] 2"):
        norms(loss, [states[0], states[1][0]])
    with pytest.raises(mg.errors.GradientError, match=r"norms\(states\[0\]\)"):
        norms(loss, [mg.tensor(np.zeros((B, H)))])
