"""The modules of both packages, and what each imports: at its top, in functions, for types."""

import ast
from functools import cache
from typing import NamedTuple

from tests.support.paths import ROOT

PACKAGES = ("minigrad", "rnn")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
MODULES = {module_name(path): path for path in FILES}


@cache
def text_of(name):
    return MODULES[name].read_text(encoding="utf-8")


class Import(NamedTuple):
    """A module of the project that another one imports."""

    module: str
    when: str  # "import", "run" (inside of a function), or "types" (for a type checker alone)


@cache
def imports(name):
    """What the module imports of the project, in the order of its lines."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    return [Import(module, when) for node, when in statements(ast.parse(text_of(name)), "import")
            for module in modules_of(node, package) if module != name]


def closure(names):
    """These modules and all that they import, directly or not: at their top, lazily, for types."""
    found, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [i.module for i in imports(name)]
    return found


def statements(node, when):
    """The import statements in a node, and when each of them runs."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, when
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from statements(child, "run")
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from statements(child, "types")
        else:
            yield from statements(child, when)


def modules_of(node, package):
    """The project's modules that an import statement names: ``from a import b`` means a.b where
    that is a module."""
    if isinstance(node, ast.Import):
        return [a.name for a in node.names if a.name in MODULES]
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
    names = [f"{base}.{a.name}" for a in node.names]
    found = [n for n in names if n in MODULES]
    return [*found, base] if len(found) < len(names) and base in MODULES else found
