"""how="checkpoint": the same results, from the memory of √T steps."""

import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad.scanning import memory
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


def test_memory_grows_as_the_root(monkeypatch):
    """Of many steps far fewer are kept at a time, what is kept for the next run included."""
    rng = np.random.default_rng(0)
    W, h0 = weight(rng, 32, 32), np.zeros((8, 32))

    def step(x, h):
        return h[:, :1], np.tanh(np.tanh(np.tanh(h @ W + x)) * 2.0)

    def peak(how, T):
        xs = mg.tensor(np.zeros((T, 8, 1)))
        mg.scan(step, h0, xs, how=how)
        monkeypatch.setattr(memory, "_blocks", [])
        tracemalloc.start()
        outputs, _ = mg.scan(step, h0, xs, how=how)
        outputs.sum().backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak("checkpoint", 900) < 0.3 * peak("scan", 900)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("name", list(CASES))
def test_last_state_keeps_itself_alone(name, how):
    """What is held of a scan when its last state is: no array of all steps, of which it would be a
    row; so a checkpoint keeps the states between its windows and nothing of them."""
    case = CASES[name](np.random.default_rng(0))
    with mg.no_grad():
        _, state = mg.scan(case.step, case.state, case.xs, how=how)
    for part in flatten(state)[0]:
        array = part.numpy()
        assert (array if array.base is None else array.base).size == array.size


def test_memory_without_outputs_is_that_of_the_root_of_the_steps(monkeypatch):
    """Ten times as many steps, and √10 times the memory, where no step has an output to keep."""
    W, h0 = weight(np.random.default_rng(0), 64, 64), np.zeros((1, 64))

    def peak(T):
        xs = np.zeros((T, 1, 1), np.float32)
        _, h = mg.scan(lambda x, h: ((), np.tanh(h @ W + x)), h0, xs, how="checkpoint")
        monkeypatch.setattr(memory, "_blocks", [])
        tracemalloc.start()
        _, h = mg.scan(lambda x, h: ((), np.tanh(h @ W + x)), h0, xs, how="checkpoint")
        h.sum().backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(9_000) < 4 * peak(900)
