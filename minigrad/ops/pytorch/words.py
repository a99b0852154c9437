"""Words that NumPy and PyTorch share, and whose meaning each has here.

NumPy's functions are NumPy's: ``np.std(x)``. A method is NumPy's where arrays have one of that
name, and PyTorch's where only PyTorch has one. A keyword that only the other knows makes the call
the other's: ``x.std()`` divides by n as NumPy does, ``x.std(dim=0)`` by n - 1 as PyTorch does,
``x.norm(1)`` is PyTorch's sum of all |x|, ``x.norm(ord=1)`` NumPy's largest column. So does True or
False after the axis, where PyTorch has an argument of that kind: ``x.max(0, True)``. `WORDS` is the
table of those that differ; ``print(table())`` shows it. Where both mean the same, the words of both
are understood: ``x.sum(dim=1, keepdim=True)``, ``x.sum([0, 1])``, ``x.sum(1, True)``.

Dtypes are NumPy's everywhere: a float32 and a float64 make a float64.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from ..forms import Either, caller, form_of

__all__ = ["WORDS", "Word", "by_words", "either", "renamed", "table"]

F = TypeVar("F", bound=Callable[..., Any])


class Word(NamedTuple):
    """A row of the table: a call of a method, whose meaning it has, and what it gives."""

    call: str
    whose: str
    gives: str


WORDS = (
    Word("x.flatten('F')", "NumPy", "one axis, read in an order"),
    Word("x.flatten(0, 1)", "PyTorch", "the axes from start_dim to end_dim made one"),
    Word("x.max(0)", "NumPy", "the largest values"),
    Word("x.max(axis=0, keepdims=True)", "NumPy", "the largest values"),
    Word("x.max(dim=0)", "PyTorch", "(values, indices)"),
    Word("x.max(0, True)", "PyTorch", "(values, indices), the axis kept"),
    Word("x.min(0)", "NumPy", "the smallest values"),
    Word("x.min(dim=0)", "PyTorch", "(values, indices)"),
    Word("x.median()", "PyTorch", "of an even number of entries the lower one in the middle"),
    Word("x.median(0)", "PyTorch", "(values, indices)"),
    Word("x.median(axis=0)", "NumPy", "the mean of the two in the middle"),
    Word("x.nanmedian(0)", "PyTorch", "(values, indices), of what is not NaN"),
    Word("x.nonzero()", "NumPy", "the indices, an array for each axis"),
    Word("x.nonzero(as_tuple=False)", "PyTorch", "a row of indices for each entry"),
    Word("x.norm(1)", "PyTorch", "of a vector of all entries: Σ |x|"),
    Word("x.norm(p=1)", "PyTorch", "of a vector of all entries: Σ |x|"),
    Word("x.norm(1, (0, 1))", "PyTorch", "of a vector of all entries: Σ |x|"),
    Word("x.norm(ord=1)", "NumPy", "of a matrix: the largest sum of a column of |x|"),
    Word("x.repeat(2, 1)", "NumPy", "each entry along axis 1 twice: repeats, axis"),
    Word("x.repeat_interleave(2, 1)", "PyTorch", "each entry along dim 1 twice"),
    Word("x.tile(2, 1)", "PyTorch", "copies side by side: what PyTorch's x.repeat(2, 1) gives"),
    Word("x.size", "NumPy", "the number of entries; PyTorch's x.size() is x.shape"),
    Word("x.sort()", "PyTorch", "(values, indices) along dim -1; np.sort(x) gives the values"),
    Word("x.split(2)", "PyTorch", "parts of 2 entries; np.split(x, 2) gives 2 parts"),
    Word("x[:1].squeeze(0)", "NumPy", "without an axis, which must have length 1"),
    Word("x.squeeze(dim=0)", "PyTorch", "x itself where the axis has another length"),
    Word("x.std(0)", "NumPy", "√ of the sum of squared deviations over n"),
    Word("x.std(0, ddof=1)", "NumPy", "√ of it over n - ddof"),
    Word("x.std(dim=0)", "PyTorch", "√ of it over n - 1: correction=1, unbiased=True"),
    Word("x.std(0, False)", "PyTorch", "√ of it over n: unbiased=False"),
    Word("x.transpose(0, 1)", "NumPy", "a permutation of the axes, here the one that moves none"),
    Word("x.transpose(dim0=0, dim1=1)", "PyTorch", "two axes exchanged"),
    Word("x.var(0)", "NumPy", "the sum of squared deviations over n"),
    Word("x.var(dim=0)", "PyTorch", "the sum of squared deviations over n - 1"),
    Word("x.view(-1)", "PyTorch", "x with another shape; a view as another dtype there is not"),
)


def table() -> str:
    """The rows of `WORDS` as lines of text.

    >>> print(table().splitlines()[0])
    x.flatten('F')                NumPy    one axis, read in an order
    """
    widths = [max(len(row[k]) for row in WORDS) for k in range(2)]
    return "\n".join(
        f"{row.call:{widths[0]}}  {row.whose:{widths[1]}}  {row.gives}" for row in WORDS
    )


def renamed(function: F, words: Mapping[str, str], truth: str | None = None) -> F:
    """`function`, which may be called with other keywords too: `words` maps them to its own.

    truth: the keyword that True or False stands for after an axis, which is the second argument.
    """
    return caller(form_of(function)._replace(words=words, truth=truth))  # type: ignore[no-any-return]  # the same signature


def either(function: F) -> F:
    """Let `function`, which takes PyTorch's ``dim`` and ``keepdim``, take NumPy's words too."""
    return renamed(function, {"axis": "dim", "keepdims": "keepdim"})


def by_words(
    numpy: Any, numpys: Callable[..., Any], pytorchs: Callable[..., Any], plain: str = "NumPy"
) -> Any:
    """A method that NumPy and PyTorch both have, meaning two things; the words of a call decide.

    numpy: NumPy's function, for its keywords; numpys, pytorchs: what the two do with a Tensor.
    plain: whose a call is that has no word of either.
    """
    of_numpy = inspect.signature(numpy).parameters.keys()
    of_pytorch = inspect.signature(pytorchs).parameters.keys()
    if plain == "NumPy":
        other = Either(pytorchs, frozenset(of_pytorch - of_numpy), frozenset(of_numpy - of_pytorch),
                       truth=True)
        call = caller(form_of(numpys)._replace(either=other), like=pytorchs)
        formula = (numpys.__doc__ or "").partition("\n")[0]
        of_theirs = inspect.cleandoc(pytorchs.__doc__ or "")
        call.__doc__ = f"{formula}\n\nIn PyTorch's words: {of_theirs}"
        return call
    other = Either(numpys, frozenset(of_numpy - of_pytorch), frozenset(of_pytorch - of_numpy),
                   truth=False)
    return caller(form_of(pytorchs)._replace(either=other), like=pytorchs)
