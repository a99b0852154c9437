"""check_scan: steps of all kinds obey its laws, and where one is broken it says which and by how
much."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import SCAN_LAWS, LawBroken, check_scan
from minigrad.testing.scan_checking import check_scan_laws
from minigrad.testing.scan_trial import ScanTrial
from tests.support.compiler_faults import faults, sources
from tests.support.drawn_steps import drawn_step
from tests.support.steps import CASES, weight


@functools.cache
def trial(name):
    return ScanTrial(*CASES[name](np.random.default_rng(0))[:3])


@pytest.mark.parametrize("law", SCAN_LAWS)
@pytest.mark.parametrize("name", CASES)
def test_steps_obey_every_law(name, law):
    """Cells of the package and steps of a user's own, with containers, tokens, branches."""
    check_scan_laws(trial(name), [law])


@settings(max_examples=settings().max_examples // 10)
@given(st.integers(0, 2**32 - 1))
def test_drawn_steps_obey_every_law(seed):
    """Whatever ops a step is made of, in whatever order, drawing or not."""
    step, state, xs, rng = drawn_step(seed)
    with np.errstate(all="ignore"):
        check_scan(step, state, xs, rng=rng, seed=seed)


def test_the_trial_knows_what_a_step_depends_on():
    """Every gradient of the loop is compared, by the name that the step has for it."""
    names = {name: set(trial(name).wanted.gradients) for name in ("containers", "own_lstm", "lstm")}
    assert names["containers"] == {
        "the first state h", "the first state far.0", "the inputs 1.scale", "W", "emb"
    }
    own = {"the first state 0", "the first state 1", "the inputs"}
    assert names["own_lstm"] == own | {"W", "U", "b", "p"}
    assert names["lstm"] == own | {"W_xh", "W_hh", "b_h"}


def test_rows_are_known_from_the_loop():
    """Where rows see each other, or there are none, laws of batches ask for nothing."""
    assert trial("lstm").rows == 3
    assert trial("branches").rows == 0  # an output is a maximum over rows
    assert trial("running").rows == 0
    xs = np.ones((4, 3, 3))
    assert ScanTrial(lambda x, s: (s, s * 0.5 + s.mean(axis=0) + x), np.eye(3), xs).rows == 0


def planted(kind, name="branches"):
    """The first fault of a kind in a case."""
    return next(f for s in sources(trial(name).result) for f in faults(s) if f.kind == kind)


def test_a_broken_law_is_named_with_its_place_and_size():
    """The message has the law, the result or gradient, how many entries, the worst, and the step.
    """
    case = CASES["branches"](np.random.default_rng(0))
    with planted("dropped").planted(), pytest.raises(LawBroken) as caught:
        check_scan(*case[:3])
    text = str(caught.value)
    assert "scan of branches.<locals>.step" in text
    assert "breaks the law 'unrolled': A scan is the loop over its steps" in text
    assert "the gradient of b: " in text
    assert " entries are wrong, by up to " in text
    assert text.rstrip().endswith("seed 0")


def test_nothing_of_the_users_is_changed():
    """Weights, their gradients and the generator are as they were, after an error too."""
    w = mg.tensor(np.eye(2), requires_grad=True)
    w.grad = mg.tensor(np.ones((2, 2)))
    rng = np.random.default_rng(3)

    def step(x, h):
        h = np.tanh(h @ w + x * rng.random(2))
        return h, h

    before = w._data, w._node, w.grad, rng.bit_generator.state
    for law in SCAN_LAWS:
        check_scan(step, np.zeros((1, 2)), np.ones((4, 1, 2)), rng=rng, laws=[law])
        after = w._data, w._node, w.grad, rng.bit_generator.state
        assert all(a is b for a, b in zip(after[:3], before[:3], strict=True)), law
        assert after[3] == before[3]
    assert np.array_equal(w.numpy(), np.eye(2))
    asks = lambda x, h: (h, h if x[0, 0] > 0 else x)  # noqa: E731  # short
    with pytest.raises(mg.errors.TraceError):
        check_scan(asks, np.zeros((1, 2)), np.ones((4, 1, 2)), rng=rng)
    assert rng.bit_generator.state == before[3]


def test_narrow_dtypes_are_held_to_their_own_precision():
    """A step in float32 passes; a fault that is larger than rounding does not."""
    rng = np.random.default_rng(0)
    w = mg.tensor(rng.normal(size=(3, 3)).astype(np.float32), requires_grad=True)
    xs = rng.normal(size=(4, 2, 3)).astype(np.float32)
    check_scan(lambda x, h: (h, np.tanh(h @ w + x)), np.zeros((2, 3), np.float32), xs)


def test_bad_arguments():
    """Unknown laws are listed; what scan refuses is refused in its words."""
    add = lambda x, s: (s, s + x)  # noqa: E731  # short
    with pytest.raises(ValueError, match="no law 'prefixes'; there are unrolled, unoptimised"):
        check_scan(add, 0.0, np.ones(3), laws=["prefixes"])
    with pytest.raises(ValueError, match="no steps"):
        check_scan(add, 0.0, np.ones(0))
    with pytest.raises(TypeError, match="a function"):
        check_scan(3, 0.0, np.ones(3))
    w = weight(np.random.default_rng(0))
    check_scan(lambda x, s: (s * w, s + x), 0.0, np.ones(3), laws="prefix")


EDGES = {
    "no output": (lambda x, s: (None, s * 0.5 + x), np.zeros(2), np.ones((3, 2))),
    "no state": (lambda x, s: (x, None), None, np.ones((3, 2))),
    "a delay": (lambda x, s: (s, x), np.zeros(2), np.ones((3, 2))),
    "integers": (lambda x, s: (s, s + 1), np.zeros(2, int), np.ones((3, 2))),
    "one step": (lambda x, s: (s, s + 1), 0.0, np.ones(1)),
}


@pytest.mark.parametrize("name", EDGES)
def test_steps_with_next_to_nothing_in_them(name):
    """Without a state, an output, a gradient or an op a step is one as any other."""
    check_scan(*EDGES[name])


def test_where_there_are_no_threads_their_law_asks_for_nothing(monkeypatch):
    """As in a browser, where none can be started."""
    started = []

    def start(thread):
        started.append(thread)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", start)
    check_scan_laws(trial("lstm"), ["threads"])
    assert len(started) == 1
