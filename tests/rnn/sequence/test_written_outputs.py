"""A recurrence that writes its outputs into a Tensor made beforehand, ``outs[t] = h``: what is
written keeps its graph, so it trains as one that collects them in a list."""

import numpy as np
import pytest

import minigrad as mg
from rnn import GRUCell, LSTMCell, unroll
from tests.support.running import B, H, K, T, sequence


def filled(cell, xs, batch_first):
    """The outputs by writing each step into its place; the state after the last."""
    outs = mg.tensor(np.zeros((B, T, H) if batch_first else (T, B, H)))
    state = None
    for t in range(T):
        h, state = cell(xs[t], state)
        if batch_first:
            outs[:, t] = h
        else:
            outs[t] = h
    return outs.swapaxes(0, 1) if batch_first else outs


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("make", [GRUCell, LSTMCell])
def test_outputs_written_into_a_tensor(make, batch_first):
    """Values and gradients are those of ``unroll``, of the weights and of the inputs."""
    cell, weight = make(K, H, dtype=float, rng=0), sequence(T, B, H, seed=1)
    found = []
    for run in (lambda x: unroll(cell, x)[0], lambda x: filled(cell, x, batch_first)):
        cell.zero_grad()
        x = mg.tensor(sequence(), requires_grad=True)
        outs = run(x)
        (outs**2 * weight).sum().backward()
        found.append([outs, x.grad, *(p.grad for p in cell.parameters())])
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-12, atol=1e-14)
