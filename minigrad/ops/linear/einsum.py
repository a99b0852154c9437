"""einsum: any number of operands, as a chain of products of two.

A subscript that repeats within an operand is a diagonal, one that only one operand has and the
result does not is a sum; what remains are products of two operands with clean subscripts, and the
gradient of one of those is another: of ``ij,jk->ik`` with respect to the first, ``ik,jk->ij``.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import as_tensor
from ..common import composite, one_of, refuse
from ..shape.axes import reshape, transpose
from ..shape.rearranging import diagonal

__all__ = ["einsum"]


@functools.lru_cache(maxsize=1024)
def _groups(subscripts: str) -> tuple[str, str, str, str, str, str, str]:
    """The subscripts of a product: x, y, out, and which are in both and out (batch), only in x,
    summed, only in y."""
    inputs, out = subscripts.split("->")
    x, y = inputs.split(",")
    batch = "".join(c for c in out if c in x and c in y)
    return (
        x, y, out, batch,
        "".join(c for c in x if c in out and c not in y),
        "".join(c for c in x if c in y and c not in out),
        "".join(c for c in y if c in out and c not in x),
    )


def _order(have: str, want: str) -> list[int]:
    return [have.index(c) for c in want]


def _product_left(g: Any, y: Any, subscripts: str) -> Any:
    mine, theirs, out = _groups(subscripts)[:3]
    return _product(g, y, subscripts=f"{out},{theirs}->{mine}")


def _product_right(g: Any, x: Any, subscripts: str) -> Any:
    mine, theirs, out = _groups(subscripts)[:3]
    return _product(x, g, subscripts=f"{mine},{out}->{theirs}")


@primitive(
    "(n,k),(k,m)->(n,m)", name="einsum", vjps=(_product_left, _product_right),
    samples=lambda rng: one_of(
        rng,
        ((rng.normal(size=(2, 3)), rng.normal(size=(3, 4))), {"subscripts": "ij,jk->ki"}),
        ((rng.normal(size=(2, 3, 2)), rng.normal(size=(3, 2))), {"subscripts": "abc,bc->bca"}),
        ((rng.normal(size=2), rng.normal(size=3)), {"subscripts": "i,j->ji"}),
        ((rng.normal(size=(2, 3)), rng.normal(size=(3, 2))), {"subscripts": "ij,ji->"}),
    ),
)
def _product(x: Any, y: Any, *, subscripts: str) -> Any:
    """Σ of x · y over the subscripts that the result leaves out, as one stacked matrix product"""
    mine, theirs, out, batch, left, summed, right = _groups(subscripts)
    sizes = dict(zip(mine + theirs, np.shape(x) + np.shape(y), strict=True))
    head = [sizes[c] for c in batch]
    rows, terms, columns = (
        int(np.prod([sizes[c] for c in group], dtype=int)) for group in (left, summed, right)
    )
    x = np.reshape(np.transpose(x, _order(mine, batch + left + summed)), (*head, rows, terms))
    y = np.reshape(np.transpose(y, _order(theirs, batch + summed + right)), (*head, terms, columns))
    product = x @ y if summed else x * y  # without a sum, a column times a row broadcasts
    product = np.reshape(product, [sizes[c] for c in batch + left + right])
    return np.transpose(product, _order(batch + left + right, out))


# -- reading the subscripts


def _spelled(operands: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Subscripts and operands, also of the form (a, [0, 1], b, [1, 2], [0, 2])."""
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), operands[1:]

    def letters(axes: Any) -> str:
        if any(a is not Ellipsis and not 0 <= a < len(ascii_letters) for a in axes):
            raise ValueError(f"subscripts {axes}: wanted integers from 0 to 51, or an ellipsis")
        return "".join("..." if a is Ellipsis else ascii_letters[a] for a in axes)

    inputs = ",".join(letters(axes) for axes in operands[1::2])
    if len(operands) % 2:
        return f"{inputs}->{letters(operands[-1])}", operands[:-1:2]
    return inputs, operands[::2]


@functools.lru_cache(maxsize=1024)
def _parse(
    text: str, shapes: tuple[tuple[int, ...], ...]
) -> tuple[tuple[str, ...], str, dict[str, int]]:
    """The subscripts of each operand and of the result, ellipses spelled out, and all lengths."""
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ValueError(f"{text!r} is for {len(terms)} operands, received {len(shapes)}")
    for term in (*terms, right):
        if not set(term.replace("...", "", 1)) <= set(ascii_letters):
            raise ValueError(f"{term!r} in {text!r}: wanted letters and at most one ellipsis")
    widths = [len(s) - len(t.replace("...", "")) for t, s in zip(terms, shapes, strict=True)]
    for k, (term, width, shape) in enumerate(zip(terms, widths, shapes, strict=True)):
        if width < 0 or (width > 0 and "..." not in term):
            raise ValueError(f"{term!r} does not fit operand {k} of shape {shape}")
    widest = max(widths)
    dots = "".join(chr(ord("α") + k) for k in range(widest))
    inputs = tuple(
        term.replace("...", dots[widest - width :])
        for term, width in zip(terms, widths, strict=True)
    )
    letters = "".join(terms).replace(".", "")
    if arrow:
        result = right.replace("...", dots)
        if dots and "..." not in right:
            raise ValueError(f"the result in {text!r} leaves out the axes of the ellipsis")
    else:
        result = dots + "".join(sorted(c for c in letters if letters.count(c) == 1))
    for c in result:
        if result.count(c) > 1 or c not in letters + dots:
            raise ValueError(f"the result in {text!r} has {c!r} twice, or no operand has it")
    return inputs, result, _lengths(inputs, shapes)


def _lengths(inputs: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """The length that goes with each subscript; a length of 1 broadcasts."""
    sizes: dict[str, int] = {}
    for k, (term, shape) in enumerate(zip(inputs, shapes, strict=True)):
        own = dict(zip(term, shape, strict=True))
        for c, n in zip(term, shape, strict=True):
            if own[c] != n or (n != 1 and sizes.get(c, 1) not in (1, n)):
                name = repr(c) if c in ascii_letters else "an axis of the ellipsis"
                before = own[c] if own[c] != n else sizes[c]
                raise ValueError(f"{name} has length {n} in operand {k}, and {before} elsewhere")
            sizes[c] = max(n, sizes.get(c, 1)) if n else 0
    return sizes


# -- the chain


def _single(x: Any, term: str, sizes: dict[str, int]) -> tuple[Any, str]:
    """An operand with its diagonals taken and without axes of length 1 that others have longer."""
    for c in sorted(set(term)):
        while term.count(c) > 1:
            first = term.index(c)
            second = term.index(c, first + 1)
            x = diagonal(x, axis1=first, axis2=second)
            term = term[:first] + term[first + 1 : second] + term[second + 1 :] + c
    long = [n == sizes[c] for c, n in zip(term, x.shape, strict=True)]
    if not all(long):
        x = reshape(x, shape=tuple(n for n, keep in zip(x.shape, long, strict=True) if keep))
        term = "".join(c for c, keep in zip(term, long, strict=True) if keep)
    return x, term


def _summed(x: Any, term: str, keep: set[str]) -> tuple[Any, str]:
    """x summed over the subscripts that nothing else has."""
    axes = tuple(axis for axis, c in enumerate(term) if c not in keep)
    if not axes:
        return x, term
    return np.sum(x, axis=axes, dtype=x.dtype), "".join(c for c in term if c in keep)


def _path(text: str, arrays: Sequence[Any], optimize: Any) -> Sequence[Sequence[int]]:
    """Which operands to take from the list when; each result goes to its end."""
    if len(arrays) < 3:
        return [tuple(range(len(arrays)))]
    likes = [np.broadcast_to(0.0, a.shape) for a in arrays]  # shapes without memory
    return np.einsum_path(text, *likes, optimize=optimize or "greedy")[0][1:]


@composite(np.einsum)
def einsum(
    *operands: Any, out: Any = None, dtype: Any = None, order: str = "K", casting: str = "safe",
    optimize: Any = False,
) -> Any:
    """Σ of products of the operands' entries, as the subscripts say: ``einsum("ij,jk->ik", a, b)``.

    Subscripts may repeat within an operand (a diagonal), hold an ellipsis, and leave out the
    result (then it has those that occur once, in alphabetical order). The form
    ``einsum(a, [0, 1], b, [1, 2], [0, 2])`` is taken too.
    optimize: the order in which more than two operands are multiplied, as np.einsum_path gives it.

    dtype: of the calculation, to which the operands are converted as `casting` allows.

    Raises ValueError for subscripts that do not fit the operands, NoDerivativeError for out=.
    """
    refuse("np.einsum", out=out)
    text, given = _spelled(operands)
    arrays = [as_tensor(a) for a in given]
    if dtype is not None:
        arrays = [a.astype(dtype, casting=casting) for a in arrays]
    inputs, result, sizes = _parse(text, tuple(a.shape for a in arrays))
    terms = [_single(a, s, sizes) for a, s in zip(arrays, inputs, strict=True)]
    for group in _path(text, arrays, optimize):
        picked = [terms.pop(position) for position in sorted(group, reverse=True)][::-1]
        while len(picked) > 1:
            (x, mine), (y, theirs) = picked[:2]
            others = [s for _, s in terms + picked[2:]]
            kept = set(result).union(*others)
            x, mine = _summed(x, mine, kept | set(theirs))
            y, theirs = _summed(y, theirs, kept | set(mine))
            both = mine + "".join(c for c in theirs if c not in mine)
            product = "".join(c for c in both if c in kept) if others else result
            picked[:2] = [(_product(x, y, subscripts=f"{mine},{theirs}->{product}"), product)]
        terms.append(picked[0])
    ((x, mine),) = terms
    x, mine = _summed(x, mine, set(result))
    return x if mine == result else transpose(x, axes=_order(mine, result))
