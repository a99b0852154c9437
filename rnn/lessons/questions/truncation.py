"""Truncation: what is lost."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.errors import GraphFreedError

from ...cells import ElmanCell
from ...sequence.unrolling import detach, unroll
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]

TABLE = np.array([
    [-0.0611, 0.0, 0.0, 0.0],
    [0.0146, 0.0036, 0.0, 0.0],
    [0.0583, 0.0142, 0.0697, 0.0],
    [-0.0182, -0.0044, -0.0217, 0.0234],
])


def _read(answer: Any) -> str:
    row, column = np.indices(TABLE.shape)
    kept = float(TABLE[row // 2 == column // 2].sum())
    band = (row - column == 0) | (row - column == 1)
    compare(
        as_number(answer, "the truncated gradient"), kept, "the truncated gradient",
        slips={
            "this is the full gradient, the sum of all entries": TABLE.sum(),
            "this is the part that is lost": TABLE.sum() - kept,
            "this is the diagonal, windows of one step": np.trace(TABLE),
            "these are the last two steps before each loss, k1 = 1 and k2 = 2; with windows of two "
            "the loss of step 3 sees only step 3": TABLE[band].sum(),
            "this is the last window alone; the gradient is the sum over both":
                TABLE[2:, 2:].sum(),
            "this is the first window alone; the gradient is the sum over both":
                TABLE[:2, :2].sum(),
            "the blocks on the other side of the diagonal are 0: rows are losses, columns are uses":
                TABLE[:2, 2:].sum(),
        }, rtol=1e-3,
    )
    lost = TABLE.sum() - kept
    return (f"Kept are the two blocks on the diagonal; the one at the lower left, {lost:.4f}, is "
            f"lost, of {TABLE.sum():.4f}.")


_READ = Exercise(
    name="truncation.1",
    task="The two-time table of $w_{xh}$ in a scalar network of four steps (row $t$: the loss of "
         "step $t$; column $s$: the use at step $s$):\n\n"
         "| t, s | 1 | 2 | 3 | 4 |\n|---|---|---|---|---|\n"
         "| 1 | -0.0611 | 0 | 0 | 0 |\n| 2 | 0.0146 | 0.0036 | 0 | 0 |\n"
         "| 3 | 0.0583 | 0.0142 | 0.0697 | 0 |\n| 4 | -0.0182 | -0.0044 | -0.0217 | 0.0234 |\n\n"
         "What is the gradient that truncated BPTT gets with windows of two steps, $k_1 = k_2 = "
         "2$? Give a number.",
    examine=_read,
    hints=(
        "Which windows are there, and which uses can the loss of step 3 still see?",
        "Windows are the steps 1, 2 and 3, 4. Add up the entries whose t and s lie in the same.",
    ),
    solution="""
first = -0.0611 + 0.0146 + 0.0036
second = 0.0697 - 0.0217 + 0.0234
answer = first + second
""",
)

T = 7


def _problem() -> tuple[ElmanCell, Array, Array]:
    rng = np.random.default_rng(4)
    cell = ElmanCell(2, 3, dtype=float, rng=rng)
    return cell, rng.normal(size=(T, 1, 2)), rng.normal(size=(T, 1, 3))


def _by_windows(k: int, windows: slice = slice(None), fresh: bool = False) -> Array:
    """∂L/∂W_hh by windows of k steps; of some of them, or each from a state of zeros."""
    cell, xs, ys = _problem()
    losses, state = [], None
    for a in range(0, T, k):
        outputs, state = unroll(cell, xs[a : a + k], None if fresh else detach(state))
        losses.append(((outputs - ys[a : a + k]) ** 2).sum())
    for loss in losses[windows]:
        loss.backward()
    assert cell.W_hh.grad is not None
    return cell.W_hh.grad.numpy()


def _loop(answer: Any) -> str:
    gradient = as_function(answer, "the loop over windows")
    for k in (3, 2):
        cell, xs, ys = _problem()
        try:
            found = as_array(gradient(cell, xs, ys, k), "∂L/∂W_hh", (3, 3))
        except GraphFreedError as error:
            raise Wrong(
                "the second window's backward pass went on into the first one, whose graph is "
                "gone: the state has to be detached between windows. (The engine says: "
                f"{str(error).partition(chr(10))[0]})") from None
        right, count = _by_windows(k), -(-T // k)
        compare(found, right, f"∂L/∂W_hh with k = {k}", slips={
            "this is the gradient of full BPTT: nothing was cut": _by_windows(T),
            "every window began from zeros: the state is to be carried on, only the graph is cut":
                _by_windows(k, fresh=True),
            "this is the gradient of the last window alone: a window's gradient is to be added to "
            "those before": _by_windows(k, slice(-1, None)),
            "this is the gradient of the first window alone": _by_windows(k, slice(1)),
            f"the last window, which is shorter, is missing: {T} steps do not divide by {k}":
                _by_windows(k, slice(-1)),
            "the losses of the windows are summed, not averaged": right / count,
            "the loss of a window is a sum over its steps, not a mean": sum(
                _by_windows(k, slice(n, n + 1)) / min(k, T - n * k) for n in range(count)),
            f"{k} is the number of steps in a window, not the number of windows":
                _by_windows(-(-T // k)),
            "2 (o - y) is the derivative of (o - y)²; a factor of 2 is missing": right / 2,
        })
    return "State carried on, graph cut, gradients of all windows added."


_LOOP = Exercise(
    name="truncation.2",
    task="Write truncated BPTT yourself, without `rnn.bptt`: `def gradient(cell, xs, ys, k)` goes "
         "over `xs` (T, B, K) in windows of `k` steps, the last one perhaps shorter, with the loss "
         r"$L = \sum_t \|h_t - y_t\|^2$, and returns $\partial L/\partial W_{hh}$ as an array. "
         "`rnn.unroll(cell, xs, state)` gives `outputs, state`; `rnn.detach(state)` is a state "
         "without its graph; every `backward()` adds to `cell.W_hh.grad`. Give the function.",
    examine=_loop,
    hints=(
        "What is carried from one window to the next, and what must not be?",
        ("`for a in range(0, len(xs), k)`: unroll `xs[a : a + k]` from the state, `backward()` of "
         "that window's loss, and go on with `rnn.detach(state)`."),
    ),
    solution="""
import rnn

def gradient(cell, xs, ys, k):
    state = None
    for a in range(0, len(xs), k):
        outputs, state = rnn.unroll(cell, xs[a : a + k], state)
        ((outputs - ys[a : a + k]) ** 2).sum().backward()
        state = rnn.detach(state)
    return cell.W_hh.grad.numpy()

answer = gradient
""",
)

TERMS = np.array([1.0, -0.7, 0.5, 0.3])


def _estimates(estimate: Any, p: float) -> tuple[float, float]:
    """Mean and variance of an estimate over all ways to cut, weighted by their probabilities."""
    chances, values = [], []
    for cuts in itertools.product([False, True], repeat=len(TERMS) - 1):
        chances.append(np.prod([p if cut else 1 - p for cut in cuts]))
        values.append(as_number(estimate(TERMS.copy(), list(cuts), p), "the estimate"))
    mean = float(np.dot(chances, values))
    return mean, float(np.dot(chances, (np.array(values) - mean) ** 2))


def _until_cut(weight: Callable[[int, float], float]) -> Any:
    """The estimate that weighs the term of lag k with weight(k, p), and stops at the first cut."""
    def estimate(terms: Array, cuts: list[bool], p: float) -> float:
        reach = cuts.index(True) + 1 if True in cuts else len(terms)
        return float(sum(weight(k, p) * terms[k] for k in range(reach)))

    return estimate


def _unbiased(answer: Any) -> str:
    estimate = as_function(answer, "the estimate")
    for p in (0.25, 0.5):
        for reach in range(1, len(TERMS)):
            cuts = [False] * (reach - 1) + [True] + [False] * (len(TERMS) - 1 - reach)
            hidden = np.where(np.arange(len(TERMS)) < reach, TERMS, 1e6)
            one, other = (as_number(estimate(terms.copy(), list(cuts), p), "the estimate")
                          for terms in (TERMS, hidden))
            if not np.isclose(one, other):
                raise Wrong(f"with cuts = {cuts} the estimate depends on terms[{reach}:], which "
                            f"lie behind the cut. Nothing comes back over a cut, not even from "
                            "further away.")
        mean, variance = _estimates(estimate, p)
        slips: dict[str, Callable[[int, float], float]] = {
            "the terms behind the first cut are left out, and nothing makes up for them":
                lambda k, p: 1.0,
            "what arrives over k steps has passed k places, each with the factor 1/(1 - p); here "
            "it has one in all": lambda k, p: 1 / (1 - p) if k else 1.0,
            "what passes is to be multiplied by 1/(1 - p), not by 1 - p":
                lambda k, p: (1 - p) ** k,
            "what passes is divided by the probability of passing, 1 - p, not by that of a cut, p":
                lambda k, p: p**-k,
            "the term of lag 0 passes no place, so its weight is 1":
                lambda k, p: (1 - p) ** (-k - 1),
        }
        compare(mean, TERMS.sum(), f"the mean over all ways to cut, with p = {p},", slips={
            reason: _estimates(_until_cut(weight), p)[0] for reason, weight in slips.items()})
    return (f"The mean over all 8 ways to cut is {mean:.4g}, the sum of the terms, exactly; the "
            f"variance, for p = 0.5, is {variance:.3g}. That is the price.")


_UNBIASED = Exercise(
    name="truncation.3",
    task="A gradient is the sum of `terms[k]`, what comes back over k = 0, 1, 2, … steps. Between "
         "lag k and lag k + 1 the graph is cut with probability p, independently: `cuts[k]` says "
         "whether it was. Write `def estimate(terms, cuts, p)` that uses only what comes back, and "
         "whose *mean* over all ways to cut is the full sum. Give the function.",
    examine=_unbiased,
    hints=(
        "How often does terms[2] arrive? What has it to weigh then, for its mean to be right?",
        ("It arrives with probability (1 - p)². So walk back from lag 0 with a weight that begins "
         "at 1: at a cut stop, else divide the weight by 1 - p."),
    ),
    solution="""
def estimate(terms, cuts, p):
    total, weight = terms[0], 1.0
    for term, cut in zip(terms[1:], cuts):
        if cut:
            break
        weight /= 1 - p
        total += weight * term
    return total

answer = estimate
""",
)

EXERCISES = (_READ, _LOOP, _UNBIASED)
