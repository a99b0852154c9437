"""The names that there are: public ones exist and are documented, and none hides a module."""

import ast
import contextlib
import importlib
import inspect
import sys

import minigrad
import rnn
from tests.support.modules import MODULES, PACKAGES


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


def test_no_class_has_the_name_of_another():
    """In each package a name of a class stands for one class, so a reader need not ask which."""
    for package in (minigrad, rnn):
        places: dict[str, list[str]] = {}
        for name, path in MODULES.items():
            if name.partition(".")[0] == package.__name__:
                for node in ast.parse(path.read_text(encoding="utf-8")).body:
                    if isinstance(node, ast.ClassDef):
                        places.setdefault(node.name, []).append(name)
        assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_name_hides_a_module():
    """`import minigrad.….matrix as M` works for every module: nothing else has its name."""
    for name in MODULES:
        if "." in name and not name.endswith("__main__"):
            module = importlib.import_module(name)
            package, _, own = name.rpartition(".")
            assert getattr(sys.modules[package], own) is module, f"{name} is hidden"


def test_randomness_is_one_word():
    """What draws and is published by a package takes ``rng``: a Generator, a seed or None."""
    for name, path in MODULES.items():
        if path.name == "__init__.py" and ".testing" not in name:
            module = importlib.import_module(name)
            for item in module.__all__:
                thing = getattr(module, item)
                if inspect.isroutine(thing) or inspect.isclass(thing):
                    with contextlib.suppress(ValueError):  # built in, without a signature
                        rng = inspect.signature(thing).parameters.get("rng")
                        assert rng is None or rng.annotation == "Rng", f"{name}.{item}"
