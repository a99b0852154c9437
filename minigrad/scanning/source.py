"""Equations as lines of NumPy: names that are free, constants that can be read, shapes beside."""

from __future__ import annotations

import keyword
import linecache
import math
from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import finalize

import numpy as np

from ..engine.op import OPS
from ..ops.index.indexing import is_basic
from .atoms import replaced
from .program import Equation, Var

__all__ = ["Lines", "compiled"]

GETITEM, SPLIT, UNSTACK = OPS["getitem"], OPS["split"], OPS["unstack"]

_number = count(1)
_PLAIN = (bool, int, str, type(None), type(Ellipsis))


class Lines:
    """Lines of source as they are written, and what their names stand for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"np": np}
        self.depth = 0
        self._taken: set[str] = {"np", "t", "T", "range", "max", "reversed", "start", "end"}
        self._of: dict[Var, str] = {}

    def write(self, line: str, comment: str = "") -> None:
        """A line, indented as deep as the block is, with a comment beside it."""
        text = "    " * self.depth + line
        self.lines.append(f"{text:<68} # {comment}" if comment else text)

    def name(self, var: Var) -> str:
        """The name of a variable: the user's, with a number where it is taken."""
        if var not in self._of:
            self._of[var] = self.free(var.name or "v")
        return self._of[var]

    def free(self, wanted: str) -> str:
        """A name that is not taken."""
        base = "".join(ch if ch.isalnum() or ch == "_" else "_" for ch in wanted)
        if not base.isidentifier() or keyword.iskeyword(base):
            base = f"v_{base}"
        found = base
        for k in count(1):
            if found not in self._taken:
                break
            found = f"{base}{k}" if not base[-1].isdigit() else f"{base}_{k}"
        self._taken.add(found)
        return found

    def function(self, op: Any) -> str:
        """What an op's forward is called: np.tanh, or a name for it."""
        forward = op.forward
        own = getattr(forward, "__name__", "")
        if getattr(np, own, None) is forward:
            return f"np.{own}"
        return self.constant(forward, op.name)

    def constant(self, value: Any, wanted: str = "constant") -> str:
        """A name for something that has no literal."""
        for name, known in self.names.items():
            if known is value:
                return name
        name = self.free(wanted)
        self.names[name] = value
        return name

    def text(self, tree: Any) -> str:
        """A tree of variables and constants as an expression."""
        if isinstance(tree, Var):
            return self.name(tree)
        if isinstance(tree, tuple) and not hasattr(tree, "_fields"):
            inside = ", ".join(map(self.text, tree))
            return f"({inside},)" if len(tree) == 1 else f"({inside})"
        if type(tree) is list:
            return f"[{', '.join(map(self.text, tree))}]"
        if isinstance(tree, slice):
            return f"slice({', '.join(self.text(p) for p in (tree.start, tree.stop, tree.step))})"
        if isinstance(tree, _PLAIN) and type(tree) in _PLAIN:
            return repr(tree)
        if type(tree) is float:
            return repr(tree) if math.isfinite(tree) else f"float('{tree}')"
        if isinstance(tree, dict):
            held = replaced(tree, lambda leaf: leaf)
            return "{" + ", ".join(f"{k!r}: {self.text(v)}" for k, v in held.items()) + "}"
        return self.constant(tree, "one" if _is_one(tree) else "constant")

    def call(self, equation: Equation) -> str:
        """The right-hand side of an equation."""
        if equation.op is GETITEM and is_basic(equation.params["index"]):
            return f"{self.text(equation.args[0])}[{self.index(equation.params['index'])}]"
        if equation.op is SPLIT:
            return self.cuts(equation)
        if equation.op is UNSTACK and equation.params["axis"] == 0:
            return self.text(equation.args[0])
        parts = [self.text(a) for a in equation.args]
        parts += [f"{k}={self.text(v)}" for k, v in equation.params.items()]
        return f"{self.function(equation.op)}({', '.join(parts)})"

    def index(self, index: Any) -> str:
        """What stands between the brackets."""
        if isinstance(index, tuple):
            return ", ".join(map(self.index, index)) + "," * (len(index) == 1)
        if isinstance(index, slice):
            ends = ["" if p is None else self.text(p) for p in (index.start, index.stop)]
            step = "" if index.step is None else f":{self.text(index.step)}"
            return ":".join(ends) + step
        return "..." if index is Ellipsis else self.text(index)

    def cuts(self, equation: Equation) -> str:
        """The parts of a split, as slices."""
        (x,), at, found = equation.args, 0, []
        axis = equation.params["axis"] % len(x.shape)
        for out in equation.outs:
            start, at = at, at + out.shape[axis]
            found.append(f"{self.text(x)}[{', '.join([*[':'] * axis, f'{start}:{at}'])}]")
        return ", ".join(found) + "," * (len(found) == 1)

    def equation(self, equation: Equation) -> None:
        """``name = op(operands)    # shape``"""
        outs = ", ".join(map(self.name, equation.outs))
        comma = "," if equation.op.multiple and len(equation.outs) == 1 else ""
        self.write(f"{outs}{comma} = {self.call(equation)}", shapes(equation.outs))


def _is_one(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 0 and value == 1


def shapes(variables: Sequence[Var]) -> str:
    """The shapes of some variables; one where all are the same."""
    found = list(dict.fromkeys(str(v.shape) for v in variables))
    return ", ".join(found)


def compiled(lines: Lines, title: str, owner: Any) -> tuple[str, dict[str, Any]]:
    """The source, and what it defines; in `linecache`, so that debuggers and tracebacks show it.

    It lives as long as its owner: functions and what they call by name lead to each other, so that
    nobody else would let go of them where the garbage collector is off.
    """
    source = "\n".join([*lines.lines, ""])
    file = f"<scan of {title}, {next(_number)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found: dict[str, Any] = dict(lines.names)
    exec(compile(source, file, "exec"), found)
    finalize(owner, _forget, file, found)
    return source, found


def _forget(file: str, found: dict[str, Any]) -> None:
    linecache.cache.pop(file, None)
    found.clear()
