"""gradients(outputs, inputs), backward(inputs=), and what a backward pass leaves behind: no cycle,
and after an interrupt every .grad or none."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GradientError, GraphFreedError
from tests.support.comparing import leaf
from tests.support.interrupts import thrown_away

# -- gradients


def test_gradients_of_leaves_and_results():
    """They come in the order of the inputs, leaves or results, and no .grad is written."""
    x, y = leaf([2.0]), leaf([3.0])
    z = x * y
    out = z * z + x
    gx, gz, gy, again = mg.gradients(out, [x, z, y, x])
    assert [g.item() for g in (gx, gz, gy, again)] == [37.0, 12.0, 24.0, 37.0]
    assert x.grad is None
    assert mg.gradients(x, x)[0].item() == 1.0
    assert isinstance(mg.gradients((x * x), x), tuple)


def test_several_outputs_and_their_cotangents():
    """The gradients of several outputs are summed, weighted by grad_outputs."""
    x = leaf([1.0, 2.0])
    a, b = x * x, (x**3).sum()
    (g,) = mg.gradients([a, b], x, [np.array([1.0, 10.0]), None])
    np.testing.assert_allclose(g.numpy(), [2 + 3, 40 + 12])
    (g,) = mg.gradients(x * x, [x], grad_outputs=np.array([1.0, 0.5]))
    np.testing.assert_allclose(g.numpy(), [2.0, 2.0])
    (g,) = mg.gradients(x * x, [x], [mg.tensor([1.0, 0.5])])
    np.testing.assert_allclose(g.numpy(), [2.0, 2.0])


def test_orders_and_kept_graphs():
    """create_graph gives what can be differentiated again; a graph is freed unless it is kept."""
    x = leaf([2.0])
    y = x**4
    (g,) = mg.gradients(y, x, create_graph=True)
    (h,) = mg.gradients(g, x, create_graph=True)
    (third,) = mg.gradients(h, x)
    assert [g.item(), h.item(), third.item()] == [32.0, 48.0, 48.0]
    y = (x * x).sum()
    mg.gradients(y, x, retain_graph=True)
    mg.gradients(y, x)
    with pytest.raises(GraphFreedError):
        mg.gradients(y, x)
    v = leaf([5.0])
    (g,) = mg.gradients(x * x, x, grad_outputs=v, create_graph=True)
    g.sum().backward()
    assert (v.grad.item(), x.grad.item()) == (4.0, 10.0)


def test_inputs_that_are_not_used():
    """An error by default, as a slip is likelier; None or zeros for those who say so."""
    x, other = leaf([2.0]), leaf([1.0, 2.0])
    for options in ({}, {"allow_unused": False}):
        with pytest.raises(GradientError, match=r"input 1.*allow_unused.*materialize_grads"):
            mg.gradients(x * x, [x, other], **options)
    assert mg.gradients(x * x, [x, other], allow_unused=True)[1] is None
    zeros = mg.gradients(x * x, [x, other], materialize_grads=True)[1]
    assert zeros.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: mg.gradients(x * x, mg.tensor(1.0)), "input 0.*does not require grad"),
        (lambda x: mg.gradients(x * x, [x, 2.0]), "input 1, 2.0, does not require grad"),
        (lambda x: mg.gradients(x.detach(), x), "does not require grad"),
        (lambda x: mg.gradients(x * x, x), "needs the cotangent"),
        (lambda x: mg.gradients([x, x], x, [np.ones(2)]), "1 grad_outputs for 2 outputs"),
        (lambda x: mg.gradients(x, x, np.ones(3)), r"\(3,\).*wanted shape \(2,\)"),
        (lambda x: (x * x).sum().backward(inputs=[x.detach()]), "backward: input 0"),
    ],
)
def test_gradients_that_cannot_be(call, message):
    """What does not fit is named."""
    with pytest.raises(GradientError, match=message):
        call(leaf([1.0, 2.0]))


def test_backward_for_some_inputs():
    """backward(inputs=) adds to the .grad of these and of no others, results too."""
    x, y = leaf([2.0]), leaf([3.0])
    z = x * y
    out = (z * z).sum()
    out.backward(inputs=[y, z], retain_graph=True)
    assert x.grad is None
    assert (y.grad.item(), z.grad.item()) == (24.0, 12.0)
    out.backward(inputs=y)
    assert y.grad.item() == 48.0


def test_the_node_of_a_result():
    """grad_fn is the node, which names its op, parents and scope; leaves have none."""
    x = leaf([2.0], name="x")
    with mg.scope("cell", t=3):
        y = x * 3
    assert x.grad_fn is None
    assert mg.tensor(1.0).grad_fn is None
    assert repr(y.grad_fn) == "<node multiply in cell[t=3] of shape (1,)>"
    assert y.grad_fn.op.name == "multiply"
    assert repr(y.grad_fn.parents[0]) == "<node leaf 'x' of shape (1,)>"
    a, b = np.split(y * np.ones(4), 2)
    assert "output" in repr(a.grad_fn)
    assert b.grad_fn is not None


def test_a_gradient_can_be_deleted():
    """`del x.grad` forgets it, as .grad = None does."""
    x = leaf([2.0])
    (x * x).sum().backward()
    del x.grad
    assert x.grad is None
    del x.grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0]


def test_a_gradient_that_nobody_can_see():
    """A leaf that is gone takes its gradient with it; switched off and on, it begins anew."""
    x = leaf([2.0])
    y = (x * x).sum()
    del x
    y.backward()
    x = leaf([2.0])
    (x * x).sum().backward()
    x.requires_grad_(False)
    assert x.grad is None
    x.requires_grad_(True)
    assert x.grad is None


# -- no cycles


@pytest.mark.parametrize("use", ["leaf", "retained", "hook", "penalty", "gradients", "written"])
def test_no_cycle_is_left(use, collector_off):
    """With the collector off everything goes when its last name goes: gradients with a graph of
    their own, what retain_grad() keeps, hooks, penalties on gradients, written tensors."""
    x = leaf([1.0, 2.0])
    y = np.tanh(x * x)
    if use == "retained":
        y.retain_grad()
    if use == "hook":
        y.register_hook(lambda g: g * 2)
        x.register_hook(lambda g: None)
    if use == "written":
        y[0] = x[1] * y[1]
    out = (y * y * x).sum()
    if use == "gradients":
        (g,) = mg.gradients(out, x, create_graph=True)
        g.sum().backward(create_graph=True)
    else:
        out.backward(create_graph=True)
        if use == "penalty":
            (x.grad * x.grad).sum().backward(create_graph=True)
        if use == "retained":
            assert y.grad.requires_grad
        g = x.grad
    assert g.requires_grad
    watched = [weakref.ref(t) for t in (x, y, out, g)]
    del x, y, out, g
    assert [ref() for ref in watched] == [None] * 4
    assert gc.collect() == 0


# -- interrupts


class Interrupting:
    """Raises KeyboardInterrupt before the n-th instruction of minigrad's engine."""

    def __init__(self, at):
        self.left, self.fired, self.seen = at, False, 0

    def __call__(self, frame, event, arg):
        if "minigrad" not in frame.f_code.co_filename or thrown_away(frame):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.seen += 1
            if self.seen > self.left and not self.fired:
                self.fired = True
                raise KeyboardInterrupt
        return self

    def run(self, call):
        before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for one frame that wants them
        sys.settrace(self)
        try:
            call()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(before)
        return self.fired


def graph():
    """Three leaves, a retained result, and a loss, with gradients of an earlier pass."""
    x, w, b = leaf([1.0, 2.0]), leaf(np.eye(2)), leaf([0.5, 0.5])
    for t in (x, w, b):
        t.grad = np.ones(t.shape)
    h = np.tanh(x @ w + b)
    h.retain_grad()
    a, c = np.split(h, 2)
    return (x, w, b, h), (a * c).sum()


def grads(tensors):
    return [None if t.grad is None else t.grad.tolist() for t in tensors]


def in_a_thread(call):
    """Whether a call in another thread comes to its end."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(10)
    return not thread.is_alive()


@pytest.mark.parametrize("options", [{}, {"create_graph": True}, {"inputs": ...}], ids=str)
def test_an_interrupt_anywhere_in_backward(options):
    """Ctrl-C at whichever instruction: the gradients of all tensors are those before the pass, or
    those after it, and in the first case the pass can be made again."""

    def call(tensors, loss):
        given = {k: tensors[:3] if v is ... else v for k, v in options.items()}
        return lambda: loss.backward(**given)

    for _ in range(2):  # what is made once has been made
        tensors, loss = graph()
        before, counter = grads(tensors), Interrupting(10**9)
        counter.run(call(tensors, loss))
    after, count = grads(tensors), counter.seen
    outcomes = set()
    for at in (*range(0, count - 300, 29), *range(count - 300, count)):  # it writes at the end
        tensors, loss = graph()
        assert Interrupting(at).run(call(tensors, loss))
        found = grads(tensors)
        assert found in (before, after), f"half-written after {at} of {count} instructions"
        outcomes.add(found == after)
        if found == before:
            call(tensors, loss)()  # nothing is freed
            assert grads(tensors) == after
        if at > count - 300:
            assert in_a_thread(call(*graph())), "a lock is left"
    assert outcomes == {True, False}
