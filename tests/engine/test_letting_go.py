"""Where Python runs in a browser, nodes are freed one after the other, not in one another."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.letting_go import free_one_by_one, let_go
from minigrad.engine.node import Node
from tests.engine.test_small_stacks import STEPS, chain, products


class Finalizers:
    """How many nodes have been let go of, and how many at the same time."""

    def __init__(self):
        self.running, self.most, self.count = 0, 0, 0

    def __call__(self, node):
        self.count += 1
        self.running += 1
        self.most = max(self.most, self.running)
        let_go(node)
        self.running -= 1


@pytest.fixture
def finalizers(monkeypatch):
    """As in a browser."""
    found = Finalizers()
    monkeypatch.setattr(Node, "__del__", lambda node: found(node), raising=False)
    return found


@pytest.mark.parametrize("step", [products, *STEPS])
def test_no_node_is_freed_inside_of_many(finalizers, step):
    """The end of a chain of 500 ops, of one operand, of two, of views, parts and writes, frees
    every node, and never goes deeper than two finalizers."""
    y = chain(mg.tensor(np.ones(2), requires_grad=True), step, 500)
    made = len(mg.Tape(y))
    finalizers.count = 0
    del y
    assert finalizers.most <= 2
    assert finalizers.count >= made


def test_a_graph_that_is_shared_lives_on(finalizers):
    """What another result still needs is not let go of, and its gradient is right."""
    x = mg.tensor(2.0, requires_grad=True)
    shared = x * x
    left, right = np.sin(shared * 1.0), shared * 3.0
    del left, shared
    right.backward()
    assert x.grad == 12.0
    assert finalizers.count >= 2


def test_an_error_inside_leaves_the_rest_to_the_next(monkeypatch):
    """An interrupt while nodes are freed does not keep the others from being freed later."""
    monkeypatch.setattr(Node, "__del__", let_go, raising=False)
    from minigrad.engine import letting_go

    class Stops(list):
        def pop(self):
            monkeypatch.setattr(letting_go, "_aside", [*self])
            raise KeyboardInterrupt

    monkeypatch.setattr(letting_go, "_aside", Stops())
    node = np.sin(mg.tensor(1.0, requires_grad=True))._node
    with pytest.raises(KeyboardInterrupt):
        let_go(node)
    assert not letting_go._emptying
    assert node.parents == ()
    let_go(np.cos(mg.tensor(1.0, requires_grad=True))._node)
    assert letting_go._aside == []


def test_elsewhere_nodes_have_no_finalizer(monkeypatch):
    """It costs time for each op; CPython's own stack is seen by CPython."""
    monkeypatch.setattr(Node, "__del__", None, raising=False)
    del Node.__del__
    free_one_by_one("linux")
    assert not hasattr(Node, "__del__")
    free_one_by_one("emscripten")
    assert Node.__del__ is let_go
