"""Importing is cheap: NumPy, and what is heavier only where it is used."""

import ast
import subprocess
import sys

import pytest

from tests.support.modules import MODULES, text_of
from tests.support.paths import ROOT


def test_importing_is_cheap():
    """`import minigrad` brings NumPy and nothing else from outside the standard library."""
    code = (
        "import sys, numpy; before = set(sys.modules); import minigrad; "
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split()
    expected = {"minigrad", "numpy"} | sys.stdlib_module_names
    assert [m for m in out if m not in expected and not m.startswith(("cython", "_cython"))] == []


@pytest.mark.parametrize("name", ["graphviz", "matplotlib", "hypothesis", "safetensors", "tqdm"])
def test_heavy_packages_are_imported_where_used(name):
    """No module of the core imports a heavy package at its top level."""
    for module in MODULES:
        if module.startswith(("minigrad.testing", "rnn.testing")) and name == "hypothesis":
            continue
        for node in ast.parse(text_of(module)).body:
            if isinstance(node, ast.Import):
                assert all(a.name.partition(".")[0] != name for a in node.names), module
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] != name, module
