"""Tapes that are wrong, each with one fault that people make, to try a test on.

A test of a tape is worth what it notices. `FAULTS` has the faults by name: what is wrong, a
program of a few lines that shows it, and the broken class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .small_tape import Scalar

__all__ = ["FAULTS", "BrokenTape"]


class BrokenTape(NamedTuple):
    """One broken tape. shows: a function of the class; it returns what differs from a right one."""

    what: str
    program: str
    shows: Callable[[Any], float]
    tape: type[Scalar]


class _Broken(Scalar):
    """A tape whose ops give values of its own class."""

    def __add__(self, other: Scalar) -> Scalar:
        return self.made(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Scalar) -> Scalar:
        return self.made(self.data * other.data, ((self, other.data), (other, self.data)))

    def tanh(self) -> Scalar:
        out = super().tanh()
        return self.made(out.data, out.sources)

    def made(self, data: float, sources: Any) -> Scalar:
        return type(self)(data, sources)


class _Factor(_Broken):
    def tanh(self) -> Scalar:
        out = super().tanh()
        return self.made(out.data, ((self, 1.001 * out.sources[0][1]),))


class _Swapped(_Broken):
    def __mul__(self, other: Scalar) -> Scalar:
        return self.made(self.data * other.data, ((self, self.data), (other, other.data)))


class _Overwritten(_Broken):
    def backward(self) -> None:
        arrived: dict[Scalar, float] = {self: 1.0}
        for value in self.newest_first():
            value.grad += arrived[value]
            for operand, slope in value.sources:
                arrived[operand] = arrived[value] * slope


class _OnePerOperand(_Broken):
    def made(self, data: float, sources: Any) -> Scalar:
        return type(self)(data, tuple(dict(sources).items()))


class _WrongOrder(_Broken):
    def newest_first(self) -> list[Scalar]:
        found: dict[Scalar, None] = {self: None}
        todo: list[Scalar] = [self]
        while todo:
            for operand, _ in todo.pop(0).sources:
                if operand not in found:
                    found[operand] = None
                    todo.append(operand)
        return list(found)

    def backward(self) -> None:
        arrived: dict[Scalar, float] = {self: 1.0}
        for value in self.newest_first():
            value.grad += arrived[value]
            for operand, slope in value.sources:
                arrived[operand] = arrived.get(operand, 0.0) + arrived[value] * slope


class _Forgets(_Broken):
    def backward(self) -> None:
        for value in self.newest_first():
            value.grad = 0.0
        super().backward()


class _HandsOnOld(_Broken):
    def backward(self) -> None:
        self.grad = 1.0
        for value in self.newest_first():
            for operand, slope in value.sources:
                operand.grad += value.grad * slope


class _Recursive(_Broken):
    def backward(self) -> None:
        self._send(1.0)

    def _send(self, g: float) -> None:
        self.grad += g
        for operand, slope in self.sources:
            operand._send(g * slope)  # type: ignore[attr-defined]  # operands are of this class


# -- programs that show them


def _tanh(tape: Any) -> float:
    w = tape(0.5)
    w.tanh().backward()
    return float(w.grad)


def _product(tape: Any) -> float:
    a, b = tape(3.0), tape(2.0)
    (a * b).backward()
    return float(a.grad)


def _two_ops(tape: Any) -> float:
    a, b = tape(3.0), tape(2.0)
    (a * b + a).backward()
    return float(a.grad)


def _square(tape: Any) -> float:
    a = tape(3.0)
    (a * a).backward()
    return float(a.grad)


def _late(tape: Any) -> float:
    w = tape(2.0)
    h = w * w
    (h + h * h * h).backward()
    return float(w.grad)


def _two_losses(tape: Any) -> float:
    a, b = tape(3.0), tape(2.0)
    (a * b).backward()
    (a + b).backward()
    return float(a.grad)


def _again(tape: Any) -> float:
    a = tape(3.0)
    loss = (a + a) * tape(1.0)
    loss.backward()
    loss.backward()
    return float(a.grad)


def _long(tape: Any) -> float:
    a = tape(1.0)
    h = a
    for _ in range(5000):
        h = h + a
    h.backward()
    return float(a.grad)


FAULTS = {
    "factor": BrokenTape(
        "the slope of tanh is 1.001 times too large", "w.tanh()  # w = 0.5", _tanh, _Factor),
    "swapped": BrokenTape(
        "a product sends to each operand what arrives times itself, not times the other",
        "a * b  # a = 3, b = 2", _product, _Swapped),
    "overwritten": BrokenTape(
        "what an op sends to a value replaces what others have sent: = for +=",
        "a * b + a  # a = 3, b = 2", _two_ops, _Overwritten),
    "one_per_operand": BrokenTape(
        "an op that has one value as both operands sends to it once",
        "a * a  # a = 3", _square, _OnePerOperand),
    "order": BrokenTape(
        "values are swept by their distance from the end, so that some hand on too early",
        "h = w * w; h + h * h * h  # w = 2", _late, _WrongOrder),
    "forgets": BrokenTape(
        "a second backward() clears the gradients of the first",
        "(a * b).backward(); (a + b).backward()  # a = 3, b = 2", _two_losses, _Forgets),
    "hands_on_old": BrokenTape(
        "a second backward() hands on what the first has left in .grad as well",
        "loss = (a + a) * one; loss.backward(); loss.backward()", _again, _HandsOnOld),
    "recursive": BrokenTape(
        "backward() calls itself for every op, and Python's stack ends at some 1,000",
        "5,000 additions, one after the other", _long, _Recursive),
}
"""The faults, by name, from the easiest to notice to the hardest."""
