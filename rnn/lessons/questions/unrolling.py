"""One weight, many uses."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from ...bptt import ledger
from ...cells import ElmanCell
from ...sequence.unrolling import steps
from ..deriving import derived
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]


def _three(answer: Any) -> str:
    w = mg.tensor(2.0, requires_grad=True, name="w")
    h, states = mg.tensor(1.0), [1.0]
    for t, x in enumerate((1.0, -1.0, 1.0), 1):
        with mg.scope("step", t=t):
            h = w * h + x
        states.append(h.item())
    right, before = ledger(h, w)["w"], np.array(states[:-1])
    found = as_array(answer, "the list of contributions")
    if found.size == 1 and np.isclose(found.item(), right.sum()):
        raise Wrong(f"{shown(found)} is the sum. Give its three terms, one for each use.")
    compare(found, right, "[G_1, G_2, G_3]", slips={
        "the terms are in the order of the backward pass; step 1 comes first": right[::-1],
        "each is the state before the use, h_{t-1}; the way from h_t to h_3 is missing, a factor "
        "w for each step": before,
        "there is one factor w too many: from h_t to h_3 there are 3 - t": 2 * right,
        "the other factor is the state before the use, h_{t-1}, not the one after it, h_t":
            right / before * states[1:],
        "the last use alone was counted; the first two act on h_3 too, through h_1 and h_2":
            np.array([0.0, 0.0, right[-1]]),
        "the factor w was added, not multiplied": before + 2.0 * np.array([2, 1, 0]),
    })
    return (f"G_t = w^(3 - t) h_{{t-1}}. The three copies are the three terms, and dh_3/dw is "
            f"their sum, {shown(right.sum())}.")


_THREE = Exercise(
    name="unrolling.1",
    task="The loop $h_t = w\\,h_{t-1} + x_t$ with $w = 2$, $h_0 = 1$ and $x = (1, -1, 1)$ runs "
         "three times. Untie the weight: what does each use contribute to "
         "$\\mathrm{d}h_3/\\mathrm{d}w$? Give the list $[G_1, G_2, G_3]$, worked out by hand.",
    examine=_three,
    hints=(
        ("Run the loop first: you need all states. Then ask of each copy of w alone: if it grew a "
         "little, by how much would its own h_t grow, and by how much then h_3?"),
        ("The copy of step t is multiplied by h_{t-1}. From h_t to h_3 each step multiplies by w: "
         "3 - t times."),
    ),
    solution="h = [1, 3, 5, 11]\nanswer = [2 * 2 * h[0], 2 * h[1], h[2]]",
)


def _terms(answer: Any) -> str:
    terms = as_function(answer, "the taking apart")
    rng = np.random.default_rng(6)
    for T, H in ((3, 2), (5, 3), (1, 2)):
        value, first = 0.5 * rng.normal(size=(H, H)), rng.normal(size=(1, H))
        xs = rng.normal(size=(T, 1, H))
        W = mg.Parameter(value, name="W")

        def step(x: Any, h: Any, W: Any = W) -> Any:
            h = h @ W + x
            return h, h

        def loss(h: Any, t: int) -> Any:
            return h.sum()

        found = np.asarray(terms(value.copy(), first[0].copy(), xs[:, 0].copy()))
        if found.shape == (H, H) and T > 1:
            raise Wrong(f"for T = {T} this is one matrix, of shape {found.shape}: the sum. Give "
                        f"its terms G_1 … G_T, an array of shape {(T, H, H)}.")
        found = as_array(found, f"what it returns for T = {T}, H = {H}", (T, H, H))
        model: dict[str, Any] = {
            "cell": step, "xs": xs, "loss": loss, "params": [W], "state": mg.tensor(first),
        }
        if T > 1:
            _in_order(found, model, first)
        derived(f"For T = {T}, H = {H} your list of terms", {"W": found}, **model)
    return ("G_t = h_{t-1}ᵀ δ_t with δ_{t-1} = 1 + δ_t Wᵀ, audited term by term for T = 1, 3 "
            "and 5. The number of entries of W is the same for all three.")


def _in_order(found: Any, model: Any, first: Any) -> None:
    """Two things that are right but for how they are laid out, which are no slips of calculus."""
    h, loss = mg.tensor(first), mg.tensor(0.0)
    for t, x in enumerate(model["xs"], 1):
        with mg.scope("step", t=t):
            _, h = model["cell"](x, h)
        loss = loss + h.sum()
    right = ledger(loss, model["params"])["W"]
    if np.allclose(found, right[::-1]):
        raise Wrong("the terms are right, in the order of the backward pass: the first one is to "
                    "be that of step 1.")
    if np.allclose(found, np.swapaxes(right, 1, 2)):
        raise Wrong("each term is transposed. G_t has the shape of W: row i belongs to entry i of "
                    "h_{t-1}, column j to entry j of δ_t.")


_TERMS = Exercise(
    name="unrolling.2",
    task="The same with vectors (rows): $h_t = h_{t-1} W + x_t$, and $L$ is the sum of all "
         "entries of all states $h_1 … h_T$. Write `def terms(W, h0, xs)` in plain NumPy, with "
         "`W` of shape (H, H), `h0` of shape (H,) and `xs` of shape (T, H), that returns the $T$ "
         "contributions $G_1 … G_T$ to $\\partial L/\\partial W$: an array of shape (T, H, H). "
         "Give the function; it is tried with several $T$.",
    examine=_terms,
    hints=(
        ("Forward first, keeping all states. Then start with δ_T = ∂L/∂h_T, all ones, and walk "
         "back: which matrix leads from ∂L/∂h_t to ∂L/∂h_{t-1}?"),
        ("G_t = np.outer(h_{t-1}, δ_t), and δ_{t-1} = 1 + W @ δ_t: h_{t-1} is read by L itself "
         "and by the next step. For rows W @ δ_t is δ_t Wᵀ."),
    ),
    solution="""
import numpy as np

def terms(W, h0, xs):
    h = [h0]
    for x in xs:
        h.append(h[-1] @ W + x)
    delta, found = np.ones(len(h0)), []
    for t in range(len(xs), 0, -1):
        found.insert(0, np.outer(h[t - 1], delta))
        delta = 1 + W @ delta
    return np.array(found)

answer = terms
""",
)


def _counted(answer: Any) -> str:
    cell = ElmanCell(2, 3, biases=1, dtype=float, rng=0)
    xs = np.random.default_rng(0).normal(size=(6, 1, 2))
    outputs = [h for h, _ in steps(cell, xs)]
    terms = ledger((outputs[3] ** 2).sum(), cell)
    numbers = sum(p.size for p in cell.parameters())
    reached = len(terms.steps_of("W_hh"))
    live = int(np.count_nonzero(terms.norms("W_hh")))
    found = as_array(answer, "the answer")
    if found.shape != (4,):
        raise Wrong("the answer is four counts, (a, b, c, d).")
    a, b, c, d = found
    compare(a, numbers, "(a), how many numbers there are to learn,", slips={
        "the weights are shared: the count does not depend on T": numbers * len(xs),
        "that is W_hh alone": 9, "the bias is missing": numbers - 3,
        "W_xh has 2 × 3 and W_hh has 3 × 3 entries, the bias 3": 3 * 3 + 3 * 3 + 3,
    })
    compare(b, len(xs), "(b), how often the run uses W_hh,", slips={
        "the run goes on after the loss: all six steps use it": reached,
        "step 1 uses it too: it is multiplied by h_0, even if that is 0": len(xs) - 1,
        "it is stored once and used once a step": 1,
    })
    compare(c, reached, "(c), how many of these uses the loss depends on,", slips={
        "h_5 and h_6 come after the loss; nothing leads from them to it": len(xs),
        "the use of step 1 leads to h_1, and on to h_4: it has its tap in the picture": reached - 1,
        "the steps before count too, not that of the loss alone": 1,
        "the steps after the loss are not on its graph": len(xs) - reached,
    })
    compare(d, live, "(d), how many of their contributions are not 0,", slips={
        "G_1 = h_0ᵀ δ_1, and h_0 = 0": reached,
        "the contribution of a step before the loss is not 0: the gradient goes back to it": 1,
    })
    return ("One set of 18 numbers; six uses of W_hh; four on the way to the loss; and the first "
            "of these has the factor h_0 = 0.")


_COUNTED = Exercise(
    name="unrolling.3",
    task="`rnn.ElmanCell(2, 3, biases=1)` is run over $T = 6$ steps from $h_0 = 0$, and the loss "
         "reads the state of step 4 alone. (On its page in the book, the picture of that loss "
         "stands above.) Give four counts `(a, b, c, d)`: (a) the numbers that are to be "
         "learned, (b) how often the run uses W_hh, (c) how many of these uses the loss depends "
         "on, (d) how many of those have a contribution $G_t$ that is not zero.",
    examine=_counted,
    hints=(
        ("A weight is one box however long the run is. Count its taps in the picture, and remember "
         "that a picture of a loss shows only what the loss depends on."),
        ("(a) adds up the entries of W_xh, W_hh and b_h. For (d): what is W_hh multiplied by at "
         "step 1?"),
    ),
    solution="answer = (2 * 3 + 3 * 3 + 3, 6, 4, 3)",
)

EXERCISES = (_THREE, _TERMS, _COUNTED)
