"""docs/reference/ops.md: a row for each op, from its record, and all names that lead to it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from math import inf
from typing import Any

import numpy as np

import minigrad.functional as F
import minigrad.ops
from minigrad.engine.declared import FUNCTIONAL, FUNCTIONS, METHODS
from minigrad.engine.domain import Domain
from minigrad.engine.op import OPS, Op

from .markdown import code, first_sentence, plain, table
from .rules import written

__all__ = ["NUMPY", "domains", "numpy_names", "op_of", "ops_by_file", "page"]

NUMPY = ".".join(np.__version__.split(".")[:2])  # with others there are other functions and words

_SYMBOLS = {
    "add": "x + y", "sub": "x - y", "mul": "x * y", "truediv": "x / y", "floordiv": "x // y",
    "mod": "x % y", "power": "x ** y", "matmul": "x @ y", "neg": "-x", "abs": "abs(x)",
    "getitem": "x[i]", "and": "x & y", "or": "x | y", "xor": "x ^ y", "invert": "~x",
    "lshift": "x << y", "rshift": "x >> y", "pos": "+x", "eq": "x == y", "ne": "x != y",
    "lt": "x < y", "le": "x <= y", "gt": "x > y", "ge": "x >= y", "divmod": "divmod(x, y)",
    "round": "round(x)",
}
_PLACES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.emath": np.emath}

_HEAD = """\
# Ops

Every op of minigrad, from its record: what `minigrad.catalogue()` lists. An op is one node of the
tape. {count} of them are enough for the {functions} functions of NumPy that take Tensors, and for
the methods and functions with PyTorch's names; what is made of several ops is
[at the end of the page](#functions-made-of-ops).

- **Op**: its name, and the shapes in NumPy's notation of generalized ufuncs: `()` is a number, and
  all broadcast.
- **Rule**: an argument's contribution; `g` is the cotangent of the result, `out` the result. A rule
  of more than one line has its name here, and stands in the file that is linked above the table.
  `0` stands where the derivative is zero by definition, `–` where there is none.
- **Domain**: where the op is smooth; tests draw there, and go to its ends. Without an entry,
  everywhere.
- **NumPy**: functions that record as this op. **Method, `F.`**: methods of a Tensor, operators, and
  functions of `minigrad.functional` (`F`), whose names are PyTorch's.

`print(minigrad.catalogue("tanh")[0].source)` prints the function that is called for an op. An op of
yours is one record more: `minigrad.primitive`, as [CONTRIBUTING](../../CONTRIBUTING.md) shows.
(NumPy's names are those of NumPy {numpy}.)
"""
_MADE_OF_OPS = """\
## Functions made of ops

These are no ops of their own: they call others, and what they do is on the tape as that.

### NumPy's functions

{functions}

### PyTorch's names

Methods of a Tensor, as in PyTorch: {methods}.

Functions of `minigrad.functional`: {functional}.

Where NumPy and PyTorch mean two things by one name, the words of the call decide:
[the table](tensor.md#two-meanings).
"""


def page() -> str:
    """The text of the page."""
    groups = ops_by_file()
    head = _HEAD.format(
        count=sum(map(len, groups.values())), functions=len(FUNCTIONS), numpy=NUMPY
    )
    return "\n".join([head, *(_section(*group) for group in groups.items()), _the_rest()])


def ops_by_file() -> dict[str, list[Op]]:
    """The ops that minigrad itself has, by the module in which each is written."""
    found: dict[str, list[Op]] = {}
    for info in pkgutil.walk_packages(minigrad.ops.__path__, "minigrad.ops."):
        if info.ispkg:
            continue
        module = importlib.import_module(info.name)
        published = {op_of(vars(module)[name]) for name in module.__all__}  # NumPy's ufuncs too
        ops = [op for op in OPS.values()
               if op in published or getattr(op.forward, "__module__", "") == info.name]
        if ops:
            found[info.name] = ops
    return found


def op_of(thing: Any) -> Op | None:
    """The op that a function calls and nothing else."""
    op = getattr(thing, "op", None)
    return op if isinstance(op, Op) else None


def _section(module: str, ops: list[Op]) -> str:
    path = f"{module.replace('.', '/')}.py"
    about = first_sentence(importlib.import_module(module))
    head = ("op", "formula", "rule", "domain", "NumPy", "method, `F.`")
    title = module.removeprefix("minigrad.ops.").replace(".", " · ").replace("_", " ")
    rows = table(head, (_row(op) for op in ops))
    return f"## {title}\n\n{plain(about)} ([`{path}`](../../{path})).\n\n{rows}"


def _row(op: Op) -> tuple[str, ...]:
    return (
        f"`{op.name}`<br>`{op.signature}`", plain(op.formula), "<br>".join(_rules(op)),
        domains(op), ", ".join(map(code, numpy_names(op))), ", ".join(map(code, _methods(op))),
    )


def _rules(op: Op) -> Iterator[str]:
    if op.joint is not None:
        yield code(written(op.joint))
        return
    if not any(op.rules):
        yield "–" if op.smooth else "0"
        return
    for argument, rule in zip(op.arguments, op.rules, strict=True):
        label = f"{argument}: " if len(op.rules) > 1 else ""
        yield f"{label}{code(written(rule)) if rule else '–'}"


def domains(op: Op) -> str:
    """Where the arguments may lie: "x > 0", "y ≠ 0"; nothing where all may lie everywhere."""
    found = (_domain(name, d) for name, d in zip(op.arguments, op.domains, strict=False))
    return "; ".join(text for text in found if text)


def _domain(x: str, domain: Domain) -> str:
    low, high = (f"{end:g}" if abs(end) < inf else "" for end in (domain.low, domain.high))
    ends = f"{low} < {x} < {high}" if low and high else f"{x} > {low}" if low else ""
    ends = ends or (f"{x} < {high}" if high else "")
    kinks = [f"{x} ≠ {', '.join(f'{k:g}' for k in domain.kinks)}"] if domain.kinks else []
    distinct = [f"the entries of {x} differ"] if domain.distinct else []
    return ", ".join([*([ends] if ends else []), *kinks, *distinct]).replace("-", "−")


def numpy_names(op: Op) -> list[str]:
    """The functions of NumPy that are this op, or have its name and prepare arguments for it."""
    return [name for f, call in FUNCTIONS.items() for name in _named(f)
            if op_of(call) is op or name.rpartition(".")[2] == op.name]


def _named(function: Any) -> list[str]:
    name = function.__name__
    places = [p for p, module in _PLACES.items() if getattr(module, name, None) is function]
    return [f"{places[0]}.{name}"] if places else []


def _methods(op: Op) -> list[str]:
    found = {
        name: None for methods in METHODS.values() for name, value in methods.items()
        if op_of(value) is op or op_of(_handler(value)) is op or name == op.name
    }
    names = [n.strip("_") if n.startswith("__") else n for n in found]
    symbols = [_SYMBOLS[name] for name in [*names, op.name] if name in _SYMBOLS]
    functional = [f"F.{call.partition('(')[0]}" for call, f in FUNCTIONAL.items() if op_of(f) is op]
    functional = functional or [f"F.{op.name}" for name in F.__all__ if name == op.name]
    methods = [f".{name}" for name in found if not name.startswith("__")]
    return [*dict.fromkeys(symbols), *methods, *functional]


def _handler(method: Any) -> Any:
    """What NumPy's function does with Tensors, where a method is such a function."""
    return FUNCTIONS.get(method) if callable(method) else None


def _the_rest() -> str:
    shown = {name for ops in ops_by_file().values() for op in ops for name in numpy_names(op)}
    functions = {name for f in FUNCTIONS for name in _named(f)} - shown
    ops = {name for ops in ops_by_file().values() for op in ops for name in _methods(op)}
    methods = {f".{name}" for name in METHODS["PyTorch"] if name[0] != "_" != name[-1]} - ops
    functional = {f"F.{name}" for name in F.__all__} - ops
    return _MADE_OF_OPS.format(
        functions=_listed(functions), methods=_listed(methods), functional=_listed(functional)
    )


def _listed(names: set[str]) -> str:
    return ", ".join(map(code, sorted(names)))
