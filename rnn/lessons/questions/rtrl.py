"""Real-time recurrent learning: sensitivities carried forward."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import jacobian

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare, shown

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]


def _sensitivity(answer: Any) -> str:
    w, h, S, states = 0.5, 0.0, 0.0, [0.0]
    for x in (1.0, 1.0, 2.0):
        h, S = w * h + x, h + w * S
        states.append(h)
    compare(as_number(answer, "∂h_3/∂w"), S, "∂h_3/∂w", slips={
        "this is h_2, the direct part alone; h_2 depends on w too, by w S_2": states[2],
        "this is h_3 itself": states[3],
        "S_2 was added without the factor w": states[2] + states[1],
        "each S_t takes h_{t-1}, the state before it, not h_t":
            states[3] + w * (states[2] + w * states[1]),
        "this is S_2 = h_1 + w S_1, one step too early": states[1],
        "the direct part h_2 is missing: this is w S_2": w * states[1],
        "this is the product w² of the Jacobians, ∂h_3/∂h_1": w**2,
    })
    return "S_1 = 0, S_2 = h_1 + w S_1 = 1, S_3 = h_2 + w S_2 = 1.5 + 0.5."


_SENSITIVITY = Exercise(
    name="rtrl.1",
    task=r"Without tanh: $h_t = w\,h_{t-1} + x_t$ with $w = 0.5$, $h_0 = 0$ and $x = (1, 1, 2)$. "
         r"What is $S_3 = \partial h_3 / \partial w$? Give a number.",
    examine=_sensitivity,
    hints=(
        "Write h_1, h_2 and S_1, S_2 side by side, step by step. What is S_1?",
        "S_t = h_{t-1} + w S_{t-1}, and h_1 = 1, h_2 = 1.5.",
    ),
    solution="""
w, h, S = 0.5, 0.0, 0.0
for x in (1.0, 1.0, 2.0):
    h, S = w * h + x, h + w * S
three = S
answer = three
""",
)

_TABLE = np.array([[0.0, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, -0.1, 0.4]])


def _rows(answer: Any) -> str:
    found = as_array(answer, "what RTRL adds at t = 1, 2, 3", (3,))
    compare(found, _TABLE.sum(axis=1), "what RTRL adds at t = 1, 2, 3", slips={
        "these are the sums of the columns, by the step of the use: what BPTT's ledger has":
            _TABLE.sum(axis=0),
        "these are running totals; wanted what each step adds":
            _TABLE.sum(axis=1).cumsum(),
        "this is the diagonal: each loss with the use at its own step only, as if the state "
        "before were constant": np.diag(_TABLE),
        "signs matter: parts may cancel": np.abs(_TABLE).sum(axis=1),
        "this is the last row, what the last loss says of each use": _TABLE[2],
        "the order of the steps is turned round": _TABLE.sum(axis=1)[::-1],
    })
    return "Row t is what the loss of step t says of all uses up to t; it is complete at step t."


_ROWS = Exercise(
    name="rtrl.2",
    task="A table G[t, s], what the loss of step t (row) says of the use of w at step s (column):\n"
         "\n    t = 1   [0, 0, 0]\n    t = 2   [0, 0.2, 0]\n    t = 3   [0, -0.1, 0.4]\n\n"
         "RTRL runs along with the sequence and adds something to the gradient at each step. What, "
         "at t = 1, 2, 3? Give a list of three numbers.",
    examine=_rows,
    hints=(
        "What is known at step 2? Is the loss of step 3 known then?",
        "At step t the loss of step t is added, with all that it says of earlier uses: a row.",
    ),
    solution="""
import numpy as np
answer = np.array([[0, 0, 0], [0, 0.2, 0], [0, -0.1, 0.4]]).sum(axis=1)
""",
)


def _influence(answer: Any) -> str:
    advance = as_function(answer, "the step of the influence")
    rng = np.random.default_rng(0)
    H = 3
    W, before, S = rng.normal(size=(H, H)), rng.normal(size=H), rng.normal(size=(H, H, H))
    h = np.tanh(before @ W + 0.3)
    # All ways at once: the state before is h_before + S · (change of W), to first order.
    wanted = jacobian(
        lambda M: np.tanh((before + np.einsum("mjk,jk->m", S, M - W)) @ M + 0.3))(W)
    found = as_array(advance(S.copy(), h, before, W), "S_t", (H, H, H))
    D, direct = (1 - h**2)[:, None, None], np.einsum("ik,j->ijk", np.eye(H), before)
    carried = np.einsum("mi,mjk->ijk", W, S)
    slips: dict[str, Array] = {
        "what is carried uses W[i, m]; the state is h W, so unit i gets from unit m by W[m, i]":
            D * (direct + np.einsum("im,mjk->ijk", W, S)),
        "the slope 1 - h² is missing": direct + carried,
        "the slope 1 - h² is on the direct part only; what is carried passes tanh as well":
            D * direct + carried,
        "the slope 1 - h² is on what is carried only; the direct part passes tanh as well":
            direct + D * carried,
        "the direct part is missing: W acts at this step too": D * carried,
        "what is carried is missing: the state before depends on W as well": D * direct,
        "the direct part takes the new state h; W meets the one before it":
            D * (np.einsum("ik,j->ijk", np.eye(H), h) + carried),
        "the direct part has j and k exchanged: W[j, k] takes unit j to unit k, so i = k":
            D * (np.einsum("ij,k->ijk", np.eye(H), before) + carried),
        "the direct part is in every unit; W[j, k] acts on unit k alone, so it is 0 but for i = k":
            D * (np.broadcast_to(before[None, :, None], S.shape) + carried),
        "the slope of the state before, 1 - h_before², stands for 1 - h²":
            (1 - before**2)[:, None, None] * (direct + carried),
    }
    if np.allclose(found, wanted):
        return "Held against the engine's Jacobian, with a W that is not symmetric."
    at_start = as_array(advance(np.zeros_like(S), h, before, W), "S_t", (H, H, H))
    first = np.allclose(at_start, D * direct)
    try:
        compare(found, wanted, "S_t", slips=slips)
    except Wrong as wrong:
        more = " At t = 1, where S is 0, it is right, so a test of one step would not see it."
        raise Wrong(f"{_short(str(wrong), found)}{more if first else ''}") from None
    return ""


def _short(text: str, found: Array) -> str:
    """Without the 27 numbers."""
    return text.replace(f"is not {shown(found)}", "is not that")


_INFLUENCE = Exercise(
    name="rtrl.3",
    task=r"One step of RTRL for $h_t = \tanh(h_{t-1} W + x_t U)$. Write "
         "`def advance(S, h, before, W)`: S (H, H, H) is the influence before the step, S[m, j, k] "
         "= ∂h_before[m]/∂W[j, k]; h and before (H,) are the states after and before it; W is "
         "(H, H). Return the new influence, (H, H, H), in NumPy.",
    examine=_influence,
    hints=(
        "Two ways from W to h[i]: directly (on which units does W[j, k] act?), and through before.",
        "(1 - h[i]²) (δ_ik before[j] + Σ_m W[m, i] S[m, j, k]); np.einsum writes the sum.",
    ),
    solution="""
import numpy as np

def advance(S, h, before, W):
    direct = np.einsum("ik,j->ijk", np.eye(len(h)), before)
    return (1 - h**2)[:, None, None] * (direct + np.einsum("mi,mjk->ijk", W, S))

answer = advance
""",
)

EXERCISES = (_SENSITIVITY, _ROWS, _INFLUENCE)
