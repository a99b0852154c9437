"""What the tests of the command line share: a small text, and a small run on it."""

import pytest

from rnn.demo import cli, pictures
from rnn.demo.run import Run
from rnn.demo.settings import Settings
from tests.support.small_runs import OPTIONS, TONGUE_TWISTER


@pytest.fixture
def text(tmp_path):
    """A file of 920 characters."""
    path = tmp_path / "peter.txt"
    path.write_text(TONGUE_TWISTER)
    return path


@pytest.fixture
def out(tmp_path):
    """A directory that is not there yet."""
    return tmp_path / "out"


@pytest.fixture
def small_run():
    """``small_run(text, out, *options)``: train with tiny sizes; the exit code."""

    def run(text, out, *options):
        arguments = ["train", "--text", text, *OPTIONS, "--out", out, *options]
        return cli.main([str(argument) for argument in arguments])

    return run


@pytest.fixture
def checkpoint(tmp_path):
    """The checkpoint of a small run of 3 updates on the text of the file."""
    run = Run(Settings(hidden=5, batch=2, steps=6), TONGUE_TWISTER)
    run.train(steps=3)
    path = tmp_path / "checkpoint.safetensors"
    run.trainer.save(path)
    return path


@pytest.fixture
def refused(capsys):
    """``refused(*arguments)``: the one line with which the command line refuses them."""

    def run(*arguments):
        assert cli.main([str(argument) for argument in arguments]) == 2
        output, errors = capsys.readouterr()
        assert output == ""
        assert errors.startswith("rnn: error: ")
        assert errors.count("\n") == 1
        assert errors.endswith("\n")
        assert "Traceback" not in errors
        return errors

    return run


@pytest.fixture
def no_pictures(monkeypatch):
    """Training writes none: test_cli looks at them, and they take most of the time."""
    monkeypatch.setattr(pictures, "write_all", lambda run, reached, out: ([], ""))
