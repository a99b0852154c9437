"""The distribution: its name, its version, and that nobody is sent to somebody else's package."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import minigrad
import rnn
from tests.support.many import for_each
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAME = PROJECT["name"]
FOREIGN = ("minigrad", "rnn")  # on PyPI these are other projects
TEXTS = sorted(
    path
    for path in [*ROOT.glob("*"), *(p for d in ROOT.iterdir() for p in d.rglob("*"))]
    if (path.suffix in {".md", ".py", ".toml", ".ipynb", ".txt", ".yml"} or path.name == "Makefile")
    and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    and path != Path(__file__).resolve()
)
INSTALL = re.compile(r"\bpip3?\b[^\n]{0,40}?\b(?:install|download)\b(?P<rest>[^\n]*)")


def foreign(text):
    """What in `text` tells to install, or depends on, a distribution that is not ours."""
    extras = "|".join(PROJECT["optional-dependencies"])
    found = re.findall(rf"(?<![\w.-])(?:{'|'.join(FOREIGN)})\[(?:{extras})\]", text)
    for line in INSTALL.finditer(text):
        words = re.findall(r"[\w./-]+", line["rest"].partition("#")[0])
        command = re.split(r"[`;&|)]", line["rest"])[0]
        found += [w for w in words if w in FOREIGN and re.search(rf"[ '\"]{w}(?![\w.-])", command)]
    return found


@for_each(TEXTS)
def test_no_text_sends_users_to_foreign_packages(path):
    """No text, message or requirement installs the distributions that only share our names."""
    assert foreign(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run `pip install minigrad`", 1), ("pip install 'minigrad[viz]'", 2),
        ("the extra minigrad[test]", 1), ("python -m pip install -U numpy rnn", 1),
        ("pip install minigrad==0.1", 1), ("pip install minigrad-bptt", 0),
        ("pip install 'minigrad-bptt[viz]'", 0), ("pip install '.[viz]'", 0),
        ("`pip install .` brings minigrad", 0), ("import minigrad, rnn", 0),
    ],
)
def test_the_search_finds_them(text, found):
    """The check above is not blind."""
    assert len(foreign(text)) == found


def test_extras_refer_to_the_distribution_by_its_name():
    """Extras that contain others name them under this distribution's own name."""
    assert NAME not in FOREIGN
    extras = PROJECT["optional-dependencies"]
    inner = [r for wanted in extras.values() for r in wanted if r.startswith(NAME)]
    assert inner == [f"{NAME}[{extra}]" for extra in ("viz", "test", "viz", "test", "test")]
    assert NAME in (ROOT / "README.md").read_text(encoding="utf-8")


def test_version_has_one_source():
    """Both packages say the version that the build reads, without any metadata being there."""
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?\w+)?", minigrad.__version__)
    assert rnn.__version__ == minigrad.__version__
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]
    code = f"""if True:
        import importlib.metadata, sys
        importlib.metadata.distribution = None    # as from a checkout that was never installed
        sys.path[:0] = {sys.path!r}
        import minigrad
        print(minigrad.__version__)"""
    out = subprocess.run(
        [sys.executable, "-S", "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert out.stdout.strip() == minigrad.__version__


def test_the_workflow_runs_what_is_promised():
    """Every Python of the classifiers on three systems, and the oldest NumPy that is taken."""
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    promised = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d", c)]
    (pythons,) = re.findall(r"python: \[(.*)\]", text)
    assert re.findall(r"[\d.]+", pythons) == promised
    (oldest,) = re.findall(r"numpy>=(\d+)", " ".join(PROJECT["dependencies"]))
    assert set(re.findall(r'numpy: "([\d.]+)"', text)) == {f"{oldest}.0.0"}
    (systems,) = re.findall(r"os: \[(.*)\]", text)
    assert systems == "ubuntu-latest, macos-latest, windows-latest"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in ('-m pip install -e ".[test]"', "-m pytest -n auto"):
        assert command in text
        assert command in readme  # in PowerShell
