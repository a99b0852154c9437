"""Numbers that one computes with by hand: drawn at random, and refused where they get long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Unsuitable", "chosen", "factor", "linear", "row", "short"]

PLACES = 3     # decimals that a result may have
LARGEST = 20   # and how large it may be


class Unsuitable(Exception):
    """These numbers are no exercise: one is too long, or there is nothing to learn from them."""


def chosen(rng: np.random.Generator, *values: float) -> float:
    """One of the values."""
    return float(rng.choice(values))


def short(x: Any) -> str:
    """A number as it is printed, with all of its decimals.

    Raises Unsuitable where it has more than 3 of them, or is larger than 20.

    >>> short(0.375), short(-2.0), short(-0.0)
    ('0.375', '-2', '0')
    """
    value = float(x)
    text = f"{value:.{PLACES}f}"
    if abs(float(text) - value) > 1e-10 or abs(value) > LARGEST:
        raise Unsuitable(f"{value}")
    text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def factor(x: Any) -> str:
    """A number inside of a product: a negative one in parentheses.

    >>> factor(0.5), factor(-2)
    ('0.5', '(-2)')
    """
    text = short(x)
    return f"({text})" if text.startswith("-") else text


def linear(*products: Sequence[Any]) -> str:
    r"""A sum of products, as a formula.

    >>> linear((2, -0.5), (1, 3))
    '2 \\cdot (-0.5) + 1 \\cdot 3'
    """
    return r" + ".join(r" \cdot ".join(factor(x) for x in product) for product in products)


def row(name: str, values: Sequence[Any] | None, count: int = 0) -> str:
    """A line of a table: a formula, and numbers; or without them cells to write in.

    >>> row("x_t", [1, -0.5]), row("h_t", None, 2)
    ('| $x_t$ | $1$ | $-0.5$ |', '| $h_t$ |  |  |')
    """
    cells = [""] * count if values is None else [f"${short(x)}$" for x in values]
    return f"| ${name}$ | " + " | ".join(cells) + " |"
