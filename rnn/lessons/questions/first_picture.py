"""A first picture: boxes, wires and taps."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np

import minigrad as mg

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]


def _network(xs: Any, ys: Any) -> tuple[mg.Tensor, dict[str, mg.Tensor]]:
    """The lesson's network: a loss at every step that has a target; and its weights."""
    values = {"W_xh": 0.6, "W_hh": 0.9, "W_hy": 0.8}
    w = {name: mg.tensor(value, requires_grad=True, name=name) for name, value in values.items()}
    h, loss = mg.tensor(0.0), mg.tensor(0.0)
    for t, (x, y) in enumerate(zip(xs, ys, strict=True), start=1):
        with mg.scope("rnn", t=t):
            h = np.tanh(w["W_xh"] * x + w["W_hh"] * h)
        if y is not None:
            with mg.scope("loss", t=t):
                loss = loss + 0.5 * (w["W_hy"] * h - y) ** 2
    return loss, w


# -- 1


def _counts(answer: Any) -> str:
    loss, w = _network((0.5, 0.1, 0.4, 0.2, 0.3), (None, None, None, None, 0.1))
    taps = {name: len(uses) for name, uses in zip(w, mg.contributions(loss, list(w.values())),
                                                  strict=True)}
    right = (len({node.scope for node in mg.Tape(loss) if node.op}), len(w), sum(taps.values()))
    boxes, weights, count = as_array(answer, "the triple (boxes, weights, taps)", (3,))
    compare(weights, right[1], "the number of weights", slips={
        "a weight is one box, however often it is used: its uses are taps": right[2],
        "W_hy is a weight too": 2,
    })
    compare(boxes, right[0], "the number of boxes of the computation", slips={
        "there is a loss at the last step only": 10,
        "the loss is a box too": 5,
        "those at the left, of the weights, are not counted among them": right[0] + right[1],
    })
    compare(count, right[2], "the number of taps", slips={
        "W_hy is used where there is a loss: at the last step only": 15,
        "one is missing: the tap of W_hy at the last step, or the first of W_hh, which is there "
        "although what it multiplies is 0": 10,
        "a tap is a use; each weight has one wire, and it may have many taps": right[1],
        "both missing: the tap of W_hy, and the first of W_hh, which is there although what it "
        "multiplies is 0": 9,
    })
    return "Taps by weight: " + ", ".join(f"{name} {n}" for name, n in taps.items()) + "."


_COUNTS = Exercise(
    name="first_picture.1",
    task="The network of the lesson reads five elements instead of three, and there is a loss at "
         r"the last step only: $L = \frac12 (o_5 - y_5)^2$. How many boxes of the computation "
         "(steps and terms of the loss, without weights, inputs and start), how many weights and "
         "how many taps will its picture have? Give the triple `(boxes, weights, taps)`.",
    examine=_counts,
    hints=(
        "Which formula is computed how often? And which weights stand in it?",
        "The rule for h_t runs five times and uses two weights each time; o_t is computed once.",
    ),
    solution="""
boxes = 5 + 1        # five steps, one loss
weights = 3          # one box each, however long the sequence
taps = 5 + 5 + 1     # W_xh and W_hh at every step, W_hy at the last
answer = (boxes, weights, taps)
""",
)

# -- 2


def _promises(answer: Any) -> str:
    loss, w = _network((0.5, 0.1, 0.4), (0.4, 0.2, 0.1))
    uses = mg.contributions(loss, list(w.values()))
    taps = {name: [float(u.value) for u in found] for name, found in zip(w, uses, strict=True)}
    total = {name: sum(terms) for name, terms in taps.items()}
    everything, one_tap = sum(total.values()), taps["W_hh"][2]
    a, b, c = as_array(answer, "the answer", (3,))
    compare(a, 0.01 * everything, "the change for all three weights", rtol=1e-2, slips={
        "that is the sum of the gradients; the weights grow by 0.01, not by 1": everything,
        "that is the effect of W_hh alone": 0.01 * total["W_hh"],
        "the first tap of W_hy is negative: it counts against the others":
            0.01 * sum(abs(x) for terms in taps.values() for x in terms),
        "gradients tell how much the loss grows per unit; here it grows": -0.01 * everything,
    })
    compare(b, 0.01 * one_tap, "the change for one use of W_hh", rtol=1e-2, slips={
        "that is the number at the tap; the weight grows by 0.01, not by 1": one_tap,
        "that moves W_hh at every step; the question is about the tap at t = 3":
            0.01 * total["W_hh"],
        "that is the tap at t = 2": 0.01 * taps["W_hh"][1],
        "that is a third of the whole gradient; the taps are not alike": 0.01 * total["W_hh"] / 3,
        "that is the tap of W_xh": 0.01 * taps["W_xh"][2],
    })
    compare(c, 1, "the step at which W_hh has no effect", slips={
        "its tap there is the widest of W_hh": 3,
        "its tap there is 0.0516": 2,
        "steps are counted from 1, as the columns are": 0,
    })
    return (f"0.01 × {shown(everything)}, and 0.01 × {shown(one_tap)}. A tap is a promise about "
            "one use, a gradient about all of them.")


_PROMISES = Exercise(
    name="first_picture.2",
    task="Read the last picture. (a) All three weights become larger by 0.01: by about how much "
         "does the loss change? (b) W_hh becomes larger by 0.01 at the step t = 3 only: by about "
         "how much does it change now? (c) At which step can W_hh be anything, without any effect "
         "through its use there? Give the triple `(a, b, c)`, to three digits.",
    examine=_promises,
    hints=(
        "A derivative is a change per unit of growth. Which are in the boxes, which at the taps?",
        "(a) 0.01 times the sum of the three gradients. (b) 0.01 times one tap. (c) A tap of 0.",
    ),
    solution="""
a = 0.01 * (0.0993 + 0.106 + 0.102)
b = 0.01 * 0.0543
answer = (a, b, 1)
""",
)

# -- 3

_XS = (0.5, -0.2, 0.3, 0.8)


def _plain(w: float, xs: Any, start: float = 0.0) -> float:
    h = start
    for x in xs:
        h = float(np.tanh(x + w * h))
    return h


def _recurrence(answer: Any) -> str:
    run = as_function(answer, "the recurrence")
    w = mg.tensor(0.7, requires_grad=True, name="w")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")    # float(tensor) warns; what follows says it in full
        found = run(w, _XS)
    if not isinstance(found, mg.Tensor):
        raise Wrong(f"the recurrence returned {type(found).__name__}, not a Tensor: somewhere it "
                    "was made a plain number, by `float`, `.item()` or a function of `math`, and "
                    "its notes stayed behind. NumPy's functions give Tensors for Tensors.")
    compare(found.item(), _plain(0.7, _XS), "h_4 for w = 0.7 and x = (0.5, -0.2, 0.3, 0.8)", slips={
        "the state is not carried on: this is tanh(x_4)": _plain(0.7, _XS[-1:]),
        "w multiplies the state, not the input": float(_weighted_inputs(0.7)),
        "the sequence was read from its end": _plain(0.7, _XS[::-1]),
        "one step is missing: this is h_3": _plain(0.7, _XS[:-1]),
        "the first element was left out": _plain(0.7, _XS[1:]),
        "the state begins at 0": _plain(0.7, _XS, 1.0),
    })
    uses = mg.contributions(found, [w])[0] if found.requires_grad else []
    if not uses:
        raise Wrong("the number is right, and the picture has no tap at all: `w` is not on the "
                    "graph of the result. A new tensor, `.item()`, `.detach()` and `no_grad()` "
                    "keep the number and lose where it came from. Use the `w` that was given.")
    _same_taps(uses, _expected(w))
    return ("Four columns, one wire, four taps, which are worth "
            f"{shown([float(use.value) for use in uses])}; the first is 0, since h_0 = 0.")


def _weighted_inputs(w: float) -> float:
    h = 0.0
    for x in _XS:
        h = float(np.tanh(w * x + w * h))
    return h


def _expected(w: mg.Tensor) -> list[Any]:
    h = mg.tensor(0.0)
    for t, x in enumerate(_XS, start=1):
        with mg.scope("rnn", t=t):
            h = np.tanh(x + w * h)
    return mg.contributions(h, [w])[0]


def _same_taps(uses: list[Any], expected: list[Any]) -> None:
    """Raise Wrong unless there is one tap for each step, in its column, with its number."""
    steps = [use.t for use in uses]
    values = [float(use.value) for use in uses]
    if all(t is None for t in steps):
        raise Wrong(f"the picture has no columns: none of the {len(uses)} uses of w is in a scope "
                    "with a time. Compute a step inside `with mg.scope(\"rnn\", t=t):`.")
    if len(uses) < len(expected):
        whole = sum(float(use.value) for use in expected)
        raise Wrong(f"the number is right, and the picture has {len(uses)} of the "
                    f"{len(expected)} taps that it should have: the state of an earlier step was "
                    "made a plain number, so that all before it is forgotten. The derivative "
                    f"would be {shown(sum(values))}; it is {shown(whole)}.")
    twice = [t for t, n in Counter(steps).items() if n > 1]
    if twice:
        raise Wrong(f"w has {steps.count(twice[0])} taps in the column t = {twice[0]}: its scope "
                    "holds more than one step, or w is used more than once in a step.")
    if steps != [use.t for use in expected]:
        raise Wrong(f"the columns are t = {steps}; steps are counted from 1, as in the formula: "
                    f"{[use.t for use in expected]}.")
    compare(values, [float(use.value) for use in expected], "the taps of w")


_RECURRENCE = Exercise(
    name="first_picture.3",
    task=r"Write `def recurrence(w, xs)` for $h_t = \tanh(x_t + w\,h_{t-1})$ with $h_0 = 0$. "
         "`w` is a Tensor, `xs` a sequence of numbers; it returns the last state as a Tensor, and "
         "its picture has a column for each step, t = 1, 2, …, and w once. Give the function.",
    examine=_recurrence,
    hints=(
        "The loop `remembered` of the lesson, with one weight and no loss.",
        "`for t, x in enumerate(xs, start=1):`, then `with mg.scope(\"rnn\", t=t):` and one line.",
    ),
    solution="""
import numpy as np
import minigrad as mg

def recurrence(w, xs):
    h = mg.tensor(0.0)
    for t, x in enumerate(xs, start=1):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(x + w * h)
    return h

answer = recurrence
""",
)

EXERCISES = (_COUNTS, _PROMISES, _RECURRENCE)
