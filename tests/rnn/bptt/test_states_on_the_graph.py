"""The states that layers and wrappers return, as the tools of ``rnn.bptt`` see them."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    GRU,
    LSTM,
    RNN,
    Cell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Recurrent,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
    steps,
    unroll,
)
from rnn.bptt import bound, jacobian, lstm_paths, lstm_terms, norms, spectrum, vanishing

T, B, K, H = 6, 3, 3, 4
XS = np.random.default_rng(0).normal(size=(T, B, K))
LENGTHS = [6, 2, 4]


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_norms_of_sequences_of_unequal_length(kind, bidirectional):
    """‖∂L/∂h_t‖ over the batch is made of those of the sequences run alone, each to its own end,
    for every layer, also at steps that are some sequences' padding. (In the reverse direction
    padding comes first, and the states there are the given ones, which do matter.)"""
    layer = kind(K, H, 2, bidirectional=bidirectional, dtype=float, rng=0)
    outputs, _, states = layer(XS, lengths=LENGTHS, return_states=True)
    forward = slice(None, None, 1 + bidirectional)
    found = [norms((outputs**2).sum(), own).values for own in states[forward]]
    squares = np.zeros((2, T))
    for b, n in enumerate(LENGTHS):
        outputs, _, alone = layer(XS[:n, b : b + 1], return_states=True)
        for k, own in enumerate(alone[forward]):
            squares[k, :n] += norms((outputs**2).sum(), own).values ** 2
    np.testing.assert_allclose(np.square(found), squares, rtol=1e-12)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_paths_of_sequences_of_unequal_length(bidirectional):
    """What comes back to c_t along c and through h_t is, row by row, that of each sequence run
    alone, and 0 at padding."""
    layer = LSTM(
        K, H, bidirectional=bidirectional, learn_initial_state=True, dtype=float, rng=0
    )
    outputs, _, states = layer(XS, lengths=LENGTHS, return_states=True)
    loss = (outputs**2).sum()
    for k, own in enumerate(states):
        found = lstm_paths(loss, own)
        for b, n in enumerate(LENGTHS):
            outputs, _, alone = layer(XS[:n, b : b + 1], return_states=True)
            wanted = lstm_paths((outputs**2).sum(), alone[k])
            for path in ("c_path", "h_path"):
                values = getattr(found, path)[:, b]
                np.testing.assert_allclose(
                    values[:n], getattr(wanted, path)[:, 0], rtol=1e-12, atol=1e-14
                )
                assert not values[n:].any()


@pytest.mark.parametrize("learned", [False, True])
def test_terms_of_sequences_of_unequal_length(learned):
    """∂c_t/∂c_{t-1} and its terms are, row by row, those of each sequence run alone; from zeros and
    from a learned state."""
    layer = LSTM(K, H, learn_initial_state=learned, dtype=float, rng=0)
    _, _, (states,) = layer(XS, lengths=LENGTHS, return_states=True)
    cell = layer.cells[0][0]
    for t in range(1, T):
        found = lstm_terms(cell, states[t], states[t - 1])
        for b, n in enumerate(LENGTHS):
            if t >= n:
                continue
            _, _, (alone,) = layer(XS[:n, b : b + 1], return_states=True)
            wanted = lstm_terms(cell, alone[t], alone[t - 1])
            np.testing.assert_allclose(found.total[b], wanted.total[0], rtol=1e-12, atol=1e-15)
            for name, term in wanted.items():
                np.testing.assert_allclose(found[name][b], term[0], rtol=1e-12, atol=1e-15)


def test_a_state_whose_parts_are_one_tensor():
    """Where sequences end early, each part keeps its own old value, also where the new are one."""
    class Twice(Cell):
        gates, states = ("h",), ("h", "again")

        def step(self, x, state):
            h = np.tanh(self.preactivation(x, state[0]))
            return h, (h, h)

    layer = Recurrent(Twice(K, H, dtype=float, rng=0))
    given = (np.full((B, H), 0.5), np.full((B, H), -0.5))
    _, (h, again) = layer(XS, given, lengths=[0, 1, T])
    np.testing.assert_array_equal(h.numpy()[0], given[0][0])
    np.testing.assert_array_equal(again.numpy()[0], given[1][0])
    np.testing.assert_array_equal(h.numpy()[1:], again.numpy()[1:])


def test_dropout_masks_are_no_states():
    """The masks of a DropoutCell are constants of the sequence: Jacobians, norms and paths are of
    h and c alone, and those of the loop with the mask written out."""
    cell = DropoutCell(LSTMCell(K, H, dtype=float, rng=0), hidden=0.5, rng=1)
    states = [state for _, state in steps(cell, XS)]
    mask = states[0][2].numpy()
    h, c, plain = np.zeros((B, H)), np.zeros((B, H)), []
    for x in XS:
        _, (h, c) = cell.cell(x, (h * mask, c))
        plain.append((h, c))
    measured, wanted = jacobian(states[4], states[1]), jacobian(plain[4], plain[1])
    assert measured.shape == (B, 2 * H, 2 * H)
    np.testing.assert_allclose(measured.matrix, wanted.matrix, rtol=1e-12)
    loss = sum((s[0] ** 2).sum() for s in states)
    plain_loss = sum((s[0] ** 2).sum() for s in plain)
    np.testing.assert_allclose(norms(loss, states), norms(plain_loss, plain), rtol=1e-12)
    np.testing.assert_allclose(
        norms(states[-1], states), norms(plain[-1], plain), rtol=1e-12
    )
    np.testing.assert_allclose(
        lstm_paths(loss, states).total, lstm_paths(plain_loss, plain).total, rtol=1e-12
    )


def test_a_first_state_without_a_graph_is_no_mask():
    """Where a state still holds the given zeros, leaving them out would be wrong: the error says
    how to put them on the graph, and then it works."""
    cell = SkipCell(GRUCell(K, H, dtype=float, rng=0), lag=2)
    states = [state for _, state in steps(cell, XS)]
    with pytest.raises(mg.errors.GradientError, match="requires_grad=True"):
        norms(states[-1], states)
    first = tuple(mg.tensor(np.zeros((B, H)), requires_grad=True) for _ in range(2))
    states = [state for _, state in steps(cell, XS, first)]
    assert np.all(norms(states[-1], states).values > 0)


@pytest.mark.parametrize("wrap", [ResidualCell, lambda cell: ZoneoutCell(cell, 0.3, rng=0)])
def test_terms_of_wrapped_cells(wrap):
    """∂c_t/∂c_{t-1} of an LSTM inside a wrapper: its terms still sum to what the tape computes."""
    cell = wrap(LSTMCell(K, K, dtype=float, rng=0)).eval()
    states = [state for _, state in steps(cell, XS)]
    terms = lstm_terms(cell, states[3], states[2])
    np.testing.assert_allclose(sum(terms.values()), terms.total, atol=1e-14)
    assert terms.total.any()


def test_layers_are_told_where_their_cell_is():
    """What is asked of a cell alone says how to get it out of a layer."""
    layer = RNN(K, H)
    for ask in (bound, spectrum):
        with pytest.raises(TypeError, match=r"received RNN; wanted a Cell.*layer.cells\[0\]\[0\]"):
            ask(layer)
        ask(layer.cells[0][0])


def test_vanishing_over_one_step():
    """With T = 1 there is no lag to tell of, and it says so without an error."""
    assert "per step" in repr(vanishing(T=1, hidden_size=3))


@pytest.mark.parametrize("make", [ElmanCell, LSTMCell, GRUCell])
def test_checkpointed_runs(make):
    """A run in checkpointed pieces has the outputs of the whole and, to rounding, its gradients."""
    cell = make(K, H, dtype=float, rng=0)
    outputs, _ = unroll(cell, XS)
    whole = (outputs**2).sum()
    whole.backward()
    wanted = {name: p.grad.numpy() for name, p in cell.named_parameters()}
    cell.zero_grad()
    state, pieces = cell.initial_state(B), []
    for k in range(0, T, 2):
        piece, state = mg.checkpoint(
            lambda state, k=k: unroll(cell, XS[k : k + 2], state, start=k + 1), state
        )
        pieces.append(piece)
    again = np.concatenate(pieces)
    np.testing.assert_array_equal(again.numpy(), outputs.numpy())
    (again**2).sum().backward()
    for name, p in cell.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), wanted[name], rtol=1e-12, atol=1e-15)
