"""The catalogue of ops as a table, made from the records."""

from __future__ import annotations

from collections.abc import Iterable

from .op import OPS, Op

__all__ = ["OpTable", "ops"]


class OpTable(tuple[Op, ...]):
    """The ops as a table that prints itself."""

    __slots__ = ()

    def __str__(self) -> str:
        width = max((len(op.name) for op in self), default=0)
        signature = max((len(op.signature) for op in self), default=0)
        return "\n".join(
            f"{op.name:<{width}}  {op.signature:<{signature}}  {op.formula}" for op in self
        )

    __repr__ = __str__


def ops(names: Iterable[str] | None = None) -> OpTable:
    """Every op with its signature and formula, read from the records.

    >>> print(ops(["tanh", "matmul"]))
    tanh    ()->()              tanh(x)
    matmul  (n,k),(k,m)->(n,m)  x @ y
    """
    return OpTable(OPS[name] for name in (OPS if names is None else names))
