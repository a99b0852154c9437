"""What an audit says of one claimed gradient: whether it is right, and if not, what explains it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .wording import Wording

__all__ = ["Finding", "Mistake"]

Array = np.ndarray[Any, Any]


class Mistake(NamedTuple):
    """A mistake in the derivation that leads to the claimed numbers, and so explains them.

    key: its short name. says: what it is, in a sentence.
    gradient: what one computes with this mistake, in the form of the claim (summed over the steps,
        or by step). terms: the same by the step of the use, (T, *shape).
    misfit: ‖claimed − gradient‖ / max(‖claimed‖, ‖gradient‖), 0 where they are equal.
    where: of a mistake in one rule, whose cotangent is wrong (``of``), the op and the line of
        source (``op``, ``line``), and the rule as it should be and as it was used (``right``,
        ``used``; both as ``latex``, which a notebook shows).

    >>> from rnn import ElmanCell
    >>> from rnn.bptt import audit
    >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))       # h_t = 1, 2, 3
    >>> found = audit({"W_hh": np.array([[-4.0]])}, cell, np.ones((3, 1, 1)), lambda h, t: h.sum())
    >>> why = found["W_hh"].explanations[0]
    >>> why.key, why.misfit, why.terms.ravel()
    ('times -1', 0.0, array([ 0., -2., -2.]))
    """

    key: str
    says: str
    misfit: float
    gradient: Array
    terms: Array
    where: Wording | None = None

    def _repr_latex_(self) -> str | None:
        """The rule as it was used and as it should be, for notebooks."""
        return None if self.where is None else f"$\\displaystyle {self.where.latex}$"


class Finding(NamedTuple):
    """What the audit says of one claimed gradient.

    claimed, true: the two gradients, both in the form of the claim. terms: the terms G_t of the
        true one by the step of the use, (T, *shape).
    error: ‖claimed − true‖. relative: error / max(‖claimed‖, ‖true‖); Inf where the claim holds a
        NaN or an Inf. agrees: whether `relative` is within the tolerance.
    steps: the steps t ≥ 1 whose terms are wrong. If only the sum was claimed, those of the first
        explanation; empty without one.
    explanations: the mistakes that lead to the claimed numbers, the simplest first.
    operand: what the parameter is multiplied with in step t, "x_t" or "h_{t-1}"; "" if unknown.
    nearest: without an explanation, the mistake that comes nearest. tried: how many were.

    >>> from rnn import ElmanCell
    >>> from rnn.bptt import audit
    >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))       # h_t = 1, 2, 3
    >>> claim = np.array([[3.0]])                        # without the carry from step 3 to 2
    >>> finding = audit({"W_hh": claim}, cell, np.ones((3, 1, 1)), lambda h, t: h.sum())["W_hh"]
    >>> finding.true, finding.terms.ravel(), finding.relative, finding.steps
    (array([[4.]]), array([0., 2., 2.]), 0.25, (2,))
    >>> finding.explanations[0].key
    'δh_{t-1}: left out'
    """

    name: str
    claimed: Array
    true: Array
    terms: Array
    error: float
    relative: float
    agrees: bool
    steps: tuple[int, ...]
    explanations: tuple[Mistake, ...]
    operand: str
    nearest: Mistake | None = None
    tried: int = 0
