"""Truncated BPTT: which outputs, which state, and exactly which terms of the gradient remain."""

import gc

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, ElmanCell, GRUCell, LSTMCell, Recurrent, steps, unroll
from rnn.bptt import ledger, truncated, two_time, windows
from rnn.cells.state import unpack
from tests.support.running import sequence

T, B, K, H = 9, 2, 3, 4
CELLS = [ElmanCell, LSTMCell, GRUCell]
every_cell = pytest.mark.parametrize("make", CELLS)
REACHES = [(3, 3), (4, 4), (2, 5), (1, 9), (3, 1), (4, 2), (9, 9), (5, 20), (1, 1), (3, 7), (20, 4)]
reaches = pytest.mark.parametrize(("k1", "k2"), REACHES)


@pytest.mark.parametrize(("total", "k1"), [(9, 3), (9, 4), (3, 9), (1, 1), (0, 2)])
def test_windows_cover_every_step_once(total, k1):
    """The windows are consecutive, k1 long but for the last, and cover all steps."""
    cut = list(windows(total, k1))
    assert [t for w in cut for t in range(total)[w]] == list(range(total))
    assert all(w.stop - w.start == k1 for w in cut[:-1])


@every_cell
@reaches
def test_values_are_those_of_the_whole_sequence(make, k1, k2):
    """The windows' outputs are those of the whole sequence, as are the states carried on, which
    have no past."""
    cell, xs = make(K, H, dtype=float, rng=0), sequence(T, B, K)
    found = list(truncated(cell, xs, k1, k2))
    outputs, _ = unroll(cell, xs)
    np.testing.assert_allclose(
        np.concatenate([w.outputs.numpy() for w in found]), outputs.numpy(), rtol=1e-13
    )
    states = [state for _, state in steps(cell, xs)]
    for w in found:
        for part, want in zip(unpack(w.state), unpack(states[w.where.stop - 1]), strict=True):
            np.testing.assert_allclose(part.numpy(), want.numpy(), rtol=1e-13)
            assert not part.requires_grad


@every_cell
@reaches
def test_exactly_the_terms_within_reach_remain(make, k1, k2):
    """Of the two-time table G[t, s] a window that ends at step e keeps the entries with loss t in
    the window and use s later than e - k2, and loses all others."""
    cell, xs = make(K, H, dtype=float, rng=0), sequence(T, B, K)
    table = two_time([(o**2).sum() for o, _ in steps(cell, xs)], cell.W_hh)
    for window in truncated(cell, xs, k1, k2):
        begin, end = window.where.start, window.where.stop
        kept = table.values[begin:end, max(0, end - k2) :].sum((0, 1))
        loss = (window.outputs**2).sum()
        cell.zero_grad()
        loss.backward()
        np.testing.assert_allclose(cell.W_hh.grad.numpy(), kept, rtol=1e-11, atol=1e-14)


def test_a_reach_of_the_whole_sequence_is_full_bptt():
    """With k2 ≥ T the gradients of all windows sum to that of full BPTT."""
    cell, xs = LSTMCell(K, H, dtype=float, rng=0), sequence(T, B, K)
    (unroll(cell, xs)[0] ** 2).sum().backward()
    full = {name: p.grad.numpy() for name, p in cell.named_parameters()}
    cell.zero_grad()
    for window in truncated(cell, xs, 2, T):
        (window.outputs**2).sum().backward()
    for name, p in cell.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), full[name], rtol=1e-12, atol=1e-14)


@every_cell
def test_steps_keep_their_numbers(make):
    """In the ledger of a window the steps have the numbers that they have in the sequence."""
    cell = make(K, H, dtype=float)
    for window, wanted in zip(
        truncated(Recurrent(cell), sequence(T, B, K), 4, 6), [(1, 4), (3, 8), (4, 9)], strict=True
    ):
        found = ledger((window.outputs**2).sum(), cell).steps
        assert (found[0], found[-1]) == wanted


@pytest.mark.parametrize(("k1", "k2"), [(3, 3), (2, 5), (4, 2)])
def test_training_between_the_windows(k1, k2):
    """The weights may change after every window, as they do in training; the steps that are run
    again use the new ones."""
    cell, xs = GRUCell(K, H, dtype=float, rng=0), sequence(T, B, K)
    first = None
    for epoch in range(60):
        total = 0.0
        for window in truncated(cell, xs, k1, k2):
            loss = ((window.outputs - 0.3) ** 2).mean()
            cell.zero_grad()
            loss.backward()
            with mg.no_grad():
                for p in cell.parameters():
                    p -= 0.5 * p.grad
            total += loss.item()
        first = total if epoch == 0 else first
    assert total < 0.1 * first


def test_a_given_state_a_layer_and_a_function():
    """The state before the first step can be given; a layer or a function runs as a cell does."""
    cell, xs = LSTMCell(K, H, dtype=float, rng=0), sequence(T, B, K)
    state = tuple(mg.tensor(np.full((B, H), 0.5)) for _ in "hc")
    expected = unroll(cell, xs, state)[0].numpy()
    for model in (cell, Recurrent(cell), lambda xs, state: unroll(cell, xs, state)):
        found = [w.outputs.numpy() for w in truncated(model, xs, 2, 3, state=state)]
        np.testing.assert_allclose(np.concatenate(found), expected, rtol=1e-13)


def test_tokens_can_be_cut_too():
    """Integer sequences (T, B) are cut along time as others."""
    cell, tokens = ElmanCell(5, H, dtype=float), np.arange(T * B).reshape(T, B) % 5
    found = np.concatenate([w.outputs.numpy() for w in truncated(cell, tokens, 4)])
    np.testing.assert_allclose(found, unroll(cell, tokens)[0].numpy(), rtol=1e-13)


@pytest.mark.parametrize(("k1", "k2"), [(5, 5), (5, 12), (5, 2)])
def test_memory_does_not_grow_with_the_sequence(collector_off, k1, k2):
    """Between windows as many tensors are alive after many windows as after few, without the help
    of the garbage collector."""
    cell = ElmanCell(K, H)
    alive = []
    for window in truncated(cell, np.zeros((200, B, K)), k1, k2):
        window.outputs.sum().backward()
        alive.append(sum(isinstance(thing, mg.Tensor) for thing in gc.get_objects()))
    assert max(alive[20:]) <= max(alive[:20])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"k1": 0}, ValueError, r"truncated\(k1=0\)"),
        ({"k1": 2, "k2": -1}, ValueError, r"truncated\(k2=-1\)"),
        ({"k1": 2.5}, TypeError, "k1=2.5"),
        ({"k1": "2"}, TypeError, "k1='2'"),
        ({"k1": 2, "xs": np.ones((0, B, K))}, ValueError, "no steps"),
        ({"k1": 2, "model": 3}, TypeError, "received int; wanted a Cell, a Recurrent or a func"),
    ],
)
def test_errors_come_at_the_call(arguments, error, message):
    """Bad windows, no steps and what is no model are refused before anything runs."""
    with pytest.raises(error, match=message):
        truncated(**{"model": ElmanCell(K, H), "xs": sequence(T, B, K), **arguments})


@pytest.mark.parametrize("option", ["bidirectional", "batch_first"])
def test_layers_that_have_no_windows_are_refused(option):
    """A reverse direction has no state to carry on, and batch-first input no leading time axis."""
    layer = GRU(2, 3, **{option: True})
    with pytest.raises(ValueError, match=f"{option}=True"):
        list(truncated(layer, np.zeros((4, 1, 2)), k1=2))
