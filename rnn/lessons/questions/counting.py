"""Counting: two slips that train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import minigrad as mg

from ..deriving import derived
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]

X = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
Y = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
U = np.array([[-0.1565, 0.9190], [0.8315, 0.3115], [0.5844, -0.9286]])
V = np.array([[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]])
W = np.array([[0.3110, 0.4121], [-0.6576, -0.9363]])


def _dropped(answer: Any) -> str:
    h_2 = X[0] @ U @ W
    delta = 2 * (h_2 @ V - Y[1])
    whole = 2 * (X[0] @ U @ V - Y[0]) @ V.T
    right = delta @ V.T @ W.T
    found = as_array(answer, "the missing part", (2,))
    compare(found, right, "the missing part", rtol=2e-3, slips={
        "that is the whole row; the slides have the part of step 1 already": whole + right,
        "that is the part of step 1, which the slides have": whole,
        "the way from h_2 to h_1, through W, is missing": delta @ V.T,
        "W stands where its transpose belongs: rows go back by Wᵀ": delta @ V.T @ W,
        "there is one Wᵀ too many: from h_2 to h_1 there is one step": delta @ V.T @ W.T @ W.T,
        "the derivative of a square has a factor 2": right / 2,
        "the error is ŷ - y, not y - ŷ": -right,
    })
    return "δ_2 Vᵀ arrives at h_2, Wᵀ brings it to h_1, and x_1 puts it into the first row."


_DROPPED = Exercise(
    name="counting.1",
    task="The first row of $\\partial J/\\partial U$ should have two parts: the error of step 1, "
         "and the error of step 2 carried back to $x_1$, which the slides dropped. Work out the "
         "second part alone: two numbers. (You may use NumPy. $h_2 = [-0.6530, -0.9250]$ and "
         "$\\delta_2 = 2(\\hat y_2 - y_2) = [-2.5177, -1.4206, -2.2363]$.)",
    examine=_dropped,
    hints=(
        ("Write down the way: error of step 2, state h_2, state h_1, input x_1. Which matrix "
         "stands on each piece, going backward?"),
        ("δ_2 Vᵀ is ∂ℓ_2/∂h_2. One step back is one factor Wᵀ. x_1 = [1, 0, 0] then only says "
         "which row it is."),
    ),
    solution="""
import numpy as np

delta_2 = np.array([-2.5177, -1.4206, -2.2363])
V = np.array([[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]])
W = np.array([[0.3110, 0.4121], [-0.6576, -0.9363]])
answer = delta_2 @ V.T @ W.T
""",
)


def _gradients(answer: Any) -> str:
    gradients = as_function(answer, "the gradient of counting")
    rng = np.random.default_rng(8)
    for T in (2, 4):
        xs, ys = (X, Y) if T == 2 else rng.normal(size=(2, T, 3))
        parts = {"U": U, "V": V, "W": W}
        found = gradients(*(part.copy() for part in parts.values()), xs.copy(), ys.copy())
        if not isinstance(found, Mapping) or set(found) != set(parts):
            raise Wrong("it returns a dict with the keys 'U', 'V' and 'W'.")
        weights = {name: mg.Parameter(value, name=name) for name, value in parts.items()}

        def step(x: Any, h: Any, own: Any = weights) -> Any:
            h = h @ own["W"] + x @ own["U"]
            return h, h

        def loss(h: Any, t: int, own: Any = weights, ys: Any = ys) -> Any:
            return ((h @ own["V"] - ys[t - 1]) ** 2).sum()

        claims = {name: as_array(found[name], f"{name!r}") for name in weights}
        derived(f"What it returns for T = {T}", claims, cell=step, xs=xs[:, None], loss=loss,
                params=weights, state=mg.tensor(np.zeros((1, 2))))
    return "Every error reaches every earlier use, after t - s factors Wᵀ."


_GRADIENTS = Exercise(
    name="counting.2",
    task="Do it right, for any number of steps and any inputs: write "
         "`def gradients(U, V, W, xs, ys)` for $h_t = h_{t-1} W + x_t U$, $\\hat y_t = h_t V$, "
         "$J = \\sum_t \\lVert y_t - \\hat y_t \\rVert^2$, with `xs` and `ys` of shape (T, 3) and "
         "$h_0 = 0$. It returns a dict with the gradients `'U'`, `'V'`, `'W'`, in plain NumPy. "
         "Give the function; it is audited with the numbers of the slides and with four steps.",
    examine=_gradients,
    hints=(
        ("You need no double sum: carry ∂J/∂h backward. What arrives at h_t from its own error, "
         "and what from h_{t+1}?"),
        ("At step t: d = 2 (ŷ_t - y_t) Vᵀ + carried; the terms are outer(x_t, d), outer(h_{t-1}, "
         "d) and outer(h_t, 2 (ŷ_t - y_t)); then carried = d Wᵀ."),
    ),
    solution="""
import numpy as np

def gradients(U, V, W, xs, ys):
    h = [np.zeros(len(W))]
    for x in xs:
        h.append(h[-1] @ W + x @ U)
    found = {"U": np.zeros_like(U), "V": np.zeros_like(V), "W": np.zeros_like(W)}
    carried = np.zeros(len(W))
    for t in range(len(xs), 0, -1):
        delta = 2 * (h[t] @ V - ys[t - 1])
        d = delta @ V.T + carried
        found["U"] += np.outer(xs[t - 1], d)
        found["V"] += np.outer(h[t], delta)
        found["W"] += np.outer(h[t - 1], d)
        carried = d @ W.T
    return found

answer = gradients
""",
)


def _by_the_slides(own: Mapping[str, np.ndarray[Any, Any]]) -> tuple[float, dict[str, Any]]:
    """J and the slides' three gradients."""
    h_1 = X[0] @ own["U"]
    h_2 = h_1 @ own["W"]
    one, two = h_1 @ own["V"] - Y[0], h_2 @ own["V"] - Y[1]
    found = {
        "U": np.outer(X[0], 2 * one @ own["V"].T),
        "V": np.outer(h_1, 2 * one) + np.outer(h_2, 2 * two),
        "W": np.outer(h_1, 2 * two @ own["V"].T @ own["W"].T),
    }
    return float(one @ one + two @ two), found


def _uphill(answer: Any) -> str:
    own = {"U": U, "V": V, "W": as_array(answer, "W", (2, 2))}
    if not np.isfinite(own["W"]).all():
        raise Wrong("W is made of finite numbers.")
    with np.errstate(all="ignore"):
        before, found = _by_the_slides(own)
        size = 1e-6 / np.sqrt(sum(float(np.sum(g**2)) for g in found.values()))
        after = _by_the_slides({name: own[name] - size * found[name] for name in own})[0]
        slope = (after - before) / 1e-6    # of J along the step, for each unit of its length
    if not np.isfinite(slope) or before > 1e6:
        raise Wrong(f"with this W, J is {shown(before)}, too large to measure a change in it; "
                    "entries of at most 10 will do.")
    if slope < 0:
        alone = _by_the_slides({**own, "W": own["W"] - size * found["W"]})[0] - before
        more = (" Their ∂J/∂W by itself does point uphill here, but the step is made with all "
                "three." if alone > 0 else "")
        raise Wrong(f"with this W, J is {shown(before)}, and along the slides' step it falls, by "
                    f"{shown(-slope)} for each unit of length.{more}")
    if slope < 1e-3 * before:
        raise Wrong(f"along the slides' step J is flat here (slope {shown(slope)}): find one where "
                    "it clearly rises.")
    return (f"J is {shown(before)}, and the first step by the slides' rule, however small, makes "
            f"it larger: by {shown(slope)} for each unit of length.")


_UPHILL = Exercise(
    name="counting.3",
    task="Keep the slides' $U$, $V$ and targets. Find a $2 \\times 2$ matrix $W$ from which one "
         "small step by the slides' three formulas makes $J$ **larger**. Give $W$ (a search by "
         "computer is welcome).",
    examine=_uphill,
    hints=(
        ("For a small step, J changes by minus the inner product of the true gradient with the "
         "slides', summed over the three weights. Draw random W of various sizes, and look for a "
         "negative one: about one in a hundred."),
        ("Large entries help, in which the factor Wᵀ turns ∂J/∂W around: try negative ones in the "
         "first column, around -6 and -2."),
    ),
    solution="""
import numpy as np

X, Y = np.array([1.0, 0.0, 0.0]), np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
U = np.array([[-0.1565, 0.9190], [0.8315, 0.3115], [0.5844, -0.9286]])
V = np.array([[0.6983, 0.3575, 0.4863], [0.8680, 0.5155, -0.2155]])

def inner_product(W):
    h_1 = X @ U
    h_2 = h_1 @ W
    one, two = 2 * (h_1 @ V - Y[0]), 2 * (h_2 @ V - Y[1])
    dV = np.outer(h_1, one) + np.outer(h_2, two)
    W_true, W_slides = np.outer(h_1, two @ V.T), np.outer(h_1, two @ V.T @ W.T)
    U_true, U_slides = one @ V.T + two @ V.T @ W.T, one @ V.T
    return (dV * dV).sum() + (W_true * W_slides).sum() + (U_true * U_slides).sum()

rng = np.random.default_rng(0)
candidates = 4 * rng.normal(size=(2000, 2, 2))
answer = min(candidates, key=inner_product)
""",
)

EXERCISES = (_DROPPED, _GRADIENTS, _UPHILL)
