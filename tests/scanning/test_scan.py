"""What scan does beside its laws, which test_check_scan holds: plans, messages, hooks, names."""

import linecache

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine.node import ancestors
from minigrad.errors import TraceError
from minigrad.functional import embedding
from minigrad.scanning import plan as plans
from minigrad.scanning.tracer import Tracer
from minigrad.testing.calls import record_of
from minigrad.testing.faults import Mutant
from minigrad.transforms.tree import flatten
from tests.support.steps import CASES, B, Case, H, K, T, weight


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def passed(case, how="scan", **options):
    """Outputs, last state and gradients of one pass."""
    for p in case.leaves:
        p.zero_grad()
    outputs, last = mg.scan(case.step, case.state, case.xs, how=how, **options)
    results = flatten((outputs, last))[0]
    rng = np.random.default_rng(1)
    loss = sum(
        ((y * rng.normal(size=y.shape)).sum() for y in results if y.requires_grad), mg.tensor(0.0)
    )
    if loss.requires_grad:
        loss.backward()
    grads = [None if p.grad is None else p.grad.numpy() for p in case.leaves]
    return [y.detach().numpy() for y in results], grads


def assert_same(found, wanted):
    """To rounding, as products of many rows and sums over time have their own order."""
    for y, z in zip(found[0], wanted[0], strict=True):
        np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-14)
    for k, (g, want) in enumerate(zip(found[1], wanted[1], strict=True)):
        assert (g is None) == (want is None), k
        if g is not None:
            np.testing.assert_allclose(g, want, rtol=1e-12, atol=1e-13, err_msg=str(k))


def test_one_node(rng):
    """A scan leaves one op on the tape."""
    case = CASES["own_lstm"](rng)
    outputs, _ = mg.scan(case.step, case.state, case.xs)
    ops = [node.op.name for node in ancestors([outputs["h"]._node]) if node.op]
    assert ops == ["output", "scan"]


def test_the_plan_is_found_again_and_is_not_stale(rng):
    """One plan serves every call of one signature, with the weights as they are then."""
    case = CASES["lstm"](rng)
    passed(case)
    count = len(plans._plans)
    with mg.no_grad():
        for p in case.leaves[:3]:
            p -= 0.1
    assert_same(passed(case), passed(case, "unroll"))
    assert len(plans._plans) == count
    cell = rnn.LSTMCell(K, H, dtype=float, rng=7)
    other = Case(cell.step, case.state, case.xs, [*cell.parameters(), *case.state, case.xs])
    assert_same(passed(other), passed(other, "unroll"))
    assert len(plans._plans) == count
    with mg.no_grad():
        outputs, _ = mg.scan(case.step, case.state, case.xs)
    assert not outputs.requires_grad
    np.testing.assert_array_equal(outputs.numpy(), passed(case)[0][0])
    case.leaves[0].requires_grad = False
    assert passed(case)[1][0] is None


def test_what_is_not_chosen_behind_a_scan_stays_so(rng):
    """An infinite slope inside of a scan does not make NaN of what nobody chose."""
    s0 = mg.tensor(np.array([0.0, 4.0]), requires_grad=True)
    ys, _ = mg.scan(lambda x, s: (np.sqrt(s) * x, s), s0, np.ones((3, 2)))
    (g,) = mg.gradients(np.where(np.array([False, True]), ys, 0.0).sum(), [s0])
    np.testing.assert_allclose(g.numpy(), [0.0, 0.75])


def test_what_is_referred_to_is_read_at_every_call(rng):
    """Arrays, numbers and flags that the step refers to are those of the call."""
    array, scale = rng.normal(size=H), [2.0]

    def step(x, s):
        s = s * scale[0] + x * array
        return s, s

    xs = rng.normal(size=(T, B, H))
    for value in (2.0, -0.5):
        scale[0], array = value, array + 1
        found, _ = mg.scan(step, np.zeros((B, H)), xs)
        want, _ = mg.scan(step, np.zeros((B, H)), xs, how="unroll")
        np.testing.assert_array_equal(found.numpy(), want.numpy())


def test_a_table_that_is_indexed_by_the_state():
    """A plain array or list cannot be: the error says how, and so it is the loop's row."""
    table = np.arange(12.0).reshape(4, 3)
    for plain in (table, table.tolist()):
        with pytest.raises(TraceError, match=r"mg\.tensor\(table\)\[i\]"):
            mg.scan(lambda x, i, plain=plain: (plain[i], i + 1), 0, np.ones(T))
    rows, _ = mg.scan(lambda x, i: (mg.tensor(table)[i], i + 1), 0, np.ones(4))
    np.testing.assert_array_equal(rows.numpy(), table)


def test_what_cannot_be_traced_says_where():
    """A step that asks for values is refused, with the op, the line and the way out."""
    xs = np.ones((T, B))
    for step, text in {
        lambda x, s: (s, s + x if x.sum() > 0 else s): "truth value.*greater",
        lambda x, s: (s, s * float(x.sum())): r"float\(\) of the result of sum",
        lambda x, s: (s, s + np.asarray(x)): "np.asarray",
        lambda x, s: (s, s + x.item()): "item",
        lambda x, s: (s, s + x[x > 0].sum()): "unroll",
        lambda x, s: (s, s + len(np.nonzero(x)[0])): "nonzero",
    }.items():
        with pytest.raises(TraceError, match=text) as caught:
            mg.scan(step, np.zeros(B), xs)
        assert "test_scan.py" in str(caught.value)
        assert "unroll" in str(caught.value)
        assert mg.scan(lambda x, s: (s, s + x), np.zeros(B), xs)[1].shape == (B,)


def test_bad_arguments():
    """Errors name what was received and what is wanted."""
    add = lambda x, s: (s, s + x)  # noqa: E731  # short
    for call, error, text in (
        (lambda: mg.scan(3, 0.0, np.ones(3)), TypeError, "a function"),
        (lambda: mg.scan(add, 0.0, np.ones(0)), ValueError, "no steps"),
        (lambda: mg.scan(add, 0.0, 1.0), ValueError, "axis"),
        (lambda: mg.scan(add, 0.0, []), ValueError, "no array"),
        (lambda: mg.scan(lambda x, s: (s, s), 0.0, (np.ones(3), np.ones(4))), ValueError, "3, 4"),
        (lambda: mg.scan(add, np.zeros(2, int), np.ones((3, 2))), ValueError, "float64"),
        (lambda: mg.scan(add, np.zeros(1), np.ones((3, 2))), ValueError, r"\(2,\)"),
        (lambda: mg.scan(lambda x, s: s, 0.0, np.ones(3)), TypeError, "pair"),
        (lambda: mg.scan(lambda x, s: (s, (s, s)), 0.0, np.ones(3)), ValueError, "form"),
        (lambda: mg.scan(add, np.zeros(2), np.ones((3, 2)), lengths=[1]), ValueError, "lengths"),
        (lambda: mg.scan(add, np.zeros(2), np.ones((3, 2)), lengths=[1, 4]), ValueError, "T = 3"),
        (lambda: mg.scan(add, 0.0, np.ones(3), how="fast"), ValueError, "unroll"),
    ):
        with pytest.raises(error, match=text):
            call()


@pytest.mark.parametrize("t", [0, 2])
def test_wrong_values_are_told_by_the_op(t):
    """At whatever step they come, in the first call and in later ones: as the loop tells them."""
    W = mg.Parameter(np.ones((5, H)))

    def step(x, h):
        h = np.tanh(embedding(x, W) + h)
        return h, h

    good = np.zeros((T, B), int)
    bad = good.copy()
    bad[t, 1] = 9
    for _ in range(2):
        with pytest.raises(IndexError, match=r"^embedding\(.*\): index holds 0 to 9, wanted"):
            mg.scan(step, np.zeros((B, H)), bad)
        mg.scan(step, np.zeros((B, H)), good)


def test_hooks_and_anomaly_detection_see_every_step(rng):
    """A hook inside the step runs at each; detect_anomaly names the step."""
    seen = []
    w = weight(rng)

    def step(x, s):
        s = s * w + x
        s.register_hook(lambda g: seen.append(float(g)))
        return s, s

    _, last = mg.scan(step, 0.0, np.ones(3))
    last.backward()
    assert len(seen) == 3
    with (
        pytest.raises(mg.errors.AnomalyError, match="t=1"), np.errstate(invalid="ignore"),
        mg.detect_anomaly(),
    ):
        mg.scan(lambda x, s: (s, s + np.log(x) * w), 0.0, np.array([1.0, -1.0]))


def test_an_error_in_mid_run_leaves_the_next_run_right(rng):
    """An index that is out of range at one step is that op's error; then all is as before."""
    emb = weight(rng, 3, H)
    step = lambda x, s: (s, s + mg.functional.embedding(x, emb))  # noqa: E731  # short
    with pytest.raises(IndexError):
        mg.scan(step, np.zeros((B, H)), np.full((4, B), 2) + np.arange(4)[:, None])
    _, last = mg.scan(step, np.zeros((B, H)), np.zeros((4, B), int))
    np.testing.assert_allclose(last.detach().numpy(), 4 * np.tile(emb.numpy()[0], (B, 1)))


def test_the_plan_can_be_read(rng):
    """The source has the names of the cell, is found by tracebacks, and is what runs."""
    case = CASES["own_lstm"](rng)
    plan = mg.scan.plan(case.step, case.state, case.xs)
    for name in ("np.matmul(h, U", "c_new", "d_c_new", "i_all", "d_U"):
        assert name in plan.source, name
    first = linecache.getline(plan.forward.__code__.co_filename, 1)
    assert first == plan.source.partition("\n")[0] + "\n"
    table = str(plan.program).splitlines()
    assert table[0].split() == ["#", "op", "name", "shape", "operands", "keywords", "line"]
    assert "Σ captured" in str(plan.transpose)
    assert "flops" in plan.explain()
    count = len(plans._plans)
    mg.scan(case.step, case.state, case.xs)
    assert len(plans._plans) == count


def test_numpys_functions_keep_the_graph_or_say_so(rng):
    """Whatever NumPy function a step calls: the gradient is the loop's, or the loop's error."""
    W, xs = weight(rng, H, H), weight(rng, T, B, H)

    def case(f):
        return Case(lambda x, h: (f(h @ W + x), np.tanh(h @ W + x)), np.zeros((B, H)), xs, [W, xs])

    for f in (
        lambda z: np.sum(z, axis=1), lambda z: np.mean(z), lambda z: np.max(z, axis=0),
        lambda z: np.std(z, axis=1), lambda z: np.cumsum(z, axis=1), lambda z: np.roll(z, 1),
        lambda z: np.add.reduce(z, axis=1), lambda z: np.flip(z), lambda z: np.sort(z, axis=1),
        lambda z: np.einsum("bh,bk->hk", z, z), lambda z: np.stack([z, z * z]),
        lambda z: np.where(np.argmax(z, axis=1)[:, None] == np.arange(H), z, 0.0),
        lambda z: z[:, ::2] @ z.T[::2], lambda z: np.clip(z, -0.5, 0.5), lambda z: np.isnan(z),
        lambda z: np.take_along_axis(z, np.argsort(z.detach(), axis=1), axis=1),
        lambda z: np.floor(z) * z, lambda z: np.unwrap(z),
        lambda z: np.logaddexp(z, z.T[:1].T) + np.sign(z),
    ):
        assert_same(passed(case(f)), passed(case(f), "unroll"))
    with pytest.raises(mg.errors.NoDerivativeError):
        passed(case(lambda z: np.spacing(z)))
    constant = Case(lambda x, s: (np.spacing(x), s + np.nextafter(x, 2.0)), 0.0, np.ones(4), [])
    assert_same(passed(constant), passed(constant, "unroll"))


def test_a_fault_in_a_rule_is_seen_and_gone_with_it():
    """A plan is that of the ops' rules as they are: a planted fault changes the gradient of a step
    that has a plan already, and leaves none behind."""
    w = mg.tensor(0.5, requires_grad=True)

    def gradient():
        outputs, _ = mg.scan(lambda x, h: (np.tanh(x * w + h),) * 2, 0.0, np.arange(3.0))
        return mg.gradients(outputs.sum(), [w])[0].item()

    before = gradient()
    with Mutant(record_of("tanh"), "sign", position=0).planted():
        assert gradient() != before
    assert gradient() == before


def test_a_step_may_call_any_method_of_its_tensors():
    """What a traced tensor has of its own hides no method of Tensor."""
    def step(x, h):
        h = (h + x - h.mean()) / (1 + h.var(axis=0))
        return h.reshape(2, 2).trace(), h

    xs = mg.tensor(np.random.default_rng(0).normal(size=(5, 4)), requires_grad=True)
    found, want = (mg.scan(step, np.zeros(4), xs, how=how)[0] for how in ("scan", "unroll"))
    np.testing.assert_allclose(found.detach().numpy(), want.detach().numpy(), rtol=1e-12)
    for name in set(Tracer.__slots__):
        assert not hasattr(mg.Tensor, name)


def test_a_plan_speaks_the_words_of_the_step_that_is_asked_about():
    """Of two steps that compute the same each has the names of its own code."""
    for words in (("total", "x"), ("s", "price")):
        step = eval("lambda {1}, {0}: ({0} + {1}, {0} + {1})".format(*words))
        mg.scan(step, 0.0, np.arange(4.0))
        program = str(mg.scan.plan(step, 0.0, np.arange(4.0)).program)
        assert all(f"  {word}  " in program for word in words), program


def test_names_are_those_of_the_step_and_not_of_its_callers(rng):
    """Nothing is read of the functions that call a scan, however much they have; not when the
    step is turned backwards either."""

    class Kept:
        def named_parameters(self):
            raise AssertionError("what a caller has was read")

    kept, W = Kept(), weight(rng, H, H)

    def step(x, h):
        z = np.tanh(h @ W + x)
        return z, z

    plan = mg.scan.plan(step, np.zeros((B, H)), np.zeros((T, B, H)))
    assert "d_z" in plan.source
    assert kept


def test_a_tensor_that_comes_in_twice_has_one_gradient(rng):
    """What is a state, an input and referred to as well gets the sum of its gradients."""
    w = weight(rng, 3)
    found = []
    for how in ("scan", "unroll"):
        ys, last = mg.scan(lambda x, s: (s * x, s * w), w, w, how=how)
        found.append(mg.gradients(ys.sum() + last.sum(), [w])[0].numpy())
    np.testing.assert_allclose(*found, rtol=1e-12)


def test_a_step_without_an_op(rng):
    """What comes in comes out: a delay, which is no loop to speak of."""
    xs = rng.normal(size=(4, 2))
    ys, last = mg.scan(lambda x, s: (s, x), np.zeros(2), xs)
    np.testing.assert_array_equal(ys.numpy(), [np.zeros(2), *xs[:-1]])
    np.testing.assert_array_equal(last.numpy(), xs[-1])
    assert mg.scan(lambda x, s: (x, None), None, xs)[0].shape == xs.shape
