"""One call of an op under test: what it computes, its gradients, and how two results compare."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..engine.differentiation import sweep_from
from ..engine.tensor import Tensor, detached
from ..errors import MinigradError
from .calls import Call, leaf

__all__ = [
    "LawBroken", "Trial", "close", "demand", "hold", "known_laws", "pull", "pull_linked",
    "same_bits",
]

Array = np.ndarray[Any, Any]
Outputs = tuple[Any, ...]


class LawBroken(MinigradError, AssertionError):
    """A call of an op that breaks a law."""


class Trial:
    """One call under test: its outputs on plain arrays, cotangents for them, its gradients."""

    def __init__(self, call: Call) -> None:
        self.call, self.live = call, call.live
        self.rng = np.random.default_rng(call.seed)
        self.plain = call.plain()
        self.cotangents = self.draw_cotangents()

    def draw_cotangents(self) -> list[Array]:
        """Random cotangents for the float outputs."""
        return [
            np.asarray(self.rng.normal(size=np.shape(y)), dtype=y.dtype)
            for y in map(np.asarray, self.plain)
            if y.dtype.kind == "f"
        ]

    def record(self, live: Sequence[int] | None = None) -> tuple[list[Tensor], Outputs]:
        """Leaves for the `live` arguments, and the outputs computed from them."""
        live = self.live if live is None else live
        leaves = {i: leaf(self.call.args[i]) for i in live}
        outputs = self.call(*(leaves.get(i, a) for i, a in enumerate(self.call.args)))
        return [leaves[i] for i in live], outputs

    @functools.cached_property
    def gradients(self) -> list[Array]:
        """The gradient of every live argument under the cotangents."""
        leaves, outputs = self.record()
        return pull(outputs, self.cotangents, leaves)

    @property
    def rtol(self) -> float:
        """The relative tolerance for rounding, from the lowest precision in the call."""
        floats = [np.asarray(a) for a in (*self.call.args, *self.plain)]
        eps = max((np.finfo(a.dtype).eps for a in floats if a.dtype.kind == "f"), default=0.0)
        return 1e-8 if eps < 1e-15 else 100 * float(eps)

    @property
    def differentiable(self) -> bool:
        """Whether an argument has a derivative here, and a result is of floats."""
        return bool(self.live) and bool(self.cotangents)


def pull(
    outputs: Sequence[Any],
    cotangents: Sequence[Any],
    leaves: Sequence[Tensor],
    create_graph: bool = False,
) -> list[Array]:
    """The gradient of every leaf under one cotangent for each float output."""
    floats = [y for y in outputs if y.dtype.kind == "f"]
    pairs = [(y, g) for y, g in zip(floats, cotangents, strict=True) if y.requires_grad]
    return [np.asarray(detached(g)) for g in pull_linked(pairs, leaves, create_graph)]


def pull_linked(
    pairs: Sequence[tuple[Tensor, Any]], leaves: Sequence[Tensor], create_graph: bool = True
) -> list[Any]:
    """The gradient of every leaf under (output, cotangent) pairs, as Tensors with create_graph."""
    found: dict[Any, Any] = {}
    if pairs:
        ys, gs = zip(*pairs, strict=True)
        found = sweep_from(ys, gs, leaves, retain_graph=True, create_graph=create_graph)
    return [found.get(x._node, np.zeros(x.shape, x.dtype)) for x in leaves]


def known_laws(laws: Iterable[str] | None, every: Collection[str]) -> list[str]:
    """The names of laws, by default `every` one, or an error that lists them."""
    names = list(every) if laws is None else [laws] if isinstance(laws, str) else list(laws)
    if unknown := [name for name in names if name not in every]:
        raise ValueError(f"there is no law {unknown[0]!r}; there are {', '.join(every)}")
    return names


def hold(trial: Any, who: str, name: str, law: Callable[[Any], None]) -> None:
    """Run a law on a trial; if it is broken, or raises, say by whom, which, and in what trial."""
    broken = f"{who} breaks the law {name!r}: {' '.join((law.__doc__ or '').split())}"
    trial.restart()
    try:
        law(trial)
    except LawBroken as error:
        raise LawBroken(f"{broken}\n  {error}\n  {trial}") from None
    except Exception as error:
        error.add_note(f"{broken}\n  {trial}")
        raise


def demand(holds: bool, detail: str) -> None:
    """Raise LawBroken unless `holds`."""
    if not holds:
        raise LawBroken(detail)


def same_bits(a: Any, b: Any, what: str) -> None:
    """Raise LawBroken unless a and b agree in shape, dtype and every bit."""
    a, b = np.asarray(detached(a)), np.asarray(detached(b))
    if a.shape != b.shape or a.dtype != b.dtype or a.tobytes() != b.tobytes():
        raise LawBroken(f"{what}: {_brief(a)}, wanted {_brief(b)}")


def close(
    found: Sequence[Any], wanted: Sequence[Any], what: str, rtol: float, atol: float = 1e-12
) -> None:
    """Raise LawBroken unless the arrays are equal up to rounding, relative to the largest entry."""
    for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
        a, b = np.asarray(detached(a)), np.asarray(detached(b))
        demand(a.shape == b.shape, f"{what}, array {k}: shape {a.shape}, wanted {b.shape}")
        scale = float(np.abs(b).max(initial=0.0)) if b.dtype.kind == "f" else np.inf
        if scale < 1e30:  # much faster than isclose, and no overflow even in float32
            equal = (np.abs(a - b) <= atol + rtol * scale).all()
        else:
            equal = np.isclose(a, b, rtol=rtol, equal_nan=True).all()
        if not equal:
            raise LawBroken(f"{what}, array {k}: {_brief(a)}, wanted {_brief(b)}")


def _brief(a: Array) -> str:
    return f"{a.shape} {a.dtype} " + np.array2string(a, separator=", ", threshold=20)
