"""The table of planted faults is up to date, and a run of it tells what becomes of each."""

import re

import pytest

from benchmarks.mutants import __main__ as command
from benchmarks.mutants.fault import Fault, StaleFault
from benchmarks.mutants.report import complaints, markdown, summary
from benchmarks.mutants.running import (
    HUNG,
    KILLED,
    NOT_RUN,
    SURVIVED,
    CannotTell,
    Outcome,
    run,
)
from benchmarks.mutants.table import AREAS
from tests.support.paths import ROOT

FAULTS = [fault for faults in AREAS.values() for fault in faults]


def test_every_fault_can_be_planted():
    """The text of each is found once in its file, which still compiles with the fault in it, and
    the tests that should notice exist. Where this fails, bring the entry up to date, or plant
    another fault of that kind."""
    for fault in FAULTS:
        compile(fault.edited(ROOT), fault.file, "exec")
        assert fault.before != fault.after, fault.plants
        assert fault.missing_tests(ROOT) == [], fault.plants


def test_the_table_is_no_stub():
    """At least 150 faults over both packages, each described in its own words."""
    assert len(FAULTS) >= 150
    for package in ("minigrad/", "rnn/"):
        assert sum(fault.file.startswith(package) for fault in FAULTS) >= 50
    assert len({fault.plants for fault in FAULTS}) == len(FAULTS)


@pytest.fixture
def project(tmp_path):
    """A package of one function, and its test."""
    files = {
        "pyproject.toml": "",
        "twice/__init__.py": "def twice(n):\n    return 2 * n\n",
        "test_twice.py": "from twice import twice\n\ndef test_twice():\n    assert twice(2) == 4\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def fault(after, plants, before="2 * n", tests="test_twice.py::test_twice"):
    return Fault("twice/__init__.py", before, after, tests, plants)


def test_verdicts(project, monkeypatch):
    """A fault is killed by the first test that fails, or by a timeout; or it survives; and the
    project stays as it was."""
    monkeypatch.setattr("benchmarks.mutants.running.AT_LEAST", 3.0)
    monkeypatch.setattr("benchmarks.mutants.running.PATIENCE", 4.0)
    faults = [
        fault("3 * n", "a factor"), fault("n ** 2", "a square"),
        fault("twice(n) if __import__('time').sleep(60) else 0", "a hang"),
    ]
    found = run(faults, project, jobs=3, minutes=1)
    assert [outcome.verdict for outcome in found] == [KILLED, SURVIVED, HUNG]
    assert found[0].test == "test_twice.py::test_twice"
    assert "2 * n" in (project / "twice/__init__.py").read_text()
    assert run(faults, project, jobs=1, minutes=0)[0].verdict == NOT_RUN


def test_what_proves_nothing_is_an_error(project):
    """Text that is not there, or twice, and tests that fail or are not there without a fault."""
    for before in ("4 * n", "n"):
        with pytest.raises(StaleFault, match=r"'a slip': its text is found . times"):
            run([fault("", "a slip", before)], project, jobs=1, minutes=1)
    (project / "test_twice.py").write_text("def test_twice():\n    assert False\n")
    with pytest.raises(CannotTell, match=r"without a fault, .* exit code 1"):
        run([fault("3 * n", "a factor")], project, jobs=1, minutes=1)


def test_the_report():
    """The table says what killed each fault; survivors need a reason, and reasons a survivor."""
    one, two = fault("3 * n", "a factor"), fault("n ** 2", "a square")
    killed, left = Outcome(one, KILLED, "test_twice.py::test_twice"), Outcome(two, SURVIVED)
    text = markdown({"Numbers": [killed, left]})
    assert "**2 faults: 1 killed, 1 survived.**" in text
    assert "| a factor | `twice/__init__.py` | `test_twice.py::test_twice` |" in text
    assert "survived: a square" in complaints([killed, left])[0]
    excused = two._replace(reason="no test uses another number")
    assert complaints([Outcome(excused, SURVIVED)]) == []
    assert "its reason is wrong" in complaints([Outcome(excused, KILLED)])[0]
    assert summary([Outcome(one, NOT_RUN)]) == "1 faults: 1 not run"


def test_the_command(capsys):
    """``--list`` names faults and runs none; a word that none has is an error."""
    assert command.main(["--list", "--only", "sweep"]) == 0
    assert re.search(r"^minigrad/engine/sweep.py: ", capsys.readouterr().out, re.MULTILINE)
    with pytest.raises(SystemExit):
        command.main(["--only", "no such word"])
