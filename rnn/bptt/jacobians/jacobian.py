"""∂h_t/∂h_s: how the state at one step depends on the state at another, as a matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor
from minigrad.console import printable
from minigrad.engine.node import ancestors
from minigrad.engine.opening import opened
from minigrad.engine.tensor import detached
from minigrad.scanning.generators import GENERATORS
from minigrad.transforms.tree import paths

from ...cells.state import unpack
from ..graph import constants, label, leaves_of, pull_back, state_tensors
from ..plots.figures import Canvas
from ..plots.jacobians import plot_jacobian
from ..result import ArrayResult

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Jacobian", "jacobian"]

Array = np.ndarray[Any, Any]


class Jacobian(ArrayResult):
    """∂h_t/∂h_s as an array, with what one reads off it.

    matrix: (B, H_t, H_s), entry [b, i, j] = ∂h_t[b, i]/∂h_s[b, j]; with ``full`` (B, H_t, B, H_s),
        of states without a batch axis (H_t, H_s). ``np.asarray(jacobian)`` is the matrix.

    >>> J = Jacobian(np.array([[[0.0, 3.0], [0.5, 0.0]]]))           # B = 1, H = 2
    >>> J.shape, J.singular_values, J.norm
    ((1, 2, 2), array([[3. , 0.5]]), 3.0)
    """

    def __init__(self, matrix: Array, of: str = "h_t", by: str = "h_s", full: bool = False) -> None:
        self.matrix = self.values = matrix
        self.of, self.by, self.full = of, by, full

    @property
    def _square(self) -> Array:
        """The matrix with its two sides last."""
        if not self.full:
            return self.matrix
        rows = self.matrix.shape[0] * self.matrix.shape[1]
        return self.matrix.reshape(rows, -1)

    @cached_property
    def singular_values(self) -> Array:
        """From the largest to the smallest, (B, min(H_t, H_s)): by how much it stretches."""
        return singular_values(self._square)

    @property
    def eigenvalues(self) -> Array:
        """Of a square matrix, complex, (B, H), the largest modulus first."""
        matrix = self._square
        if matrix.shape[-1] != matrix.shape[-2]:
            raise ValueError(
                f"eigenvalues: the Jacobian is {matrix.shape[-2]} × {matrix.shape[-1]}; only a "
                f"square one has them. See singular_values"
            )
        return by_modulus(np.linalg.eigvals(matrix))

    @property
    def norms(self) -> Array:
        """‖∂h_t/∂h_s‖₂, the largest singular value, of each row of the batch: (B,)."""
        values = self.singular_values
        return values[..., 0] if values.shape[-1] else np.zeros(values.shape[:-1])

    @property
    def norm(self) -> float:
        """‖∂h_t/∂h_s‖₂ of the whole batch: the largest of ``norms``."""
        return float(np.max(self.norms, initial=0.0))

    def plot(
        self, path: str | PathLike[str] | None = None, row: int = 0,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The matrix of one row of the batch, and all singular values; written to `path` if given.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings.
        """
        square = self._square
        chosen = None if square.ndim == 2 else row
        matrix = square if chosen is None else square[chosen]
        canvas = Canvas(path, size, style)
        return plot_jacobian(matrix, self.singular_values, self.of, self.by, chosen, canvas)

    @printable
    def __repr__(self) -> str:
        values = self.singular_values
        smallest = float(np.min(values, initial=np.inf)) if values.size else 0.0
        return (
            f"Jacobian ∂{self.of}/∂{self.by}: shape {self.shape}, singular values from "
            f"{self.norm:.4g} to {smallest:.4g}"
        )


def jacobian(
    h_t: Any, h_s: Any, *, full: bool = False, hold: Any = (),
    of: str | Sequence[str] | None = None, by: str | Sequence[str] | None = None,
) -> Jacobian:
    """∂h_t/∂h_s over all paths of the live graph that lead from h_s to h_t.

    h_t, h_s: two states of one unrolled network, (B, H) each, from ``rnn.steps`` or out of the
        outputs of ``rnn.unroll``. s may be before, at or after t: I at t, zeros after it. A tuple,
        such as the state (h, c) of an LSTM, or a nested state of parts of any rank, is taken as one
        vector [h, c]; counters and the like, and what is the same in both and constant, such as a
        dropout mask, are left out.
    full: also the (zero) derivatives of each row of the batch by the other rows.
    hold: states, or parts of them, or the stacked outputs of ``unroll``, that are held fixed: paths
        through them are cut. With the h of an LSTM held, what is left of ∂c_t/∂c_s is its carousel,
        the product of the forget gates.
    of, by: the rows of some parts of h_t, and the columns of some parts of h_s, by their names,
        such as of="c" or by=["h", "memory.A"]. The other parts of h_s are held.

    For one tensor h_s, all paths that start there count; for the c_s of an LSTM that is also the
    way through h_s. The parts of a state are varied alone, the others held, so that the Jacobians
    of whole states obey the chain rule ∂s_t/∂s_r = ∂s_t/∂s_s · ∂s_s/∂s_r.
    Takes H_t sweeps (B · H_t if full), and one that checks that the rows are independent.

    Raises ValueError where they are not (batch normalisation, say): ask for the full matrix; and
    where `hold` has h_t or h_s itself, or nothing that leads to h_t, and for parts that the states
    do not have. GradientError for a state that the graph does not know, such as zeros made by
    ``unroll``.

    >>> from rnn import ElmanCell, steps
    >>> cell = ElmanCell(2, 3, nonlinearity="identity", dtype=float, rng=0)
    >>> h = [h for _, h in steps(cell, np.ones((4, 1, 2)))]
    >>> J = jacobian(h[3], h[1])
    >>> W = cell.W_hh.numpy()
    >>> J.shape, bool(np.allclose(J[0], (W @ W).T)), jacobian(h[1], h[3]).norm
    ((1, 3, 3), True, 0.0)
    """
    names = [paths(state) for state in (h_t, h_s)]
    hold = hold.unbind() if _is_stacked(hold, h_t) else hold
    hold = [hold] if isinstance(hold, Tensor) else list(map(leaves_of, hold))
    above, below, hold = opened(unpack(h_t), unpack(h_s), hold)
    constant = constants([above, below])
    rows, columns = (
        [
            (name, part)
            for name, part in zip(here, parts, strict=True)
            if _has_gradient(part) and id(part) not in constant
        ]
        for here, parts in zip(names, (above, below), strict=True)
    )
    rows, wanted = _chosen(rows, of, "of", "h_t"), _chosen(columns, by, "by", "h_s")
    upper = state_tensors([part for _, part in rows], "jacobian", "h_t", some=True)
    lower = state_tensors([part for _, part in wanted], "jacobian", "h_s")
    held = _held(hold, upper, lower)
    chosen = {path for path, _ in wanted}
    others = [part for path, part in columns if path not in chosen and part.requires_grad]
    held += state_tensors(others, "jacobian", "h_s") if others else ()
    (matrix,) = matrices(upper, [lower], full, "jacobian", held)
    return Jacobian(
        matrix, label(upper, "t", [path for path, _ in rows]),
        label(lower, "s", [path for path, _ in wanted]), full and by_rows([*upper, *lower]),
    )


def _is_stacked(hold: Any, h_t: Any) -> bool:
    """Whether `hold` is the outputs of all steps."""
    return isinstance(hold, Tensor) and hold.ndim > np.ndim(unpack(h_t)[0])


def _has_gradient(part: Any) -> bool:
    """Not a counter, a mask, a generator; what else there is may be told to be wrong."""
    counts = isinstance(part, Tensor) and part.dtype.kind != "f"
    return not (counts or isinstance(part, GENERATORS))


def _chosen(
    parts: list[tuple[str, Any]], names: str | Sequence[str] | None, argument: str, state: str
) -> list[tuple[str, Any]]:
    """The parts of a state that have these names, or paths in it."""
    if names is None:
        return parts
    wanted = [names] if isinstance(names, str) else list(names)
    known = [(path, getattr(part, "name", None)) for path, part in parts]
    for name in wanted:
        if not any(name in words for words in known):
            words = ", ".join(str(called or path) for path, called in known)
            raise ValueError(f"jacobian({argument}={name!r}): the parts of {state} are {words}")
    return [pair for pair, words in zip(parts, known, strict=True) if {*words} & {*wanted}]


def by_rows(parts: Sequence[Tensor]) -> bool:
    """Whether these tensors have an axis of the batch: the first of all of them."""
    rows = {part.shape[:1] for part in parts}
    return len(rows) == 1 and () not in rows and any(part.ndim > 1 for part in parts)


def _held(hold: Any, upper: Sequence[Tensor], lower: Sequence[Tensor]) -> list[Tensor]:
    """The tensors of `hold`: some of them lie before h_t, and none is an end of the paths."""
    parts = [p for k, h in enumerate(hold) for p in state_tensors(h, "jacobian", f"hold[{k}]")]
    for part in parts:
        if any(part._node is end._node for end in (*upper, *lower)):
            raise ValueError(
                f"jacobian(hold): received {label([part], 't')}, which is h_t or h_s itself; "
                f"wanted states between them, or the other parts of these"
            )
    known = {part._node for part in parts}
    if known and known.isdisjoint(ancestors([u._node for u in upper if u._node is not None])):
        raise ValueError(
            "jacobian(hold): none of it lies on a way to h_t, so nothing would be cut; wanted "
            "states as rnn.steps gives them, or all outputs of rnn.unroll (a slice is a copy)"
        )
    return parts


def matrices(
    upper: Sequence[Tensor],
    lowers: Sequence[Sequence[Tensor]],
    full: bool,
    function: str,
    held: Sequence[Tensor] = (),
) -> list[Array]:
    """∂upper/∂lower for each of several states, from the same sweeps; paths through `held` are cut.

    Pass one state if it has several parts, or something is held: several states would hold each
    other fixed.
    """
    targets = [part for lower in lowers for part in lower]
    batched = by_rows([*upper, *targets])
    B = len(upper[0]) if batched else 1
    several = bool(held) or any(len(lower) > 1 for lower in lowers)

    def pulled(cotangents: Sequence[Array]) -> list[Array]:
        found = pull_back(upper, cotangents, [*targets, *held], stop_at_targets=several)
        return found[: len(targets)]

    rows = [pulled(cotangents) for cotangents in _units(upper, B, one_by_one=full)]
    found, at = [], 0
    for lower in lowers:
        parts_of_rows = [row[at : at + len(lower)] for row in rows]
        found.append(np.stack([_flat(r, B) for r in parts_of_rows]))     # (H_t or B H_t, B, H_s)
        at += len(lower)
    if not batched:
        return [f[:, 0] for f in found]                                  # (H_t, H_s)
    if full:
        return [f.reshape(B, len(f) // B, *f.shape[1:]) for f in found]  # (B, H_t, B, H_s)
    by_row = [f.transpose(1, 0, 2) for f in found]                       # (B, H_t, H_s)
    _check_rows(upper, lowers, by_row, pulled, function)
    return by_row


def _flat(parts: Sequence[Any], B: int) -> Array:
    """The parts of a state, or their cotangents, as one vector for each row: (B, H)."""
    return np.concatenate([np.asarray(detached(part)).reshape(B, -1) for part in parts], axis=1)


def _units(state: Sequence[Tensor], B: int, one_by_one: bool) -> Iterator[list[Array]]:
    """The unit cotangents of a state: for each row of the batch, or for all rows at once."""
    for rows in range(B) if one_by_one else [slice(None)]:
        for k, part in enumerate(state):
            for i in range(part.size // B if B else 0):
                cotangents = [np.zeros(p.shape, p.dtype) for p in state]
                cotangents[k].reshape(B, -1)[rows, i] = 1
                yield cotangents


def _check_rows(
    upper: Sequence[Tensor],
    lowers: Sequence[Sequence[Tensor]],
    found: Sequence[Array],
    pulled: Callable[[Sequence[Array]], list[Array]],
    function: str,
) -> None:
    """Raise unless the rows of the batch are independent, by pulling back a random cotangent."""
    if len(upper[0]) < 2:
        return
    rng = np.random.default_rng(0)
    given = [rng.normal(size=part.shape).astype(part.dtype) for part in upper]
    B = len(upper[0])
    cotangent = _flat(given, B)                                          # (B, H_t)
    parts = iter(pulled(given))
    for lower, matrix in zip(lowers, found, strict=True):
        have = _flat([next(parts) for _ in lower], B)                    # (B, H_s)
        want = np.einsum("bi,bij->bj", cotangent, matrix)
        slack = np.sqrt(np.finfo(want.dtype).eps) * np.max(np.abs(matrix), initial=0.0)
        if np.isfinite(have).all() and np.max(np.abs(have - want), initial=0.0) > 10 * slack:
            raise ValueError(
                f"{function}: the rows of the batch depend on each other, as under batch "
                f"normalisation, so there is no Jacobian of each row alone; ask for the whole one: "
                f"jacobian(h_t, h_s, full=True)"
            )


def singular_values(matrix: Array) -> Array:
    """Of each matrix of a stack, the largest first; NaN for one with a NaN or an Inf."""
    finite = np.all(np.isfinite(matrix), axis=(-2, -1))
    values = np.linalg.svd(np.where(finite[..., None, None], matrix, 0), compute_uv=False)
    return np.where(finite[..., None], values, np.nan)


def by_modulus(values: Array) -> Array:
    """Sorted by modulus, the largest first, along the last axis."""
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    return np.take_along_axis(values, order, axis=-1)
