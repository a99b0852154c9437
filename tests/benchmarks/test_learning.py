"""`make learn` in small: every experiment learns, what it reports is what it measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad as mg
from benchmarks.learning import __main__ as program
from benchmarks.learning import processes
from benchmarks.learning.experiments import (
    EXPERIMENTS,
    AddingLSTM,
    AddingRNN,
    CopyGRU,
    OrderLSTM,
    ReberLSTM,
)
from benchmarks.learning.report import markdown, plot, result
from benchmarks.learning.training import Experiment, Look, Outcome, fit
from benchmarks.report import table
from rnn.bptt import vanishing
from rnn.tasks import CopyMemory, Strings, TemporalOrder
from tests.support.paths import ROOT

MAKEFILE = ROOT / "Makefile"


def small(name: str) -> Experiment:
    """A version that is learned in a second or so."""
    order = TemporalOrder(lengths=(6, 7), first=(2, 3), second=(4, 5))
    experiment: Experiment = {
        "adding": lambda: AddingLSTM(T=6, hidden=16, held=200),
        "adding-rnn": lambda: AddingRNN(T=3, hidden=16, held=200),
        "order": lambda: OrderLSTM(order, hidden=8),
        "copy": lambda: CopyGRU(CopyMemory(T=2, S=2, K=2), hidden=12, held=200),
        "reber": lambda: ReberLSTM(hidden=24, held=64),
    }[name]()
    experiment.every = 25
    return experiment


def run(name: str, seed: int = 0, score: float = 0.0, **fields: Any) -> Outcome:
    """An outcome that nobody had to wait for."""
    curve = [Look(1_000, 0.5, 0.5), Look(2_000, 0.2, score)]
    defaults = {"sequences": 2_000, "seconds": 3.0, "curve": curve}
    return Outcome(name, seed, score, **defaults | fields)


# -- learning


@pytest.mark.parametrize("name", ["adding", "order", "copy"])
def test_small_tasks_are_learned(name: str) -> None:
    """After some hundred updates the score on new sequences is below half of the baseline."""
    experiment = small(name)
    experiment.budget = 300 * experiment.batch
    outcome = fit(experiment, seed=0)
    assert outcome.score < experiment.baseline / 2
    assert outcome.curve[-1].loss < outcome.curve[0].loss


def test_small_grammar_is_learned() -> None:
    """A small LSTM soon tells every legal continuation in most of the strings that are drawn."""
    experiment = small("reber")
    experiment.lr, experiment.budget = 0.02, 250 * experiment.batch
    assert fit(experiment, seed=0).curve[-1].score < experiment.baseline / 2


def test_short_sums_are_learned_without_gates() -> None:
    """Over few steps the tanh RNN adds too: it is the lag that defeats it, not the sum."""
    experiment = small("adding-rnn")
    experiment.budget = 300 * experiment.batch
    outcome = fit(experiment, seed=0)
    assert outcome.score < experiment.baseline / 2
    assert not experiment.reached(outcome)    # which is to stay above its bar


# -- the loop


def test_same_seed_same_outcome() -> None:
    """Two runs from one seed agree in every digit, runs from two seeds do not."""
    experiment = small("copy")
    experiment.budget = 50 * experiment.batch
    first, second, other = (fit(experiment, seed)._replace(seconds=0) for seed in (3, 3, 4))
    assert first == second
    assert first != other._replace(seed=3)


def test_training_stops_below_the_bar() -> None:
    """It takes two looks in a row; a bar that is never reached takes the whole budget."""
    experiment = small("copy")
    experiment.budget = 10 * experiment.batch
    experiment.every = 2
    told: list[int] = []
    experiment.stop = 100.0
    easy = fit(experiment, 0, lambda look, seconds: told.append(look.sequences))
    assert easy.sequences == 4 * experiment.batch
    assert told == [look.sequences for look in easy.curve] == [64, 128]
    experiment.stop = 0.0
    assert fit(experiment, 0).sequences == experiment.budget
    scores = iter([0.0, 1.0, 0.0, 0.0, 0.0])
    experiment.score = lambda net, held: next(scores)  # type: ignore[method-assign]  # planted
    experiment.stop = 0.5
    assert len(fit(experiment, 0).curve) == 4


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_experiments_as_they_are(name: str) -> None:
    """The full-size nets are as described and an untrained one scores no better than guessing."""
    experiment = EXPERIMENTS[name]()
    rng = np.random.default_rng(0)
    net = experiment.net(rng)
    assert str(net.cell.hidden_size) in experiment.model
    assert experiment.bar is None or experiment.stop <= experiment.bar
    experiment.batch = 8
    with mg.no_grad():
        assert np.isfinite(experiment.loss(net, experiment.draw(rng)).item())
        score = experiment.score(net, experiment.held_out(rng))
    assert score > 0.8 * experiment.baseline


def test_bars_of_the_project() -> None:
    """The bars and budgets are those that were set, not those that happen to be reached."""
    bars = {name: (kind.bar, kind.budget) for name, kind in EXPERIMENTS.items()}
    assert bars["adding"] == (0.001, 350_000)
    assert bars["adding-rnn"] == (0.15, 350_000)
    assert bars["order"] == (1, 30_000)
    assert OrderLSTM().held == 2_560
    assert bars["copy"][0] == 0.02
    assert CopyGRU().baseline == pytest.approx(0.2971, abs=1e-4)
    assert bars["reber"][0] == 1
    assert ReberLSTM().held == 256


def test_held_out_strings() -> None:
    """They are different, rare, and never drawn for training; what is looked at has short ones."""
    experiment, rng = ReberLSTM(), np.random.default_rng(0)

    def texts(strings: Strings) -> list[str]:
        return [
            "".join(experiment.task.symbols[k] for k in [*tokens[:n], targets[n - 1]])
            for tokens, targets, n in zip(
                strings.tokens.T, strings.targets.T, strings.lengths, strict=True
            )
        ]

    final = texts(experiment.held_out(rng, final=True))
    assert len(set(final)) == len(final) == 256
    seen = texts(experiment.held_out(rng))
    experiment.batch = 2_000
    trained = texts(experiment.draw(rng))
    assert not set(final) & set(seen)
    assert {*map(experiment.use, final)} == {"final"}
    assert {*map(experiment.use, seen)} == {"look", "training"}
    assert {*map(experiment.use, trained)} == {"training"}
    rare = [s for s in trained if sum(len(c) == 2 for c in experiment.task.continuations(s)) >= 12]
    assert 0.02 < len(rare) / len(trained) < 0.10
    assert min(map(len, seen)) == 9


def test_a_string_is_right_if_every_step_is() -> None:
    """An oracle has none wrong; one missing or one additional symbol makes its string wrong."""
    experiment, rng = ReberLSTM(held=20), np.random.default_rng(0)
    held = experiment.held_out(rng)

    def wrong(told: Any) -> float:
        logits = np.where(told, 0.0, -30.0)
        return experiment.score(lambda tokens: mg.tensor(logits), held)  # type: ignore[arg-type]  # an oracle

    assert wrong(held.legal) == 0
    n = held.lengths[3] - 2                               # where the symbol last but one is told
    assert held.legal[n, 3].sum() == 1
    other = held.legal.copy()
    other[n, 3] = np.roll(other[n, 3], 1)
    assert wrong(other) == 1
    more = held.legal.copy()
    more[0, 5] = True
    assert wrong(more) == 1
    assert wrong(held.legal | (held.targets == -100)[..., None]) == 0


# -- what is printed


def test_verdicts() -> None:
    """A bar counts as reached if all seeds reach it; the RNN's if none was ever below it."""
    ok = result([run("copy", 0, 0.019), run("copy", 1, 0.01)])
    assert (ok.measured, ok.bar, ok.verdict) == ("0.019, 0.01 nats", "< 0.02", "ok")
    assert "without a memory 0.2971" in ok.detail
    assert result([run("copy", 0, 0.019), run("copy", 1, 0.02)]).verdict == "missed"
    assert result([run("order", 0, 1.0)]).verdict == "missed"
    for early, verdict in ((0.14, "missed"), (0.16, "ok")):
        curve = [Look(120_000, 0.1, early), Look(125_000, 0.1, 0.17)]
        line = result([run("adding-rnn", 0, 0.18, curve=curve)])
        assert (line.measured, line.bar, line.verdict) == (f"{early} MSE", "> 0.15", verdict)
        assert line.detail.startswith("lowest at any time after 2,000")


def everything() -> list[Outcome]:
    return [
        run(name, seed, 0.2 * (name == "adding-rnn")) for name in EXPERIMENTS for seed in (0, 1, 2)
    ]


def test_markdown_and_picture(tmp_path: Path) -> None:
    """LEARNING.md has a line for each experiment, how it is trained, and pictures that exist."""
    results = [result([r for r in everything() if r.name == name]) for name in EXPERIMENTS]
    text = markdown(results, vanishing(T=4, hidden_size=3), {"processor": "a fast one"})
    assert text.count("| ok |") == len(EXPERIMENTS)
    for name, kind in EXPERIMENTS.items():
        assert f"- {kind().task_title}, {kind().model}: batches of {kind.batch}" in text, name
    assert "- processor: a fast one" in text
    assert set(re.findall(r"pictures/(\w+)\.png", text)) == {"learning", "vanishing"}
    assert "Vanishing: ‖∂L/∂state_{T-k}‖" in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("|")}) == 1
    figure = plot(everything(), tmp_path / "learning.png")
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "adding problem, T = 100", "temporal order 6a, T = 100 to 110", "copy memory, T = 50",
        "embedded Reber grammar",
    ]
    assert (tmp_path / "learning.png").stat().st_size > 10_000


def test_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It prints the table, ends with 1 where a bar is missed, and writes when told to."""
    monkeypatch.setattr(program, "outcomes", lambda names, seeds, at_once: (
        run(name, seed, 0.2 * (name == "adding-rnn")) for name in names for seed in reversed(seeds)
    ))
    monkeypatch.setattr(program, "vanishing", lambda T: vanishing(T=4, hidden_size=3))
    monkeypatch.setattr(program, "LEARNING", tmp_path / "LEARNING.md")
    monkeypatch.setattr(program, "PICTURES", tmp_path)
    assert program.main(["--only", "order", "copy", "--seeds", "0", "1"]) == 0
    printed = capsys.readouterr()
    lines = [result([run(name, 0), run(name, 1)]) for name in ("order", "copy")]
    assert printed.out.strip() == table(lines)
    assert "copy, seed 1: 0 nats after 2,000 sequences" in printed.err
    assert not list(tmp_path.iterdir())
    assert program.main(["--write"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "LEARNING.md", "learning.png", "vanishing.png"
    }
    monkeypatch.setattr(program, "outcomes", lambda names, seeds, at_once: [run("copy", 0, 0.3)])
    assert program.main(["--only", "copy", "--seeds", "0"]) == 1


@pytest.mark.parametrize("arguments", [["--only", "x"], ["--write", "--only", "copy"],
                                       ["--seeds", "-1"], ["--at-once", "0"]])
def test_program_refuses(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown names, a part of the table to write, negative numbers: usage and exit code 2."""
    with pytest.raises(SystemExit) as raised:
        program.main(arguments)
    assert raised.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_interrupt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends the program with one line."""

    def interrupted(names: Any, seeds: Any, at_once: Any) -> Any:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(program, "outcomes", interrupted)
    assert program.main(["--only", "copy"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_processes_tell_what_they_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A process takes a name and a seed, tells how far it is, and prints its outcome as JSON, from
    which the outcome is made again."""
    experiment = small("copy")
    experiment.budget = 50 * experiment.batch
    monkeypatch.setattr(processes, "EXPERIMENTS", {"copy": lambda: experiment})
    monkeypatch.setattr(processes, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr("sys.argv", ["processes", "copy", "5"])
    assert processes.main() == 0
    printed = capsys.readouterr()
    assert "copy, seed 5: 1,600 sequences" in printed.err
    found = processes.read(printed.out)
    assert found._replace(seconds=0) == fit(experiment, 5)._replace(seconds=0)


def test_a_process_that_fails_is_reported() -> None:
    """An exit code other than 0 becomes an error that names the run."""
    with pytest.raises(RuntimeError, match="nonsense, seed 0: the process ended with code 1"):
        list(processes.outcomes(["nonsense"], [0]))


def test_make_learn() -> None:
    """The Makefile runs it with one thread a process."""
    text = MAKEFILE.read_text(encoding="utf-8")
    recipe = r"^learn: .*## .*\n\t\$\(ONE_THREAD\) .* -m benchmarks\.learning "
    assert re.search(recipe, text, re.MULTILINE)
