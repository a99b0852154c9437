"""One cell under test: its inputs and states, what it computes from them, and its gradients."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached
from minigrad.testing import LawBroken
from minigrad.testing.trial import pull

from ..cells import Cell
from ..cells.state import unpack
from ..sequence.loop import stack
from ..sequence.unrolling import unroll
from .references import reference_of
from .subject import Subject, substituted

__all__ = ["CellTrial", "Result", "agree", "cell_trial", "near"]

Array = np.ndarray[Any, Any]
Runner = Callable[..., tuple[Any, Any]]
Reference = Callable[..., tuple[Any, Any]]
RTOL, ATOL = 1e-9, 1e-12


class Result(NamedTuple):
    """What a run computed, by name: values, and the gradients of ⟨cotangents, values⟩."""

    values: dict[str, Array]
    gradients: dict[str, Array]


class CellTrial:
    """One cell under test.

    cell: float64. xs: (T, B, K). state: its parts, (B, size) each. g_outputs, g_state: cotangents
    of the outputs (T, B, H) and of the parts of the last state. run: what runs the cell,
    ``run(cell, xs, state) -> (outputs, state)``.

    >>> from rnn import LSTMCell
    >>> trial = CellTrial(LSTMCell(3, 2, dtype=float, rng=0), T=4, B=5, seed=0)
    >>> trial.xs.shape, {name: value.shape for name, value in trial.state.items()}
    ((4, 5, 3), {'h': (5, 2), 'c': (5, 2)})
    >>> list(trial.found.gradients)
    ['W_xh', 'W_hh', 'b_h', 'initial state h', 'initial state c', 'the inputs']
    """

    def __init__(
        self,
        cell: Cell,
        T: int,
        B: int,
        seed: int,
        reference: Reference | None = None,
        run: Runner | None = None,
    ) -> None:
        self.cell, self.T, self.B, self.seed = cell, T, B, seed
        self.reference, self.run = reference, run or unroll
        rng = np.random.default_rng(seed)
        sizes = cell.state_sizes
        self.xs = rng.normal(size=(T, B, cell.input_size))
        self.state = {name: rng.uniform(-1, 1, (B, n)) for name, n in sizes.items()}
        self.g_outputs = rng.normal(size=(T, B, cell.output_size))
        self.g_state = {name: rng.normal(size=(B, n)) for name, n in sizes.items()}
        self.restart()

    def __repr__(self) -> str:
        cell = repr(self.cell).partition("\n")[0].partition("  ")[0]
        return (
            f"{cell}: inputs of size {self.cell.input_size}, {self.cell.hidden_size} units, "
            f"{self.T} steps, {self.B} sequences, seed {self.seed}"
        )

    def restart(self) -> None:
        """Set ``rng``, from which laws draw, to its start, whatever other laws have drawn."""
        self.rng = np.random.default_rng([self.seed, 1])

    # -- running it

    @property
    def learned(self) -> dict[str, Tensor]:
        """The parameters that have a gradient, by name."""
        return {name: p for name, p in self.cell.named_parameters() if p.requires_grad}

    def pack(self, parts: Sequence[Any]) -> Any:
        """Parts as the state that the cell takes."""
        return parts[0] if len(self.cell.state_sizes) == 1 else tuple(parts)

    def carried(self, state: dict[str, Array] | None = None) -> Any:
        """The state before the first step, or that of the given parts, without a past."""
        return self.pack([Tensor(v) for v in (self.state if state is None else state).values()])

    def result(
        self,
        run: Runner | None = None,
        *,
        xs: Any = None,
        state: dict[str, Array] | None = None,
        g_outputs: Array | None = None,
        g_state: dict[str, Array] | None = None,
    ) -> Result:
        """Values and gradients of a run; what is left out is the trial's own."""
        xs = Tensor(self.xs if xs is None else xs)
        xs.requires_grad = xs.dtype.kind == "f"
        state = self.state if state is None else state
        leaves = {name: Tensor(value, requires_grad=True) for name, value in state.items()}
        outputs, last = (run or self.run)(self.cell, xs, self.pack(list(leaves.values())))
        parts = dict(zip(state, unpack(last), strict=True))
        g_state = self.g_state if g_state is None else g_state
        targets = {**self.learned, **{f"initial state {k}": v for k, v in leaves.items()}}
        if xs.requires_grad:
            targets["the inputs"] = xs
        gradients = pull(
            [outputs, *parts.values()],
            [self.g_outputs if g_outputs is None else g_outputs, *(g_state[k] for k in parts)],
            list(targets.values()),
        )
        values = {"the outputs": outputs, **{f"last state {k}": v for k, v in parts.items()}}
        return Result(
            {k: np.array(detached(v)) for k, v in values.items()},
            dict(zip(targets, gradients, strict=True)),
        )

    @functools.cached_property
    def found(self) -> Result:
        """What the runner under test computes."""
        return self.result()

    def loop(self, cell: Cell, xs: Any, state: Any) -> tuple[Any, Any]:
        """The definition of running a cell: step after step, each from the state before it."""
        outputs = []
        for x in xs.unbind():
            output, state = cell.step(x, state)
            outputs.append(output)
        return stack(outputs), state

    @functools.cached_property
    def wanted(self) -> Result:
        """What the plain loop computes."""
        return self.result(self.loop)

    def function(self) -> tuple[Callable[..., Any], dict[str, Array]]:
        """The run as a function of all that it depends on, and the arguments by name."""
        names = list(self.learned)
        arguments = {k: p.numpy() for k, p in self.learned.items()}
        arguments |= {"the inputs": self.xs}
        arguments |= {f"initial state {k}": v for k, v in self.state.items()}

        def f(*given: Any) -> Any:
            with substituted(self.cell, dict(zip(names, given, strict=False))):
                xs, *state = given[len(names) :]
                outputs, last = self.run(self.cell, xs, self.pack(state))
            return outputs, *unpack(last)

        return f, arguments


def cell_trial(
    cell: Any,
    *,
    T: int = 4,
    B: int = 2,
    input_size: int = 3,
    hidden_size: int = 3,
    seed: int = 0,
    reference: Reference | None = None,
    run: Runner | None = None,
) -> CellTrial:
    """One trial of a cell, for running a single law by hand; the arguments of ``check_cell``.

    >>> from rnn import GRUCell
    >>> from rnn.testing import laws
    >>> laws.chunked(cell_trial(GRUCell, T=5))
    """
    made = Subject(cell).make(input_size, hidden_size, seed)
    return CellTrial(made, T, B, seed, reference or reference_of(made), run)


# -- comparing


def near(found: Any, wanted: Any, what: str) -> None:
    """Raise LawBroken unless the arrays are equal up to rounding, relative to the largest entry."""
    found, wanted = np.asarray(detached(found)), np.asarray(detached(wanted))
    if found.shape != wanted.shape:
        raise LawBroken(f"{what} has shape {found.shape}, wanted {wanted.shape}")
    if not wanted.size:
        return
    with np.errstate(invalid="ignore"):
        difference = np.abs(found - wanted)
    wrong = ~(difference <= ATOL + RTOL * np.abs(wanted).max(initial=0.0))
    if wrong.any():
        at = np.unravel_index(int(np.argmax(np.where(wrong, difference, -1))), wrong.shape)
        entry = [int(k) for k in at]
        raise LawBroken(
            f"{what}: {int(wrong.sum())} of {wrong.size} entries are wrong; "
            f"{entry} is {float(found[at])!r}, wanted {float(wanted[at])!r}"
        )


def agree(found: Result, wanted: Result, what: str) -> None:
    """Raise LawBroken unless two runs have the same values and gradients."""
    for name, value in wanted.values.items():
        near(found.values[name], value, f"{what}: {name}")
    for name, gradient in wanted.gradients.items():
        near(found.gradients[name], gradient, f"{what}: the gradient of {name}")
