"""A write that Ctrl-C cuts off has been made, or has not been made: values, graph and marks."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.context import InterpreterState, local
from minigrad.errors import MutationError
from tests.support.interrupts import interrupted_anywhere


def parameters():
    """A leaf, a result of it that needs its value, a result to write to, and a constant."""
    local.state = InterpreterState()  # an interrupt in no_grad's own code may leave it on
    w = mg.tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    x = w * 2.0
    x.retain_grad()
    c = mg.tensor([1.0, 2.0, 3.0])
    return w, (w * w).sum(), x, c


def state(subject):
    """The values, and the gradients that they have by now."""
    w, square, x, c = subject
    before, local.state = local.state, InterpreterState()
    found = [t.tolist() for t in (w, x, c)]
    for y in (square, x.sum(), c.sum()):
        try:
            (g,) = mg.gradients(y, [w], retain_graph=True) if y.requires_grad else (None,)
            found.append(None if g is None else g.tolist())
        except MutationError:
            found.append("written to")
    local.state = before
    return [*found, [len(t._node.owners) if t._node is not None else 0 for t in (x, c)]]


def leaf_entry(subject):
    with mg.no_grad():
        subject[0][0] = 5.0


def leaf_in_place(subject):
    w = subject[0]
    with mg.no_grad():
        w -= 0.5


def leaf_data(subject):
    subject[0].data = np.array([7.0, 8.0, 9.0])


def leaf_method(subject):
    with mg.no_grad():
        subject[0].mul_(3.0)


def result_entry(subject):
    w, _, x, _ = subject
    x[0] = w[2] * w[1]


def result_in_place(subject):
    x = subject[2]
    x *= subject[0]


def result_method(subject):
    subject[2].zero_()


def constant_entry(subject):
    subject[3][1] = 4.0


def constant_given_a_graph(subject):
    subject[3][1:] = subject[0][:2]


def constant_data(subject):
    subject[3].data = subject[0] * 2.0


def through_a_view(subject):
    subject[2][1:] += 1.0


@pytest.fixture(autouse=True)
def frame():
    """The state of the thread, as it was."""
    yield
    local.state = InterpreterState()


@pytest.mark.parametrize("write", [
    leaf_entry, leaf_in_place, leaf_data, leaf_method, result_entry, result_in_place, result_method,
    constant_entry, constant_given_a_graph, constant_data, through_a_view,
])
def test_a_write_is_whole(write):
    """At any bytecode: everything as before, or everything as after."""
    subject = parameters()
    write(subject)  # what the first call of an op writes out is no part of a write
    state(subject)
    interrupted_anywhere(parameters, write, state)
