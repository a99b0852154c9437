"""Second derivatives: by hand, as products with a Hessian, inside of a loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor, hessian, hvp, tensor
from minigrad.engine.tensor import detached

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare, shown

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]


def _by_hand(answer: Any) -> str:
    w, x = 0.6, 0.5
    y = np.tanh(w * x)
    right = -2 * y * (1 - y**2) * x**2
    compare(as_number(answer, "∂²y/∂w²"), right, "∂²y/∂w²", slips={
        "this is the first derivative": (1 - y**2) * x,
        "the inner derivative x comes twice, once for each derivative; here it came once":
            -2 * y * (1 - y**2) * x,
        "the inner derivative x is missing, twice": -2 * y * (1 - y**2),
        "the derivative of 1 - y² is -2 y times y', and y' = (1 - y²) x is missing": -2 * y * x,
        "the factor 2 of the derivative of y² is missing": right / 2,
        "tanh'(z) = 1 - y² falls where y > 0, so the second derivative is negative there": -right,
        "this is ∂²y/∂x², the derivative by the other factor": -2 * y * (1 - y**2) * w**2,
        "this is the square of the first derivative": ((1 - y**2) * x) ** 2,
    })
    return "y' = (1 - y²) x, and its derivative by w is -2 y y' x = -2 y (1 - y²) x²."


_BY_HAND = Exercise(
    name="second_derivatives.1",
    task=r"For $y = \tanh(w x)$ with $w = 0.6$ and $x = 0.5$: what is "
         r"$\partial^2 y / \partial w^2$? Give a number.",
    examine=_by_hand,
    hints=(
        "Write the first derivative with y in it. Which of its factors depends on w?",
        "(1 - y²) x: only y depends on w, so its derivative is -2 y ∂y/∂w x.",
    ),
    solution="""
import numpy as np
x = 0.5
y = np.tanh(0.6 * x)
answer = -2 * y * (1 - y**2) * x**2
""",
)


def _product(answer: Any) -> str:
    product = as_function(answer, "the product")
    rng = np.random.default_rng(0)
    A, x, v = rng.normal(size=(6, 6)), rng.normal(size=6), rng.normal(size=6)
    passes: list[Any] = []

    def f(x: Any) -> Any:
        z = A @ x
        if isinstance(z, Tensor) and z.requires_grad:
            z.register_hook(lambda g: passes.append(1))
        return np.sum(np.sin(z) ** 2) + x[0] ** 3 * x[1]

    H, wanted = hessian(f)(x), hvp(f, x, v)
    passes.clear()
    found = as_array(product(f, x.copy(), v.copy()), "H v", (6,))
    if not np.allclose(found, wanted, rtol=1e-9) and np.allclose(found, wanted, rtol=1e-2):
        digits = -np.log10(np.abs(found - wanted).max() / np.abs(wanted).max())
        raise Wrong(f"H v is right to {digits:.0f} digits: it was measured by differences. Exact "
                    f"derivatives give all 15.")
    compare(found, wanted, "H v", rtol=1e-8, slips={
        "this is the gradient": _gradient(A, x),
        "this is the gradient times v, entry by entry": _gradient(A, x) * v,
        "this is the diagonal of H times v; entries beside it count as well": np.diag(H) * v,
        "this is vᵀ H v times ones, or a number spread out": np.full(6, v @ H @ v),
        "this is H times ones; v was not used": H.sum(axis=1),
    })
    if len(passes) > 4:
        raise Wrong(f"H v is right, but {len(passes)} backward passes went through f: the whole "
                    f"Hessian was formed, row by row. Two are enough, however long x is.")
    return f"Right, by {len(passes)} backward passes through f, however long x is."


def _gradient(A: Array, x: Array) -> Array:
    z = A @ x
    slope: Array = A.T @ (2 * np.sin(z) * np.cos(z))
    slope[:2] += (3 * x[0] ** 2 * x[1], x[0] ** 3)
    return slope


_PRODUCT = Exercise(
    name="second_derivatives.2",
    task="Write `def product(f, x, v)` that returns H v (n,), where H is the matrix of second "
         "derivatives of f at x (n,), **without** forming H, and exactly. Use `mg.grad` and "
         "`mg.jvp` (not `mg.hvp`); backward passes are counted.",
    examine=_product,
    hints=(
        "H v is the derivative of a function of x that you can make, in the direction v.",
        "The function is mg.grad(f); mg.jvp(g, [x], [v]) gives (g(x), its derivative along v).",
    ),
    solution="""
import minigrad as mg

def product(f, x, v):
    value, along = mg.jvp(mg.grad(f), [x], [v])
    return along

answer = product
""",
)


_W = np.array([[0.5, -1.0], [1.5, 0.5], [-0.5, 1.0]])
_XS = np.array([[0.2, -0.4, 0.1], [0.5, 0.3, -0.2]])


def _slopes(W: Array) -> Array:
    """∂f/∂x of f(x) = Σ tanh(x W), (B, K)."""
    slopes: Array = (1 - np.tanh(_XS @ W) ** 2) @ W.T
    return slopes


def _wanted(W: Array) -> float:
    return float(np.mean((np.linalg.norm(_slopes(W), axis=1) - 1) ** 2))


def _measured(step: float = 1e-6) -> Array:
    """The gradient of the penalty by W, by differences."""
    found = np.zeros(_W.shape)
    for place in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = _W.copy()
            moved[place] += sign * step
            ends.append(_wanted(moved))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


def _penalty(answer: Any) -> str:
    penalty = as_function(answer, "the penalty")
    W = tensor(_W, requires_grad=True, name="W")
    found = penalty(lambda x: np.sum(np.tanh(x @ W), axis=-1), _XS.copy())
    norms = np.linalg.norm(_slopes(_W), axis=1)
    compare(as_number(detached(found), "the penalty"), _wanted(_W), "the penalty", slips={
        "it is the norm of all rows together; each x_b has a norm of its own":
            (np.linalg.norm(norms) - 1) ** 2,
        "the norm is wanted, not its square: (‖·‖ - 1)²": np.mean((norms**2 - 1) ** 2),
        "1 has to be taken away: it is (‖·‖ - 1)², not ‖·‖²": np.mean(norms**2),
        "it is the sum over the batch; wanted the mean": 2 * _wanted(_W),
        "the mean was taken before the square": (np.mean(norms) - 1) ** 2,
        "the function was averaged over the batch before it was differentiated, so each slope "
        "is too small by 1/B": np.mean((norms / 2 - 1) ** 2),
        "it is ‖·‖ - 1 without the square": np.mean(norms - 1),
    })
    if not isinstance(found, Tensor) or not found.requires_grad:
        raise Wrong(f"the value {shown(_wanted(_W))} is right, but it is a constant: the gradient "
                    f"was computed without a record of how, so no weight can learn from it "
                    f"(create_graph=True, or mg.grad of a function of Tensors).")
    found.backward()
    slope = np.zeros(_W.shape) if W.grad is None else W.grad.numpy()
    compare(slope, _measured(), "the value is right, but ∂penalty/∂W", rtol=1e-4, slips={
        "it is 0: the gradient with respect to x left the graph on the way to W":
            np.zeros(_W.shape),
    })
    return "The value is right, and its gradient by W is what differences measure."


_PENALTY = Exercise(
    name="second_derivatives.3",
    task=r"Write `def penalty(f, xs)` that returns $\frac1B \sum_b (\| \partial f(x_b) / \partial "
         r"x_b \| - 1)^2$ as a Tensor from which the weights inside of f can learn. f takes "
         "(B, K) and gives (B,), one number for each row, and uses a Tensor W that requires grad; "
         "xs is an array (B, K).",
    examine=_penalty,
    hints=(
        "Row b of the gradient of f(x).sum() is ∂f(x_b)/∂x_b. How is a gradient recorded?",
        "mg.gradients(f(x).sum(), x, create_graph=True) with x = mg.tensor(xs, requires_grad=True)",
    ),
    solution="""
import numpy as np
import minigrad as mg

def penalty(f, xs):
    x = mg.tensor(xs, requires_grad=True)
    (slopes,) = mg.gradients(f(x).sum(), x, create_graph=True)      # (B, K)
    norms = np.sqrt((slopes**2).sum(axis=-1))                       # (B,)
    return ((norms - 1) ** 2).mean()

answer = penalty
""",
)

EXERCISES = (_BY_HAND, _PRODUCT, _PENALTY)
