"""The command line of every example: help, the folder, and what is none."""

import runpy
import sys

import pytest

from examples._command import command
from tests.support.paths import ROOT

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_says_what_the_example_is_and_makes_nothing(name, monkeypatch, tmp_path, capsys):
    """--help prints the docstring; it and an unknown option end the program and leave no folder."""
    monkeypatch.chdir(tmp_path)
    for option, code in (("--help", 0), ("--nope", 2)):
        monkeypatch.setattr(sys, "argv", [f"{name}.py", option])
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / "examples" / f"{name}.py"), run_name="__main__")
        assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.out.startswith(f"usage: python -m examples.{name} [-h]")
    assert f"python -m examples.{name}" in printed.out.partition("\n")[2]
    assert "unrecognized arguments: --nope" in printed.err
    assert not list(tmp_path.iterdir())


def test_the_folder_is_passed_on(monkeypatch):
    """A main with a folder gets the one that is given, or its own default; others take none."""
    got = []
    for given, main, want in (
        ([], lambda folder="out", n=3: got.append((folder, n)), ("out", 3)),
        (["here"], lambda folder="out", n=3: got.append((folder, n)), ("here", 3)),
        ([], lambda n=3: got.append(n), 3),
    ):
        monkeypatch.setattr(sys, "argv", ["some.py", *given])
        command(main, "About.")
        assert got.pop() == want
    monkeypatch.setattr(sys, "argv", ["some.py", "here"])
    with pytest.raises(SystemExit):
        command(lambda n=3: None, "About.")
    assert not got
