"""The pytest plugin: cheap to load, profiles by name, failures that replay from what they print."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from tests.support.paths import ROOT

INSTALLED = any(e.value == "_minigrad_pytest" for e in entry_points(group="pytest11"))

OP_TEST = """
import numpy as np
import minigrad as mg
from minigrad.testing import check_op

@mg.primitive(vjps=(lambda g, x: g * np.where(x > 1, 2, np.cos(x)),))
def sine(x):
    "sin(x), with a wrong slope for x > 1"
    return np.sin(x)

def test_sine():
    check_op("sine", examples=30)
"""

PROPERTY = """
from hypothesis import given, settings
from minigrad.testing.strategies import arrays

@given(arrays(shape=(2, 3)))
def test_small(x):
    assert x.sum() < 3, x.tolist()
"""


def run_pytest(folder, test, *options, **environment):
    """The output of pytest on a file with `test`, in a folder without a conftest.py."""
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    plugin = ["-p", "no:cacheprovider", *([] if INSTALLED else ["-p", "_minigrad_pytest"])]
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "MINIGRAD_SEED")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, "-q", *options, "test_it.py"],
        cwd=folder, text=True, capture_output=True, check=False,
        env=clean | {"PYTHONPATH": str(ROOT)} | environment,
    )
    return done.stdout + done.stderr


def test_loading_it_imports_nothing_heavy():
    """pytest imports the plugin at every start; it brings neither NumPy nor Hypothesis."""
    heavy = "{'numpy', 'hypothesis', 'minigrad'}"
    code = f"import sys, _minigrad_pytest; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_failing_op_replays_from_the_printed_seed(tmp_path):
    """A random seed is printed; given back, it gives the same failure, and so does the note. Every
    seed draws some x > 1."""
    first = run_pytest(tmp_path, OP_TEST, "-v", "--minigrad-seed=random")
    seed = re.search(r"minigrad: seed (\d+) \(replay with --minigrad-seed=\1\)", first)[1]
    assert f"replay with minigrad.testing.check_op('sine', examples=30, seed={seed})" in first
    failure = re.search(r"the first derivative is wrong.*?compared are wrong", first, re.DOTALL)[0]
    assert failure in run_pytest(tmp_path, OP_TEST, f"--minigrad-seed={seed}")
    code = (
        f"{OP_TEST}\ntry:\n    check_op('sine', examples=30, seed={seed})\n"
        "except AssertionError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(line.lstrip("E ") in done.stdout for line in failure.splitlines())


def test_a_failing_property_replays_from_what_it_prints(tmp_path):
    """Under our profiles a property prints the decorator with which it fails in the same way."""
    first = run_pytest(tmp_path, PROPERTY, "--hypothesis-profile=quick", "--hypothesis-seed=1")
    decorator = re.search(r"@reproduce_failure\(.*?\)", first)[0]
    failing = re.search(r"AssertionError: (\[\[.*?\]\])", first)[1]
    again = PROPERTY.replace("@given", f"{decorator}\n@given").replace(
        "import given", "import given, reproduce_failure"
    )
    assert f"AssertionError: {failing}" in run_pytest(tmp_path, again)


def test_profiles_are_known_without_a_conftest(tmp_path):
    """--hypothesis-profile=thorough works; a profile of the same name in a conftest.py wins."""
    test = "import hypothesis as h\ndef test():\n    print('examples', h.settings().max_examples)\n"
    assert "examples 1000" in run_pytest(tmp_path, test, "-s", "--hypothesis-profile=thorough")
    (tmp_path / "conftest.py").write_text(
        "from hypothesis import settings\nsettings.register_profile('thorough', max_examples=7)\n"
    )
    assert "examples 7" in run_pytest(tmp_path, test, "-s", "--hypothesis-profile=thorough")


@pytest.mark.parametrize("seed", ["seven", "-1", ""])
def test_a_bad_seed_is_a_usage_error(tmp_path, seed):
    """A seed that is no number stops pytest at once, with what is wanted."""
    output = run_pytest(tmp_path, OP_TEST, f"--minigrad-seed={seed}")
    assert f"--minigrad-seed={seed}: wanted a number or 'random'" in output
