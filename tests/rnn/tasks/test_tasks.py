"""The long-lag tasks: what is drawn follows their rules, and the baselines are what they say."""

import itertools
import re

import numpy as np
import pytest

from minigrad.functional import cross_entropy
from rnn import LSTM, Readout, last
from rnn.tasks import Adding, CopyMemory, EmbeddedReber, TemporalOrder

TASKS = (Adding(7), TemporalOrder(), CopyMemory(5, 3, 4), EmbeddedReber())


def generator(seed=0):
    return np.random.default_rng(seed)


# -- all of them


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_same_seed_same_batch(task):
    """A batch is determined by the generator, which goes on: the next batch is another one."""
    first, second = generator(), generator()
    for one, other in zip(task.draw(6, first), task.draw(6, second), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(task.draw(64, first)[0], task.draw(64, first)[0])


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_sizes(task):
    """Time comes first, the batch second; tokens and classes stay within the declared sizes."""
    first, *others = task.draw(6, generator())
    assert first.shape[1] == 6
    if first.ndim == 3:
        assert first.shape[2] == task.input_size
    else:
        assert first.min() >= 0
        assert first.max() < task.input_size
        target = others[-1] if isinstance(task, TemporalOrder) else others[0]
        assert target.max() < task.output_size


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_arguments_of_draw(task):
    """A seed gives the batch of the generator that it starts, at each call; None a fresh one."""
    name = type(task).__name__
    wanted = task.draw(6, generator(3))[0]
    for drawn in (task.draw(6, 3), task.draw(6, rng=np.int32(3))):
        np.testing.assert_array_equal(drawn[0], wanted)
    assert np.shape(task.draw(6)[0])[1] == 6
    for rng in ("3", 3.0, True, np.random.RandomState(3)):
        with pytest.raises(TypeError, match=rf"{name}\.draw: received rng=.*wanted a NumPy"):
            task.draw(2, rng)
    with pytest.raises(ValueError, match=rf"{name}\.draw\(batch=0\)"):
        task.draw(0, generator())
    with pytest.raises(TypeError, match=rf"{name}\.draw\(batch=2\.5\)"):
        task.draw(2.5, generator())


# -- adding


@pytest.mark.parametrize("T", [2, 3, 10, 100])
def test_adding_sums_what_is_marked(T):
    """One mark in each half, everything else in [0, 1), and the target is the marked sum."""
    xs, targets = Adding(T).draw(200, generator())
    values, marks = xs[..., 0], xs[..., 1]
    assert xs.shape == (T, 200, 2)
    assert targets.shape == (200, 1)
    assert xs.dtype == targets.dtype == np.float32
    assert values.min() >= 0
    assert values.max() < 1
    assert set(np.unique(marks)) <= {0, 1}
    np.testing.assert_array_equal(marks[: T // 2].sum(axis=0), 1)
    np.testing.assert_array_equal(marks[T // 2 :].sum(axis=0), 1)
    np.testing.assert_allclose(targets[:, 0], (values * marks).sum(axis=0), rtol=1e-6)


def test_adding_marks_every_step():
    """Every step of each half is marked about equally often."""
    batch = 20_000
    marks = Adding(10).draw(batch, generator())[0][..., 1]
    np.testing.assert_allclose(marks.mean(axis=1), 0.2, atol=5 * np.sqrt(0.16 / batch))


def test_adding_baseline():
    """The constant 1 scores 1/6, and knowing the second number alone 1/12, by sampling."""
    xs, targets = Adding(4, dtype=float).draw(200_000, generator())
    assert np.mean((targets - 1) ** 2) == pytest.approx(Adding.baseline, rel=0.01)
    assert Adding.baseline == pytest.approx(1 / 6)
    second = (xs[2:, :, 0] * xs[2:, :, 1]).sum(axis=0)
    assert np.mean((targets[:, 0] - second - 0.5) ** 2) == pytest.approx(1 / 12, rel=0.01)


def test_adding_arguments():
    """Fewer steps than numbers, and dtypes that cannot hold them, are refused."""
    with pytest.raises(ValueError, match=r"Adding\(T=1\): wanted 2 or more"):
        Adding(1)
    with pytest.raises(TypeError, match="float dtype"):
        Adding(5, dtype=int)
    assert Adding(5, dtype=np.float64).draw(2, generator())[1].dtype == np.float64


# -- temporal order

# Experiment 6a in words: E, 8 to 18 letters, X or Y, letters, X or Y, letters, B.
ORDER = re.compile(r"E([abcd]{8,18})([XY])([abcd]{29,49})([XY])([abcd]{39,59})B")


def test_temporal_order_is_experiment_6a():
    """Every sequence is of the form of the paper, and its class is the one of its two symbols."""
    task = TemporalOrder()
    tokens, lengths, classes = task.draw(500, generator())
    assert tokens.shape == (110, 500)
    for column, n, label in zip(tokens.T, lengths, classes, strict=True):
        text = "".join(task.symbols[k] for k in column)
        match = ORDER.fullmatch(text[:n])
        assert match, text
        before, first, between, second, after = match.groups()
        t1, t2 = len(before) + 2, len(before) + len(between) + 3
        assert 10 <= t1 <= 20
        assert 50 <= t2 <= 60
        assert 100 <= n == t2 + len(after) + 1 <= 110
        assert label == ["XX", "XY", "YX", "YY"].index(first + second)
        assert set(text[n:]) <= {"B"}


def test_temporal_order_uses_all_of_its_range():
    """Lengths, steps and classes take every value they may, and classes are about even."""
    task = TemporalOrder()
    tokens, lengths, classes = task.draw(4_000, generator())
    assert set(lengths) == set(range(100, 111))
    steps = [np.flatnonzero(column >= 6) + 1 for column in tokens.T]
    assert {t1 for t1, _ in steps} == set(range(10, 21))
    assert {t2 for _, t2 in steps} == set(range(50, 61))
    shares = np.bincount(classes) / len(classes)
    np.testing.assert_allclose(shares, 0.25, atol=0.03)
    assert 1 - shares.max() == pytest.approx(task.baseline, abs=0.03)


def test_temporal_order_smaller():
    """Other limits give shorter sequences of the same form; those that do not fit are refused."""
    task = TemporalOrder(lengths=(6, 7), first=(2, 3), second=(4, 5))
    tokens, lengths, _ = task.draw(100, generator())
    assert tokens.shape == (7, 100)
    assert set(lengths) == {6, 7}
    for limits, error in (
        ({"first": (1, 3)}, r"first=\(1, 3\).*2 ≤ first ≤ last"),
        ({"second": (20, 60)}, r"second=\(20, 60\).*21 ≤ first"),
        ({"lengths": (60, 70)}, r"lengths=\(60, 70\).*61 ≤ first"),
        ({"lengths": (110, 100)}, "first ≤ last"),
    ):
        with pytest.raises(ValueError, match=error):
            TemporalOrder(**limits)
    with pytest.raises(TypeError, match=r"lengths=100\): wanted two integers"):
        TemporalOrder(lengths=100)


# -- copy memory


@pytest.mark.parametrize(("T", "S", "K"), [(50, 10, 8), (1, 1, 1), (1, 3, 2), (5, 2, 4)])
def test_copy_memory_repeats_after_the_mark(T, S, K):
    """S symbols, blanks up to the mark T steps after the last of them, then the same S symbols."""
    task = CopyMemory(T, S, K)
    tokens, targets = task.draw(50, generator())
    assert tokens.shape == targets.shape == (T + 2 * S, 50)
    for given, wanted in zip(tokens.T.tolist(), targets.T.tolist(), strict=True):
        said = given[:S]
        assert all(0 <= symbol < K for symbol in said)
        assert given[S:] == [K] * (T - 1) + [K + 1] + [K] * S
        assert wanted == [K] * (T + S) + said
        assert given.index(K + 1) == S + T - 1


def test_copy_memory_baseline():
    """A predictor that knows when, but not what, scores 10 ln 8 / 70 = 0.2971 by cross-entropy."""
    task = CopyMemory(T=50)
    assert task.baseline == pytest.approx(0.29706, abs=1e-5)
    _, targets = task.draw(4, generator())
    logits = np.full((70, 4, 9), -1e4)
    logits[:60, :, 8] = 0                   # blanks, surely
    logits[60:, :, :8] = 0                  # one of the eight symbols, who knows which
    found = cross_entropy(logits.reshape(-1, 9), targets.reshape(-1))
    assert float(found) == pytest.approx(task.baseline, rel=1e-12)
    assert CopyMemory(3, 2, 1).baseline == 0


# -- embedded Reber grammar

INNER = r"B(TS*X(XT*VP)*(S|XT*VV)|PT*V(P(XT*VP)*(S|XT*VV)|V))E"
GRAMMAR = re.compile(rf"B(?:T{INNER}T|P{INNER}P)E")


def test_reber_strings_are_those_of_the_expression():
    """Drawn strings match the grammar's regular expression, and both outer symbols occur."""
    task, rng = EmbeddedReber(), generator()
    strings = [task.string(rng) for _ in range(2_000)]
    assert all(GRAMMAR.fullmatch(string) for string in strings)
    assert {string[1] for string in strings} == {string[-2] for string in strings} == {"T", "P"}
    assert min(map(len, strings)) == 9
    assert np.mean([string[1] == "T" for string in strings]) == pytest.approx(0.5, abs=0.05)


def completions(longest):
    """All strings of the grammar with up to `longest` symbols, found by trying."""
    found, prefixes = set(), [""]
    for _ in range(longest):
        prefixes = [p + s for p in prefixes for s in EmbeddedReber.symbols if possible(p + s)]
        found.update(p for p in prefixes if GRAMMAR.fullmatch(p))
    return found


def possible(prefix):
    """Whether some string of the grammar begins with `prefix`: try the ways to end it."""
    ends = ("TXSE", "XSE", "SE", "E", "VVE", "VE", "PVVE", "BPVVE", "BTXSE", "")
    tails = [end + outer + "E" for end in ends for outer in "TP"] + ["E", ""]
    tails += [outer + "BPVVE" + outer + "E" for outer in "TP"]
    return any(GRAMMAR.fullmatch(prefix + tail) for tail in tails)


def test_reber_continuations_are_those_of_the_expression():
    """After every prefix exactly those symbols are legal with which a string can go on."""
    task = EmbeddedReber()
    strings = completions(13)
    assert len(strings) > 40
    for string in strings:
        for k, legal in enumerate(task.continuations(string), start=1):
            wanted = {s for s in task.symbols if possible(string[:k] + s)}
            assert set(legal) == wanted, (string, k)


def test_reber_refuses_other_strings():
    """Any change of one symbol, and any cut, is refused unless it gives another legal string."""
    task = EmbeddedReber()
    string = "BTBTSXXVVETE"
    assert GRAMMAR.fullmatch(string)
    changed = [string[:k] + s + string[k + 1 :] for k, s in
               itertools.product(range(len(string)), task.symbols)]
    for other in changed + [string[:k] for k in range(len(string))] + [string + "E"]:
        if GRAMMAR.fullmatch(other):
            task.continuations(other)
        else:
            with pytest.raises(ValueError, match="is not of the grammar"):
                task.continuations(other)
    with pytest.raises(ValueError, match="after 'BTBTSXXVVE' comes P, wanted T"):
        task.continuations("BTBTSXXVVEPE")
    with pytest.raises(ValueError, match="after 'BT' comes nothing, wanted B"):
        task.continuations("BT")


def test_reber_arrays():
    """Tokens are the string without its end, targets without its start; padding counts nowhere."""
    task = EmbeddedReber()
    strings = ["BTBTXSETE", "BPBPTTVPSEPE"]
    tokens, targets, lengths, legal = task.encode(strings)
    assert tokens.shape == targets.shape == (11, 2)
    assert legal.shape == (11, 2, 7)
    for b, string in enumerate(strings):
        n = lengths[b]
        assert n == len(string) - 1
        assert "".join(task.symbols[k] for k in tokens[:n, b]) == string[:-1]
        assert "".join(task.symbols[k] for k in targets[:n, b]) == string[1:]
        assert legal[np.arange(n), b, targets[:n, b]].all()
        rows = ["".join(itertools.compress(task.symbols, row)) for row in legal[:n, b]]
        assert [set(row) for row in rows] == [set(s) for s in task.continuations(string)]
    np.testing.assert_array_equal(targets[8:, 0], -100)
    assert not legal[8:, 0].any()
    with pytest.raises(ValueError, match="at least one string"):
        task.encode([])


def test_reber_leaves_out_what_is_held_out():
    """Strings that `accept` refuses are not drawn, and the order of the others stays."""
    task = EmbeddedReber()
    rng, other = generator(), generator()
    plain = [task.string(rng) for _ in range(200)]
    held = {plain[0], "BTBTXSETE"}
    kept = [string for string in plain if string not in held]
    assert 0 < len(kept) < 200
    one = task.draw(len(kept), other, lambda string: string not in held)
    np.testing.assert_array_equal(one.tokens, task.encode(kept).tokens)


def test_reber_baseline():
    """The last symbol but one is fixed by the second alone: without it, half are wrong."""
    task, rng = EmbeddedReber(), generator()
    strings = [task.string(rng) for _ in range(4_000)]
    seen = {}
    for string in strings:
        seen.setdefault(string[2:-2], []).append(string[-2])
    common = max(seen.values(), key=len)
    assert len(common) > 500
    assert np.mean([symbol == "T" for symbol in common]) == pytest.approx(task.baseline, abs=0.06)


# -- with the rest of the package


def test_layers_take_what_is_drawn():
    """Tokens and lengths go into a layer as they are, and targets into the losses."""
    order = TemporalOrder(lengths=(6, 7), first=(2, 3), second=(4, 5))
    tokens, lengths, classes = order.draw(5, generator())
    layer, head = LSTM(order.input_size, 4, rng=0), Readout(4, order.output_size, rng=1)
    logits = head(last(layer(tokens, lengths=lengths)[0], lengths))
    assert np.isfinite(cross_entropy(logits, classes).item())
    strings = EmbeddedReber().draw(5, generator())
    layer, head = LSTM(7, 4, rng=0), Readout(4, 7, rng=1)
    logits = head(layer(strings.tokens, lengths=strings.lengths)[0])
    loss = cross_entropy(logits.reshape(-1, 7), strings.targets.reshape(-1))
    assert loss.item() == pytest.approx(np.log(7), rel=0.1)
