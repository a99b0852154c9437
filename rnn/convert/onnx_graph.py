"""An ONNX graph as plain data: nodes, constants, inputs and outputs.

Nothing here needs the package onnx, so what an exported file computes can be tested without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Graph", "Last", "Node", "Value"]


class Node(NamedTuple):
    """One use of an operator. inputs: names of values, "" for one that is left out."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


class Value(NamedTuple):
    """An input or output of the graph; an axis is a number, or the name of one that is free."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int | str, ...]


class Last(NamedTuple):
    """A part of the last states: the names of its values (cells, B, *shape), and of how many."""

    names: list[str]
    cells: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Graph:
    """A graph that grows by ``node``, ``constant``, ``input`` and ``result``.

    around: the graph of which this one is a part, as the body of a Scan.
    Values inside are time-major; with `batch_first` its inputs and outputs are (B, ...).

    >>> graph = Graph(np.dtype(np.float32), batch_first=True)
    >>> graph.result("y", graph.sequence(5, tokens=False), ("T", "B", 5))
    >>> [(node.op, node.attributes) for node in graph.nodes], graph.outputs[0].shape
    ([('Transpose', {'perm': [1, 0, 2]}), ('Transpose', {'perm': [1, 0, 2]})], ('B', 'T', 5))
    """

    def __init__(
        self, dtype: np.dtype[Any], batch_first: bool, around: Graph | None = None
    ) -> None:
        self.dtype, self.batch_first = dtype, batch_first
        self.nodes: list[Node] = []
        # A graph inside of another one sees the constants of that one.
        self.constants: dict[str, Any] = {} if around is None else around.constants
        self._names: Iterator[int] = count() if around is None else around._names
        self.inputs: list[Value] = []
        self.outputs: list[Value] = []

    def sequence(self, width: int, tokens: bool) -> str:
        """The input x as (T, B, K)."""
        if not tokens:
            return self._turned(self.input("x", self.dtype, self._axes("T", "B", width)))
        x = self.input("x", np.dtype(np.int64), self._axes("T", "B"))
        depth = self.constant("depth", np.int64(width))
        off_on = self.constant("off_on", np.array([0, 1], self.dtype))
        return self._turned(self.node("OneHot", [x, depth, off_on], axis=-1))

    def state(self, name: str, cells: int, *shape: int, dtype: Any = None) -> str:
        """An input as (cells, B, ...)."""
        kind = self.dtype if dtype is None else self.dtype_of(dtype)
        return self._turned(self.input(name, kind, self._axes(cells, "B", *shape)), len(shape))

    def input(self, name: str, dtype: np.dtype[Any], shape: Sequence[int | str]) -> str:
        """Declare an input."""
        self.inputs.append(Value(name, dtype, tuple(shape)))
        return name

    def result(
        self, name: str, of: str, shape: Sequence[int | str], dtype: Any = None
    ) -> None:
        """Declare an output."""
        if self.batch_first:
            self.node("Transpose", [of], [name], perm=[1, 0, *range(2, len(shape))])
        else:
            self.node("Identity", [of], [name])
        kind = self.dtype if dtype is None else self.dtype_of(dtype)
        self.outputs.append(Value(name, kind, tuple(self._axes(*shape))))

    def merged(self, sides: list[str], merge: str | None) -> str:
        """The outputs (T, B, H) of two directions as one."""
        if merge == "concat":
            return self.node("Concat", sides, axis=2)
        return self.node({"sum": "Add", "mul": "Mul", "ave": "Mean"}[str(merge)], sides)

    def dtype_of(self, dtype: Any) -> np.dtype[Any]:
        """The type in the file: that of the graph for all floats, one for all integers."""
        kind = np.dtype(dtype).kind
        return self.dtype if kind == "f" else np.dtype(bool if kind == "b" else np.int64)

    def split(self, name: str, sizes: list[int]) -> list[str]:
        """A value cut along its first axis."""
        if len(sizes) == 1:
            return [name]
        names = [f"{name}_{k}" for k in range(len(sizes))]
        self.node("Split", [name, self.constant("sizes", np.array(sizes, np.int64))], names, axis=0)
        return names

    def node(
        self, op: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any
    ) -> str:
        """Add a node; the name of its first output."""
        while not inputs[-1]:
            inputs = inputs[:-1]
        names = outputs or [self.fresh(op.lower())]
        self.nodes.append(Node(op, tuple(inputs), tuple(names), attributes))
        return names[0]

    def fresh(self, what: str) -> str:
        """A name that no other value has."""
        return f"{what}_{next(self._names)}"

    def constant(self, name: str, value: Any) -> str:
        """Add an array to the file."""
        self.constants[name] = value
        return name

    def constant_of(self, array: np.ndarray[Any, Any]) -> str:
        """Add an array to the file under some name; a number only once."""
        if array.size > 1:
            return self.constant(self.fresh("constant"), array)
        numbers = array.ravel().tolist()
        return self.constant(f"{array.dtype}_{array.shape}_{numbers}", array)

    def _axes(self, *axes: int | str) -> list[int | str]:
        first, second, *rest = [*axes, "", ""]
        turned = [second, first, *rest] if self.batch_first else [first, second, *rest]
        return turned[: len(axes)]

    def _turned(self, name: str, rest: int = 1) -> str:
        """The value with its first two axes exchanged, where inputs and outputs are (B, ...)."""
        perm = [1, 0, *range(2, 2 + rest)]
        return self.node("Transpose", [name], perm=perm) if self.batch_first else name
