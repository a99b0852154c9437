"""Steps that draw: the draws are those that a loop would make, step by step."""

import functools
import gc
import random
import threading
import types

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.errors import TraceError
from minigrad.functional import dropout
from tests.support.steps import B, H, K, T, weight


def with_dropout(W, seed):
    rng = np.random.default_rng(seed)

    def step(x, h):
        h = np.tanh(dropout(x, 0.5, rng=rng) @ W + dropout(h, 0.1, rng=rng))
        return h, h

    return step


def with_a_mask(W, seed):
    rng = np.random.default_rng(seed)

    def step(x, h):
        keep = mg.tensor((rng.random((B, H)) < 0.9).astype(float))
        h = np.where(rng.random(h.shape) < 0.05, h, np.tanh(x @ W + h)) * keep
        return h, h

    return step


def with_numpys_own(W, seed):
    np.random.seed(seed)  # noqa: NPY002  # as users do

    def step(x, h):
        h = np.tanh(x @ W + h + 0.1 * np.random.normal(size=h.shape))  # noqa: NPY002  # as above
        return h, h

    return step


def of_cell(wrapper):
    def make(W, seed):
        cell = rnn.ElmanCell(K, H, dtype=float, rng=0)
        cell.W_xh = mg.Parameter(W)
        return wrapper(cell, seed).step

    return make


STEPS = {
    "dropout": with_dropout, "masks": with_a_mask, "numpy.random": with_numpys_own,
    "zoneout": of_cell(lambda cell, seed: rnn.ZoneoutCell(cell, 0.1, rng=seed)),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", STEPS)
def test_the_draws_are_those_of_the_loop(name, reverse):
    """The same seed gives the same outputs and gradients, call after call."""
    rng = np.random.default_rng(3)
    W, xs = weight(rng, K, H), weight(rng, T, B, K)
    results = []
    for how in ("unroll", "scan"):
        step, found = STEPS[name](W.detach() if name == "zoneout" else W, 5), []
        for _ in range(3):
            ys, last = mg.scan(step, np.zeros((B, H)), xs, how=how, reverse=reverse)
            (g,) = mg.gradients((ys * ys).sum() + last.sum(), [xs])
            found += [ys.detach().numpy(), last.detach().numpy(), g.numpy()]
        results.append(found)
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12, atol=1e-14)


def test_a_generator_that_is_not_drawn_from_costs_nothing():
    """In evaluation a cell that could draw is traced as any other."""
    cell = rnn.ZoneoutCell(rnn.ElmanCell(K, H, dtype=float, rng=0), 0.1, rng=0).eval()
    xs = np.ones((T, B, K))
    found, _ = mg.scan(cell.step, np.zeros((B, H)), xs)
    want, _ = mg.scan(cell.step, np.zeros((B, H)), xs, how="unroll")
    np.testing.assert_array_equal(found.detach().numpy(), want.detach().numpy())


def test_a_part_of_the_state_that_never_changes():
    """A state off the graph, such as a mask, costs a second trace and no second draw."""
    mask = np.array([[1.0, 0.0, 2.0, 0.0]] * B)
    found = []
    for how in ("scan", "unroll"):
        W = weight(np.random.default_rng(1), K, H)
        rng = np.random.default_rng(0)

        def step(x, state, W=W, rng=rng):
            h, mask = state
            h = np.tanh(dropout(x, 0.5, rng=rng) @ W + h * mask[:, : h.shape[1]])
            return h, (h, mask)

        xs = np.random.default_rng(2).normal(size=(T, B, K))
        first = np.zeros((B, H)), np.resize(mask, (B, H))
        ys, _ = mg.scan(step, first, xs, how=how)
        ys.sum().backward()
        found.append((ys.numpy(), W.grad.numpy(), rng.random()))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_drawn_branch_is_refused():
    """Steps that are not the same program cannot be one."""
    rng = np.random.default_rng(0)

    def step(x, s):
        return s, s + x if rng.random() < 0.5 else s * x

    with pytest.raises(TraceError, match=r"step .* does something else.*unroll"):
        mg.scan(step, 0.0, np.ones(20))


def test_no_cycle_is_left(collector_off):
    """With the garbage collector off, memory is flat: nothing that a scan makes refers to itself.
    """
    rng = np.random.default_rng(0)
    W, xs = weight(rng, K, H), weight(rng, T, B, K)

    def once(step):
        ys, _ = mg.scan(step, np.zeros((B, H)), xs)
        W.zero_grad()
        ys.sum().backward()

    for step in (with_dropout(W, 0), lambda x, h: (h, np.tanh(x @ W + h))):
        once(step)
        gc.collect()
        for _ in range(5):
            once(step)
        assert gc.collect() == 0


# -- where a generator may be

class Holder:
    def __init__(self, seed):
        self.parts = [{"deep": (np.random.default_rng(seed),)}]

    def draw(self, shape):
        return self.parts[0]["deep"][0].normal(size=shape)


class Slotted:
    __slots__ = ("rng",)

    def __init__(self, seed):
        self.rng = np.random.Generator(np.random.MT19937(seed))  # a state with arrays in it

    def __call__(self, shape):
        return self.rng.normal(size=shape)


def of_random(seed):
    rng = random.Random(seed)
    return lambda shape: np.array([[rng.random() for _ in range(shape[1])]] * shape[0])


def of_legacy(seed):
    rng = np.random.RandomState(seed)  # as older code does
    return lambda shape, take=rng.normal: rng.normal(size=shape)


def of_module(seed):
    settings.rng = np.random.default_rng(seed)
    return lambda shape: settings.rng.normal(size=shape)


def of_philox(seed):
    rng = np.random.Generator(np.random.Philox(seed))
    return functools.partial(lambda rng, shape: rng.normal(size=shape), rng)


settings = types.ModuleType("settings")
PLACES = {
    "containers of an attribute": lambda seed: Holder(seed).draw, "slots": Slotted,
    "random.Random": of_random, "RandomState": of_legacy, "another module": of_module,
    "partial": of_philox,
}


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("name", PLACES)
def test_generators_of_all_kinds_wherever_they_are(name, how):
    """They are found, and leave the scan where they leave the loop."""
    found = []
    for way in (how, "unroll"):
        draw, W = PLACES[name](3), weight(np.random.default_rng(1), H, H)

        def step(x, h, draw=draw, W=W):
            h = np.tanh(h @ W + x + draw(h.shape))
            return h, h

        ys, _ = mg.scan(step, np.zeros((B, H)), np.ones((T, B, H)), how=way)
        ys.sum().backward()
        found.append((ys.numpy(), W.grad.numpy(), draw((2, 2))))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (B, H)])
def test_a_generator_that_nobody_can_find(shape):
    """It is refused, and not drawn from once for all steps: be it that a draw is often the same."""
    def masks():
        rng = np.random.default_rng(0)
        while True:
            yield rng.random(shape) < 0.93  # nine single ones are the same

    hidden = masks()

    def step(x, h):
        return h, np.where(next(hidden), h, np.tanh(h + x))

    with pytest.raises(TraceError, match=r"out of|within its reach.*how='unroll'"):
        mg.scan(step, np.zeros((B, H)), np.ones((T, B, H)))


def test_a_generator_made_by_the_step():
    """One with a seed gives a constant; one without is refused."""
    def step(x, h, seed=0):
        h = np.tanh(h + x) * np.random.default_rng(seed).random(h.shape)
        return h, h

    h0, xs = np.zeros((B, H)), np.ones((T, B, H))
    found, _ = mg.scan(step, h0, xs)
    want, _ = mg.scan(step, h0, xs, how="unroll")
    np.testing.assert_allclose(found.numpy(), want.numpy(), rtol=1e-12)
    with pytest.raises(TraceError, match="within its reach"):
        mg.scan(lambda x, h: step(x, h, seed=None), h0, xs)


def test_another_thread_that_draws_is_no_draw_of_the_step():
    """Its generator moves on while the step is traced; the step is taken for what it is."""
    rng, stop = np.random.default_rng(0), threading.Event()

    def other():
        while not stop.is_set():
            rng.random(10)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        def step(x, h):
            h = np.tanh(h + x) * np.ones(h.shape)
            return h, h

        ys, _ = mg.scan(step, np.zeros((B, 1)), np.ones((3, B, 1)))
        assert ys.shape == (3, B, 1)
    finally:
        stop.set()
        thread.join()


def test_checkpoints_draw_the_same_again():
    """In each of the ways in which a step may be run, and once as far as others can see."""
    found = []
    for how in ("checkpoint", "unroll"):
        rng, W = np.random.default_rng(5), weight(np.random.default_rng(1), H, H)

        def step(x, h, rng=rng, W=W, how=how):
            h = dropout(np.tanh(h @ W + x), 0.3, rng=rng)
            if how == "checkpoint" and x.detach().numpy().sum() < 0:  # no trace can tell
                h = h * 2.0
            return h, h

        xs = np.ones((T, B, H))
        ys, _ = mg.scan(step, np.zeros((B, H)), xs, how=how)
        after = rng.random()
        ys.sum().backward()
        found.append((ys.numpy(), W.grad.numpy(), after, rng.random()))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
