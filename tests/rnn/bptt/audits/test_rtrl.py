"""Real-time recurrent learning agrees with backpropagation through time, for every cell."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    ElmanCell,
    steps,
    unroll,
)
from rnn.bptt import rtrl, two_time
from tests.support.cells import kinds
from tests.support.running import sequence

T, B, K, H = 5, 2, 2, 3


CELLS = kinds(K, H)
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)


def readout(cell):
    rng = np.random.default_rng(1)
    W = mg.Parameter(rng.normal(size=(cell.output_size, 2)), name="W_hy")
    ys = rng.normal(size=(T, B, 2))
    return W, lambda output, t: ((output @ W - ys[t - 1]) ** 2).sum()


@every_cell
def test_rtrl_equals_bptt(make):
    """The gradients of all parameters, those of a readout included, to rounding error."""
    cell = make()
    W, loss = readout(cell)
    xs = sequence(T, B, cell.input_size)
    forward = rtrl(cell, xs, loss, params=W)
    total = sum(loss(output, t) for t, (output, _) in enumerate(steps(cell, xs), 1))
    total.backward()
    backward = {**dict(cell.named_parameters()), "W_hy": W}
    assert set(forward) == set(backward)
    assert forward.loss == pytest.approx(total.item(), rel=1e-13)
    for name, parameter in backward.items():
        np.testing.assert_allclose(forward[name], parameter.grad.numpy(), rtol=1e-10, atol=1e-13)


@every_cell
def test_each_loss_by_itself(make):
    """∂ℓ_t/∂θ, which RTRL knows at step t, is the sum of row t of the two-time table."""
    cell = make()
    _, loss = readout(cell)
    xs = sequence(T, B, cell.input_size)
    forward = rtrl(cell, xs, loss)
    name, parameter = next(iter(cell.named_parameters()))
    losses = [loss(output, t) for t, (output, _) in enumerate(steps(cell, xs), 1)]
    rows = two_time(losses, parameter).values.sum(axis=1)
    np.testing.assert_allclose(forward.by_loss[name], rows, rtol=1e-10, atol=1e-13)


def test_sensitivities_are_those_of_the_states():
    """‖∂h_t/∂θ‖ is the norm of the Jacobian of h_t by the parameter."""
    cell = CELLS["gru after"]()
    xs = sequence(T, B, cell.input_size)
    found = rtrl(cell, xs, lambda output, t: output.sum())
    for t, (h, _) in enumerate(steps(cell, xs)):
        rows = []
        for unit in np.eye(h.size):
            cell.zero_grad()
            h.backward(unit.reshape(h.shape), retain_graph=True)
            rows.append(cell.W_hh.grad.numpy().ravel())
        wanted = np.linalg.norm(rows)
        assert found.sensitivities["W_hh"][t] == pytest.approx(wanted, rel=1e-12, abs=1e-15)


def test_it_never_goes_back_through_time():
    """The tape behind every loss is that of its own step: it does not grow with t."""
    cell = CELLS["lstm"]()
    depths = []

    def loss(output, t):
        value = (output**2).sum()
        depths.append(len(mg.Tape(value)))
        return value

    xs = np.random.default_rng(0).normal(size=(12, 1, K))
    rtrl(cell, xs, loss)
    assert len(set(depths)) == 1


def test_first_state_tokens_and_steps_without_a_loss():
    """A given state is where it starts; token indices are inputs; None is no loss."""
    cell = ElmanCell(7, H, dtype=float, rng=0)
    tokens = np.random.default_rng(0).integers(0, 7, size=(T, B))
    first = np.random.default_rng(1).normal(size=(B, H))
    found = rtrl(
        cell, tokens, lambda h, t: (h**2).sum() if t in (2, 5) else None, state=mg.tensor(first)
    )
    outputs, _ = unroll(cell, tokens, mg.tensor(first))
    loss = (outputs[1] ** 2).sum() + (outputs[4] ** 2).sum()
    loss.backward()
    for name, parameter in cell.named_parameters():
        np.testing.assert_allclose(found[name], parameter.grad.numpy(), rtol=1e-11, atol=1e-14)
    assert not found.by_loss["W_hh"][[0, 2, 3]].any()
    constant = rtrl(cell, tokens, lambda h, t: mg.tensor(2.0))
    assert constant.loss == 2 * T
    assert not constant["W_hh"].any()


def test_what_rtrl_shows(tmp_path):
    """A table, a picture, and names that it knows."""
    cell = CELLS["elman"]()
    found = rtrl(cell, sequence(T, B, cell.input_size), lambda h, t: (h**2).sum())
    assert repr(found).splitlines()[0] == "RTRL over 5 steps"
    assert len(found) == 3
    assert found.steps == (1, 2, 3, 4, 5)
    with pytest.raises(KeyError, match="its parameters are W_xh, W_hh, b_h"):
        _ = found["W_hy"]
    found.plot(tmp_path / "rtrl.png")
    assert (tmp_path / "rtrl.png").read_bytes().startswith(b"\x89PNG")


def test_errors_of_rtrl():
    """No cell, no steps, losses that are no scalars, and names taken twice are refused."""
    cell = CELLS["elman"]()
    with pytest.raises(TypeError, match=r"rtrl\(cell\): received int; wanted a Cell"):
        rtrl(3, sequence(T, B, cell.input_size), lambda h, t: h.sum())
    with pytest.raises(ValueError, match="no steps"):
        rtrl(cell, np.zeros((0, B, K)), lambda h, t: h.sum())
    with pytest.raises(TypeError, match=r"at step 1 it returned Tensor of shape \(2, 3\)"):
        rtrl(cell, sequence(T, B, cell.input_size), lambda h, t: h)
    with pytest.raises(TypeError, match="it returned float"):
        rtrl(cell, sequence(T, B, cell.input_size), lambda h, t: 1.0)
    taken = {"W_hh": mg.Parameter([1.0])}
    with pytest.raises(ValueError, match="has a parameter 'W_hh' too"):
        rtrl(cell, sequence(T, B, cell.input_size), lambda h, t: h.sum(), params=taken)
    with pytest.raises(ValueError, match="wanted"):
        rtrl(cell, np.zeros((T, B, K + 1)), lambda h, t: h.sum())
