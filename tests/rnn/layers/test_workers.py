"""Several workers share the rows of a batch that a layer is given: the results are those of one."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.scanning import workers as module

T, B, K, H = 5, 6, 4, 3


@pytest.fixture
def teams(monkeypatch):
    """How many workers have run, for each scan."""
    found, real = [], module.together
    monkeypatch.setattr(
        module, "together", lambda function, count: (found.append(count), real(function, count))[1]
    )
    return found


def outcome(run, xs, parameters):
    x = mg.tensor(xs, requires_grad=True)
    outputs, state = run(x)
    last = state if isinstance(state, tuple) else (state,)
    loss = (outputs * outputs).sum() + sum((s * s).sum() for s in last)
    return [v.numpy() for v in (outputs.detach(), *mg.gradients(loss, [x, *parameters]))]


def agree(found, want):
    for a, b in zip(found, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("lengths", [None, [5, 0, 2, 1, 4, 3]])
@pytest.mark.parametrize("kind", [rnn.LSTM, rnn.GRU, rnn.RNN])
def test_layers(kind, lengths, how, teams):
    """In stacks and both directions, of sequences of unequal length."""
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    found = []
    for workers in (1, 4):
        layer = kind(
            K, H, num_layers=2, bidirectional=True, dtype=float, how=how, workers=workers, rng=0
        )
        found.append(outcome(
            lambda x, layer=layer: layer(x, lengths=lengths), xs, list(layer.parameters())
        ))
    agree(*found)
    assert set(teams) == {4}


def test_scan_of_a_cell(teams):
    """By its own argument."""
    xs, cell = np.random.default_rng(0).normal(size=(T, B, K)), rnn.LSTMCell(K, H, dtype=float)
    parameters = list(cell.parameters())
    found = [
        outcome(lambda x, n=n: rnn.scan(cell, x, workers=n), xs, parameters) for n in (1, 2)
    ]
    agree(*found)
    assert set(teams) == {2}


def test_not_a_number_of_workers():
    """Each says who was asked."""
    for owner, call in {
        "LSTM": lambda: rnn.LSTM(K, H, workers=0),
        "rnn.scan": lambda: rnn.scan(rnn.GRUCell(K, H), np.zeros((T, B, K)), workers="two"),
    }.items():
        with pytest.raises(ValueError, match=rf"{owner}\(workers=.*wanted a number from 1"):
            call()
