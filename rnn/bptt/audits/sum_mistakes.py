"""What goes wrong in the sum over steps, sequences and losses: the right terms, but not all of
them, too often, or carried too far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .model import Model
from .recording import Quantity
from .sweeps import Rows, swept

__all__ = ["SumMistake", "mistakes_in_totals", "sum_mistakes"]

Array = np.ndarray[Any, Any]
Tables = dict[str, Array]


class SumMistake(NamedTuple):
    """One such mistake. key: a short name. says: what it is. tables: G[t, s] with it, by name.

    wrong: how many things are; cost: how far it is to seek, as of a RuleMistake.
    """

    key: str
    says: str
    tables: Tables
    wrong: int = 1
    cost: float = 1.0


def sum_mistakes(model: Model, truth: Mapping[str, Array]) -> Iterator[SumMistake]:
    """Every one. truth: the true G[t, s] by name, (T, T + 1, *shape)."""
    if model.T > 1:
        yield from _left_out(truth, model.T)
        for by, wrong in ((-1, "{t-1}"), (1, "{t+1}")):
            yield SumMistake(
                f"error of step {wrong}",
                f"the error of the wrong step: e_{wrong}, where the chain rule has e_t",
                {n: t[0] for n, t in model.tables([None], list(truth), error_of=by).items()},
                cost=1.5,
            )
        yield from _too_far(model, truth)
    yield from _scaled(model, truth)


def mistakes_in_totals(model: Model, tables: Mapping[str, Array]) -> Iterator[SumMistake]:
    """Those that are made when all terms are known, of whatever derivation."""
    if model.T > 1:
        yield from _left_out(tables, model.T)
    yield from _scaled(model, tables)


def _scaled(model: Model, truth: Mapping[str, Array]) -> Iterator[SumMistake]:
    """Constant factors."""
    scales = [
        (-1.0, "the sign is wrong"),
        (2.0, "twice the gradient: a factor 2 too many, or a ½ missing"),
        (0.5, "half the gradient: a factor ½ too many, or a 2 missing"),
    ]
    for n, what in ((model.T, "steps"), (model.batch, "sequences")):
        if n > 2:
            scales.append((1 / n, f"the mean over the {n} {what}, where the loss is their sum"))
            scales.append((float(n), f"the sum over the {n} {what}, where the loss is their mean"))
    for factor, says in scales:
        scaled = {name: factor * table for name, table in truth.items()}
        yield SumMistake(f"times {factor:.4g}", says, scaled)


def _left_out(truth: Mapping[str, Array], T: int) -> Iterator[SumMistake]:
    """Losses, uses, or pairs of both that are not counted."""
    steps = np.arange(T + 1)
    loss, use = steps[:T, None], steps[None, :]

    def only(key: str, says: str, where: Array) -> SumMistake:
        return SumMistake(key, says, {
            name: table * where.reshape(*where.shape, *[1] * (table.ndim - 2))
            for name, table in truth.items()
        }, cost=1.2)

    counted = "is counted, where the chain rule sums over all"
    yield only(
        "only the last loss", f"only the loss of the last step, {T}, {counted}",
        (loss == T - 1) & (use >= 0),
    )
    for step, word in ((T - 1, "last"), (0, "first")):
        yield only(
            f"only the {word} use", f"only the {word} use, in step {step + 1}, {counted}",
            (use == step) & (loss >= 0),
        )
    yield only(
        "total for immediate",
        "the total derivative ∂h_t/∂θ was taken for the immediate one, at fixed h_{t-1}: the paths "
        "from the loss of step t to the use at step s count t − s + 1 times",
        np.maximum(loss - use + 1, 0),
    )
    for reach in range(2, T):
        yield only(
            f"reach {reach}",
            f"errors are carried back {reach - 1} step{'s' if reach > 2 else ''} and no further: "
            f"truncated BPTT with a reach of {reach}",
            (loss - use < reach) & (loss >= 0),
        )


def _too_far(model: Model, truth: Mapping[str, Array]) -> Iterator[SumMistake]:
    """Uses that meet what was carried one step too far, or too short, or all the way."""
    states = _handed_on(model)
    known = _carried(model, states)

    def with_deltas(key: str, says: str, deltas: Any, wrong: int = 1) -> SumMistake:
        given = {
            value: deltas(s, k) for s, values in states.items() for k, value in values.items()
        }
        tables = model.tables([None], list(truth), given=given)
        return SumMistake(key, says, {n: t[0] for n, t in tables.items()}, wrong, 3.0)

    def shifted(by: int) -> Any:
        def deltas(s: int, k: Any) -> Array:
            found = np.array(known.get((s + by, k), np.zeros_like(known[s, k])))
            for row, t in enumerate(model.losses):
                if t < s:  # a loss before this step
                    found[row] = 0
                elif t == s and by > 0:  # its own error has not been carried at all
                    found[row] = known[s, k][row]
            return found

        return deltas

    def whole(s: int, k: Any) -> Array:
        found = np.zeros_like(known[s, k])
        for row, t in enumerate(model.losses):
            if t == s and (1, k) in known:
                found[row] = known[1, k][row]
        return found

    yield with_deltas(
        "product one factor too long",
        "the product that leads back to the use is one factor ∂h_t/∂h_{t-1} too long", shifted(-1),
    )
    yield with_deltas(
        "product one factor too short",
        "the product that leads back to the use is one factor ∂h_t/∂h_{t-1} too short", shifted(1),
    )
    yield with_deltas(
        "whole product",
        "the error of step t meets the use of step t alone, and after all the factors down to "
        "step 1; the chain rule brings it to every step s ≤ t, after the t − s factors in between",
        whole, 2,
    )


def _handed_on(model: Model) -> dict[int, dict[Any, Quantity]]:
    """What each step hands on to later steps and to the loss, by its place in the step."""
    found: dict[int, dict[Any, Quantity]] = {t: {} for t in range(1, model.T + 1)}
    for calls in model.derivation.places():
        for call in calls:
            for slot in model.derivation.rules[call]:
                value = call.args[slot]
                made = value.call
                if made is not None and made.t in found and made.here != call.here:
                    found[made.t][made.place, value.part] = value
    return found


def _carried(model: Model, states: Mapping[int, Mapping[Any, Quantity]]) -> dict[Any, Array]:
    """The true cotangents of what the steps hand on, by step and place: (losses, *shape)."""
    L = len(model.losses)
    values = [value for found in states.values() for value in found.values()]
    outcome = swept(model.derivation, Rows([()] * L), values, np.eye(L))
    found = {
        (t, k): outcome.cotangents.get(v, np.zeros((L, *v.array.shape)))
        for t, vs in states.items() for k, v in vs.items()
    }
    for k, value in states[1].items():  # before the first step is what is read there
        for call, slot in model.derivation.readers(value):
            first = model.run.at(call, 1)
            if call.t == 2 and first is not None and (start := first.args[slot]) in outcome.terms:
                found[0, k] = outcome.terms[start].sum(axis=1)
    return found
