"""What a compiler does: hoisting, one program for all values, the way back as a loop."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from minigrad import Parameter, Tensor, scan, tensor

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]
_NAMES = ("a", "m", "c", "d", "e", "f", "g")
_WHY = {
    "a": "a = x @ W needs the input and a weight, and no state",
    "m": "m = tanh(a) depends on a alone, and a does not depend on h",
    "c": "c = h @ U needs the state of the step before",
    "d": "d = m * c uses c, which is h @ U",
    "e": "e = exp(k) depends on a weight alone: once is enough",
    "f": "f = e * m uses e and m, and neither depends on h",
    "g": "g = d + f uses d, which uses c, which is h @ U",
}


def _leaving() -> set[str]:
    """Which of the names the compiler takes out of the way forward."""
    W, U, k = (Parameter(np.full(shape, 0.5)) for shape in ((2, 3), (3, 3), (3,)))

    def step(x: Any, h: Any) -> Any:
        a = x @ W
        m = np.tanh(a)
        c = h @ U
        d = m * c
        e = np.exp(k)
        f = e * m
        g = d + f
        h = np.tanh(g)
        return h, h

    told = scan.plan(step, np.zeros((2, 3)), np.ones((5, 2, 2))).explain().splitlines()
    lines = [line for line in told if line.startswith(("once", "hoisted"))]
    return set(re.findall(r"→ (\w+)", " ".join(lines))) & set(_NAMES)


def _hoisted(answer: Any) -> str:
    if not isinstance(answer, str | set | frozenset | list | tuple):
        raise Wrong(f"the answer is a set of names, such as {{'a', 'g'}}; this is "
                    f"{type(answer).__name__}.")
    names = {answer} if isinstance(answer, str) else set(answer)
    if strange := names - set(_NAMES):
        raise Wrong(f"there is no {', '.join(map(repr, sorted(map(str, strange))))} in the step "
                    f"that is asked about; its names are {', '.join(_NAMES)}.")
    leaving = _leaving()
    for name in _NAMES:
        if name in names and name not in leaving:
            raise Wrong(f"{name} has to stay in the loop: {_WHY[name]}.")
    for name in _NAMES:
        if name in leaving and name not in names:
            raise Wrong(f"{name} can leave as well: {_WHY[name]}.")
    return "So says `mg.scan.plan(...).explain()`: e is computed once, a, m and f for all steps."


_HOISTED = Exercise(
    name="compiler.1",
    task="A step, where W, U and k are weights:\n\n"
         "    a = x @ W\n    m = np.tanh(a)\n    c = h @ U\n    d = m * c\n"
         "    e = np.exp(k)\n    f = e * m\n    g = d + f\n    h = np.tanh(g)\n\n"
         "Which of a, m, c, d, e, f, g can be computed before the loop over t, for all steps or "
         "once? Give a set of names, such as `{\"a\", \"g\"}`.",
    examine=_hoisted,
    hints=(
        "Go down the lines and mark what depends on h, directly or through a marked name.",
        "Marked are c, then d, then g. All others leave.",
    ),
    solution='answer = {"a", "m", "e", "f"}',
)


_XS = np.array([[0.6, 1.5], [0.6, 0.2], [0.3, 0.4], [0.7, 0.9], [0.2, 0.8]])     # (T, B)


def _by_loop(reset: bool = False, early: bool = False, below: bool = False) -> Any:
    """(fired (T, B), the last h) of the loop in Python, or with a slip."""
    h, fired = np.zeros(2), np.zeros(_XS.shape)
    for t, x in enumerate(_XS):
        before, h = h, h + x
        fired[t] = ((before if early else h) > 1) != below
        h = np.where(fired[t] > 0, 0.0 if reset else h - 1, h)
    return fired, h


def _firing(answer: Any) -> str:
    step = as_function(answer, "the step")
    xs = tensor(_XS, requires_grad=True)
    outputs, last = scan(step, np.zeros(2), xs)
    (fired, h), (fired_reset, h_reset) = _by_loop(), _by_loop(reset=True)
    found, state = as_array(outputs, "the outputs", fired.shape), as_array(last, "the state", (2,))
    reset = "after firing h is 0; wanted h - 1, so that what is above 1 is kept"
    compare(found, fired, "the array of outputs (5 steps, 2 neurons)", slips={
        reset: fired_reset,
        "it fires below the threshold and not above: the two branches of np.where are exchanged":
            _by_loop(below=True)[0],
        "it looks at the state before x is added": _by_loop(early=True)[0],
        "these are states; the output is 1.0 where it fired, else 0.0": _states(),
        "nothing is taken away after firing, so it never stops": _XS.cumsum(axis=0) > 1,
    })
    compare(state, h, "the outputs are right, but the last state", slips={reset: h_reset})
    if last.requires_grad:
        last.sum().backward()
    compare(_gradient(xs), np.ones(_XS.shape), "the values are right, but ∂h_T/∂x", slips={
        "nothing flows back: h left the graph (.numpy(), .detach(), astype(int))":
            np.zeros(_XS.shape),
    })
    return "One program for all values: both branches are computed, and one is chosen."


def _states() -> Array:
    h, found = np.zeros(2), []
    for x in _XS:
        h = h + x
        h = np.where(h > 1, h - 1, h)
        found.append(h)
    return np.stack(found)


_FIRING = Exercise(
    name="compiler.2",
    task="A neuron that fires: h = h + x; where h > 1 it fires, and h becomes h - 1. Write "
         "`def step(x, h)` that returns (fired, h) with fired 1.0 or 0.0, for arrays (B,) of "
         "neurons, such that `mg.scan(step, h0, xs)` can run it.",
    examine=_firing,
    hints=(
        "While it is traced h has no value, so no `if`. Which function of NumPy chooses by entry?",
        "fired = np.where(h > 1, 1.0, 0.0) after h = h + x; then h = h - fired.",
    ),
    solution="""
import numpy as np

def step(x, h):
    h = h + x
    fired = np.where(h > 1, 1.0, 0.0)
    return fired, h - fired

answer = step
""",
)


def _gradient(x: Tensor) -> Array:
    return np.zeros(x.shape) if x.grad is None else x.grad.numpy()


def _slipped(W: Array, hs: Array, d_hs: Array) -> dict[str, Array]:
    """d_a by the slips that one makes."""
    def run(order: Any, turn: Array, slopes: Array, carry: float) -> Array:
        d, d_a = np.zeros(len(W)), np.zeros(d_hs.shape)
        for t in order:
            d_a[t] = (d_hs[t] + carry * d) * slopes[t]
            d = d_a[t] @ turn
        return d_a

    T, right = len(d_hs), 1 - hs[1:] ** 2
    back = list(reversed(range(T)))
    # The last step alone has an error of its own in this one.
    passed, d = np.zeros(d_hs.shape), d_hs[-1]
    for t in back:
        passed[t] = d * right[t]
        d = passed[t] @ W.T
    return {
        "nothing is carried from step to step: add d_a[t + 1] @ W.T":
            run(back, W.T, right, 0.0),
        "the loop runs forward; the cotangent of h_t comes from step t + 1":
            run(range(T), W.T, right, 1.0),
        "what is carried went through W; back it goes through W.T": run(back, W, right, 1.0),
        "the slope 1 - h² is missing": run(back, W.T, np.ones(right.shape), 1.0),
        "the slope was taken at the state before, hs[t]; that of step t is hs[t + 1]":
            run(back, W.T, 1 - hs[:-1] ** 2, 1.0),
        "only the last loss was carried back; each d_hs[t] is added on the way": passed,
    }


def _way_back(answer: Any) -> str:
    backward = as_function(answer, "the way back")
    rng = np.random.default_rng(0)
    W_, a_, weights = rng.normal(size=(3, 3)), rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    W, a = tensor(W_, requires_grad=True), tensor(a_, requires_grad=True)

    def step(a_t: Any, h: Any) -> Any:
        h = np.tanh(a_t + h @ W)
        return h, h

    outputs, _ = scan(step, np.full(3, 0.5), a)
    (outputs * weights).sum().backward()
    hs = np.concatenate([np.full((1, 3), 0.5), outputs.numpy()])
    right_W, right_a = _gradient(W), _gradient(a)
    found = backward(W_.copy(), hs.copy(), weights.copy())
    if not isinstance(found, tuple) or len(found) != 2:
        raise Wrong("the way back returns a pair, (dW (H, H), d_a (T, H)).")
    dW, d_a = as_array(found[0], "dW", (3, 3)), as_array(found[1], "d_a", (4, 3))
    compare(d_a, right_a, "d_a", slips=_slipped(W_, hs, weights))
    compare(dW, right_W, "d_a is right, but dW", slips={
        "it is transposed: hs.T @ d, not d.T @ hs": right_W.T,
        "it pairs d_a[t] with the state of its own step; W met the one before, hs[:-1]":
            hs[1:].T @ d_a,
        "it is that of the last step alone; all steps use W": np.outer(hs[-2], d_a[-1]),
        "it is that of the first step alone; all steps use W": np.outer(hs[0], d_a[0]),
    })
    return "It is what the engine finds; Σ_t is one product, hs[:-1].T @ d_a, after the loop."


_WAY_BACK = Exercise(
    name="compiler.3",
    task=r"The recurrence $h_t = \tanh(a_t + h_{t-1} W)$ has run: hs (T + 1, H) has h_0 to h_T. "
         r"`d_hs` (T, H) says what the loss makes of each output directly, d_hs[t - 1] for h_t. "
         "Write `def backward(W, hs, d_hs)` that returns (dW (H, H), d_a (T, H)), in NumPy, with "
         "one loop for d_a, and dW as one product after it.",
    examine=_way_back,
    hints=(
        "The cotangent of h_t has two parts: from its own loss, and from step t + 1.",
        "d_a[t] = (d_hs[t] + d) * (1 - hs[t + 1]**2), d = d_a[t] @ W.T, from the last t back.",
    ),
    solution="""
import numpy as np

def backward(W, hs, d_hs):
    d, d_a = np.zeros(len(W)), np.zeros(d_hs.shape)
    for t in reversed(range(len(d_hs))):
        d_a[t] = (d_hs[t] + d) * (1 - hs[t + 1] ** 2)
        d = d_a[t] @ W.T
    return hs[:-1].T @ d_a, d_a

answer = backward
""",
)

EXERCISES = (_HOISTED, _FIRING, _WAY_BACK)
