"""A batch split over workers: each runs the same program on some of the rows, at the same time.

NumPy lets go of the interpreter inside of its products and loops, so threads of Python are enough.
What a worker does depends on its rows and on nothing else, and gradients are added in the order of
the shares: so a result does not depend on timing. Another number of workers may differ from it in
the last bits, as sums are formed in another order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import reduce
from itertools import pairwise
from typing import Any
from weakref import finalize

import numpy as np

from ..engine.context import local
from ..errors import describe
from .batch import Batch
from .cores import blas_threads, hold, one_thread
from .plan import Plan
from .shares import share_of

__all__ = ["Split", "as_workers", "split"]

_WORTH = 4_000_000  # flops of a share of a step, forwards: below it two cores are no faster
Arrays = Sequence[Any]


def as_workers(workers: Any, owner: str = "scan") -> int | None:
    """The argument `workers` of `owner`, checked."""
    if workers is None or (type(workers) is int and workers > 0):
        return workers
    raise ValueError(f"{owner}(workers={describe(workers)}): wanted a number from 1, or None")


def split(plan: Plan, workers: int | None, arrays: dict[str, list[Any]]) -> Plan | Split:
    """What runs a plan: itself, or as many workers as are wanted and can be."""
    if workers == 1 or (workers is None and plan.flops < 2 * _WORTH):
        return plan
    most = workers
    if most is None:
        most = min(blas_threads(), int(plan.flops // _WORTH))
    if most < 2 or not isinstance(plan.batch, Batch):
        return plan
    return Split(plan, plan.batch, min(most, plan.batch.size), arrays)


class Split:
    """A plan that is run by several workers, called as the plan itself is."""

    def __init__(
        self, plan: Plan, batch: Batch, workers: int, arrays: dict[str, list[Any]]
    ) -> None:
        ends = [batch.size * k // workers for k in range(workers + 1)]
        self._parts = [slice(a, b) for a, b in pairwise(ends)]
        self._live = plan.live
        groups = {**plan.program.inputs, "y": plan.program.outputs["y"]}
        self._axes = {group: [batch.axis.get(v) for v in groups[group]] for group in groups}
        for group in ("x", "y"):  # behind the axis of time
            self._axes[group] = [None if a is None else a + 1 for a in self._axes[group]]
        first = {**arrays, "x": [x[:1] for x in arrays["x"]]}
        self._shares = [
            share_of(plan, batch, part.stop - part.start, {
                group: _cut(first[group], self._axes[group], part) for group in first
            })
            for part in self._parts
        ]

    def forward(self, T: int, state: Arrays, xs: Arrays, captured: Arrays) -> Any:
        """The last state, the outputs, and what each worker has saved."""
        axes = self._axes

        def one(k: int) -> Any:
            part = self._parts[k]
            return self._shares[k].forward(
                T, _cut(state, axes["state"], part), _cut(xs, axes["x"], part),
                _cut(captured, axes["captured"], part),
            )

        if any(self._live.values()):
            # The threads of BLAS go on spinning for up to 0.1 s after a product that was spread,
            # and would get in the way of the workers. So it stays on one until the graph is freed.
            finalize(self, hold())
        new, ys, saved = zip(*together(one, len(self._parts)), strict=True)
        return _side_by_side(new, axes["state"]), _side_by_side(ys, axes["y"]), saved

    def backward(
        self, T: int, d_state: Arrays, d_ys: Arrays, captured: Arrays, saved: Any
    ) -> Any:
        """The cotangents of the state, of the inputs and of what is captured."""
        axes = self._axes
        of_ys = [axes["y"][k] for k in self._live["y"]]

        def one(k: int) -> Any:
            part = self._parts[k]
            return self._shares[k].backward(
                T, _cut(d_state, axes["state"], part), _cut(d_ys, of_ys, part),
                _cut(captured, axes["captured"], part), saved[k],
            )

        found = zip(*together(one, len(self._parts)), strict=True)
        groups = zip(found, ("state", "x", "captured"), strict=True)
        return tuple(_side_by_side(parts, axes[group], total=True) for parts, group in groups)


def _cut(arrays: Arrays, axes: Sequence[int | None], part: slice) -> list[Any]:
    """The rows of one share; what has no rows is for all."""
    return [
        a if a is None or axis is None else a[(*[slice(None)] * axis, part)]
        for a, axis in zip(arrays, axes, strict=True)
    ]


def _side_by_side(
    parts: Sequence[Arrays], axes: Sequence[int | None], total: bool = False
) -> list[Any]:
    """What the shares have found, in one. Of what has no rows the total, or one, which is as the
    others."""
    found = []
    for pieces, axis in zip(zip(*parts, strict=True), axes, strict=True):
        if axis is not None and pieces[0] is not None:
            found.append(np.concatenate(pieces, axis=axis))
        else:
            found.append(reduce(np.add, pieces) if total and pieces[0] is not None else pieces[0])
    return found


def together(function: Callable[[int], Any], count: int) -> list[Any]:
    """``[function(0), …, function(count - 1)]``, each in a thread of its own, the first in this
    one. All have ended when it returns or raises; of several errors that of the first is raised.

    Threads are made for the call: that takes some 40 µs, and nothing is left to be cleaned up, to
    be lost in a fork or to wait for itself in a scan inside of a scan.
    """
    results: list[Any] = [None] * count
    errors: list[BaseException | None] = [None] * count
    state = local.state

    def run(k: int) -> None:
        local.state = state
        try:
            results[k] = function(k)
        except BaseException as error:  # raised again by who waits
            errors[k] = error

    threads: list[threading.Thread] = []
    with one_thread():
        try:
            for k in range(1, count):
                thread = threading.Thread(target=copy_context().run, args=(run, k))
                try:
                    thread.start()
                except RuntimeError:  # there are no more to be had
                    run(k)
                else:
                    threads.append(thread)
            results[0] = function(0)
        finally:
            for thread in threads:
                thread.join()
    failed = [error for error in errors if error is not None]
    if failed:
        try:
            raise failed[0]
        finally:  # which would lead back to themselves
            del failed[:], errors[:]
    return results
