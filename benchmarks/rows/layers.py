"""Recurrent layers and cells that run on ``scan``, one thread each: the task of `benchmarks.task`
beside fused layers, compiled scans, loops, and a plan that is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isclose
from typing import Any, NamedTuple

from ..kernels import AVX2
from ..pairs import rotate, run
from ..questions import Result, question, ratio_line
from .tape import STEP

__all__ = ["Passes", "Peer", "against", "passes", "shapes"]

MS = 1e-3
WIDTHS = (64, 128, 256, 512)
Passes = Callable[[], list[dict[str, Any]]]  # what `measure.clock` says, by shape


class Peer(NamedTuple):
    """What ours is compared with; bars: for each shape how many times its time ours may take."""

    name: str
    passes: Passes
    bars: Sequence[float | None]


def shapes(widths: Sequence[int], **changed: int) -> list[dict[str, int]]:
    """STEP with other numbers."""
    return [{**STEP, "H": H, **changed} for H in widths]


def passes(
    system: str, cases: Sequence[dict[str, int]], threads: int | None = 1, seconds: float = 0.6,
    settings: Mapping[str, str] | None = None, **options: Any,
) -> Passes:
    """A process that makes passes of a system, for each shape for so many seconds."""
    return lambda: list(run(
        "layers", threads, settings, system=system, shapes=cases, seconds=seconds, **options
    )["shapes"])


def against(
    labels: Sequence[str], ours: Passes, peers: Sequence[Peer], rounds: int
) -> Iterator[Result]:
    """ours / each of the peers for each shape; `labels` say which it is."""
    found, missing = rotate({"": ours} | {p.name: p.passes for p in peers}, rounds)
    for k, label in enumerate(labels):
        here = {name: [results[k] for results in all_of] for name, all_of in found.items()}
        for name, _, bars in peers:
            what = f"{label} / {name}"
            if name in missing:
                yield Result(what, "not measured", detail=missing[name])
                continue
            check_losses(what, here[""][0]["loss"], here[name][0]["loss"])
            times = [[result["total"] for result in here[side]] for side in ("", name)]
            middle = [[result["median"] for result in here[side]] for side in ("", name)]
            yield ratio_line(
                what, times[0], times[1], (MS, "ms"), name, bars[k], medians=(middle[0], middle[1])
            )


def check_losses(what: str, ours: float | None, theirs: float | None) -> None:
    """Both have computed the same; None: it has no loss."""
    if ours is None or theirs is None or isclose(ours, theirs, rel_tol=1e-4):
        return
    raise AssertionError(f"{what}: the losses are {ours} and {theirs}; they do not do the same")


# -- layers

FUSED = {
    "lstm": ("LSTM", (1.0, 1.0, 1.0, 0.9)),
    "gru": ("GRU", (0.85,) * 4),
    "elman": ("RNN", (0.8,) * 4),
}
SCANNED = (1.3, 1.3, 1.0, 1.0)


def _layer(kind: str, rounds: int) -> Iterator[Result]:
    cases, (name, bars) = shapes(WIDTHS), FUSED[kind]
    peers = [
        Peer(f"torch.nn.{name}", passes("torch", cases, kind=kind), bars),
        Peer("JAX scan", passes("jax", cases, kind=kind), SCANNED),
    ]
    if kind == "lstm":
        peers.insert(0, Peer("NumPy by hand", passes("by_hand", cases), (1.05,) * 4))
        own = passes("torch", cases, onednn=False)
        peers.append(Peer("torch.nn.LSTM without oneDNN", own, (None,) * 4))
    labels = [f"{name} layer, H = {H}" for H in WIDTHS]
    yield from against(labels, passes("minigrad", cases, kind=kind), peers, rounds)


@question("lstm-layer")
def lstm_layer(rounds: int) -> Iterator[Result]:
    """``rnn.LSTM`` with how="scan"."""
    yield from _layer("lstm", rounds)


@question("gru-layer")
def gru_layer(rounds: int) -> Iterator[Result]:
    """``rnn.GRU`` with how="scan"."""
    yield from _layer("gru", rounds)


@question("rnn-layer")
def rnn_layer(rounds: int) -> Iterator[Result]:
    """``rnn.RNN`` with how="scan"."""
    yield from _layer("elman", rounds)


@question("own")
def own_cell(rounds: int) -> Iterator[Result]:
    """A cell that no library has fused: eight lines of ``step`` each."""
    widths = WIDTHS[:3]
    cases = shapes(widths)
    peers = [
        Peer("PyTorch loop", passes("torch", cases, kind="own"), (0.35,) * 3),
        Peer("JAX scan", passes("jax", cases, kind="own"), (1.0,) * 3),
    ]
    labels = [f"a cell of one's own, H = {H}" for H in widths]
    yield from against(labels, passes("minigrad", cases, kind="own"), peers, rounds)


@question("products")
def products_alone(rounds: int) -> Iterator[Result]:
    """The matrix products of the step, and nothing else."""
    cases = shapes((256,))
    peers = [Peer("its products alone", passes("products", cases), (1.5,))]
    yield from against(["LSTM layer, H = 256"], passes("minigrad", cases), peers, rounds)


@question("hips")
def autograd_loop(rounds: int) -> Iterator[Result]:
    """The same LSTM in HIPS autograd, for comparison."""
    cases = shapes((128,))
    peers = [Peer("HIPS autograd", passes("autograd", cases), (None,))]
    yield from against(["LSTM layer, H = 128"], passes("minigrad", cases), peers, rounds)


@question("kernels")
def older_processors(rounds: int) -> Iterator[Result]:
    """Both as on a processor without AVX-512."""
    cases = shapes(WIDTHS)
    peers = [Peer("torch.nn.LSTM", passes("torch", cases, settings=AVX2), (None,) * len(cases))]
    labels = [f"LSTM layer, without AVX-512, H = {H}" for H in WIDTHS]
    yield from against(labels, passes("minigrad", cases, settings=AVX2), peers, rounds)
