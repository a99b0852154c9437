"""Expressions computed for many derivations at once: the first axis counts them.

What does not depend on a cotangent is the same for all, and has no such axis. An op that is not
known here is called for one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.engine.op import OPS, Op
from minigrad.scanning.atoms import leaves, replaced

from .expressions import Apply, Const, Expr

__all__ = ["evaluate"]

Array = np.ndarray[Any, Any]
Known = dict[int, tuple[Expr, Any]]


def evaluate(root: Expr, atom: Callable[[Any], Any], dead: Known, alive: Known) -> Any:
    """The value of an expression: (R, *shape) if it is live, else its shape.

    atom: the value of an Atom. dead, alive: what has been computed, by id; they are added to.
    """
    if isinstance(root, Const):
        return root.value
    known = alive if root.live else dead
    if id(root) in known:
        return known[id(root)][1]
    if not isinstance(root, Apply):
        found = atom(root)
    else:
        def value(leaf: Any) -> Any:
            return evaluate(leaf, atom, dead, alive) if isinstance(leaf, Expr) else leaf

        args = [replaced(a, value) for a in root.args]
        params = replaced(root.params, value)
        if root.live:
            found = _each(root, args, params)
        else:
            out = root.op.forward(*args, **params)
            found = out[root.part] if root.op.multiple else out
    known[id(root)] = root, found
    return found


def _each(root: Apply, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    op, live, alone = root.op, root.live_args, root.live_inside
    first = next(a for a, on in zip(args, live, strict=True) if on)
    ranks = [np.ndim(a) - on for a, on in zip(args, live, strict=True)]
    if not alone and op.elementwise:
        rank = max(ranks)
        wide = [
            np.reshape(a, (len(a), *[1] * (rank - r), *a.shape[1:])) if on and r < rank else a
            for a, on, r in zip(args, live, ranks, strict=True)
        ]
        return op.forward(*wide, **params)
    if not alone and op in _WITH_ROWS:
        found = _WITH_ROWS[op](op, args, params, ranks, live)
        if found is not None:
            return found[root.part] if op.multiple else found
    rows = []
    for r in range(len(first)):
        one = [a[r] if on else a for a, on in zip(args, live, strict=True)]
        out = op.forward(*one, **params)
        rows.append(out[root.part] if op.multiple else out)
    return np.stack(rows)


# How an op is called where its operands have one axis more, in front; None if that is not known.
_Rows = Callable[[Op, Sequence[Any], Mapping[str, Any], Sequence[int], Sequence[bool]], Any]


def _matmul(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
    return op.forward(*args) if min(ranks) > 1 else None


def _axes(*names: str) -> _Rows:
    """Move the axes that some keywords name."""

    def call(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
        n = next(len(a) for a, on in zip(args, live, strict=True) if on)
        args = [
            a if on else np.broadcast_to(a, (n, *np.shape(a)))
            for a, on in zip(args, live, strict=True)
        ]
        rank = ranks[0]
        moved = dict(params)
        for name in names:
            axis = op.params[name] if name not in params else params[name]
            if axis is None:
                axis = tuple(range(rank))
            many = axis if isinstance(axis, (tuple, list)) else (axis,)
            shifted = tuple(a % rank + 1 for a in many) if rank else ()
            moved[name] = shifted if isinstance(axis, (tuple, list)) else shifted[0]
        return op.forward(*args, **moved)

    return call


def _transpose(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
    axes = params.get("axes") or tuple(range(ranks[0]))[::-1]
    return np.transpose(args[0], (0, *[a % ranks[0] + 1 for a in axes]))


def _reshape(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
    shape = params["shape"]
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return np.reshape(args[0], (len(args[0]), *shape)) if -1 not in shape else None


def _broadcast_to(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
    shape = params["shape"]
    shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    padded = (len(args[0]), *[1] * (len(shape) - ranks[0]), *args[0].shape[1:])
    return np.broadcast_to(np.reshape(args[0], padded), (len(args[0]), *shape))


def _whole(index: Any) -> tuple[Any, ...]:
    index = index if isinstance(index, tuple) else (index,)
    return (slice(None), *index)


def _plain(index: Any) -> bool:
    """Whether an index has no arrays in it, whose axes would move."""
    return not any(isinstance(i, (np.ndarray, list)) for i in leaves(index))


def _getitem(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
    return args[0][_whole(params["index"])] if _plain(params["index"]) else None


def _index_add(op: Op, args: Any, params: Any, ranks: Any, live: Any) -> Any:
    if not _plain(params["index"]):
        return None
    out = np.zeros((len(args[0]), *params["shape"]), args[0].dtype)
    out[_whole(params["index"])] += args[0]
    return out


_WITH_ROWS: dict[Op, _Rows] = {
    OPS["matmul"]: _matmul, OPS["sum"]: _axes("axis"), OPS["mean"]: _axes("axis"),
    OPS["swapaxes"]: _axes("axis1", "axis2"), OPS["concatenate"]: _axes("axis"),
    OPS["split"]: _axes("axis"), OPS["transpose"]: _transpose, OPS["reshape"]: _reshape,
    OPS["broadcast_to"]: _broadcast_to, OPS["getitem"]: _getitem, OPS["index_add"]: _index_add,
}
