"""Nothing recurses, in Python or in C: long graphs live and die in a thread with a small stack."""

import sys
import threading

import numpy as np
import pytest

import minigrad as mg

# Bytes: musl's threads and a browser's have so little. Python 3.13 frees up to 10,000 objects one
# inside of the other, where those before it stopped at 50 and those after it look at the stack.
STACK = (1024 if sys.version_info[:2] == (3, 13) else 256) * 1024
LENGTH, LONG = 20_000, 100_000  # ops: with 10 bytes for each there would be none left


def chain(x, step, length=LENGTH):
    for _ in range(length):
        x = step(x)
    return x


def products(x):
    return x * 1.0000001


def of_two(x):
    return x + x * 0.0


def views(x):
    return x[:]


def parts(x):
    return np.split(x, 1)[0]


def written(x):
    with mg.scope("step"):
        y = np.tanh(x)
    y[0] = 0.5
    return y


STEPS = [np.sin, of_two, views, parts, written]


def in_a_thread(function):
    """What the function returns in a thread with that stack; it dies there too."""
    found, before = [], threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=lambda: found.append(function()))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return found[0]


@pytest.mark.parametrize(("step", "length"), [(products, LONG), *((s, LENGTH) for s in STEPS)])
def test_freed_without_a_backward_pass(step, length):
    """A graph is let go of where its last result is."""

    def run():
        y = chain(mg.tensor(np.ones(2), requires_grad=True), step, length)
        shape = y.shape
        del y
        return shape

    assert in_a_thread(run) == (2,)


@pytest.mark.parametrize(("step", "keep"), [(products, False), (of_two, True)])
def test_forward_backward_and_freed(step, keep):
    """The gradient is there, and nothing overflows when the graph goes, kept or not."""

    def run():
        x = mg.tensor(np.ones(2), requires_grad=True)
        y = chain(x, step)
        y.sum().backward(retain_graph=keep)
        del y
        return x.grad.numpy()

    np.testing.assert_allclose(in_a_thread(run), 1.0000001**LENGTH if step is products else 1.0)


def test_a_recorded_backward_pass():
    """The graph of a gradient is as long, and goes as quietly."""

    def run():
        x = mg.tensor(1.0, requires_grad=True)
        (g,) = mg.gradients(chain(x, np.sin), [x], create_graph=True)
        value = g.item()
        del g
        return value

    assert np.isfinite(in_a_thread(run))
