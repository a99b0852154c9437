"""An ONNX graph as plain data: nodes, constants, inputs and outputs.

Nothing here needs the package onnx, so what an exported file computes can be tested without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Graph", "Node", "Value"]


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


class Graph:
    """A graph that grows by ``node``, ``constant``, ``input`` and ``result``.

    Values inside are time-major; with `batch_first` its inputs and outputs are (B, ...).

    >>> graph = Graph(np.dtype(np.float32), batch_first=True)
    >>> graph.result("y", graph.sequence(5, tokens=False), ("T", "B", 5))
    >>> [(node.op, node.attributes) for node in graph.nodes], graph.outputs[0].shape
    ([('Transpose', {'perm': [1, 0, 2]}), ('Transpose', {'perm': [1, 0, 2]})], ('B', 'T', 5))
    """

    def __init__(self, dtype: np.dtype[Any], batch_first: bool) -> None:
        self.dtype, self.batch_first = dtype, batch_first
        self.nodes: list[Node] = []
        self.constants: dict[str, Any] = {}
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

    def state(self, name: str, cells: int, width: int) -> str:
        """An input as (cells, B, H)."""
        return self._turned(self.input(name, self.dtype, self._axes(cells, "B", width)))

    def input(self, name: str, dtype: np.dtype[Any], shape: Sequence[int | str]) -> str:
        """Declare an input."""
        self.inputs.append(Value(name, dtype, tuple(shape)))
        return name

    def result(self, name: str, of: str, shape: Sequence[int | str]) -> None:
        """Declare an output."""
        if self.batch_first:
            self.node("Transpose", [of], [name], perm=[1, 0, 2])
        else:
            self.node("Identity", [of], [name])
        self.outputs.append(Value(name, self.dtype, tuple(self._axes(*shape))))

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
        names = outputs or [f"{op.lower()}_{len(self.nodes)}"]
        self.nodes.append(Node(op, tuple(inputs), tuple(names), attributes))
        return names[0]

    def constant(self, name: str, value: Any) -> str:
        """Add an array to the file."""
        self.constants[name] = value
        return name

    def _axes(self, first: int | str, second: int | str, *rest: int | str) -> list[int | str]:
        return [second, first, *rest] if self.batch_first else [first, second, *rest]

    def _turned(self, name: str) -> str:
        """The value with its first two axes exchanged, where inputs and outputs are (B, ...)."""
        return self.node("Transpose", [name], perm=[1, 0, 2]) if self.batch_first else name
