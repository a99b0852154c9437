"""The same steps on the tape: what a plan computes, as ops that are recorded one by one.

This is how a scan is differentiated twice, and what a picture, the ledger and the Jacobians see of
it: the steps as a loop would leave them, under their scopes. A law holds the two equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..engine.context import Scope, local
from ..engine.differentiation import swept_again
from ..engine.node import FREED, Leaf, Node
from ..engine.op import OPS
from ..engine.opening import run_again
from ..engine.tensor import Tensor, as_tensor, detached, wrap
from .plan import Plan
from .program import Equation, Var, called, evaluate

__all__ = ["Labels", "Steps", "replayed"]

_WHERE = OPS["where"]


class Labels(NamedTuple):
    """What the steps of a loop are called on the tape.

    name: of their scopes, inside of the scope `outer`. numbers: t, in the order of the inputs.
    inputs: names of the first parts of xs. parts: those of the parts of the state. start: the
    number of the state before the first step.
    masks: how many parts of xs after the named ones say which rows a step takes: where that is all,
    or of the second none, nothing is chosen, and there is no op.
    """

    name: str
    outer: Scope | None
    numbers: Sequence[int]
    inputs: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    start: int = 0
    masks: int = 0


@dataclass(eq=False, slots=True)
class Steps:
    """The steps of one run of a plan: what makes their ops anew, as the node of the run "opens".

    order: of the inputs. nodes: of what the run was given, by group. constants: the arrays that
    had no node. What had one is saved by the node of the run, and forgotten when that is freed.
    """

    plan: Plan
    order: range
    labels: Labels
    nodes: dict[str, list[Node | None]]
    constants: dict[str, list[Any]]

    def __call__(self, whole: Node) -> list[Node | None] | None:
        """The nodes of the results, of steps that are recorded now; see ``engine.opening``."""
        freed = whole.saved is FREED
        values = (
            {p: _any_value(p) for p in whole.parents if p is not None} if freed
            else dict(zip(whole.parents, whole.saved[0], strict=True))
        )
        try:
            with run_again(self.labels.outer), np.errstate(all="ignore"):
                found = self.recorded(values)
        except (ValueError, ArithmeticError):
            if not freed:
                raise
            return None  # no step for values that are not its own
        return [y._node for y in found]

    def recorded(self, values: dict[Any, Any]) -> list[Tensor]:
        """The results that are on the graph, from the steps run one by one. values: by node."""
        groups = {
            group: [
                wrap(values[node] if node is not None else array, node)
                for node, array in zip(nodes, self.constants[group], strict=True)
            ]
            for group, nodes in self.nodes.items()
        }
        found = self._run(groups)
        return [found[group][k] for group in ("state", "y") for k in self.plan.live[group]]

    def _run(self, groups: dict[str, list[Tensor]]) -> dict[str, list[Tensor]]:
        program, labels = self.plan.program, self.labels
        rows = [x.unbind() for x in groups["x"]]
        known: dict[Var, Any] = dict(
            zip(program.inputs["captured"], groups["captured"], strict=True)
        )
        state: list[Any] = list(groups["state"])
        outputs: dict[int, list[Any]] = {}
        entering = _constant((f"{part}_{labels.start}" for part in labels.parts), state)
        for t in self.order:
            x = [row[t] for row in rows]
            known |= zip(program.inputs["state"], state, strict=True)
            known |= zip(program.inputs["x"], x, strict=True)
            entering |= _constant(labels.inputs, x)
            n = len(labels.inputs)
            scope = Scope(labels.name, labels.numbers[t], labels.outer, entering)
            call = _Caller(scope, x[n : n + labels.masks])
            before = local.state
            try:
                found = evaluate(program, known, call)
            finally:
                local.state = before
            state, outputs[t] = list(map(as_tensor, found["state"])), found["y"]
            _name(labels.parts, state)
            entering = {}
        columns = zip(*[outputs[t] for t in sorted(outputs)], strict=True)
        ys: list[Any] = [np.stack([as_tensor(y) for y in column]) for column in columns]
        return {"state": state, "y": ys}


class _Caller:
    """Calls the ops of one step, each in its scope.

    masks: which rows are taken, see `Labels`.
    """

    def __init__(self, scope: Scope, masks: Sequence[Tensor]) -> None:
        self.scopes: dict[Any, Scope] = {(): scope}
        self.masks = {id(mask): (mask, k) for k, mask in enumerate(masks)}

    def __call__(self, equation: Equation, args: Any, params: Any) -> Any:
        local.state = local.state.under(self._scope(equation.scopes))
        if equation.op is _WHERE and id(args[0]) in self.masks:
            rows, k = detached(args[0]), self.masks[id(args[0])][1]
            for nothing_chosen, value in ((rows.all(), args[1]), (k and not rows.any(), args[2])):
                if nothing_chosen and np.shape(value) == equation.outs[0].shape:
                    return value
        out = called(equation, args, params)
        arrays = [a for a in args if isinstance(a, (Tensor, np.ndarray))]
        if arrays and all(id(a) in self.masks for a in arrays):
            self.masks[id(out)] = out, self.masks[id(arrays[0])][1]
        return out

    def _scope(self, path: tuple[Any, ...]) -> Scope:
        if path not in self.scopes:
            name, t = path[-1]
            self.scopes[path] = Scope(name, t, self._scope(path[:-1]), {})
        return self.scopes[path]


def _constant(names: Any, values: Sequence[Tensor]) -> dict[str, Any]:
    """What enters a step without being on the graph, by name."""
    named = zip(names, values, strict=False)
    return {name: value for name, value in named if not value.requires_grad}


def _name(parts: Sequence[str], state: Sequence[Tensor]) -> None:
    """Call the parts of a state by their names, those that have none."""
    for part, value in zip(parts, state, strict=False):
        node = value._node
        if node is not None and node.pullback is not None and node.name is None:
            node.put(name=part)


def _any_value(node: Node) -> Any:
    """An array such as a node has had, when that one is forgotten."""
    owner = node.owner() if isinstance(node, Leaf) else None
    return np.ones(node.shape, node.dtype) if owner is None else owner._data


class Recorded(Protocol):
    """A run of a plan: its steps, the values of what it was given, and the nodes behind it."""

    steps: Steps
    sources: list[Node]

    def values(self) -> dict[Node, Any]: ...


def replayed(run: Recorded, g: Any) -> list[Any]:
    """The cotangents of the sources of a run, from a sweep through its steps."""

    def again() -> list[Tensor]:
        with run_again(scope):
            return run.steps.recorded(run.values())

    scope = run.steps.labels.outer
    return swept_again(again, g, run.sources, scope)
