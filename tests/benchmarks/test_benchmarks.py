"""The benchmarks compute what they say they time, and print it legibly. Nothing is timed here."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import by_hand, chain, lstm, measure, memory, timing
from benchmarks.pairs import NotInstalled, Spread, alternate, rotate, run
from benchmarks.questions import Result, answers, ratio_line
from benchmarks.report import machine, markdown, table
from benchmarks.rows import QUESTIONS
from benchmarks.workload import Workload

Array = np.ndarray[Any, Any]
TINY = lstm.Shape(T=3, B=2, H=4, V=5)


def second_pass(workload: Workload) -> dict[str, Array]:
    """What one pass leaves, after another one before it."""
    for _ in range(2):
        workload.backward(workload.forward())
    return workload.gradients()


def chain_by_hand(length: int, both: bool) -> dict[str, Array]:
    """y = x wⁿ: ∂Σy/∂x = wⁿ, ∂Σy/∂w = n x wⁿ⁻¹."""
    x, w = chain.START, chain.FACTOR
    return {"x": w**length} | ({"w": length * x * w ** (length - 1)} if both else {})


def lstm_loss(parameters: dict[str, Array], shape: lstm.Shape) -> float:
    """The loss of the workload in plain NumPy, from the formulas of the LSTM."""

    def sigmoid(z: Array) -> Array:
        return 1 / (1 + np.exp(-z))

    W_xh, W_hh, b_h, W_hq, b_q = (parameters[k] for k in ("W_xh", "W_hh", "b_h", "W_hq", "b_q"))
    tokens, targets = lstm.batch(shape)
    h = c = np.zeros((shape.B, shape.H))
    total = 0.0
    for x, y in zip(tokens, targets, strict=True):
        i, f, g, o = np.split(W_xh[x] + h @ W_hh + b_h, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        logits = h @ W_hq + b_q
        total += (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(shape.B), y]).sum()
    return total / (shape.T * shape.B)


@pytest.mark.parametrize("both", [True, False])
def test_chain_has_the_gradient_of_a_power(both: bool) -> None:
    """minigrad's chain is x wⁿ with the gradients of it."""
    found, wanted = second_pass(chain.minigrad(7, both)), chain_by_hand(7, both)
    assert found.keys() == wanted.keys()
    for name, g in wanted.items():
        np.testing.assert_allclose(found[name], g, rtol=1e-12)


@pytest.mark.parametrize("one_hot", [True, False])
def test_lstm_gradients_are_those_of_the_formulas(one_hot: bool) -> None:
    """Loss and directional derivatives agree with central differences of a plain NumPy LSTM."""
    workload = lstm.minigrad(TINY, one_hot, dtype=np.float64)
    loss, found = workload.forward().item(), second_pass(workload)
    parameters = lstm.weights(TINY, np.float64)
    assert found.keys() == parameters.keys()
    assert loss == pytest.approx(lstm_loss(parameters, TINY), rel=1e-12)
    rng = np.random.default_rng(2)
    for name, value in parameters.items():
        direction, step = rng.normal(size=value.shape), 1e-5
        ahead, behind = (
            lstm_loss(parameters | {name: value + sign * step * direction}, TINY)
            for sign in (1, -1)
        )
        assert np.sum(found[name] * direction) == pytest.approx(
            (ahead - behind) / (2 * step), rel=1e-7
        ), name


@pytest.mark.parametrize("steps", [1, 3, 8, 19])
def test_lstm_by_hand_is_the_same_step(steps: int) -> None:
    """The step written by hand has the loss and gradients of the tape, whatever its blocks."""
    shape = lstm.Shape(steps, 3, 4, 5)
    ours, hand = lstm.minigrad(shape, dtype=np.float64), by_hand.lstm(shape, dtype=np.float64)
    assert hand.forward() == pytest.approx(ours.forward().item(), rel=1e-12)
    wanted = second_pass(ours)
    for name, g in second_pass(hand).items():
        np.testing.assert_allclose(g, wanted[name], rtol=1e-11, atol=1e-14, err_msg=name)


@pytest.mark.peers
@pytest.mark.parametrize("system", ["torch", "autograd"])
@pytest.mark.parametrize("both", [True, False])
def test_peers_run_the_same_chain(system: str, both: bool) -> None:
    """PyTorch and autograd compute the same gradients of the chain."""
    pytest.importorskip(system)
    found = second_pass(chain.SYSTEMS[system](7, both))
    for name, g in chain_by_hand(7, both).items():
        np.testing.assert_allclose(found[name], g, rtol=1e-12)


@pytest.mark.peers
def test_pytorch_trains_the_same_lstm() -> None:
    """The LSTMCell loop has the loss and every gradient of minigrad's step."""
    pytest.importorskip("torch")
    ours, theirs = (make(TINY, dtype=np.float64) for make in lstm.SYSTEMS.values())
    assert theirs.forward().item() == pytest.approx(ours.forward().item(), rel=1e-12)
    wanted = second_pass(ours)
    for name, g in second_pass(theirs).items():
        np.testing.assert_allclose(g, wanted[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_training_loop_learns() -> None:
    """What the growth is measured on is training: the loss falls."""
    step = lstm.trainer()
    losses = [step() for _ in range(300)]
    assert losses[-1] < 0.9 * losses[0]


def test_clock_counts_whole_passes() -> None:
    """A clocked pass is one forward and one backward on its result, after one to warm up."""
    log: list[str] = []

    def backward(out: Any) -> None:
        log.append(f"backward of {out}")

    workload = Workload(lambda: log.append("forward"), backward, dict)
    best = timing.clock(workload, seconds=0, least=2)
    assert log == ["forward", "backward of None"] * 3
    assert best["passes"] == 2
    assert best["total"] == pytest.approx(best["forward"] + best["backward"])


def test_clock_is_that_of_the_processor_where_one_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one processor time is what that worked, if the environment says so; with two, whose
    times would be added, it is that of the wall."""
    for cpu, count, wanted in (
        ("", 1, time.perf_counter), ("cpu", 1, time.process_time), ("cpu", 2, time.perf_counter),
    ):
        monkeypatch.setenv(timing.CLOCK, cpu)
        monkeypatch.setattr(timing, "processors", lambda count=count: count)
        assert timing.timer() is wanted


def test_memory_of_this_process_is_positive() -> None:
    """The peak is at least what is in use now; and the system has worked for it."""
    assert memory.system_time() > 0
    assert 0 < memory.resident() <= memory.peak()


def test_systems_take_turns() -> None:
    """A and B run alternately, so that neighbours can be compared."""
    log: list[str] = []

    def record(name: str) -> Callable[[], int]:
        return lambda: log.append(name) or len(log)

    assert alternate(record("a"), record("b"), 3) == ([1, 3, 5], [2, 4, 6])
    assert log == list("ababab")


def test_processes_are_limited_and_choose_their_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process has the threads that it is given, or none set; which kernels a library runs is its
    own choice, whatever this environment says; settings come last."""
    for name in ("OMP_NUM_THREADS", "XLA_FLAGS", "OPENBLAS_CORETYPE"):
        monkeypatch.setenv(name, "from outside")
    seen: list[dict[str, str]] = []

    def record(command: list[str], env: dict[str, str], **_: Any) -> Any:
        seen.append(env)
        return subprocess.CompletedProcess(command, 0, stdout="noise\n{}\n")

    monkeypatch.setattr(subprocess, "run", record)
    run("lstm", threads=2)
    run("lstm", threads=None, settings={"OPENBLAS_CORETYPE": "Haswell"})
    two, as_it_is = seen
    assert (two["OMP_NUM_THREADS"], two["OPENBLAS_NUM_THREADS"]) == ("2", "2")
    assert "intra_op_parallelism_threads=2" in two["XLA_FLAGS"]
    assert "OPENBLAS_CORETYPE" not in two
    assert as_it_is["OPENBLAS_CORETYPE"] == "Haswell"
    assert not {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "XLA_FLAGS"} & as_it_is.keys()


def test_who_is_missing_is_left_out_of_the_rotation() -> None:
    """All run in turn in each round; who is not installed is named, and the others go on."""
    log: list[str] = []

    def record(name: str) -> Callable[[], int]:
        return lambda: log.append(name) or len(log)

    def absent() -> int:
        raise NotInstalled("jax is not installed; `make bench` installs it")

    found, missing = rotate({"a": record("a"), "jax": absent, "b": record("b")}, 2)
    assert (found, log) == ({"a": [1, 3], "b": [2, 4]}, list("abab"))
    assert missing == {"jax": "jax is not installed; `make bench` installs it"}


def test_ratio_is_taken_pair_by_pair() -> None:
    """The ratio is the median over pairs, not the ratio of the medians."""
    line = ratio_line("a / b", [1e-3, 4e-3, 9e-3], [2e-3, 4e-3, 1e-3], (1e-3, "ms"), "b", 1.0)
    assert line == Result(
        "a / b", "1.00× (0.50 to 9.00)", "≤ 1×", True, "4.00 ms, b 2.00 ms"
    )
    line = ratio_line("b / a", [1.0], [5.0], (1, "s"), "b", at_least=6)
    assert (line.measured, line.bar, line.verdict) == ("5.00× (5.00 to 5.00)", "≥ 6×", "missed")
    line = ratio_line("a / b", [2.0], [4.0], (1, "s"), "b", medians=([2.5], [6.0]))
    assert (line.bar, line.verdict) == ("", "")
    assert line.detail == "2.00 (median 2.50) s, b 4.00 (median 6.00) s"
    assert Spread.of([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)


def test_missing_peer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be compared is "not measured", with how to get it; it is no error."""

    def ask(rounds: int) -> Any:
        raise NotInstalled("torch is not installed; `make bench` installs it")
        yield

    monkeypatch.setitem(QUESTIONS, "lstm", ask)
    (line,) = answers("lstm", 1)
    assert (line.measured, line.verdict) == ("not measured", "")
    assert "make bench" in line.detail


def test_table_is_aligned() -> None:
    """Columns line up, and a verdict is given only where there is a bar."""
    text = table([Result("one", "1.00×", "≤ 1×", True), Result("another", "2×"),
                  Result("x", "3×", "≤ 1×", False, "why")])
    assert text.splitlines() == [
        "what     measured  bar   verdict  detail",
        "one      1.00×     ≤ 1×  ok",
        "another  2×",
        "x        3×        ≤ 1×  missed   why",
    ]


def test_results_file_names_machine_but_no_paths() -> None:
    """RESULTS.md has the table, the processor and the versions, and no path of the machine."""
    text = markdown([Result("a / b", "1.00×", "≤ 1×", True, "1 ms")], machine(), "| ms |")
    assert "| a / b | 1.00× | ≤ 1× | ok | 1 ms |" in text
    assert f"- numpy: {np.__version__}" in text
    assert "| ms |" in text
    assert not any(str(path) in text for path in (Path.home(), Path.cwd(), sys.prefix))


def test_lines_are_counted() -> None:
    """The line count is that of the four core files."""
    (line,) = answers("lines", 1)
    counts = [int(part.split()[1]) for part in line.detail.split(", ")]
    assert sum(counts) == int(line.measured)


def test_job_prints_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A measuring process takes its job and options as arguments and prints its result."""
    monkeypatch.setitem(measure.JOBS, "echo", lambda **options: options)
    monkeypatch.setattr(measure, "keep_to", lambda count: None)
    monkeypatch.setattr("sys.argv", ["measure", "echo", '{"threads": 1, "n": 2}'])
    assert measure.main() == 0
    assert json.loads(capsys.readouterr().out) == {"n": 2}
