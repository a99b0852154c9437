"""What every recurrent cell must obey, however it is run: each law is a function of one trial.

``check_cell`` draws the trials and runs the laws. A law that is broken raises LawBroken, or
GradientMismatch where differences were measured; both are AssertionErrors.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from minigrad import Tensor, no_grad
from minigrad.engine.tensor import Parameter
from minigrad.errors import TraceError
from minigrad.scanning.held import generators_apart
from minigrad.testing.scan_checking import check_scan_laws
from minigrad.testing.scan_laws import SCAN_LAWS
from minigrad.testing.scan_trial import ScanTrial
from minigrad.testing.trial import LawBroken, demand, pull, same_bits

from ..cells.state import carried_on, described
from ..cells.wrappers import Wrapper
from ..layers import Recurrent
from ..sequence.scanning import scan
from ..sequence.unrolling import unroll
from .bptt_laws import (
    derivatives,
    double_backward,
    full_reach,
    ledger_sum,
    rtrl,
    truncation,
    untied,
)
from .far_laws import everywhere
from .trial import CellTrial, Result, agree, near, rows

__all__ = [
    "CELL_LAWS", "CellLaw", "alone", "batch_permutation", "causality", "chunked", "declared",
    "derivatives", "double_backward", "everywhere", "full_reach", "gates", "ledger_sum", "masked",
    "padding", "parameters_used", "pure", "reference", "rtrl", "scanned", "time_reversal", "tokens",
    "truncation", "unbatched", "unrolled", "untied", "ways",
]

CellLaw = Callable[[CellTrial], None]
WEIGHTS = ("W_xh", "W_hh", "b_h", "b_xh", "b_hh")


# -- the cell as a function


def declared(t: CellTrial) -> None:
    """Output and state have the widths that the cell declares, its dtype and one row a sequence;
    the initial state fits."""
    cell, B = t.cell, t.B
    before = t.carried()
    result: Any = cell.step(Tensor(t.xs[0]), before)
    demand(
        isinstance(result, tuple) and len(result) == 2,
        f"step returned {described(result)}; wanted the pair (output, state)",
    )
    output, state = result
    try:
        carried_on(state, before, cell)
    except (TypeError, ValueError) as error:
        raise LawBroken(str(error)) from None
    after = t.parts(state)
    found: dict[str, Any] = {"the output": (output, (B, cell.output_size), cell.dtype)}
    for (name, given), value in zip(t.state.items(), after, strict=True):
        found[f"state {name}"] = value, given.shape, t.form.parts[name].dtype
    for name, (value, shape, dtype) in found.items():
        demand(
            isinstance(value, Tensor) and value.shape == shape,
            f"{name} has shape {np.shape(value)}, wanted {shape}",
        )
        demand(value.dtype == dtype, f"{name} has dtype {value.dtype}, wanted {dtype}")
    cell.as_state(cell.as_state(None, B), B)


def pure(t: CellTrial) -> None:
    """The result depends on arguments and parameters alone: a repeated run, after others, has the
    same bits, also where nothing is recorded."""
    xs, state = t.xs, t.state

    def values(xs: Any, state: dict[str, Any]) -> list[Any]:
        outputs, last = t.run(t.cell, Tensor(xs), t.carried(state))
        return [outputs, *t.parts(last)]

    first = values(xs, state)
    values(xs[::-1] + 1.0, t.changed(lambda v: v - 1.0))
    values(xs[:1, :1], rows(state, slice(0, 1)))
    again = values(xs, state)
    with no_grad():
        silent = values(xs, state)
    for how, found in (("a repeated run", again), ("a run under no_grad()", silent)):
        for k, (a, b) in enumerate(zip(found, first, strict=True)):
            same_bits(a, b, f"{how}, {f'part {k} of the state' if k else 'the outputs'}")


def reference(t: CellTrial) -> None:
    """One step is that of the plain NumPy function given as its reference, gate by gate."""
    if t.reference is None:
        return
    output, last = t.cell(t.xs[0], t.carried())
    wanted, wanted_state = t.reference(t.cell, t.xs[0], t.pack(list(t.state.values())))
    near(output, wanted, "the output")
    for name, a, b in zip(t.state, t.parts(last), t.parts(wanted_state), strict=True):
        near(a, b, f"state {name}")


def _gated(cell: Any) -> Any:
    """(path, cell) of the cells in a cell, itself first, that declare gates."""
    return [(path, m) for path, m in cell.named_modules() if getattr(m, "gates", ())]


def gates(t: CellTrial) -> None:
    """What is written to the k-th of the declared gates is read there, and goes to the k-th block
    of H columns and nowhere else."""
    cell = copy.deepcopy(t.cell)
    for _, inner in _gated(cell):
        H, through = inner.hidden_size, cell if isinstance(cell, Wrapper) else inner
        for k, name in enumerate(inner.gates):
            for weight in WEIGHTS:
                parameter = getattr(inner, weight, None)
                if not isinstance(parameter, Parameter):
                    continue
                wanted = np.array(parameter.numpy())
                block = t.rng.normal(size=(*wanted.shape[:-1], H))
                wanted[..., k * H : (k + 1) * H] = block
                setattr(through.gate(name), weight, block)
                same_bits(parameter, wanted, f"{weight} after a write to gate {name}")
                same_bits(getattr(through.gate(name), weight), block, f"{weight} of gate {name}")


def parameters_used(t: CellTrial) -> None:
    """Every parameter, and in it every gate's block, has a gradient that is not 0."""
    unused = [""]
    for scale in (1.0, 4.0, 0.25):  # another scale, where all units were dead or saturated
        more = CellTrial(t.cell, 3, 8, t.seed, None, t.run)
        drawn = {k: scale * t.rng.normal(size=g.shape) for k, g in more.g_state.items()}
        state: dict[str, Any] = {**more.state, **drawn}
        found = more.result(xs=scale * more.xs, state=state).gradients
        unused = [name for name in more.learned if not found[name].any()]
        for path, inner in _gated(t.cell):
            for gate in inner.gates:
                columns = inner.gate(gate).columns
                for weight in WEIGHTS:
                    g = found.get(f"{path}.{weight}" if path else weight)
                    if g is not None and not g[..., columns].any():
                        unused.append(f"{path}{'.' * bool(path)}{weight} of gate {gate}")
        if not unused:
            return
    demand(False, f"the gradient of {', '.join(unused)} is 0; leave out what is not used")


def tokens(t: CellTrial) -> None:
    """Token indices give what one-hot inputs give, if the cell takes them."""
    cell, K = t.cell, t.cell.input_size
    indices = t.rng.integers(0, K, (t.T, t.B))
    try:
        cell(np.zeros(K + 1, int))  # not K of them, which could be taken for one input (K,)
    except (IndexError, TypeError, ValueError):
        return
    found, wanted = t.result(xs=indices), t.result(xs=np.eye(K)[indices])
    del wanted.gradients["the inputs"]
    agree(found, wanted, "with token indices")


# -- running it


def unrolled(t: CellTrial) -> None:
    """The run is the plain loop: each step from its input and the state before it, first to
    last."""
    agree(t.found, t.wanted, "run over the sequence")


def scanned(t: CellTrial) -> None:
    """As one compiled loop, ``rnn.scan``, the cell gives what the plain loop gives, and the same
    gradients; and its step obeys the laws of ``minigrad.testing.check_scan``, one of them in each
    trial. A step that asks for values cannot be compiled, and says so."""
    compiled = CellTrial(t.cell, t.T, t.B, t.seed, None, scan)
    more = str(t.rng.choice(list(SCAN_LAWS)))
    try:
        agree(compiled.found, t.wanted, "as one compiled loop")
        step, state, _ = generators_apart(t.cell.checked_step, t.carried())
        held: list[Any] = list(t.generators.values())
        check_scan_laws(ScanTrial(step, state, t.xs, t.seed, held), [more])
    except TraceError:
        return


def chunked(t: CellTrial) -> None:
    """A sequence run in chunks, with the state handed on, is the sequence run at once."""
    cut = int(t.rng.integers(0, t.T)) + 1

    def run(cell: Any, xs: Any, state: Any) -> tuple[Any, Any]:
        outputs = []
        for a, b in ((0, cut), (cut, t.T)):
            if a < b:
                piece, state = t.run(cell, xs[a:b], state)
                outputs.append(piece)
        return np.concatenate(outputs), state

    agree(t.result(run), t.found, f"in chunks of {cut} and {t.T - cut} steps")


def causality(t: CellTrial) -> None:
    """An output depends on no later input."""
    k = int(t.rng.integers(0, t.T))
    xs = t.xs.copy()
    xs[k:] += t.rng.normal(size=xs[k:].shape)
    outputs, _ = t.run(t.cell, Tensor(xs), t.carried())
    near(outputs[:k], t.found.values["the outputs"][:k], f"after a change from step {k + 1} on")


def batch_permutation(t: CellTrial) -> None:
    """Sequences in another order give the same results in that order."""
    order = np.arange(t.B)
    order[:2] = order[:2][::-1]  # and the others in their places: a rotation could go unnoticed
    found = t.result(
        xs=t.xs[:, order],
        state=rows(t.state, order),
        g_outputs=t.g_outputs[:, order],
        g_state=rows(t.g_state, order),
    )
    wanted = t.found
    values = {k: _taken(v, order, k) for k, v in wanted.values.items()}
    gradients = {
        k: v if k in t.learned else _taken(v, order, k) for k, v in wanted.gradients.items()
    }
    agree(found, Result(values, gradients), "with the rows of the batch in another order")


def _taken(value: Any, which: Any, name: str) -> Any:
    """Some rows of the batch, if it has them, of a value or a gradient."""
    return value.take(which, int(name in ("the outputs", "the inputs"))) if value.ndim else value


def alone(t: CellTrial) -> None:
    """A sequence gives the same alone as among others; gradients of parameters add up."""
    totals = {k: np.zeros_like(v) for k, v in t.found.gradients.items() if k in t.learned}
    for b in range(t.B):
        row = slice(b, b + 1)
        found = t.result(
            xs=t.xs[:, row],
            state=rows(t.state, row),
            g_outputs=t.g_outputs[:, row],
            g_state=rows(t.g_state, row),
        )
        what = f"sequence {b} alone"
        for k, v in found.values.items():
            near(v, _taken(t.found.values[k], [b], k), f"{what}: {k}")
        for k, v in found.gradients.items():
            if k in totals:
                totals[k] += v
            else:
                near(v, _taken(t.found.gradients[k], [b], k), f"{what}: the gradient of {k}")
    for k, total in totals.items():
        near(total, t.found.gradients[k], f"the sum over sequences of the gradients of {k}")


def padding(t: CellTrial) -> None:
    """With `lengths`, padding that holds NaN changes nothing: each sequence is as if it were run
    alone to its own end, and outputs behind it are 0."""
    if t.run is not unroll or not t.form.by_row:
        return  # the layer runs cells in its own way, and wants rows to choose among
    lengths = t.rng.integers(0, t.T + 1, t.B)
    lengths[int(t.rng.integers(0, t.B))] = t.rng.integers(1, t.T + 1)
    xs = t.xs.copy()
    for b, n in enumerate(lengths):
        xs[n:, b] = np.nan
    layer = Recurrent(t.cell)
    found = t.result(lambda cell, xs, state: layer(xs, state, lengths=lengths), xs=xs)

    def run(cell: Any, xs: Any, state: Any) -> tuple[Any, Any]:
        found, ends = [], []
        for b, n in enumerate(lengths):
            own = t.pack([part[b : b + 1] for part in t.parts(state)])
            pieces: list[Any] = [np.zeros((t.T - n, 1, cell.output_size))]
            if n:
                outputs, own = t.loop(cell, xs[:n, b : b + 1], own)
                pieces.insert(0, outputs)
            found.append(np.concatenate(pieces))
            ends.append(t.parts(own))
        last = [np.concatenate(part) for part in zip(*ends, strict=True)]
        return np.concatenate(found, axis=1), t.pack(last)

    agree(found, t.result(run), f"with lengths {lengths.tolist()}")


def masked(t: CellTrial) -> None:
    """With `mask`, steps that are masked, which hold NaN, are as if they were not there: the state
    stays, and the output is that of the step run before, at first 0."""
    if t.run is not unroll or not t.form.by_row:
        return
    mask = t.rng.random((t.T, t.B)) < 0.6
    mask[0, 0], mask[-1, -1] = False, True
    xs = np.where(mask[:, :, None], t.xs, np.nan)
    layer = Recurrent(t.cell)

    def run(cell: Any, xs: Any, state: Any) -> tuple[Any, Any]:
        found, ends = [], []
        for b in range(t.B):
            own = t.pack([part[b : b + 1] for part in t.parts(state)])
            ys = [Tensor(np.zeros((1, cell.output_size)))]
            for k in range(t.T):
                y, after = cell.step(xs[k, b : b + 1], own) if mask[k, b] else (ys[-1], own)
                ys.append(y)
                own = after
            found.append(np.stack(ys[1:]))
            ends.append(t.parts(own))
        last = [np.concatenate(part) for part in zip(*ends, strict=True)]
        return np.concatenate(found, axis=1), t.pack(last)

    found = t.result(lambda cell, xs, state: layer(xs, state, mask=mask), xs=xs)
    agree(found, t.result(run), f"with the mask {mask.astype(int).tolist()}")


def ways(t: CellTrial) -> None:
    """Run by ``how="scan"`` or by ``how="checkpoint"`` the cell gives what it gives unrolled, in
    either direction, with padding or without, unless it asks for values."""
    if t.run is not unroll:
        return
    reverse, padded = (bool(t.rng.integers(2)) for _ in range(2))
    padded = padded and t.form.by_row
    mask = t.rng.random((t.T, t.B)) < 0.7 if padded else None
    layer = Recurrent(t.cell, reverse=reverse)

    def by(how: str) -> Any:
        return t.result(lambda cell, xs, state: layer(xs, state, mask=mask, how=how))

    how = ("scan", "checkpoint")[t.rng.integers(2)]
    with suppress(TraceError):
        agree(by(how), by("unroll"), f"by how={how!r}")


def unbatched(t: CellTrial) -> None:
    """A sequence without the axis of the batch gives what a batch of one gives, without it."""
    if t.run is not unroll:
        return

    def run(cell: Any, xs: Any, state: Any) -> tuple[Any, Any]:
        given = t.pack([part[0] if part.ndim else part for part in t.parts(state)])
        outputs, last = unroll(cell, xs[:, 0], given)
        pairs = zip(t.state.values(), t.parts(last), strict=True)
        return outputs[:, None], t.pack([part[None] if v.ndim else part for v, part in pairs])

    first = slice(0, 1)
    given: dict[str, Any] = {
        "xs": t.xs[:, first], "state": rows(t.state, first), "g_outputs": t.g_outputs[:, first],
        "g_state": rows(t.g_state, first),
    }
    agree(t.result(run, **given), t.result(**given), "without the axis of the batch")


def time_reversal(t: CellTrial) -> None:
    """The reverse direction of a layer is the forward one on the reversed sequence."""
    if t.run is not unroll:
        return
    other = copy.deepcopy(t.cell)
    layer = Recurrent([(t.cell, other)], merge="concat")
    xs, width = Tensor(t.xs, requires_grad=True), t.cell.output_size
    outputs, _ = layer(xs)
    params = [*t.learned.values()]
    twins = [p for p in other.parameters() if p.requires_grad]
    g = np.concatenate([t.g_outputs, t.g_outputs[::-1]], axis=-1)
    found = pull([outputs], [g], [*params, *twins])
    for k, (name, step) in enumerate((("forward", 1), ("reverse", -1))):
        wanted, _ = t.loop(t.cell, Tensor(t.xs[::step]), t.cell.as_state(None, t.B))
        ys = outputs.numpy()[..., k * width : (k + 1) * width]
        near(ys, wanted.numpy()[::step], f"the {name} direction: the outputs")
        gradients = pull([wanted], [t.g_outputs], params)
        own = found[k * len(params) : (k + 1) * len(params)]
        for weight, a, b in zip(t.learned, own, gradients, strict=True):
            near(a, b, f"the {name} direction: the gradient of {weight}")


CELL_LAWS: dict[str, CellLaw] = {
    law.__name__: law
    for law in (
        declared, pure, reference, gates, unrolled, chunked, causality, batch_permutation, alone,
        tokens, padding, masked, unbatched, time_reversal, parameters_used, untied, ledger_sum,
        truncation, full_reach, rtrl, derivatives, double_backward, everywhere, ways, scanned,
    )
}
"""The laws by name, the cheapest first."""
