"""Several processors: what a second one gains, and what a user has who has set nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..measure import processors
from ..questions import Result, question
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
    cases = shapes(widths)
    peers = [Peer("one core", passes("minigrad", cases, how=None), (1.0,) * 3)]
    ours = passes("minigrad", cases, threads=None, how=None)
    labels = [f"LSTM layer, nothing set, H = {H}, all cores" for H in widths]
    yield from against(labels, ours, peers, rounds)
    peers = [Peer("one core", passes("minigrad", cases[1:2], how="unroll"), (1.0,))]
    ours = passes("minigrad", cases[1:2], threads=None, how="unroll")
    yield from against(["LSTM on the tape, nothing set, H = 128, all cores"], ours, peers, rounds)
