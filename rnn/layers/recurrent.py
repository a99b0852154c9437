"""Recurrent: any cell over whole sequences, in layers and directions, as a module of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad import Tensor, tensor
from minigrad.checks import Rng, as_flag, as_generator, as_probability
from minigrad.functional import dropout as drop
from minigrad.module import Module
from minigrad.scanning.workers import as_workers

from ..cells import Cell, State
from ..cells.foreign import reader_of
from ..cells.state import with_own_generators
from ..sequence.lengths import Masks, as_masks, without_padding
from ..sequence.loop import SequenceResult, check_rows, run, stack
from ..sequence.unrolling import each_step, unrolled
from ..sequence.ways import as_how, chosen_way
from .compiled import run_compiled
from .stack import MERGES, grid_of, merged_width
from .states import Layout

__all__ = ["Recurrent"]

class Recurrent(Module):
    """Cells run over a sequence: ``outputs, state = layer(xs, state)``.

    cell: what runs. One cell; or a stack:
        a list of cells, one a layer, or of pairs of cells, forward and reverse;
        or a function that makes a cell for inputs of a given width, such as
        ``lambda K: GRUCell(K, 8)``, called for each layer and direction.
    name: the scope of the steps (default: the cell's). In a stack ``name.0``, ``name.1``, and
        ``name.0.reverse``.
    input_size, num_layers, bidirectional: of the stack that a function makes.
    merge: what becomes of the outputs of two directions: "concat" side by side (B, 2H), "sum",
        "mul", "ave" (half of the sum), or None: they stay two, and the outputs are a pair. (Keras'
        merge_mode.)
    reverse: one direction, from the last input to the first. Outputs stand at their inputs: the
        one at step t is made of the steps from t on. (Keras' go_backwards runs so too, but gives
        the outputs in the order in which they were made.)
    batch_first: inputs and outputs are (B, T, ...), and stacked states (B, N, H).
    dropout: the probability with which, in training, an output of a layer is 0 on its way to the
        next layer, drawn for each unit, step and sequence. Within the recurrence, with one mask
        for a whole sequence, see ``DropoutCell``.
    learn_initial_state: the states before the first step are parameters, ``initial.h_0`` and so
        on, at first 0 and the same for every sequence.
    how: the way in which cells are run, "unroll", "scan" or "checkpoint", unless a call says
        another; kept as ``.how``. See ``forward``.
    workers: how many threads share the rows of a batch where a scan runs them; kept as
        ``.workers``. By default as many as are worth it (``minigrad.scan`` says more).
    rng: a Generator or a seed for dropout; kept as ``.rng``.

    A skip connection over a layer is a ``ResidualCell`` in the stack.

    Parameters are called ``cell.W_xh`` if there is one cell, otherwise ``layers.0.W_xh`` and
    ``layers.0.reverse.W_xh``; ``.cells[layer][direction]`` are the cells.
    Raises TypeError or ValueError that says what of this does not fit.

    >>> import numpy as np
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
        merge: str | None = "concat",
        reverse: bool = False,
        batch_first: bool = False,
        dropout: float = 0.0,
        learn_initial_state: bool = False,
        how: str | None = None,
        workers: int | None = None,
        rng: Rng = None,
    ) -> None:
        owner = type(self).__name__
        self.how, self.workers = as_how(how, owner), as_workers(workers, owner)
        if merge not in MERGES:
            words = ", ".join(map(repr, MERGES))
            raise ValueError(f"{owner}(merge={merge!r}): wanted one of {words}")
        self.merge = merge
        self.reverse = as_flag(reverse, "reverse", owner)
        self.batch_first = as_flag(batch_first, "batch_first", owner)
        both = as_flag(bidirectional, "bidirectional", owner)
        grid = grid_of(cell, input_size, num_layers, both, merge, owner)
        self.num_layers, self.bidirectional = len(grid), len(grid[0]) == 2
        if self.reverse and self.bidirectional:
            raise ValueError(
                f"{owner}(reverse=True): the layer is bidirectional, so it has a reverse direction;"
                f" leave one of the two out"
            )
        self.dropout = as_probability(dropout, "dropout", owner)
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
        learned = as_flag(learn_initial_state, "learn_initial_state", owner)
        self.initial = self._layout().learnable() if learned else {}
        self.rng = as_generator(rng, owner)

    # -- what it consists of

    def _named_cells(self) -> dict[str, Cell]:
        """The cells by their place: "0", "0.reverse", "1" and so on; one alone has the place ""."""
        return {"": self.cell} if "cell" in vars(self) else self.layers

    @property
    def cells(self) -> list[list[Cell]]:
        """``cells[layer][direction]``: of two directions 0 is forward, 1 is reverse."""
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
        """The width of the outputs; with merge=None of each of the two."""
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
        mask: Any = None,
        zero_output_for_mask: bool = False,
        return_states: bool = False,
        how: str | None = None,
        start: int = 1,
    ) -> Any:
        """(outputs, state), and with `return_states` (outputs, state, states).

        xs: (T, B, K), or integers (T, B): token indices; with batch_first (B, T, K) or (B, T). Or
            a list of T Tensors (B, K). Or one sequence without the axis of the batch: (T, K), or
            integers (T,); outputs and states have none then either, as in PyTorch.
        state: before the first step, as a call returns it; by default zeros, or what was learned.
        lengths: B integers from 0 to T, in any order: how many steps of each sequence are its
            own. The others are padding, which may hold anything, NaN included. Of one sequence an
            integer.
        mask: booleans (T, B), with batch_first (B, T), of one sequence (T,): which steps are a
            sequence's own, where those that are not may lie anywhere. At such a step, whose input
            may be anything, a sequence keeps its state, and its output is the one of the step run
            before it, at first 0; with zero_output_for_mask it is 0. (So it is in Keras.) With
            `lengths` too, a step has to be within both, and outputs behind the end are 0.
        return_states: whether to return all states too, as they are on the tape: by cell, in the
            order in which they are stacked, a list of T states, h (B, H) or (h, c). Of a layer
            made of one cell it is that list alone. Of one sequence too they have the axis of the
            batch, B = 1: they are those that ``rnn.bptt`` can be asked about.
        how: "unroll": every op of every step is on the tape. "scan": a program made of one step, as
            one op (``minigrad.scan``): the same results, faster, for cells that ask for no values;
            pictures, tapes, the ledger and ``rnn.bptt`` see its steps all the same, which are run
            again for them. "checkpoint": less memory, that of √T states, for a second forward
            pass. By default the layer's own, and if that is None too, "scan" for 16 steps or more
            of a cell that can be traced and draws nothing at each of them, else "unroll". All
            states, and ``detect_anomaly``, want "unroll", and get it.
        start: the number of the first step, for sequences that are run in pieces.

        outputs: (T, B, H) of the last layer, H doubled where two directions are side by side; with
            batch_first (B, T, H). Behind the end of a sequence they are 0. With merge=None a pair
            of them, forward and reverse.
        state: of one cell given as it is, that of the cell. Of a stack, and of RNN, LSTM and GRU,
            each part stacked: (layers · directions, B, H), with batch_first (B, layers ·
            directions, H); or, where parts or sizes differ from cell to cell, a tuple of states by
            cell. Forward it is the state after a sequence's last own step, in reverse that after
            its first one; of a sequence without a step of its own the one before it.

        Raises ValueError or TypeError, before anything is computed, for inputs, states, lengths
        and masks that do not fit.
        """
        whole, one = self._sequence(xs)                                  # (T, B, K) or (T, B)
        T, B = whole.shape[:2]
        layout, hint = self._layout(), self._swapped(T, B)
        outputs: Any
        results: list[SequenceResult] = []
        axes = ("T",) if one else ("B", "T") if self.batch_first else ("T", "B")
        masks = as_masks(
            lengths, mask, zero_output_for_mask, T, B, axes, type(self).__name__, hint
        )
        try:
            given = layout.with_batch(state) if one and state is not None else state
            before = self._split(layout, given, B)
        except ValueError as error:
            if hint and layout.may_be_of(state, T):
                error.add_note(hint)
            raise
        for cell, own in zip(layout.cells, before, strict=True):
            check_rows(cell, own, masks.mask)
        if masks.mask is not None:
            whole = without_padding(whole, masks.mask)
        whole = layout.cells[0].as_input(whole, sequence=True)
        how = chosen_way(self.how if how is None else how, type(self).__name__, T)
        if how != "unroll" and not return_states:
            outputs, states = run_compiled(
                self.cells, whole, before, masks, how, start, reverse=self.reverse,
                merge=self.merge, label=self._label, dropout=self.dropout * self.training,
                rng=self.rng, workers=self.workers,
            )
        elif len(before) == 1 and masks.mask is None and not (return_states or self.reverse):
            outputs, last = unrolled(layout.cells[0], whole, before[0], self.name, start)
            states = [last]
        else:
            steps, results = self._run(list(whole.unbind()), before, start, masks)
            pair = self.merge is None and self.bidirectional
            outputs = tuple(map(stack, zip(*steps, strict=True))) if pair else stack(steps)
            states = [result.last for result in results]
        outputs, last = self._as_given(outputs, one), layout.join(states)
        last = layout.without_batch(last) if one else last
        if not return_states:
            return outputs, last
        every = [result.states for result in results]
        return outputs, last, every[0] if self._alone else every

    def split_state(self, state: Any, batch: int) -> list[State]:
        """The states of the cells, masks and all, in a state as a call takes it (or None)."""
        return self._split(self._layout(), state, batch)

    def _split(self, layout: Layout, state: Any, batch: int) -> list[State]:
        if state is None:
            return layout.initial(batch, self.initial)
        return layout.split(with_own_generators(state), batch)

    def join_states(self, states: Sequence[State]) -> Any:
        """A state as a call returns it, from those of the cells."""
        return self._layout().join(states)

    def with_batch(self, state: Any) -> Any:
        """The state of one sequence, (cells, H) or (H,), as that of a batch of one."""
        return self._layout().with_batch(state)

    def without_batch(self, state: Any) -> Any:
        """The state of the one sequence in a batch of one."""
        return self._layout().without_batch(state)

    def step(self, x: Any, states: Sequence[State], t: int = 1) -> tuple[Tensor, list[State]]:
        """One step of all layers, for inputs that are known only one by one.

        x: (B, K), or tokens (B,). states: of the cells, as ``split_state`` gives them.
        Returns the output (B, H) and the new states of the cells.
        Raises ValueError for a layer that reads from the end.

        >>> import numpy as np
        >>> from rnn import GRU
        >>> layer = GRU(5, 3, num_layers=2)
        >>> states = layer.split_state(None, batch=2)
        >>> for t in (1, 2, 3):
        ...     output, states = layer.step(np.ones((2, 5)), states, t)
        >>> output.shape, layer.join_states(states).shape
        ((2, 3), (2, 2, 3))
        """
        if self.bidirectional or self.reverse:
            how = "bidirectional" if self.bidirectional else "in reverse"
            raise ValueError(
                f"{type(self).__name__}.step: the layer is {how}; its reverse direction begins at "
                f"the end of a sequence, which must be known"
            )
        inputs = [self.cells[0][0].as_input(x)]
        (output,), results = self._run(inputs, states, t, Masks())
        return output, [result.last for result in results]

    def _run(
        self, steps: list[Tensor], before: Sequence[State], start: int, masks: Masks
    ) -> tuple[list[Any], list[SequenceResult]]:
        """The outputs of the last layer by step, and what every cell gave."""
        results: list[SequenceResult] = []
        for layer, row in enumerate(self.cells):
            if layer and self.dropout:
                name = f"{self.name}.{layer - 1}.dropout"
                steps = each_step(self._dropped, steps, name=name, start=start)
            here = [
                run(
                    cell, steps, before[len(results) + d], self._label(layer, d), start,
                    reverse=self.reverse or d == 1, mask=masks.mask, repeat=masks.repeat,
                )
                for d, cell in enumerate(row)
            ]
            results += here
            steps = here[0].outputs
            if len(here) == 2:
                steps = each_step(
                    MERGES[self.merge], steps, here[1].outputs,
                    name=f"{self._label(layer, 0)}.{self.merge}", start=start,
                )
        return steps, results

    def _dropped(self, y: Tensor) -> Tensor:
        """Outputs on their way to the next layer."""
        if not (self.dropout and self.training):
            return y
        return drop(y, self.dropout, rng=self.rng)

    def _label(self, layer: int, direction: int) -> str:
        """The scope of the steps of a cell."""
        label = self.name if "cell" in vars(self) else f"{self.name}.{layer}"
        return label + ".reverse" * direction

    def _sequence(self, xs: Any) -> tuple[Tensor, bool]:
        """`xs` as a Tensor (T, B, K) or (T, B), checked; whether it had no axis of the batch."""
        owner, first = type(self).__name__, next(iter(self._named_cells().values()))
        by_step = isinstance(xs, list | tuple) and any(isinstance(x, Tensor) for x in xs)
        if by_step:
            given = stack([x if isinstance(x, Tensor) else tensor(x) for x in xs])
        else:
            given = xs if isinstance(xs, Tensor) else tensor(xs)
        axes = "B, T" if self.batch_first and not by_step else "T, B"
        kind, one = given.dtype.kind, first.lacks_batch(given, sequence=True)
        tokens, real = kind in "iu" and given.ndim == 2, kind in "biuf" and given.ndim == 3
        if not (one or tokens or (real and given.shape[2] == first.input_size)):
            raise ValueError(
                f"{owner}: the input has shape {given.shape} and dtype {given.dtype}; wanted "
                f"({axes}, {first.input_size}) of real numbers, or ({axes}) of integers (token "
                f"indices); of one sequence (T, {first.input_size}) or (T,)"
            )
        if one:
            given = given[:, None]
        elif self.batch_first and not by_step:
            given = given.swapaxes(0, 1)
        if len(given) == 0:
            raise ValueError(f"{owner}: the input has no steps (T = 0); wanted at least one")
        return given, one

    def _as_given(self, outputs: Any, one: bool) -> Any:
        """Outputs (T, B, H), or two of them, with the axes of the input."""
        if isinstance(outputs, tuple):
            return tuple(self._as_given(side, one) for side in outputs)
        return outputs[:, 0] if one else outputs.swapaxes(0, 1) if self.batch_first else outputs

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
        notes += ["reverse"] * self.reverse
        notes += ["batch_first"] * self.batch_first
        notes += [f"dropout={self.dropout}"] * bool(self.dropout)
        return ", ".join(notes)
