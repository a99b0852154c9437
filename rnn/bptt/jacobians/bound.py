"""What the weights alone tell about the gradient: a bound on ‖∂h_t/∂h_s‖, the spectrum of W_hh."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.console import printable
from minigrad.engine.tensor import detached
from minigrad.module import Module

from ...cells import Cell, ElmanCell
from ...cells.activations import ACTIVATIONS
from ..plots.figures import Canvas
from ..plots.jacobians import plot_bound, plot_spectrum
from .jacobian import by_modulus

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Bound", "Spectrum", "bound", "spectrum"]

Array = np.ndarray[Any, Any]


_OF_A_LAYER = "wanted a Cell, which of a layer is layer.cells[0][0]"


class Bound:
    """‖∂h_t/∂h_s‖₂ ≤ (γ_W γ_h)^(t-s) for h_t = φ(x_t W_xh + h_{t-1} W_hh + b_h).

    gamma_W: the largest singular value of W_hh. gamma_h: the largest |φ'|.
    rate: γ_W γ_h. Below 1 the gradient must vanish; above 1 it may explode, but need not.
    eigenvalues: those of W_hh, the largest modulus first; radius: that modulus, at most γ_W. It is
        no bound by itself: ‖W_hh^k‖ ≤ radius^k holds for normal W_hh only; for others it is the
        rate as k → ∞.

    >>> found = Bound(np.array([[0.5, 9.0], [0.0, 0.5]]), gamma_h=1.0)
    >>> found.radius, round(found.gamma_W, 2)    # far from normal: it vanishes, but not at once
    (0.5, 9.03)
    """

    def __init__(self, W_hh: Array, gamma_h: float) -> None:
        self.gamma_W = float(np.linalg.norm(W_hh, 2))
        self.gamma_h = float(gamma_h)
        self.eigenvalues = by_modulus(np.linalg.eigvals(W_hh))
        self.radius = float(abs(self.eigenvalues[0]))

    @property
    def rate(self) -> float:
        """γ_W γ_h, the bound for one step."""
        return self.gamma_W * self.gamma_h

    def at(self, lags: Any) -> Any:
        """The bound at these lags t - s: a float, or an array like `lags`.

        Raises ValueError for negative lags: there the Jacobian is 0.
        """
        given = np.asarray(lags)
        if np.any(given < 0):
            raise ValueError(f"Bound.at(lags={lags!r}): wanted lags t - s ≥ 0")
        with np.errstate(over="ignore", under="ignore"):
            values = np.power(self.rate, given.astype(float))
        return float(values) if values.ndim == 0 else values

    def plot(
        self, path: str | PathLike[str] | None = None, lags: int = 50,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The bound over the lag; see ``Norms.plot(bound=...)`` for it beside what was measured.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        return plot_bound(self.rate, self.radius * self.gamma_h, lags, Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        says = (
            "the gradient must vanish" if self.rate < 1
            else "the gradient may explode" if self.rate > 1
            else "the gradient cannot explode"
        )
        return (
            f"Bound (γ_W γ_h)^k: γ_W = {self.gamma_W:.4g}, γ_h = {self.gamma_h:.4g}, rate "
            f"{self.rate:.4g}: {says} (largest |eigenvalue| of W_hh: {self.radius:.4g})"
        )


def bound(cell: Any, nonlinearity: str | None = None) -> Bound:
    """The analytic bound (γ_W γ_h)^(t-s) on ‖∂h_t/∂h_s‖₂ of a vanilla recurrent network.

    cell: an ElmanCell, or its W_hh (H, H) and the nonlinearity: "tanh" (the default), "relu",
        "sigmoid", "identity" or another that ElmanCell knows by name. γ_h is 1, for the sigmoid ¼;
        clipping z_t does not increase it.

    ∂h_t/∂h_{t-1} = diag(φ'(z_t)) W_hhᵀ, and the norm of a product is at most the product of the
    norms. Raises TypeError for gated cells, whose other paths have no such bound, and ValueError
    for a W_hh that is not square or not finite, or an unknown nonlinearity.
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013).

    >>> bound(np.diag([0.5, 2.0]), "sigmoid").at([0, 1, 2])
    array([1.  , 0.5 , 0.25])
    """
    if isinstance(cell, Cell):
        if not isinstance(cell, ElmanCell):
            raise TypeError(
                f"bound(cell): received {type(cell).__name__}; the bound is of "
                f"h_t = φ(x_t W_xh + h_{{t-1}} W_hh + b_h), an ElmanCell. Of other cells measure "
                f"the Jacobian: norms(h_T, states)"
            )
        if nonlinearity not in (None, cell.nonlinearity):
            raise ValueError(
                f"bound(cell, nonlinearity={nonlinearity!r}): the cell's is {cell.nonlinearity!r}"
            )
        weight, chosen = cell.W_hh.numpy(), cell.nonlinearity
    else:
        if isinstance(cell, Module):
            raise TypeError(f"bound(cell): received {type(cell).__name__}; {_OF_A_LAYER}")
        weight, chosen = np.asarray(detached(cell)), nonlinearity or "tanh"
        if weight.ndim != 2 or weight.shape[0] != weight.shape[1] or not weight.size:
            raise ValueError(f"bound(W_hh): received shape {weight.shape}; wanted (H, H)")
    if not isinstance(chosen, str) or chosen not in ACTIVATIONS:
        raise ValueError(
            f"bound(nonlinearity={chosen!r}): wanted one of {', '.join(map(repr, ACTIVATIONS))}"
        )
    if not np.isfinite(weight).all():
        raise ValueError("bound: W_hh holds a NaN or an Inf")
    return Bound(weight.astype(np.float64), ACTIVATIONS[chosen].slope)


class Spectrum(Mapping[str, Array]):
    """The eigenvalues of W_hh by gate: ``spectrum["f"]`` (H,), complex, the largest modulus first.

    singular_values: the same by gate, the largest first.

    >>> from rnn import GRUCell
    >>> cell = GRUCell(2, 2, rng=0)
    >>> cell.gate("z").W_hh = np.array([[0.0, 2.0], [-2.0, 0.0]])    # a quarter turn, doubled
    >>> found = spectrum(cell)
    >>> found.radius("z"), np.sort(found["z"].imag), found.singular_values["z"]
    (2.0, array([-2.,  2.]), array([2., 2.]))
    """

    def __init__(self, eigenvalues: dict[str, Array], singular_values: dict[str, Array]) -> None:
        self.eigenvalues, self.singular_values = eigenvalues, singular_values

    def __getitem__(self, gate: str) -> Array:
        return self.eigenvalues[gate]

    def __iter__(self) -> Any:
        return iter(self.eigenvalues)

    def __len__(self) -> int:
        return len(self.eigenvalues)

    def radius(self, gate: str) -> float:
        """The largest modulus of the gate's eigenvalues."""
        return float(np.abs(self.eigenvalues[gate]).max())

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The eigenvalues in the complex plane, beside the unit circle.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        return plot_spectrum(self.eigenvalues, Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        lines = ["Spectrum of W_hh", "gate  largest |eigenvalue|  singular values"]
        for gate, values in self.singular_values.items():
            lines.append(
                f"{gate:<4}  {self.radius(gate):<20.4g}  {values[0]:.4g} to {values[-1]:.4g}"
            )
        return "\n".join(lines)


def spectrum(cell: Cell) -> Spectrum:
    """The eigenvalues and singular values of the recurrent weights of each gate of a cell.

    Raises ValueError for a cell whose gates have no square block of W_hh.

    >>> from rnn import GRUCell
    >>> cell = GRUCell(2, 3, rng=0)
    >>> cell.gate("n").W_hh = np.diag([1.0, -3.0, 2.0])
    >>> spectrum(cell)["n"].real
    array([-3.,  2.,  1.])
    """
    if not isinstance(cell, Cell):
        raise TypeError(f"spectrum(cell): received {type(cell).__name__}; {_OF_A_LAYER}")
    blocks = {name: cell.gate(name).W_hh.astype(np.float64) for name in cell.conventions()["gates"]}
    shapes = {block.shape for block in blocks.values()}
    if not blocks or any(rows != columns for rows, columns in shapes):
        raise ValueError(
            f"spectrum({type(cell).__name__}): its gates have recurrent weights of shapes "
            f"{sorted(shapes)}; only square ones, (H, H), have eigenvalues"
        )
    return Spectrum(
        {name: by_modulus(np.linalg.eigvals(block)) for name, block in blocks.items()},
        {name: np.linalg.svd(block, compute_uv=False) for name, block in blocks.items()},
    )
