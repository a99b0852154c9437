"""The tape of a result as text: every op in the order of execution, with what it used and saved."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ..console import printable
from ..engine.node import FREED, Node, ancestors
from ..engine.opening import opened
from ..engine.outputs import OUTPUT, number
from ..engine.tensor import Tensor

__all__ = ["Tape"]


class Tape:
    """The ops behind some tensors, oldest first; ``print(Tape(loss))`` shows them as a table, and
    a notebook as one of HTML.

    Its columns: a number, the op (or ``leaf``), its name, the shape, the numbers of the operands
    (``·`` for a constant), what is saved for the backward pass, and the scope.
    Of a scan it has the ops of all steps.

    >>> import numpy as np, minigrad as mg
    >>> w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> print(mg.Tape(np.tanh(w * 3.0).sum()))
    #  op        name  shape  operands  saved         scope
    0  leaf      w     (2,)
    1  multiply        (2,)   0 ·       y
    2  tanh            (2,)   1         out
    3  sum             ()     2         axis x_shape
    """

    def __init__(self, *outputs: Tensor) -> None:
        roots = [t._node for t in opened(list(outputs)) if t._node is not None]
        self.nodes: list[Node] = ancestors(roots)[::-1]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    @printable
    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        return f"<Tape of {len(self)} nodes>"

    def table(self, most: int = 60) -> str:
        """The table; of more than `most` nodes only the first and the last ones."""
        rows = self._rows(most)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def _repr_html_(self) -> str:
        """The table as a notebook shows it."""
        head, *rows = [[escape(cell) for cell in row] for row in self._rows(60)]
        lines = [f"<tr><th>{'</th><th>'.join(head)}</th></tr>"]
        lines += [f"<tr><td>{'</td><td>'.join(row)}</td></tr>" for row in rows]
        return f"<table>\n{chr(10).join(lines)}\n</table>"

    def _rows(self, most: int) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("#", "op", "name", "shape", "operands", "saved", "scope")]
        place = {node: k for k, node in enumerate(self.nodes)}
        shown = self.nodes
        if len(shown) > most:
            shown = shown[: most // 2] + shown[len(shown) - most // 2 :]
        for node in shown:
            if place[node] - int(rows[-1][0] if len(rows) > 1 else -1) > 1:
                rows.append((str(place[node] - 1), "…", "", "", "", "", ""))
            rows.append((str(place[node]), *_cells(node, place)))
        return rows


def _cells(node: Node, place: dict[Node, int]) -> tuple[str, ...]:
    operands = ["·" if p is None else str(place[p]) for p in node.parents]
    if node.pullback is None:
        op, saved = "leaf", ""
    elif node.pullback is OUTPUT:
        op, saved = f"output {number(node)}" if node.saved is not FREED else "output", ""
    else:
        op, saved = node.pullback.op.name, " ".join(node.pullback.residuals)
    if node.saved is FREED:
        saved = "freed"
    scope = "" if node.scope is None else str(node.scope)
    return op, node.name or "", str(node.shape), " ".join(operands), saved, scope
