"""Sequence shapes: where losses hang, what padding must not touch, attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor, tensor
from minigrad.engine.tensor import detached

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare, shown

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]


def _one_to_many(answer: Any) -> str:
    w, u, v, x, (y1, y2) = 0.5, 2.0, 1.0, 1.0, (1.0, 2.0)
    h1 = u * x
    h2 = w * h1
    e1, e2 = v * h1 - y1, v * h2 - y2
    compare(as_number(answer, "∂L/∂u"), e1 * v * x + e2 * v * w * x, "∂L/∂u", slips={
        "the error of step 2 was paired with x_2 = 0; it goes back through w to step 1, where "
        "u was used": e1 * x,
        "the error of step 2 passes w on its way back to step 1": e1 * x + e2 * x,
        "this is the part of the second loss alone": e2 * w * x,
        "this is ∂L/∂w: the error of step 2 times h_1": e2 * h1,
        "an error is o - y, not y - o": -(e1 * x + e2 * w * x),
        "h_2 = w h_1 = 1, so the second error is 1 - 2": e1 * x + (h1 - y2) * w * x,
    })
    return ("Step 1 has the only use of u that meets an input: the error of step 1, 1, plus that "
            "of step 2, -1, carried back through w = 0.5.")


_ONE_TO_MANY = Exercise(
    name="sequence_shapes.1",
    task=r"One to many, without bends: $h_1 = u x_1$, $h_2 = w h_1$ (as $x_2 = 0$), "
         r"$o_t = v h_t$, $L = \frac12 (o_1 - y_1)^2 + \frac12 (o_2 - y_2)^2$, with $u = 2$, "
         r"$w = 0.5$, $v = 1$, $x_1 = 1$, $y_1 = 1$, $y_2 = 2$. What is $\partial L/\partial u$? "
         "Give a number.",
    examine=_one_to_many,
    hints=(
        "How many ways lead from u to the loss? Each gives a term.",
        "Errors o_1 - y_1 by u → h_1 → o_1, and (o_2 - y_2) times w by u → h_1 → h_2 → o_2.",
    ),
    solution="""
h1 = 2.0 * 1.0
h2 = 0.5 * h1
answer = (h1 - 1.0) * 1.0 + (h2 - 2.0) * 0.5 * 1.0
""",
)


# Two sequences in three steps, the second of one step; what is NaN is padding.
_YS = np.array([[0.5, 2.0], [1.0, np.nan], [0.0, np.nan]])
_TARGETS = np.array([[0.0, 1.0], [0.0, np.nan], [1.0, np.nan]])
_LENGTHS = np.array([3, 1])


def _masked_loss(answer: Any) -> str:
    loss = as_function(answer, "the loss")
    squares = [np.array([0.25, 1.0, 1.0]), np.array([1.0])]
    means = np.mean([np.mean(s) for s in squares])
    ys = tensor(_YS, requires_grad=True)
    value = loss(ys, _TARGETS, _LENGTHS)
    found = as_number(detached(value), "the loss")
    if np.isnan(found):
        raise Wrong(
            "the loss is nan: NaN in the padding came through. 0 · NaN is NaN, so a mask that "
            "multiplies lets it pass; choose with np.where instead."
        )
    compare(found, means, "the loss of two sequences, of 3 steps and of 1,", slips={
        "all steps of all sequences were averaged together, so long sequences count more; "
        "wanted each sequence's mean over its own steps, then the mean over sequences":
            np.mean(np.concatenate(squares)),
        "it was divided by T = 3 for every sequence; the second has 1 step":
            np.mean([s.sum() / 3 for s in squares]),
        "this is the sum over the sequences; wanted their mean": 2 * means,
        "this is the sum over steps; wanted each sequence's mean over its own":
            np.mean([s.sum() for s in squares]),
        "there is no factor ½ here": means / 2,
        "only the last step of each sequence was counted":
            np.mean([s[-1] for s in squares]),
        "only the steps that all sequences have were counted, t = 1":
            np.mean([s[0] for s in squares]),
        "steps up to lengths were counted with one too few (t < length - 1 when counted from 0)":
            np.mean([np.mean(squares[0][:2]), 0.0]),
    })
    wanted = np.zeros((3, 2))
    wanted[:, 0], wanted[0, 1] = 2 * (_YS - _TARGETS)[:, 0] / 6, 2 * 1.0 / 2
    if isinstance(value, Tensor) and value.requires_grad:
        value.backward()
    slope = np.zeros((3, 2)) if ys.grad is None else ys.grad.numpy()
    if np.isnan(slope).any():
        raise Wrong(
            f"the value is right, but ∂L/∂ys is {shown(slope)}: NaN came through on the way back. "
            f"Put the padding out of the way before it is used, not after."
        )
    compare(slope, wanted, "the value is right, but ∂L/∂ys", slips={
        "it is 0: something took the numbers off the graph (np.asarray, .numpy(), .detach())":
            np.zeros((3, 2)),
    })
    return f"The value is {shown(means)}, and ∂L/∂ys is 0 in the padding, not NaN."


_MASKED = Exercise(
    name="sequence_shapes.2",
    task="Write `def loss(ys, targets, lengths)` for a batch of padded sequences: ys and targets "
         "are (T, B), lengths is (B,). Of each sequence take the mean of (ys - targets)² over its "
         "own steps, and of these the mean over the sequences. Behind the ends there is NaN, and "
         "ys is a Tensor whose gradient will be asked for.",
    examine=_masked_loss,
    hints=(
        "Make a mask (T, B): is step t before the end of sequence b? What is NaN times 0?",
        "np.where(mask, (ys - targets) ** 2, 0.0).sum(axis=0) / lengths, then the mean.",
    ),
    solution="""
import numpy as np

def loss(ys, targets, lengths):
    mask = np.arange(len(ys))[:, None] < lengths                # (T, B)
    squares = np.where(mask, (ys - targets) ** 2, 0.0)
    return (squares.sum(axis=0) / lengths).mean()

answer = loss
""",
)


def _right_attention(h: Array, states: Array, lengths: Array) -> tuple[Array, Array]:
    scores = np.einsum("bh,sbh->sb", h, states)
    powers = np.exp(scores - scores.max(axis=0))
    powers[np.arange(len(states))[:, None] >= lengths] = 0
    shares = powers / powers.sum(axis=0)
    return np.einsum("sb,sbh->bh", shares, states), shares


def _attention(answer: Any) -> str:
    attend = as_function(answer, "attention")
    rng = np.random.default_rng(0)
    h, states, lengths = rng.normal(size=(2, 3)), rng.normal(size=(4, 2, 3)), np.array([4, 2])
    query, keys = (tensor(a, requires_grad=True) for a in (h, states))
    found = attend(query, keys, lengths)
    if not isinstance(found, tuple) or len(found) != 2:
        raise Wrong("attention returns a pair, (what is read (B, H), shares (S, B)).")
    shares = as_array(detached(found[1]), "the array of shares", (4, 2))
    read, wanted = _right_attention(h, states, lengths)
    everywhere = _right_attention(h, states, np.array([4, 4]))[1]
    _judge_shares(shares, wanted, everywhere, h, states, lengths)
    compare(detached(found[0]), read, "the shares are right, but what is read", slips={
        "it is the plain mean of the states": states.mean(axis=0),
        "it is the state with the largest share; wanted the mean by shares":
            states[wanted.argmax(axis=0), np.arange(2)],
    })
    found[0].sum().backward()
    for name, tensor_, values in (("h", query, h), ("states", keys, states)):
        slope = np.zeros(values.shape) if tensor_.grad is None else tensor_.grad.numpy()
        moved = _by_differences(name, h, states, lengths)
        if not np.allclose(slope, moved, atol=1e-6):
            raise Wrong(
                f"all values are right, but ∂(sum of what is read)/∂{name} is "
                f"{shown(slope.ravel()[:3])} …, and by differences "
                f"{shown(moved.ravel()[:3])} …: the shares depend on h and on the states, and "
                f"this dependence left the graph (detach, .numpy() or no_grad)."
            )
    return "Shares sum to 1 over the steps that are there, and gradients reach both operands."


def _judge_shares(
    shares: Array, wanted: Array, everywhere: Array, h: Array, states: Array, lengths: Array
) -> None:
    if np.allclose(shares, wanted):
        return
    scores = np.einsum("bh,sbh->sb", h, states)
    hidden = np.arange(4)[:, None] >= lengths
    zeroed = np.exp(np.where(hidden, 0.0, scores))
    if np.allclose(shares, zeroed / zeroed.sum(axis=0)):
        raise Wrong(
            f"step 3 of the second sequence, which has 2 steps, gets the share "
            f"{shown(shares[2, 1])}: a score of 0 is no small score, its power is 1. Padding needs "
            f"a score of minus infinity."
        )
    if np.allclose(shares, np.where(hidden, 0.0, everywhere)):
        raise Wrong(
            f"the shares of the second sequence sum to {shown(shares[:, 1].sum())}: the padding "
            f"was taken out after the softmax; it has to go before, so that they sum to 1."
        )
    if np.allclose(shares, everywhere):
        raise Wrong(f"step 3 of the second sequence gets the share {shown(shares[2, 1])}, and "
                    f"that sequence has 2 steps: lengths were not looked at.")
    if np.allclose(shares.sum(axis=1), 1) and not np.allclose(shares.sum(axis=0), 1):
        raise Wrong("the shares sum to 1 over the sequences of the batch (axis 1), so sequences "
                    "compete with each other; wanted over the steps (axis 0).")
    if np.isnan(shares).any():
        raise Wrong("there is NaN among the shares: exp(-inf - (-inf)), or 0 / 0. Is a whole "
                    "column hidden? Step t counts where t < length.")
    compare(shares, wanted, "the array of shares", slips={
        "the scores were scaled by 1/√H, which this exercise does not ask for":
            _right_attention(h / np.sqrt(3), states, lengths)[1],
        "one step too few is visible (t < length, counted from 0)":
            _right_attention(h, states, lengths - 1)[1],
    })


def _by_differences(name: str, h: Array, states: Array, lengths: Array, eps: float = 1e-6) -> Array:
    """∂ Σ (what is read) / ∂ h or ∂ states, by central differences."""
    values = {"h": h, "states": states}
    slope = np.zeros(values[name].shape)
    for place in np.ndindex(slope.shape):
        ends = []
        for sign in (1, -1):
            moved = values[name].copy()
            moved[place] += sign * eps
            ends.append(_right_attention(**{**values, name: moved}, lengths=lengths)[0].sum())
        slope[place] = (ends[0] - ends[1]) / (2 * eps)
    return slope


_ATTENTION = Exercise(
    name="sequence_shapes.3",
    task="Write `def attend(h, states, lengths)`: h (B, H) is the decoder's state, states "
         "(S, B, H) the encoder's, lengths (B,) says how many of these are there. Return (what is "
         "read (B, H), shares (S, B)), with shares = softmax over the steps of h · s_j, "
         "and 0 behind the end. Use `minigrad.functional.softmax`.",
    examine=_attention,
    hints=(
        "Padding has no share, the others sum to 1. Does it go before the softmax, or after?",
        "softmax(np.where(mask, scores, -np.inf), axis=0), with scores and mask of shape (S, B).",
    ),
    solution="""
import numpy as np
from minigrad.functional import softmax

def attend(h, states, lengths):
    mask = np.arange(len(states))[:, None] < lengths                        # (S, B)
    scores = np.where(mask, (states * h).sum(axis=-1), -np.inf)
    shares = softmax(scores, axis=0)
    return (shares[:, :, None] * states).sum(axis=0), shares

answer = attend
""",
)

EXERCISES = (_ONE_TO_MANY, _MASKED, _ATTENTION)
