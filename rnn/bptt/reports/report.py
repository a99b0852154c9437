"""One report on the gradient of a whole model, through time: which step, which layer, how far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigrad import Tensor
from minigrad.console import printable
from minigrad.errors import GradientError

from ..contributions.naming import Key, NamedWeights, weights_of
from ..contributions.terms import terms_of
from ..plots.figures import Canvas
from ..plots.reports import PlottedRow, plot_report
from ..result import norm
from .export import from_json, to_frame, to_json
from .rows import ReportRow, layer_row, rows_of
from .table import DETAILS, report_table

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Report", "report"]


class Report:
    """What each step gives to the gradient of each weight and gate of a model, in numbers.

    ``report["W_hh"]`` is a ReportRow, which has `norms`, `parts`, `cosines`, `half_life`, ... and
    prints step by step; the keys are those of a ledger: names, weights, gates. Iterating gives the
    rows of all weights, each followed by those of its gates. ``print(report)`` is a table.

    loss: the value of the loss. rows: all of them.

    >>> import numpy as np
    >>> from rnn import LSTM
    >>> layer = LSTM(3, 4, rng=0)
    >>> found = report(layer(np.ones((5, 2, 3), np.float32))[0][-1].sum(), layer)
    >>> found["W_hh"].steps, found["W_hh[f]"].norms.shape, float(found["W_hh"].norms[0])
    ((1, 2, 3, 4, 5), (5,), 0.0)
    >>> round(float(found["b_h"].parts.sum()), 6)
    1.0
    """

    def __init__(self, loss: float, rows: Sequence[ReportRow], weights: NamedWeights) -> None:
        self.loss, self.rows, self._weights = loss, tuple(rows), weights

    def __iter__(self) -> Iterator[ReportRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Key | tuple[Key, str]) -> ReportRow:
        """The row of a weight or gate; with a place, ``report["W", "decoder"]``, where several
        recurrences use the weight.

        Raises KeyError for an unknown key, or where a place is wanted.
        """
        found = self.rows_of(key)
        if len(found) > 1:
            places = ", ".join(repr(row.place) for row in found)
            raise KeyError(
                f"report[...]: {found[0].name} is used in {places}; name one, as in "
                f"report[{found[0].name!r}, {found[0].place!r}]"
            )
        return found[0]

    def rows_of(self, key: Key | tuple[Key, str]) -> list[ReportRow]:
        """The rows of a weight or gate: one for each recurrence that uses it."""
        place = None
        if isinstance(key, tuple) and key[1] in {row.place for row in self.rows}:
            key, place = key
        weight, gate = self._weights.find(key, "report")
        found = [row for row in self.rows if (row.weight, row.gate) == (weight, gate)]
        return [row for row in found if place in (None, row.place)] if place else found

    def by_layer(self) -> dict[str, ReportRow]:
        """All weights of a layer as one gradient, by its path; both directions apart, and each
        recurrence that uses it."""
        return {heading: rows[0] for heading, rows in self._layers().items()}

    def _layers(self) -> dict[str, list[ReportRow]]:
        """By heading the row of a layer, and then those of its weights and gates."""
        groups: dict[tuple[str, str | None, str], list[ReportRow]] = {}
        for row in self.rows:
            groups.setdefault((row.layer, row.place, row.direction), []).append(row)
        layers = {}
        for (layer, place, direction), rows in groups.items():
            several = len({p for other, p, way in groups if (other, way) == (layer, direction)}) > 1
            words = [layer or "weights", *([direction] if direction == "reverse" else [])]
            words += [f"in {place}"] if several and place else []
            words += [] if place else ["outside of the steps"]
            whole = layer_row([row for row in rows if row.gate is None])
            layers[" ".join(words)] = [whole, *rows]
        return layers

    def table(self, detail: str | None = None) -> str:
        """The report as text, at most 100 columns wide.

        detail: "layers", "weights" or "gates", the finest thing that has a line; None for as fine
            as fits 60 lines. Raises ValueError for another.
        """
        if detail not in (None, *DETAILS):
            raise ValueError(
                f"report.table(detail={detail!r}): wanted one of {', '.join(map(repr, DETAILS))}, "
                f"or None"
            )
        weights = {row.weight: row.total for row in self.rows if row.gate is None}
        total = float(norm(list(weights.values())))
        count = "one weight" if len(weights) == 1 else f"{len(weights)} weights"
        title = f"L = {self.loss:.6g}; ‖∂L/∂W‖ = {total:.4g} over {count}"
        return report_table(title, self._layers(), detail)

    def plot(
        self, path: str | PathLike[str] | None = None, names: Sequence[Key] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """A line for each weight: ‖G_t‖ by step as a share of its largest, the cosine of G_t with
        the sum, and ‖G‖ with the part that is outside of the steps; written to `path` if given.

        names: some of the weights, or gates (default: all weights).
        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings. Raises KeyError for an unknown name,
        ValueError for none.
        """
        if names is None:
            chosen = [row for row in self.rows if row.gate is None]
        else:
            chosen = [row for name in names for row in self.rows_of(name)]
        if not chosen:
            raise ValueError("report.plot(names=[]): wanted at least one weight or gate")
        repeated = {row.name for row in chosen if len(self.rows_of(row.name)) > 1}
        plotted = [
            PlottedRow(
                f"{row.name} in {row.place}" if row.name in repeated else row.name, row.steps,
                row.norms, row.cosines, row.total, row.outside,
            )
            for row in chosen
        ]
        return plot_report(plotted, Canvas(path, size, style))

    def to_frame(self) -> Any:
        """A pandas DataFrame with a line for each weight, gate and step, and one for what is
        outside of the steps (its step is NA): norm, part, cosine, total, half_life.

        Raises ImportError without pandas.
        """
        return to_frame(self.rows)

    def to_json(
        self, path: str | PathLike[str] | None = None, *, indent: int | None = None
    ) -> str:
        """The report as JSON, also written to `path` if it is given; ``Report.from_json`` reads
        it. What is not finite is "NaN", "Infinity" or "-Infinity"."""
        text = to_json(self.loss, self.rows, indent)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The report that ``to_json`` wrote. Its weights are known by name alone.

        Raises ValueError for another text.
        """
        loss, rows = from_json(text)
        gates: dict[str, dict[str, slice]] = {}
        for row in rows:
            if row.gate is not None:
                gates.setdefault(row.weight, {})[row.gate] = slice(None)
        names: dict[str, Any] = dict.fromkeys(row.weight for row in rows)
        return cls(loss, rows, NamedWeights(names, gates))

    @printable
    def __repr__(self) -> str:
        return self.table()


def report(loss: Tensor, params: Any) -> Report:
    """How the gradient of `loss` comes about over time, for every weight of a whole model.

    loss: a scalar whose graph is still there: call it before ``backward()``. The graph is kept.
    params: a Module, a Tensor, or a mapping or sequence of them, nested as one likes, as ``ledger``
        takes them: ``report(loss, {"enc": enc, "dec": dec})``.

    For each weight, and each gate of a cell's: the norm of its gradient G = Σ_t G_t + outside; of
    every step t the norm of G_t, its part ⟨G_t, G⟩/‖G‖² and its cosine with G; the part of what
    lies outside of any step; and the half-life, how many steps back the terms have fallen to half.
    ``ReportRow`` defines each. A weight that several recurrences use (tied) has a row for each, by
    the scope that it is run in; two that have the same scope are one, so name them, as in
    ``unroll(cell, xs, name="encoder")``. A recurrence that was run with how="scan" or "checkpoint"
    has the same report.

    Raises TypeError for a loss that is no Tensor; GradientError where it is no scalar, requires no
    grad, or depends on none of the weights; GraphFreedError after ``backward()``; ValueError where
    there is no weight; and what ``ledger`` raises for `params`.

    >>> import numpy as np
    >>> from rnn import GRU
    >>> encoder, decoder = GRU(3, 4, rng=0), GRU(2, 4, rng=1)
    >>> _, state = encoder(np.ones((6, 2, 3), np.float32))
    >>> outputs, _ = decoder(np.ones((4, 2, 2), np.float32), state)
    >>> found = report((outputs ** 2).mean(), {"enc": encoder, "dec": decoder})
    >>> [found[f"{name}.cell.W_hh"].steps[-1] for name in ("enc", "dec")]
    [6, 4]
    >>> print(found["enc.cell.W_hh[z]"])
    enc.cell.W_hh[z] in gru, forward: ‖G‖ = 0.01024, half-life 4
        t    lag       ‖G_t‖         part   cosine
        1      5           0          0 %        –
        2      4    0.001187       11.2 %    0.969
        3      3    0.001848       17.9 %    0.992
        4      2    0.002232       21.8 %    1.000
        5      1    0.002461         24 %    0.997
        6      0    0.002604       25.1 %    0.989
    """
    weights = weights_of(params, "report")
    if not weights.tensors:
        raise ValueError("report(params): received no weights; wanted a Module, or several")
    every = terms_of(loss, list(weights.tensors.values()), "report")
    found = dict(zip(weights.tensors, every, strict=True))
    if not any(terms.used for terms in found.values()):
        raise GradientError(
            f"report(loss, params): the loss depends on none of {', '.join(found)}; it has to be "
            f"computed from these very weights, with none of no_grad() and detach() between them"
        )
    rows = []
    for name, terms in found.items():
        rows += rows_of(name, None, terms)
        for gate, columns in weights.gates.get(name, {}).items():
            rows += rows_of(name, gate, terms.columns(columns))
    return Report(loss.item(), rows, weights)
