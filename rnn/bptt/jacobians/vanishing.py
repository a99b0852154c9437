"""Vanishing and exploding gradients of several cells side by side, by the scale of the weights."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import init
from minigrad.checks import Rng, as_generator
from minigrad.console import printable

from ...cells import Cell, ElmanCell, GRUCell, LSTMCell
from ...cells.state import unpack
from ...sequence.unrolling import steps
from ..plots.figures import Canvas
from ..plots.jacobians import plot_vanishing
from .bound import Bound, bound
from .norms import Norms, norms

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Vanishing", "vanishing"]

Array = np.ndarray[Any, Any]


class Vanishing(Mapping[tuple[str, float], Norms]):
    """‖∂L/∂state_{T-k}‖ by cell and scale: ``found["lstm", 1.0]`` are its Norms.

    cells, scales: the keys. bounds: by scale, the bound of the vanilla network with that scale.
    states: by cell, the name of the state that is measured.

    >>> found = vanishing(scales=[0.5], T=10, hidden_size=4, cells=[ElmanCell, LSTMCell])
    >>> found.cells, found.states, found.relative("lstm").shape
    (('rnn', 'lstm'), {'rnn': 'h', 'lstm': 'c'}, (1, 10))
    >>> found["rnn", 0.5].rate < found.bounds[0.5].rate
    True
    """

    def __init__(
        self,
        found: dict[tuple[str, float], Norms],
        bounds: dict[float, Bound],
        states: dict[str, str],
    ) -> None:
        self._found, self.bounds, self.states = found, bounds, states
        self.cells = tuple(dict.fromkeys(name for name, _ in found))
        self.scales = tuple(bounds)

    def __getitem__(self, key: tuple[str, float]) -> Norms:
        return self._found[key]

    def __iter__(self) -> Iterator[tuple[str, float]]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def relative(self, cell: str) -> Array:
        """‖∂L/∂state_{T-k}‖ / ‖∂L/∂state_T‖ by scale and lag k = 0, ..., T-1: (scales, T)."""
        every = [self._found[cell, scale].values[::-1] for scale in self.scales]
        return np.stack([values / values[0] for values in every])

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """A panel for each cell, a line for each scale, the bound of the vanilla network dashed.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        relative = {cell: self.relative(cell) for cell in self.cells}
        T = max(rows.shape[1] for rows in relative.values())
        bounds = {scale: limit.at(range(T)) for scale, limit in self.bounds.items()}
        return plot_vanishing(relative, bounds, self.states, Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        T = len(next(iter(self._found.values())))
        lags = sorted(k for k in {1, T // 10, T // 2, T - 1} if 0 < k < T)
        lines = ["Vanishing: ‖∂L/∂state_{T-k}‖ / ‖∂L/∂state_T‖"]
        lines.append("cell  scale" + "".join(f"{f'k = {k}':>10}" for k in lags) + "  per step")
        for (name, scale), found in self._found.items():
            values = self.relative(name)[self.scales.index(scale)]
            row = "".join(f"{values[k]:>10.1e}" for k in lags)
            lines.append(f"{name:<4}  {scale:>5g}{row}  {found.rate:>8.4f}")
        return "\n".join(lines)


def vanishing(
    scales: Sequence[float] = (0.5, 1.0, 1.5),
    T: int = 100,
    hidden_size: int = 32,
    *,
    cells: Sequence[type[Cell]] = (ElmanCell, LSTMCell, GRUCell),
    keep_bias: float = 1.0,
    write_bias: float = 0.0,
    input_scale: float = 0.1,
    batch: int = 8,
    rng: Rng = 0,
    seed: int | None = None,
) -> Vanishing:
    """How much of the gradient is left after k steps, for cells with weights of several scales.

    scales: of W_hh: each gate gets a random orthogonal matrix times the scale, so that the vanilla
        network has γ_W = scale. T: steps. cells: cell classes. batch: sequences.
    keep_bias: the bias of the gate that keeps the memory, f of an LSTM and z of a GRU. write_bias:
        that of the gate that writes to it, i of an LSTM. All other biases are 0. With ±ln(T - 1)
        this is chrono initialisation: Tallec and Ollivier, Can recurrent neural networks warp
        time? (2018).
    input_scale: the standard deviation of the inputs. Large ones saturate the units, and a gradient
        then vanishes also where the weights alone would let it explode.
    rng: a Generator, a seed or None for weights and inputs; every cell and scale gets the same
        numbers. seed: its former name.

    The loss is a random projection of the last output, so that all of the gradient starts there.
    Of an LSTM the gradient by c is measured. Takes one sweep for each cell and scale.
    Raises ValueError for scales that are not positive.
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks (2013).

    >>> found = vanishing(T=20, hidden_size=8)
    >>> found["rnn", 0.5].rate < 0.5 < found["gru", 0.5].rate < 1 < found["rnn", 1.5].rate
    True
    """
    given = [float(scale) for scale in scales]
    if not given or not all(0 < scale < np.inf for scale in given):
        raise ValueError(f"vanishing(scales={scales!r}): wanted positive numbers")
    start = as_generator(rng if seed is None else seed, "vanishing")
    found: dict[tuple[str, float], Norms] = {}
    bounds: dict[float, Bound] = {}
    states: dict[str, str] = {}
    for kind in cells:
        for scale in given:
            draws = copy.deepcopy(start)  # the same numbers for all
            cell = _scaled(kind, hidden_size, scale, {"f": keep_bias, "i": write_bias}, draws)
            xs = input_scale * draws.normal(size=(T, batch, cell.input_size))
            run = list(steps(cell, xs))
            output = run[-1][0]
            loss = (output * draws.normal(size=output.shape)).sum()
            parts = [unpack(state) for _, state in run]
            on_graph = [getattr(part, "requires_grad", False) for part in parts[0]]
            place = max(k for k, live in enumerate(on_graph) if live)
            carried = [state[place] for state in parts]
            found[cell.name, scale] = norms(loss, carried)
            states[cell.name] = cell.state_names(run[0][1])[place]
            bounds.setdefault(scale, bound(scale * np.eye(2)))
    return Vanishing(found, bounds, states)


def _scaled(
    kind: type[Cell], H: int, scale: float, gate_biases: dict[str, float], rng: np.random.Generator
) -> Cell:
    """A cell with orthogonal recurrent weights times `scale`, and biases in the gates named."""
    cell = kind(4, H, dtype=np.float64, rng=rng)
    biases = [name for name, _ in cell.named_parameters() if name in ("b_h", "b_xh", "b_hh")]
    for name in biases:
        bias = getattr(cell, name)
        bias.data = np.zeros(bias.shape)
    for name in cell.gates:
        gate = cell.gate(name)
        gate.W_hh = init.orthogonal(gate.W_hh.shape, gain=scale, rng=rng, dtype=np.float64)
        keeps = "f" if name == "z" and cell.conventions().get("update") == "keep" else name
        if keeps in gate_biases and biases:
            setattr(gate, biases[0], np.full(H, gate_biases[keeps]))
    return cell
