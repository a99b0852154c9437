"""One cell under test: its inputs and states, what it computes from them, and its gradients."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached
from minigrad.scanning.generators import GENERATORS
from minigrad.testing import LawBroken
from minigrad.testing.trial import pull
from minigrad.transforms.tree import flatten_like

from ..cells import Cell
from ..cells.state import unpack
from ..sequence.loop import stack
from ..sequence.unrolling import unroll
from .references import reference_of
from .subject import Subject, substituted

__all__ = ["CellTrial", "Result", "agree", "cell_trial", "near", "rows"]

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

    cell: float64. xs: (T, B, K). state: its arrays by name, (B, size) or of other ranks; those that
    are no real numbers, such as counters, are as in ``cell.initial_state``. g_outputs, g_state:
    cotangents of the outputs (T, B, H) and of the real parts of the last state. run: what runs the
    cell, ``run(cell, xs, state) -> (outputs, state)``.

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
        self.form = cell.state_form
        first = dict(zip(self.form.parts, unpack(cell.as_state(None, B)), strict=True))
        self.generators = {k: v for k, v in first.items() if isinstance(v, GENERATORS)}
        self.xs = rng.normal(size=(T, B, cell.input_size))
        self.state: dict[str, Array] = {
            k: np.asarray(rng.uniform(-1, 1, v.shape)) if k in self.form.real else v.numpy()
            for k, v in first.items()
            if k not in self.generators
        }
        self.g_outputs = rng.normal(size=(T, B, cell.output_size))
        self.g_state: dict[str, Array] = {
            k: np.asarray(rng.normal(size=self.state[k].shape)) for k in self.form.real
        }
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

    def pack(self, arrays: Sequence[Any]) -> Any:
        """Arrays as the state that the cell takes; generators are where the trial's own are."""
        given, generators = iter(arrays), self.generators
        return self.form.put([
            copy.deepcopy(generators[k]) if k in generators else next(given)
            for k in self.form.parts
        ])

    def parts(self, state: Any) -> list[Any]:
        """The arrays in a state."""
        found = flatten_like(state, self.form.like, "the state")
        return [part for part in found if not isinstance(part, GENERATORS)]

    def real(self, state: Any) -> list[Any]:
        """The arrays in a state that have a cotangent, in the order of ``g_state``."""
        named = zip(self.state, self.parts(state), strict=True)
        return [part for name, part in named if name in self.g_state]

    def changed(self, change: Callable[[Array], Array]) -> dict[str, Array]:
        """The state with other values in its real parts."""
        return {k: change(v) if k in self.g_state else v for k, v in self.state.items()}

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
        leaves = {k: Tensor(v, requires_grad=k in self.g_state) for k, v in state.items()}
        outputs, last = (run or self.run)(self.cell, xs, self.pack(list(leaves.values())))
        parts = dict(zip(state, self.parts(last), strict=True))
        g_state = self.g_state if g_state is None else g_state
        real = {f"initial state {k}": leaves[k] for k in g_state}
        targets = {**self.learned, **real}
        if xs.requires_grad:
            targets["the inputs"] = xs
        gradients = pull(
            [outputs, *(parts[k] for k in g_state)],
            [self.g_outputs if g_outputs is None else g_outputs, *g_state.values()],
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
        arguments |= {f"initial state {k}": self.state[k] for k in self.g_state}

        def f(*given: Any) -> Any:
            with substituted(self.cell, dict(zip(names, given, strict=False))):
                xs, *real = given[len(names) :]
                state = {**self.state, **dict(zip(self.g_state, real, strict=True))}
                outputs, last = self.run(self.cell, xs, self.pack(list(state.values())))
            return outputs, *self.real(last)

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


def rows(named: dict[str, Array], which: Any) -> dict[str, Array]:
    """Some rows of each part of a state that has them."""
    return {k: v[which] if v.ndim else v for k, v in named.items()}


def near(found: Any, wanted: Any, what: str) -> None:
    """Raise LawBroken unless the arrays are equal up to rounding, relative to the largest entry."""
    found, wanted = np.asarray(detached(found)), np.asarray(detached(wanted))
    if found.shape != wanted.shape:
        raise LawBroken(f"{what} has shape {found.shape}, wanted {wanted.shape}")
    if not wanted.size:
        return
    with np.errstate(invalid="ignore"):
        difference = np.abs(np.subtract(found, wanted, dtype=float))
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
