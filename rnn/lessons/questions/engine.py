"""The engine, read: an op of one's own, what a call keeps, and the sweep."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.engine.node import Node
from minigrad.engine.pullback import contributions_of

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, compare, shown

__all__ = ["EXERCISES"]


# -- 1: a record


def _op(answer: Any) -> str:
    from minigrad.testing import check_op

    record = getattr(as_function(answer, "an op"), "op", None)
    if record is None:
        raise Wrong("that is a function, and no record of it is known: what is its derivative? "
                    "Decorate it with `@mg.primitive(...)`.")
    if len(record.arguments) != 1 or record.params:
        raise Wrong(f"the op takes one array; this one takes {', '.join(record.rule_names[1:])}.")
    if record.rules == ():
        raise Wrong("the record has no rule: give `vjps=(rule,)`, one rule for the one argument.")
    for x in (0.0, 0.75, -2.0, 1e200):
        with np.errstate(all="ignore"):
            found = as_array(answer(np.array(x)), "the value of the op", ())
        compare(found, x / np.hypot(1, x), f"the value at x = {shown(x)}", slips={
            "x² overflows to ∞ there, long before x does; np.hypot(1, x) is √(1 + x²) without "
            "that": 0.0,
        } if x > 1e100 else {"that is 1 / √(1 + x²)": 1 / np.hypot(1, x)})
    try:
        check_op(record, examples=10)
    except AssertionError as error:
        raise Wrong(f"the value is right; `check_op` found fault with the rule:\n\n"
                    f"```text\n{_first(error)}\n```{_factor(record)}") from None
    out = 1e6 / np.hypot(1, 1e6)
    lost = "out is so near 1 there that 1 - out has lost its digits; make the slope of x"
    compare(mg.grad(answer)(1e6), np.hypot(1, 1e6) ** -3.0, "the slope at x = 1,000,000",
            rtol=1e-6, atol=0, slips={
                lost: (1 - out**2) ** 1.5, f"{lost} itself": ((1 - out) * (1 + out)) ** 1.5})
    return ("`check_op` has run all laws on it: orders 1 and 2, all dtypes and layouts, "
            f"broadcasting, numbers from the smallest to the largest. It keeps "
            f"{' and '.join(record.needs(record.rules[0])) or 'nothing'} for its rule.")


def _first(error: Exception) -> str:
    """What a checker says, without how to replay it."""
    return str(error).partition("; replay")[0]


def _factor(record: Any) -> str:
    """Whether a rule has taken its cotangent into account."""
    if (rule := record.rules[0]) is None:
        return ""
    x = np.array(0.75)
    named = {"out": x / np.hypot(1, x), record.arguments[0]: x}
    try:
        once, twice = (rule(np.array(g), *[named[n] for n in record.needs(rule)]) for g in (1., 2.))
    except Exception:    # what is wrong with it has been said
        return ""
    if np.allclose(once, twice):
        return "\n\nThe rule gives the same for g = 1 and g = 2: what arrives, `g`, is missing."
    return ""


_OP = Exercise(
    name="engine.1",
    task=r"Write an op of your own with `@mg.primitive`: $f(x) = x / \sqrt{1 + x^2}$, a function "
         "like tanh. It takes one array, entry by entry, and has a docstring, a forward that "
         "holds for all numbers up to 1e200, and one rule. `check_op` will examine it. Give the "
         "function.",
    examine=_op,
    hints=(
        ("A record of the lesson, `tanh`, with another forward and another rule. The derivative "
         "of x/√(1 + x²) is 1/√(1 + x²)³. What has to stand in front of it?"),
        ("np.hypot(1, x) is √(1 + x²), and cannot overflow. The rule is a function of `g` and of "
         "what it needs: lambda g, x: g times the slope."),
    ),
    solution='''
import numpy as np
import minigrad as mg

@mg.primitive("()->()", vjps=(lambda g, x: g / np.hypot(1, x) ** 3,))
def squash(x):
    """x / √(1 + x²)"""
    return x / np.hypot(1, x)

answer = squash
''',
)

# -- 2: what a call keeps

_CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "tanh": lambda x, y: np.tanh(x), "exp": lambda x, y: np.exp(x), "sin": lambda x, y: np.sin(x),
    "add": lambda x, y: x + y, "multiply": lambda x, y: x * y, "sqrt": lambda x, y: np.sqrt(x),
    "sum": lambda x, y: np.sum(x), "square": lambda x, y: x**2,
}


def _nodes() -> dict[str, Node]:
    """What each call leaves on the tape."""
    x, y = (mg.tensor([0.5, 2.0], requires_grad=True) for _ in range(2))
    return {name: mg.Tape(call(x, y)).nodes[-1] for name, call in _CALLS.items()}


def _keepers(answer: Any) -> str:
    if isinstance(answer, str) or not isinstance(answer, Iterable):
        raise Wrong("the answer is a set of names.")
    given, nodes = set(map(str, answer)), _nodes()
    kept = {name: node.pullback.residuals for name, node in nodes.items()}
    if unknown := given - set(kept):
        raise Wrong(f"{', '.join(sorted(unknown))}: not among {', '.join(kept)}.")
    right = {name for name, saved in kept.items() if {"x", "y"} & set(saved)}
    for name, saved in kept.items():
        if (name in given) != (name in right):
            says = f"the rule of {name} is\n\n```python\n{_rules(nodes[name])}\n```\n\n"
            raise Wrong(f"{says}It names {_listed(saved)}, so the call keeps "
                        f"{'an operand' if name in right else 'no array of its operands'}.")
    return ("The names in the rules decide: " +
            "; ".join(f"{name} keeps {_listed(saved)}" for name, saved in kept.items()) + ".")


def _listed(names: Iterable[str]) -> str:
    shown_names = [f"only the shape of {n.removesuffix('_shape')}" if n.endswith("_shape") else n
                   for n in names if n not in ("axis", "keepdims")]
    return " and ".join(shown_names) or "nothing but g"


def _rules(node: Node) -> str:
    rules = node.op.rules if node.op else ()
    sources = dict.fromkeys(inspect.getsource(rule).strip() for rule in rules if rule)
    return "\n".join(sources)


_KEPT = Exercise(
    name="engine.2",
    task="x and y are arrays that require grad. Until `backward()`, some of these eight calls keep "
         "an **operand** alive (x or y), others their result, a shape, or nothing: "
         "`np.tanh(x)`, `np.exp(x)`, `np.sin(x)`, `x + y` (add), `x * y` (multiply), "
         "`np.sqrt(x)`, `np.sum(x)`, `x**2` (square). Which keep an operand? Give the set of "
         "their names, such as {'tanh', 'add'}.",
    examine=_keepers,
    hints=(
        "Write down the derivative of each. Can it be said with the result alone?",
        "d√x/dx = 1/(2√x): the result will do. d sin x/dx = cos x: that cannot be had from sin x.",
    ),
    solution='answer = {"sin", "multiply", "square"}',
)

# -- 3: the sweep


def _sends(node: Node, g: Any) -> list[tuple[Node, Any]]:
    """What a node makes of its total: pairs of a parent and a contribution."""
    parents = {parent for parent in node.parents if parent is not None}
    return list(contributions_of(node, g, node.saved, parents, lazily=False))


def _totals(loss: mg.Tensor) -> dict[Node, Any]:
    """What has to arrive at each node."""
    nodes = mg.Tape(loss).nodes
    totals: dict[Node, Any] = {nodes[-1]: np.ones(())}
    for node in reversed(nodes):
        for parent, c in _sends(node, totals[node]) if node.op else ():
            totals[parent] = totals[parent] + c if parent in totals else c
    return totals


def _watched(wanted: dict[Node, Any], what: str) -> Callable[[Any, Any], Any]:
    """`_sends`, which says when it is asked too early, twice, or of a leaf."""
    asked: set[Node] = set()

    def sends(node: Any, g: Any) -> list[tuple[Node, Any]]:
        if not isinstance(node, Node):
            raise Wrong(f"`sends` takes a node of the tape; this is {type(node).__name__}.")
        if node.op is None:
            raise Wrong(f"`sends` was asked of the {node}: a leaf sends nothing on. What has "
                        "arrived there is its gradient.")
        if node in asked:
            raise Wrong(f"`sends` was asked twice of {node}; a node hands on its total once.")
        asked.add(node)
        compare(g, wanted[node], f"in {what}, the total with which {node} was asked")
        return _sends(node, g)

    return sends


def _sweep(answer: Any) -> str:
    sweep = as_function(answer, "the sweep")
    for loss, what in ((_plain(), "`(np.tanh(w) * v).sum()`"), (_shared(), "the recurrence")):
        wanted = _totals(loss)
        found = sweep(loss, _watched(wanted, what))
        leaves = {node.name: g for node, g in wanted.items() if node.op is None}
        if not isinstance(found, dict) or set(found) != set(leaves):
            is_dict = isinstance(found, dict)
            got = f"the keys {sorted(map(str, found))}" if is_dict else type(found).__name__
            raise Wrong(f"the sweep returns a dict with the keys {sorted(map(str, leaves))}, the "
                        f"names of the leaves; this has {got}.")
        for name, right in leaves.items():
            compare(found[name], right, f"in {what}, the gradient of {name}")
    return "Newest first, each once, with all that had arrived: that is the whole sweep."


def _plain() -> mg.Tensor:
    w, v = (mg.tensor([a, 2.0], requires_grad=True, name=n) for a, n in ((0.5, "w"), (-1.0, "v")))
    return (np.tanh(w) * v).sum()


def _shared() -> mg.Tensor:
    w = mg.tensor(0.9, requires_grad=True, name="w")
    h, loss = mg.tensor(0.5, requires_grad=True, name="h_0"), mg.tensor(0.0)
    for t in (1, 2, 3):
        with mg.scope("rnn", t=t):
            h = np.tanh(w * h)
            loss = loss + h * h
    return loss


_SWEEP = Exercise(
    name="engine.3",
    task="Write the sweep. `def sweep(loss, sends)` gets a Tensor of one number, and the function "
         "`sends(node, g)` of the lesson, which applies a node's rules to its total `g` and "
         "returns pairs (parent, contribution). `mg.Tape(loss).nodes` are the nodes, oldest first; "
         "of a leaf `node.op` is None; `node.name` is its name. Return a dict from the name of "
         "each leaf to its gradient. Give the function.",
    examine=_sweep,
    hints=(
        "As in your tape: a dict of what has arrived, which begins with 1 at the last node.",
        ("for node in reversed(nodes): take its total. If it is a leaf, that is its gradient; "
         "else add each contribution of sends(node, total) to the entry of its parent."),
    ),
    solution="""
import numpy as np
import minigrad as mg

def sweep(loss, sends):
    nodes = mg.Tape(loss).nodes
    arrived, gradients = {nodes[-1]: np.ones(())}, {}
    for node in reversed(nodes):
        total = arrived.pop(node)
        if node.op is None:
            gradients[node.name] = total
            continue
        for parent, c in sends(node, total):
            arrived[parent] = arrived[parent] + c if parent in arrived else c
    return gradients

answer = sweep
""",
)

EXERCISES = (_OP, _KEPT, _SWEEP)
