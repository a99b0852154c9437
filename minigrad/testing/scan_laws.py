"""What ``scan`` must obey, whatever its compiler does: each law is a function of one trial.

``check_scan`` runs them. A law that is broken raises LawBroken, which says at which result or
gradient, and by how much. The plain loop over the step is the definition, and no part of scan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, as_tensor, detached
from ..scanning.passes import ALL
from ..scanning.run import scan
from ..transforms.tree import flatten
from .scan_trial import INPUTS, LAST, OUTPUTS, Named, Results, Runner, ScanTrial, agree, near
from .scan_use_laws import failing, kept, planned_again, stale, threads, told_apart
from .trial import demand, pull_linked, same_bits

__all__ = [
    "SCAN_LAWS", "batch_permutation", "chunked", "each_pass", "failing", "kept", "one_step",
    "planned_again", "prefix", "ragged", "second_order", "stale", "threads", "time_reversal",
    "told_apart", "unoptimised", "unrolled", "ways",
]

ScanLaw = Callable[[ScanTrial], None]


def by(**options: Any) -> Runner:
    """A run by ``scan`` with these options."""
    return lambda step, state, xs: scan(step, state, xs, **options)


def unrolled(t: ScanTrial) -> None:
    """A scan is the loop over its steps: outputs, last state, and the gradients of the inputs, of
    the first state and of all that the step refers to; what it draws is what the loop draws."""
    after = []
    for run in (scan, t.loop):
        found = t.result(run)
        agree(found, t.wanted, "scan" if run is scan else "the loop, run again", t.rtol)
        after.append([str(g.bit_generator.state) for g in t.generators])
    demand(after[0] == after[1], "scan has drawn another number of times than the loop")


def unoptimised(t: ScanTrial) -> None:
    """Without passes the results of a scan are those of the loop to the last bit, and gradients,
    which are sums whose terms may come in another order, up to rounding."""
    for reverse, wanted in ((False, t.wanted), (True, t.wanted_back)):
        found = t.result(by(passes=[], reverse=reverse))
        what = f"without passes{', in reverse' * reverse},"
        agree(found, wanted, what, t.rtol)
        for name, value in wanted.values.items():
            same_bits(found.values[name], value, f"{what} {name}")


def each_pass(t: ScanTrial) -> None:
    """A pass of the compiler, alone or left out, changes nothing; not a bit, where it forms no
    product anew."""
    for name in sorted(ALL):
        found = t.result(by(passes=[name]))
        agree(found, t.wanted, f"with the pass {name!r} alone", t.rtol)
        for part, value in t.wanted.values.items() if name in MOVING else ():
            same_bits(found.values[part], value, f"with the pass {name!r} alone {part}")
        agree(t.result(by(passes=ALL - {name})), t.wanted, f"without the pass {name!r}", t.rtol)


MOVING = {"buffers", "fuse", "sink"}


def ways(t: ScanTrial) -> None:
    """``how="unroll"`` gives what the loop gives, and so does ``how="checkpoint"``, which refuses
    steps that draw; in either direction."""
    for how in ("unroll", "checkpoint")[: 1 if t.generators else 2]:
        for reverse, wanted in ((False, t.wanted), (True, t.wanted_back)):
            found = t.result(by(how=how, reverse=reverse))
            agree(found, wanted, f"with how={how!r}{', in reverse' * reverse}", t.rtol)


def prefix(t: ScanTrial) -> None:
    """The first outputs of a scan, and their gradients, are those of a scan of the first inputs."""
    n = int(t.rng.integers(1, t.T + 1))
    zero = {
        k: np.concatenate([g[:n], 0 * g[n:]]) if k.startswith(OUTPUTS) else 0 * g
        for k, g in t.cotangents.items()
    }
    whole = t.result(cotangents=zero)
    part = t.result(inputs=t.steps(slice(n), t.inputs), cotangents=t.steps(slice(n), zero))
    for name, value in t.steps(slice(n), whole.values).items():
        if name.startswith(OUTPUTS):
            near(part.values[name], value, f"the first {n} steps: {name}", t.rtol)
    wanted = t.steps(slice(n), whole.gradients)
    agree(part.gradients, wanted, f"the first {n} steps: the gradient of", t.rtol)


def one_step(t: ScanTrial) -> None:
    """A sequence of one step is the step."""
    first = slice(1)
    given: dict[str, Any] = {
        "inputs": t.steps(first, t.inputs), "cotangents": t.steps(first, t.cotangents)
    }
    agree(t.result(**given), t.result(t.loop, **given), "one step", t.rtol)


def chunked(t: ScanTrial) -> None:
    """A sequence scanned in chunks, with the state handed on, is the sequence scanned at once."""
    cut = int(t.rng.integers(0, t.T)) + 1

    def run(step: Any, state: Any, xs: Any) -> tuple[Any, Any]:
        leaves, rebuild = flatten(xs)
        pieces = []
        for a, b in ((0, cut), (cut, t.T)):
            if a < b:
                output, state = scan(step, state, rebuild([leaf[a:b] for leaf in leaves]))
                found, put = flatten(output)
                pieces.append(found)
        return put([np.concatenate(column) for column in zip(*pieces, strict=True)]), state

    agree(t.result(run), t.wanted, f"in chunks of {cut} and {t.T - cut} steps", t.rtol)


def time_reversal(t: ScanTrial) -> None:
    """In reverse a scan is the loop from the last input to the first, outputs at the places of
    their inputs."""
    agree(t.result(by(reverse=True)), t.wanted_back, "in reverse", t.rtol)


def ragged(t: ScanTrial) -> None:
    """With ``lengths``, forward or in reverse, each row of a batch is as it is alone, to its own
    end; behind it outputs are 0, and inputs count for nothing."""
    if not t.rows:
        return
    lengths = t.rng.integers(0, t.T + 1, t.rows)
    lengths[int(t.rng.integers(0, t.rows))] = t.T
    for reverse in (False, True):
        what = f"with lengths {lengths.tolist()}{' in reverse' * reverse}"
        found = t.result(by(lengths=lengths, reverse=reverse))
        totals = {k: np.zeros_like(found.gradients[k]) for k in t.closed_over}
        for b, n in enumerate(map(int, lengths)):
            values, gradients = _alone(t, b, n, reverse, found.live)
            row = [t.of_rows(named, [b]) for named in found[:2]]
            agree(t.steps(slice(n), row[0]), values, f"{what}, row {b}:", t.rtol)
            for name in totals:
                row[1].pop(name)
                totals[name] += gradients.pop(name)
            own = t.steps(slice(n), row[1])
            agree(own, gradients, f"{what}, row {b}: the gradient of", t.rtol)
            for name, value in t.steps(slice(n, None), row[0] | row[1]).items():
                if name.startswith((OUTPUTS, INPUTS)):
                    demand(not value.any(), f"{what}, row {b}: at {name} behind its end is no 0")
        for name, total in totals.items():
            near(found.gradients[name], total, f"{what}: the gradient of {name}", t.rtol)


def _alone(
    t: ScanTrial, b: int, n: int, reverse: bool, live: Collection[str]
) -> tuple[Named, Named]:
    """Values and gradients of the loop over the first steps of one row, in either direction.
    live: the results whose cotangents count, where there is no step."""
    if n:
        return t.alone(t.loop_back if reverse else t.loop, [b], slice(n))[:2]
    # Without a step the last state is the first one, and so is its cotangent.
    none = t.of_rows(t.steps(slice(0), {**t.wanted.values, **t.wanted.gradients}), [b])
    ends = zip((k for k in t.wanted.values if k.startswith(LAST)), t.states, strict=True)
    values, gradients = ({k: none[k] for k in named} for named in t.wanted[:2])
    for end, first in ends:
        values[end] = t.states[first][[b]]
        if first in gradients:
            gradients[first] = t.cotangents[end][[b]] * (end in live)
    for name in t.closed_over:
        gradients[name] = np.zeros_like(gradients[name])
    return values, gradients


def batch_permutation(t: ScanTrial) -> None:
    """The rows of a batch in another order give the same results in that order."""
    if not t.rows:
        return
    order = [*range(t.rows)]
    order[:2] = order[:2][::-1]
    found = t.alone(scan, order)
    wanted = t.wanted
    values, gradients = (t.of_rows(named, order) for named in wanted[:2])
    agree(found, Results(values, gradients, wanted.live), "with rows in another order", t.rtol)


def second_order(t: ScanTrial) -> None:
    """The gradients of a gradient are those of the loop, in either direction."""

    def second(run: Runner) -> dict[str, Any]:
        results, targets = t.run(run)
        gs = {
            k: Tensor(t.cotangents[k].astype(results[k].dtype), requires_grad=True)
            for k in results if k in t.wanted.live
        }
        pairs = [(results[k], g) for k, g in gs.items()]
        first = pull_linked(pairs, list(targets.values()))
        total = sum((as_tensor(g * g).sum() for g in first), as_tensor(0.0))
        wanted = {**targets, **{f"the cotangent of {k}": g for k, g in gs.items()}}
        linked = [(total, np.ones((), total.dtype))] if total.requires_grad else []
        found = pull_linked(linked, list(wanted.values()), create_graph=False)
        return {k: np.asarray(detached(g)) for k, g in zip(wanted, found, strict=True)}

    for reverse, loop in ((False, t.loop), (True, t.loop_back)):
        found = second(by(reverse=reverse))
        what = f"the second derivative{', in reverse,' * reverse} by"
        agree(found, second(loop), what, 1e3 * t.rtol)


SCAN_LAWS: dict[str, ScanLaw] = {
    law.__name__: law
    for law in (
        unrolled, unoptimised, each_pass, ways, one_step, prefix, chunked, time_reversal, ragged,
        batch_permutation, planned_again, stale, told_apart, kept, failing, threads, second_order,
    )
}
"""The laws by name."""
