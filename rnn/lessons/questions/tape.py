"""A tape of one's own, the order of its sweep, and a test that notices what is wrong with one."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..exercise import Exercise, Wrong
from ..judging import as_function, shown
from ..small_tape import Scalar
from ..tape_faults import FAULTS, BrokenTape
from ..tape_laws import LAWS, check_tape

__all__ = ["EXERCISES"]


# -- 1


def _tape(answer: Any) -> str:
    if isinstance(answer, Scalar):
        raise Wrong("give the class, not one value of it.")
    check_tape(as_function(answer, "a tape, which is a class"))
    return (f"It obeys all {len(LAWS)} laws: values, local derivatives, shared use, order, several "
            f"sweeps, no way walked twice, 5,000 ops in a row. {_of_arrays(answer)}")


def _of_arrays(tape: Any) -> str:
    """What a tape makes of arrays, for which it was not written."""
    try:
        x, b = tape(np.ones(3)), tape(2.0)
        (x * b).backward()
        shape = np.shape(b.grad)
    except Exception:
        return "What it does not take yet is arrays."
    if shape:
        return (f"With arrays it runs, and is wrong: for x of shape (3,) and b a number, x * b "
                f"gives b a gradient of shape {shape}. The lesson on broadcasting mends that.")
    return "It even undoes broadcasting."


_TAPE = Exercise(
    name="tape.1",
    task="Write a tape for numbers, in some 60 lines: a class with `Scalar(2.0)`, `.data`, `.grad` "
         "(0.0 at first), `a + b`, `a * b`, `a.tanh()` and `.backward()`, which **adds** to "
         "`.grad` of each value that the result was made of. Operands are always values of the "
         "class. Calling `backward()` again adds again. A loop of 5,000 ops has to be possible. "
         "Give the class.",
    examine=_tape,
    hints=(
        ("Each result keeps its operands and the local derivative by each. The sweep takes the "
         "values newest first: number them when they are made. Then all that uses a value has "
         "sent its part before it is the value's turn."),
        ("In backward, keep what arrives in a dict of this sweep, `arrived = {self: 1.0}`; for "
         "each value, newest first: add its total to `.grad`, and to each operand's entry the "
         "total times the slope. Find the values with a list of what is to do, without recursion."),
    ),
    solution="from __future__ import annotations\n\nimport itertools\nimport math\n\n"
             f"{inspect.getsource(Scalar)}\nanswer = Scalar",
)

# -- 2: the sweep of a graph, by the names of its values

_W = 0.5


def _graph() -> dict[str, Scalar]:
    w = Scalar(_W)
    h = w.tanh()
    u = h * h
    v = h.tanh()
    s = u + v
    loss = s * u
    return {"w": w, "h": h, "u": u, "v": v, "s": s, "L": loss}


def _order(answer: Any) -> str:
    graph = _graph()
    name = {value: key for key, value in graph.items()}
    if isinstance(answer, str):
        answer = answer.replace(",", " ").split()
    if not isinstance(answer, (list, tuple)) or sorted(map(str, answer)) != sorted(graph):
        raise Wrong(f"an order has each of {', '.join(sorted(graph))} once.")
    if answer[0] != "L":
        raise Wrong(f"a sweep begins where a derivative is known: ∂L/∂L = 1. Nothing has arrived "
                    f"at {answer[0]} yet.")
    graph["L"].backward()
    right = graph["w"].grad
    arrived, swept, early = {graph["L"]: 1.0}, set(), ""
    for key in answer:
        value = graph[key]
        late = [name[user] for user in graph.values() if user not in swept
                and value in dict(user.sources)]
        if late and not early:
            early = (f"{key} is swept before {' and '.join(late)}, which {_uses(late)} it: the "
                     f"part of {' and '.join(late)} comes too late")
        swept.add(value)
        for operand, slope in value.sources:
            arrived[operand] = arrived.get(operand, 0.0) + arrived.get(value, 0.0) * slope
    if early:
        found = arrived[graph["w"]] if answer[-1] == "w" else arrived.get(graph["w"], 0.0)
        raise Wrong(f"{early}. With this order ∂L/∂w comes out as {shown(found)}; it is "
                    f"{shown(right)}.")
    return f"Each value is swept after all that use it, and ∂L/∂w = {shown(right)}."


def _uses(names: list[str]) -> str:
    return "uses" if len(names) == 1 else "use"


_ORDER = Exercise(
    name="tape.2",
    task="`h = w.tanh()`, `u = h * h`, `v = h.tanh()`, `s = u + v`, `L = s * u`, as in the "
         "lesson's picture. In which order may a sweep go through w, h, u, v, s and L, so that "
         "each hands on a complete sum, once? Give a list of the names, first to last.",
    examine=_order,
    hints=(
        "It begins with L. From then on: of which value have all uses been swept?",
        "u is used by s and by L, so it comes after both; h is used by u and by v.",
    ),
    solution='answer = ["L", "s", "v", "u", "h", "w"]      # or u before v',
)

# -- 3: a test that notices


def _test(answer: Any) -> str:
    test = as_function(answer, "a test of tapes")
    try:
        test(Scalar)
    except Exception as error:
        raise Wrong(f"your test fails on a tape that is right ({type(error).__name__}: "
                    f"{str(error) or 'no message'}). Which number in it is wrong?") from None
    left = {name: fault for name, fault in FAULTS.items() if not _noticed(test, fault)}
    if left:
        first = next(iter(left.values()))
        listed = "".join(f"\n- {fault.what}" for fault in left.values())
        raise Wrong(f"your test passes for {len(left)} of {len(FAULTS)} broken tapes:{listed}\n\n"
                    f"The first of them shows in `{first.program}`: {_difference(first)}.")
    return f"It passes for a tape that is right, and notices all {len(FAULTS)} that are not."


def _noticed(test: Any, fault: BrokenTape) -> bool:
    try:
        test(fault.tape)
    except Exception:
        return True
    return False


def _difference(fault: BrokenTape) -> str:
    right = shown(fault.shows(Scalar))
    try:
        return f"the gradient is {right}, and this tape says {shown(fault.shows(fault.tape))}"
    except RecursionError:
        return f"the gradient is {right}, and this tape ends in RecursionError"


_TEST = Exercise(
    name="tape.3",
    task=f"Write `def test(Scalar)` for the class of the first exercise. It raises (`assert` will "
         "do) where the tape is wrong. It will be run on a tape that is right, and on "
         f"{len(FAULTS)} that have one fault each; it has to pass for the first and to fail for "
         "all others. Give the function.",
    examine=_test,
    hints=(
        ("You notice what you make happen. Do you use a value twice? In one op and in "
         "two? Call backward() twice? Compare more than three digits? Run longer than a page?"),
        ("a * b + a; a * a; h + h * h * h with h = w * w; two results of the same values, each "
         "with backward(); one result with backward() twice; 5,000 additions; tanh to 1e-6."),
    ),
    solution='''
import math

def test(Scalar):
    def grad(program, *at):
        leaves = [Scalar(x) for x in at]
        program(*leaves).backward()
        return [leaf.grad for leaf in leaves]

    def near(found, right):
        assert math.isclose(found, right, rel_tol=1e-6), (found, right)

    near(grad(lambda w: w.tanh(), 0.5)[0], 1 - math.tanh(0.5) ** 2)
    a, b = grad(lambda a, b: a * b + a, 3.0, 2.0)       # used by two ops
    near(a, 3.0)
    near(b, 3.0)
    near(grad(lambda a: a * a, 3.0)[0], 6.0)            # twice in one op

    def late(w):                                        # h has a near use and far ones
        h = w * w
        return h + h * h * h
    near(grad(late, 2.0)[0], (1 + 3 * 4.0**2) * 2 * 2.0)

    a, b = Scalar(3.0), Scalar(2.0)                     # two results
    (a * b).backward()
    (a + b).backward()
    near(a.grad, 3.0)

    a = Scalar(3.0)                                     # one result, twice
    loss = (a + a) * Scalar(1.0)
    loss.backward()
    loss.backward()
    near(a.grad, 4.0)

    a = h = Scalar(1.0)                                 # a long one
    for _ in range(5000):
        h = h + a
    h.backward()
    near(a.grad, 5001.0)

answer = test
''',
)

EXERCISES = (_TAPE, _ORDER, _TEST)
