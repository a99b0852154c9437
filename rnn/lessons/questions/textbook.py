"""A textbook that is right: immediate and total derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from ..deriving import derived
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]


def _both(answer: Any) -> str:
    def run(w: Any) -> Any:
        h, states = 4.0, [4.0]
        for x in (2.0, 0.0, -1.0):
            h = w * h + x
            states.append(h)
        return states

    states = run(0.5)
    total = float(mg.grad(lambda w: run(w)[3])(0.5))
    immediate = float(mg.grad(lambda w: w * states[2] - 1.0)(0.5))    # h_2 is a plain number
    found = as_array(answer, "(immediate, total)", (2,))
    if np.allclose(found, [total, immediate]):
        raise Wrong("the two numbers are right, and exchanged. Immediate: only step 3 gets another "
                    "w, h_2 is held. Total: all steps do.")
    compare(found[0], immediate, "the immediate derivative", slips={
        "h_3 = w h_2 + x_3 at fixed h_2: the factor of w is h_2, not h_3": states[3],
        "the input x_3 is added, so it drops out": states[2] - 1.0,
        "that is ∂h_3/∂h_2, the derivative by the state": 0.5,
        "with h_2 held, nothing further back counts": states[2] + 0.5 * states[1],
    })
    compare(found[1], total, "the total derivative", slips={
        "that is the immediate one again; h_2 changes too": immediate,
        "it goes back one step only: h_1 was made with w as well": 2.0 + 0.5 * 4.0,
        "going back one step costs a factor w": 2.0 + 4.0 + 4.0,
        "the factor w is there once a step: w² for the use at step 1": 2.0 + 0.5 * 4.0 + 0.5 * 4.0,
        "the immediate part, h_2, is missing": total - immediate,
    })
    return "Immediate: h_2. Total: h_2 + w (h_1 + w h_0), the sum of lesson 6."


_BOTH = Exercise(
    name="textbook.1",
    task="The loop $h_t = w\\,h_{t-1} + x_t$ with $w = 0.5$, $h_0 = 4$ and $x = (2, 0, -1)$. What "
         "is the derivative of $h_3$ by $w$: (a) the immediate one, $\\partial^+ h_3/\\partial w$, "
         "(b) the total one, $\\mathrm d h_3/\\mathrm d w$? Give the pair `(a, b)`.",
    examine=_both,
    hints=(
        "The states are 4, 4, 2, 0. For (a) nothing but the last step is looked at.",
        "(b) obeys dh_t/dw = h_{t-1} + w dh_{t-1}/dw, from dh_0/dw = 0 on.",
    ),
    solution="""
h = [4.0, 4.0, 2.0, 0.0]
total = 0.0
for before in h[:3]:
    total = before + 0.5 * total
answer = (h[2], total)
""",
)


def _powers(answer: Any) -> str:
    function = as_function(answer, "the formula with powers")
    rng = np.random.default_rng(9)
    for T, H, Q in ((3, 2, 1), (5, 3, 2), (1, 2, 2)):
        recurrent, out = 0.6 * rng.normal(size=(H, H)), rng.normal(size=(Q, H))
        d_o = rng.normal(size=(T, Q))
        found = function(recurrent.copy(), out.copy(), d_o.copy())
        found = as_array(found, f"what it returns for T = {T}, H = {H}", (T, H))
        W_hh = mg.Parameter(recurrent, name="W_hh")
        W_qh = mg.Parameter(out, name="W_qh")

        def step(x: Any, h: Any, W_hh: Any = W_hh) -> Any:
            h = W_hh @ h + x                                              # columns: (H, 1)
            return h, h

        def loss(h: Any, t: int, W_qh: Any = W_qh, d_o: Any = d_o) -> Any:
            o = W_qh @ h
            return (d_o[t - 1, :, None] * o).sum()

        _misread(found, recurrent, out, d_o)
        derived(f"∂L/∂h_t for T = {T}, H = {H}", {"h": found[..., None]}, cell=step, loss=loss,
                xs=rng.normal(size=(T, H, 1)), state=mg.tensor(np.zeros((H, 1))),
                params=[W_hh, W_qh])
    return ("∂L/∂h_t is the sum over i ≥ t of (W_hhᵀ)^(i - t) W_qhᵀ ∂L/∂o_i: from the output of "
            "step i back to h_t there are i - t steps.")


def _misread(found: Any, recurrent: Any, out: Any, d_o: Any) -> None:
    """Slips in the indices of the sum, which are none in a rule of backpropagation."""
    T = len(d_o)
    power = [np.linalg.matrix_power(recurrent.T, k) for k in range(T)]

    def summed(powers: Any, steps: Any) -> Any:
        return np.array([
            sum((power[powers(j, t)] @ out.T @ d_o[j] for j in steps(t)), np.zeros(len(recurrent)))
            for t in range(T)
        ])

    right = summed(lambda j, t: j - t, lambda t: range(t, T))
    slips = {
        "the power T - i belongs to the output of step T + t - i, not to that of step i: a step's "
        "own output has the power 0": summed(lambda j, t: T - 1 - j, lambda t: range(t, T)),
        "the sum begins at i = t: the outputs before step t do not depend on h_t":
            summed(lambda j, t: abs(j - t), lambda t: range(T)),
        "the step's own output is missing, which has the power 0":
            summed(lambda j, t: j - t, lambda t: range(t + 1, T)),
        "the rows are in the order of the backward pass; step 1 comes first": right[::-1],
    }
    for reason, value in slips.items():
        if T > 1 and np.allclose(found, value):
            raise Wrong(f"for T = {T}: {reason}.")


_POWERS = Exercise(
    name="textbook.2",
    task="The book unrolls $\\partial L/\\partial \\mathbf h_t$ into $\\sum_{i=t}^{T} "
         "(\\mathbf W_{hh}^\\top)^{T-i}\\, \\mathbf W_{qh}^\\top\\, "
         "\\partial L/\\partial \\mathbf o_{T+t-i}$. Write `def hidden(W_hh, W_qh, d_o)` that "
         "computes it for all $t$: `W_hh` of shape (H, H) and `W_qh` of shape (Q, H) are the "
         "book's (columns are multiplied: $\\mathbf W_{hh} \\mathbf h$), row $t$ of `d_o`, of "
         "shape (T, Q), is $\\partial L/\\partial \\mathbf o_t$. Return an array (T, H). Give "
         "the function.",
    examine=_powers,
    hints=(
        ("Rename: let j = T + t - i be the step of the output. Which power does it have then, and "
         "from where to where does j run?"),
        ("∂L/∂h_t = Σ_{j ≥ t} (W_hhᵀ)^(j - t) W_qhᵀ ∂L/∂o_j; or run the recursion of the lesson "
         "from t = T down."),
    ),
    solution="""
import numpy as np

def hidden(W_hh, W_qh, d_o):
    T = len(d_o)
    return np.array([
        sum(np.linalg.matrix_power(W_hh.T, j - t) @ W_qh.T @ d_o[j] for j in range(t, T))
        for t in range(T)
    ])

answer = hidden
""",
)


def _readings(answer: Any) -> str:
    table = np.array([[2.0, 0.0, 0.0], [1.0, 3.0, 0.0], [4.0, 0.0, 1.0]])
    i, s = np.indices(table.shape)
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        raise Wrong("the answer is a triple: the three terms of A, the three of B, the sum of C.")
    by_use, by_loss = table.sum(axis=0), table.sum(axis=1)
    first = as_array(answer[0], "the terms of A", (3,))
    second = as_array(answer[1], "the terms of B", (3,))
    if np.allclose(first, by_loss) and np.allclose(second, by_use):
        raise Wrong("A and B are exchanged. A sorts by use, and the uses are the columns.")
    compare(first, by_use, "the list of A's terms", slips={
        "those are the sums of the rows, by loss": by_loss,
        "those are the entries on the diagonal; later losses belong to a use too": np.diag(table),
        "those are the last loss's alone": table[-1],
    })
    compare(second, by_loss, "the list of B's terms", slips={
        "those are the sums of the columns, by use": by_use,
        "those are the entries on the diagonal": np.diag(table),
        "those are of the use at step 1 alone": table[:, 0],
    })
    compare(answer[2], ((i - s + 1) * table).sum(), "the sum of C", slips={
        "that is the gradient itself; C counts some paths more than once": table.sum(),
        "a path from step i to step s passes i - s + 1 states, both ends counted":
            ((i - s) * table).sum(),
        "one path per entry is counted once for each state it passes, not for each step there is":
            (3 * table).sum(),
        "that is how often, not how much: G[i, s] times the count, summed":
            np.tril(i - s + 1).sum(),
    })
    return (f"A and B cut one sum, {shown(table.sum())}, in two ways. C weighs each entry by the "
            "number of states on its way.")


_READINGS = Exercise(
    name="textbook.3",
    task="Another network has the two-time table (rows: the loss, columns: the use) "
         "$G = \\begin{pmatrix} 2 & 0 & 0 \\\\ 1 & 3 & 0 \\\\ 4 & 0 & 1 \\end{pmatrix}$. Give a "
         "triple: the list of the three terms in reading A, the list of the three terms in "
         "reading B, and the number that reading C arrives at.",
    examine=_readings,
    hints=(
        ("A has one term for each use, B one for each loss; both have the same sum. In C each path "
         "is counted once for each state on it."),
        ("Columns, rows, and then the weights i - s + 1: 1 on the diagonal, 2 below it, 3 in the "
         "corner."),
    ),
    solution="answer = ([7, 3, 1], [2, 4, 5], 1 * (2 + 3 + 1) + 2 * (1 + 0) + 3 * 4)",
)

EXERCISES = (_BOTH, _POWERS, _READINGS)
