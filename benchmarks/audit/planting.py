"""Mistakes planted in the source of a derivation: every edit of one place.

It reads Python and knows nothing of derivatives: a factor is left out or doubled, a sign turned, a
term of a sum left out, a name exchanged for another, an index moved by one step, a transpose
forgotten or added, a square or a ``1 -`` forgotten, a sum made a mean, or set where it is added to,
two neighbours exchanged.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import derivations

__all__ = ["Edit", "Planted", "edits", "planted", "planted_pairs"]


class Planted(NamedTuple):
    """A derivation with mistakes. kinds: what was done; lines: the statements as they were, and as
    they are."""

    kinds: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    function: Callable[..., dict[str, Any]]


class Edit(NamedTuple):
    """One statement of the loop with a mistake in it."""

    number: int
    kind: str
    was: ast.stmt
    now: ast.stmt


def planted(name: str) -> list[Planted]:
    """Every edit of one place in the derivation of that name, whether it computes or not."""
    return [_compiled(name, [edit]) for edit in edits(name)]


def planted_pairs(name: str, rng: np.random.Generator) -> Iterator[Planted]:
    """Two edits at once, of two statements, at random and without end."""
    every = edits(name)
    while True:
        one, other = (every[k] for k in rng.integers(len(every), size=2))
        if one.number != other.number:
            yield _compiled(name, [one, other])


def edits(name: str) -> list[Edit]:
    """Every edit of one place in the loop of a derivation."""
    body, start = _body(name)
    loop = body[start]
    found = []
    for number, statement in enumerate(loop.body):
        for kind, now in _edits(statement, _names(body, loop)):
            found.append(Edit(number, kind, statement, now))
    return found


def _body(name: str) -> tuple[Any, int]:
    """The statements of a derivation, and the place of its backward loop."""
    tree: Any = ast.parse(inspect.getsource(derivations.DERIVATIONS[name]))
    body = tree.body[0].body
    mark = next(
        k for k, s in enumerate(body)
        if isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)
    )
    return body, mark + 1


def _compiled(name: str, chosen: Sequence[Edit]) -> Planted:
    function = derivations.DERIVATIONS[name]
    tree: Any = ast.parse(inspect.getsource(function))
    _, start = _body(name)
    for edit in chosen:
        tree.body[0].body[start].body[edit.number] = edit.now
    space = vars(derivations).copy()
    exec(compile(ast.fix_missing_locations(tree), "<planted>", "exec"), space)
    return Planted(
        tuple(e.kind for e in chosen),
        tuple((ast.unparse(e.was), ast.unparse(e.now)) for e in chosen),
        space[function.__name__],
    )


def _names(body: list[ast.stmt], loop: ast.For) -> tuple[set[str], list[str]]:
    """What has an entry for each step, and the cotangents that a step assigns."""
    indexed = {
        node.value.id for s in body for node in ast.walk(s)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }
    assigned = [s.targets[0].id for s in loop.body if isinstance(s, ast.Assign)]  # type: ignore[attr-defined]
    return indexed - {"xs", "ys", "s"}, [name for name in assigned if name.startswith("d")]


def _edits(statement: ast.stmt, names: Any) -> Iterator[tuple[str, ast.stmt]]:
    """Every statement that differs from this in one place."""
    if isinstance(statement, ast.AugAssign):
        yield "set instead of added", ast.Assign([_stored(statement.target)], statement.value)
    for path, node in _places(statement, ()):
        for kind, new in _of_node(node, path, names):
            yield kind, _with(statement, path, new)
    if isinstance(statement, ast.Assign):
        turned = copy.deepcopy(statement)
        turned.value = ast.UnaryOp(ast.USub(), statement.value)
        yield "sign", turned


def _stored(target: Any) -> Any:
    target = copy.deepcopy(target)
    target.ctx = ast.Store()
    return target


Path = tuple[tuple[str, int | None], ...]


def _places(node: ast.AST, path: Path) -> Iterator[tuple[Path, ast.expr]]:
    for field, value in ast.iter_fields(node):
        if field == "targets" or (field == "target" and isinstance(node, ast.AugAssign)):
            continue
        for k, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                here = (*path, (field, k))
                if isinstance(child, ast.expr):
                    yield here, child
                yield from _places(child, here)


def _with(statement: ast.stmt, path: Path, new: ast.expr) -> ast.stmt:
    changed = copy.deepcopy(statement)
    node: Any = changed
    for field, k in path[:-1]:
        node = getattr(node, field) if k is None else getattr(node, field)[k]
    field, k = path[-1]
    if k is None:
        setattr(node, field, new)
    else:
        getattr(node, field)[k] = new
    return changed


def _of_node(node: ast.expr, path: Path, names: Any) -> Iterator[tuple[str, ast.expr]]:
    inside = any(field == "slice" for field, _ in path) or any(f == "keywords" for f, _ in path)
    if inside or any(field == "func" and k is None for field, k in path[-1:]):
        return
    if isinstance(node, ast.BinOp):
        yield from _of_operator(node)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "not transposed", node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _of_call(node)
    elif isinstance(node, ast.List):
        for k in range(len(node.elts) - 1):
            items = list(node.elts)
            items[k], items[k + 1] = items[k + 1], items[k]
            yield "neighbours exchanged", ast.List(items, ast.Load())
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        yield from _of_index(node, names)
    elif isinstance(node, ast.Name) and node.id.startswith("d"):
        for other in names[1]:
            if other != node.id:
                yield "another cotangent", ast.Name(other, ast.Load())


def _of_operator(node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Mult):
        number = isinstance(left, ast.Constant)
        yield "factor dropped", left
        if not _is(right, ast.Mult):
            yield "factor doubled", ast.BinOp(node, ast.Mult(), left if number else right)
        if not _is(left, ast.Mult):
            yield "factor dropped", right
        if number:
            yield "complement", ast.BinOp(
                ast.Constant(round(1 - left.value, 6)), ast.Mult(), right  # type: ignore[attr-defined]
            )
    elif isinstance(node.op, ast.MatMult):
        yield "factor dropped", right
        yield "factor dropped", left
        yield "factor doubled", ast.BinOp(node, ast.MatMult(), right)
    elif isinstance(node.op, ast.Div):
        yield "factor dropped", left
    elif isinstance(node.op, ast.Add):
        yield "term left out", left
        if not _is(left, ast.Add):
            yield "term left out", right
        yield "sign", ast.BinOp(left, ast.Sub(), right)
    elif isinstance(node.op, ast.Sub):
        yield "term left out", right
        if not isinstance(left, ast.Constant):
            yield "term left out", left
        yield "sign", ast.BinOp(left, ast.Add(), right)
    elif isinstance(node.op, ast.Pow):
        yield "square forgotten", left


def _is(node: ast.expr, op: type[ast.operator]) -> bool:
    """Whether it is a chain of that operator, whose parts have their own turn."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, op)


def _of_call(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    func: Any = node.func
    if func.attr == "sum":
        mean = copy.deepcopy(node)
        mean.func.attr = "mean"  # type: ignore[attr-defined]
        yield "mean instead of sum", mean
        if not any(k.arg == "keepdims" for k in node.keywords):
            yield "sum over the batch missing", ast.Subscript(
                func.value, ast.Constant(0), ast.Load()
            )
    elif func.attr == "mean":
        total = copy.deepcopy(node)
        total.func.attr = "sum"  # type: ignore[attr-defined]
        yield "sum instead of mean", total


def _of_index(node: ast.Subscript, names: Any) -> Iterator[tuple[str, ast.expr]]:
    value: Any = node.value
    index = ast.unparse(node.slice)
    states = index == "t + 1" or value.id in ("h", "c")
    for by in (-1, 1):
        moved = f"{index} {'+' if by > 0 else '-'} 1"
        if by > 0 and not (states and index == "t"):
            moved = f"min({moved}, {'T' if states else 'T - 1'})"
        yield "another step", ast.Subscript(value, ast.parse(moved, mode="eval").body, ast.Load())
    if value.id in ("xs", "ys", "s"):  # there is no other of that shape
        return
    for other in sorted(names[0]):
        if other != value.id:
            at = "t + 1" if other == "h" and value.id == "u" else "t" if not states else index
            at = "t" if other not in ("h", "c") else at
            yield "another operand", ast.Subscript(
                ast.Name(other, ast.Load()), ast.parse(at, mode="eval").body, ast.Load()
            )
    yield "complement", ast.BinOp(ast.Constant(1), ast.Sub(), node)

