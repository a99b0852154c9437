"""docs/reference/laws.md: each law as its function states it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minigrad.testing import LAWS, MUTANT_KINDS, SCAN_LAWS
from rnn.testing import CELL_LAWS, CELL_MUTANT_KINDS

from .markdown import paragraph, plain, table

__all__ = ["page"]

_PAGE = """\
# Laws

What `check_op`, `check_scan`, `check_cell` and `check_grads` hold. Each law is a function whose
docstring states it; the tables below are these docstrings. A check draws calls, sizes and values
with Hypothesis, shrinks what fails, and raises with the numbers and the line that replays it.
minigrad's own ops, cells and compiled loops are held to the same laws.

```python
>>> import numpy as np
>>> import minigrad as mg
>>> from minigrad.testing import check_grads, check_op, check_scan
>>> from rnn import GRUCell
>>> from rnn.testing import check_cell
>>> check_op("tanh", examples=5)
>>> check_cell(GRUCell, laws=["causality", "gates"], examples=2)
>>> check_grads(lambda x: np.tanh(x) @ x, np.array([0.5, -1.0]), order=2)

```

What breaks one says which, and where:

```python
>>> from minigrad.testing import mutant
>>> with mutant("tanh", "factor"):                # its rule is 0.1 % off
...     try:
...         check_op("tanh", examples=20)
...     except AssertionError as error:
...         print(error)
the first derivative is wrong: ∂ the output / ∂ x
  minigrad (rev):   ...
  differences:      ...   ratio 1.001
  ...

```

## check_grads: one function, your inputs

Compares the derivative with central differences in float64, in directions that are drawn, up to
`order=`. It differentiates the cotangent too: a rule that is right for the cotangent 1 alone passes
a check that holds it fixed. On small inputs it compares the whole Jacobian. It refuses, with
`CheckRefused`, where it cannot judge, as at a kink.

## check_op: an op, from its record

Inputs are drawn from the op's domains: in awkward memory layouts, with broadcasting, empty and 0-d
arrays, ties, and special values.

{ops}
## check_scan: a compiled loop

`check_scan(step, state, xs)` holds that the loop which `scan` has made is your loop.

{scans}
## check_cell: a cell

`check_cell(MyCell)` draws sizes and weights. With `reference=`, a step in plain NumPy, it also
checks what the cell computes.

{cells}
## And who checks the checks

`minigrad.testing.assert_kills_mutants` and `rnn.testing.assert_kills_mutants` plant faults in an op
or a cell (a factor of 1.001, a dropped term, `=` for `+=`, swapped gates, a stale state), and
fail if your test does not notice. Of an op:

{faults}
Of a cell, or of what runs it:

{cell_faults}
`make mutants` does it with all of minigrad and rnn:
[what it found](../../benchmarks/MUTANTS.md).
"""


def page() -> str:
    """The text of the page."""
    return _PAGE.format(
        ops=_rows((law.__name__, law) for law in LAWS),
        scans=_rows(SCAN_LAWS.items()), cells=_rows(CELL_LAWS.items()),
        faults=_faults(MUTANT_KINDS), cell_faults=_faults(CELL_MUTANT_KINDS),
    )


def _rows(laws: Iterable[tuple[str, Callable[..., Any]]]) -> str:
    return table(("law", "what it says"), ((f"`{n}`", plain(paragraph(law))) for n, law in laws))


def _faults(kinds: Mapping[str, str]) -> str:
    return table(("fault", "what is wrong then"), ((f"`{k}`", plain(v)) for k, v in kinds.items()))
