"""Several processors: what a second one gains, and what a user has who has set nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..questions import Result, question
from ..timing import processors
from .layers import Peer, against, passes, shapes

__all__: list[str] = []


@question("threads")
def two_threads(rounds: int) -> Iterator[Result]:
    """``rnn.LSTM`` and PyTorch's with two processors and two threads each."""
    if processors() < 2:
        yield Result("two threads …", "not measured", detail="there is one processor")
        return
    widths = (128, 256, 512)
    cases = shapes(widths)
    peers = [Peer("torch.nn.LSTM", passes("torch", cases, threads=2), (1.1,) * 3)]
    labels = [f"LSTM layer, two threads each, H = {H}" for H in widths]
    yield from against(labels, passes("minigrad", cases, threads=2), peers, rounds)


@question("cores")
def two_cores(rounds: int) -> Iterator[Result]:
    """What a second processor gains for a batch that is worth splitting."""
    if processors() < 2:
        yield Result("two cores / one …", "not measured", detail="there is one processor")
        return
    widths = (256, 512)
    cases = shapes(widths, B=64)
    peers = [Peer("one core", passes("minigrad", cases), (0.7, 0.6))]
    labels = [f"LSTM layer, B = 64, H = {H}, two cores" for H in widths]
    yield from against(labels, passes("minigrad", cases, threads=2), peers, rounds)


@question("user")
def as_users_meet_it(rounds: int) -> Iterator[Result]:
    """No variable set, no argument given, all processors; the same with one processor."""
    widths = (64, 128, 256)
    cases, one = shapes(widths), shapes((128,))
    labels = [f"LSTM layer, nothing set, H = {H}, all cores" for H in widths]
    yield from _all_cores(labels, cases, rounds, how=None)
    # It is an extra, which most users will not have.
    label = "LSTM layer, nothing set, without threadpoolctl, H = 128, all cores"
    yield from _all_cores([label], one, rounds, how=None, without=["threadpoolctl"])
    label = "LSTM on the tape, nothing set, H = 128, all cores"
    yield from _all_cores([label], one, rounds, how="unroll")


def _all_cores(
    labels: list[str], cases: list[dict[str, int]], rounds: int, **options: Any
) -> Iterator[Result]:
    ours = passes("minigrad", cases, threads=None, **options)
    peers = [Peer("one core", passes("minigrad", cases, **options), (1.0,) * len(cases))]
    yield from against(labels, ours, peers, rounds)
