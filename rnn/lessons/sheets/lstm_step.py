"""One step of an LSTM of one unit, forward and back, with straight lines for σ and tanh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.functional import hardtanh

from ...cells import LSTMCell
from .numbers import Unsuitable, chosen, factor, linear, row, short
from .written import Written

if TYPE_CHECKING:
    from minigrad.drawing import Drawing

__all__ = ["write"]

GATES = ("i", "f", "g", "o")
PARTS = ("W_x", "W_h", "b")
SIGNS = {"multiply": "×", "add": "+", "hardtanh": "φ"}


class LSTMStep(NamedTuple):
    """The step as the engine computes it: values, and the derivative of the loss by each."""

    graph: mg.Tensor
    value: dict[str, float]
    slope: dict[str, float]


def cell_of(w: Mapping[str, tuple[float, ...]]) -> LSTMCell:
    """The LSTM of the sheet: w has, by gate, what multiplies x and h, and the bias."""
    cell = LSTMCell(
        1, 1, dtype=float, activation=hardtanh, recurrent_activation="hard_sigmoid_02"
    )
    for name, (by_x, by_h, bias) in w.items():
        gate = cell.gate(name)
        gate.W_xh, gate.W_hh, gate.b_h = [[by_x]], [[by_h]], [bias]
    return cell


def run(
    w: Mapping[str, tuple[float, ...]], x: float, h: float, c: float, arrives: tuple[float, float]
) -> LSTMStep:
    """One step from (h, c), every gate by itself, and the loss `arrives` · (h_t, c_t)."""
    cell = cell_of(w)
    seen = {"h_0": mg.tensor(h, requires_grad=True, name="h_t-1"),
            "c_0": mg.tensor(c, requires_grad=True, name="c_t-1")}
    for gate in GATES:
        by = {part: mg.Parameter(w[gate][j], name=f"{part}{gate}") for j, part in enumerate(PARTS)}
        z = by["W_x"] * x + by["W_h"] * seen["h_0"] + by["b"]
        seen |= {f"{part}{gate}": value for part, value in by.items()}
        seen |= {f"z_{gate}": z, gate: cell.phi(z) if gate == "g" else cell.sigma(z)}
    c_t = seen["f"] * seen["c_0"] + seen["i"] * seen["g"]
    h_t = seen["o"] * cell.phi(c_t)
    seen |= {"c": c_t, "h": h_t}
    loss = arrives[0] * h_t + arrives[1] * c_t
    slopes = mg.gradients(loss, list(seen.values()), retain_graph=True)
    return LSTMStep(
        loss,
        {name: float(value.detach()) for name, value in seen.items()},
        {name: float(g.item()) for name, g in zip(seen, slopes, strict=True) if g is not None},
    )


def picture(value: Mapping[str, float], arrives: tuple[float, float], key: bool) -> Drawing:
    """From the gates to h_t: the cell's second half, with values and gradients for the key."""
    leaves = {name: mg.Parameter(value[name], name=label) for name, label in (
        ("f", "f"), ("c_0", "c_t-1"), ("i", "i"), ("g", "g"), ("o", "o"))}
    c = leaves["f"] * leaves["c_0"] + leaves["i"] * leaves["g"]
    h = leaves["o"] * hardtanh(c)
    c.name, h.name = "c_t", "h_t"
    return mg.draw(arrives[0] * h + arrives[1] * c, labels=SIGNS,
                   show=("values", "gradients") if key else ())


def write(rng: np.random.Generator) -> Written:
    """Draw the numbers and write sheet and key. Raises Unsuitable where they are none."""
    w = {gate: (chosen(rng, -1, -0.5, 0.5, 1), chosen(rng, -1, 1, 2), chosen(rng, -0.5, 0, 0.5, 1))
         for gate in GATES}
    x, h = chosen(rng, -1, 1, 2), chosen(rng, -0.5, 0.5)
    c = chosen(rng, -1.5, -1, -0.5, 0.5, 1, 1.5)
    arrives = chosen(rng, -2, -1, 1, 2), chosen(rng, -1, -0.5, 0.5, 1)
    found = run(w, x, h, c, arrives)
    v, d = found.value, found.slope
    gates_open = max(abs(v[f"z_{gate}"]) for gate in "ifo") < 2.5
    if not gates_open or max(abs(v["z_g"]), abs(v["c"])) >= 1:
        raise Unsuitable("something is saturated, so nothing flows there")
    if min(map(abs, (*d.values(), v["g"], v["c"], v["h"]))) < 0.001:
        raise Unsuitable("a derivative is zero")
    if v["o"] in (v["i"], v["f"]) or short(d["c"] - arrives[1]) == short(arrives[1]):
        raise Unsuitable("two gates, or both ways to c, are equal")
    for number in (*v.values(), *d.values()):
        short(number)
    return Written(
        "One step of an LSTM, forward and back", _given(w, x, h, c), _tasks(arrives),
        _solution(w, x, v, d, arrives),
        {"gates.svg": lambda: picture(v, arrives, False),
         "values.svg": lambda: picture(v, arrives, True)},
        {"c_t": v["c"], "h_t": v["h"], "∂L/∂c_t": d["c"], "∂L/∂W_xf": d["W_xf"],
         "∂L/∂W_hf": d["W_hf"], "∂L/∂b_f": d["bf"], "∂L/∂h_t-1": d["h_0"], "∂L/∂c_t-1": d["c_0"]},
    )


def _given(w: Mapping[str, tuple[float, ...]], x: float, h: float, c: float) -> str:
    head = " | ".join(f"${gate}$" for gate in GATES)
    table = "\n".join(row(rf"{part}", [w[gate][k] for gate in GATES])
                      for k, part in enumerate(("W_{x}", "W_{h}", "b")))
    return rf"""
An LSTM of one unit makes one step, from $x_t = {short(x)}$, $h_{{t-1}} = {short(h)}$ and
$c_{{t-1}} = {short(c)}$. Each of the four sums has weights of its own:

$$z = W_x x_t + W_h h_{{t-1}} + b, \quad i = \sigma(z_i), \quad f = \sigma(z_f), \quad
g = \varphi(z_g), \quad o = \sigma(z_o)$$

$$c_t = f\, c_{{t-1}} + i\, g, \quad h_t = o\, \varphi(c_t)$$

So that no table is needed, both curves are straight lines here. $\sigma(z) = 0.2\, z + 0.5$ from
$z = -2.5$ to $2.5$, with the slope 0.2, and flat outside. $\varphi(z) = z$ from $-1$ to $1$, with
the slope 1, and flat outside. (Early versions of Keras computed their gates with just this
$\sigma$.)

| | {head} |
|---|---|---|---|---|
{table}
"""


def _tasks(arrives: tuple[float, float]) -> str:
    head = "| " + " | ".join(["", *(f"${gate}$" for gate in GATES)]) + " |\n|---|---|---|---|---|\n"
    values = "\n".join(row(name, None, 4) for name in ("z", r"\text{gate}"))
    slopes = "\n".join(
        row(rf"\partial L / \partial {name}", None, 4) for name in (r"\text{gate}", "z"))
    return rf"""
## 1. Forward

{head}{values}

What are $c_t$ and $h_t$?

![From the four gates to the cell state and the hidden state.](gates.svg)

## 2. Back to the gates

From the rest of the network arrive $\delta h = {short(arrives[0])}$, which is
$\partial L / \partial h_t$, and $\delta c = {short(arrives[1])}$, which reaches $c_t$ from the
next step. Two ways lead to $c_t$. What is $\partial L / \partial c_t$ in all? And then

{head}{slopes}

## 3. Back to the weights, and to the step before

1. What are $\partial L / \partial W_x$, $\partial L / \partial W_h$ and $\partial L / \partial b$
   of the forget gate $f$?
2. What goes on to the step before, $\partial L / \partial c_{{t-1}}$ and
   $\partial L / \partial h_{{t-1}}$?
3. Which one number would have to be 1 for the memory to pass its own gradient on undiminished?
"""


def _solution(
    w: Mapping[str, tuple[float, ...]], x: float, v: Mapping[str, float], d: Mapping[str, float],
    arrives: tuple[float, float],
) -> str:
    h, c, slope = v["h_0"], v["c_0"], dict.fromkeys("ifo", 0.2) | {"g": 1.0}
    sums = "\n".join(
        rf"- $z_{gate} = {linear((w[gate][0], x), (w[gate][1], h))} + {factor(w[gate][2])}"
        rf" = {short(v[f'z_{gate}'])}$, so ${gate} = "
        + (rf"{linear((0.2, v[f'z_{gate}']))} + 0.5 = " if gate != "g" else "")
        + rf"{short(v[gate])}$" for gate in GATES)
    to_gate = {"i": (d["c"], v["g"]), "f": (d["c"], c), "g": (d["c"], v["i"]),
               "o": (arrives[0], v["c"])}
    words = {"i": r"\partial L / \partial c_t \cdot g",
             "f": r"\partial L / \partial c_t \cdot c_{t-1}",
             "g": r"\partial L / \partial c_t \cdot i", "o": r"\delta h \cdot \varphi(c_t)"}
    gates = "\n".join(
        rf"- $\partial L / \partial {gate} = {words[gate]} = {linear(to_gate[gate])}"
        rf" = {short(d[gate])}$, and $\partial L / \partial z_{gate}"
        rf" = {linear((d[gate], slope[gate]))} = {short(d[f'z_{gate}'])}$" for gate in GATES)
    back = linear(*((w[gate][1], d[f"z_{gate}"]) for gate in GATES))
    return rf"""
## 1. Forward

{sums}
- $c_t = {linear((v["f"], c), (v["i"], v["g"]))} = {short(v["c"])}$
- $h_t = {linear((v["o"], v["c"]))} = {short(v["h"])}$

## 2. Back to the gates

$\partial L / \partial c_t = \delta h \cdot o \cdot \varphi'(c_t) + \delta c
= {linear((arrives[0], v["o"], 1))} + {factor(arrives[1])} =
{short(d["c"])}$, once through $h_t$ and once from
the next step.

{gates}

![The same graph, with values and derivatives.](values.svg)

A number that is ${short(d["c"] - arrives[1])}$ or ${short(arrives[1])}$ for
$\partial L / \partial c_t$ has seen one of the two ways only; without the slope 0.2,
$\partial L / \partial z_f$ would be ${short(d["f"])}$.

## 3. Back to the weights, and to the step before

1. With $\partial L / \partial z_f = {short(d["z_f"])}$: for $W_x$ it is
   ${linear((d["z_f"], x))} = {short(d["W_xf"])}$, for $W_h$
   ${linear((d["z_f"], h))} = {short(d["W_hf"])}$, for $b$ ${short(d["bf"])}$.
2. $\partial L / \partial c_{{t-1}} = \partial L / \partial c_t \cdot f
   = {linear((d["c"], v["f"]))} = {short(d["c_0"])}$,
   and through the four sums $\partial L / \partial h_{{t-1}} = {back} = {short(d["h_0"])}$, in the
   order $i, f, g, o$.
3. $f$, here ${short(v["f"])}$: where $h_{{t-1}}$ is held, $\partial c_t / \partial c_{{t-1}} = f$.
   (It is not the only way: $h_{{t-1}}$ was made of $c_{{t-1}}$, and goes through three gates to
   $c_t$.)
"""
