"""Nested states that do not fit, what may differ, and what a step may not do to them."""

from collections import OrderedDict, defaultdict

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.errors import MutationError
from rnn.cells.state import unpack
from tests.support.nested_cells import (
    XS,
    Attending,
    B,
    Counting,
    FastWeights,
    H,
    K,
    T,
    Traces,
    agree,
    made,
    results,
)


def broken(change):
    class Broken(FastWeights):
        def step(self, x, state):
            output, new = super().step(x, state)
            return output, change(new)

    return made(Broken)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: {"h": s["h"]}, TypeError, r"the keys \['h'\], wanted .* keys \['A', 'h'\]"),
        (lambda s: {**s, "A": s["A"][:, 0]}, ValueError,
         r"state A has shape \(2, 3\), wanted \(2, 3, 3\), that of the state it was given"),
        (lambda s: {**s, "A": (s["A"], 1)}, TypeError, "at A, a tuple of 2, wanted one T"),
        (lambda s: {**s, "h": s["h"] > 0}, TypeError, "state h has dtype bool, wanted float64"),
        (lambda s: {**s, "h": s["h"].shape}, TypeError, "at h, a tuple of 2, wanted one T"),
        (lambda s: (s["h"], s["A"]), TypeError, "a tuple of 2 as its state, which has"),
        (lambda s: None, TypeError, "None as its state"),
    ],
    ids=["missing", "shape", "more", "dtype", "no array", "tuple", "none"],
)
def test_a_step_that_returns_another_structure(change, error, message):
    """The part is named, and what was wanted, in every way of running."""
    cell = broken(change)
    runs = [lambda: cell(XS[0]), lambda: rnn.unroll(cell, XS), lambda: rnn.scan(cell, XS)]
    runs += [lambda: rnn.Recurrent(cell)(XS, how="checkpoint")]
    for run in runs:
        with pytest.raises(error, match=rf"Broken.step returned .*{message}"):
            run()


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"h": np.zeros((B, H))}, TypeError, r"FastWeights: the state has a dict with the keys"),
        (np.zeros((B, H)), TypeError, "FastWeights: the state has one ndarray, wanted a dict"),
        ({"h": np.zeros((B, H)), "A": np.zeros((B, H))}, ValueError,
         r"state A has shape \(2, 3\), wanted \(2, 3, 3\)"),
        ({"h": np.zeros((1, H)), "A": np.zeros((B, H, H))}, ValueError,
         r"state h has shape \(1, 3\), wanted \(2, 3\). The input has batch size 2"),
        ({"h": None, "A": np.zeros((B, H, H))}, TypeError, "state h is None; wanted an array"),
        ({"h": np.zeros((B, H), complex), "A": np.zeros((B, H, H))}, TypeError, "real numbers"),
    ],
    ids=["missing", "alone", "shape", "batch", "none", "dtype"],
)
def test_a_state_given_that_does_not_fit(state, error, message):
    """Before anything is computed."""
    for run in (lambda: rnn.unroll(made(FastWeights), XS, state),
                lambda: rnn.Recurrent(made(FastWeights))(XS, state)):
        with pytest.raises(error, match=message):
            run()


def test_counters_are_integers():
    """A real number in the place of an integer is refused; an integer of other width is cast."""
    cell, h = made(Counting), np.zeros((B, H))
    with pytest.raises(TypeError, match="state n has dtype float64, wanted int64"):
        cell(XS[0], (h, np.zeros(B)))
    _, (_, n) = cell(XS[0], (h, np.zeros(B, np.int8)))
    assert n.dtype == int


def test_a_state_keeps_its_dtype():
    """Where a count meets float32, NumPy makes float64 of it: the state goes on as float32, and so
    does an output that is a part of it, in every way of running."""
    found = {}
    for how in ("unroll", "scan", "checkpoint"):
        outputs, (h, n) = rnn.Recurrent(Counting(K, H, rng=0))(XS, how=how)
        assert (outputs.dtype, h.dtype, n.dtype) == (np.float32, np.float32, int)
        found[how] = outputs.numpy()
    agree([found["scan"], found["checkpoint"]], [found["unroll"]] * 2, rtol=1e-6)
    cell = Counting(K, H, rng=0)
    output, (h, _) = cell(XS[0])
    assert output is h


def test_what_is_attended_to_may_have_any_length():
    """A state given may have other sizes than initial_state makes, where the class declares none;
    what comes from an encoder gets its gradient."""
    memory = mg.tensor(np.ones((B, 7, H)), requires_grad=True)
    for how in ("unroll", "scan", "checkpoint"):
        memory.grad = None
        state = {"h": np.zeros((B, H)), "memory": memory}
        outputs, last = rnn.Recurrent(made(Attending))(XS, state, how=how)
        outputs.sum().backward()
        assert memory.grad.numpy().any()
        assert last["memory"].shape == (B, 7, H)


def test_a_tuple_of_one():
    """(h,) is not h alone."""
    class One(rnn.Cell):
        gates = ("h",)

        def initial_state(self, batch):
            return (np.zeros((batch, self.hidden_size)),)

        def step(self, x, state):
            h = np.tanh(self.preactivation(x, *state))
            return h, (h,)

    for layer in (rnn.Recurrent(made(One)), rnn.Recurrent([made(One), made(One)])):
        _, (h,) = layer(XS)
        layer(XS, (h,), how="scan")
    with pytest.raises(TypeError, match="wanted the tuple"):
        made(One)(XS[0], np.zeros((B, H)))


def test_sizes_may_be_shapes():
    """The short way: state_sizes with a shape in the place of a width makes zeros of that shape."""
    class Short(rnn.Cell):
        gates = ("h",)
        states = ("h", "A")

        @property
        def state_sizes(self):
            return {"h": self.hidden_size, "A": (self.hidden_size, 2)}

        def step(self, x, state):
            h, A = state
            h = np.tanh(self.preactivation(x, h + A.sum(axis=2)))
            return h, (h, 0.5 * A + h[:, :, None])

    cell = made(Short)
    assert cell.initial_state(B)[1].shape == (B, H, 2)
    with pytest.raises(ValueError, match=r"state A has shape \(2, 3\), wanted \(2, 3, 2\)"):
        cell(XS[0], (np.zeros((B, H)), np.zeros((B, H))))
    agree(results(rnn.Recurrent(cell), how="scan"), results(rnn.Recurrent(made(Short))))


@pytest.mark.parametrize(
    "container",
    [
        dict, OrderedDict, lambda pairs: defaultdict(list, pairs),
        lambda pairs: Traces(*[value for _, value in pairs]),
        lambda pairs: [value for _, value in pairs], lambda pairs: ({"in": dict(pairs)},),
        lambda pairs: ({"deep": [pairs[0][1], {"er": pairs[1][1]}]},),
    ],
    ids=["dict", "ordered", "default", "dataclass", "list", "one", "deep"],
)
def test_any_container_comes_back_as_it_was(container):
    """The state returned has the type, and the order, of the one that the cell starts from."""
    class Any(rnn.Cell):
        gates = ("h",)

        def initial_state(self, batch):
            zeros = np.zeros((batch, self.hidden_size), self.dtype)
            return container([("a", zeros), ("b", zeros)])

        def step(self, x, state):
            a, b = unpack(state)
            a, b = np.tanh(self.preactivation(x, a + b)), 0.5 * b + a
            return a, container([("a", a), ("b", b)])

    layer = rnn.Recurrent(made(Any))
    for how in ("unroll", "scan", "checkpoint"):
        _, state = layer(XS, how=how)
        layer(XS, rnn.detach(state))
        assert type(state) is type(layer.initial_state(1))


def test_a_step_may_change_the_containers_it_is_given():
    """They are its own: states of other steps, and those of the caller, stay what they were."""
    class Changing(rnn.Cell):
        gates = ("h",)

        def initial_state(self, batch):
            return {"h": np.zeros((batch, self.hidden_size)), "n": np.zeros(batch, int)}

        def step(self, x, state):
            state["h"] = np.tanh(self.preactivation(x, state["h"]))
            state["n"] = state["n"] + 1
            return state["h"], state

    states = [state for _, state in rnn.steps(made(Changing), XS)]
    assert [int(state["n"].numpy()[0]) for state in states] == [1, 2, 3, 4]
    made(Changing)(XS[0], states[0])
    assert states[0]["n"].numpy().tolist() == [1, 1]


def test_numbers_of_python_have_the_dtype_of_the_cell():
    """So a float64 does not come into a cell of float32 by way of a number."""
    class Cooling(rnn.Cell):
        gates = ("h",)

        def initial_state(self, batch):
            zeros = np.zeros((batch, self.hidden_size), self.dtype)
            return {"h": zeros, "heat": 1.0, "n": 0, "hot": True}

        def step(self, x, state):
            h = np.tanh(self.preactivation(x, state["h"]) * state["heat"])
            heat = 0.5 * state["heat"]
            return h, {"h": h, "heat": heat, "n": state["n"] + 1, "hot": heat > 0.2}

    outputs, state = rnn.Recurrent(Cooling(K, H))(XS, how="scan")
    assert [part.dtype for part in (outputs, *unpack(state))] == [np.float32] * 3 + [int, bool]
    assert (float(state["heat"]), int(state["n"]), bool(state["hot"])) == (0.5**T, T, False)


def test_a_step_that_writes_to_what_it_was_given():
    """x and states are the caller's: a write is refused in every way of running, and taken back."""
    class OnState(rnn.Cell):
        gates = ("h",)

        def step(self, x, h):
            h *= 0.5
            h = np.tanh(self.preactivation(x, h))
            return h, h

    class OnInput(OnState):
        def step(self, x, h):
            x[:, 0] = h[:, 0] + 1.0
            return OnState.step(self, x, 0 + h)

    for kind, what in ((OnState, "state h|leaf"), (OnInput, "input x|view")):
        for how in ("unroll", "scan", "checkpoint"):
            for grad in (False, True):
                h = mg.tensor(np.ones((B, H)), requires_grad=grad)
                xs = mg.tensor(XS, requires_grad=grad)
                with pytest.raises(MutationError, match=what):
                    rnn.Recurrent(made(kind))(xs, h, how=how)
                assert (h.numpy() == 1).all()
                assert (xs.numpy() == XS).all()
