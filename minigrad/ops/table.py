"""The catalogue of ops as a table, made from the records."""

from __future__ import annotations

from collections.abc import Iterable

from ..console import printable
from ..engine.op import OPS, Op

__all__ = ["OpTable", "catalogue"]


class OpTable(tuple[Op, ...]):
    """The ops as a table that prints itself."""

    __slots__ = ()

    @printable
    def __str__(self) -> str:
        width = max((len(op.name) for op in self), default=0)
        signature = max((len(op.signature) for op in self), default=0)
        return "\n".join(
            f"{op.name:<{width}}  {op.signature:<{signature}}  {op.formula}" for op in self
        )

    __repr__ = __str__


def catalogue(names: Iterable[str] | None = None) -> OpTable:
    """Every op with its signature and formula, read from the records.

    names: of some ops, or one name. Raises ValueError for a name that no op has.

    >>> print(catalogue(["tanh", "matmul"]))
    tanh    ()->()              tanh(x)
    matmul  (n,k),(k,m)->(n,m)  x @ y
    """
    wanted = list(OPS) if names is None else [names] if isinstance(names, str) else list(names)
    if unknown := [name for name in wanted if name not in OPS]:
        from difflib import get_close_matches

        near = get_close_matches(str(unknown[0]), OPS, 3)
        near_ones = f"; did you mean {' or '.join(near)}?"
        hint = near_ones if near else "; minigrad.catalogue() lists them"
        raise ValueError(f"catalogue({names!r}): there is no op {unknown[0]!r}{hint}")
    return OpTable(OPS[name] for name in wanted)
