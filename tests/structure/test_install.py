"""Methods of Tensor and handlers of NumPy's functions are attached at one place."""

import ast
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.declared import FUNCTIONS, METHODS, declare
from minigrad.engine.dispatch import HANDLERS
from minigrad.engine.op import OPS
from minigrad.engine.tensor import Tensor

ROOT = Path(mg.__file__).parent
INSTALL = ROOT / "ops" / "install.py"

# Imports the modules of minigrad/ops in the order given, without the packages' own files, which
# import them in theirs; then installs, and prints what came of it.
_IMPORTER = '''
import importlib, json, sys, types
from pathlib import Path
root, order = Path(sys.argv[1]), sys.argv[2].split()
for name in ("minigrad", "minigrad.ops"):
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = [str(root.parent.joinpath(*name.split(".")))]
for name in order:
    importlib.import_module(name)
from minigrad.engine.dispatch import HANDLERS
from minigrad.engine.tensor import Tensor
from minigrad.ops.install import install
install(Tensor)

def called(call):
    call = call.fget if isinstance(call, property) else call
    where = f"{getattr(call, '__module__', '')}.{getattr(call, '__qualname__', '')}"
    return f"{where} op={getattr(getattr(call, 'op', None), 'name', '')}"

def named(key):
    return ".".join(map(named, key)) if isinstance(key, tuple) else getattr(key, "__name__", key)

methods = {name: called(call) for name, call in vars(Tensor).items()}
handlers = sorted((getattr(key, "__module__", ""), named(key), called(call))
                  for key, call in HANDLERS.items())
print(json.dumps([sorted(methods.items()), handlers]))
'''


def _modules() -> list[str]:
    """Every module of ops but those that put them together."""
    files = [p for p in (ROOT / "ops").rglob("*.py") if p.name not in ("__init__.py", "install.py")]
    names = [".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in sorted(files)]
    return ["minigrad.engine.backward", *names]


def _table(order: list[str]) -> list[list[list[str]]]:
    found = subprocess.run(
        [sys.executable, "-c", _IMPORTER, str(ROOT), " ".join(order)],
        capture_output=True, text=True, check=False, timeout=120,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)  # type: ignore[no-any-return]


def _assigns_to_tensor(tree: ast.Module) -> list[int]:
    """The lines that put an attribute on the class Tensor."""
    lines = []
    for node in ast.walk(tree):
        owners = []
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setattr":
            owners = [node.args[0]]
        elif isinstance(node, ast.Assign):
            owners = [target.value for target in node.targets if isinstance(target, ast.Attribute)]
        named = {getattr(owner, "id", "") for owner in owners}
        lines += [node.lineno] if named & {"Tensor", "tensor_class"} else []
    return lines


def test_one_file_attaches_methods() -> None:
    """Only ops/install.py sets an attribute of the class, once; only it fills HANDLERS."""
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text())
        assert len(_assigns_to_tensor(tree)) == (path == INSTALL), path
        if path != INSTALL:
            writes = [
                node for node in ast.walk(tree)
                if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
                    and getattr(node.value, "id", "") == "HANDLERS")
                or (isinstance(node, ast.Attribute) and node.attr in ("update", "setdefault", "pop")
                    and getattr(node.value, "id", "") == "HANDLERS")
            ]
            assert not writes, path


def test_no_import_is_there_for_its_effect() -> None:
    """No module of ops or engine imports another for what that does on import."""
    for path in [*(ROOT / "ops").rglob("*.py"), *(ROOT / "engine").rglob("*.py")]:
        assert "noqa: F401" not in path.read_text(), path


def test_the_order_of_imports_does_not_matter() -> None:
    """In any order of importing the modules of ops, methods and handlers are the same."""
    names = _modules()
    shuffled = [random.Random(seed).sample(names, len(names)) for seed in range(3)]
    orders = [names, names[::-1], *shuffled]
    first, *others = map(_table, orders)
    for order, other in zip(orders[1:], others, strict=True):
        assert other == first, order
    methods = {name for name, _ in first[0]}
    assert methods >= {"sum", "__add__", "__radd__", "__iadd__", "add_", "mm", "T"}
    assert methods <= set(vars(Tensor))  # to which other tests may have added
    assert 400 < len(first[1]) <= len(HANDLERS)


def test_every_declared_method_is_attached() -> None:
    """A name that anybody declares is an attribute of Tensor, PyTorch's meaning before NumPy's."""
    for name in {**METHODS["NumPy"], **METHODS["PyTorch"]}:
        assert name in vars(Tensor), name
    assert vars(Tensor)["addmm"] is METHODS["PyTorch"]["addmm"]


def test_what_is_declared_later_is_attached_at_once() -> None:
    """An op of the user's has its methods and handlers when it is made, ufunc methods included."""
    triple = np.frompyfunc(lambda x: 3 * x, 1, 1)

    @mg.primitive(name="tripled_here", vjps=(lambda g: 3 * g,), numpy=[triple],
                  methods=["tripled_here"])
    def tripled(x):  # type: ignore[no-untyped-def]
        """3 x"""
        return 3 * np.asarray(x)

    try:
        x = mg.tensor([1.0, 2.0], requires_grad=True)
        x.tripled_here().sum().backward()
        assert x.grad.numpy().tolist() == [3.0, 3.0]
        triple(x).sum().backward()
        assert x.grad.numpy().tolist() == [6.0, 6.0]
        assert (triple, "outer") not in HANDLERS
    finally:
        delattr(Tensor, "tripled_here")
        del METHODS["NumPy"]["tripled_here"], OPS["tripled_here"]
        del FUNCTIONS[triple], HANDLERS[triple]


def test_a_name_that_is_taken_is_refused() -> None:
    """A second declaration of a method, of a NumPy function or of an attribute raises, naming it,
    and changes nothing."""
    before, handlers = dict(vars(Tensor)), dict(HANDLERS)
    mine = {"name": "mine_here", "vjps": (lambda g: g,)}
    for options, text in (
        ({"methods": ["sum"]}, "method sum is declared by .*sum already"),
        ({"numpy": [np.tanh]}, "NumPy's function tanh is declared by .*tanh already"),
        ({"methods": ["detach"]}, "'detach' is an attribute of every Tensor"),
        ({"methods": ["mine_here", "sum"]}, "method sum is declared by"),
    ):
        with pytest.raises((ValueError, TypeError), match=text):
            mg.primitive(**mine, **options)(lambda x: x)  # type: ignore[arg-type]
        assert "mine_here" not in OPS
        assert dict(vars(Tensor)) == before
        assert handlers == HANDLERS
    with pytest.raises(ValueError, match="with PyTorch's meaning the Tensor method topk"):
        declare(methods={"topk": test_one_file_attaches_methods}, whose="PyTorch")


def test_a_cell_that_is_run_again_declares_again() -> None:
    """The same function defined once more, as in a notebook, takes the place of the first."""
    source = (
        "@mg.primitive(vjps=(lambda g: g,), methods=['again_here'], numpy=[function])\n"
        "def again_here(x):\n    return np.asarray(x) + {}\n"
    )
    function = np.frompyfunc(lambda x: x, 1, 1)
    space = {"mg": mg, "np": np, "__name__": "notebook", "function": function}
    try:
        for k in (1, 2):
            exec(source.format(k), space)
            assert float(mg.tensor(0.0).again_here()) == k
            assert float(HANDLERS[function](mg.tensor(0.0))) == k
    finally:
        delattr(Tensor, "again_here")
        del METHODS["NumPy"]["again_here"], OPS["again_here"]
        del FUNCTIONS[function], HANDLERS[function]
