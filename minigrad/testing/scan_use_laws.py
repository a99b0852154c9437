"""Laws of ``scan`` about its plans, which are kept and shared by calls, threads, and errors."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.arguments import apply
from ..engine.modes import no_grad
from ..engine.op import Op
from ..engine.tensor import Tensor, as_tensor, detached
from ..scanning import plan as plans
from ..scanning.run import scan
from ..transforms.tree import flatten
from .scan_trial import OUTPUTS, Array, Runner, ScanTrial, agree, near
from .trial import LawBroken, same_bits

__all__ = ["failing", "kept", "planned_again", "stale", "threads", "told_apart"]


def planned_again(t: ScanTrial) -> None:
    """A scan by the plan of an earlier call gives what one by a new plan gives, to the last bit."""
    t.result()
    found = t.result()
    _forget_plans()
    fresh = t.result()
    for earlier, new in zip(found[:2], fresh[:2], strict=True):
        for name, value in new.items():
            same_bits(earlier[name], value, f"by the plan of an earlier call: {name}")


def _forget_plans() -> None:
    with plans._lock:
        plans._plans.clear()


def stale(t: ScanTrial) -> None:
    """After a call others are right, whatever has changed: the values of what the step refers to,
    also in place, how many steps and rows there are, what needs a gradient, whether anything is
    recorded, the dtype; and so is the first one again."""

    def check(what: str, **given: Any) -> None:
        agree(t.result(**given), t.result(t.loop, **given), what, t.rtol)

    first = t.result()
    with _instead(t, lambda v: 0.5 * v + 0.25):
        check("with other weights")
        for p in t.closed_over.values():
            with no_grad():
                p[...] = -p
        check("with weights that were written to")
    check("with more steps", inputs={k: np.concatenate([v, v[::-1]]) for k, v in t.inputs.items()},
          cotangents=t.steps(np.arange(2 * t.T) % t.T, t.cotangents))
    if t.rows:
        for rows in ([0], [*range(t.rows), 0]):
            wanted = t.alone(t.loop, rows)
            agree(t.alone(scan, rows), wanted, f"with {len(rows)} rows", t.rtol)
    everything, one = {*t.states, *t.inputs}, t.rng.choice([*t.wanted.gradients, ""])
    for names, frozen in (("what is given", everything), (one, {str(one)})):
        _forget_plans()
        with no_grad():
            silent = t.result(frozen=frozen).values
        agree(silent, t.wanted.values, "under no_grad()", t.rtol)
        with _instead(t, lambda v: v, frozen):
            check(f"where {names} needs no gradient", frozen=frozen)
        check(f"after a call in which {names} needed no gradient", frozen=frozen & everything)
        check(f"after a call in which {names} needed no gradient")
    _narrower(t)
    last = t.result()
    for before, after in zip(first[:2], last[:2], strict=True):
        for name, value in before.items():
            same_bits(after[name], value, f"again, after other calls, {name}")


def _narrower(t: ScanTrial) -> None:
    """In float32, where the step keeps to the dtype that it is given."""

    def narrow(v: Array) -> Array:
        return v.astype(np.float32) if v.dtype == np.float64 else v

    given: dict[str, Any] = {
        "states": {k: narrow(v) for k, v in t.states.items()},
        "inputs": {k: narrow(v) for k, v in t.inputs.items()},
    }
    with _instead(t, narrow):
        wanted = t.result(t.loop, **given)
        if any(v.dtype == np.float64 for v in wanted.values.values()):
            return
        agree(t.result(**given), wanted, "in float32", 100 * float(np.finfo(np.float32).eps))


@contextmanager
def _instead(
    t: ScanTrial, change: Callable[[Array], Array], constant: Collection[str] = ()
) -> Iterator[None]:
    """Have other values in the Tensors that the step refers to, in arrays of their own."""
    own = list(t.closed_over.items())
    before = [(p, p._data, p._node) for _, p in own]
    try:
        for name, p in own:
            value = Tensor(np.array(change(p._data)), requires_grad=name not in constant)
            p._data, p._node = value._data, value._node
        yield
    finally:
        for p, data, node in before:
            p._data, p._node = data, node


def told_apart(t: ScanTrial) -> None:
    """The plan of one step is not taken for that of another one: of other ops, constants, results,
    or where something is the same at each step and not an input."""
    outputs = [v for k, v in t.wanted.values.items() if k.startswith(OUTPUTS)]
    if not outputs:
        return
    of_all: Any = np.random.default_rng(t.seed).normal(size=outputs[0].shape)
    constant = np.array(of_all[-1])

    def first(x: Any, state: Any) -> tuple[Any, Any]:
        output, new = t.step(x, state)
        return flatten(output)[0][0], new

    def changed(change: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        def one(x: Any, state: Any) -> tuple[Any, Any]:
            y, new = first(x, state)
            return change(y), new

        return one

    def with_more(x: Any, state: Any) -> tuple[Any, Any]:
        y, new = first(x[0], state)
        return y * x[1], new

    for number, step in enumerate([
        changed(lambda y: y * 2.0), changed(lambda y: y * 3.0), changed(np.tanh), changed(np.sin),
        changed(lambda y: (y * 2.0, y * 3.0)), changed(lambda y: (y * 2.0, y * 3.0)[::-1]),
        changed(lambda y: y * constant), with_more,
    ]):
        more = (as_tensor(of_all),) if step is with_more else ()
        found, wanted = (_given_more(t, by, step, more) for by in (scan, t.loop))
        for name, y in wanted.items():
            what = f"variant {number} of the step, {name}"
            near(detached(found[name]), detached(y), what, t.rtol)


def _given_more(t: ScanTrial, by: Runner, step: Any, more: Any) -> dict[str, Tensor]:
    """The results of a run, with further inputs."""
    return t.run(lambda _, state, xs: by(step, state, (xs, *more) if more else xs))[0]


def kept(t: ScanTrial) -> None:
    """What one call returned does not change at the next ones, nor do the gradients that it gave,
    nor what its backward pass needs."""
    results, targets = t.run(scan)
    values = {k: np.array(detached(y)) for k, y in results.items()}
    others = {k: v[::-1] * 2 if v.dtype.kind == "f" else v[::-1] for k, v in t.inputs.items()}
    t.result(inputs=others)
    gradients = t.gradients(results, targets, None)
    copies = {k: g.copy() for k, g in gradients.items()}
    agree(copies, t.wanted.gradients, "behind another call, the gradient of", t.rtol)
    t.result(inputs=others)
    again = t.gradients(results, targets, {k: g * 0.5 for k, g in t.cotangents.items()})
    halves = {k: 0.5 * g for k, g in copies.items()}
    agree(again, halves, "a second time, of half the cotangents, the gradient of", t.rtol)
    for name, value in values.items():
        same_bits(results[name], value, f"after other calls {name}")
    for name, gradient in copies.items():
        same_bits(gradients[name], gradient, f"after other calls the gradient of {name}")


def threads(t: ScanTrial) -> None:
    """Threads that scan at the same time, by one plan, each get what they would get alone: between
    any two lines of the source that runs, another one may run all of it."""
    if t.generators or not _has_threads():
        return  # generators would be shared by threads; without threads nothing is
    others: list[dict[str, Any]] = [
        {"inputs": {k: np.roll(v, n, axis=0) for k, v in t.inputs.items()},
         "cotangents": {k: (n + 1) * g for k, g in t.cotangents.items()}} for n in range(3)
    ]
    wanted = [t.result(t.loop, **own) for own in others]
    t.result()
    codes = {f.__code__ for plan in plans._plans.values() for f in (plan.forward, plan.backward)}
    errors: list[Exception] = []
    running: list[threading.Thread] = []
    seen: set[Any] = set()

    def work(n: int) -> None:
        try:
            agree(t.result(**others[n]), wanted[n], "in one of several threads", t.rtol)
        except Exception as error:
            errors.append(error)

    def called(frame: Any, event: str, arg: Any) -> Any:
        return line if frame.f_code in codes else None

    def line(frame: Any, event: str, arg: Any) -> Any:
        place = frame.f_code, frame.f_lineno
        if event == "line" and place not in seen:
            seen.add(place)
            running.append(threading.Thread(target=work, args=(len(seen) % 3,)))
            running[-1].start()
            running[-1].join(1)  # or it runs beside this one, if it has to wait for that
        return line

    before = sys.gettrace()
    sys.settrace(called)
    try:
        work(0)
    finally:
        sys.settrace(before)
        for thread in running:
            thread.join()
    if errors:
        raise errors[0]


def _has_threads() -> bool:
    """Whether a thread can be started: Python in WebAssembly, as in a browser, has none."""
    thread = threading.Thread(target=int)
    try:
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


# -- errors


class _Failed(Exception):
    """What a step raises in mid-run."""


def _forward(x: Any, order: Any) -> Any:
    if order == 1:
        raise _Failed
    return x.copy()


def _rule(g: Any, order: Any) -> Any:
    if order == 2:
        raise _Failed
    return g * 1


_FAILS = Op(
    _forward, name="fails", arguments=["x", "order"], params={}, signature="(n),()->(n)",
    formula="x, or an error", rules=[_rule, None],
)


def failing(t: ScanTrial) -> None:
    """An error at some step, forwards or backwards, comes through, and the next call is right."""
    for what, number in (("forwards", 1), ("backwards", 2)):
        fail_at = int(t.rng.integers(1, t.T)) if t.T > 1 else -1
        if fail_at > 0 and (number == 1 or t.wanted.live):
            try:
                t.result(_failing_at(t, fail_at, number))
            except _Failed:
                pass
            else:
                raise LawBroken(f"an error at step {fail_at}, {what}, did not come through")
        found = t.result(_failing_at(t, -1, number))
        agree(found, t.wanted, f"after an error {what}, in the next call,", t.rtol)


def _failing_at(t: ScanTrial, at: int, number: int) -> Any:
    """A scan with a step that raises at one of the steps."""
    orders = np.where(np.arange(t.T) == at, number, 0)

    def run(step: Any, state: Any, xs: Any) -> tuple[Any, Any]:
        def one(x: Any, state: Any) -> Any:
            order, own = x
            output, new = step(own, state)
            leaves, rebuild = flatten((output, new))
            return rebuild([
                apply(_FAILS, (y, order), {}) if isinstance(y, Tensor) else y for y in leaves
            ])

        return scan(one, state, (orders, xs))

    return run
