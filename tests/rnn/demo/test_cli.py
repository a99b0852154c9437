"""The command line, as a user meets it: what it writes and shows, and how it is interrupted."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minigrad import io
from minigrad.drawing.render import programs as render
from rnn.demo import cli, pictures, report, train_command
from rnn.demo.checkpoint import load_run, load_writer
from rnn.demo.run import Run
from rnn.demo.settings import Settings
from rnn.demo.text import documentation
from rnn.demo.watching import Samples, progress_of
from rnn.training import Budget, Progress, Trainer
from tests.support.paths import ROOT
from tests.support.small_runs import OPTIONS, TONGUE_TWISTER

CHECKPOINTS = ["checkpoint.safetensors", "best.safetensors"]
PICTURES = ["lstm.svg", "lstm.png", "elman.svg", "elman.png", "gradient_of_W_hh.png", "loss.png"]


def rnn(*arguments, **variables):
    """`python -W error -m rnn` as a process of its own, with these environment variables."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "rnn", *map(str, arguments)], text=True, cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )


# -- training


def test_train_writes_what_it_lists(text, out, capsys, small_run):
    """A run shows progress, three samples and the scores, and prints each file that it writes."""
    assert small_run(text, out, "--updates", 25) == 0
    output, errors = capsys.readouterr()
    assert "920 characters" in output
    assert re.findall(r"-- after (\d+) updates", output) == ["10", "13", "25"]
    scores = output[output.index("bits per character") :]
    for name in ("character frequencies", "character trigrams", "LSTM after 25 updates"):
        assert f"\n  {name}" in scores
    *listed, _, again, last = output.splitlines()[-11:]
    assert listed == [str(out / name) for name in [*CHECKPOINTS, *PICTURES]]
    assert again == "to let it write more:"
    assert last.endswith(f"-m rnn sample --checkpoint {out / 'checkpoint.safetensors'}")
    assert sorted(p.name for p in out.iterdir()) == sorted([*CHECKPOINTS, *PICTURES])
    assert all(Path(path).stat().st_size > 1000 for path in listed)
    assert (out / "lstm.png").read_bytes().startswith(b"\x89PNG")
    assert "</svg>" in (out / "elman.svg").read_text()
    assert 10 <= errors.count(" nats = ") <= 11
    assert "100%" in errors.splitlines()[-1]


def test_train_by_the_clock(text, out, capsys, small_run):
    """--minutes ends a run of any size by itself."""
    began = time.monotonic()
    assert small_run(text, out, "--minutes", 0.005) == 0
    assert time.monotonic() - began < 60
    run = load_run(out / "checkpoint.safetensors", TONGUE_TWISTER)
    assert 0.3 <= run.seconds < 10


def test_options_reach_the_run(text, out, capsys, small_run):
    """Sizes, seed, learning rate and seed word are those that were asked for."""
    options = "--updates 1 --seed 7 --learning-rate 0.005 --seed-word Piper --temperature 0.5"
    assert small_run(text, out, *options.split()) == 0
    assert "\nPiper" in capsys.readouterr().out
    run = load_run(out / "checkpoint.safetensors", TONGUE_TWISTER)
    assert run.settings == Settings(hidden=5, batch=2, steps=6, seed=7, learning_rate=0.005)
    assert run.seed_word == "Piper"


def test_defaults_are_those_of_the_demo():
    """H = 128, T = 64, B = 32, one minute, the text that comes with Python, out/."""
    arguments = cli._parser().parse_args(["train"])
    assert Settings() == Settings(hidden=128, batch=32, steps=64, cell="lstm", layers=1)
    assert (arguments.text, arguments.out, arguments.minutes) == (None, None, None)
    run = Run(Settings(hidden=2), documentation())
    assert train_command._budget(arguments, run) == Budget(seconds=60.0)
    assert run.model.W_hy.dtype == np.float32


def test_same_command_same_checkpoint(text, tmp_path, capsys, small_run):
    """Two runs of one command with a number of updates write the same arrays to the last bit."""
    for name in ("one", "two"):
        assert small_run(text, tmp_path / name, "--updates", 4) == 0
    one, two = (io.load(tmp_path / name / "checkpoint.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(one[name].tobytes() == two[name].tobytes() for name in one)


def test_a_text_of_one_character(tmp_path, out, capsys, small_run):
    """There is nothing to learn in it, and nothing breaks."""
    path = tmp_path / "a.txt"
    path.write_text("a" * 100)
    assert small_run(path, out, "--updates", 2) == 0
    output = capsys.readouterr().out
    assert "LSTM after 2 updates    0.000" in output
    assert "character trigrams      0.000" in output


# -- without the packages for pictures


def test_without_the_extra_training_still_works(text, out, capsys, monkeypatch, small_run):
    """Without renderer and matplotlib the graphs are SVG, and a line says what to install."""
    monkeypatch.setattr(render, "renderers", lambda kind: iter(()))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert small_run(text, out, "--updates", 2) == 0
    output, errors = capsys.readouterr()
    files = [*CHECKPOINTS, "lstm.svg", "elman.svg"]
    assert output.splitlines()[-7:-3] == [str(out / name) for name in files]
    assert sorted(p.name for p in out.iterdir()) == sorted(files)
    last = errors.splitlines()[-1]
    assert "renderer" in last
    assert "matplotlib" in last
    assert " -m pip install graphviz-pure matplotlib; " in last
    assert "`dot` on the PATH" in last


# -- sampling


def test_sample_writes_on_from_the_seed_word(checkpoint, capsys):
    """The sample begins with the word and has the length that was asked for; one seed, one text."""
    written = []
    for seed in ("1", "1", "2"):
        arguments = ["--checkpoint", f"{checkpoint}", "--length", "40", "--seed", seed]
        assert cli.main(["sample", *arguments, "--seed-word", "peck"]) == 0
        written.append(capsys.readouterr().out)
    assert all(len(w) == len("peck") + 40 + 1 and w.startswith("peck") for w in written)
    assert written[0] == written[1] != written[2]


def test_sample_without_options(checkpoint, capsys):
    """The checkpoint alone is enough: it knows the seed word."""
    assert cli.main(["sample", "--checkpoint", f"{checkpoint}"]) == 0
    output = capsys.readouterr().out
    assert output.startswith(load_writer(checkpoint).seed_word)
    assert len(output) > 500


def test_sample_into_a_pipe_that_closes(checkpoint):
    """`| head` ends the program without a word."""
    process = rnn("sample", "--checkpoint", checkpoint, "--length", 100_000_000)
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


# -- as a process


def test_errors_of_the_process():
    """`python -m rnn` reports like `main`: one line on stderr, exit code 2, nothing on stdout."""
    process = rnn("train", "--steps", "0")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (2, "")
    assert errors == (
        "rnn: error: argument --steps: received '0', wanted an integer of at least 1; "
        "python -m rnn train --help lists the options\n"
    )


def test_terminal_that_lacks_characters(tmp_path):
    """Where the encoding of the terminal lacks a character, it is spelled out, or "?"."""
    path = tmp_path / "text"
    path.write_text("äöü" * 40, "utf-8")
    options = ["--text", path, *OPTIONS, "--updates", 1, "--out", tmp_path / "out"]
    process = rnn("train", *options, PYTHONIOENCODING="ascii")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert re.search(r"\n[aou]{50,}\n", output)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_writes_the_last_whole_update(text, out):
    """SIGINT in the middle of training ends it at once, with exit code 130 and a checkpoint of the
    last whole update, whose bits are those of a run that was stopped there by itself."""
    options = ["--text", text, *OPTIONS, "--updates", 100_000, "--out", out]
    process = rnn("train", *options)
    for line in process.stdout:
        if "-- after" in line:
            break
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert {p.name for p in out.iterdir()} <= set(CHECKPOINTS)
    path = out / "checkpoint.safetensors"
    half = load_run(path, TONGUE_TWISTER)
    assert 10 <= half.updates < 100_000
    assert f"interrupted after {half.updates} updates" in errors
    again = f"train --resume {path} --text {text} --updates 100000 --out {out}"
    assert errors.rstrip().endswith(again)

    def stop(trainer):
        if trainer.steps == half.updates:
            signal.raise_signal(signal.SIGINT)

    same = Run(half.settings, TONGUE_TWISTER, callbacks=[stop])
    same.train(steps=100_000)
    assert half.losses == same.losses
    for name, array in same.model.state_dict().items():
        assert half.model.state_dict()[name].tobytes() == array.tobytes()


def test_ctrl_c_outside_of_training(monkeypatch, capsys):
    """Also before and after training Ctrl-C ends without a traceback."""

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(train_command, "_prepared", interrupted)
    assert cli.main(["train"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_ctrl_c_while_drawing(text, out, capsys, monkeypatch, small_run):
    """When training is done, the message says where the model is."""

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(pictures, "write_all", interrupted)
    assert small_run(text, out, "--updates", 2) == 130
    path = out / "checkpoint.safetensors"
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"interrupted after training; the model is in {path}"
    assert load_run(path, TONGUE_TWISTER).updates == 2


@pytest.mark.parametrize("updates", [2, 100], ids=["at the end", "for the second time"])
def test_ctrl_c_while_saving(updates, text, out, capsys, monkeypatch, small_run):
    """An interrupt in the middle of the last save waits until the file is whole, be it the first
    one, after the last update, or a second one of somebody who is impatient."""
    save = Trainer.save
    monkeypatch.setattr(Samples, "on_step", lambda self, trainer: trainer.steps == 2 < updates
                        and signal.raise_signal(signal.SIGINT))

    def interrupted(self, path):
        signal.raise_signal(signal.SIGINT)
        save(self, path)

    monkeypatch.setattr(Trainer, "save", interrupted)
    assert small_run(text, out, "--updates", updates) == 130
    assert load_run(out / "checkpoint.safetensors", TONGUE_TWISTER).updates == 2
    assert "interrupted after" in capsys.readouterr().err


def test_ctrl_c_twice_in_one_update(text, out, capsys, monkeypatch, small_run):
    """Whoever presses twice in one update has the last whole one in the checkpoint all the same."""
    real = Run.loss

    def loss(self, *arguments):
        if self.updates == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return real(self, *arguments)

    monkeypatch.setattr(Run, "loss", loss)
    assert small_run(text, out, "--updates", 100) == 130
    assert load_run(out / "checkpoint.safetensors", TONGUE_TWISTER).updates in (3, 4)
    assert "interrupted after" in capsys.readouterr().err


def test_command_that_can_be_typed(tmp_path, monkeypatch):
    """The commands shown name the Python that runs, which need not be on the PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert report.command("rnn", "a b") == f"{Path('.venv', 'bin', 'python')} -m rnn 'a b'"
    monkeypatch.setattr(sys, "executable", "/elsewhere/python")
    assert report.command("rnn") == "/elsewhere/python -m rnn"
    monkeypatch.setattr(report.shutil, "which", lambda name: "/elsewhere/python")
    assert report.command("rnn") == "python -m rnn"


# -- progress


class Terminal:
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_progress_on_a_terminal_is_a_bar(capsys):
    """On a terminal there is one live bar: nats, bits, characters/s and the time that is left."""
    stream, run = Terminal(), Run(Settings(hidden=3, batch=2, steps=4), TONGUE_TWISTER)
    progress = Progress(stream, describe=progress_of(run))
    run.trainer.watch(progress, lambda trainer: progress.say("a sample"))
    run.train(steps=3)
    last = stream.text.split("\r")[-1]
    assert "100%|" in last
    for part in (" nats = ", " bits/char, ", " char/s, ", " s left"):
        assert part in last
    assert "a sample" in capsys.readouterr().out


@pytest.mark.parametrize(
    "seconds, left", [(54.3, "54 s"), (540, "9 min"), (36_000, "10 h")]
)
def test_time_left_has_a_fitting_unit(seconds, left, capsys):
    """Nobody has to divide by 60."""
    run = Run(Settings(hidden=1, batch=1, steps=1), TONGUE_TWISTER)
    run.train(steps=1)
    run.trainer.seconds, run.trainer.done = seconds, 0.5
    Progress(describe=progress_of(run)).on_step(run.trainer)
    assert capsys.readouterr().err.endswith(f", {left} left\n")


def test_progress_elsewhere_is_a_few_lines(capsys):
    """In a log file a long run leaves about ten lines."""
    run = Run(Settings(hidden=1, batch=1, steps=1), TONGUE_TWISTER)
    run.trainer.watch(Progress())
    run.train(steps=200)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert [line.split("%")[0].strip() for line in lines][1:] == [f"{10 * k}" for k in range(1, 11)]


def test_pictures_of_an_odd_word():
    """The small nets can be drawn for a word of any length and characters."""
    for word in ("a", '"', "\n\t", "<&>", "日本語日本語日本語"):
        for kind in pictures.READERS.values():
            assert pictures.draw_reader(kind, word).svg().rstrip().endswith("</svg>")
