"""check_op goes everywhere: what is wrong only somewhere is caught, and its right twin passes."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import settings

from minigrad.engine.domain import Domain
from minigrad.engine.op import OPS
from minigrad.testing import CheckRefused, LawBroken, UndeclaredKink, check_grads, check_op
from minigrad.testing.checking import check_everywhere
from minigrad.testing.gradcheck import at_once
from minigrad.testing.numbers import numbers
from minigrad.testing.options import option_calls
from minigrad.testing.slopes import measure_slopes
from tests.support.faulty import FAULTY, KINKS, RIGHT
from tests.support.planted import planted

SEEDS = (0, 1)
# Under other seeds than test_records has, where there is time for it.
MORE = range(1, 1 + settings().max_examples // 200)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", FAULTY)
def test_what_is_wrong_somewhere_is_caught(case, seed):
    """NaN far out, zero beyond 5, wrong at or near one point, at ties, for some arrays, keywords,
    dtypes or orders only, and kinks that no record names: each is caught, whatever is drawn."""
    with at_once(), pytest.raises((AssertionError, CheckRefused)):
        check_op(FAULTY[case], examples=3, seed=seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_passes(case, seed):
    """Right ops pass, also with forwards that lose digits, with poles and declared kinks."""
    check_op(RIGHT[case], examples=3, seed=seed)


@pytest.mark.parametrize("name", OPS if MORE else [])
def test_no_false_alarms(name):
    """Every op of the catalogue passes what goes everywhere, under every seed."""
    for seed in MORE:
        check_everywhere(OPS[name], seed)


PLACES = {
    "relu": "0.0", "hardtanh": "-1.0", "at 2.7": "2.7", "at 0.37, weak": "0.37",
    "at 345.6": "345.6", "jump at 0.5": "0.5", "jump at 12.34": "12.34", "one of two": "6.0",
}


@pytest.mark.parametrize("case", PLACES)
def test_a_kink_is_reported_with_its_place(case):
    """The message of an undeclared kink or jump names the place and what the record lacks."""
    with pytest.raises(UndeclaredKink, match=r"domains=\(Domain\(kinks=\(") as caught:
        check_op(KINKS[case], examples=3)
    assert isinstance(caught.value, LawBroken)
    assert isinstance(caught.value, CheckRefused)
    found = float(str(caught.value).partition("kink or a jump at x=")[2].partition(":")[0])
    assert found == pytest.approx(float(PLACES[case]), abs=1e-12)


def test_a_declared_domain_is_not_left():
    """Beyond the ends that a record declares nothing is asked of its op."""
    seen = []

    def forward(x):
        seen.append(np.array(x))
        return np.log(x)

    check_everywhere(planted(vjps=(lambda g, x: g / x,), domains=(Domain(0.5, 2.0),))(forward).op)
    assert all(np.nanmin(x) >= 0.49 and np.nanmax(x) <= 2.01 for x in seen)


def test_a_function_that_differences_cannot_follow_is_refused():
    """Where differences tell nothing at most points the check says so, instead of passing."""
    noise = np.random.default_rng(0).normal(size=2**16)

    @planted(vjps=(lambda g: g,))
    def rough(x):
        bits = np.asarray(x, np.float64).view(np.int64)
        return x + noise[(bits * 2654435761 >> 16) % 2**16].astype(np.asarray(x).dtype)

    with pytest.raises((AssertionError, CheckRefused)):
        check_op(rough, examples=3)


FUNCTIONS = {
    "tanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2, (-np.inf, np.inf)),
    "exp": (np.exp, np.exp, (-np.inf, np.inf)),
    "square": (np.square, lambda x: 2 * x, (-np.inf, np.inf)),
    "sin": (np.sin, np.cos, (-np.inf, np.inf)),
    "log": (np.log, lambda x: 1 / x, (0.0, np.inf)),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x), (0.0, np.inf)),
    "arctan": (np.arctan, lambda x: 1 / (1 + x * x), (-np.inf, np.inf)),
    "arcsin": (np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), (-1.0, 1.0)),
    "sin of 50 x": (lambda x: np.sin(50 * x), lambda x: 50 * np.cos(50 * x), (-np.inf, np.inf)),
}


@pytest.mark.parametrize("case", FUNCTIONS)
def test_measured_slopes_keep_their_bounds_everywhere(case):
    """From 1e-320 to 1e307 the true slope lies within the error that is reported, no smooth
    function has a kink, and most slopes of moderate numbers are known to a thousandth."""
    function, slope, (low, high) = FUNCTIONS[case]
    x = numbers(Domain(low, high), fine=True)
    with np.errstate(all="ignore"):
        m = measure_slopes(function, x, np.full(x.shape, low), np.full(x.shape, high))
        true, known = slope(x), np.isfinite(m.error) & np.isfinite(function(x))
        known &= np.isfinite(slope(x))
    assert np.all(np.abs(m.value - true)[known] <= (4 * m.error + 1e-4 * np.abs(true))[known])
    assert not m.bent.any()
    moderate = known & (np.abs(x) > 1e-3) & (np.abs(x) < 5)
    assert np.mean((m.error <= 1e-3 * np.abs(true))[moderate]) > 0.95


@pytest.mark.parametrize("kink", [0.0, 1.0, -3.0, 0.37, 1e-5, 345.6])
@pytest.mark.parametrize("bend", [1.0, 0.01])
def test_kinks_are_measured_from_both_sides(kink, bend):
    """At a kink the slopes to either side are measured, and it is called one, even a weak one."""
    at = np.array([kink])
    away = np.array([np.inf])
    m = measure_slopes(lambda x: x + bend * np.maximum(x - kink, 0), at, -away, away)
    assert m.bent.all()
    assert m.left == pytest.approx(1.0, rel=1e-5)
    assert m.right == pytest.approx(1 + bend, rel=1e-5)


def test_numbers_of_a_domain():
    """The numbers of a domain have both zeros, every decade, its kinks, and come close to its ends,
    which they leave out."""
    x = numbers(Domain(), fine=True)
    assert [bool(np.signbit(v)) for v in x[x == 0]] == [True, False]
    assert x[0] < -1e304
    assert x[-1] > 1e304
    assert np.all(np.diff(np.log10(x[x > 1e-300])) < 7)
    near = numbers(Domain(0.0, 2.0, kinks=(1.0,)), fine=False)
    assert near[0] == 5e-324
    assert 2 - 1e-9 < near[-1] < 2
    assert 1.0 in near
    assert np.all((near > 0) & (near < 2))


def test_every_keyword_that_can_be_listed():
    """Calls are made for every axis from either end, every pair, all, none, and both flags."""
    calls = option_calls(OPS["sum"], np.random.default_rng(0))
    seen = {(c.params["axis"], c.params["keepdims"]) for c in calls}
    axes = [None, 0, 1, 2, -1, -2, -3, (0, 1), (1, 0), (0, -1), (0, 1, 2), ()]
    assert {(axis, keep) for axis in axes for keep in (False, True)} <= seen


def test_a_kink_that_no_line_shows_is_refused():
    """A median of equal entries is linear along every line and no linear function: check_grads
    refuses the point instead of accusing the rule."""
    with pytest.raises(CheckRefused, match="has no derivative at the given point"):
        check_grads(np.median, np.ones(5))


def test_a_function_that_is_random_now_and_then_is_refused():
    """A function that differs between a few of its calls is not accused of a wrong derivative."""
    calls = iter(range(10**6))
    with pytest.raises(CheckRefused, match="random numbers"):
        check_grads(lambda x: x * (1.5 if next(calls) % 5 == 4 else 1.0), np.array([0.5, 1.0]))


def test_steps_do_not_fall_into_a_period():
    """At large numbers steps are long, and no multiples of the period of the function."""
    check_grads(np.sinc, np.array([1000.5, -4096.25]))




WITHOUT = """
import sys
sys.modules["hypothesis"] = None
import minigrad.testing, rnn.testing
from importlib import import_module
for call in (
    lambda: minigrad.testing.check_op("tanh"),
    lambda: minigrad.testing.assert_all_ops(["tanh"]),
    lambda: minigrad.testing.drawn_calls("tanh"),
    lambda: minigrad.testing.mutants("tanh"),
    lambda: rnn.testing.check_cell(rnn.GRUCell),
    lambda: import_module("minigrad.testing.strategies"),
    lambda: import_module("minigrad.testing.profiles"),
):
    try:
        call()
    except ExceptionGroup as group:
        print(group.exceptions[0])
    except ImportError as error:
        print(error)
minigrad.testing.check_grads(lambda x: x * x, minigrad.tensor([1.0]).numpy())
"""


def test_without_hypothesis_the_extra_is_named():
    """What needs Hypothesis says so where it is missing, by its own name, and how to install it;
    check_grads needs none."""
    run = [sys.executable, "-c", WITHOUT]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == 7
    assert all("pip install -e '.[test]'" in line for line in lines)
    assert [line.split()[0] for line in lines] == [
        "check_op", "check_op", "drawn_calls", "drawn_calls", "check_cell",
        "minigrad.testing.strategies", "minigrad.testing.profiles",
    ]
