"""What goes wrong after a right derivation: right terms in a wrong place, or a term left out.

Each mistake changes the true table G[t, s] of one gradient: a transpose, the columns of another
gate, another parameter's gradient, a term left out or counted twice, a constant factor.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .claims import Claim

__all__ = ["PlacementMistake", "placement_mistakes"]

Array = np.ndarray[Any, Any]


class PlacementMistake(NamedTuple):
    """The table of a gradient with one such mistake. wrong: higher is less likely, as in
    ``SumMistake``."""

    key: str
    says: str
    table: Array
    wrong: int = 1


def placement_mistakes(
    claim: Claim, tables: Mapping[str, Array], gates: Mapping[str, slice]
) -> Iterator[PlacementMistake]:
    """The mistakes that the shapes allow, for the claimed gradient of a parameter.

    tables: the true G[t, s] of all parameters by name, (T, T + 1, *shape).
    gates: the columns of each gate, where there are several.
    """
    name, whole = claim.key, tables[claim.key]
    true = claim.block(whole)
    if true.ndim == 4 and true.shape[2] == true.shape[3] > 1:
        yield PlacementMistake(
            "transposed", f"it is the transpose of ∂L/∂{name}: an outer product the wrong way "
            "round", np.swapaxes(true, 2, 3),
        )
    yield from _of_gates(name, whole, gates, claim.gate)
    for other, table in tables.items():
        if other != name and not claim.gate and table.shape == true.shape:
            yield PlacementMistake(f"as {other}", f"it is the gradient of {other}", table)
    if not claim.lead and claim.T > 2:
        for step in range(1, claim.T + 1):
            here = (np.arange(1, true.shape[1] + 1) == step).reshape(-1, *[1] * (true.ndim - 2))
            yield PlacementMistake(
                f"step {step} missing", f"the term of step {step} is missing in the sum",
                np.where(here, 0, true),
            )
            yield PlacementMistake(
                f"step {step} twice", f"the term of step {step} counts twice in the sum",
                np.where(here, 2 * true, true),
            )
    right, claimed = claim.in_its_form(true), claim.claimed
    if np.count_nonzero(right) > 2:  # one number is a multiple of any other
        # Scaled, so that products of tiny or huge entries stay within the range of floats.
        scale = float(np.abs(right).max())
        unit = right / scale
        factor = float(np.vdot(unit, claimed / scale) / np.vdot(unit, unit))
        if np.isfinite(factor):
            yield PlacementMistake(
                "constant factor",
                f"every entry is {factor:.6g} times the right one: a constant factor is wrong",
                factor * true, wrong=3,
            )


def _of_gates(
    name: str, whole: Array, gates: Mapping[str, slice], gate: str
) -> Iterator[PlacementMistake]:
    """Gates exchanged, or all of them in another order."""
    if gate:
        for other, columns in gates.items():
            if other != gate:
                yield PlacementMistake(
                    f"gate {other}", f"it is the gradient of gate {other}, not of gate {gate}",
                    whole[..., columns],
                )
        return
    for order in itertools.islice(itertools.permutations(gates), 1, 120):  # the first is the right
        table = np.concatenate([whole[..., gates[one]] for one in order], axis=-1)
        pairs = [one for one, own in zip(order, gates, strict=True) if one != own]
        swap = f" ({pairs[0]} and {pairs[1]} are exchanged)" if len(pairs) == 2 else ""
        yield PlacementMistake(
            f"gates {' '.join(order)}",
            f"the gates stand in the order {' '.join(order)}, in {name} in the order "
            f"{' '.join(gates)}{swap}", table,
        )
