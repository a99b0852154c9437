"""The four terms of ∂c_t/∂c_{t-1}, and the paths by which the gradient comes back to c_t."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    Cell,
    ElmanCell,
    LayerNormLSTMCell,
    LSTMCell,
    steps,
)
from rnn.bptt import jacobian, lstm_paths, lstm_terms
from tests.support.cells import chosen, states_of
from tests.support.handwritten_cells import sigma
from tests.support.running import sequence

T, B, K, H = 6, 3, 2, 4
CELLS = chosen("lstm, two biases, 1997, coupled, peephole, layer norm, projected", K, H)
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)


class ByHand:
    """The values of an LSTM in NumPy, without this package's cells: for one sequence b."""

    def __init__(self, cell, b):
        W_xh, W_hh, bias = (p.numpy() for p in (cell.W_xh, cell.W_hh, cell.b_h))
        self.W = dict(zip("ifgo", np.split(W_hh, 4, axis=1), strict=True))
        h, c = np.zeros(H), np.zeros(H)
        self.z, self.values, self.c, self.h = [], [], [c], [h]
        for x in sequence(T, B, K)[:, b]:
            z = dict(zip("ifgo", np.split(x @ W_xh + h @ W_hh + bias, 4), strict=True))
            v = {k: np.tanh(a) if k == "g" else sigma(a) for k, a in z.items()}
            c = v["f"] * c + v["i"] * v["g"]
            h = v["o"] * np.tanh(c)
            self.z.append(z)
            self.values.append(v)
            self.c.append(c)
            self.h.append(h)

    def terms(self, t):
        """The four terms of ∂c_t/∂c_{t-1} by the formulas of the docstring; t counts from 1."""
        v, before, c = self.values[t - 1], self.values[t - 2], self.c[t - 1]
        lower = np.diag(before["o"] * (1 - np.tanh(c) ** 2))
        slope = {k: 1 - v[k] ** 2 if k == "g" else v[k] * (1 - v[k]) for k in "ifg"}
        upper = {"f": c, "i": v["g"], "g": v["i"]}
        found = {k: np.diag(upper[k] * slope[k]) @ self.W[k].T @ lower for k in "ifg"}
        return found | {"direct": np.diag(v["f"])}


@pytest.mark.parametrize("t", [2, 3, 6])
def test_the_four_terms_are_what_the_formulas_say(t):
    """Each measured term equals its formula, worked out in NumPy for every sequence."""
    cell = CELLS["lstm"]()
    states = states_of(cell, sequence(T, B, K))
    found = lstm_terms(cell, states[t - 1], states[t - 2])
    assert list(found) == ["i", "f", "g", "direct"]
    for b in range(B):
        for name, want in ByHand(cell, b).terms(t).items():
            np.testing.assert_allclose(found[name][b], want, rtol=1e-12, atol=1e-16)


@every_cell
def test_the_terms_sum_to_the_jacobian_of_the_tape(make):
    """i + f + g + direct = ∂c_t/∂c_{t-1}, for the LSTM and for its relatives."""
    cell = make()
    states = states_of(cell, sequence(T, B, K))
    for t in (1, 3, 5):
        found = lstm_terms(cell, states[t], states[t - 1])
        total = jacobian(states[t][1], states[t - 1][1]).matrix
        np.testing.assert_allclose(sum(found.values()), total, rtol=1e-12, atol=1e-15)
        np.testing.assert_array_equal(found.total, total)
        sums_of_all = isinstance(cell, LayerNormLSTMCell)  # its mean is over o's sums too
        assert set(found) == {*cell.gates, "direct"} - (set() if sums_of_all else {"o"})


def test_terms_after_the_first_state():
    """Step 1 depends on c_0 directly alone: h_0 is given, and not made of c_0."""
    cell = CELLS["lstm"]()
    h, c = (mg.tensor(np.full((B, H), 0.5), requires_grad=True) for _ in "hc")
    state = next(state for _, state in steps(cell, sequence(T, B, K), (h, c)))
    found = lstm_terms(cell, state, (h, c))
    assert not any(found[name].any() for name in "ifg")
    np.testing.assert_array_equal(found["direct"], found.total)


def test_what_terms_show():
    """Norms by name and in words; other names are refused."""
    cell = CELLS["lstm"]()
    states = states_of(cell, sequence(T, B, K))
    found = lstm_terms(cell, states[3], states[2])
    assert list(found.norms()) == ["i", "f", "g", "direct", "total"]
    assert found.norms()["g"] == pytest.approx(
        max(np.linalg.norm(term, 2) for term in found["g"]), rel=1e-14
    )
    assert repr(found).startswith("LSTMTerms of ∂c_4/∂c_3: ‖·‖₂ of i 0.")
    with pytest.raises(KeyError, match="they are i, f, g, direct"):
        _ = found["o"]


def test_errors_of_lstm_terms():
    """Other cells, single tensors, states that do not follow each other, and a c_t with ways of
    its own are refused."""
    cell = CELLS["lstm"]()
    states = states_of(cell, sequence(T, B, K))
    with pytest.raises(TypeError, match="received ElmanCell; wanted a cell with the states h and"):
        lstm_terms(ElmanCell(K, H), states[1], states[0])
    with pytest.raises(TypeError, match="received one tensor; wanted the pair"):
        lstm_terms(cell, states[1][1], states[0])
    with pytest.raises(ValueError, match="two states of this cell in a row"):
        lstm_terms(cell, states[1], states[2])
    with pytest.raises(ValueError, match="two states of this cell in a row"):
        lstm_terms(CELLS["lstm"](), states[2], states[1])

    class Shortcut(LSTMCell):
        def step(self, x, state):
            _, (_, c) = super().step(x, state)
            c = c + 0.1 * state[0]
            return c, (c.tanh(), c)

    other = Shortcut(K, H, dtype=float, rng=0)
    states = states_of(other, sequence(T, B, K))
    with pytest.raises(ValueError, match="in other ways than through"):
        lstm_terms(other, states[3], states[2])


# -- paths


@every_cell
def test_paths_sum_to_the_gradient(make):
    """c-path + h-path = ∂L/∂c_t."""
    states = states_of(make(), sequence(T, B, K))
    loss = sum((h**2).sum() for h, _ in states)
    paths = lstm_paths(loss, states)
    for _, c in states:
        c.retain_grad()
    loss.backward()
    for k, (_, c) in enumerate(states):
        np.testing.assert_allclose(paths.total[k], c.grad.numpy(), rtol=1e-12, atol=1e-16)
    assert paths.steps == (1, 2, 3, 4, 5, 6)


def test_each_path_is_what_its_formula_says():
    """Along c comes f_{t+1} ⊙ ∂L/∂c_{t+1}; through h_t comes o_t ⊙ tanh'(c_t) ⊙ ∂L/∂h_t."""
    cell = CELLS["lstm"]()
    states = states_of(cell, sequence(T, B, K))
    loss = (states[-1][0] ** 2).sum() + (states[2][0] ** 3).sum()
    paths = lstm_paths(loss, states)
    for h, _ in states:
        h.retain_grad()
    loss.backward()
    for b in range(B):
        hand = ByHand(cell, b)
        for t in range(1, T + 1):
            v, c = hand.values[t - 1], hand.c[t]
            by_h = v["o"] * (1 - np.tanh(c) ** 2) * states[t - 1][0].grad.numpy()[b]
            np.testing.assert_allclose(paths.h_path[t - 1, b], by_h, rtol=1e-12, atol=1e-16)
            by_c = hand.values[t]["f"] * paths.total[t, b] if t < T else np.zeros(H)
            np.testing.assert_allclose(paths.c_path[t - 1, b], by_c, rtol=1e-12, atol=1e-16)


def test_open_forget_gates_keep_the_c_path():
    """With forget gates near 1 nearly all that comes back over 20 steps came along c."""
    cell = LSTMCell(K, H, forget_bias=6.0, dtype=float, rng=0)
    xs = np.random.default_rng(0).normal(size=(20, B, K))
    states = [state for _, state in steps(cell, xs)]
    found = lstm_paths(states[-1][0].sum(), states).norms()
    assert found["c"][0] / found["total"][-1] > 0.5
    assert found["h"][0] < 0.3 * found["c"][0]


def test_paths_in_words_and_errors():
    """A table with a row for each step; states that are no pairs are refused."""
    states = states_of(CELLS['lstm'](), sequence(T, B, K))
    lines = repr(lstm_paths(states[-1][0].sum(), states)).splitlines()
    assert lines[1].split() == ["t", "along", "c", "through", "h", "∂L/∂c_t"]
    assert len(lines) == 2 + T
    with pytest.raises(TypeError, match="wanted the pair"):
        lstm_paths(states[-1][0].sum(), [h for h, _ in states])


def test_a_cell_of_ones_own():
    """Any cell with the states h and c has its paths taken apart."""

    class Leaky(Cell):
        gates = ("g",)
        states = ("h", "c")

        def step(self, x, state):
            h, c = state
            c = 0.9 * c + self.preactivation(x, h).tanh()
            h = c.tanh()
            return h, (h, c)

    cell = Leaky(K, H, dtype=float, rng=0)
    states = states_of(cell, sequence(T, B, K))
    np.testing.assert_allclose(
        lstm_terms(cell, states[3], states[2])["direct"], [0.9 * np.eye(H)] * B, rtol=1e-14
    )
    paths = lstm_paths(states[-1][0].sum(), states)
    np.testing.assert_allclose(paths.c_path[2], 0.9 * paths.total[3], rtol=1e-13)


def test_plots_are_written(tmp_path):
    """Both results draw themselves."""
    cell = CELLS["lstm"]()
    states = states_of(cell, sequence(T, B, K))
    lstm_terms(cell, states[3], states[2]).plot(tmp_path / "terms.png")
    lstm_paths(states[-1][0].sum(), states).plot(tmp_path / "paths.svg")
    assert (tmp_path / "terms.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "paths.svg").read_text("utf-8")
