"""Whoever reads a graph sees the steps of a scan, and the inside of a checkpoint, op by op."""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.node import ancestors
from minigrad.engine.opening import opened, opens_as
from minigrad.errors import AnomalyError, GraphFreedError, MutationError

T, B, H = 6, 3, 4


def own_cell(rng):
    """A step of several ops, with a scope of its own, and what it uses; xs and a first state."""
    W = mg.tensor(rng.normal(size=(H, H)), requires_grad=True, name="W")
    b = mg.tensor(rng.normal(size=H), requires_grad=True, name="b")

    def step(x, state):
        h, c = state
        with mg.scope("gates"):
            z = h @ W + x + b
        c = c * np.tanh(z) + z
        with mg.scope("out"), mg.scope("inner"):
            h = np.tanh(c)
        return {"h": h, "z": z}, (h, c)

    xs = mg.tensor(rng.normal(size=(T, B, H)), requires_grad=True, name="xs")
    state = (mg.tensor(rng.normal(size=(B, H)), requires_grad=True), np.zeros((B, H)))
    return step, state, xs, [W, b, xs, state[0]]


def run(how, reverse=False, seed=0):
    step, state, xs, leaves = own_cell(np.random.default_rng(seed))
    outputs, last = mg.scan(step, state, xs, how=how, reverse=reverse)
    loss = (outputs["h"] ** 2).sum() + (outputs["z"] * last[1]).sum()
    return loss, leaves, (outputs, last)


def rows(tape):
    """What a tape says of its ops, with the steps' own numbers for their operands."""
    place = {node: k for k, node in enumerate(tape)}
    return [
        (
            node.op.name if node.op else "leaf", node.name, node.shape, str(node.scope),
            [None if p is None else place[p] for p in node.parents],
        )
        for node in tape
    ]


def by_scope(uses):
    found = {}
    for use in uses:
        found[str(use.scope)] = found.get(str(use.scope), 0.0) + np.asarray(use.value)
    return found


@pytest.mark.parametrize("reverse", [False, True])
def test_a_tape_of_a_scan_is_that_of_the_loop(reverse):
    """The same ops in the same order, on the same operands, in the same scopes; before a backward
    pass and after it."""
    loss, _, _ = run("scan", reverse)
    wanted, _, _ = run("unroll", reverse)
    assert rows(mg.Tape(loss)) == rows(mg.Tape(wanted))
    assert [n.op.name for n in ancestors([loss._node]) if n.op].count("scan") == 1
    loss.backward()
    wanted.backward()
    assert rows(mg.Tape(loss)) == rows(mg.Tape(wanted))


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
def test_contributions_are_those_of_the_loop(how):
    """Each use of each leaf, by step, and their sum the gradient; the graph is as it was, and can
    be gone through."""
    loss, leaves, _ = run(how)
    wanted, same, _ = run("unroll")
    before = [(n, n.parents, n.saved, n.key) for n in ancestors([loss._node])]
    found = mg.contributions(loss, leaves)
    for uses, others in zip(found, mg.contributions(wanted, same), strict=True):
        a, b = by_scope(uses), by_scope(others)
        assert a.keys() == b.keys()
        for scope in a:
            np.testing.assert_allclose(a[scope], b[scope], rtol=1e-12, atol=1e-13)
    assert [(n, n.parents, n.saved, n.key) for n in ancestors([loss._node])] == before
    loss.backward()
    for leaf, uses in zip(leaves, found, strict=True):
        total = sum(np.asarray(use.value) for use in uses)
        np.testing.assert_allclose(leaf.grad.numpy(), total, rtol=1e-12, atol=1e-13)


def test_values_are_those_of_the_call():
    """What was written to a weight since does not change what a picture shows of the run, and a
    measurement after it raises, as it does of a loop."""
    for how in ("scan", "unroll"):
        loss, leaves, (outputs, _) = run(how)
        held = outputs["h"].numpy().copy()
        with mg.no_grad():
            leaves[0] -= 0.5
        (again,) = opened([outputs["h"]])
        saved = [v for n in ancestors([again._node]) for v in (n.saved or ()) if n.pullback]
        assert any(np.shape(v) == (B, H) and np.array_equal(v, held[3]) for v in saved)
        mg.Tape(loss)
        with pytest.raises(MutationError, match="was written to"):
            mg.contributions(loss, leaves)
        with pytest.raises(MutationError, match="was written to"):
            loss.backward()


def test_what_was_freed_is_freed():
    """After backward() a tape still shows all steps, and a measurement raises."""
    loss, leaves, _ = run("scan")
    loss.backward()
    assert "freed" in str(mg.Tape(loss))
    with pytest.raises(GraphFreedError):
        mg.contributions(loss, leaves)


def test_results_that_are_as_they_were():
    """A state that no step changes is what was given, a constant stays one, and a name that was
    given to a result is that of what made it."""
    w = mg.tensor(2.0, requires_grad=True)
    given = mg.tensor(1.0, requires_grad=True, name="given")
    outputs, (total, kept, constant) = mg.scan(
        lambda x, s: (s[0] * w, (s[0] * w + x, s[1], s[2])), (1.0, given, 3.0), np.arange(4.0)
    )
    total.name = "total"
    kept_name = given.name
    found, (a, b, c) = opened(outputs, (total, kept, constant))
    assert found._node.op.name == "stack"
    assert a._node.name == "total"
    assert b._node is given._node
    assert given.name == kept_name
    assert c._node is None
    assert opened(w) is w
    assert opened([None, {"w": w}]) == [None, {"w": w}]


def test_scans_one_after_the_other():
    """What comes before, between and behind two scans is in its place, whichever are asked of
    together."""
    w = mg.tensor(0.5, requires_grad=True, name="w")
    step = lambda x, h: (np.tanh(h * w + x), h * w + x)  # noqa: E731

    def chain(how):
        first, state = mg.scan(step, w * 1.0, np.arange(3.0) * w, how=how)
        second, last = mg.scan(step, state * 2.0, first + 1.0, how=how)
        return (second * last).sum() + first.sum()

    assert rows(mg.Tape(chain("scan"))) == rows(mg.Tape(chain("unroll")))
    nested = mg.checkpoint(lambda: chain("scan"))
    inside = [n.op.name for n in mg.Tape(nested * 1.0) if n.op]
    assert "scan" not in inside
    assert "checkpoint" not in inside
    uses = mg.contributions(nested * 1.0, [w])[0]
    (g,) = mg.gradients(chain("unroll"), [w])
    np.testing.assert_allclose(sum(float(u.value) for u in uses), g.item(), rtol=1e-12)


def test_an_anomaly_backward_names_the_step():
    """Of a scan that ran before detect_anomaly was on, the op and the step in which a gradient
    first was infinite or NaN."""
    w = mg.tensor(np.zeros(2), requires_grad=True)
    for how in ("scan", "unroll"):
        step = lambda x, h: (np.sqrt(w * x) + h, h * 0.5)  # noqa: E731
        outputs, _ = mg.scan(step, np.zeros(2), np.ones((4, 2)), how=how)
        with mg.detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt in scan\[t=\d\]"):
            outputs.sum().backward()


def test_two_threads_open_one_graph():
    """Opening changes nothing, so that others may read the graph, and go through it, meanwhile."""
    loss, leaves, _ = run("scan")
    want = mg.gradients(loss, leaves, retain_graph=True)
    errors = []

    def look():
        try:
            for _ in range(20):
                mg.Tape(loss)
                for g, w in zip(mg.gradients(loss, leaves, retain_graph=True), want, strict=True):
                    np.testing.assert_array_equal(g.numpy(), w.numpy())
        except Exception as error:  # told below
            errors.append(error)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_an_op_of_all_steps_that_is_seen_as_one_at_each():
    """``opens_as`` says what readers see in the place of an op; its values are its own."""
    x = mg.tensor(np.arange(6.0).reshape(3, 2), requires_grad=True)
    doubled = opens_as(x * 2.0, lambda: np.stack([row * 2.0 for row in x.unbind()]))
    loss = doubled.sum()
    assert [n.op.name for n in mg.Tape(loss) if n.op].count("multiply") == 3
    assert sum(len(u) for u in mg.contributions(loss, [x])) == 1
    loss.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full((3, 2), 2.0))


def test_long_ones_open():
    """Ten thousand steps are opened without recursion, and leave no cycle behind."""
    w = mg.tensor(0.999, requires_grad=True)
    _, last = mg.scan(lambda x, h: (h, h * w + x), 0.0, np.ones(10_000))
    assert len(mg.Tape(last)) == 1 + 2 * 10_000


def test_a_second_derivative_of_one_step():
    """A state that is on the graph from the second step on only, in a scan of one step."""
    w = mg.tensor(0.5, requires_grad=True)
    outputs, _ = mg.scan(lambda x, s: (s[0] * w + x, (s[0] * w, s[0])), (1.0, 2.0), np.ones(1))
    (g,) = mg.gradients((outputs**2).sum(), [w], create_graph=True)
    (h,) = mg.gradients(g, [w])
    np.testing.assert_allclose([g.item(), h.item()], [3.0, 2.0])
