"""Vanishing and exploding: bounds, spectra, products of Jacobians."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...bptt import bound, jacobian, norms
from ...cells import ElmanCell
from ...sequence.unrolling import steps
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare, shown

__all__ = ["EXERCISES"]


def _first(rate: float, below: float = 1e-3) -> int:
    """The smallest k with rate^k < below."""
    return int(np.floor(np.log(below) / np.log(rate))) + 1


def _reach(answer: Any) -> str:
    W = np.array([[2.0, 1.0], [0.0, 2.0]])
    known = bound(W, "sigmoid")
    right = _first(known.rate)
    found = as_number(answer, "the number of steps k")
    if np.isinf(found):
        raise Wrong(f"there is such a k: γ_W = {shown(known.gamma_W)} is above 1, but each step "
                    f"has the slope of the sigmoid too, which is at most ¼.")
    compare(found, right, "the number of steps k", slips={
        "that is with the largest eigenvalue, 2; it bounds no product. γ_W is the largest singular "
        "value": _first(known.radius * known.gamma_h),
        "that is with the root of the sum of all squares, 3, for γ_W: a bound too, and not the "
        "best": _first(float(np.linalg.norm(W)) * known.gamma_h),
        f"the bound is {shown(known.at(right - 1))} there, not yet below 0.001": right - 1,
        f"the bound is below 0.001 one step sooner: {shown(known.at(right))}": right + 1,
    })
    return (f"γ_W = {shown(known.gamma_W)}, γ_h = ¼, so the rate is {shown(known.rate)}: after "
            f"{right - 1} steps {shown(known.at(right - 1))}, after {right} "
            f"{shown(known.at(right))}.")


_REACH = Exercise(
    name="vanishing.1",
    task="A network $h_t = \\sigma(x_t W_{xh} + h_{t-1} W_{hh})$ with the logistic sigmoid has "
         "$W_{hh} = \\begin{pmatrix} 2 & 1 \\\\ 0 & 2 \\end{pmatrix}$. What is the smallest $k$ "
         "for which the bound of this lesson promises "
         "$\\lVert \\partial h_t / \\partial h_{t-k} \\rVert_2 < 0.001$? (You may use NumPy.)",
    examine=_reach,
    hints=(
        "Which two numbers are multiplied at each step, and which property of W_hh is the first?",
        "γ_W = np.linalg.norm(W, 2), and γ_h is the largest slope of the sigmoid, at z = 0.",
    ),
    solution="""
import numpy as np

rate = np.linalg.norm([[2.0, 1.0], [0.0, 2.0]], 2) / 4
answer = next(k for k in range(100) if rate**k < 0.001)
""",
)


def _counterexample(answer: Any) -> str:
    W = as_array(answer, "W_hh", (2, 2))
    if not np.isfinite(W).all():
        raise Wrong("W_hh is made of finite numbers.")
    radius = bound(W, "identity").radius
    if radius > 0.9 + 1e-12:
        raise Wrong(f"an eigenvalue of this W_hh has the modulus {shown(radius)}; both are to be "
                    "at most 0.9.")
    cell = ElmanCell(1, 2, nonlinearity="identity", biases=0, dtype=np.float64, rng=0)
    cell.gate("h").W_hh = W
    with np.errstate(all="ignore"):
        states = [h for _, h in steps(cell, np.ones((11, 1, 1)))]
        values = norms(states[-1], states).values[::-1]
    if not np.isfinite(values).all():
        raise Wrong("its powers leave the range of floating-point numbers; smaller entries will "
                    "do.")
    k = int(np.argmax(values[1:])) + 1
    if values[k] <= 10:
        normal = np.allclose(W @ W.T, W.T @ W)
        why = (" Its eigenvectors are at right angles (W Wᵀ = Wᵀ W), and then the norm over k "
               "steps is |λ|^k, which only falls." if normal else
               " The way is right: its eigenvectors are not at right angles. Bring them closer "
               "together." if values[k] > 1 else "")
        raise Wrong(f"the largest norm over 1 to 10 steps is {shown(values[k])}, at k = {k}; "
                    f"wanted more than 10.{why}")
    return (f"The eigenvalues are at most {shown(radius)}, and yet ‖∂h_t/∂h_{{t-{k}}}‖ = "
            f"{shown(values[k])}. The largest singular value is "
            f"{shown(bound(W, 'identity').gamma_W)}: it had to be above 1.")


_COUNTEREXAMPLE = Exercise(
    name="vanishing.2",
    task="\"All eigenvalues of $W_{hh}$ are at most 0.9, so the gradient cannot grow.\" Refute it: "
         "give a $2 \\times 2$ matrix $W_{hh}$ whose eigenvalues have modulus at most 0.9, and for "
         "which $\\lVert \\partial h_t/\\partial h_{t-k} \\rVert_2 > 10$ for some $k \\le 10$ in a "
         "network without activation function.",
    examine=_counterexample,
    hints=(
        ("The eigenvalues of a triangular matrix stand on its diagonal. What stands beside the "
         "diagonal is free."),
        "[[a, b], [0, a]]^k = [[a^k, k a^(k-1) b], [0, a^k]]: how large has b to be?",
    ),
    solution="answer = [[0.9, 5.0], [0.0, 0.9]]",
)


def _chain(answer: Any) -> str:
    chain = as_function(answer, "the chain of Jacobians")
    rng = np.random.default_rng(10)
    for H, n in ((3, 3), (2, 5), (3, 1)):
        cell = ElmanCell(2, H, biases=0, dtype=np.float64, rng=rng)
        cell.gate("h").W_hh = rng.normal(size=(H, H))
        run = [h for _, h in steps(cell, rng.normal(size=(n + 1, 1, 2)))]
        W, h = cell.W_hh.numpy(), np.array([state.numpy()[0] for state in run])
        found = as_array(chain(W.copy(), h.copy()), f"the Jacobian over {n} steps", (H, H))
        slopes = 1 - h**2

        def product(matrix: Any, slopes: Any, H: int = H) -> Any:
            J = np.eye(H)
            for slope in slopes:
                J = np.diag(slope) @ matrix @ J
            return J

        right = np.asarray(jacobian(run[-1], run[0]))[0]
        compare(found, right, f"the Jacobian over {n} steps", slips={
            "it is the transpose: entry [i, j] is ∂h_t[i]/∂h_s[j]": right.T,
            "W_hh stands where W_hhᵀ belongs: h[j] reaches z[i] by W_hh[j, i]":
                product(W, slopes[1:]),
            "the factors are in the other order: the latest step stands on the left":
                _turned(W, slopes[1:]),
            "the slopes are those of the steps before: the first state is where one arrives, "
            "and its own tanh is not passed": product(W.T, slopes[:-1]),
            "there is one factor too many: n + 1 states are n steps": product(W.T, slopes),
            "there is one factor too few: n + 1 states are n steps": product(W.T, slopes[2:]),
            "the slopes of tanh are missing: that is the network without activation":
                np.linalg.matrix_power(W.T, n),
            "the slope of tanh is 1 - h², not 1 - h": product(W.T, 1 - h[1:]),
            "the states are tanh(z) already: their slope is 1 - h², without another tanh":
                product(W.T, 1 - np.tanh(h[1:]) ** 2),
            "the slopes belong to the rows: diag(slope) @ W_hhᵀ, not W_hhᵀ @ diag(slope)":
                _on_columns(W, slopes[1:]),
        })
    return "diag(1 - h²) W_hhᵀ for each step passed, the latest on the left, as the tape has it."


def _turned(W: Any, slopes: Any) -> Any:
    """The product with the earliest factor on the left."""
    J = np.eye(len(W))
    for slope in slopes:
        J = J @ np.diag(slope) @ W.T
    return J


def _on_columns(W: Any, slopes: Any) -> Any:
    """The product with each slope on the wrong side."""
    J = np.eye(len(W))
    for slope in slopes:
        J = W.T @ np.diag(slope) @ J
    return J


_CHAIN = Exercise(
    name="vanishing.3",
    task="Write `def chain(W_hh, states)` for $h_t = \\tanh(x_t W_{xh} + h_{t-1} W_{hh})$ (rows): "
         "`states`, of shape (n + 1, H), are $h_s, h_{s+1}, …, h_{s+n}$. Return the Jacobian "
         "$\\partial h_{s+n}/\\partial h_s$, of shape (H, H), with entry $[i, j] = "
         "\\partial h_{s+n}[i]/\\partial h_s[j]$, in plain NumPy. Give the function; it is held "
         "against the tape.",
    examine=_chain,
    hints=(
        "How many steps lie between the first and the last of n + 1 states? Whose tanh is passed?",
        "From the identity on, for each state but the first: J = np.diag(1 - h**2) @ W_hh.T @ J.",
    ),
    solution="""
import numpy as np

def chain(W_hh, states):
    J = np.eye(len(W_hh))
    for h in states[1:]:
        J = np.diag(1 - h**2) @ W_hh.T @ J
    return J

answer = chain
""",
)

EXERCISES = (_REACH, _COUNTEREXAMPLE, _CHAIN)
