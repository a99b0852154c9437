"""One gate of a cell: its block of columns in the weights that all gates share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from minigrad import Parameter, no_grad
from minigrad.engine.tensor import detached

__all__ = ["Gate"]


class HasGates(Protocol):
    """What a gate asks of its cell."""

    hidden_size: int

    @property
    def gates(self) -> tuple[str, ...]: ...

    def named_parameters(self) -> Iterable[tuple[str, Parameter]]: ...


class _Block:
    """A property of a gate: the gate's columns of the cell's parameter of the same name."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _parameter(self, gate: Gate) -> Parameter:
        parameter = getattr(gate.cell, self.name, None)
        if not isinstance(parameter, Parameter):
            has = ", ".join(name for name, _ in gate.cell.named_parameters())
            raise AttributeError(
                f"{type(gate.cell).__name__} has no {self.name}; its parameters are {has}"
            )
        return parameter

    def __get__(self, gate: Gate | None, owner: type) -> Any:
        return self if gate is None else self._parameter(gate).data[..., gate.columns]

    def __set__(self, gate: Gate, value: Any) -> None:
        parameter = self._parameter(gate)
        wanted = (*parameter.shape[:-1], gate.columns.stop - gate.columns.start)
        values = np.asarray(detached(value))
        if values.ndim == 0 and len(wanted) == 1 and values.dtype.kind in "biuf":
            values = np.broadcast_to(values, wanted)
        if values.shape != wanted or values.dtype.kind not in "biuf":
            raise ValueError(
                f"{type(gate.cell).__name__}.gate({gate.name!r}).{self.name} = value: received "
                f"shape {values.shape} and dtype {values.dtype}, wanted {wanted} and real numbers"
            )
        with no_grad():
            parameter[..., gate.columns] = values


class Gate:
    """The weights of one gate, as ``cell.gate("f")`` gives it.

    W_xh (K, H), W_hh (H, H), b_h (H,) or, in a cell with two biases, b_xh and b_hh (H,): reading
    gives the values, read-only; assigning an array of the same shape writes them into the cell. Of
    a bias one number will do.
    columns: the slice that the gate takes of the cell's parameters and of their gradients.

    Raises ValueError, with the names that there are, for a gate that the cell does not
    declare.

    >>> from rnn import LSTMCell
    >>> cell = LSTMCell(5, 3)
    >>> cell.gate("f").b_h = 1.0
    >>> cell.gate("f").b_h += 1
    >>> cell.b_h.numpy()[3:6]
    array([2., 2., 2.], dtype=float32)
    """

    __slots__ = ("cell", "columns", "name")

    W_xh = _Block()
    W_hh = _Block()
    b_h = _Block()
    b_xh = _Block()
    b_hh = _Block()

    def __init__(self, cell: HasGates, name: str) -> None:
        if name not in cell.gates:
            raise ValueError(
                f"{type(cell).__name__}.gate({name!r}): its gates are {', '.join(cell.gates)}"
                if cell.gates
                else f"{type(cell).__name__}.gate({name!r}): it declares no gates"
            )
        start = cell.gates.index(name) * cell.hidden_size
        self.cell, self.name = cell, name
        self.columns = slice(start, start + cell.hidden_size)

    def __repr__(self) -> str:
        return f"<gate {self.name!r} of {type(self.cell).__name__}>"
