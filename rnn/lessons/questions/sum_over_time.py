"""The sum over time, taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import minigrad as mg

from ...bptt import two_time
from ..deriving import derived
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]

WEIGHTS = {"W_xh": 0.5, "W_hh": -0.8, "W_hy": 1.5}
XS, YS = (1.0, -0.5, 0.5, 1.0), (0.5, 0.0, -0.5, 0.0)


def _network(weights: Mapping[str, float], xs: Sequence[float], ys: Sequence[float]) -> Any:
    """The scalar network of the lesson, as arguments of `audit`."""
    W = {name: mg.tensor(w, requires_grad=True, name=name) for name, w in weights.items()}

    def step(x: Any, h: Any) -> Any:
        z = W["W_xh"] * x + W["W_hh"] * h
        h = np.tanh(z)
        return h, h

    def loss(h: Any, t: int) -> Any:
        o = W["W_hy"] * h
        return 0.5 * (o - ys[t - 1]) ** 2

    return {"cell": step, "xs": np.array(xs), "loss": loss, "params": W, "state": mg.tensor(0.0)}


def _deltas(answer: Any) -> str:
    found = as_array(answer, "[δh_1, δh_2, δh_3]", (3,))
    model = _network(WEIGHTS, XS[:3], YS[:3])
    try:
        derived("[δh_1, δh_2, δh_3]", {"h": found}, 2e-3, **model)
    except Wrong:
        try:
            derived("", {"h": found[::-1]}, 2e-3, **model)
        except Wrong:
            pass
        else:
            raise Wrong("the numbers are right, in the order in which the backward pass finds "
                        "them. Step 1 comes first.") from None
        raise
    return "Both readers of each state are in, and each slope of tanh is that of the step passed."


_DELTAS = Exercise(
    name="sum_over_time.1",
    task="The network of this lesson with other numbers: $W_{xh} = 0.5$, $W_{hh} = -0.8$, "
         "$W_{hy} = 1.5$, inputs $1, -0.5, 0.5$, targets $0.5, 0, -0.5$, $h_0 = 0$. What is "
         "$\\delta h_t = \\partial L/\\partial h_t$? Give the list "
         "$[\\delta h_1, \\delta h_2, \\delta h_3]$ (four digits will do).",
    examine=_deltas,
    hints=(
        "Which state has one reader only? Begin there.",
        "δh_3 = δo_3 W_hy. Then δh_2 = δo_2 W_hy + δh_3 (1 - h_3²) W_hh, and δh_1 alike with h_2.",
    ),
    solution="""
import numpy as np

W_xh, W_hh, W_hy = 0.5, -0.8, 1.5
h_1 = np.tanh(W_xh * 1.0)
h_2 = np.tanh(W_xh * -0.5 + W_hh * h_1)
h_3 = np.tanh(W_xh * 0.5 + W_hh * h_2)
d_3 = (W_hy * h_3 + 0.5) * W_hy
d_2 = (W_hy * h_2 - 0.0) * W_hy + d_3 * (1 - h_3**2) * W_hh
d_1 = (W_hy * h_1 - 0.5) * W_hy + d_2 * (1 - h_2**2) * W_hh
answer = [d_1, d_2, d_3]
""",
)


def _backward(answer: Any) -> str:
    bptt = as_function(answer, "backpropagation through time")
    rng = np.random.default_rng(7)
    for T in (3, 5, 1):
        weights = dict(zip(WEIGHTS, rng.uniform(-1.5, 1.5, 3).tolist(), strict=True))
        xs, ys = rng.normal(size=(2, T)).tolist()
        found = bptt(*weights.values(), list(xs), list(ys))
        if not isinstance(found, Mapping) or set(found) != set(WEIGHTS):
            raise Wrong("it returns a dict with the keys 'W_xh', 'W_hh' and 'W_hy'.")
        claims = {name: as_array(terms, f"{name!r}") for name, terms in found.items()}
        for name, terms in claims.items():
            if terms.shape != (T,):
                raise Wrong(f"for T = {T}, {name!r} has shape {terms.shape}: give a list of the "
                            f"{T} terms, that of step 1 first.")
        derived(f"What it returns for T = {T}", claims, **_network(weights, xs, ys))
    return "All terms of all three weights agree with the tape, for T = 1, 3 and 5."


_BACKWARD = Exercise(
    name="sum_over_time.2",
    task="Write `def bptt(W_xh, W_hh, W_hy, xs, ys)` for that network and any length: plain Python "
         "and NumPy, no engine. It returns a dict with the keys `'W_xh'`, `'W_hh'` and `'W_hy'`; "
         "each value is the list of the terms $G_1 … G_T$ of that weight. Give the function; it "
         "is audited with several networks.",
    examine=_backward,
    hints=(
        ("One loop forward that keeps all states (h_0 too), one loop backward that carries one "
         "number from step to step."),
        ("Backward at step t: δo = W_hy h_t - y_t, δh = δo W_hy + carried, δz = δh (1 - h_t²). The "
         "terms are δz x_t, δz h_{t-1} and δo h_t; then carried = δz W_hh."),
    ),
    solution="""
import numpy as np

def bptt(W_xh, W_hh, W_hy, xs, ys):
    h = [0.0]
    for x in xs:
        h.append(np.tanh(W_xh * x + W_hh * h[-1]))
    terms, carried = {"W_xh": [], "W_hh": [], "W_hy": []}, 0.0
    for t in range(len(xs), 0, -1):
        d_o = W_hy * h[t] - ys[t - 1]
        d_z = (d_o * W_hy + carried) * (1 - h[t] ** 2)
        terms["W_xh"].insert(0, d_z * xs[t - 1])
        terms["W_hh"].insert(0, d_z * h[t - 1])
        terms["W_hy"].insert(0, d_o * h[t])
        carried = d_z * W_hh
    return terms

answer = bptt
""",
)


def _table() -> np.ndarray[Any, Any]:
    """G[t, s] of W_hh over four steps."""
    network = _network(WEIGHTS, XS, YS)
    h, losses = network["state"], []
    for t, x in enumerate(XS, 1):
        with mg.scope("rnn", t=t):
            _, h = network["cell"](x, h)
        losses.append(network["loss"](h, t))
    return np.asarray(two_time(losses, network["params"]["W_hh"]))


def _read(answer: Any) -> str:
    table = _table()
    found = as_array(answer, "the answer")
    if found.shape != (3,):
        raise Wrong("the answer is three numbers, (a, b, c).")
    row, column, diagonal = table[2].sum(), table[:, 1].sum(), np.trace(table)
    close = {"rtol": 0.0, "atol": 3e-4}    # sums of printed digits
    compare(found[0], row, "(a), the gradient of ℓ_3 alone,", **close, slips={
        "that is column 3, the use at step 3; the losses are the rows": table[:, 2].sum(),
        "that is the entry on the diagonal alone; ℓ_3 goes back to the use at step 2 too":
            table[2, 2],
        "that is row 4; the first row belongs to ℓ_1": table[3].sum(),
    })
    compare(found[1], column, "(b), what the use at step 2 contributes,", **close, slips={
        "that is row 2, the loss of step 2; the uses are the columns": table[1].sum(),
        "that is column 3; the first column belongs to step 1": table[:, 2].sum(),
        "later losses see the use at step 2 too: all of the column": table[1, 1],
    })
    compare(found[2], diagonal, "(c), what is left with the graph cut between all steps,", **close,
            slips={
                "that is the whole sum; cut, a loss reaches the use in its own step alone":
                    table.sum(),
                "that is what the cut takes away": table.sum() - diagonal,
                "that is the last step's part alone": table[3].sum(),
            })
    lost = table.sum() - diagonal
    return (f"A row is a loss, a column a use, and the diagonal what needs no way back. The cut "
            f"loses {shown(np.round(lost, 4))} of {shown(np.round(table.sum(), 4))}.")


_READ = Exercise(
    name="sum_over_time.3",
    task="Read the two-time table of $W_{hh}$ over four steps (rows: the loss, columns: the use), "
         "$G = \\begin{pmatrix} 0 & 0 & 0 & 0 \\\\ 0 & -0.3990 & 0 & 0 \\\\ "
         "0 & -0.3465 & -0.7413 & 0 \\\\ 0 & 0.0063 & 0.0135 & 0.0286 \\end{pmatrix}$; nothing but "
         "additions is needed. (a) What is $\\partial \\ell_3/\\partial W_{hh}$, the gradient of "
         "the loss of step 3 alone? (b) What does the use of $W_{hh}$ at step 2 contribute to the "
         "gradient of the whole loss? (c) Somebody cuts the graph between all steps "
         "(`h = h.detach()` after each). What does $\\partial L/\\partial W_{hh}$ become? Give "
         "`(a, b, c)`, to four digits.",
    examine=_read,
    hints=(
        ("G[t, s]: the first index, the row, is the step of the loss; the second, the column, that "
         "of the use."),
        ("(a) is a sum over a row, (b) over a column. For (c): which entries need no way from one "
         "step to another?"),
    ),
    solution="answer = (-0.3465 - 0.7413, -0.399 - 0.3465 + 0.0063, -0.399 - 0.7413 + 0.0286)",
)

EXERCISES = (_DELTAS, _BACKWARD, _READ)
