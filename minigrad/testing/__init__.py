"""Prove an op, a function or a cell of your own correct, and prove that your tests would notice.

``check_grads(f, *xs)`` compares derivatives with differences; ``check_op(op)`` runs every law on
one op, ``check_scan(step, state, xs)`` every law of ``scan`` on one step;
``assert_kills_mutants(op, test)`` plants faults and wants `test` to fail. Hypothesis
strategies for arrays, indices and whole op calls are in ``minigrad.testing.strategies``, settings
in ``minigrad.testing.profiles``; these and ``check_op`` need Hypothesis (the extra ``test``).
"""

from .calls import LAYOUTS, Call
from .checking import assert_all_ops, check_call, check_op, drawn_calls
from .gradcheck import CheckRefused, GradientMismatch, check_grads
from .laws import LAWS
from .mutation import (
    MUTANT_KINDS,
    Mutant,
    MutantSurvived,
    assert_kills_mutants,
    mutant,
    mutants,
    survivors,
)
from .scan_checking import check_scan
from .scan_laws import SCAN_LAWS
from .trial import LawBroken
from .whole_domain import UndeclaredKink

__all__ = [
    "LAWS", "LAYOUTS", "MUTANT_KINDS", "SCAN_LAWS", "Call", "CheckRefused", "GradientMismatch",
    "LawBroken", "Mutant", "MutantSurvived", "UndeclaredKink", "assert_all_ops",
    "assert_kills_mutants", "check_call", "check_grads", "check_op", "check_scan", "drawn_calls",
    "mutant", "mutants", "survivors",
]
