"""The cell to check, as a class, a function or a cell, and the cells under test made from it."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.module import Module

from ..cells import Cell

__all__ = ["Subject", "substituted"]


class Subject:
    """A cell to check, as the user gave it: a class, a function that makes one, or a cell.

    make(input_size, hidden_size, seed) returns a float64 cell in evaluation mode, whose
    parameters are moved a little, because at zeros and ones many faults do not show.
    """

    def __init__(self, given: Any) -> None:
        self.given = given
        self.label = _label(given)
        if isinstance(given, Cell):
            self._make: Callable[[int, int, Any], Any] = lambda K, H, rng: copy.deepcopy(given)
        elif isinstance(given, type) and issubclass(given, Cell):
            self._make = lambda K, H, rng: given(K, H, dtype=float, rng=rng)
        elif callable(given) and not isinstance(given, Module | type):
            count = _positional(given)
            if count not in (1, 3):
                raise TypeError(
                    f"check_cell(cell): {self.label} takes {count} arguments; wanted rng, or "
                    f"(input_size, hidden_size, rng)"
                )
            self._make = (lambda K, H, rng: given(rng)) if count == 1 else given
        else:
            raise TypeError(
                f"check_cell(cell): received {self.label}; wanted a class of cells, a Cell (of a "
                f"layer layer.cells[0][0]), or a function that makes one, such as lambda rng: "
                f"MyCell(3, 4, dtype=float, rng=rng)"
            )

    def make(self, input_size: int, hidden_size: int, seed: int) -> Cell:
        """A fresh cell to check."""
        rng = np.random.default_rng(seed)
        try:
            cell = self._make(input_size, hidden_size, rng)
        except TypeError as error:
            if isinstance(self.given, type):
                error.add_note(
                    f"check_cell calls {self.label}(input_size, hidden_size, dtype=float, rng=rng);"
                    f" for other arguments pass a function that makes a cell from rng"
                )
            raise
        if not isinstance(cell, Cell):
            raise TypeError(
                f"check_cell(cell): {self.label} made {type(cell).__name__}; wanted a Cell"
            )
        kinds = {name: p.dtype for name, p in cell.named_parameters() if p.requires_grad}
        kinds["the cell"] = cell.dtype
        for name, dtype in kinds.items():
            if dtype != np.float64:
                raise TypeError(
                    f"check_cell(cell): {name} of {type(cell).__name__} has dtype {dtype}; "
                    f"gradients can be checked in float64 only: make it with dtype=float"
                )
        for p in (p for p in cell.parameters() if p.requires_grad):
            p.data = p.numpy() + rng.uniform(-0.1, 0.1, p.shape)
        return cell.eval()


def _label(given: Any) -> str:
    name = getattr(given, "__name__", None)
    if name == "<lambda>":
        return "cell"
    return name or (type(given).__name__ if isinstance(given, Module) else repr(given))


def _positional(function: Any) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(p.kind in kinds and p.default is p.empty for p in parameters)


@contextmanager
def _swapped(pairs: list[tuple[Tensor, Tensor]]) -> Iterator[None]:
    before = [(p, p._data, p._node) for p, _ in pairs]
    try:
        for p, value in pairs:
            p._data, p._node = value._data, value._node
        yield
    finally:
        for p, data, node in before:
            p._data, p._node = data, node


def substituted(cell: Cell, values: Mapping[str, Tensor]) -> AbstractContextManager[None]:
    """A block in which parameters of `cell` are other Tensors, on their graph: name → Tensor.

    The cell becomes a function of its parameters, and what its step computes depends on them.
    """
    named = dict(cell.named_parameters())
    return _swapped([(named[name], value) for name, value in values.items()])
