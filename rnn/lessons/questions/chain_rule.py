"""A neuron and the chain rule."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from ..exercise import Exercise, Wrong
from ..judging import as_function, as_number, compare, shown

__all__ = ["EXERCISES"]


def _slope(answer: Any) -> str:
    y = np.tanh(0.6 * 0.5)
    compare(
        as_number(answer, "∂y/∂w"), (1 - y**2) * 0.5, "∂y/∂w",
        slips={
            "the factor x of the inner derivative is missing": 1 - y**2,
            "the outer derivative is missing, 1 - y²": 0.5,
            "this is ∂y/∂x, the derivative with respect to the other factor": (1 - y**2) * 0.6,
            "tanh' was taken at w, not at w x": (1 - np.tanh(0.6) ** 2) * 0.5,
            "this is y itself": y,
        },
    )
    return "Outer derivative 1 - y², taken at w x, times the inner one, x."


_SLOPE = Exercise(
    name="chain_rule.1",
    task=r"For $y = \tanh(w x)$ with $w = 0.6$ and $x = 0.5$: what is $\partial y / \partial w$? "
         "Give a number.",
    examine=_slope,
    hints=(
        "Two functions are nested: what is the derivative of each, by itself?",
        "tanh'(z) = 1 - tanh(z)² at z = w x, times the derivative of w x with respect to w.",
    ),
    solution="import numpy as np\ny = np.tanh(0.6 * 0.5)\nanswer = (1 - y**2) * 0.5",
)


def _neuron(answer: Any) -> str:
    backward = as_function(answer, "the gradient of a neuron")
    for w, b, x, y in ((0.6, 0.0, 0.5, 0.4), (-1.2, 0.3, 0.7, -0.5)):
        out = np.tanh(w * x + b)
        delta = (out - y) * (1 - out**2)
        found = backward(w, b, x, y)
        if not isinstance(found, tuple) or len(found) != 2:
            raise Wrong("the gradient of a neuron is a pair, (∂L/∂w, ∂L/∂b).")
        at = f" at w = {w}, b = {b}, x = {x}, y = {y}"
        slips = {
            "the slope of tanh, 1 - out², is missing": out - y,
            "the error out - y is missing": 1 - out**2,
            "the error has the other sign: it is out - y": -delta,
            "the slope of tanh is 1 - out², not out (1 - out), which is the logistic's":
                (out - y) * out * (1 - out),
        }
        compare(found[1], delta, f"∂L/∂b{at}", slips=slips)
        compare(found[0], delta * x, f"∂L/∂w{at}", slips={
            "it is ∂L/∂b; the inner derivative x is missing": delta,
            "the inner derivative with respect to w is x, not w": delta * w,
        })
    return f"∂L/∂b = (out - y)(1 - out²), here {shown(delta)}, and ∂L/∂w = x times that."


_NEURON = Exercise(
    name="chain_rule.2",
    task=r"A neuron: $o = \tanh(w x + b)$, $L = \frac12 (o - y)^2$. Write "
         r"`def backward(w, b, x, y)` that returns "
         r"$(\partial L/\partial w, \partial L/\partial b)$, in plain Python and NumPy, and give "
         "the function.",
    examine=_neuron,
    hints=(
        "Go from the end: ∂L/∂o first, then through tanh, then to w and to b.",
        "∂L/∂b is (o - y)(1 - o²); the same number goes to w, times what w is multiplied by.",
    ),
    solution="""
import numpy as np

def backward(w, b, x, y):
    out = np.tanh(w * x + b)
    delta = (out - y) * (1 - out**2)
    return delta * x, delta

answer = backward
""",
)


_P, _Q = 3.0, 0.5


def _filled_in(answer: Any) -> str:
    p, q = mg.tensor(_P, requires_grad=True), mg.tensor(_Q, requires_grad=True)
    multiply = p * q
    add = multiply + p
    square = add**2
    asked = {"square": square, "add": add, "multiply": multiply, "q": q, "p": p}
    found = mg.gradients(square, list(asked.values()))
    right = [g.item() for g in found if g is not None]
    if not isinstance(answer, dict) or set(answer) != set(asked):
        raise Wrong(f"the answer is a dict with the keys {', '.join(map(repr, asked))}.")
    arrives = 2 * add.item()
    product, direct = arrives * _Q, arrives    # the two ways of p
    slips = {
        "square": {"that is its value; L moves with itself, with slope 1": square.item()},
        "add": {"that is its value; the slope of x² is 2x": add.item(),
                "the slope of x² is 2x, taken at the value of add": 2.0},
        "multiply": {"what arrives at add goes to both operands, undivided": arrives / 2,
                     "add hands on what arrives, unchanged": arrives * multiply.item(),
                     "what has arrived at add is missing": 1.0},
        "q": {"multiply exchanges: to q goes what arrives, times p": arrives * _Q,
              "the local derivative is missing: times p": arrives,
              "that is the local derivative; what arrives is missing": _P},
        "p": {"that is the way through the product; p goes into the sum too": product,
              "that is the way through the sum; p goes into the product too": direct,
              "multiply exchanges: to p goes what arrives, times q": arrives * _P + direct,
              "the two ways are added, not multiplied": product * direct,
              "those are the local derivatives; what arrives is missing": _Q + 1},
    }
    for name, wanted in zip(asked, right, strict=True):
        compare(as_number(answer[name], f"the gradient of {name!r}"), wanted,
                f"the gradient of {name!r}", slips=slips[name])
    return (f"p moves L by {shown(product)} through the product and by {shown(direct)} through "
            f"the sum: by {shown(right[-1])}.")


_FILLED_IN = Exercise(
    name="chain_rule.3",
    task="The picture shows $L = (p q + p)^2$ at $p = 3$, $q = 0.5$, with the value of each op. "
         "Which gradients belong below them? Give a dict with the keys 'square' (the last box), "
         "'add', 'multiply', 'q' and 'p'.",
    examine=_filled_in,
    hints=(
        "Begin at the end, with 1. Which box has two wires that leave it?",
        "add gets 2 · 4.5. It hands that on to multiply and to p. multiply sends p · 9 to q.",
    ),
    solution="""
p, q = 3.0, 0.5
square = 1.0
add = square * 2 * (p * q + p)     # the slope of x² is 2x
multiply = add                     # add hands on what arrives
q_ = multiply * p                  # multiply exchanges
p_ = multiply * q + add            # two uses, two parts
answer = {"square": square, "add": add, "multiply": multiply, "q": q_, "p": p_}
""",
)

EXERCISES = (_SLOPE, _NEURON, _FILLED_IN)
