"""What an audit says of one claimed gradient: whether it is right, and if not, what explains it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

__all__ = ["Explanation", "Finding"]

Array = np.ndarray[Any, Any]


class Explanation(NamedTuple):
    """A slip that leads to the claimed numbers.

    key, says: its short name, and what it is. misfit: ‖claimed − slipped‖ / ‖claimed‖. slipped:
    the gradient with the slip, in the form of the claimed one. terms: the same by the step of the
    use, (T, *shape).

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
    slipped: Array
    terms: Array


class Finding(NamedTuple):
    """What the audit says of one claimed gradient.

    claimed, true: in the form in which it was claimed. terms: the true one by the step of the use,
    (T, *shape). error: ‖claimed − true‖. relative: the same over the larger of their norms;
    Inf where the claim holds a NaN or an Inf.
    agrees: whether that is within the tolerance. steps: the steps whose terms are wrong, as far as
    one can know: out of claimed terms, or else out of the first explanation. explanations: the
    slips that lead to the claimed numbers, the simplest first. operand: what the parameter is
    multiplied with in step t, "x_t" or "h_{t-1}", where that can be told.

    >>> from rnn import ElmanCell
    >>> from rnn.bptt import audit
    >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))       # h_t = 1, 2, 3
    >>> claim = np.array([[3.0]])                        # without the carry from step 3 to 2
    >>> finding = audit({"W_hh": claim}, cell, np.ones((3, 1, 1)), lambda h, t: h.sum())["W_hh"]
    >>> finding.true, finding.terms.ravel(), finding.relative, finding.steps
    (array([[4.]]), array([0., 2., 2.]), 0.25, (2,))
    >>> finding.explanations[0].key
    'carry missing'
    """

    name: str
    claimed: Array
    true: Array
    terms: Array
    error: float
    relative: float
    agrees: bool
    steps: tuple[int, ...]
    explanations: tuple[Explanation, ...]
    operand: str
