"""Backpropagation through time, held against other ways to the same gradients.

Each law is a function of one trial; ``rnn.testing.laws`` lists them with the others.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad import Tensor, no_grad
from minigrad.testing import check_grads
from minigrad.testing.trial import demand, pull

from .. import bptt
from ..sequence.loop import stack
from ..sequence.unrolling import unroll
from .trial import CellTrial, near

__all__ = [
    "derivatives", "double_backward", "full_reach", "ledger_sum", "rtrl", "truncation", "untied",
]


def _untied(t: CellTrial) -> list[dict[str, Any]]:
    """By step, the gradients of the parameters of a copy of the cell that is used there only."""
    copies = [copy.deepcopy(t.cell) for _ in range(t.T)]
    leaves = [[p for p in c.parameters() if p.requires_grad] for c in copies]
    state, outputs = t.carried(), []
    for cell, x in zip(copies, Tensor(t.xs).unbind(), strict=True):
        output, state = cell.step(x, state)
        outputs.append(output)
    flat = pull(
        [stack(outputs), *t.real(state)],
        [t.g_outputs, *t.g_state.values()],
        [p for own in leaves for p in own],
    )
    names, n = list(t.learned), len(t.learned)
    return [dict(zip(names, flat[k * n : (k + 1) * n], strict=True)) for k in range(t.T)]


def untied(t: CellTrial) -> None:
    """The gradients of T copies of the cell, each used at one step, sum to that of the cell used
    at all of them."""
    terms = _untied(t)
    for name in t.learned:
        total = np.sum([term[name] for term in terms], axis=0)
        near(t.found.gradients[name], total, f"the gradient of {name}, against untied copies")


def ledger_sum(t: CellTrial) -> None:
    """The ledger's terms sum to the gradient, and each is that of a copy used at its step only."""
    if not t.learned:
        return
    outputs, last = t.run(t.cell, Tensor(t.xs), t.carried())
    loss = (outputs * t.g_outputs).sum()
    for part, g in zip(t.real(last), t.g_state.values(), strict=True):
        loss = loss + (part * g).sum()
    book, terms = bptt.ledger(loss, t.learned), _untied(t)
    for name in t.learned:
        near(book.total(name), t.found.gradients[name], f"the ledger's total of {name}")
        for k, step in enumerate(book.steps):
            demand(1 <= step <= t.T, f"the ledger has a step {step}, the sequence 1 to {t.T}")
            near(book[name][k], terms[step - 1][name], f"the ledger's term of {name} at t={step}")
        if t.run is unroll:  # which sets the scope of each step
            outside = book.outside(name)
            near(outside, np.zeros(outside.shape), f"the ledger's rest of {name}, outside of steps")


def truncation(t: CellTrial) -> None:
    """The gradient of a window of truncated BPTT is that of its last k2 steps, run from a state
    without a past; its outputs are those of the whole sequence."""
    k1, k2 = int(t.rng.integers(1, t.T + 1)), int(t.rng.integers(1, t.T + 1))
    for reach in (k1, k2):
        _compare_windows(t, k1, reach)


def full_reach(t: CellTrial) -> None:
    """Truncated BPTT that reaches back over the whole sequence is full BPTT."""
    k1 = int(t.rng.integers(1, t.T + 1))
    total = {name: np.zeros(p.shape) for name, p in t.learned.items()}
    for window, gradients in _windows(t, k1, t.T):
        near(window.outputs, t.found.values["the outputs"][window.where], "a window's outputs")
        for name, g in zip(total, gradients, strict=True):
            total[name] += g
    state = {k: np.zeros_like(v) for k, v in t.g_state.items()}
    wanted = t.result(g_state=state).gradients
    for name, found in total.items():
        near(found, wanted[name], f"windows of {k1}, reach {t.T}: the gradient of {name}")


def _windows(t: CellTrial, k1: int, k2: int) -> Iterator[tuple[bptt.Window, list[Any]]]:
    model: Any = t.cell if t.run is unroll else lambda xs, state: t.run(t.cell, xs, state)
    state, params = t.carried(), list(t.learned.values())
    for window in bptt.truncated(model, Tensor(t.xs), k1, k2, state):
        yield window, pull([window.outputs], [t.g_outputs[window.where]], params)


def _compare_windows(t: CellTrial, k1: int, k2: int) -> None:
    params = list(t.learned.values())
    for window, found in _windows(t, k1, k2):
        a, b = window.where.start, window.where.stop
        begin = max(0, b - k2)
        state = t.carried()
        with no_grad():
            if begin:
                _, state = t.loop(t.cell, Tensor(t.xs[:begin]), state)
        outputs, last = t.loop(t.cell, Tensor(t.xs[begin:b]), state)
        what = f"windows of {k1}, reach {k2}, steps {a + 1} to {b}"
        near(window.outputs[max(a, begin) - a :], outputs[max(a, begin) - begin :], what)
        for k, u, v in zip(t.state, t.parts(window.state), t.parts(last), strict=True):
            near(u, v, f"{what}: state {k}")
            demand(not u.requires_grad, f"{what}: state {k} is handed on with its graph")
        g = t.g_outputs[max(a, begin) : b]
        wanted = pull([outputs[max(a, begin) - begin :]], [g], params)
        for name, x, y in zip(t.learned, found, wanted, strict=True):
            near(x, y, f"{what}: the gradient of {name}")


def rtrl(t: CellTrial) -> None:
    """Real-time recurrent learning, which carries dh/dW forward and never goes back over more than
    one step, finds the same gradient."""
    if not t.learned:
        return
    cell = copy.deepcopy(t.cell)
    for p in cell.parameters():  # rtrl differentiates by all of them; frozen ones are thawed
        p.requires_grad = p.requires_grad or p.dtype.kind == "f"
    forward = bptt.rtrl(
        cell, t.xs, lambda output, k: (output * t.g_outputs[k - 1]).sum(),
        state=t.carried(),
    )
    wanted = t.result(g_state={k: np.zeros_like(v) for k, v in t.g_state.items()}).gradients
    for name in t.learned:
        near(wanted[name], forward[name], f"the gradient of {name}, against RTRL")


def derivatives(t: CellTrial) -> None:
    """The gradients of a whole run in parameters, inputs and initial state are those of
    differences."""
    f, arguments = t.function()
    check_grads(f, *arguments.values(), names=list(arguments), order=1, full=0, seed=t.seed)


def double_backward(t: CellTrial) -> None:
    """The gradients can be differentiated again, with respect to the cotangents too."""
    short = CellTrial(t.cell, min(t.T, 3), t.B, t.seed, None, t.run)
    f, arguments = short.function()
    check_grads(
        f, *arguments.values(), names=list(arguments), order=2, modes=("rev",), full=0,
        directions=1, seed=t.seed,
    )
