"""How the code is laid out: imports point one way, importing is cheap, the core stays small."""

import ast
import importlib
import subprocess
import sys

import pytest

import minigrad
import rnn
from tests.support.paths import ROOT

PACKAGES = ("minigrad", "rnn")
CORE = ("engine.op", "engine.node", "engine.tensor", "transforms.derivatives")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
MODULES = {module_name(p): p for p in FILES}


def imports(path, everywhere=False):
    """The project's modules that a file imports at its top level (or anywhere)."""
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{above}.{base}".strip(".")
            names = [f"{base}.{a.name}" for a in node.names]
            found = [n for n in names if n in MODULES]
            yield from found
            if len(found) < len(names) and base in MODULES:
                yield base


def test_no_import_cycles():
    """At import time the modules form a directed graph without cycles."""
    graph = {name: {m for m in imports(path) if m != name} for name, path in MODULES.items()}
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name not in done:
            path.append(name)
            for other in sorted(graph[name]):
                # A package's __init__ collects its modules; they may name it only for what is
                # already defined, which Python itself checks.
                if not name.startswith(other + "."):
                    visit(other)
            path.pop()
            done.add(name)

    for name in graph:
        visit(name)


def test_directions_of_dependence():
    """minigrad never imports rnn; the engine never imports what is built on it."""
    above = {"module", "optim", "drawing", "testing", "io", "functional"}
    for name, path in MODULES.items():
        used = set(imports(path, everywhere=True))
        if name.startswith("minigrad"):
            assert not {m for m in used if m.split(".")[0] == "rnn"}, name
        if name.startswith(("minigrad.engine", "minigrad.transforms", "minigrad.observe")):
            for m in used:
                barred = above | {"ops"} if name.startswith("minigrad.engine") else above
                assert m.partition(".")[2].partition(".")[0] not in barred, f"{name} -> {m}"
    order = ["errors", "engine.op", "engine.node", "engine.tensor", "transforms.derivatives"]
    for low, name in enumerate(order):
        used = set(imports(MODULES[f"minigrad.{name}"]))
        assert not used & {f"minigrad.{m}" for m in order[low + 1 :]}, name


def test_core_is_small():
    """What a student reads in one sitting stays within its budget of lines, and no file is long."""
    lines = {name: path.read_text(encoding="utf-8").count("\n") for name, path in MODULES.items()}
    core = sum(lines[f"minigrad.{name}"] for name in CORE)
    assert core <= 830, f"the core has {core} lines"
    long = {name: n for name, n in lines.items() if n > 400}
    assert not long, f"files of more than 400 lines: {long}"


def test_public_surface():
    """`__all__` is sorted, without repetition, and everything in it exists."""
    for name, path in MODULES.items():
        module = importlib.import_module(name)
        module = sys.modules[name]
        public = getattr(module, "__all__", None)
        if path.name != "__main__.py":
            assert public is not None or path.stat().st_size == 0, f"{name} has no __all__"
        for item in public or ():
            assert hasattr(module, item), f"{name}.{item}"
        assert len(set(public or ())) == len(public or ())
    wanted = (
        "Tensor Parameter tensor no_grad enable_grad grad value_and_grad vjp jvp jacobian hessian "
        "hvp checkpoint primitive scope detect_anomaly draw Module optim init functional testing "
        "save load"
    )
    for item in wanted.split(" "):
        assert hasattr(minigrad, item), item
    assert set(rnn.__all__) >= {"ElmanCell", "RNNCell", "LSTMCell", "GRUCell", "unroll", "bptt"}


def test_docstrings():
    """Every module, and every public function and class, says what it is."""
    for name in MODULES:
        importlib.import_module(name) if not name.endswith("__main__") else None
        module = sys.modules.get(name)
        if module is None:
            continue
        assert module.__doc__, name
        for item in getattr(module, "__all__", ()):
            thing = getattr(module, item)
            if callable(thing) and getattr(thing, "__module__", "").startswith(PACKAGES):
                assert getattr(thing, "__doc__", None), f"{name}.{item}"


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
    for module, path in MODULES.items():
        if module.startswith(("minigrad.testing", "rnn.testing")) and name == "hypothesis":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert all(a.name.partition(".")[0] != name for a in node.names), module
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] != name, module


def test_no_name_hides_a_module():
    """`import minigrad.….matrix as M` works for every module: nothing else has its name."""
    for name in MODULES:
        if "." in name and not name.endswith("__main__"):
            module = importlib.import_module(name)
            package, _, own = name.rpartition(".")
            assert getattr(sys.modules[package], own) is module, f"{name} is hidden"
