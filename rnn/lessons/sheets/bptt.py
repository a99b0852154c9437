"""BPTT by hand: a scalar network over three steps, with slopes that are 1 or ½."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.functional import leaky_relu

from ...bptt import ledger
from .numbers import Unsuitable, chosen, linear, row, short
from .written import Written

__all__ = ["write"]

T = 3
WEIGHTS = ("W_xh", "W_hh", "W_hy")


class ThreeSteps(NamedTuple):
    """The network as the engine computes it: everything by step, and what the weights are."""

    loss: mg.Tensor
    w: dict[str, float]
    x: list[float]
    y: list[float]
    z: list[float]
    h: list[float]
    o: list[float]
    delta: list[float]
    shares: dict[str, Any]


def run(w: dict[str, float], x: list[float], y: list[float], cut: int = 0) -> ThreeSteps:
    """The engine's run. cut: the step after which the graph is cut, if any."""
    W = {name: mg.Parameter(value, name=name) for name, value in w.items()}
    h, losses, seen = mg.tensor(0.0), [], []
    for t in range(1, T + 1):
        if t == cut + 1:
            h = h.detach()
        with mg.scope("rnn", t=t, x=mg.tensor(x[t - 1]), h=h):
            z = W["W_xh"] * x[t - 1] + W["W_hh"] * h
            h = leaky_relu(z, 0.5)
        with mg.scope("output", t=t):
            o = W["W_hy"] * h
        with mg.scope("loss", t=t):
            losses.append(0.5 * (o - y[t - 1]) ** 2)
        seen.append((z, h, o))
    loss = losses[0] + losses[1] + losses[2]
    slopes = mg.gradients(loss, [h for _, h, _ in seen], retain_graph=True)
    delta = [float(g.item()) for g in slopes if g is not None]
    zs, hs, os = ([float(v.detach().item()) for v in part] for part in zip(*seen, strict=True))
    terms = ledger(loss, list(W.values()))
    return ThreeSteps(loss, w, x, y, zs, hs, os, delta, {name: terms[name].ravel() for name in W})


def write(rng: np.random.Generator) -> Written:
    """Draw the numbers and write sheet and key. Raises Unsuitable where they are none."""
    w = {"W_xh": chosen(rng, -1, 0.5, 1, 2), "W_hh": chosen(rng, -1, -0.5, 0.5, 1.5, 2),
         "W_hy": chosen(rng, -1, 0.5, 1, 2)}
    x = [chosen(rng, -3, -2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 3) for _ in range(T)]
    first = run(w, x, [0.0] * T)
    y = [o - chosen(rng, -2, -1, -0.5, 0.5, 1, 1.5, 2) for o in first.o]    # errors are short
    found, cut = run(w, x, y), run(w, x, y, cut=2)
    slips = {why: by_hand(found, **slip) for why, slip in SLIPS.items()}
    _refuse(found, cut, slips)
    return Written(
        "Backpropagation through time, by hand",
        _given(found), _tasks(), _solution(found, cut, slips),
        {"graph.svg": lambda: mg.draw(run(w, x, y).loss),
         "shares.svg": lambda: mg.draw(run(w, x, y).loss, ledger=True, values=True)},
        {"L": float(found.loss.detach()),
         **{f"∂L/∂{name}": float(found.shares[name].sum()) for name in WEIGHTS},
         **{f"∂L/∂h_{t}": found.delta[t - 1] for t in range(1, T + 1)},
         "∂L/∂W_xh, cut": float(cut.shares["W_xh"].sum())},
    )


def slope(z: float) -> float:
    """φ'(z)."""
    return 1.0 if z > 0 else 0.5


def by_hand(found: ThreeSteps, late: int = 1, carried: bool = True, slopes: bool = True,
            sign: int = 1) -> tuple[float, float]:
    """(∂L/∂W_hh, ∂L/∂W_xh) by the recursion of the sheet, or with a slip in it.

    late: 1 for φ'(z_{t+1}) on the way from t + 1 to t, 0 for φ'(z_t). carried: whether δ_{t+1}
    comes in at all. slopes: whether φ' does. sign: -1 for y - o.
    """
    s = [slope(z) if slopes else 1.0 for z in found.z]
    delta, total = 0.0, [0.0, 0.0]
    for t in range(T - 1, -1, -1):
        back = s[min(t + late, T - 1)] * delta if carried else 0.0
        delta = found.w["W_hy"] * sign * (found.o[t] - found.y[t]) + found.w["W_hh"] * back
        before = found.h[t - 1] if t else 0.0
        total = [total[0] + delta * s[t] * before, total[1] + delta * s[t] * found.x[t]]
    return total[0], total[1]


SLIPS: dict[str, dict[str, Any]] = {
    r"on the way from $t+1$ to $t$ the slope was taken at $z_t$, not at $z_{t+1}$": {"late": 0},
    r"$\delta_{t+1}$ was not carried back: only the loss of the same step was seen":
        {"carried": False},
    r"the slopes $\varphi'$ were left out": {"slopes": False},
    r"the error was $y_t - o_t$": {"sign": -1},
}


def _refuse(found: ThreeSteps, cut: ThreeSteps, slips: dict[str, tuple[float, float]]) -> None:
    """Unsuitable where a step is at the kink, where nothing flows, or where a slip is not seen."""
    slopes = [slope(z) for z in found.z]
    if 0.0 in found.z or slopes[1] == slopes[2]:
        raise Unsuitable("the slopes at steps 2 and 3 have to differ")
    shares = found.shares
    flows = [*found.delta, *shares["W_xh"], *shares["W_hh"][1:], *shares["W_hy"],
             *(terms.sum() for terms in (*shares.values(), *cut.shares.values()))]
    if min(map(abs, flows)) < 0.1:
        raise Unsuitable("a share is zero")
    results = [shares["W_hh"].sum(), *(of_W_hh for of_W_hh, _ in slips.values())]
    told_apart = all(abs(a - b) > 0.01 for a, b in combinations(results, 2))
    if not told_apart or abs(cut.shares["W_xh"].sum() - found.shares["W_xh"].sum()) < 0.01:
        raise Unsuitable("a slip leads to the same number")


def _given(found: ThreeSteps) -> str:
    weights = r",\quad ".join(
        f"W_{{{name[2:]}}} = {short(value)}" for name, value in found.w.items())
    return rf"""
A network of one unit runs over three steps. For $t = 1, 2, 3$, from $h_0 = 0$:

$$z_t = W_{{xh}} x_t + W_{{hh}} h_{{t-1}}, \quad h_t = \varphi(z_t), \quad o_t = W_{{hy}} h_t,
\quad L = \frac{{1}}{{2}} \sum_t (o_t - y_t)^2$$

$\varphi(z) = z$ for $z > 0$, with the slope $\varphi'(z) = 1$, and $\varphi(z) = \frac{{z}}{{2}}$
for $z < 0$, with the slope $\varphi'(z) = \frac{{1}}{{2}}$. The weights are ${weights}$.

| $t$ | $1$ | $2$ | $3$ |
|---|---|---|---|
{row("x_t", found.x)}
{row("y_t", found.y)}

![Three steps, with the three weights drawn once.](graph.svg)
"""


def _tasks() -> str:
    head = "| $t$ | $1$ | $2$ | $3$ |\n|---|---|---|---|\n"
    forward = "\n".join(row(name, None, T) for name in
                        ("z_t", r"\varphi'(z_t)", "h_t", "o_t", "o_t - y_t"))
    backward = row(r"\delta_t", None, T)
    shares = "\n".join(row(rf"\text{{share of }} W_{{{name[2:]}}}", None, T + 1)
                       for name in WEIGHTS)
    return rf"""
## 1. Forward

Fill in the table, from left to right. What is $L$?

{head}{forward}

## 2. Backward

$\delta_t = \partial L / \partial h_t$ counts every way from $h_t$ to the loss. Begin at $t = 3$
and go back.

{head}{backward}

## 3. The sum over time

Each weight is used three times, and each use has its share of the gradient. Fill in the shares,
and their sums. One of the nine is 0 whatever the weights are: which, and why?

| $t$ | $1$ | $2$ | $3$ | sum |
|---|---|---|---|---|
{shares}

## 4. A cut

The graph is cut between steps 2 and 3: $h_2$ goes into step 3 as a plain number. Which of your
$\delta_t$ change? What is $\partial L / \partial W_{{xh}}$ now?
"""


def _solution(found: ThreeSteps, cut: ThreeSteps, slips: dict[str, tuple[float, float]]) -> str:
    w, s, d = found.w, [slope(z) for z in found.z], found.delta
    before, error = [0.0, *found.h[:-1]], [o - y for o, y in zip(found.o, found.y, strict=True)]
    steps = range(T)
    forward = "\n".join(
        rf"- $z_{t + 1} = {linear((w['W_xh'], found.x[t]), (w['W_hh'], before[t]))}"
        rf" = {short(found.z[t])}$, so $\varphi' = {short(s[t])}$ and"
        rf" $h_{t + 1} = {short(found.h[t])}$;"
        rf" $o_{t + 1} = {linear((w['W_hy'], found.h[t]))} = {short(found.o[t])}$,"
        rf" error ${short(error[t])}$" for t in steps)
    back = "\n".join(
        rf"- $\delta_{t + 1} = W_{{hy}}\,(o_{t + 1} - y_{t + 1}) + W_{{hh}}\, \varphi'(z_{t + 2})\,"
        rf" \delta_{t + 2} = {linear((w['W_hy'], error[t]), (w['W_hh'], s[t + 1], d[t + 1]))}"
        rf" = {short(d[t])}$" for t in (1, 0))
    factors: dict[str, list[tuple[float, ...]]] = {
        "W_xh": [(d[t], s[t], found.x[t]) for t in steps],
        "W_hh": [(d[t], s[t], before[t]) for t in steps],
        "W_hy": [(error[t], found.h[t]) for t in steps],
    }
    formula = {"W_xh": r"\delta_t\, \varphi'(z_t)\, x_t",
               "W_hh": r"\delta_t\, \varphi'(z_t)\, h_{t-1}",
               "W_hy": r"(o_t - y_t)\, h_t"}
    shares = "\n".join(
        rf"| $W_{{{name[2:]}}}$: ${formula[name]}$ | "
        + " | ".join(f"${linear(by)} = {short(share)}$"
                     for by, share in zip(factors[name], found.shares[name], strict=True))
        + f" | ${short(found.shares[name].sum())}$ |" for name in WEIGHTS)
    cut_shares = ", ".join(f"${short(share)}$" for share in cut.shares["W_xh"])
    wrong = "\n".join(
        f"| ${short(hh)}$ | ${short(xh)}$ | {why} |" for why, (hh, xh) in slips.items())
    return rf"""
## 1. Forward

{forward}

$L = {short(found.loss.detach())}$, half the sum of the squared errors.

## 2. Backward

- $\delta_3 = W_{{hy}}\,(o_3 - y_3) = {linear((w["W_hy"], error[2]))} = {short(d[2])}$
{back}

## 3. The sum over time

| $t$ | $1$ | $2$ | $3$ | sum |
|---|---|---|---|---|
{shares}

The first share of $W_{{hh}}$ is 0 because it is multiplied by $h_0 = 0$. The same on the picture:
each tap carries its share, and the box of the weight their sum, to three digits.

![The same graph with values, and the shares on the taps.](shares.svg)

What a wrong number says:

| $\partial L / \partial W_{{hh}}$ | $\partial L / \partial W_{{xh}}$ | the slip |
|---|---|---|
{wrong}

## 4. A cut

$\delta_3$ stays ${short(cut.delta[2])}$, and $\delta_2$ and $\delta_1$ lose what came from step 3:
they are ${short(cut.delta[1])}$ and ${short(cut.delta[0])}$. So the shares of $W_{{xh}}$ are
{cut_shares}, and $\partial L / \partial W_{{xh}} = {short(cut.shares["W_xh"].sum())}$.
"""
