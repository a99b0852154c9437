"""What every op must obey: each law is a function of one call under test, and states itself.

``check_op`` draws the calls and runs the laws; a law that is broken raises LawBroken.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..engine.cotangents import dense
from ..engine.modes import no_grad
from ..engine.op import Op
from ..engine.pullback import pull_back
from ..engine.specialise import written_out
from ..engine.tensor import Tensor, as_tensor, detached
from ..observe.anomaly import detect_anomaly
from ..observe.contributions import contributions
from .call_law import generated_call
from .calls import Call, core_dimensions, leaf
from .gradcheck import check_grads
from .trial import LawBroken, Trial, close, demand, pull, pull_linked, same_bits

__all__ = ["LAWS", "WITHOUT_GRADIENT", "Law"]

Array = np.ndarray[Any, Any]
Law = Callable[[Trial], None]
# Where functions overflow, divide by zero or leave their domain, in finite numbers.
SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 1e3, -1e3])


def value(t: Trial) -> None:
    """Recorded or not, the value is bit for bit that of the forward on arrays, dtype and shape
    included."""
    args, live = t.call.args, t.live
    finite = all(np.isfinite(y).all() for y in t.plain if np.asarray(y).dtype.kind in "fc")
    with no_grad():
        silent = t.record()[1]
    with detect_anomaly():
        watched = t.record()[1] if finite else t.plain
    constants = [leaf(a, False) if i in live else a for i, a in enumerate(args)]
    for how, found in (
        ("on arrays", t.call(*args)),
        ("on constant tensors", t.call(*constants)),
        ("recorded", t.record()[1]),
        ("under no_grad", silent),
        ("under detect_anomaly", watched),
    ):
        demand(len(found) == len(t.plain), f"{how}: {len(found)} outputs, wanted {len(t.plain)}")
        for a, b in zip(found, t.plain, strict=True):
            same_bits(a, b, how)


def recording(t: Trial) -> None:
    """The result requires grad if and only if an argument that has a derivative does."""
    args = t.call.args
    with no_grad():
        demand(
            not any(y.requires_grad for y in t.record()[1] if isinstance(y, Tensor)),
            "the result requires grad under no_grad()",
        )
    for chosen in ([], *([i] for i in t.live)):
        outputs = t.record(chosen)[1] if chosen else t.call(*map(_constant, args))
        for y in outputs:
            if isinstance(y, Tensor) and y.dtype.kind == "f":
                demand(
                    y.requires_grad == bool(chosen),
                    f"requires_grad is {y.requires_grad} where "
                    f"{t.call.argument(chosen[0]) if chosen else 'no argument'} requires grad",
                )
    dead = [
        i for i, a in enumerate(args) if i not in t.live and getattr(a, "dtype", None) == np.float64
    ]
    if dead:
        outputs = t.record(dead)[1]
        demand(
            not any(y.requires_grad for y in outputs),
            f"the result requires grad for {t.call.argument(dead[0])}, which has no rule",
        )


def _constant(a: Any) -> Any:
    return leaf(a, False) if isinstance(a, np.ndarray | np.generic) else a


def untouched(t: Trial) -> None:
    """Neither the forward nor a rule writes to the arguments, the output or the cotangent."""
    arrays = [a for a in t.call.args if isinstance(a, np.ndarray)]
    before = [a.tobytes() for a in arrays]
    outputs = t.record()[1]
    values = [np.array(detached(y)) for y in outputs]
    node, g = _recorded(t, outputs)
    copies = [np.array(h) for h in t.cotangents]
    pullback = node.pullback
    rules = [pullback.joint] if pullback.joint else [step.apply for step in pullback.steps]
    for function in (*rules, *(z.collect for z in pullback.lazy.values())):
        function(g, node.saved)
        for h, copy in zip(t.cotangents, copies, strict=True):
            same_bits(h, copy, "the cotangent was written to by a rule")
    for a, bytes_before in zip(arrays, before, strict=True):
        demand(a.tobytes() == bytes_before, "an argument was written to")
    for y, copy in zip(outputs, values, strict=True):
        same_bits(y, copy, "the output was written to by a rule")


def derivatives(t: Trial) -> None:
    """The derivatives of order 1 and 2 are those of the function, by differences; the cotangent is
    differentiated too."""
    call, live = _in_float64(t.call), t.live
    if not any(np.size(call.args[i]) for i in live):
        return  # the mean of no entries is NaN
    names = [call.argument(i) for i in live]

    def f(*xs: Any) -> Any:
        args = list(call.args)
        for i, x in zip(live, xs, strict=True):
            args[i] = x
        return tuple(y for y in call(*args) if y.dtype.kind == "f")

    check_grads(f, *(call.args[i] for i in live), names=names, seed=call.seed, full=12)


def _in_float64(call: Call) -> Call:
    """The call in float64, which differences need."""
    args = [
        a.astype(np.float64) if getattr(a, "dtype", np.dtype(int)).kind == "f" else a
        for a in call.args
    ]
    return call.with_args(args, **dict.fromkeys(_dtype_keywords(call), np.float64))


def _dtype_keywords(call: Call) -> list[str]:
    kinds = call.op.samples if isinstance(call.op.samples, dict) else {}
    return [k for k in call.params if k == "dtype" or kinds.get(k) == "dtype"]


def linear(t: Trial) -> None:
    """The vector–Jacobian product is linear in the cotangent, also at 0, where it too can be
    differentiated: a rule may not take a cotangent of 0 for a branch not taken."""
    leaves, outputs = t.record()
    g, h = t.cotangents, t.draw_cotangents()
    combined = pull(outputs, [2 * a - 3 * b for a, b in zip(g, h, strict=True)], leaves)
    one, two = pull(outputs, g, leaves), pull(outputs, h, leaves)
    close(combined, [2 * a - 3 * b for a, b in zip(one, two, strict=True)], "2g - 3h", t.rtol)
    if any(x.size for x in leaves):
        v = [np.asarray(t.rng.normal(size=x.shape), x.dtype) for x in leaves]
        zeros = [np.zeros_like(a) for a in g]
        at_zero, elsewhere = _forward(t, zeros, v), _forward(t, g, v)
        close(at_zero, elsewhere, "its derivative with respect to the cotangent, at 0", t.rtol)


def _forward(t: Trial, cotangents: Sequence[Array], v: Sequence[Array]) -> list[Array]:
    """J v as the derivative of u ↦ uᵀJ along v, taken at u = `cotangents`."""
    leaves, outputs = t.record()
    us = [Tensor(u, requires_grad=True) for u in cotangents]
    ys = [y for y in outputs if y.dtype.kind == "f"]
    pulled = [as_tensor(x) for x in pull_linked(list(zip(ys, us, strict=True)), leaves)]
    return pull(pulled, v, us)


def paths(t: Trial) -> None:
    """Every way to compute a gradient gives the same: in one sweep, use by use as in the ledger,
    recorded with create_graph, under detect_anomaly."""
    leaves, outputs = t.record()
    recorded = pull(outputs, t.cotangents, leaves, create_graph=True)
    close(recorded, t.gradients, "with create_graph", t.rtol)
    if all(np.isfinite(g).all() for g in (*t.gradients, *t.plain)):
        with detect_anomaly():
            leaves, outputs = t.record()
            close(pull(outputs, t.cotangents, leaves), t.gradients, "under detect_anomaly", t.rtol)
    sums = [np.zeros(x.shape, x.dtype) for x in leaves]
    for y, g in zip((y for y in outputs if y.dtype.kind == "f"), t.cotangents, strict=True):
        if y.requires_grad:
            for k, uses in enumerate(contributions(y, leaves, g)):
                for use in uses:
                    sums[k] = sums[k] + detached(use.value)
    close(sums, t.gradients, "the sum of the ledger", t.rtol)


def reuse(t: Trial) -> None:
    """Where a tensor is used twice, its gradient is the sum over both uses."""
    leaves, first = t.record()
    second = t.call(*_placed(t, leaves))
    h = t.draw_cotangents()
    wanted = [a + b for a, b in zip(t.gradients, pull(second, h, leaves), strict=True)]
    for create_graph in (False, True):
        found = pull((*first, *second), (*t.cotangents, *h), leaves, create_graph)
        close(found, wanted, "in two calls" + ", with create_graph" * create_graph, t.rtol)
    if len({np.shape(t.call.args[i]) for i in t.live}) > 1 or len(t.live) < 2:
        return
    with np.errstate(all="ignore"):  # the value of one argument may lie outside another's domain
        args = list(t.call.args)
        for i in t.live:
            args[i] = np.array(args[t.live[0]])
        try:
            apart = Trial(t.call.with_args(args))
        except (ValueError, np.linalg.LinAlgError):
            return
        x = leaf(args[t.live[0]])
        outputs = t.call(*_placed(t, [x] * len(t.live)))
        together = pull(outputs, apart.cotangents, [x])
        total = functools.reduce(np.add, apart.gradients)
        close(together, [total], "as several arguments of one call", t.rtol)


def _placed(t: Trial, tensors: Sequence[Any]) -> list[Any]:
    """The call's arguments with `tensors` in the live places."""
    args = list(t.call.args)
    for i, x in zip(t.live, tensors, strict=True):
        args[i] = x
    return args


def constants(t: Trial) -> None:
    """An argument's gradient does not depend on whether the others require grad, and a call saves
    for it exactly what its rule names."""
    for k, i in enumerate(t.live):
        args = list(map(_number, t.call.args))
        args[i] = x = leaf(t.call.args[i])
        outputs = t.call(*args)
        found = pull(outputs, t.cotangents, [x])
        close(found, [t.gradients[k]], f"{t.call.argument(i)} alone", t.rtol)
        node = next((y._node for y in outputs if y._node is not None), None)
        if node is None:
            continue
        node = node.parents[0] if t.call.op.multiple else node
        parents = [j for j, parent in enumerate(node.parents) if parent is not None]
        demand(parents == [i], f"the parents are arguments {parents}, wanted only {i}")
        named = set(_named(t.call.op, i))
        demand(
            set(node.pullback.residuals) == named,
            f"for {t.call.argument(i)} the call saves {sorted(node.pullback.residuals)}, and its "
            f"rule names {sorted(named)}",
        )


def _number(a: Any) -> Any:
    """A 0-d array as a Python number, as in ``x * 2.0``."""
    return a.item() if np.ndim(a) == 0 and hasattr(a, "item") else a


def _named(op: Op, i: int) -> Iterator[str]:
    if op.joint is not None:
        yield from op.needs(op.joint)
        return
    yield from op.needs(op.rules[i])  # type: ignore[arg-type]  # live arguments have a rule
    if i in op.lazy:
        yield from op.needs(op.lazy[i].collect)


def float32(t: Trial) -> None:
    """In float32 everything stays float32: the value, the rules' results, the gradients; and it
    agrees with float64."""
    args = [
        a.astype(np.float32) if getattr(a, "dtype", None) == np.float64 else a for a in t.call.args
    ]
    low = Trial(t.call.with_args(args))
    outputs = [np.asarray(y).dtype for y in low.plain]
    # The dtype of a ufunc's result, or one asked for by a keyword, is not up to the record.
    chosen = isinstance(t.call.op.forward, np.ufunc) or bool(_dtype_keywords(t.call))
    demand(chosen or np.float64 not in outputs, "the value is float64")
    if not t.differentiable:
        return
    low.cotangents = [
        g.astype(h.dtype) for g, h in zip(t.cotangents, low.cotangents, strict=True)
    ]
    for i, g in zip(low.live, low.gradients, strict=True):
        demand(
            g.dtype == args[i].dtype,
            f"the gradient of {t.call.argument(i)} is {g.dtype}, wanted {args[i].dtype}",
        )
    close(low.gradients, t.gradients, "against float64", rtol=2e-3, atol=1e-4)
    if np.float64 not in outputs:
        for i, c in _raw(low):
            demand(
                c is None or np.asarray(detached(c)).dtype == np.float32,
                f"the rule for {t.call.argument(i)} computes in {np.asarray(detached(c)).dtype}",
            )


def _raw(t: Trial) -> Iterator[tuple[int, Any]]:
    """The results of the rules, before broadcasting is undone and the dtype is cast."""
    node, g = _recorded(t, t.record()[1])
    if node.pullback.joint is not None:
        yield from enumerate(map(dense, node.pullback.joint(g, node.saved)))
    for step in node.pullback.steps:
        yield step.place, dense(step.apply(g, node.saved))


def _recorded(t: Trial, outputs: Sequence[Any]) -> tuple[Any, Any]:
    """The node of the call, and the cotangent as its rules get it."""
    node = next(y._node for y in outputs if y.requires_grad)
    if t.call.op.multiple:
        return node.parents[0], tuple(t.cotangents)
    return node, t.cotangents[0]


def generated(t: Trial) -> None:
    """The pullback that the sweep calls, which is generated, does what its definition does."""
    outputs = t.record()[1]
    node, g = _recorded(t, outputs)
    needed = {parent for parent in node.parents if parent is not None}
    for lazily in (False, True):
        found: dict[Any, Any] = {}
        wanted: dict[Any, Any] = {}
        for hand_back, totals in ((written_out(node.pullback), found), (pull_back, wanted)):
            for _ in range(2):  # a second contribution is added to the first
                hand_back(node, g, node.saved, needed, lazily, totals)
        demand(
            list(found) == list(wanted),
            "the generated pullback hands cotangents to other arguments than its definition",
        )
        for parent, c in found.items():
            right = wanted[parent]
            same_bits(dense(c), dense(right), "the generated pullback differs from its definition")


def memory_layout(t: Trial) -> None:
    """Strides, alignment and read-only flags of the arguments do not matter."""
    if all(name == "contiguous" for name in t.call.layouts):
        return
    args = [np.array(a, order="C") if isinstance(a, np.ndarray) else a for a in t.call.args]
    tidy = Trial(t.call.with_args(args))
    close(t.plain, tidy.plain, "the value", t.rtol)
    if t.differentiable:
        tidy.cotangents = t.cotangents
        close(t.gradients, tidy.gradients, "the gradient", t.rtol)


def broadcasting(t: Trial) -> None:
    """The gradient of a broadcast argument is the sum over its copies."""
    if t.call.loops is None or len(t.call.args) < 2:
        return
    core = [len(c) for c in core_dimensions(t.call.op, len(t.call.args))]
    shapes = [np.shape(a) for a in t.call.args]
    loops = np.broadcast_shapes(*(s[: len(s) - n] for s, n in zip(shapes, core, strict=True)))
    wide = [
        np.array(np.broadcast_to(a, (*loops, *s[len(s) - n :])))
        for a, s, n in zip(t.call.args, shapes, core, strict=True)
    ]
    apart = Trial(t.call.with_args(wide))
    apart.cotangents = t.cotangents
    summed = []
    for i, g in zip(t.live, apart.gradients, strict=True):
        s = shapes[i]
        g = g.sum(axis=tuple(range(g.ndim - len(s))))
        repeated = tuple(k for k, n in enumerate(s) if n != g.shape[k])
        summed.append(g.sum(axis=repeated, keepdims=True))
    close(t.gradients, summed, "against copies", t.rtol)


def unused(t: Trial) -> None:
    """What a selection did not choose contributes nothing, even where the op overflows or leaves
    its domain, and leaves what was chosen alone."""
    if t.call.loops is None or any(core_dimensions(t.call.op)):
        return
    n = len(t.call.args)
    grid = np.meshgrid(*[SPECIAL] * n) if n < 3 else t.rng.choice(SPECIAL, (n, 50))
    with np.errstate(all="ignore"):
        special = Trial(t.call.with_args(list(grid)))
        chosen = np.all(np.abs(grid) == 1, axis=0)
        leaves, outputs = special.record()
        selected = [np.where(chosen, y, 0.0) for y in outputs if y.requires_grad]
        found = pull(selected, [np.ones(chosen.shape)] * len(selected), leaves)
        alone = Trial(t.call.with_args([a[chosen] for a in grid]))
        alone.cotangents = [np.ones_like(g) for g in alone.cotangents]
        for i, g, wanted in zip(special.live, found, alone.gradients, strict=True):
            right = np.zeros(chosen.shape, g.dtype)
            right[chosen] = wanted
            for k in np.flatnonzero(~((g == right) | (np.isnan(g) & np.isnan(right))))[:1]:
                at = ", ".join(f"{t.call.argument(j)}={grid[j].flat[k]}" for j in range(n))
                raise LawBroken(
                    f"the gradient of {t.call.argument(i)} is {g.flat[k]} at {at}, wanted "
                    f"{right.flat[k]}"
                )


LAWS: tuple[Law, ...] = (
    value, recording, derivatives, paths, reuse, constants, linear, broadcasting, float32,
    generated, generated_call, memory_layout, untouched, unused,
)
"""The laws, in the order in which they are checked."""

# The laws that hold also for calls without a gradient.
WITHOUT_GRADIENT: tuple[Law, ...] = (
    value, recording, float32, generated_call, memory_layout,
)
