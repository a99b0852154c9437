"""Recurrent: any cell over whole sequences, in layers and directions, as a module of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor, tensor
from minigrad.functional import dropout as drop
from minigrad.module import Module

from ..cells import Cell, State
from ..cells.base import flag, one_sequence
from ..cells.foreign import reader_of
from ..cells.wrappers import probability
from ..loop import Run, run
from ..unroll import each_step, stack, unroll
from .grid import grid_of, merged_width
from .lengths import Array, as_lengths, own_steps, without_padding
from .states import Layout

__all__ = ["Recurrent"]

_MERGES: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "concat": lambda forward, reverse: np.concatenate([forward, reverse], axis=-1),
    "sum": lambda forward, reverse: forward + reverse,
    "mul": lambda forward, reverse: forward * reverse,
}


class Recurrent(Module):
    """Cells run over a sequence: ``outputs, state = layer(xs, state)``.

    cell: what runs. One cell; or a stack:
        a list of cells, one a layer, or of pairs of cells, forward and reverse;
        or a function that makes a cell for inputs of a given width, such as
        ``lambda K: GRUCell(K, 8)``, called for each layer and direction.
    name: the scope of the steps (default: the cell's). In a stack ``name.0``, ``name.1``, and
        ``name.0.reverse``.
    input_size, num_layers, bidirectional: of the stack that a function makes.
    merge: what becomes of the outputs of two directions: "concat" side by side (B, 2H), "sum" or
        "mul".
    batch_first: inputs and outputs are (B, T, ...), and stacked states (B, N, H).
    dropout: the probability with which, in training, an output of a layer is 0 on its way to the
        next layer, drawn for each unit, step and sequence. Within the recurrence, with one mask
        for a whole sequence, see ``DropoutCell``.
    learn_initial_state: the states before the first step are parameters, ``initial.h_0`` and so
        on, at first 0 and the same for every sequence.
    rng: a Generator or a seed for dropout; kept as ``.rng``.

    A skip connection over a layer is a ``ResidualCell`` in the stack.

    Parameters are called ``cell.W_xh`` if there is one cell, otherwise ``layers.0.W_xh`` and
    ``layers.0.reverse.W_xh``; ``.cells[layer][direction]`` are the cells.
    Raises TypeError or ValueError that says what of this does not fit.

    >>> from rnn import GRUCell
    >>> layer = Recurrent(GRUCell(5, 3))
    >>> outputs, state = layer(np.zeros((4, 2, 5)))
    >>> outputs.shape, state.shape, [name for name, _ in layer.named_parameters()][0]
    ((4, 2, 3), (2, 3), 'cell.W_xh')
    >>> deep = Recurrent(lambda K: GRUCell(K, 3), input_size=5, num_layers=2, bidirectional=True)
    >>> outputs, state = deep(np.zeros((4, 2, 5)), lengths=[4, 1])
    >>> outputs.shape, state.shape
    ((4, 2, 6), (4, 2, 3))
    """

    def __init__(
        self,
        cell: Cell | Sequence[Any] | Callable[[int], Cell],
        name: str | None = None,
        *,
        input_size: int | None = None,
        num_layers: int | None = None,
        bidirectional: bool = False,
        merge: str = "concat",
        batch_first: bool = False,
        dropout: float = 0.0,
        learn_initial_state: bool = False,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        owner = type(self).__name__
        if merge not in _MERGES:
            raise ValueError(f"{owner}(merge={merge!r}): wanted 'concat', 'sum' or 'mul'")
        self.merge = merge
        self.batch_first = flag(batch_first, "batch_first", owner)
        both = flag(bidirectional, "bidirectional", owner)
        grid = grid_of(cell, input_size, num_layers, both, merge, owner)
        self.num_layers, self.bidirectional = len(grid), len(grid[0]) == 2
        self.dropout = probability(dropout, "dropout", owner)
        if self.dropout and len(grid) == 1:
            raise ValueError(
                f"{owner}(dropout={dropout!r}, num_layers=1): it acts between layers, and there is "
                f"one; take more layers, or drop out the outputs with minigrad.functional.dropout "
                f"or within the recurrence with DropoutCell"
            )
        self.name = name or grid[0][0].name
        self._alone = isinstance(cell, Cell)
        if len(grid) == len(grid[0]) == 1:
            self.cell = grid[0][0]
        else:
            self.layers = {
                f"{layer}{'.reverse' * direction}": one
                for layer, row in enumerate(grid)
                for direction, one in enumerate(row)
            }
        learned = flag(learn_initial_state, "learn_initial_state", owner)
        self.initial = self._layout().learnable() if learned else {}
        self.rng = np.random.default_rng(rng)

    # -- what it consists of

    def _named_cells(self) -> dict[str, Cell]:
        """The cells by their place: "0", "0.reverse", "1" and so on; one alone has the place ""."""
        return {"": self.cell} if "cell" in vars(self) else self.layers

    @property
    def cells(self) -> list[list[Cell]]:
        """``cells[layer][direction]``: direction 0 is forward, 1 is reverse."""
        found, directions = list(self._named_cells().values()), 1 + self.bidirectional
        return [found[k : k + directions] for k in range(0, len(found), directions)]

    def _layout(self) -> Layout:
        return Layout(
            {f"{place}." if place else "": cell for place, cell in self._named_cells().items()},
            owner=type(self).__name__, alone=self._alone, batch_first=self.batch_first,
        )

    @property
    def input_size(self) -> int:
        """The width of the inputs."""
        return next(iter(self._named_cells().values())).input_size

    @property
    def output_size(self) -> int:
        """The width of the outputs."""
        return merged_width(self.cells[-1], self.merge)

    def initial_state(self, batch: int) -> Any:
        """The state from which `batch` sequences start if the call is given none."""
        layout = self._layout()
        return layout.join(layout.initial(batch, self.initial))

    def explain_keys(self, unexpected: Sequence[str]) -> str:
        """Which reader of ``rnn.convert`` takes a state dict with such names."""
        return reader_of(unexpected)

    # -- running it

    def forward(
        self,
        xs: Any,
        state: Any = None,
        lengths: Any = None,
        *,
        return_states: bool = False,
        start: int = 1,
    ) -> Any:
        """(outputs, state), and with `return_states` (outputs, state, states).

        xs: (T, B, K), or integers (T, B): token indices; with batch_first (B, T, K) or (B, T). Or
            a list of T Tensors (B, K).
        state: before the first step, as a call returns it; by default zeros, or what was learned.
        lengths: B integers from 0 to T, in any order: how many steps of each sequence are its
            own. The others are padding, which may hold anything, NaN included.
        return_states: whether to return all states too, as they are on the tape: by cell, in the
            order in which they are stacked, a list of T states, h (B, H) or (h, c). Of a layer
            made of one cell it is that list alone.
        start: the number of the first step, for sequences that are run in pieces.

        outputs: (T, B, H) of the last layer, H doubled where two directions are side by side; with
            batch_first (B, T, H). At padding they are 0.
        state: of one cell given as it is, that of the cell. Of a stack, and of RNN, LSTM and GRU,
            each part stacked: (layers · directions, B, H), with batch_first (B, layers ·
            directions, H); or, where parts or sizes differ from cell to cell, a tuple of states by
            cell. Forward it is the state after a sequence's last own step, in reverse that after
            its first one; of a sequence of length 0 the one before it.

        Raises ValueError or TypeError, before anything is computed, for inputs, states and
        lengths that do not fit.
        """
        whole = self._sequence(xs)                                       # (T, B, K) or (T, B)
        T, B = whole.shape[:2]
        layout, hint = self._layout(), self._swapped(T, B)
        ends = None if lengths is None else as_lengths(lengths, T, B, layout.owner, hint)
        try:
            before = self.split_state(state, B)
        except ValueError as error:
            if hint and layout.may_be_of(state, T):
                error.add_note(hint)
            raise
        own = None if ends is None else own_steps(ends, T)
        if own is not None:
            whole = without_padding(whole, own)
        whole = layout.cells[0].as_input(whole, sequence=True)
        if len(before) == 1 and own is None and not return_states:
            outputs, last = unroll(layout.cells[0], whole, before[0], self.name, start=start)
            return self._by_batch(outputs), layout.join([last])
        steps, runs = self._run(list(whole.unbind()), before, start, own)
        result = self._by_batch(stack(steps)), layout.join([run.last for run in runs])
        if not return_states:
            return result
        states = [run.states for run in runs]
        return *result, states[0] if self._alone else states

    def split_state(self, state: Any, batch: int) -> list[State]:
        """The states of the cells, masks and all, in a state as a call takes it (or None)."""
        layout = self._layout()
        return layout.initial(batch, self.initial) if state is None else layout.split(state, batch)

    def join_states(self, states: Sequence[State]) -> Any:
        """A state as a call returns it, from those of the cells."""
        return self._layout().join(states)

    def step(self, x: Any, states: Sequence[State], t: int = 1) -> tuple[Tensor, list[State]]:
        """One step of all layers, for inputs that are known only one by one.

        x: (B, K), or tokens (B,). states: of the cells, as ``split_state`` gives them.
        Returns the output (B, H) and the new states of the cells.
        Raises ValueError for a bidirectional layer, which reads from the end too.

        >>> from rnn import GRU
        >>> layer = GRU(5, 3, num_layers=2)
        >>> states = layer.split_state(None, batch=2)
        >>> for t in (1, 2, 3):
        ...     output, states = layer.step(np.ones((2, 5)), states, t)
        >>> output.shape, layer.join_states(states).shape
        ((2, 3), (2, 2, 3))
        """
        if self.bidirectional:
            raise ValueError(
                f"{type(self).__name__}.step: the layer is bidirectional; its reverse direction "
                f"begins at the end of a sequence, which must be known"
            )
        inputs = [self.cells[0][0].as_input(x)]
        (output,), runs = self._run(inputs, states, t, None)
        return output, [run.last for run in runs]

    def _run(
        self, steps: list[Tensor], before: Sequence[State], start: int, own: Array | None
    ) -> tuple[list[Tensor], list[Run]]:
        """The outputs of the last layer by step, and the runs of all cells."""
        runs: list[Run] = []
        for layer, row in enumerate(self.cells):
            label = self.name if "cell" in vars(self) else f"{self.name}.{layer}"
            if layer and self.dropout and self.training:
                steps = each_step(
                    lambda y: drop(y, self.dropout, rng=self.rng), steps,
                    name=f"{self.name}.{layer - 1}.dropout", start=start,
                )
            here = [
                run(
                    cell, steps, before[len(runs) + d], label + ".reverse" * d, start,
                    reverse=d == 1, own=own,
                )
                for d, cell in enumerate(row)
            ]
            runs += here
            steps = here[0].outputs
            if len(here) == 2:
                steps = each_step(
                    _MERGES[self.merge], steps, here[1].outputs,
                    name=f"{label}.{self.merge}", start=start,
                )
        return steps, runs

    def _sequence(self, xs: Any) -> Tensor:
        """`xs` as a Tensor (T, B, K) or (T, B), checked."""
        owner, first = type(self).__name__, next(iter(self._named_cells().values()))
        by_step = isinstance(xs, list | tuple) and any(isinstance(x, Tensor) for x in xs)
        if by_step:
            given = stack([x if isinstance(x, Tensor) else tensor(x) for x in xs])
        else:
            given = xs if isinstance(xs, Tensor) else tensor(xs)
        axes = "B, T" if self.batch_first and not by_step else "T, B"
        kind = given.dtype.kind
        tokens, real = kind in "iu" and given.ndim == 2, kind in "biuf" and given.ndim == 3
        if not tokens and not (real and given.shape[2] == first.input_size):
            raise ValueError(
                f"{owner}: the input has shape {given.shape} and dtype {given.dtype}; wanted "
                f"({axes}, {first.input_size}) of real numbers, or ({axes}) of integers (token "
                f"indices){one_sequence(kind, given.shape, axes.split(', '), first.input_size)}"
            )
        if self.batch_first and not by_step:
            given = given.swapaxes(0, 1)
        if len(given) == 0:
            raise ValueError(f"{owner}: the input has no steps (T = 0); wanted at least one")
        return given

    def _by_batch(self, outputs: Tensor) -> Tensor:
        return outputs.swapaxes(0, 1) if self.batch_first else outputs

    def _swapped(self, T: int, B: int) -> str:
        """What to say where something would fit if the axes of the input were swapped."""
        if T == B:
            return ""
        if self.batch_first:
            return (
                f"the layer has batch_first=True, so the input was read as {B} sequences of {T} "
                f"steps; if it is (T, B, ...), leave batch_first out"
            )
        return (
            f"the layer is time-major, so the input was read as {T} steps of {B} sequences; if it "
            f"is (B, T, ...), make the layer with batch_first=True"
        )

    def extra_repr(self) -> str:
        several = "cell" not in vars(self)
        notes = [f"{self.input_size}, {self.output_size}"]
        notes += [f"num_layers={self.num_layers}"] * several
        notes += [f"bidirectional, merge={self.merge}"] * self.bidirectional
        notes += ["batch_first"] * self.batch_first
        notes += [f"dropout={self.dropout}"] * bool(self.dropout)
        return ", ".join(notes)
