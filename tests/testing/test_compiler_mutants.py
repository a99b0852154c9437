"""Faults of the compiler, planted in the source that it writes: check_scan notices every one."""

import numpy as np
import pytest

from minigrad.testing import check_scan
from minigrad.testing.mutation import notices
from minigrad.testing.scan_trial import ScanTrial
from tests.support.compiler_faults import (
    KINDS,
    faults,
    one_draw_for_all,
    sources,
    without_parts_of_key,
)
from tests.support.drawn_steps import drawn_step
from tests.support.steps import CASES as all_cases

CASES = {
    name: all_cases[name](np.random.default_rng(0))[:3]
    for name in ("running", "constant_start", "containers", "own_lstm", "branches")
}
DELAY = (lambda x, s: (s, x)), np.zeros(2), np.ones((3, 2))  # which calls no op


def planted():
    """All faults that can be planted in what is written for the cases."""
    for name, case in CASES.items():
        for source in sources(ScanTrial(*case).result):
            for k, fault in enumerate(faults(source)):
                yield pytest.param(name, fault, id=f"{name}-{fault.kind}-{k}")


def changes_nothing(case, fault):
    """Whether two factors of one product are swapped, or an array is used again behind the last
    reader of the other."""
    trial = ScanTrial(*case)
    with fault.planted():
        try:
            found = trial.result()
        except Exception:
            return False
    return all(
        np.allclose(have[k], value)
        for have, want in zip(found[:2], trial.wanted[:2], strict=True) for k, value in want.items()
    )


FAULTS = list(planted())


@pytest.mark.parametrize("name, fault", FAULTS)
def test_a_fault_in_what_is_written_is_noticed(name, fault):
    """Something hoisted that depends on the state, one step too few, a total that is replaced, a
    buffer that is used again or twice, rows that are swapped or shifted, results in another order.
    """
    if fault.kind in ("swapped", "reused") and changes_nothing(CASES[name], fault):
        return
    assert notices(lambda: check_scan(*CASES[name]), fault), fault


def test_every_kind_is_planted():
    """No kind of fault is listed for nothing."""
    assert {param.values[1].kind for param in FAULTS} == set(KINDS)


KEY = {"groups": [0], "shapes": [1], "equations": [2], "results": [3], "gradients": [4, 5]}


@pytest.mark.parametrize("part", KEY)
def test_a_stale_plan_is_noticed(part):
    """A plan that is found by less than all of what it depends on: one for other groups of inputs,
    shapes, equations, results, or for what needed no gradient."""
    for case in (CASES["running"], CASES["constant_start"], DELAY):
        try:
            with without_parts_of_key(*KEY[part]):
                check_scan(*case)
        except Exception:
            return
    pytest.fail("nobody notices")


def test_a_repeated_draw_is_noticed():
    """Every step has the draws of the first one."""
    step, state, xs, rng = next(s for s in map(drawn_step, range(50)) if s.rng and len(s[2]) > 2)
    check_scan(step, state, xs, rng=rng, laws=["unrolled"])
    with one_draw_for_all(), pytest.raises(AssertionError):
        check_scan(step, state, xs, rng=rng)
