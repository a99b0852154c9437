"""What truncation costs: the distance and the angle between two gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import as_size
from minigrad.console import printable
from minigrad.engine.tensor import detached
from minigrad.module import Module

from ..contributions.naming import named_tensors
from ..graph import pull_back
from ..plots.figures import Canvas
from ..plots.truncation import plot_truncation
from ..result import norm
from .truncated import truncated
from .windows import Window

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["TruncationError", "truncation_error"]

Array = np.ndarray[Any, Any]


class TruncationError:
    """How far a truncated gradient is from the full one, by parameter and as one vector.

    full, truncated: the gradients by name. reach: k2; or several, and then the arrays of
        `truncated` have one more axis in front, and the methods return arrays over `reach`; or
        None for gradients from elsewhere.

    Raises ValueError for gradients of other names or shapes.

    >>> short, long = [3.0, 0.0], [3.0, 4.0]
    >>> found = TruncationError({"W": long}, {"W": [short, long]}, reach=[1, 2])
    >>> found.error(), found.relative(), found.angle().round(1)
    (array([4., 0.]), array([0.8, 0. ]), array([53.1,  0. ]))
    """

    def __init__(
        self,
        full: Mapping[str, Any],
        truncated: Mapping[str, Any],
        reach: int | Sequence[int] | None = None,
    ) -> None:
        self.full = {name: np.asarray(detached(g)) for name, g in full.items()}
        self.truncated = {name: np.asarray(detached(g)) for name, g in truncated.items()}
        self.reach = tuple(reach) if isinstance(reach, Sequence) else reach
        lead = (len(self.reach),) if isinstance(self.reach, tuple) else ()
        if self.full.keys() != self.truncated.keys() or not self.full:
            raise ValueError(
                f"TruncationError: gradients of {', '.join(self.full) or 'nothing'} against "
                f"{', '.join(self.truncated) or 'nothing'}; wanted the same names"
            )
        for name, g in self.full.items():
            if self.truncated[name].shape != (*lead, *g.shape):
                raise ValueError(
                    f"TruncationError: {name!r} has shape {self.truncated[name].shape}, wanted "
                    f"{(*lead, *g.shape)}"
                )

    def _vectors(self, name: str | None) -> tuple[Array, Array]:
        """The full gradient (n,) and the others (reaches, n), of one parameter or of all."""
        if name is not None and name not in self.full:
            raise KeyError(f"{name!r}: the gradients are of {', '.join(self.full)}")
        names = list(self.full) if name is None else [name]
        rows = len(self.reach) if isinstance(self.reach, tuple) else 1
        one = np.concatenate([self.full[n].ravel() for n in names])
        other = np.concatenate([self.truncated[n].reshape(rows, -1) for n in names], axis=1)
        return one, other

    def _each(self, measure: Callable[[Array, Array], float], name: str | None) -> Any:
        full, others = self._vectors(name)
        found = [measure(full, other) for other in others]
        return np.array(found) if isinstance(self.reach, tuple) else found[0]

    def error(self, name: str | None = None) -> Any:
        """‖g_full − g_trunc‖, of one parameter or (default) of all as one vector."""
        return self._each(lambda a, b: float(norm(a - b)), name)

    def relative(self, name: str | None = None) -> Any:
        """‖g_full − g_trunc‖ / ‖g_full‖; 0 where both are 0."""

        def measure(a: Array, b: Array) -> float:
            if not np.any(a):
                return float("inf") if np.any(b) else 0.0
            return float(norm(a - b) / norm(a))

        return self._each(measure, name)

    def angle(self, name: str | None = None) -> Any:
        """The angle between g_full and g_trunc in degrees; NaN where one of them is 0."""
        return self._each(angle, name)

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """Relative error and angle: over the reach if there are several, else by parameter.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        names = {name: name for name in self.full} | {"all": None}
        relative = {label: self.relative(name) for label, name in names.items()}
        angles = {label: self.angle(name) for label, name in names.items()}
        canvas = Canvas(path, size, style)
        return plot_truncation(
            self.reach if isinstance(self.reach, tuple) else None, relative, angles, canvas
        )

    @printable
    def __repr__(self) -> str:
        width = max(len("all"), *map(len, self.full))
        lines = []
        reaches = self.reach if isinstance(self.reach, tuple) else [self.reach]
        for k, reach in enumerate(reaches):
            head = "" if reach is None else f", reach k2 = {reach}"
            lines.append(f"TruncationError{head}")
            lines.append(f"{'':<{width}}  {'‖g − g_trunc‖':>13}  {'relative':>8}  {'angle':>6}")
            for name in (*self.full, None):
                error, relative, degrees = (
                    np.ravel(f(name))[k] for f in (self.error, self.relative, self.angle)
                )
                lines.append(
                    f"{name or 'all':<{width}}  {error:>13.4g}  {relative:>8.4f}  {degrees:>5.1f}°"
                )
        return "\n".join(lines)


def angle(a: Array, b: Array) -> float:
    """The angle between two vectors in degrees; NaN if one of them is 0 or not finite.

    2 atan2(‖u − v‖, ‖u + v‖) of the unit vectors, since arccos loses half the digits near 0.
    Kahan, How futile are mindless assessments of roundoff (2006).
    """
    lengths = float(norm(a)), float(norm(b))
    if not all(0 < n < np.inf for n in lengths):
        return float("nan")
    u, v = a / lengths[0], b / lengths[1]
    return float(np.degrees(2 * np.arctan2(norm(u - v), norm(u + v))))


def truncation_error(
    model: Any,
    xs: Any,
    loss: Callable[[Tensor, slice], Tensor],
    k1: int,
    k2: int | Sequence[int] | None = None,
    *,
    params: Any = None,
    state: Any = None,
) -> TruncationError:
    """The gradient of truncated BPTT beside that of full BPTT, at fixed parameters.

    model, xs, k1, k2, state: those of ``rnn.bptt.truncated``. Several k2 give an error for each.
    loss: ``loss(outputs, where)``, the scalar loss of the outputs (n, B, ...) of the steps
        `where`, such as ``lambda o, where: ((o - ys[where]) ** 2).sum()``. It has to add up over
        the windows, so sum over time, and divide by a constant where a mean is wanted.
    params: what to differentiate by (default: the parameters of `model`, a Module).

    Nothing is written to any ``.grad``. Raises ValueError where the losses of the windows do not
    sum to the loss of the whole.

    >>> from rnn import ElmanCell
    >>> cell, xs = ElmanCell(2, 3, dtype=float, rng=0), np.ones((6, 1, 2))
    >>> found = truncation_error(cell, xs, lambda o, where: (o ** 2).sum(), k1=1, k2=[1, 3, 6])
    >>> found.relative().round(4)
    array([0.5183, 0.1041, 0.    ])
    """
    if params is None and not isinstance(model, Module):
        raise TypeError(
            f"truncation_error(model): {type(model).__name__} is no Module, so say which "
            f"parameters: params={{'W': W}}"
        )
    named = named_tensors(model if params is None else params, "truncation_error")
    several = isinstance(k2, Sequence | np.ndarray)
    given = [*k2] if several else [k1 if k2 is None else k2]  # type: ignore[misc]  # told apart by `several`
    reaches = [as_size(k, "k2", "truncation_error") for k in given]
    T = len(xs)
    whole, full = _gradient(truncated(model, xs, T, T, state), loss, named)
    found = []
    for reach in reaches:
        value, gradient = _gradient(truncated(model, xs, k1, reach, state), loss, named)
        if not np.isclose(value, whole, rtol=1e-3):
            raise ValueError(
                f"truncation_error(loss): the losses of the windows sum to {value:.6g}, the loss "
                f"of the whole sequence is {whole:.6g}; wanted a loss that adds up: sum over the "
                f"steps, and divide by the same number in every window; and a model without "
                f"randomness (call eval())"
            )
        found.append(gradient)
    stacked = {name: np.stack([g[name] for g in found]) for name in named}
    if several:
        return TruncationError(full, stacked, reaches)
    return TruncationError(full, found[0], reaches[0])


def _gradient(
    windows: Any, loss: Callable[[Tensor, slice], Tensor], named: dict[str, Tensor]
) -> tuple[float, dict[str, Array]]:
    """The loss and the gradient of all windows together."""
    total, found = 0.0, {name: np.zeros(p.shape, p.dtype) for name, p in named.items()}
    window: Window
    for window in windows:
        value = loss(window.outputs, window.where)
        if not isinstance(value, Tensor) or value.size != 1:
            raise TypeError(
                f"truncation_error(loss): it returned {type(value).__name__} of shape "
                f"{np.shape(detached(value))}; wanted a scalar Tensor"
            )
        total += float(value.item())
        ones = np.ones(value.shape, value.dtype)
        for name, g in zip(named, pull_back([value], [ones], list(named.values())), strict=True):
            found[name] = found[name] + g
    return total, found
