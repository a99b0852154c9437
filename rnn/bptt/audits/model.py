"""The model that is audited: run once and written down, and then derived as often as is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor, scope
from minigrad.engine.context import Scope, local
from minigrad.engine.op import OPS
from minigrad.engine.tensor import tensor
from minigrad.module import Module

from ...cells import Cell
from ...cells.state import repacked, unpack, with_own_generators
from ..contributions.naming import named_tensors
from .derivation import Derivation
from .formulas import TEXT, Notation
from .recording import Call, Quantity, Recording, recording
from .rule_mistakes import Both, RuleMistake
from .single_steps import Loss, checked_loss, leaf_of, with_others
from .sweeps import Outcome, Rows, swept

__all__ = ["AnyMistake", "Model", "named_parameters", "outputs_of"]

Array = np.ndarray[Any, Any]
AnyMistake = RuleMistake | Both


def named_parameters(model: Any, params: Any) -> dict[str, Tensor]:
    """The parameters of a model, and others such as those of an output layer, by name."""
    own = named_tensors(model, "audit") if isinstance(model, Module) else {}
    named = with_others(own, params, "audit", "model")
    if not named:
        raise TypeError(
            f"audit(cell): received {type(model).__name__}; wanted a Cell, a layer or another "
            f"Module, or a function step(x, state) and its parameters as params="
        )
    return named


class Model:
    """A run of a model over a sequence, with a loss at each step.

    T, batch: its steps and sequences. losses: the steps that have a loss. values: by name, and
    then by step, what the code of the steps has bound to it; the parts of the state first.
    """

    def __init__(
        self, model: Any, xs: Any, loss: Loss, named: Mapping[str, Tensor], state: Any
    ) -> None:
        self.named = named
        losses: list[tuple[int, Quantity]] = []
        self.loss: list[Tensor] = []  # as tensors, with their graph
        self._states: dict[str, dict[int, Quantity]] = {}
        with recording() as run:
            for t, output in enumerate(self._outputs(run, model, xs, state), 1):
                with scope("loss", t=t):
                    value = checked_loss(loss(output, t), t, "audit")
                if value is not None and value._node is not None:
                    losses.append((t, run.value(value)))
                    self.loss.append(value)
                self.T, self.batch = t, len(output) if output.ndim else 1
        run.finish(named)
        self.run, self.losses = run, [t for t, _ in losses]
        self.derivation = Derivation(run, [v for _, v in losses], range(1, self.T + 1))
        self._leaves = {
            name: leaf for name, p in named.items() if (leaf := run.known(p)) is not None
        }
        self.values = {**self._named_values(), **self._states}

    # -- running it

    def _outputs(self, run: Recording, model: Any, xs: Any, state: Any) -> Any:
        """The outputs of all steps, one after the other, and names for what the steps read."""

        def before(t: int, x: Any, given: Any) -> None:
            if x is not None:
                run.call_it(x, "x")
            for name, part in named_parts(model, given):
                if not (isinstance(part, Tensor) and part.dtype.kind == "f"):
                    continue
                run.call_it(part, name)
                if t > 1:
                    self._states.setdefault(name, {})[t - 1] = run.value(part)

        return outputs_of(model, xs, state, before)

    def _named_values(self) -> dict[str, dict[int, Quantity]]:
        found: dict[str, dict[int, Quantity]] = {}
        blocks: dict[str, set[str]] = {}
        for call in self.run.calls:
            for out in call.outs:
                if out.name and call.t is not None and out.active:
                    found.setdefault(out.name, {})[call.t] = out
                    blocks.setdefault(out.name, set()).add(call.place.block)
        return {name: values for name, values in found.items() if len(blocks[name]) == 1}

    # -- what it looks like

    def recurrent_weight(self) -> str:
        """The first parameter that the state of the step before is multiplied with."""
        for call in self.run.calls:
            leaves = [a.name for a in call.args if isinstance(a, Quantity) and a.leaf and a.name]
            if call.op is OPS["matmul"] and leaves and any(_carried(a, call) for a in call.args):
                return leaves[0]
        return "W"

    def direct(self) -> bool:
        """Whether the state also goes from step to step past the parameters."""
        for call in self.derivation.calls:
            with_parameter = any(isinstance(a, Quantity) and a.leaf for a in call.args)
            if not with_parameter and any(
                _carried(call.args[slot], call) for slot in self.derivation.rules[call]
            ):
                return True
        return False

    def operand(self, name: str) -> str:
        """What a parameter is multiplied with in step t, where it is with one thing alone."""
        leaf = self._leaves.get(name)
        readers = self.derivation.readers(leaf) if leaf is not None else []
        places = {call.place for call, _ in readers}
        if len(places) != 1 or readers[0][0].op is not OPS["matmul"] or readers[0][1] != 1:
            return ""
        call = readers[0][0]
        return Notation(self.derivation, TEXT).value(call.args[0], call)

    # -- deriving it

    def shape_of(self, name: str) -> tuple[int, ...] | None:
        """The shape of a parameter, or of a value that the steps have by that name."""
        if name in self.named:
            return self.named[name].shape
        values = self.values.get(name)
        return None if not values else next(iter(values.values())).array.shape

    def by_step(
        self, mistakes: Sequence[AnyMistake | None], names: Sequence[str],
        seeds: Array | None = None, **settings: Any,
    ) -> dict[str, Array]:
        """∂L/∂ of parameters by the step of the use, and of values by their step, (R, T + 1,
        *shape), with each of some mistakes, None for none. At the end stands what lies outside of
        all steps. settings: as for ``swept``."""
        rows = Rows([() if m is None else m.parts for m in mistakes])
        wanted = [
            v for name in names if name not in self.named for v in self.values[name].values()
        ]
        outcome = swept(self.derivation, rows, wanted, seeds, **settings)
        return {name: self._said(name, outcome, len(mistakes)) for name in names}

    def _said(self, name: str, outcome: Outcome, count: int) -> Array:
        shape = self.shape_of(name)
        assert shape is not None
        if name in self.named:
            leaf = self._leaves.get(name)
            if leaf is not None and leaf in outcome.terms:
                return outcome.terms[leaf]
            return np.zeros((count, self.T + 1, *shape))
        found = np.zeros((count, self.T + 1, *shape))
        for t, value in self.values[name].items():
            if value in outcome.cotangents:
                found[:, t - 1] = outcome.cotangents[value]
        return found

    def tables(
        self, mistakes: Sequence[AnyMistake | None], names: Sequence[str], **settings: Any
    ) -> dict[str, Array]:
        """The same by the step of the loss too: G[t, s], (R, T, T + 1, *shape).

        What is not proportional to the errors stands with the last loss.
        """
        count, losses = len(mistakes), len(self.losses)
        found = {}
        alone = np.tile(np.eye(losses), (count, 1))
        repeated = [mistake for mistake in mistakes for _ in range(losses)]
        said = self.by_step(repeated, names, alone, **settings) if repeated else {}
        for name in names:
            shape = self.shape_of(name)
            assert shape is not None
            found[name] = np.zeros((count, self.T, self.T + 1, *shape))
            if name in said:
                by_loss = said[name].reshape(count, losses, self.T + 1, *shape)
                for k, t in enumerate(self.losses):
                    found[name][:, t - 1] = by_loss[:, k]
        forgotten = [k for k, m in enumerate(mistakes) if m is not None and not m.linear]
        if forgotten:
            whole = self.by_step([mistakes[k] for k in forgotten], names, **settings)
            for name in names:
                found[name][forgotten] = 0
                found[name][forgotten, self.losses[-1] - 1] = whole[name]
        return found


def _carried(value: Any, call: Call) -> bool:
    """Whether what a call reads comes from the step before."""
    made = value.call if isinstance(value, Quantity) else None
    return made is not None and made.here != call.here and made.place.block == call.place.block


def named_parts(model: Any, state: Any) -> list[tuple[str, Any]]:
    """The parts of a state with their names, where they have such."""
    names = model.state_names(state) if isinstance(model, Cell) else ()
    return list(zip(names, unpack(state), strict=False))


def outputs_of(model: Any, xs: Any, state: Any, before: Any = None) -> Any:
    """The outputs of a model at all steps, one after the other.

    before: called with t, the input and the state before each step, and once after the last.
    """
    if isinstance(model, Module) and not isinstance(model, Cell):
        yield from _of_module(model, xs, state)
        return
    if len(xs) == 0:
        raise ValueError("audit(cell, xs): xs has no steps (T = 0); wanted at least one")
    if isinstance(model, Cell):
        name, step = model.name, model.checked_step
        inputs = [model.as_input(x) for x in xs]
        given = model.as_state(with_own_generators(state), len(inputs[0]))
    else:
        name, step = "step", model
        inputs = [x if isinstance(x, Tensor) else tensor(x) for x in xs]
        if state is None:
            raise ValueError("audit(state): a function step(x, state) wants the first state too")
        given = state
    state = repacked([leaf_of(part) for part in unpack(given)], given)
    for t, x in enumerate(inputs, 1):
        if before is not None:
            before(t, x, state)
        outside = local.state    # a part may have any name, one of scope's arguments too
        entering = {"x": x, **dict(named_parts(model, state))}
        local.state = outside.under(Scope(name, t, outside.scope, entering))
        try:
            output, state = step(x, state)
        finally:
            local.state = outside
        yield output
    if before is not None:
        before(len(inputs) + 1, None, state)


def _of_module(model: Module, xs: Any, state: Any) -> Any:
    """The outputs of a layer, or of another module that takes a whole sequence."""
    given = (xs,) if state is None else (xs, state)
    result = model(*given)
    outputs = result[0] if isinstance(result, tuple) else result
    if getattr(model, "batch_first", False):
        outputs = np.swapaxes(outputs, 0, 1)
    yield from (outputs[k] for k in range(len(outputs)))
