"""Softmax, loss, clipping."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.functional import cross_entropy, softmax
from minigrad.optim import clip_grad_norm

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]
HS, TARGETS = np.array([[1.0, 0.0], [0.5, -1.0]]), np.array([0, 2])      # (T, H), (T,)


def _head(answer: Any) -> str:
    W = mg.tensor(np.zeros((2, 3)), requires_grad=True)
    cross_entropy(HS @ W, TARGETS, reduction="sum").backward()
    assert W.grad is not None
    right, ones = W.grad.numpy(), np.eye(3)[TARGETS]
    found = as_array(answer, "∂L/∂W_hy")
    if found.shape == (3, 2):
        raise Wrong("∂L/∂W_hy has the shape of W_hy, (2, 3); this is (3, 2), the transpose. With "
                    "o = h W_hy the outer product is h ⊗ (ŷ - y), h first.")
    compare(
        as_array(found, "∂L/∂W_hy", (2, 3)), right, "∂L/∂W_hy",
        slips={
            "the error has the other sign: it is ŷ - y": -right,
            "y is missing: the error is ŷ - y, and y is 1 at the target": HS.T @ (0 * ones + 1 / 3),
            "ŷ is missing: with W_hy = 0 all three classes have ŷ = 1/3": HS.T @ -ones,
            "this is the part of the first step alone":
                np.outer(HS[0], 1 / 3 - ones[0]),
            "this is the part of the last step alone": np.outer(HS[1], 1 / 3 - ones[1]),
            "this is the mean over the two steps; L is their sum": right / 2,
            "this is -y/ŷ, the derivative by ŷ; it has still to go through the softmax":
                HS.T @ (-3 * ones),
            "ŷ - y was multiplied by ŷ (1 - ŷ) again; it is the derivative by the logits already":
                HS.T @ ((1 / 3 - ones) * (1 / 3) * (2 / 3)),
            "a softmax over the two steps, not over the three classes":
                HS.T @ (1 / 2 - ones),
        },
    )
    return f"Σ_t h_t ⊗ (ŷ_t - y_t) = {shown(right)}; each row adds up to 0."


_HEAD = Exercise(
    name="loss_and_clipping.1",
    task="By hand: two steps, two units, three classes. $h_1 = (1, 0)$ with target class 0, "
         r"$h_2 = (\frac12, -1)$ with target class 2, $o_t = h_t W_{hy}$ with $W_{hy} = 0$, and "
         r"$L = -\sum_t \ln \hat y_t[\text{target}_t]$. What is $\partial L/\partial W_{hy}$? Give "
         "an array of shape (2, 3).",
    examine=_head,
    hints=(
        "Which distribution is ŷ, when all logits are 0?",
        ("ŷ = (1/3, 1/3, 1/3) at both steps. The errors are ŷ_1 - (1, 0, 0) and ŷ_2 - (0, 0, 1), "
         "and the gradient is the sum of the outer products of h_t with them."),
    ),
    solution="""
import numpy as np

h = np.array([[1.0, 0.0], [0.5, -1.0]])
error = np.full((2, 3), 1 / 3) - np.eye(3)[[0, 2]]          # ŷ - y
answer = np.outer(h[0], error[0]) + np.outer(h[1], error[1])
""",
)


def _rule(answer: Any) -> str:
    rule = as_function(answer, "the rule of softmax")
    rng = np.random.default_rng(0)
    logits, g = rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    value, back = mg.vjp(lambda o: softmax(o, -1), logits)
    y, right = np.asarray(value), np.asarray(back(g)[0])
    found = as_array(rule(g.copy(), y.copy()), "what goes back", (2, 4))
    by_sum = as_array(rule(np.ones_like(g), y.copy()), "what goes back", (2, 4))
    passes = np.allclose(by_sum, 0, atol=1e-9)
    note = (" A test that differentiates `softmax(o).sum()` passes it all the same: there g is 1 "
            "everywhere, the sum is 1 whatever the logits are, and 0 is the right answer."
            if passes else "")
    by_row = (g * y).sum(axis=-1, keepdims=True)
    try:
        compare(found, right, "what goes back to the logits", slips={
            "it is 0 for every g": np.zeros_like(y),
            "these are the entries of the diagonal of the Jacobian alone; every logit moves every "
            "ŷ": g * y * (1 - y),
            "what is subtracted is the mean of g by the weights ŷ, Σ ŷ g, not the plain mean":
                y * (g - g.mean(axis=-1, keepdims=True)),
            "the factor ŷ in front is missing": g - by_row,
            "the sum of ŷ g runs over one row (one distribution), not over the whole array":
                y * (g - (g * y).sum()),
            "the sum of ŷ g runs along the classes, axis -1, not along the rows":
                y * (g - (g * y).sum(axis=0)),
            "the mean Σ ŷ g is not subtracted: this is g ŷ": g * y,
            "its sign is the other one": -right,
            "the sum of g is to be weighted by ŷ":
                y * (g - g.sum(axis=-1, keepdims=True)),
        })
    except Wrong as wrong:
        raise Wrong(f"{wrong}{note}") from None
    return "ŷ (g - Σ ŷ g). For g = 1 it is 0, and so is what a dozen wrong rules give there."


_RULE = Exercise(
    name="loss_and_clipping.2",
    task=r"Write the backward rule of softmax: `def rule(g, y)` gets $g = \partial L/\partial \hat "
         r"y$ and $\hat y = \mathrm{softmax}(o)$, both of shape (B, V), a distribution in each "
         r"row, and returns $\partial L/\partial o$, (B, V). In NumPy, without a loop. Give the "
         "function.",
    examine=_rule,
    hints=(
        "∂ŷ_i/∂o_j is ŷ_i (1 - ŷ_i) for i = j. What is it for i ≠ j?",
        ("The Jacobian of one row is diag(ŷ) - ŷ ŷᵀ. Multiply g by it and factor ŷ out: what is "
         "left is g minus one number for each row."),
    ),
    solution="""
def rule(g, y):
    return y * (g - (g * y).sum(axis=-1, keepdims=True))

answer = rule
""",
)


def _clipped_by(clip: Any, grads: list[Array], theta: float) -> list[Array]:
    given = [g.copy() for g in grads]
    found = clip(given, theta)
    if found is None:
        raise Wrong("it returned None; the clipped gradients are to be returned, as a list.")
    if any((a != b).any() for a, b in zip(given, grads, strict=True)):
        raise Wrong("the arrays that were given have been written to; return new ones.")
    if len(found) != len(grads):
        raise Wrong(f"{len(grads)} gradients went in, and {len(found)} came out.")
    return [as_array(f, f"gradient {k}", g.shape)
            for k, (f, g) in enumerate(zip(found, grads, strict=True))]


def _clip(answer: Any) -> str:
    clip = as_function(answer, "the clipping")
    grads = [np.array([[3.0, 0.0], [0.0, -4.0]]), np.array([12.0]), np.array([0.5, 0.1])]
    theta = 2.0
    norms = [float(np.linalg.norm(g)) for g in grads]
    holders = [mg.Parameter(np.zeros(g.shape)) for g in grads]
    for holder, g in zip(holders, grads, strict=True):
        holder.grad = mg.tensor(g)
    norm = clip_grad_norm(holders, theta)
    right = [holder.grad.numpy() for holder in holders if holder.grad is not None]

    def flat(arrays: list[Array]) -> Array:
        return np.concatenate([a.ravel() for a in arrays])

    whole = flat(grads)
    compare(flat(_clipped_by(clip, grads, theta)), flat(right), "the clipped gradient", slips={
        "every array was clipped by a norm of its own, which turns the step into another direction":
            flat([g * min(1, theta / n) for g, n in zip(grads, norms, strict=True)]),
        "every entry was clipped, which turns the step into another direction":
            np.clip(whole, -theta, theta),
        "the norms of the arrays were added; it is the root of the sum of all squares":
            whole * theta / sum(norms),
        "it was divided by ‖g‖², not by ‖g‖": whole * theta / norm**2,
        "it has length 1, not θ": whole / norm,
        "the largest of the norms was taken for that of the whole": whole * theta / max(norms),
        "the largest entry was taken for the norm": whole * theta / np.abs(whole).max(),
        "nothing was clipped": whole,
    })
    small = [g / 100 for g in grads]
    compare(flat(_clipped_by(clip, small, theta)), flat(small), "a gradient shorter than θ", slips={
        "it was made longer, up to θ: min(1, …) is missing": whole * theta / norm,
    })
    with np.errstate(all="ignore"):
        still = flat(_clipped_by(clip, [0 * g for g in grads], theta))
    if not np.isfinite(still).all():
        raise Wrong("a gradient of zeros becomes NaN: θ/‖g‖ divides by 0.")
    return f"‖g‖ = {norm:.3f} over all arrays, so each is multiplied by {theta / norm:.4f}."


_CLIP = Exercise(
    name="loss_and_clipping.3",
    task=r"Write $g \leftarrow \min(1, \theta/\|g\|)\, g$ for a whole model: `def clip(grads, "
         "theta)` gets a list of arrays of any shapes, the gradients of all parameters, and "
         "returns a list of new arrays. Give the function.",
    examine=_clip,
    hints=(
        "How many norms are there? And what about a gradient that is short already?",
        ("‖g‖ = √(Σ of the squares of all entries of all arrays). Multiply every array by the same "
         "factor, θ/‖g‖ if ‖g‖ > θ, and 1 if not."),
    ),
    solution="""
import numpy as np

def clip(grads, theta):
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    factor = theta / norm if norm > theta else 1.0
    return [factor * g for g in grads]

answer = clip
""",
)

EXERCISES = (_HEAD, _RULE, _CLIP)
