"""A tape in 60 lines: numbers that remember how they were made, and one sweep back.

It is what the lesson *tape* asks its readers to write; `tape_laws` says what any such tape has to
obey, and `tape_faults` has broken ones. The engine (minigrad/engine) is the same idea for arrays.
"""

from __future__ import annotations

import itertools
import math

__all__ = ["Scalar"]


class Scalar:
    """A number, with the numbers that it was made of and the local derivative by each.

    >>> a, b = Scalar(3.0), Scalar(2.0)
    >>> (a * b + a).backward()
    >>> a.grad, b.grad
    (3.0, 3.0)
    """

    count = itertools.count()

    def __init__(self, data: float, sources: tuple[tuple[Scalar, float], ...] = ()) -> None:
        self.data = data
        self.grad = 0.0
        self.sources = sources              # pairs: an operand, the local derivative by it
        self.number = next(Scalar.count)     # the order of execution

    def __add__(self, other: Scalar) -> Scalar:
        return Scalar(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Scalar) -> Scalar:
        return Scalar(self.data * other.data, ((self, other.data), (other, self.data)))

    def tanh(self) -> Scalar:
        """tanh(self); its local derivative is 1 - tanh²."""
        out = math.tanh(self.data)
        return Scalar(out, ((self, (1 - out) * (1 + out)),))

    def backward(self) -> None:
        """Add ∂self/∂v to v.grad, for every value v that this one was made of."""
        arrived = {self: 1.0}
        for value in self.newest_first():
            total = arrived[value]          # complete: all that use this value are newer
            value.grad += total
            for operand, slope in value.sources:
                arrived[operand] = arrived.get(operand, 0.0) + total * slope

    def newest_first(self) -> list[Scalar]:
        """This value and all that it was made of, in the order in which they are swept."""
        found, todo = {self}, [self]
        while todo:
            for operand, _ in todo.pop().sources:
                if operand not in found:
                    found.add(operand)
                    todo.append(operand)
        return sorted(found, key=lambda value: value.number, reverse=True)
