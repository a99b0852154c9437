"""A cell opened up: one step as a graph of ops, with the names of its gates and states.

The graph is the one that the tape records. Gates are found in it by following the blocks of
columns that ``cell.gates`` declares, so it works for a user's own cell too.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tape, draw, enable_grad, scope, tensor
from minigrad.engine.node import Node
from minigrad.engine.outputs import number
from minigrad.engine.tensor import Tensor
from minigrad.observe.packing import is_output, label_of, saved_items

from .cells import Cell
from .cells.state import repacked, unpack
from .cells.wrappers import Wrapper

if TYPE_CHECKING:
    from minigrad.drawing import Drawing

__all__ = ["draw_cell"]

Gates = tuple[str, ...]
_OF_RUNS = ("gradients", "ledger", "max_steps", "steps", "view", "widths", "wrap")


def draw_cell(
    cell: Cell, *, direction: str = "LR", title: str | None = None, **options: Any
) -> Drawing:
    """The ops of one step of `cell`: from x_t and the state before, through the gates, to the
    state after.

    direction: where data flows: "LR" (default), "RL", "BT" or "TB". title: a line above.
    options: further ones of ``minigrad.draw``: caption, labels, highlight, show, theme, size and so
        on, but those that need a loss, or several steps.

    A sigmoid or tanh that makes a gate carries the gate's name, and so does the wire of a block of
    columns before it: "rz" is the columns of r and z together.

    The cell is not changed. Raises TypeError for what is no cell, and ValueError for an option of
    pictures of a whole run.

    >>> from rnn import LSTMCell
    >>> draw_cell(LSTMCell(5, 3))
    <Drawing of ... ops>
    """
    if not isinstance(cell, Cell):
        raise TypeError(f"draw_cell(cell): received {type(cell).__name__}; wanted a Cell")
    asked = [name for name, value in options.items() if value is not None and value is not False]
    for name in [*asked, *_names(options.get("show"))]:
        if name in _OF_RUNS:
            raise ValueError(
                f"draw_cell(cell, {name}=...): one step has no loss and no other steps; run the "
                f"cell with rnn.unroll, make a loss of its outputs, and draw that: "
                f"minigrad.draw(loss, {name}=...)"
            )
    cell = copy.deepcopy(cell)    # with a random state of its own, where it has one
    x = _entering("x_t", tensor(np.zeros((1, cell.input_size), cell.dtype)))
    first = cell.as_state(None, 1)
    names = cell.state_names(first)
    given = [
        _entering(f"{name}_t-1", part) for name, part in zip(names, unpack(first), strict=True)
    ]
    state = repacked(given, first)
    before: dict[str, Any] = {"x": x, **dict(zip(names, given, strict=True))}
    with enable_grad(), scope(cell.name, **before):
        output, after = cell.checked_step(x, state)
    parts = unpack(after)
    results = [part for part in (output, *parts) if getattr(part, "_node", None) is not None]
    inner = cell
    while isinstance(inner, Wrapper):
        inner = inner.cell
    _name_gates(Tape(*results), inner.gates, inner.hidden_size)
    known = {None, *(getattr(part, "_node", None) for part in given)}
    for name, part in zip(names, parts, strict=True):
        node = getattr(part, "_node", None)
        if node is not None and node not in known:
            node.put(name=f"{name}_t")
    return draw(list({part._node: part for part in results}.values()), view="ops",
                direction=direction, title=title, **options)


def _names(show: Any) -> list[Any]:
    return [show] if isinstance(show, str) else list(show or ())


def _entering(name: str, value: Any) -> Any:
    """A value as a leaf with a name; what can have no gradient, such as a counter, as it is."""
    if not (isinstance(value, Tensor) and value.dtype.kind == "f"):
        return value
    return tensor(value._data, requires_grad=True, name=name)


def _name_gates(tape: Iterable[Node], gates: Gates, H: int) -> None:
    """Give the nodes that hold some gates, and nothing else, their names."""
    holds: dict[Node, Gates] = {}
    for node in tape:
        found = _gates_of(node, holds, gates, H) if node.op else ()
        if not found:
            continue
        parents = [parent for parent in node.parents if parent is not None]
        made = len(parents) == 1 and parents[0] in holds and node.shape == parents[0].shape
        if node.op is not None and (is_output(node) or (made and len(found) == 1)):
            node.put(name="".join(found))
        if not (made and len(found) == 1) and not label_of(node):    # else only used from here on
            holds[node] = found


def _gates_of(node: Node, holds: dict[Node, Gates], gates: Gates, H: int) -> Gates:
    """The gates whose columns `node` consists of, if it does."""
    known = [p for p in node.parents if p in holds]
    if is_output(node) and known:
        return _block(node, known[0], holds[known[0]], H)
    if node.shape and isinstance(node.shape[0], tuple):    # split: the parts take theirs from it
        return holds[known[0]] if known else ()
    if not node.shape or prod(node.shape[:-1]) != 1:
        return ()
    if not known:    # x W_xh or h W_hh or their sum: the columns of all gates
        width = len(gates) * H
        leaves = [p for p in node.parents if p is not None and p.pullback is None]
        if any(_is_weight(p) and p.shape[-1] == width == node.shape[-1] for p in leaves):
            return gates
        blocks = [_columns(p, gates, H) for p in node.parents if p is not None]
        return next((b for b in blocks if b and len(b) * H == node.shape[-1]), ())
    same = {holds[p] for p in known if p is not None and p.shape == node.shape}
    others = [p for p in node.parents if p is not None and p not in holds]
    op: Any = node.op
    scaled = op.elementwise and all(p.pullback is None for p in others)    # by a weight, or clipped
    keeps = not op.moves_data and (not others or op.is_sum or scaled)
    return same.pop() if len(same) == 1 and keeps else ()


def _is_weight(leaf: Node) -> bool:
    return str(leaf.name).rpartition(".")[2] in ("W_xh", "W_hh")


def _columns(node: Node, gates: Gates, H: int) -> Gates:
    """The gates whose columns a part of a weight is, as ``W_hh[:, start:stop]``."""
    leaf, index = (node.extra or {}).get("view_of"), saved_items(node).get("index")
    if leaf is None or not (_is_weight(leaf) and isinstance(index, tuple)):
        return ()
    columns = index[-1]
    if not isinstance(columns, slice) or len(index) != len(leaf.shape):
        return ()
    start, stop, step = columns.indices(leaf.shape[-1])
    return gates[start // H : stop // H] if step == 1 and start % H == 0 == stop % H else ()


def _block(node: Node, split: Node, gates: Gates, H: int) -> Gates:
    """The gates of one part of a split of `gates`, each H columns wide."""
    before = sum(shape[-1] for shape in split.shape[: number(node)])
    first, count = before // H, node.shape[-1] // H
    whole_blocks = before % H == 0 == node.shape[-1] % H
    return gates[first : first + count] if whole_blocks else ()
