"""Truncation: which parts of a gradient a window keeps, and how far off the rest is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import minigrad as mg

from ...bptt import TruncationError, truncation_error, two_time
from ...cells import ElmanCell
from ...sequence.unrolling import detach, each_step, steps, unroll
from .numbers import Unsuitable, chosen, linear, row, short
from .written import Written

if TYPE_CHECKING:
    from minigrad.drawing import Drawing

__all__ = ["write"]

T = 4

Array = np.ndarray[Any, Any]


class FourSteps(NamedTuple):
    """The network as the engine computes it. table: G[t, s] of W_hh, (T, T); by_window, by_step:
    truncated in windows of two, and to a reach of two steps from every step."""

    w: float
    x: list[float]
    h: list[float]
    error: list[float]
    table: Array
    by_window: TruncationError
    by_step: TruncationError


def network(w: float) -> ElmanCell:
    """h_t = x_t + w h_{t-1}."""
    cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.full((1, 1), w)
    return cell


def as_inputs(x: list[float]) -> Array:
    """(T, 1, 1)."""
    return np.reshape(x, (T, 1, 1))


def states(w: float, x: list[float]) -> list[float]:
    """h_1 … h_T."""
    return [float(h.detach().item()) for h, _ in steps(network(w), as_inputs(x))]


def run(w: float, x: list[float], y: list[float]) -> FourSteps:
    """Ask the engine for everything that the sheet asks for."""
    cell, xs, ys = network(w), as_inputs(x), as_inputs(y)
    losses = [0.5 * ((h - y[t]) ** 2).sum() for t, (h, _) in enumerate(steps(cell, xs))]
    table = np.array(two_time(losses, cell)["W_hh"])[:, :, 0, 0]
    h = states(w, x)

    def truncated(k1: int) -> TruncationError:
        return truncation_error(
            cell, xs, lambda o, where: 0.5 * ((o - ys[where]) ** 2).sum(), k1=k1, k2=2,
            params={"W_hh": cell.W_hh},
        )

    error = [a - b for a, b in zip(h, y, strict=True)]
    return FourSteps(w, x, h, error, table, truncated(2), truncated(1))


def picture(w: float, x: list[float], y: list[float], windows: bool) -> Drawing:
    """The graph of the whole; or in two windows, with the parts that are left on the taps."""
    cell, xs = network(w), as_inputs(x)
    one, state = unroll(cell, xs[:2])
    two, _ = unroll(cell, xs[2:], detach(state) if windows else state, start=3)
    outputs = [*one.unbind(), *two.unbind()]
    losses = each_step(lambda h, target: 0.5 * ((h - target) ** 2).sum(), outputs, y, name="loss")
    return mg.draw(sum(losses[1:], losses[0]), ledger=windows)


def write(rng: np.random.Generator) -> Written:
    """Draw the numbers and write sheet and key. Raises Unsuitable where they are none."""
    w = chosen(rng, -2, -1.5, -0.5, 0.5, 1.5, 2)
    x = [chosen(rng, -2, -1, 0.5, 1, 2, 3) for _ in range(T)]
    y = [h - chosen(rng, -2, -1, 0.5, 1, 2) for h in states(w, x)]
    found = run(w, x, y)
    full, windows, reach = gradients(found)
    below = found.table[np.tril_indices(T)]
    if np.count_nonzero(below) < 6 or min(map(abs, (full, windows, reach))) < 0.25:
        raise Unsuitable("a part, or a gradient, is zero")
    if min(abs(full - windows), abs(full - reach), abs(windows - reach)) < 0.1:
        raise Unsuitable("truncation makes no difference")
    return Written(
        "Truncation: what is lost", _given(found, y), _tasks(), _solution(found),
        {"graph.svg": lambda: picture(w, x, y, windows=False),
         "windows.svg": lambda: picture(w, x, y, windows=True)},
        {"∂L/∂W_hh": full, "in windows of 2": windows, "error of the windows": windows - full,
         "with a reach of 2": reach, "error of the reach": reach - full},
    )


def gradients(found: FourSteps) -> tuple[float, float, float]:
    """∂L/∂W_hh in full, in windows, and with a reach from every step."""
    one, two = found.by_window, found.by_step
    return (float(one.full["W_hh"].item()), float(one.truncated["W_hh"].item()),
            float(two.truncated["W_hh"].item()))


def _given(found: FourSteps, y: list[float]) -> str:
    return rf"""
A network of one unit runs over four steps, from $h_0 = 0$, with $W_{{xh}} = 1$ and
$W_{{hh}} = {short(found.w)}$:

$$h_t = W_{{xh}} x_t + W_{{hh}} h_{{t-1}}, \quad L_t = \frac{{1}}{{2}} (h_t - y_t)^2,
\quad L = \sum_t L_t$$

| $t$ | $1$ | $2$ | $3$ | $4$ |
|---|---|---|---|---|
{row("x_t", found.x)}
{row("y_t", y)}

![Four steps, with the weight drawn once.](graph.svg)
"""


def _tasks() -> str:
    head = "| $t$ | $1$ | $2$ | $3$ | $4$ |\n|---|---|---|---|---|\n"
    forward = "\n".join(row(name, None, T) for name in ("h_t", "h_t - y_t"))
    table = "\n".join(
        f"| $L_{t}$ |" + "  |" * t + " 0 |" * (T - t) for t in range(1, T + 1))
    return rf"""
## 1. Forward

{head}{forward}

## 2. The gradient, by the loss and by the use

The loss of step $t$ reaches the use of $W_{{hh}}$ at step $s$ over $t - s$ steps, so its part is

$$G_{{ts}} = (h_t - y_t)\, W_{{hh}}^{{t-s}}\, h_{{s-1}}$$

Fill in the table. Why is the first column 0? The sum of the table is
$\partial L / \partial W_{{hh}}$: what is it?

| | use at 1 | use at 2 | use at 3 | use at 4 |
|---|---|---|---|---|
{table}

## 3. Windows of two steps

The sequence is cut into two windows: $h_2$ goes into step 3 as a plain number. Strike out what is
lost. What is the gradient now, and how far is it from the true one?

## 4. A reach of two steps

Instead, the loss of every step goes back over two uses, its own and the one before. What is lost
now, and what is the gradient? Which of the two ways needs more work in a long sequence?
"""


def _solution(found: FourSteps) -> str:
    full, windows, reach = gradients(found)
    before, places = [0.0, *found.h[:-1]], range(T)
    forward = "\n".join(
        rf"- $h_{t + 1} = {short(found.x[t])} + {linear((found.w, before[t]))}"
        rf" = {short(found.h[t])}$, error ${short(found.error[t])}$" for t in places)

    def part(t: int, s: int, lost: bool) -> str:
        if s > t:
            return "0"
        powers = (found.w,) * (t - s)
        shown = rf"${linear((found.error[t], *powers, before[s]))} = {short(found.table[t, s])}$"
        return f"~~{shown}~~" if lost and s else shown

    table = "\n".join(
        f"| $L_{t + 1}$ | " + " | ".join(part(t, s, t > 1 >= s) for s in places) + " |"
        for t in places)
    sums = row(r"\text{sum}", found.table.sum(axis=0))
    late, far = found.table[2, 1], found.table[3, 1]
    return rf"""
## 1. Forward

{forward}

## 2. The gradient, by the loss and by the use

| | use at 1 | use at 2 | use at 3 | use at 4 |
|---|---|---|---|---|
{table}
{sums}

The first column is 0 because the use at step 1 multiplies $h_0 = 0$.
$\partial L / \partial W_{{hh}} = {short(full)}$. (Struck out: see 3.)

## 3. Windows of two steps

The losses of steps 3 and 4 no longer reach the use at step 2: ${short(late)}$ and ${short(far)}$
are lost. The gradient is ${short(windows)}$, off by ${short(windows - full)}$, which is
{percent(found.by_window)} % of the true one{turned(full, windows)}.

![The two windows; on the taps what is left of each use.](windows.svg)

## 4. A reach of two steps

Only the loss of step 4 is too far from the use at step 2: ${short(far)}$ is lost. The gradient is
${short(reach)}$, off by ${short(reach - full)}$, which is {percent(found.by_step)} % of the true
one{turned(full, reach)}. It needs more work: every step goes back over two uses, where windows of
two go back over each use once.
"""


def percent(error: TruncationError) -> int:
    """The relative error, to the nearest per cent."""
    return round(100 * float(error.relative("W_hh")))


def turned(full: float, truncated: float) -> str:
    """What to add where the sign is the other one."""
    return ", and points the other way" if full * truncated < 0 else ""
