"""``scan``: a step over a sequence, traced once, run from the source that is written for it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import numpy as np

from ..engine.context import Scope, local
from ..engine.cotangents import dense
from ..engine.node import Node
from ..engine.op import Op
from ..engine.outputs import output_nodes
from ..engine.selections import Chosen
from ..engine.tensor import Tensor, as_tensor, wrap
from ..errors import describe
from ..transforms.tree import flatten
from .cores import one_thread
from .generators import GENERATORS
from .held import generators_apart
from .passes import ALL
from .plan import Found, Plan, plan_of
from .ragged import masked
from .replay import Labels, Steps, replayed
from .tracer import NeedsTape
from .windows import in_windows
from .workers import as_workers, split

__all__ = ["plan", "scan"]

Step = Callable[[Any, Any], tuple[Any, Any]]
P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class _Planned(Protocol[P, R_co]):
    """A function with a `plan`, which type checkers would not know of a function."""

    plan: Callable[..., Plan]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


def plan(
    step: Step, state: Any, xs: Any, *, lengths: Any = None, passes: Any = None
) -> Plan:
    """The plan that ``scan`` with these arguments runs by, as ``mg.scan.plan(step, state, xs)``.

    Print ``.program``, a step as equations; ``.transpose``, its backward program; ``.source``, the
    NumPy that is run; ``.explain()``, what the passes did. Variables have the names that they have
    in your code. The step is traced, and not run for all of xs. Raises what ``scan`` raises.

    >>> print(plan(lambda x, total: (total + x, total + x), 0.0, np.arange(4.0)).program)
    #  op       name  shape  operands  keywords  line
    0  state          ()
    1  x              ()
    2  add      add   ()     0 1                 <doctest minigrad.scanning.run.plan[0]>:1
    3  add      add   ()     0 1                 <doctest minigrad.scanning.run.plan[0]>:1
       → state               3
       → y                   2
    """
    step, state, xs, T, _ = _given(step, state, xs, lengths)
    chosen = _chosen_passes(passes)
    return _planned(step, flatten(state), flatten(xs), T, False, chosen, fresh=True).plan


def _with_plan(function: Callable[P, R_co]) -> _Planned[P, R_co]:
    made = cast(_Planned[P, R_co], function)
    made.plan = plan
    return made


# Its rule runs the backward program; recorded, it goes through the tape of all steps.
_SCAN = Op(
    lambda *xs, run: xs, name="scan", arguments=("xs",), params={"run": None},
    signature="(n)->(m)", formula="a step over a sequence", variadic=True, multiple=True,
    joint=lambda g, xs, run: run.cotangents(g), any_cotangent=True,
)


@_with_plan
def scan(
    step: Step,
    state: Any,
    xs: Any,
    *,
    reverse: bool = False,
    lengths: Any = None,
    how: str = "scan",
    passes: Any = None,
    workers: int | None = None,
) -> tuple[Any, Any]:
    """The outputs of a step over a sequence, stacked, and the state after the last one.

    ``output, state = step(x_t, state)`` for x_t = xs[0], xs[1], ...: what a loop in Python would
    give, from a program that is traced from one step and written for all of them.

    step: a function of (x, state) that returns (output, state), as ``step`` of a cell. Whatever it
        uses beside its arguments (weights, arrays, numbers) counts, and gets its gradient.
    state: an array or Tensor; or nested lists, tuples, dicts, named tuples, dataclasses of them,
        with a generator of random numbers among them if the step draws. The step returns the same.
    xs: arrays or Tensors (T, ...), likewise nested; integers too.
    reverse: from the last input to the first; outputs stand at the place of their input.
    lengths: (B,), how many steps each row of the batch has (axis 0 of the state and of the
        outputs). Behind its end a row keeps its state, and its outputs are 0.
    passes: the names of those that the compiler is to make, default all; what each does is in
        minigrad.scanning.passes. ``scan.plan(...)`` shows the plan: its programs, its source.
    workers: how many threads share the rows of the batch among them, where no op of the step lets
        rows meet (``scan.plan(...).explain()`` says so, or which op does). Default: as many as BLAS
        has threads where the products of a step are worth it, if ``threadpoolctl`` is there to ask;
        else one. Results do not depend on timing; with another number of workers sums are formed
        in another order, so the last bits may differ.
    how: "scan"; "checkpoint", which keeps the memory of about 2 √T steps and runs each step twice:
        √T windows, each a scan of its own (``mg.checkpoint``); or "unroll", which runs every step
        on the tape. That is what ``detect_anomaly``, hooks inside of the step and second
        derivatives get without asking; and pictures, tapes and the ledger, for which the steps are
        run again (``engine.opening``).

    Raises ValueError for T = 0, for sequences of unequal T, for workers below 1, and for a step
    that returns a state of another form, shape or dtype; TraceError, with the op and the line, for
    a step that asks for values, as ``if x.sum() > 0`` does.

    >>> outputs, last = scan(lambda x, total: (total + x, total + x), 0.0, np.arange(4.0))
    >>> outputs, last
    (Tensor([0., 1., 3., 6.]), Tensor(6.))
    """
    if how not in ("scan", "unroll", "checkpoint"):
        raise ValueError(f"scan(how={how!r}): wanted 'scan', 'unroll' or 'checkpoint'")
    workers = as_workers(workers)
    step, state, xs, T, whole = _given(step, state, xs, lengths)
    state_now = local.state
    labels = Labels("scan", state_now.scope, range(T))
    # Inside of a step that is being traced, the steps are equations of that one.
    if how != "unroll" and state_now.observer is None and state_now.tracer is None:
        by_plan = partial(
            scanned, step, reverse=reverse, passes=_chosen_passes(passes), workers=workers
        )
        try:
            if how == "scan":
                ys, last = by_plan(state, xs, labels=labels)
            else:
                by_loop = partial(_unrolled, step, reverse=reverse)
                ys, last = in_windows(step, state, xs, reverse, labels, by_plan, by_loop)
            return ys, whole(last)
        except NeedsTape:
            pass
    ys, last = _unrolled(step, state, xs, reverse)
    return ys, whole(last)


def _given(
    step: Any, state: Any, xs: Any, lengths: Any
) -> tuple[Any, Any, Any, int, Callable[[Any], Any]]:
    """The arguments, checked, with Tensors for arrays, and what makes a state of the last arrays.

    Generators in the state are copied, so that the one that was given stays as it is.
    """
    if not callable(step):
        raise TypeError(f"scan(step, state, xs): step is {describe(step)}; wanted a function")
    leaves, rebuild = flatten(xs)
    tensors = [as_tensor(leaf) for leaf in leaves]
    if not tensors:
        raise ValueError("scan(step, state, xs): xs holds no array, so it has no steps")
    if any(t.ndim == 0 for t in tensors):
        raise ValueError("scan(step, state, xs): a part of xs has no axis; wanted (T, ...)")
    sizes = {len(t) for t in tensors}
    if len(sizes) > 1:
        raise ValueError(
            f"scan(step, state, xs): the parts of xs have {sorted(sizes)} steps; wanted equally "
            f"many along axis 0"
        )
    (T,) = sizes
    if T == 0:
        raise ValueError(
            "scan(step, state, xs): xs has no steps (T = 0); wanted at least one: the time axis "
            "comes first"
        )
    xs = rebuild(tensors)
    leaves, rebuild = flatten(state)
    parts = [copy.deepcopy(v) if isinstance(v, GENERATORS) else as_tensor(v) for v in leaves]
    step, state, whole = generators_apart(step, rebuild(parts))
    if lengths is not None:
        step, xs = masked(step, xs, lengths, T, state)
    return step, state, xs, T, whole


def _unrolled(step: Step, state: Any, xs: Any, reverse: bool) -> tuple[Any, Any]:
    """Every step on the tape, under a scope of its own."""
    leaves, rebuild = flatten(xs)
    rows = [leaf.unbind() for leaf in leaves]
    order = range(len(leaves[0]))
    outputs: dict[int, list[Any]] = {}
    for t in reversed(order) if reverse else order:
        before = local.state
        local.state = before.under(Scope("scan", t, before.scope, {}))
        try:
            output, state = step(rebuild([row[t] for row in rows]), state)
        finally:
            local.state = before
        outputs[t], put = flatten(output)
    columns = zip(*[outputs[t] for t in sorted(outputs)], strict=True)
    stacked = [np.stack([as_tensor(y) for y in column]) for column in columns]
    return put(stacked), state


def _chosen_passes(passes: Any) -> frozenset[str]:
    if passes is None:
        return ALL
    if isinstance(passes, str) or not ALL.issuperset(passes):
        raise ValueError(f"scan(passes={passes!r}): wanted some of {', '.join(sorted(ALL))}")
    return frozenset(passes)


def _planned(
    step: Step, state: Any, xs: Any, T: int, reverse: bool, passes: frozenset[str],
    fresh: bool = False,
) -> Found:
    (states, put_state), (inputs, put_x) = state, xs
    records, first = local.state.record, -1 if reverse else 0
    with one_thread():  # the step that is traced is as small as the others
        return plan_of(
            step, ([s._data for s in states], put_state), ([x._data[first] for x in inputs], put_x),
            [records and s._node is not None for s in states],
            [records and x._node is not None for x in inputs], passes, T, fresh,
        )


def scanned(
    step: Step, state: Any, xs: Any, labels: Labels, *, reverse: bool,
    passes: frozenset[str] = ALL, workers: int | None = None,
) -> tuple[Any, Any]:
    """The plan for the step, found or made, run. labels: what its steps are called when seen.

    Raises NeedsTape for a step that does what only a tape can.
    """
    T = len(labels.numbers)
    states, put_state = flatten(state)
    inputs, put_x = flatten(xs)
    plan, captured, drawn, put_y = _planned(
        step, (states, put_state), (inputs, put_x), T, reverse, passes
    )
    inputs += [d[::-1] if reverse else d for d in drawn]
    records = local.state.record
    run = Run(plan, T, reverse, states, inputs, captured, labels, workers)
    new, ys = run.forward()
    live = [("state", k) for k in plan.live["state"]] + [("y", k) for k in plan.live["y"]]
    if not (live and records):
        return put_y(list(map(_plain, ys))), put_state(list(map(_plain, new)))
    groups = {"state": list(map(_plain, new)), "y": list(map(_plain, ys))}
    node = run.record([groups[group][k] for group, k in live])
    for number, ((group, k), part) in enumerate(zip(live, output_nodes(node), strict=True)):
        part.put(number=number)  # also when it is freed
        if group == "state" and k < len(labels.parts):
            part.put(name=labels.parts[k])
        groups[group][k] = wrap(groups[group][k]._data, part)
    return put_y(groups["y"]), put_state(groups["state"])


def _plain(array: Any) -> Tensor:
    return wrap(array, None)


class Run:
    """One call: its plan, what it was given, and what its forward pass has saved.

    It holds arrays and nodes, and no Tensor, as all of the tape: so no cycle can form.
    """

    def __init__(
        self, plan: Plan, T: int, reverse: bool, states: list[Tensor], inputs: list[Tensor],
        captured: list[Any], labels: Labels, workers: int | None,
    ) -> None:
        self.plan, self.T, self.scope, self.saved = plan, T, local.state.scope, None
        self.order = range(T)[::-1] if reverse else range(T)
        records = local.state.record
        groups = {"state": states, "x": inputs, "captured": list(map(as_tensor, captured))}
        self.arrays = {g: [t._data for t in tensors] for g, tensors in groups.items()}
        self.nodes = {
            g: [t._node if records else None for t in tensors] for g, tensors in groups.items()
        }
        self.team = split(plan, workers, self.arrays)
        constants = {
            g: [a if n is None else None for a, n in zip(self.arrays[g], nodes, strict=True)]
            for g, nodes in self.nodes.items()
        }
        self.steps = Steps(plan, self.order, labels, self.nodes, constants)
        self.sources = list(dict.fromkeys(
            node for nodes in self.nodes.values() for node in nodes if node is not None
        ))

    def _in_order(self, arrays: Sequence[Any]) -> list[Any]:
        """Sequences in the order in which they are run, or back."""
        return [a if a is None or self.order.step > 0 else a[::-1] for a in arrays]

    def forward(self) -> tuple[list[Any], list[Any]]:
        """The last state and the outputs."""
        state, x, captured = (self.arrays[group] for group in ("state", "x", "captured"))
        try:
            new, ys, self.saved = self.team.forward(self.T, state, self._in_order(x), captured)
        except (ValueError, TypeError, IndexError) as error:
            raise self._as_told_by_ops(error) from None
        # A state may be the last row of the states of all steps, which it would keep alive.
        return list(map(np.array, new)), self._in_order(ys)

    def _as_told_by_ops(self, error: Exception) -> Exception:
        """The error that the steps raise one by one, which names the op and what it was given."""
        try:
            with np.errstate(all="ignore"):
                self.steps.recorded(self.values())
        except (ValueError, TypeError, IndexError) as told:
            return told
        return error

    def record(self, outputs: list[Tensor]) -> Node:
        """The one node that stands for all steps."""
        shapes, dtypes = tuple(o.shape for o in outputs), tuple(o.dtype for o in outputs)
        values = self.values()
        saved = tuple([values[node] for node in self.sources]), self
        node = Node(_SCAN.pullback(1), tuple(self.sources), saved, shapes, dtypes, self.scope)
        node.put(opens=self.steps)
        return node

    def values(self) -> dict[Any, Any]:
        """What it was given, by node."""
        return {
            node: array for group, nodes in self.nodes.items()
            for node, array in zip(nodes, self.arrays[group], strict=True)
        }

    def cotangents(self, g: Any) -> list[Any]:
        """The cotangents of the sources, for those of the results: arrays, or Tensors."""
        values = dense(g)
        if local.state.watch or any(isinstance(v, Tensor) for v in values):
            return replayed(self, g)
        found = self._by_plan(values)
        if isinstance(g, Chosen) and not all(np.isfinite(c).all() for c in found):
            return replayed(self, g)  # which keeps 0 · ∞ out of what was not chosen
        return found

    def _by_plan(self, values: Sequence[Any]) -> list[Any]:
        live = self.plan.live
        d_state: list[Any] = [None] * len(self.arrays["state"])
        for k, c in zip(live["state"], values, strict=False):
            d_state[k] = c
        d_ys = self._in_order(values[len(live["state"]) :])
        of_state, of_x, of_captured = self.team.backward(
            self.T, d_state, d_ys, self.arrays["captured"], self.saved
        )
        found = {"state": of_state, "x": self._in_order(of_x), "captured": of_captured}
        totals: dict[Node, Any] = {}
        for group, nodes in self.nodes.items():
            for node, c in zip(nodes, found[group], strict=True):
                if node is not None and c is not None:
                    totals[node] = totals[node] + c if node in totals else c
        return [totals.get(s, np.zeros(s.shape, s.dtype)) for s in self.sources]
