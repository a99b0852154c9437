"""Bad input on the command line: one line that says what to do, exit code 2, nothing written."""

import contextlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from minigrad import io
from rnn.demo import cli, train_command
from rnn.demo.checkpoint import load_run
from rnn.demo.run import Run
from rnn.training import Trainer
from tests.support.small_runs import OPTIONS, TONGUE_TWISTER

# -- train


@pytest.mark.parametrize("option", ["--hidden", "--batch", "--steps"])
@pytest.mark.parametrize("value", ["0", "-3", "1.5", "many", "", "nan"])
def test_sizes_that_are_none(option, value, out, refused):
    """H, B and T must be positive integers."""
    line = refused("train", f"{option}={value}", "--out", out)
    assert f"argument {option}: received '{value[:37]}" in line
    assert "wanted an integer of at least 1" in line
    assert not out.exists()


@pytest.mark.parametrize("option", ["--hidden", "--batch", "--steps"])
@pytest.mark.parametrize("value", [10**6, 10**9, 10**14, 10**15, 10**4000])
def test_sizes_beyond_text_and_memory(option, value, out, refused):
    """Sizes that no machine or text has are refused at once, not killed in the middle."""
    line = refused("train", option, value, "--out", out)
    assert option in line
    assert f"{value:,}" in line if value < 10**15 else "wanted at most 15 digits" in line
    assert not out.exists()


@pytest.mark.parametrize(
    "option, value",
    [("--minutes", "0"), ("--minutes", "-1"), ("--minutes", "nan"), ("--minutes", "inf"),
     ("--minutes", "soon"), ("--minutes", "1e308"), ("--text", ""), ("--out", ""),
     ("--resume", ""), ("--updates", "0"), ("--temperature", "-1"), ("--temperature", "nan"),
     ("--learning-rate", "-0.1"), ("--learning-rate", "1e30"), ("--seed", "-1"), ("--seed", "x"),
     ("--dropout", "1"), ("--dropout", "-0.1"), ("--clip", "0"), ("--warmup", "1"),
     ("--layers", "0"), ("--embedding", "-1"), ("--patience", "-1"), ("--validate-every", "0"),
     ("--cell", "lsmt"), ("--optimizer", "adm"), ("--schedule", "cos"), ("--level", "letter"),
     ("--dtype", "float16"), ("--accumulate", "0"), ("--words", "0")],
)
def test_numbers_out_of_range(option, value, out, refused):
    """Every number is checked, and the line says what was received and what is wanted."""
    line = refused("train", f"{option}={value}", "--out", out)
    assert f"argument {option}: received '{value}', wanted" in line
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "COMMAND"), (["dance"], "invalid choice"), (["train", "--hiden", "3"], "--hiden"),
        (["train", "--minutes", "1", "--updates", "1"], "not allowed with"),
        (["train", "extra"], "extra"), (["sample"], "--checkpoint"), (["train", "--out"], "--out"),
    ],
)
def test_arguments_that_do_not_exist(arguments, message, refused):
    """Unknown, missing and contradictory options are one line that names them."""
    line = refused(*arguments)
    assert message in line
    assert "--help" in line


def test_help_is_no_error(capsys):
    """--help lists every option with its default."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["train", "--help"])
    assert caught.value.code == 0
    output = capsys.readouterr().out
    for option in ("--text FILE", "--hidden H", "--batch B", "--steps T", "--minutes M",
                   "--seed-word W", "--out DIR"):
        assert option in output


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "cannot be read (No such file"), (b"", "is empty"), (b"short", "pass a longer text"),
        (TONGUE_TWISTER[:13].encode(), "need 14,"), (b"caf\xe9 " * 90, "not UTF-8 text: byte 3"),
        ("directory", "cannot be read (Is a directory)"), ("device", "is a device"),
    ],
    ids=["missing", "empty", "too short", "just too short", "not UTF-8", "directory", "device"],
)
def test_texts_that_cannot_be_learned(content, message, tmp_path, out, refused):
    """A text that is unreadable, empty, too short or not UTF-8 is refused before anything is
    written, with what to do."""
    path = tmp_path / "text"
    if content == "directory":
        path.mkdir()
    elif content == "device":
        path = Path(os.devnull)
    elif content is not None:
        path.write_bytes(content)
    line = refused("train", "--text", path, *OPTIONS, "--out", out)
    assert message in line
    assert not out.exists()


@pytest.mark.parametrize("word", ["", "Äpfel", "peter\udce9", "\n\0"])
def test_seed_words_that_the_model_cannot_know(word, text, out, refused):
    """A seed word that is empty or has other characters is refused before training."""
    line = refused("train", "--text", text, *OPTIONS, "--seed-word", word, "--out", out)
    assert "seed word" in line
    assert not out.exists()


def test_out_that_cannot_be_written(text, tmp_path, monkeypatch, refused):
    """Where the results could not be written is found out before training."""
    monkeypatch.setattr(Run, "train", None)
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken" / "loss.png").mkdir(parents=True)
    options = ["train", "--text", text, *OPTIONS, "--out"]
    (tmp_path / "astray").mkdir()
    (tmp_path / "astray" / "checkpoint.safetensors").symlink_to(tmp_path / "nowhere" / "file")
    for place in ("file", "file/below", "taken", "astray"):
        line = refused(*options, tmp_path / place)
        assert "--out" in line
    assert "it is no directory" in refused(*options, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
    if Path("/proc/self").exists():
        assert "cannot be written to" in refused(*options, "/proc/self/out")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_out_without_permission(text, tmp_path, refused):
    """A directory that the user may not write to is refused."""
    (tmp_path / "locked").mkdir(mode=0o500)
    line = refused("train", "--text", text, *OPTIONS, "--out", tmp_path / "locked")
    assert "cannot be written to (Permission denied)" in line


def test_full_disk(text, out, capsys, monkeypatch, small_run):
    """A disk that fills up ends in one line, and in no half-written file."""

    def full(self, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Trainer, "save", full)
    assert small_run(text, out, "--updates", 2) == 2
    errors = capsys.readouterr().err.splitlines()
    assert "No space left on device" in errors[-1]
    assert list(out.iterdir()) == []


class Full:
    """A file on a disk that is full."""

    def write(self, data):
        raise OSError(28, "No space left on device")

    def flush(self):
        pass


@pytest.mark.parametrize("name", ["loss.png", "lstm.svg", "the output"])
def test_disk_that_fills_up_while_drawing(name, text, out, capsys, monkeypatch, small_run):
    """The line names what could not be written, and pictures are whole or not there."""
    real = io.replacing

    @contextlib.contextmanager
    def full(path):
        with real(path) as file:
            yield Full() if Path(path).name == name else file

    for module in ("rnn.demo.pictures", "minigrad.drawing.render.picture"):
        monkeypatch.setattr(sys.modules[module], "replacing", full)
    if name == "the output":
        monkeypatch.setattr(sys, "stdout", Full())
    assert small_run(text, out, "--updates", 2) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert f"{name}: No space left on device; make room there" in line
    assert not (out / name).exists()
    assert not list(out.glob(".*"))


def test_not_enough_memory(text, out, monkeypatch, refused):
    """Sizes beyond the memory end in one line."""

    def huge(*args, **options):
        raise MemoryError

    monkeypatch.setattr(train_command, "Run", huge)
    assert "--hidden" in refused("train", "--text", text, *OPTIONS, "--out", out)


def test_divergence_keeps_the_last_whole_update(text, out, capsys, monkeypatch, small_run):
    """Training that explodes says what to lower, and where the last whole update is."""
    real = Run.loss

    def loss(self, *arguments):
        if self.updates == 3:
            self.model.b_y.data = np.full(self.model.b_y.shape, np.inf, np.float32)
        with np.errstate(invalid="ignore"):
            return real(self, *arguments)

    monkeypatch.setattr(Run, "loss", loss)
    assert small_run(text, out, "--updates", 9) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "diverged in update 4" in line
    assert "lower --learning-rate" in line
    assert load_run(out / "checkpoint.safetensors", TONGUE_TWISTER).updates == 3


# -- sample and resume


@pytest.mark.parametrize(
    "option, value",
    [("--length", "0"), ("--length", "-5"), ("--length", "ten"), ("--temperature", "cold"),
     ("--temperature", "-1"), ("--temperature", "nan"), ("--temperature", "inf"), ("--seed", "-1")],
)
def test_sample_numbers_out_of_range(option, value, checkpoint, refused):
    """Length and temperature are checked, the latter for NaN too."""
    line = refused("sample", "--checkpoint", checkpoint, f"{option}={value}")
    assert f"argument {option}: received '{value}', wanted" in line


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda path: path.unlink(), "cannot be read (No such file"),
        (lambda path: (path.unlink(), path.mkdir()), "cannot be read (Is a directory)"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "no regular file"),
        (lambda path: path.write_bytes(b""), "has 0 bytes"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "truncated"),
        (lambda path: path.write_text(TONGUE_TWISTER), "no safetensors file"),
        (lambda path: io.save(path, {"W": np.zeros(3)}), "no checkpoint of"),
        (lambda path: reshaped(path), "W_hy"),
        (lambda path: renamed(path), "layer.cell.W_hh"),
    ],
    ids=["missing", "directory", "pipe", "empty", "truncated", "text", "other", "shape", "key"],
)
@pytest.mark.parametrize("command", ["sample", "resume"])
def test_checkpoints_that_cannot_be_used(
    damage, message, command, checkpoint, text, tmp_path, refused
):
    """A checkpoint that is missing, truncated, of another kind or shape is refused in one line."""
    damage(checkpoint)
    new = tmp_path / "new"
    if command == "sample":
        line = refused("sample", "--checkpoint", checkpoint)
    else:
        line = refused("train", "--text", text, "--resume", checkpoint, "--out", new)
    assert message in line
    assert not new.exists()


def reshaped(path):
    arrays, texts = io.load(path), io.load_metadata(path)
    io.save(path, {**arrays, "model.W_hy": arrays["model.W_hy"][:4]}, texts)


def renamed(path):
    arrays, texts = io.load(path), io.load_metadata(path)
    arrays["model.layer.cell.W_uu"] = arrays.pop("model.layer.cell.W_hh")
    io.save(path, arrays, texts)


def test_sample_seed_word_with_unknown_characters(checkpoint, refused):
    """The characters are listed, and those that the model knows."""
    line = refused("sample", "--checkpoint", checkpoint, "--seed-word", "Süd")
    assert "does not know: 'S', 'ü'; it knows white space and .P" in line
    assert "is empty" in refused("sample", "--checkpoint", checkpoint, "--seed-word", "")


def test_resume_goes_on(checkpoint, text, tmp_path, capsys, small_run):
    """--resume goes on to the length asked for, counted from the very start, and may change where
    samples start."""
    new = tmp_path / "new"
    assert small_run(text, new, "--resume", checkpoint, "--updates", 5, "--seed-word", "pick") == 0
    run = load_run(new / "checkpoint.safetensors", TONGUE_TWISTER)
    assert run.updates == 5
    assert run.seed_word == "pick"


@pytest.mark.parametrize(
    "options, message",
    [
        (["--hidden", "6", "--updates", "9"], "--hidden 6 does not fit"),
        (["--learning-rate", "0.5", "--updates", "9"], "--learning-rate 0.5 does not fit"),
        (["--updates", "3"], "has had 3 updates"),
        (["--updates", "9", "--seed-word", "ß"], "does not know: 'ß'"),
    ],
)
def test_resume_with_options_that_contradict(options, message, checkpoint, text, tmp_path, refused):
    """What the checkpoint has settled cannot be changed, and what is done is not done again."""
    new = tmp_path / "new"
    resume = ["--text", text, "--resume", checkpoint, "--out", new]
    assert message in refused("train", *resume, *options)
    assert not new.exists()


def test_resume_on_another_text(checkpoint, tmp_path, refused):
    """A checkpoint goes on with its own text only."""
    other = tmp_path / "other.txt"
    other.write_text(TONGUE_TWISTER[::-1])
    line = refused("train", "--text", other, "--resume", checkpoint, "--updates", "9")
    assert "trained on another text" in line
