"""A step and its transpose as programs: what a trace of one step comes to.

Which parts of the state need a gradient is found by tracing until nothing changes: a state that
starts as a constant is on the graph after the first step, if a weight is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.context import local
from ..engine.node import Node
from ..errors import describe
from ..transforms.tree import flatten, flatten_like, paths
from .atoms import replaced, token
from .following import Following, Written, written_as
from .generators import moved, reachable, restore, states
from .program import Equation, Program, Sum, Var
from .trace import Trace
from .tracer import Tracer
from .transpose import cotangents_of

__all__ = ["Traced", "traced", "transposed"]


@dataclass(eq=False, slots=True)
class Traced:
    """One step, written down.

    program: from the groups "state", "x" and "captured" to "state" and "y".
    written: all that it does, also what leads to no output. captured: the Tensors and arrays that
    the step refers to, in the order of the group.
    followed: whether it is the step that the trace has followed.
    active: of each variable, and of each result, whether a gradient flows there, by group.
    rebuild: the output of the step from its flat parts.
    """

    trace: Trace
    program: Program
    written: list[Equation]
    captured: list[Any]
    inputs: dict[str, list[Tracer]]
    outputs: dict[str, list[Any]]
    rebuild: Callable[[list[Any]], Any]
    followed: bool = False

    def key(self) -> Any:
        """Equal for steps that one plan serves: shapes, dtypes, ops and their rules, constants,
        what is active."""
        number = {v: k for k, v in enumerate(_variables(self.program))}

        def name(leaf: Any) -> Any:
            return number[leaf] if isinstance(leaf, Var) else None

        return (
            tuple((group, len(vs)) for group, vs in self.program.inputs.items()),
            tuple((v.shape, v.dtype.char) for v in number),
            tuple(
                written_as(e.op, e.args, e.params, e.active, e.scopes, name)
                for e in self.program.equations
            ),
            token(self.program.outputs, name),
            tuple(t._node is not None for t in self.tracers(self.inputs)),
            tuple(t._node is not None for t in self.tracers(self.outputs)),
        )

    def move_to_inputs(self, k: int) -> None:
        """Take what is captured as number `k` for an input, of which each step has its own."""
        self.captured.pop(k)
        self.trace.captured.pop(k)
        self.inputs["x"].append(self.inputs["captured"].pop(k))
        self.program.inputs["x"].append(self.program.inputs["captured"].pop(k))

    @staticmethod
    def tracers(groups: dict[str, list[Any]]) -> list[Any]:
        return [t for group in groups.values() for t in group]


def _variables(program: Program) -> list[Var]:
    found = [v for group in program.inputs.values() for v in group]
    return found + [out for equation in program.equations for out in equation.outs]


Tree = tuple[list[Any], Callable[[list[Any]], Any]]


def traced(
    step: Callable[[Any, Any], Any], state: Tree, x: Tree, active: Sequence[bool],
    x_active: Sequence[bool], named: bool = False, before: Written | None = None,
    like: Traced | None = None,
) -> Traced:
    """The program of ``step(x, state)``. state, x: arrays, and what builds their containers.

    before: a trace with such arguments, which this one follows as long as it is the same.
    active, x_active: which of them are on the graph; more of the state will be where the step
    puts it there. Mostly that is all of it, or what it was in the trace `like`, so that one trace
    will do.
    """
    records = local.state.record
    guess = [a or (records and v.dtype.kind == "f") for a, v in zip(active, state[0], strict=True)]
    if like is not None:
        guess = list(map(_on_graph, like.inputs["state"]))
    if before is not None and before.active["state"] != guess:
        before = None
    found = _once(step, state, x, guess, x_active, named, before)
    if found.followed:
        return found
    exact = _spread(found, active)
    if exact == guess:
        return found
    # The step is run again for its nodes; what it draws is what it drew the first time.
    generators = reachable(step)
    drawn = states(generators)
    try:
        again = _once(step, state, x, exact, x_active, named)
    except BaseException:
        found.trace.close()
        raise
    if moved(generators, drawn) and len(again.captured) == len(found.captured):
        restore(generators, drawn)
        again.captured = found.captured
    return again


def _spread(found: Traced, active: Sequence[bool]) -> list[bool]:
    """Which parts of the state are on the graph at some step, those that start so included."""
    program, now = found.program, list(active)
    while True:
        live = {v for v, a in zip(program.inputs["state"], now, strict=True) if a}
        for group in ("x", "captured"):
            live.update(t.symbol for t in found.inputs[group] if _on_graph(t))
        for equation in program.equations:
            places = [i for i, a in enumerate(equation.args) if isinstance(a, Var) and a in live]
            mask = sum(1 << i for i in places)
            if mask & equation.active:
                live.update(equation.outs)
        after = [a or v in live for a, v in zip(now, program.outputs["state"], strict=True)]
        if after == now:
            return now
        now = after


def _once(
    step: Any, state: Tree, x: Tree, active: Sequence[bool], x_active: Sequence[bool], named: bool,
    before: Written | None = None,
) -> Traced:
    trace = Trace(named, None if before is None else Following(before))
    try:
        return _written(trace, step, state, x, active, x_active, before)
    except BaseException:
        trace.close()
        raise


def _written(
    trace: Trace, step: Any, state: Tree, x: Tree, active: Sequence[bool],
    x_active: Sequence[bool], known: Written | None,
) -> Traced:
    def tracers(group: str, arrays: list[Any], active: Sequence[bool]) -> list[Tracer]:
        variables = known.inputs[group] if known else [None] * len(arrays)
        given = zip(arrays, active, variables, strict=True)
        return [trace.input(array, a, var=var) for array, a, var in given]

    before, inputs = tracers("state", state[0], active), tracers("x", x[0], x_active)
    with trace.writing(record=local.state.record):
        given = [list(map(trace.copied, group)) for group in (inputs, before)]
        result = step(x[1](given[0]), state[1](given[1]))
        output, after = _pair(result)
        new = _checked_state(after, state, before, trace)
        ys, rebuild = flatten(output)
        y = [trace.operand(v, "the output of the step") for v in ys]
    trace.frames.end()
    captured = [tracer for tracer, _ in trace.captured]
    groups = {"state": before, "x": inputs, "captured": captured}
    outputs = {"state": new, "y": y}
    program = Program(
        {group: [t.symbol for t in ts] for group, ts in groups.items()}, list(trace.equations),
        {group: [t.symbol for t in ts] for group, ts in outputs.items()},
    )
    found = Traced(
        trace, program, program.equations, [given for _, given in trace.captured], groups, outputs,
        rebuild, followed=trace.following is not None and trace.following.ends(program.outputs),
    )
    if not found.followed:
        program.equations = program.needed()
    return found


def _pair(result: Any) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"scan: step(x, state) returned {_outline(result)}; wanted the pair (output, state)"
        )
    return result


def _outline(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"one Tensor of shape {value.shape}" if isinstance(value, Tracer) else describe(value)


def _checked_state(after: Any, state: Tree, before: list[Tracer], trace: Trace) -> list[Any]:
    """The new state, flat, or an error if the step could not take it again."""
    like = state[1](list(before))
    try:
        flat = flatten_like(after, like, "the state that step(x, state) returned", arrays=True)
    except ValueError as error:
        raise ValueError(
            f"scan: {error}. step(x, state) returns (output, state), and the state has the form of "
            f"the one that it was given"
        ) from None
    new = [trace.operand(v, "the new state") for v in flat]
    for path, a, b in zip(paths(like), before, new, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            raise ValueError(
                f"scan: {f'part {path} of ' if path else ''}the state enters the step as "
                f"{describe(a.value)} and leaves it as {describe(b.value)}; give the first state "
                f"the shape and dtype that the step keeps"
            )
    return new


def _on_graph(t: Any) -> bool:
    return t._node is not None


# -- backwards


def transposed(found: Traced, sink: bool) -> Program:
    """The backward program of a step, from the cotangents of what comes out to those of what goes
    in.

    inputs: "state" and "y", the cotangents of the results that are on the graph, and what it needs
    of the forward program, as "saved". outputs: "state", "x", "captured", in the places of the
    forward program's inputs; None where nothing flows.
    sink: sum the uses of a weight at all steps at once, where its ops' records say how.
    """
    trace = found.trace
    start = trace.mark()
    seeds: list[tuple[Node, Tracer]] = []
    given: dict[str, list[Any]] = {"state": [], "y": []}
    for group in ("y", "state"):
        for result in found.outputs[group]:
            if not _on_graph(result):
                given[group].append(None)
                continue
            name = f"d_{result.symbol.name or group}"
            g = trace.input(np.ones(result.shape, result.dtype), name=name)
            given[group].append(g)
            seeds.append((result._node, g))
    wanted = [t for group in found.inputs.values() for t in group if _on_graph(t)]
    weights: Any = [t._node for t in found.inputs["captured"] if _on_graph(t)] if sink else []
    totals, waiting = cotangents_of(trace, seeds, [t._node for t in wanted], weights)
    by_tracer = dict(zip(map(id, wanted), totals, strict=True))
    outputs = {
        group: [_atom(by_tracer.get(id(t))) for t in tracers]
        for group, tracers in found.inputs.items()
    }
    constants = {t.symbol: given for t, given in trace.captured[len(found.captured) :]}

    def settled(tree: Any) -> Any:
        """A tree with the arrays that rules bring along in it: they are the same at every call."""
        return replaced(tree, lambda a: constants.get(a, a) if isinstance(a, Var) else a)

    places = {t._node: k for k, t in enumerate(found.inputs["captured"])}
    program = Program(
        {group: [_atom(g) for g in gs if g is not None] for group, gs in given.items()},
        [
            Equation(e.op, settled(e.args), settled(e.params), e.outs, e.line)
            for e in trace.equations[start:]
        ],
        settled(outputs),
        [Sum(places[w.leaf], w.total, settled(replaced(w.items, _var))) for w in waiting],
    )
    program.equations = program.needed()
    program.inputs["saved"] = _free(program)
    return program


def _var(leaf: Any) -> Any:
    return leaf.symbol if isinstance(leaf, Tracer) else leaf


def _atom(g: Any) -> Any:
    return None if g is None else g.symbol


def _free(program: Program) -> list[Var]:
    """What a program reads and does not make: what the forward program has to save for it."""
    made = {out for e in program.equations for out in e.outs}
    made |= {v for group in program.inputs.values() for v in group}
    read = [v for e in program.equations for v in e.uses()]
    read += [v for group in program.outputs.values() for v in group if isinstance(v, Var)]
    read += [v for s in program.sums for v in s.uses()]
    return [v for v in dict.fromkeys(read) if v not in made]

