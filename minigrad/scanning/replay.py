"""The same steps on the tape: what a plan computes, as ops that are recorded one by one.

This is how a scan is differentiated twice, and what it means: a law holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..engine.context import Scope
from ..engine.differentiation import swept_again
from ..engine.node import Node
from ..engine.tensor import Tensor, as_tensor, wrap
from .plan import Plan
from .program import Program, Var, evaluate

__all__ = ["Steps", "replayed", "unrolled"]


class Steps(Protocol):
    """A run of a plan: what it was given, by group, and the nodes behind that."""

    plan: Plan
    order: range
    scope: Scope | None
    arrays: dict[str, list[Any]]
    nodes: dict[str, list[Node | None]]
    sources: list[Node]


def unrolled(
    program: Program, groups: dict[str, list[Tensor]], order: Sequence[int]
) -> dict[str, list[Tensor]]:
    """The last state and the stacked outputs of a program that is run step by step on Tensors."""
    rows = [x.unbind() for x in groups["x"]]
    known: dict[Var, Any] = dict(
        zip(program.inputs["captured"], groups["captured"], strict=True)
    )
    state: list[Any] = list(groups["state"])
    outputs: dict[int, list[Any]] = {}
    for t in order:
        known |= zip(program.inputs["state"], state, strict=True)
        known |= zip(program.inputs["x"], [row[t] for row in rows], strict=True)
        found = evaluate(program, known)
        state, outputs[t] = found["state"], found["y"]
    columns = zip(*[outputs[t] for t in sorted(outputs)], strict=True)
    ys: list[Any] = [np.stack([as_tensor(y) for y in column]) for column in columns]
    return {"state": state, "y": ys}


def replayed(run: Steps, g: Any) -> list[Any]:
    """The cotangents of the sources of a run, from a sweep through its steps."""

    def again() -> list[Any]:
        groups = {
            group: list(map(wrap, arrays, run.nodes[group])) for group, arrays in run.arrays.items()
        }
        found = unrolled(run.plan.program, groups, run.order)
        return [found[group][k] for group in ("state", "y") for k in run.plan.live[group]]

    return swept_again(again, g, run.sources, run.scope)
