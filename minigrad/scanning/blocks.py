"""Gates as blocks: what is cut along its last axis into n gates has the shape (n, B, H) instead.

The sum z = x W + h U + b is taken apart into its terms. The columns of W, U and b are copied to n
blocks, one for each gate, with those side by side that go through the same function. What does not
depend on the state is added up before the loop; for tokens x the bias is added to the rows of W,
if there are few. Sums are then formed in another order; nothing else changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.op import OPS, Op
from ..ops.index.indexing import check_rows
from .loops import Loops
from .memory import empty
from .program import Equation, Var, made_by, users

__all__ = ["in_blocks"]

_ADD, _EMBEDDING, _GETITEM, _MATMUL, _SPLIT, _UNSTACK = (
    OPS[name] for name in ("add", "embedding", "getitem", "matmul", "split", "unstack")
)
_FEW = 256  # rows of a table, to all of which a bias is added, and not to those that are read


def columns(x: Any, *, order: tuple[int, ...]) -> Any:
    """(K, n H) → (n, K, H): the columns of each gate by themselves, in an order."""
    parts = x.reshape(*x.shape[:-1], len(order), -1)
    return np.stack([parts[..., k, :] for k in order])


def rows(index: Any, tables: Any) -> Any:
    """(..., B) → (..., n, B, H): of each table (V, H) the rows that index names."""
    n, V, H = tables.shape
    check_rows(index, V)
    places = index[..., None, :] + np.arange(0, n * V, V)[:, None]
    found = empty((*places.shape, H), tables.dtype)
    return tables.reshape(n * V, H).take(places, axis=0, out=found, mode="clip")  # all in range


_COLUMNS, _ROWS = (
    Op(function, name=function.__name__, arguments=arguments, params={}, signature="(n)->(m)",
       formula=function.__doc__ or "")
    for function, arguments in ((columns, ("x",)), (rows, ("index", "tables")))
)


@dataclass(slots=True)
class _Cut:
    """A variable that is cut into gates, the equations that do so, and the gates in order."""

    whole: Var
    cuts: list[Equation]
    gates: list[Var]


def in_blocks(loops: Loops) -> None:
    """Lay out as blocks what is cut into gates in the forward loop, where it is a sum of products.
    """
    held = loops.held() | set(loops.saved())
    for cut in _cuts(loops.first.body):
        found = _terms(cut.whole, loops, held)
        if found is not None:
            _lay_out(loops, cut, *found)
            loops.done.append(f"laid out as {len(cut.gates)} blocks: {cut.whole!r}")


def _cuts(body: list[Equation]) -> list[_Cut]:
    """What is cut into equal parts along its last axis, and used for nothing else."""
    used, found = users(body), []
    for whole in dict.fromkeys(v for e in body if e.op in (_SPLIT, _GETITEM) for v in e.uses()):
        cuts, parts = used(whole), dict[int, Var]()
        for equation in cuts:
            parts |= _parts(equation, whole)
        widths = {v.shape[-1] for v in parts.values()}
        once = sum(len(e.outs) for e in cuts) == len(parts)
        if len(parts) < 2 or len(widths) > 1 or not once or len(whole.shape) > 2:
            continue
        starts = list(range(0, whole.shape[-1], widths.pop()))
        if sorted(parts) == starts:
            found.append(_Cut(whole, cuts, [parts[k] for k in starts]))
    return found


def _parts(equation: Equation, whole: Var) -> dict[int, Var]:
    """Parts of the last axis, by where they start."""
    last = len(whole.shape) - 1
    if equation.op is _SPLIT and equation.params["axis"] % (last + 1) == last:
        starts = np.cumsum([0, *[v.shape[-1] for v in equation.outs[:-1]]]).tolist()
        return dict(zip(starts, equation.outs, strict=True))
    index = equation.params.get("index")
    *before, cut = index if isinstance(index, tuple) else (index,)
    everything = before in ([slice(None)] * last, [Ellipsis])
    if equation.op is not _GETITEM or not everything or not isinstance(cut, slice):
        return {}
    start, _, step = cut.indices(whole.shape[-1])
    return {start: equation.outs[0]} if step == 1 else {}


Terms = tuple[list[Equation], list[Var], list[Equation]]


def _terms(whole: Var, loops: Loops, held: set[Var]) -> Terms | None:
    """What a variable is the sum of: products with a weight, and biases; and all equations that go
    into it. None where it is anything else, or where a part of it is used for something else."""
    equations = [*loops.first.ahead, *loops.first.body]
    made, used, constant = made_by(equations), users(equations), loops.constant()
    products, biases, gone, waiting = [], [], [], [whole]
    while waiting:
        v = waiting.pop()
        if v in constant and v.shape == whole.shape[-1:]:
            biases.append(v)
            continue
        alone, alike = len(used(v)) == 1, (v.shape, v.dtype) == (whole.shape, whole.dtype)
        if v not in made or v in held or not (alone or v is whole) or not alike:
            return None
        equation = made[v]
        gone.append(equation)
        if equation.op is _ADD and all(isinstance(a, Var) for a in equation.args):
            waiting += equation.args[::-1]
        elif equation.op in (_MATMUL, _EMBEDDING) and _by_weight(equation, whole, constant):
            products.append(equation)
        else:
            return None
    return (products, biases, gone) if products else None


def _by_weight(equation: Equation, whole: Var, constant: set[Var]) -> bool:
    """Whether it is x W, or rows of W, for a matrix W that is the same at every step."""
    x, W = equation.args
    axes = len(whole.shape) if equation.op is _MATMUL else 1
    return (
        isinstance(x, Var) and isinstance(W, Var) and W in constant and len(W.shape) == 2
        and len(x.shape) == axes and (equation.op is _MATMUL or len(whole.shape) == 2)
    )


def _lay_out(
    loops: Loops, cut: _Cut, products: list[Equation], biases: list[Var], gone: list[Equation]
) -> None:
    """Write the sum anew, with the gates of each term as blocks."""
    loop, whole, n = loops.first, cut.whole, len(cut.gates)
    *above, width = whole.shape
    ahead, inside = [e for e in loop.ahead if e not in gone], list[Equation]()
    order = _order(cut.gates, loop.body)

    def write(where: list[Equation], op: Op, args: tuple[Var, ...], shape: tuple[int, ...],
              name: str, **params: Any) -> Var:
        out = Var(shape, whole.dtype, name)
        where.append(Equation(op, args, params, (out,), cut.cuts[0].line))
        return out

    def laid(v: Var) -> Var:
        shape = (n, *v.shape[:-1], width // n)
        return write(loop.once, _COLUMNS, (v,), shape, f"{v.name}_blocks", order=order)

    def added(where: list[Equation], a: Var | None, b: Var, name: str) -> Var:
        shape = np.broadcast_shapes(a.shape, b.shape) if a else ()
        return write(where, _ADD, (a, b), shape, name) if a else b

    bias = early = late = None
    for v in biases:
        bias = added(loop.once, bias, laid(v), v.name)
    if bias is not None and above:
        index, shape = (slice(None), None), (n, 1, width // n)
        bias = write(loop.once, _GETITEM, (bias,), shape, bias.name, index=index)
    for equation in products:
        (x, W), name = equation.args, equation.outs[0].name
        op, blocks = _MATMUL, laid(W)
        if equation.op is _EMBEDDING:
            op = _ROWS
            if bias is not None and W.shape[0] <= _FEW:
                blocks, bias = added(loop.once, blocks, bias, blocks.name), None
        known = equation in loop.ahead
        where = ahead if known else inside
        term = write(where, op, (x, blocks), (n, *above, width // n), name)
        early, late = (
            (added(where, early, term, name), late) if known
            else (early, added(where, late, term, whole.name))
        )
    if early is not None and bias is not None:
        early, bias = added(ahead, early, bias, early.name), None
    for rest in (early, bias):
        late = late if rest is None else added(inside, late, rest, whole.name)
    gates = tuple([cut.gates[k] for k in order])
    inside.append(Equation(_UNSTACK, (late,), {"axis": 0}, gates, cut.cuts[0].line))
    at = loop.body.index(cut.cuts[0])
    moved = [*gone, *cut.cuts]
    loop.ahead = ahead
    loop.body = [
        *(e for e in loop.body[:at] if e not in moved), *inside,
        *(e for e in loop.body[at:] if e not in moved),
    ]


def _order(gates: list[Var], body: list[Equation]) -> tuple[int, ...]:
    """The gates such that those with one function are neighbours."""
    used = users(body)
    functions = [used(gate)[0].op if used(gate) else None for gate in gates]
    return tuple(sorted(range(len(gates)), key=lambda k: functions.index(functions[k])))
