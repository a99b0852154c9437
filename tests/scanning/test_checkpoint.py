"""how="checkpoint": the same results, from the memory of √T steps."""

import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad.transforms.tree import flatten
from tests.support.steps import CASES, weight


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n", [1, 2, 5, 6])
@pytest.mark.parametrize("name", ["lstm", "own_lstm", "containers", "tokens"])
def test_checkpoints_change_nothing(name, n, reverse):
    """Outputs, last state and gradients are those of one scan, for any number of steps."""
    case = CASES[name](np.random.default_rng(0))
    leaves, rebuild = flatten(case.xs)
    results = []
    for how in ("scan", "checkpoint"):
        xs = rebuild([leaf[:n] for leaf in leaves])
        found = flatten(mg.scan(case.step, case.state, xs, how=how, reverse=reverse))[0]
        loss = sum(((y * y).sum() for y in found if y.requires_grad), mg.tensor(0.0))
        gradients = mg.gradients(loss, case.leaves, materialize_grads=True)
        results.append([y.detach().numpy() for y in (*found, *gradients)])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


def test_memory_grows_as_the_root():
    """Of many steps far fewer are kept at a time."""
    rng = np.random.default_rng(0)
    W, h0 = weight(rng, 32, 32), np.zeros((8, 32))

    def step(x, h):
        return h[:, :1], np.tanh(np.tanh(np.tanh(h @ W + x)) * 2.0)

    def peak(how, T):
        xs = mg.tensor(np.zeros((T, 8, 1)))
        mg.scan(step, h0, xs, how=how)
        tracemalloc.start()
        outputs, _ = mg.scan(step, h0, xs, how=how)
        outputs.sum().backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak("checkpoint", 900) < 0.3 * peak("scan", 900)
