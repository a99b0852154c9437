"""Which convention given weights follow: all are tried on given inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from .forward import forward, zero_state
from .reading import Array, common_dtype, numbers
from .readings import Reading, readings, renamed
from .report import Explanation, Match
from .weights import CellWeights, Weights

__all__ = ["explain"]

_TOLERANCES = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-9, "longdouble": 1e-9}
_STEPS, _SEQUENCES = 8, 8  # all readings are tried on this much of the data
_BEST = 8  # and so many, and all others that fit so far, on the whole of it


def explain(
    weights: Any,
    inputs: Any,
    outputs: Any,
    state: Any = None,
    *,
    tolerance: float | None = None,
) -> Explanation:
    """Which convention the weights of one layer in one direction follow, shown by what it computed.

    weights: a dictionary of arrays with any names, or a list of them: matrices for x and h apart,
        joined, or one for each gate, and up to two biases.
    inputs: (T, B, K), or (T, K) for a single sequence. outputs: all (T, B, H) or (T, H), or those
        of the last step, (B, H) or (H,).
    state: h (B, H) or the pair (h, c) before the first step; by default zeros.
    tolerance: the largest absolute difference that counts as equal; by default 1e-9 (float64),
        1e-4 (float32) or 1e-2 (float16), times the largest output if that is above 1. For outputs
        copied from a text with four decimals, 1e-4.

    Tried are: which array is which, as far as shapes allow; transposes; [h, x] and [x, h]; all
    orders of the gates; where r of a GRU acts, what z means, which bias goes with h; LSTMs without
    or with a coupled forget gate, with peepholes; minimal gated units; the nonlinearities of an
    RNN. If nothing fits: the other order of time, batch before time, gates named otherwise, and
    TensorFlow 1's constant 1 that is added to the forget gate's sums.

    Raises ValueError for shapes that are no recurrent layer's.

    >>> from rnn import GRUCell, unroll
    >>> from rnn.convert import to_keras
    >>> rng = np.random.default_rng(0)
    >>> cell, xs = GRUCell(4, 3, rng=0, dtype=float), rng.normal(size=(5, 2, 4))
    >>> report = explain(to_keras(cell), xs, unroll(cell, xs)[0])
    >>> report.verdict, report.best.frameworks
    ('one', ('Keras: from_keras(weights)',))
    >>> report.settled["gate order"], report.settled["reset"]
    ('z r n', 'after the product: r ⊙ (h W)')
    """
    named = _named(weights)
    xs, ys = _data(inputs, outputs)
    K, H = xs.shape[2], ys.shape[-1]
    found = readings(named, K, H)
    if not found:
        shapes = ", ".join(f"{key!r} {array.shape}" for key, array in named.items())
        raise ValueError(
            f"explain: with inputs of width K = {K} and outputs of width H = {H} no recurrent "
            f"layer has arrays of these shapes: {shapes}. Wanted those of one layer in one "
            f"direction: matrices (K, G·H) and (H, G·H) or their transposes, or (H+K, G·H) joined, "
            f"or one (H+K, H) for each gate; and biases (G·H,)"
        )
    trial = _Trial(xs, ys, _states(state, xs.shape[1], H))
    if tolerance is None:
        arrays = [xs, ys, *named.values()]
        loosest = max(_TOLERANCES.get(a.dtype.name, 1e-9) for a in arrays)
        tolerance = loosest * max(1.0, float(np.abs(ys).max(initial=0)))
    ranked = _tried(((reading, trial) for reading in found), tolerance)
    if not any(match.error <= tolerance for *_, match in ranked):
        ranked += _tried(_other_causes(found, trial), tolerance)
    ranked.sort(key=lambda item: item[:3])
    T, B = xs.shape[:2]
    data = f"K = {K}, H = {H}, {T} step{'s' * (T != 1)} of {B} sequence{'s' * (B != 1)}"
    return Explanation(tuple(match for *_, match in ranked), tolerance, data)


def _named(weights: Any) -> dict[str, Array]:
    if isinstance(weights, Sequence) and not isinstance(weights, str) and weights:
        weights = {f"[{n}]": array for n, array in enumerate(weights)}
    if not isinstance(weights, Mapping) or not weights:
        raise TypeError(
            f"explain: received {type(weights).__name__}; wanted a dictionary or list of arrays"
        )
    named = {str(key): numbers(array, f"explain: {key!r}") for key, array in weights.items()}
    common_dtype(named, "explain")
    return named


def _data(inputs: Any, outputs: Any) -> tuple[Array, Array]:
    """Inputs (T, B, K) and outputs (T, B, H), or (B, H) of the last step."""
    xs, ys = numbers(inputs, "explain: inputs"), numbers(outputs, "explain: outputs")
    if xs.ndim == 2 and ys.ndim in (1, 2):
        xs, ys = xs[:, None], ys[..., None, :]
    lead = xs.shape[:2] if ys.ndim == 3 else xs.shape[1:2]
    empty = 0 in xs.shape + ys.shape
    if xs.ndim != 3 or ys.ndim not in (2, 3) or ys.shape[:-1] != lead or empty:
        raise ValueError(
            f"explain: inputs have shape {np.shape(inputs)} and outputs {np.shape(outputs)}; "
            f"wanted (T, B, K) with (T, B, H) or (B, H), or (T, K) with (T, H) or (H,)"
        )
    return xs, ys


def _states(state: Any, B: int, H: int) -> list[Array]:
    """The parts of the initial state, each (B, H); none for zeros."""
    parts = [] if state is None else list(state) if isinstance(state, tuple | list) else [state]
    arrays = [np.atleast_2d(numbers(part, "explain: state")) for part in parts]
    if len(arrays) > 2 or any(array.shape != (B, H) for array in arrays):
        found = [array.shape for array in arrays]
        raise ValueError(f"explain: the state has shapes {found}; wanted h or (h, c) of {(B, H)}")
    return arrays


class _Trial(NamedTuple):
    """Inputs, outputs and initial state, and assumptions such as the order of time."""

    xs: Array
    ys: Array
    state: list[Array]
    assumed: tuple[tuple[str, str], ...] = ()

    def first(self) -> _Trial:
        """The first steps of the first sequences."""
        ys = self.ys[:_STEPS] if self.ys.ndim == 3 else self.ys
        steps = _STEPS if self.ys.ndim == 3 else len(self.xs)
        few = slice(_SEQUENCES)
        return self._replace(
            xs=self.xs[:steps, few], ys=ys[..., few, :], state=[part[few] for part in self.state]
        )

    def error(self, cell: CellWeights) -> float:
        """The largest absolute difference to the outputs; Inf if the cell computes NaN."""
        zeros = zero_state(cell, self.xs.shape[1])
        state = [*self.state, *zeros[len(self.state) :]][: len(zeros)]
        with np.errstate(all="ignore"):
            ys = forward(cell, self.xs, state)
            error = float(np.abs((ys if self.ys.ndim == 3 else ys[-1]) - self.ys).max())
        return np.inf if np.isnan(error) else error


_Ranked = tuple[bool, float, int, Match]  # the best first: tried on all of the data, small errors


def _tried(pairs: Iterable[tuple[Reading, _Trial]], tolerance: float) -> list[_Ranked]:
    """All readings tried on the first part of the data, those that could fit on the whole."""
    screened = sorted(
        ((trial.first().error(reading.weights), n, reading, trial)
         for n, (reading, trial) in enumerate(pairs)),
        key=lambda item: item[:2],
    )
    ranked = []
    for n, (error, _, reading, trial) in enumerate(screened):
        whole = error <= tolerance or n < _BEST
        if whole:
            error = trial.error(reading.weights)
        told = {**reading.told, **dict(trial.assumed)}
        frameworks = reading.frameworks if not trial.assumed else ()
        match = Match(error, told, Weights(((reading.weights,),)), frameworks)
        ranked.append((not whole, error, n, match))
    return ranked


def _other_causes(found: list[Reading], trial: _Trial) -> Iterator[tuple[Reading, _Trial]]:
    """Further readings for when nothing fits: another order of axes or time, other gate names."""
    trials = [trial._replace(
        xs=trial.xs[::-1], ys=trial.ys[::-1] if trial.ys.ndim == 3 else trial.ys,
        assumed=(("time", "runs backwards, from the last step to the first"),),
    )]
    if trial.ys.ndim == 3 and not trial.state:
        trials.append(trial._replace(
            xs=trial.xs.swapaxes(0, 1), ys=trial.ys.swapaxes(0, 1),
            assumed=(("axes", "batch first: inputs (B, T, K), outputs (B, T, H)"),),
        ))
    yield from ((reading, other) for other in trials for reading in found)
    yield from ((reading, trial) for reading in renamed(found))
    for reading in found:
        if "f" in reading.weights.gates and reading.weights.kind == "lstm":
            other = replace(reading, weights=_one_more(reading.weights))
            words = (("forget gate", "1 is added to its sums, as TensorFlow 1 does"),)
            yield other, trial._replace(assumed=words)


def _one_more(cell: CellWeights) -> CellWeights:
    """The cell with 1 added to the bias of its forget gate."""
    cell = cell if cell.biases else cell.with_biases(1)
    first = np.split(cell.biases[0], len(cell.gates))
    first[cell.gates.index("f")] = first[cell.gates.index("f")] + 1
    return replace(cell, biases=(np.concatenate(first), *cell.biases[1:]))
