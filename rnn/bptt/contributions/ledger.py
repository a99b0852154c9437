"""The gradient of a shared weight, taken apart by time step: ∂L/∂W = Σ_t G_t.

A weight that a recurrence uses T times gets T contributions to its gradient. Other frameworks
hand out their sum; the ledger keeps the terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.console import printable

from ..plots.contributions import plot_ledger
from ..plots.figures import Canvas
from ..result import cut, norm
from .naming import Key, NamedWeights, layer_of, weights_of
from .terms import NO_STEPS, terms_of

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Entry", "Ledger", "ledger"]

MOST = 60   # lines of a printed ledger: of more weights the first and the last

Array = np.ndarray[Any, Any]


class Entry(NamedTuple):
    """What a ledger has of one weight, or of one gate in it.

    terms: (T, *shape), with zeros at steps without a use. steps: the steps with one. outside: the
    sum over the uses outside of any step, whose ops are outside_uses.
    """

    terms: Array
    steps: tuple[int, ...]
    outside: Array
    outside_uses: tuple[str, ...]

    def columns(self, columns: slice) -> Entry:
        """Of some columns of the weight."""
        return self._replace(
            terms=self.terms[..., columns], outside=self.outside[..., columns]
        )


class Ledger(Mapping[Key, Array]):
    """The terms of the gradients of several weights: ``ledger["W_hh"][k]`` is G_t of steps[k].

    The keys are names. In the place of a name, here and in every method, may also stand the
    weight itself, ``ledger[cell.W_hh]``; the end of a name, after a dot, if no other ends so:
    "W_hh" for "encoder.cell.W_hh"; and the columns of one gate, "W_hh[f]" or (cell.W_hh, "f").

    steps: the time steps in order, along the first axis of every array. A step that does not use
        a weight has zeros there; ``steps_of(name)`` are those that do.
    gates: by weight the names of the gates that share it, for the cells of a Module.
    tensors: by name the weights themselves.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True, name="w")
    >>> with mg.scope("rnn", t=1):
    ...     h = w * 2.0
    >>> with mg.scope("rnn", t=2):
    ...     h = w * h                            # 2 w²: each of the two uses gives 2 w
    >>> terms = ledger(h, w)
    >>> terms["w"], float(terms.total(w))
    (array([6., 6.]), 12.0)
    """

    def __init__(
        self,
        steps: Sequence[int],
        entries: Mapping[str, Entry],
        weights: NamedWeights,
    ) -> None:
        self.steps = tuple(steps)
        self._entries, self._weights = dict(entries), weights

    @property
    def gates(self) -> dict[str, tuple[str, ...]]:
        """By weight the names of the gates that share it."""
        return {name: tuple(blocks) for name, blocks in self._weights.gates.items()}

    @property
    def tensors(self) -> dict[str, Tensor]:
        """By name the weights themselves."""
        return dict(self._weights.tensors)

    def __getitem__(self, name: Key) -> Array:
        return self._entry(name).terms

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def _entry(self, key: Key) -> Entry:
        name, gate = self._weights.find(key, "ledger")
        entry = self._entries[name]
        return entry if gate is None else entry.columns(self._weights.gates[name][gate])

    def outside(self, name: Key) -> Array:
        """The contribution of uses outside of any step, such as one product with all outputs."""
        return self._entry(name).outside

    def outside_uses(self, name: Key) -> tuple[str, ...]:
        """The ops of the uses outside of any step, each after its scope if it has one."""
        return self._entry(name).outside_uses

    def steps_of(self, name: Key) -> tuple[int, ...]:
        """The steps with a use of the weight that the loss depends on."""
        return self._entry(name).steps

    def total(self, name: Key) -> Array:
        """The gradient: Σ_t G_t + ``outside(name)``."""
        entry = self._entry(name)
        total: Array = entry.terms.sum(axis=0) + entry.outside
        return total

    def norms(self, name: Key | None = None) -> Array:
        """‖G_t‖ (Frobenius) at each step: (T,). Without a name of all weights together, the root
        of the sum of their squares."""
        if name is None:
            each = [self.norms(one) for one in self]
            together: Array = norm(np.reshape(each, (len(each), len(self.steps))), axis=0)
            return together
        terms = self[name]
        norms: Array = norm(terms.reshape(len(terms), terms[0].size if len(terms) else 0), axis=1)
        return norms

    def by_layer(self) -> dict[str, Ledger]:
        """A ledger for each layer, by its dotted path; of the steps in which the layer is used.

        The weights have the rest of their names: those of ``encoder.0`` are "W_hh", and
        "reverse.W_hh" where it has two directions. The path is "" where a cell was given itself.

        >>> from rnn import GRU
        >>> layers = GRU(3, 4, num_layers=2, rng=0)
        >>> terms = ledger(layers(np.ones((5, 2, 3)))[0].sum(), layers).by_layer()
        >>> list(terms), list(terms["layers.0"]), terms["layers.0"].norms().shape
        (['layers.0', 'layers.1'], ['W_xh', 'W_hh', 'b_xh', 'b_hh'], (5,))
        """
        members: dict[str, list[str]] = {}
        for name in self._entries:
            members.setdefault(layer_of(name), []).append(name)
        return {layer: self._part(layer, names) for layer, names in members.items()}

    def _part(self, layer: str, names: Sequence[str]) -> Ledger:
        steps = sorted({t for name in names for t in self._entries[name].steps})
        rows = [self.steps.index(t) for t in steps]
        local = {name: name.removeprefix(f"{layer}.") for name in names}
        entries = {
            new: self._entries[name]._replace(terms=self._entries[name].terms[rows])
            for name, new in local.items()
        }
        return Ledger(steps, entries, self._weights.part(local))

    def plot(
        self, path: str | PathLike[str] | None = None, names: Sequence[Key] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """‖G_t‖ over t, one line for each weight; written to `path` (.png, .svg) if it is given.

        names: some of the weights, or gates.
        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings. Raises ValueError where there are no
        steps, and KeyError for an unknown name.
        """
        if not self.steps:
            raise ValueError(f"ledger.plot(): there are no steps: {NO_STEPS}")
        chosen = list(self if names is None else names)
        lines, totals = {}, {}
        for key in chosen:
            name, gate = self._weights.find(key, "ledger")
            label = name if gate is None else f"{name}[{gate}]"
            used = set(self.steps_of(key))
            here = [t in used for t in self.steps]
            lines[label] = np.where(here, self.norms(key), np.nan)
            totals[label] = float(norm(self.total(key)))
        return plot_ledger(self.steps, lines, totals, Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        if not self._entries:
            return "Ledger of no weights"
        if self.steps:
            title = f"Ledger, steps {self.steps[0]} to {self.steps[-1]}"
        else:
            title = f"Ledger, no steps: {NO_STEPS}"
        names = list(self._entries)
        left = len(names) - MOST
        if left > 0:
            names[MOST // 2 : -MOST // 2] = []
        width = min(40, max(len("weight"), *map(len, names)))
        head = f"{'weight':<{width}}  {'‖Σ G_t‖':>10}  {'largest ‖G_t‖':<20}"
        if any(entry.outside_uses for entry in self._entries.values()):
            head += "  outside of the steps"
        lines = [f"{cut(name, width):<{width}}  {self._line(name)}".rstrip() for name in names]
        if left > 0:
            lines.insert(MOST // 2, f"… and {left} more")
        return "\n".join([title, head.rstrip(), *lines])

    def _line(self, name: str) -> str:
        """What is printed of a weight, after its name."""
        entry = self._entries[name]
        line = f"{float(norm(self.total(name))):>10.4g}  {self._largest(name):<20}"
        if entry.outside_uses:
            line += f"  {float(norm(entry.outside)):.4g} by {', '.join(entry.outside_uses)}"
        elif not entry.steps:
            line += "  not on the graph"
        return line

    def _largest(self, name: str) -> str:
        """The largest term and its step."""
        if not self.steps_of(name):
            return ""
        norms = self.norms(name)
        k = int(norms.argmax())
        if norms[k] == 0:
            return "0"
        return f"{norms[k]:.4g} at t={self.steps[k]}"


def ledger(loss: Tensor, params: Any, gradient: Any = None) -> Ledger:
    """The contribution of every time step to the gradients of `loss`.

    loss: a scalar whose graph is still there: call it before ``backward()``. The graph is kept.
    params: a Module, a Tensor, or a mapping or sequence of them, nested as one likes. The names of
        several modules begin with their keys, or with what each calls itself:
        ``ledger(loss, {"enc": enc, "dec": dec})`` has "enc.W_hh" and "dec.W_hh". A weight that
        they share (tied) is there once.
    gradient: the cotangent, where `loss` is not a scalar.

    A use belongs to the step of the scope that it was recorded in: ``unroll`` sets one for each
    step, and ``with minigrad.scope(name, t=t):`` does. A recurrence that was run with how="scan" or
    "checkpoint" is run again for it, as "unroll" runs it.
    Raises GradientError when `loss` requires no grad or is no scalar; GraphFreedError after
    ``backward()``; TypeError for what is no weight, and ValueError for one that requires no grad
    or for modules without weights.

    >>> from rnn import ElmanCell, unroll
    >>> cell = ElmanCell(1, 1, dtype=float, rng=0)
    >>> outputs, _ = unroll(cell, np.ones((3, 1, 1)))
    >>> terms = ledger((outputs ** 2).sum(), cell)
    >>> terms["W_hh"].shape, terms.steps
    ((3, 1, 1), (1, 2, 3))
    >>> from rnn import LSTMCell
    >>> lstm = LSTMCell(1, 2, rng=0)
    >>> terms = ledger(unroll(lstm, np.ones((3, 1, 1)))[0].sum(), lstm)
    >>> terms.gates["W_hh"], terms["W_hh[f]"].shape
    (('i', 'f', 'g', 'o'), (3, 2, 2))
    """
    weights = weights_of(params, "ledger")
    every = terms_of(loss, list(weights.tensors.values()), "ledger", gradient)
    found = dict(zip(weights.tensors, every, strict=True))
    steps = sorted({t for terms in found.values() for t in terms.steps})
    entries = {
        name: Entry(terms.by_step(steps), terms.steps, terms.outside, terms.outside_uses)
        for name, terms in found.items()
    }
    return Ledger(steps, entries, weights)
