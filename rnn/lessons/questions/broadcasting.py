"""Broadcasting, and its undoing."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.engine.unbroadcast import reduced

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare, shown

__all__ = ["EXERCISES"]

Shape = tuple[int, ...]

# -- 1: a cotangent, and the shape of the operand that it is for

_CASES: tuple[tuple[Shape, Shape], ...] = (
    ((4, 3), (4, 3)), ((4, 3), (3,)), ((4, 3), (4, 1)), ((4, 3), (1, 3)), ((4, 3), ()),
    ((3, 3), (3,)), ((2, 4, 3), (4, 1)), ((2, 4, 3), (1, 1, 3)), ((4, 1), (4, 1)), ((1, 3), (3,)),
    ((2, 4, 3), (3,)), ((5,), (1,)), ((0, 3), (3,)),
)


def _right(g: Any, shape: Shape) -> Any:
    """The gradient of an operand of that shape, by the engine, where `g` arrives at the result."""
    operand = mg.tensor(np.zeros(shape), requires_grad=True)
    (operand + np.zeros(g.shape)).backward(g)
    assert operand.grad is not None
    return operand.grad.numpy()


def _unbroadcast(answer: Any) -> str:
    undo = as_function(answer, "unbroadcast")
    for whole, shape in _CASES:
        g = np.arange(1.0, 1.0 + np.prod(whole)).reshape(whole)
        before = g.copy()
        found, right = undo(g, shape), _right(g, shape)
        case = f"for g of shape {whole} and an operand of shape {shape}"
        if not np.array_equal(g, before):
            raise Wrong(f"{case}, it wrote into g. Others may be waiting for the same array.")
        found = as_array(found, f"the result {case}")
        if found.shape != shape:
            raise Wrong(f"{case}, the result has shape {found.shape}; a gradient has the shape of "
                        f"its operand. {_why(whole, shape)}")
        known = _slips(g, shape)
        slips = {reason: value for reason, value in known.items() if np.shape(value) == shape}
        compare(found, right, f"the result {case}", slips=slips)
    return (f"Right for {len(_CASES)} pairs of shapes, among them a square one, an axis of length "
            "1 that was not repeated, and no examples at all.")


def _why(whole: Shape, shape: Shape) -> str:
    aligned = (1,) * (len(whole) - len(shape)) + shape
    missing = list(range(len(whole) - len(shape)))
    grown = [k for k, n in enumerate(aligned) if k not in missing and n != whole[k]]
    parts = [f"axes {missing} were missing: sum and drop them"] * bool(missing)
    parts += [f"axes {grown} had length 1: sum and keep them (keepdims)"] * bool(grown)
    return ("; ".join(parts) or "Nothing was repeated: it is g itself") + "."


def _slips(g: Any, shape: Shape) -> dict[str, Any]:
    """What comes out where something else is done with what was repeated."""
    if not g.size:
        return {}
    return {
        "shapes are aligned at the right, so that the first axes are missing, not the last":
            g.sum(axis=tuple(range(len(shape), g.ndim))),
        "what is repeated gets the sum of what arrives, not the mean": reduced(np.mean, g, shape),
        "that is the part of the first copy; all are to be summed": reduced(_first, g, shape),
    }


def _first(g: Any, axis: tuple[int, ...]) -> Any:
    return g[tuple(0 if k in axis else slice(None) for k in range(g.ndim))]


_UNBROADCAST = Exercise(
    name="broadcasting.1",
    task="Write `def unbroadcast(g, shape)`: `g` is a NumPy array, the cotangent of a result; "
         "`shape` that of an operand which was broadcast to `g.shape`. Return what goes to the "
         "operand: `g`, summed over what was repeated, with the shape of the operand. Give the "
         "function.",
    examine=_unbroadcast,
    hints=(
        "First the missing axes: how many are there, and which? Then those of length 1.",
        ("extra = g.ndim - len(shape); g.sum(axis=tuple(range(extra))). Then, for each axis k with "
         "shape[k] == 1 and g.shape[k] != 1: g.sum(axis=k, keepdims=True)."),
    ),
    solution="""
def unbroadcast(g, shape):
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))       # missing axes: sum and drop
    for k, n in enumerate(shape):
        if n == 1 and g.shape[k] != 1:
            g = g.sum(axis=k, keepdims=True)                # of length 1: sum and keep
    return g

answer = unbroadcast
""",
)

# -- 2: how often is a number used?

_SHAPES: dict[str, Shape] = {"s": (8, 1), "c": (3,), "m": ()}


def _uses(answer: Any) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_SHAPES):
        raise Wrong("the answer is a dict with the keys 's', 'c' and 'm'.")
    right = {name: 24 // int(np.prod(shape)) for name, shape in _SHAPES.items()}
    slips = {
        "s": {"that is along its own axis; s is repeated along the other": 8,
              "that is how often all of s is used; the question is about one entry": 24,
              "s has the shape (8, 1) and is repeated": 1},
        "c": {"that is along its own axis; c is repeated along the other": 3,
              "that is how often all of c is used; the question is about one entry": 24,
              "c has the shape (3,) and is repeated": 1},
        "m": {"it is repeated along both axes, and the numbers of copies multiply": 11,
              "it is repeated along both axes": 8, "it is repeated along both axes,": 3,
              "m is one number, and the result has many": 1},
    }
    for name, wanted in right.items():
        compare(as_number(answer[name], f"the number of uses of an entry of {name}"), wanted,
                f"the number of uses of an entry of {name}", slips=slips[name])
    return "Entries times uses is 24 for each: each of the 24 results uses each weight once."


_USES = Exercise(
    name="broadcasting.2",
    task="In the picture of this exercise, Z has the shape (8, 3), s (8, 1), c (3,) and m (). "
         "How many numbers are summed on the way back for **one entry** of the gradient of s, of "
         "c and of m? Give a dict with the keys 's', 'c' and 'm'.",
    examine=_uses,
    hints=(
        "An entry gets as many contributions as it has uses. Align the shapes at the right.",
        "s is repeated along the second axis, c along the first, m along both.",
    ),
    solution='answer = {"s": 3, "c": 8, "m": 8 * 3}',
)

# -- 3: the trap in numbers

_P, _T = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 3.0])


def _trap(answer: Any) -> str:
    wrong, right, best = as_array(answer, "the answer", (3,))
    table = (_P - _T) ** 2
    compare(wrong, table.mean(), "what the line computes", slips={
        "that is the right loss; the line compares every prediction with every target":
            np.mean((_P[:, 0] - _T) ** 2),
        "that is the sum of the nine squares; mean() divides by 9": table.sum(),
        "there are nine differences, so the sum is divided by 9, not by 3": table.sum() / 3,
        "the differences were not squared": np.mean(_P - _T),
    })
    compare(right, np.mean((_P[:, 0] - _T) ** 2), "the loss that was meant", slips={
        "that is the sum of the three squares; the mean divides by 3": 1.0,
        "the mean is over the three examples": 1 / 9,
    })
    compare(best, _T.mean(), "the prediction for the first example that makes the line smallest",
            slips={
                "that would be so if it were compared with its own target alone": _T[0],
                "the mean of the predictions has nothing to do with it": _P.mean(),
                "no prediction makes all three differences 0, but one makes the sum of their "
                "squares smallest": 0.0,
            })
    return (f"Its part of the line is (p - 1)² + (p - 2)² + (p - 3)², which is smallest at the "
            f"mean, {shown(_T.mean())}; and so for every example.")


_TRAP = Exercise(
    name="broadcasting.3",
    task="Predictions `p` are 1, 2, 4, of shape (3, 1); targets `t` are 1, 2, 3, of shape (3,). "
         "(a) What does `((p - t) ** 2).mean()` compute? (b) What should the loss have been? "
         "(c) If the first prediction could be chosen freely, which number would make (a) "
         "smallest? Give the triple `(a, b, c)`.",
    examine=_trap,
    hints=(
        "Write the differences as a table: a row for each prediction, a column for each target.",
        ("Rows of squares: (0, 1, 4), (1, 0, 1), (9, 4, 1). For (c): which p makes "
         "(p - 1)² + (p - 2)² + (p - 3)² smallest?"),
    ),
    solution="""
import numpy as np
p, t = np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 2.0, 3.0])
a = ((p - t) ** 2).mean()                 # nine differences
b = ((p[:, 0] - t) ** 2).mean()           # three
answer = (a, b, t.mean())                 # the derivative of (c), 2 Σ (p - t), is 0 at the mean
""",
)

EXERCISES = (_UNBROADCAST, _USES, _TRAP)
