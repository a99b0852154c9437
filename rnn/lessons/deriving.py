"""A derivation as an answer: it is audited against the tape, gradient by gradient.

An examiner runs the model of its exercise on tensors; what the learner derived are numbers. Where
the two differ, `rnn.bptt.audit` finds the steps that are wrong and the slip that leads there.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from ..bptt import audit
from ..bptt.audits.report import written
from .exercise import Wrong

__all__ = ["derived"]


def derived(what: str, claimed: Mapping[str, Any], rtol: float = 1e-4, **model: Any) -> None:
    """Hold derived gradients against the tape's.

    what: the derivation, as the subject of a sentence. claimed, rtol, model: the arguments of
    `rnn.bptt.audit`; of the model those are cell, xs, loss, params and state.

    Raises Wrong with all that the audit says: which gradients are wrong, at which steps, by which
    slip.

    >>> import numpy as np
    >>> import minigrad as mg
    >>> w = mg.tensor(0.5, requires_grad=True, name="w")
    >>> def step(x, h):
    ...     h = w * h + x
    ...     return h, h
    >>> model = {"cell": step, "xs": np.ones(3), "loss": lambda h, t: h if t == 3 else None,
    ...     "params": [w], "state": mg.tensor(0.0)}                                # h_t = 1, 1.5, …
    >>> derived("the sum", {"w": [0.0, 0.5, 1.5]}, **model)
    >>> derived("the sum", {"w": [0.0, 1.0, 1.5]}, **model)    # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    rnn.lessons.exercise.Wrong: the sum does not agree with the tape.
    ...
        ∂L/∂w: the factor w is missing in `h = w * h + x` ...
    """
    try:
        found = audit(claimed, rtol=rtol, **model)
    except (TypeError, ValueError) as error:    # the shape of a claim
        raise Wrong(f"{what}: {error}.") from None
    if not found.agrees:
        said = textwrap.indent(written(found.findings, across=76), "    ")
        raise Wrong(f"{what} does not agree with the tape.\n\n{said}")
