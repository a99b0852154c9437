"""Each figure that is promised has a line with its bar. No process is run: all answer at once."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.questions import Result, answers
from benchmarks.rows import QUESTIONS, cores, layers, pictures, sequences, tape, usage

ANSWERS: dict[str, dict[str, Any]] = {
    "chain": {"total": 1.0}, "lstm": {"total": 1.0}, "memory": {"growth": 1e6},
    "growth": {"growth": 0.0}, "demo": {"rate": 1.0}, "first": {"first": 0.1, "more": 0.05},
    "picture": {"total": 0.1, "bytes": 1e6}, "step": {"total": 1.0, "modules": []},
    "text": {"bits": 2.0, "seconds": 1.0},
}
# Lines of which others are measured in processes that are not ours, or that read files.
APART = {"import", "lines"}


def answered(job: str, *_: Any, **options: Any) -> dict[str, Any]:
    """What a process would say."""
    if job == "layers":
        return {"shapes": [{"total": 1.0, "median": 1.0, "loss": 1.0}] * len(options["shapes"])}
    if job == "memory":
        return {"growth": 1e3 * options["shape"]["T"]}
    return ANSWERS[job]


@pytest.fixture(scope="module")
def lines() -> dict[str, Result]:
    """All lines of the table, by what they say they are."""
    with pytest.MonkeyPatch.context() as patch:
        for room in (tape, layers, sequences, usage, pictures):
            patch.setattr(room, "run", answered)
        patch.setattr(cores, "processors", lambda: 2)
        found = [r for name in QUESTIONS if name not in APART for r in answers(name, rounds=1)]
    assert len({r.what for r in found}) == len(found)
    return {r.what: r for r in found}


BARS = {
    **{f"LSTM layer, H = {H} / NumPy by hand": "≤ 1.05×" for H in (64, 128, 256, 512)},
    **{f"LSTM layer, H = {H} / torch.nn.LSTM": "≤ 1×" for H in (64, 128, 256)},
    "LSTM layer, H = 512 / torch.nn.LSTM": "≤ 0.9×",
    "LSTM layer, H = 64 / torch.nn.LSTM without oneDNN": "",
    **{f"GRU layer, H = {H} / torch.nn.GRU": "≤ 0.85×" for H in (64, 128, 256, 512)},
    **{f"RNN layer, H = {H} / torch.nn.RNN": "≤ 0.8×" for H in (64, 128, 256, 512)},
    **{f"{k} layer, H = {H} / JAX scan": "≤ 1.3×" for k in ("LSTM", "GRU", "RNN")
       for H in (64, 128)},
    **{f"{k} layer, H = {H} / JAX scan": "≤ 1×" for k in ("LSTM", "GRU", "RNN")
       for H in (256, 512)},
    **{f"LSTM layer, two threads each, H = {H} / torch.nn.LSTM": "≤ 1.1×"
       for H in (128, 256, 512)},
    "LSTM layer, B = 64, H = 256, two cores / one core": "≤ 0.7×",
    "LSTM layer, B = 64, H = 512, two cores / one core": "≤ 0.6×",
    **{f"LSTM layer, nothing set, H = {H}, all cores / one core": "≤ 1×" for H in (64, 128, 256)},
    "LSTM layer, nothing set, without threadpoolctl, H = 128, all cores / one core": "≤ 1×",
    "LSTM on the tape, nothing set, H = 128, all cores / one core": "≤ 1×",
    **{f"a cell of one's own, H = {H} / PyTorch loop": "≤ 0.35×" for H in (64, 128, 256)},
    **{f"a cell of one's own, H = {H} / JAX scan": "≤ 1×" for H in (64, 128, 256)},
    "LSTM layer, H = 256 / its products alone": "≤ 1.5×",
    "LSTM layer, B = 1, T = 1,000, H = 64 / torch.nn.LSTM": "≤ 1×",
    "time a step, T = 100,000 / 1,000": "≤ 1.1×",
    "memory of a further step, T = 100,000 / 10,000": "≤ 1.1×",
    "memory under checkpoint, T = 100,000 / 10,000": "≤ 3.48×",
    "peak memory of an LSTM layer / torch.nn.LSTM": "≤ 1.1×",
    "tracing and planning, LSTM layer, first call": "≤ 60 ms",
    "make demo, characters a second, by scan / unrolled": "≥ 1.3×",
    "text, 1,000 updates, bits per held-out character / torch.nn.LSTM": "≤ 1.01×",
    "text, 1,000 updates, time / torch.nn.LSTM": "≤ 1×",
    "LSTM layer, H = 128 / HIPS autograd": "",
    "tape op, both operands need a gradient / PyTorch": "≤ 0.6×",
    "HIPS autograd / tape op": "≥ 5×",
    "op in a chain of 100,000 / of 1,000": "≤ 1.5×",
    "LSTM step, tokens / PyTorch": "≤ 1.2×",
    "LSTM, T = 50, with its ledger, to SVG": "≤ 300 ms",
    "LSTM, T = 50, to a page": "≤ 1,000 ms",
    "LSTM, T = 50, to a page, size": "≤ 1.5 MB",
    "LSTM, T = 1,000, max_steps=12, to SVG": "≤ 500 ms",
    "LSTM, T = 1,000, max_steps=12, with its ledger, to SVG": "≤ 500 ms",
    "a tape of 10,000 ops, to DOT": "≤ 1,000 ms",
    "LSTM step on the tape, after drawing / never drawn": "≤ 1.1×",
    "modules that draw, loaded by a step that is not drawn": "none",
}


@pytest.mark.parametrize("what", BARS)
def test_line_has_its_bar(lines: dict[str, Result], what: str) -> None:
    """What was promised is measured, against what was promised."""
    assert lines[what].bar == BARS[what]
    assert lines[what].verdict == ("" if not BARS[what] else "ok" if lines[what].ok else "missed")


def test_one_processor_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is one, lines that need two are "not measured", and not ratios of nothing."""
    monkeypatch.setattr(cores, "processors", lambda: 1)
    found = [*answers("threads", 1), *answers("cores", 1)]
    assert [r.measured for r in found] == ["not measured"] * 2
    assert all("one processor" in r.detail for r in found)
