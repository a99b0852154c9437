"""One step of a GRU read in four ways: where r acts, and what z measures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.functional import hardtanh

from ...cells import GRUCell
from .numbers import Unsuitable, factor, linear, row, short
from .written import Written

if TYPE_CHECKING:
    from minigrad.drawing import Drawing

__all__ = ["write"]

Array = np.ndarray[Any, Any]
RESET, UPDATE = ("before", "after"), ("keep", "new")


class Given(NamedTuple):
    """The numbers of a sheet. a: what the input gives to r, z and n, (3, 2); h: (2,); W: (2, 2)."""

    a: Array
    h: Array
    W: Array


class Readings(NamedTuple):
    """What the engine makes of them. n: by reset; h: by reset and update; turned: h by reset, of
    update "new" with the sign of z's weights changed."""

    r: Array
    z: Array
    n: dict[str, Array]
    h: dict[tuple[str, str], Array]
    turned: dict[str, Array]


def cell_of(given: Given, reset: str, update: str, sign: int = 1) -> GRUCell:
    """A GRU of two units with these numbers. sign: of the weights of z."""
    cell = GRUCell(
        1, 2, biases=0, reset=reset, update=update, dtype=float, activation=hardtanh,
        recurrent_activation="hard_sigmoid_02",
    )
    for gate, part in zip(("r", "z", "n"), given.a, strict=True):
        cell.gate(gate).W_xh = [part * (sign if gate == "z" else 1)]
        cell.gate(gate).W_hh = given.W if gate == "n" else np.zeros((2, 2))
    return cell


def run(given: Given) -> Readings:
    """Every reading of the sheet, by the cell that has it."""

    def step(numbers: Given, *words: Any) -> Array:
        output, _ = cell_of(numbers, *words)(np.ones((1, 1)), given.h[None])
        state: Array = output.detach().numpy()[0]
        return state

    sigma = cell_of(given, "after", "keep").sigma
    r, z = (sigma(mg.tensor(part)).numpy() for part in given.a[:2])
    # Where z, which says what is kept, is 0, the new state is the candidate.
    closed = given._replace(a=np.stack([given.a[0], [-2.5, -2.5], given.a[2]]))
    return Readings(
        r, z, {reset: step(closed, reset, "keep") for reset in RESET},
        {words: step(given, *words) for words in product(RESET, UPDATE)},
        {reset: step(given, reset, "new", -1) for reset in RESET},
    )


def picture(given: Given, reset: str) -> Drawing:
    """The candidate: the one place where the two differ."""
    r, h, W, a = (mg.Parameter(value, name=name) for value, name in (
        (given.a[0], "r"), (given.h, "h_t-1"), (given.W, "W"), (given.a[2], "a_n")))
    n = hardtanh(a + ((r * h) @ W if reset == "before" else r * (h @ W)))
    n.name = "n"
    return mg.draw(n, labels={"multiply": "⊙", "matmul": "times W", "add": "+", "hardtanh": "φ"})


def write(rng: np.random.Generator) -> Written:
    """Draw the numbers and write sheet and key. Raises Unsuitable where they are none."""
    def pair(*values: float) -> list[float]:
        return [float(v) for v in rng.choice(values, size=2, replace=False)]

    given = Given(
        np.array([pair(-2, -1.5, -1, -0.5, 0.5, 1, 1.5), pair(-1.5, -1, -0.5, 0.5, 1, 1.5),
                  pair(-0.5, 0, 0.2, 0.5, 1)]),
        np.array(pair(-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2)),
        np.array([pair(-1, -0.5, 0.5, 1), pair(-1, 0.5, 1, 2)]),
    )
    r = 0.2 * given.a[0] + 0.5    # most draws are refused, so this is not asked of the engine
    sums = given.a[2] + np.stack([(r * given.h) @ given.W, r * (given.h @ given.W)])
    if np.abs(sums).max() >= 1 or np.abs(sums).min() < 0.05:
        raise Unsuitable("a candidate is saturated, or zero")
    found = run(given)
    states = list(found.h.values())
    if any(np.abs(a - b).min() < 0.05 for a, b in combinations([*states, np.zeros(2)], 2)):
        raise Unsuitable("two conventions agree, or a state is zero")
    return Written(
        "A GRU, read in four ways", _given(given), _tasks(), _solution(given, found),
        {"before.svg": lambda: picture(given, "before"),
         "after.svg": lambda: picture(given, "after")},
        {f"h_{k + 1}, {reset}, {update}": float(found.h[reset, update][k])
         for reset, update in found.h for k in (0, 1)},
    )


def vector(values: Sequence[float] | Array) -> str:
    """Two numbers as a formula: (0.5, -1)."""
    return "(" + r",\; ".join(short(value) for value in values) + ")"


def _given(given: Given) -> str:
    table = "\n".join(row(f"a_{gate}", given.a[k]) for k, gate in enumerate("rzn"))
    return rf"""
A GRU of two units makes one step from $h_{{t-1}} = {vector(given.h)}$. To save work, its gates $r$
and $z$ look at the input only. What the input gives to the gates and to the candidate is

| | unit 1 | unit 2 |
|---|---|---|
{table}

and the candidate's recurrent weights are, with the row of $h_1$ first,

| $W$ | to unit 1 | to unit 2 |
|---|---|---|
| from $h_1$ | ${short(given.W[0, 0])}$ | ${short(given.W[0, 1])}$ |
| from $h_2$ | ${short(given.W[1, 0])}$ | ${short(given.W[1, 1])}$ |

$\sigma(a) = 0.2\, a + 0.5$ and $\varphi(a) = a$ do for the two curves, in the range of this sheet.
Then $r = \sigma(a_r)$ and $z = \sigma(a_z)$. About the rest, books and libraries differ:

- the reset acts **before** the product, $n = \varphi(a_n + (r \odot h_{{t-1}}) W)$, or **after**
  it, $n = \varphi(a_n + r \odot (h_{{t-1}} W))$;
- $z$ says what is **kept**, $h_t = z \odot h_{{t-1}} + (1 - z) \odot n$, or what is **new**,
  $h_t = (1 - z) \odot h_{{t-1}} + z \odot n$.

![Reset before the product.](before.svg)

![Reset after the product.](after.svg)
"""


def _tasks() -> str:
    head = "| | unit 1 | unit 2 |\n|---|---|---|\n"
    gates = "\n".join(row(name, None, 2) for name in "rz")
    candidates = "\n".join(f"| $n$, reset {reset} |  |  |" for reset in RESET)
    states = "\n".join(f"| $h_t$, {reset}, {update} |  |  |" for reset, update in
                       product(RESET, UPDATE))
    return f"""
## 1. The gates

{head}{gates}

## 2. The candidate, in both ways

{head}{candidates}

## 3. The new state, in four ways

{head}{states}

## 4. A file of weights

A network was trained where $z$ says what is kept, and is to run in a program where it says what is
new. Which of its weights have to be changed, and how? Is there such a change for the reset, too?
"""


def _solution(given: Given, found: Readings) -> str:
    a_n, h, W, r, z = given.a[2], given.h, given.W, found.r, found.z

    def gate(name: str, values: Array, a: Array) -> str:
        return "\n".join(rf"- ${name}_{k + 1} = {linear((0.2, a[k]))} + 0.5 = {short(values[k])}$"
                         for k in (0, 1))

    before = "\n".join(
        rf"- before: $n_{k + 1} = {short(a_n[k])} + {linear(*zip(r, h, W[:, k], strict=True))}"
        rf" = {short(found.n['before'][k])}$" for k in (0, 1))
    after = "\n".join(
        rf"- after: $n_{k + 1} = {short(a_n[k])} + {factor(r[k])} \cdot"
        rf" ({linear(*zip(h, W[:, k], strict=True))}) = {short(found.n['after'][k])}$"
        for k in (0, 1))

    def state(reset: str, update: str, k: int) -> str:
        kept = z[k] if update == "keep" else 1 - z[k]
        parts = linear((kept, h[k]), (1 - kept, found.n[reset][k]))
        return f"${parts} = {short(found.h[reset, update][k])}$"

    states = "\n".join(
        f"| {reset}, {update} | {state(reset, update, 0)} | {state(reset, update, 1)} |"
        for reset, update in found.h)
    return rf"""
## 1. The gates

{gate("r", r, given.a[0])}
{gate("z", z, given.a[1])}

## 2. The candidate, in both ways

{before}
{after}

## 3. The new state, in four ways

| $h_t$ | unit 1 | unit 2 |
|---|---|---|
{states}

## 4. A file of weights

The weights and the bias of $z$ change their sign, because $\sigma(-a) = 1 - \sigma(a)$: here $a_z$
becomes ${vector(-given.a[1])}$, and what is new becomes ${vector(1 - z)}$. With them the other
program gives ${vector(found.turned["before"])}$ (before) and ${vector(found.turned["after"])}$
(after), which is what *keep* gave above.

For the reset there is none in general: after the product, unit 1 has one factor
$r_1 = {short(r[0])}$ for the whole sum; before it, each term has a factor of its own,
${short(r[0])}$ and ${short(r[1])}$. The two agree where all units of $r$ are equal, or where $W$
has no entries off its diagonal.

PyTorch resets after the product, and its $z$ says what is kept; so does Keras by default. The
paper that introduced the GRU (Cho et al., 2014) resets before it. In code: `rnn.GRUCell(...,
reset="before", update="new")`.
"""
