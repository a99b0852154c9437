"""What a tape of scalars has to obey, whoever wrote it: the laws, each with a counterexample.

A tape is a class: ``Scalar(2.0)`` has ``.data`` and ``.grad`` (0 at first), two of them can be
added and multiplied, ``.tanh()`` bends one, and ``.backward()`` of a result *adds* to ``.grad`` of
each value that it was made of. The engine runs the same programs and says what is right.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

import minigrad as mg

from .exercise import Wrong
from .judging import as_number, compare, shown

__all__ = ["LAWS", "check_tape"]

DEEP = 5000       # ops, one after the other
DOUBLINGS = 14    # h = h + h, so often: 2¹⁴ ways through 14 ops
Program = Callable[..., Any]


def check_tape(tape: Any) -> None:
    """Hold a class to every law of tapes.

    tape: the class, as above. Raises Wrong at the first law that it breaks, with a program of a
    line, the number that comes out and the right one.

    >>> from rnn.lessons.small_tape import Scalar
    >>> check_tape(Scalar)
    """
    for law in LAWS:
        law(tape)


def values(tape: Any) -> None:
    """A tape computes what numbers compute."""
    a, b = tape(3.0), tape(2.0)
    for name in ("data", "grad", "backward", "tanh", "__add__", "__mul__"):
        if not hasattr(a, name):
            raise Wrong(f"a tape of this lesson has `{name}`; this one has no such attribute.")
    compare(_number(a.grad, "`.grad` of a new value"), 0.0, "`.grad` of a new value")
    for text, result, right in (("a + b", a + b, 5.0), ("a * b", a * b, 6.0),
                                ("a.tanh()", a.tanh(), math.tanh(3.0))):
        if not hasattr(result, "data"):
            raise Wrong(f"`{text}` gives {type(result).__name__}; wanted a value of the tape, so "
                        "that the next op can follow it.")
        compare(_number(result.data, f"`({text}).data`"), right,
                f"`({text}).data` at a = 3, b = 2", rtol=1e-12)


def one_op(tape: Any) -> None:
    """The local derivative of each op is right."""
    for a, b in ((3.0, 2.0), (-1.5, 0.25)):
        _agree(tape, "a + b", lambda a, b: a + b, (a, b), [
            {"the local derivative of a sum is 1, by both operands": a},
            {"the local derivative of a sum is 1, by both operands": b},
        ])
        swapped = "a product sends to an operand what arrives times the *other* one"
        _agree(tape, "a * b", lambda a, b: a * b, (a, b), [{swapped: a}, {swapped: b}])
    for x in (0.5, -1.25, 0.0):
        out = math.tanh(x)
        _agree(tape, "a.tanh()", lambda a: a.tanh(), (x,), [{
            "the slope of tanh is 1 - tanh(a)², not 1 - a²": 1 - x * x,
            "that is tanh(a), the value": out,
            "that is out (1 - out), the slope of the logistic function": out * (1 - out),
            "the square is missing": 1 - out,
        }])


def a_chain(tape: Any) -> None:
    """What arrives at an op is multiplied by its local derivative and handed on."""
    at = (0.5, 0.25)
    _agree(tape, "(a * b).tanh()", lambda a, b: (a * b).tanh(), at, [
        {"nothing came through; the sweep begins with what was made last": 0.0,
         "that is the local derivative of the product; what arrives is missing": other}
        for other in reversed(at)
    ])


def one_value_twice_in_an_op(tape: Any) -> None:
    """A value that is both operands of one op gets both contributions."""
    once = "a is both operands, and got one contribution of two"
    _agree(tape, "a * a", lambda a: a * a, (3.0,), [{once: 3.0}])
    _agree(tape, "a + a", lambda a: a + a, (3.0,), [{once: 1.0}])


def one_value_in_two_ops(tape: Any) -> None:
    """A value that two ops use gets the sum of what they send."""
    _agree(tape, "a * b + a", lambda a, b: a * b + a, (3.0, 2.0), [{
        "a is used by the product and by the sum, and one replaced the other (`=` for `+=`)": 1.0,
        "a is used by the product and by the sum; the part of the sum was lost (`=` for `+=`)": 2.0,
    }, {}])


def order(tape: Any) -> None:
    """A value hands on what has arrived when all has arrived, and once."""
    why = ("; h was swept before all that uses it had sent its part, or more than once. Which "
           "order is safe? The order of execution, backwards")
    for text, program in (
        ("h = w * w; h + h * h * h", lambda w: (h := w * w) + h * h * h),
        ("h = w * w; h * h * h + h", lambda w: (h := w * w) * h * h + h),
        ("h = w.tanh(); h * w * h + h.tanh()", lambda w: (h := w.tanh()) * w * h + h.tanh()),
        ("h = w + w; k = h * w; k * h + k", lambda w: (k := (h := w + w) * w) * h + k),
    ):
        _agree(tape, text, program, (2.0,), [{}], why)


def only_what_led_here(tape: Any) -> None:
    """backward() of a result touches what the result was made of, and nothing else."""
    w = tape(0.5)
    h = w.tanh()
    later = h * h
    tape(7.0) * tape(2.0)
    h.backward()
    slope = 1 - math.tanh(0.5) ** 2
    compare(_number(w.grad, "w.grad"), slope, "w.grad after `h = w.tanh(); later = h * h; "
            "h.backward()`", slips={"that is the slope of later; backward() was asked of h":
                                    2 * math.tanh(0.5) * slope})
    compare(_number(later.grad, "later.grad"), 0.0,
            "later.grad, where later = h * h and backward() was asked of h")


def two_results(tape: Any) -> None:
    """The gradients of two backward() add up."""
    a, b = tape(3.0), tape(2.0)
    (a * b).backward()
    (a + b).backward()
    compare(_number(a.grad, "a.grad"), 3.0,
            "a.grad after `(a * b).backward(); (a + b).backward()` at a = 3, b = 2", slips={
                "the second call has cleared, or replaced, what the first had left; it adds": 1.0,
                "the second call left nothing: did it find a marked as visited?": 2.0,
                "the first product was swept a second time": 5.0,
            })
    h = a * a
    k, m = h * tape(1.0), h * tape(10.0)
    before = a.grad
    k.backward()
    m.backward()
    compare(a.grad - before, 66.0, "what a gets from h = a * a, k = h, m = 10 h and backward() of "
            "k and of m, at a = 3,", slips={
                "the part of k went on again with that of m: h handed on its `.grad`, old and new":
                    72.0,
                "the second call stopped at h, which the first had visited": 6.0,
            })


def the_same_result_twice(tape: Any) -> None:
    """Where backward() is called twice on one result, the gradient is there twice."""
    a = tape(3.0)
    loss = (a + a) * tape(1.0)
    loss.backward()
    loss.backward()
    compare(_number(a.grad, "a.grad"), 4.0, "a.grad after `loss = (a + a) * one`, and "
            "loss.backward() called twice,", slips={
                "the second call handed on what the first had left in `.grad` on the way; keep "
                "what arrives in this sweep apart from `.grad`": 6.0,
                "the second call handed on what the first had left in `.grad`, the seed too": 8.0,
                "the second call replaced the first; it adds": 2.0,
            })


def work(tape: Any) -> None:
    """A sweep visits an op once, however many ways lead through it."""
    a = tape(1.0)
    h = a
    for _ in range(DOUBLINGS):
        h = h + h
    called, most = 0, 3000

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal called
        called += event in ("call", "c_call")
        if called > most:
            raise Wrong(f"`h = h + h`, {DOUBLINGS} times, is {DOUBLINGS} ops, and 2^{DOUBLINGS} = "
                        f"{2**DOUBLINGS} ways through them. This tape walks every way: after "
                        f"{most} function calls it was not done. Sum what arrives at a value, and "
                        "hand the sum on once.")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        h.backward()
    finally:
        sys.setprofile(before)
    compare(_number(a.grad, "a.grad"), 2.0**DOUBLINGS, f"a.grad of {DOUBLINGS} doublings")


def depth(tape: Any) -> None:
    """A tape is as long as the memory allows."""
    a = tape(1.0)
    h = a
    for _ in range(DEEP):
        h = h + a
    try:
        h.backward()
    except RecursionError:
        raise Wrong(f"backward() ended in RecursionError after {DEEP} additions, one after the "
                    f"other: Python allows {sys.getrecursionlimit()} calls inside each other. A "
                    "sequence of some hundred steps is longer than that. Use a loop and a list of "
                    "what is still to do.") from None
    compare(_number(a.grad, "a.grad"), DEEP + 1.0, f"a.grad of a + a + … + a, {DEEP} additions")


LAWS: tuple[Callable[[Any], None], ...] = (
    values, one_op, a_chain, one_value_twice_in_an_op, one_value_in_two_ops, order,
    only_what_led_here, two_results, the_same_result_twice, work, depth,
)
"""The laws, from the easiest to obey to the hardest."""


def _number(x: Any, what: str) -> float:
    """A number of the tape; None is what a tape has where nothing arrived."""
    return 0.0 if x is None else as_number(x, what)


def _agree(
    tape: Any, text: str, program: Program, at: tuple[float, ...],
    slips: list[Mapping[str, float]], why: str = "",
) -> None:
    """Raise Wrong unless the tape gives a program the gradients that the engine gives it."""
    leaves = [tape(x) for x in at]
    program(*leaves).backward()
    tensors = [mg.tensor(x, requires_grad=True) for x in at]
    program(*tensors).backward()
    names = "w" if "w" in text else "ab"
    where = ", ".join(f"{n} = {shown(x)}" for n, x in zip(names, at, strict=False))
    for name, leaf, tensor, known in zip(names, leaves, tensors, slips, strict=False):
        assert tensor.grad is not None
        right, found = tensor.grad.item(), _number(leaf.grad, f"{name}.grad")
        what = f"{name}.grad of `{text}` at {where}"
        if why and not math.isclose(found, right, rel_tol=1e-7):
            raise Wrong(f"{what} is not {shown(found)} but {shown(right)}{why}.")
        compare(found, right, what, rtol=1e-7, slips=known)
