"""Orthogonal: the weights stay orthogonal, whatever the optimizer, and a step is whole or not."""

import copy

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad import init, optim
from minigrad.engine.tensor import Parameter, Tensor
from minigrad.errors import GradientError, StateDictError
from minigrad.optim import Orthogonal
from minigrad.optim import orthogonal as orthogonal_file
from tests.support.gradients import give_grads

OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "momentum": lambda params: optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=0.1),
    "Nesterov": lambda params: optim.SGD(params, lr=0.05, momentum=0.9, nesterov=True),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.01, centered=True, momentum=0.5),
    "Adagrad": lambda params: optim.Adagrad(params, lr=0.1),
    "Adam": lambda params: optim.Adam(params, lr=0.05),
    "AdamW": lambda params: optim.AdamW(params, lr=0.05, weight_decay=0.1),
}
LIMITS = {np.float32: 1e-6, np.float64: 1e-12}


def departure(W):
    """max |WᵀW - I|, worked out in float64."""
    W = np.asarray(W, np.float64)
    return np.abs(W.T @ W - np.eye(W.shape[1])).max()


def orthogonal(n, seed=0, dtype=np.float64):
    return init.orthogonal((n, n), rng=np.random.default_rng(seed), dtype=dtype)


@pytest.mark.parametrize("dtype", LIMITS, ids=lambda dtype: dtype.__name__)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_orthogonal_over_a_thousand_steps(name, dtype):
    """With every optimizer W is orthogonal to 1e-6 in float32, 1e-12 in float64, after each of
    1,000 steps with random gradients; without, it is far from it."""
    W, rng = Parameter(orthogonal(12, dtype=dtype)), np.random.default_rng(1)
    optimizer = Orthogonal(OPTIMIZERS[name]([W]), W)
    worst = 0.0
    for _ in range(1000):
        give_grads([W], rng)
        optimizer.step()
        worst = max(worst, departure(W.numpy()))
    assert worst < LIMITS[dtype]
    assert W.dtype == dtype
    assert np.abs(W.numpy() - orthogonal(12)).max() > 0.1  # and it has moved
    free = Parameter(orthogonal(12, dtype=dtype))
    alone = OPTIMIZERS[name]([free])
    for _ in range(100):
        give_grads([free], rng)
        alone.step()
    assert departure(free.numpy()) > 0.1


def test_a_step_is_the_formula():
    """With SGD: the polar factor, here from an eigendecomposition, of W - η times the tangent part
    of the gradient, which is what is left of it without its normal part W sym(WᵀG)."""
    W0, G, lr = orthogonal(5), np.random.default_rng(1).normal(size=(5, 5)), 0.3
    W = Parameter(W0)
    W.grad = Tensor(G)
    Orthogonal(optim.SGD([W], lr=lr), W).step()
    moved = W0 - lr * (G - W0 @ (W0.T @ G + G.T @ W0) / 2)
    values, vectors = np.linalg.eigh(moved.T @ moved)
    np.testing.assert_allclose(W.numpy(), moved @ (vectors / values**0.5) @ vectors.T, atol=1e-14)
    np.testing.assert_array_equal(W.grad.numpy(), G)


@pytest.mark.parametrize("away", [0.0, 1e-12, 1e-6, 1e-3, 0.1, 1.0, 1e3, 1e150, 1e200])
@pytest.mark.parametrize("n", [1, 2, 9])
def test_the_polar_factor(n, away):
    """UVᵀ of the SVD, orthogonal to 1e-13, from near (by the iteration) and from anywhere."""
    A = orthogonal(n) + away * np.random.default_rng(8).normal(size=(n, n))
    u, _, vt = np.linalg.svd(A)
    found = orthogonal_file.polar_factor(A)
    assert departure(found) < 1e-13
    np.testing.assert_allclose(found, u @ vt, atol=1e-11)


def test_it_descends_to_the_optimum():
    """‖W - A‖² over the orthogonal matrices is least at the polar factor of A (Procrustes), and
    plain descent arrives there."""
    A = np.random.default_rng(2).normal(size=(4, 4))
    u, _, vt = np.linalg.svd(A)
    W = Parameter(np.eye(4) if np.linalg.det(A) > 0 else np.diag([-1.0, 1, 1, 1]))
    optimizer = Orthogonal(optim.SGD([W], lr=0.1), W)
    for _ in range(2000):
        optimizer.zero_grad()
        ((W - A) ** 2).sum().backward()
        optimizer.step()
    np.testing.assert_allclose(W.numpy(), u @ vt, atol=1e-10)


@pytest.mark.parametrize("kept", ["ifgo", "g", "fo"])
def test_gates(kept):
    """Of the weights of an LSTM each H x H block asked for is orthogonal through real training, the
    others move as they would without."""
    rng = np.random.default_rng(3)
    cell = rnn.LSTMCell(3, 4, dtype=float, rng=rng)
    cell.W_hh.data = init.per_gate(init.orthogonal, 4)((4, 16), rng=rng, dtype=float)
    other = copy.deepcopy(cell)
    weights = [(cell.W_hh, cell.gate(name).columns) for name in kept]
    optimizer = Orthogonal(optim.Adam(cell.parameters(), lr=0.05), weights)
    alone = optim.Adam(other.parameters(), lr=0.05)
    xs = rng.normal(size=(6, 2, 3))

    def train(model, rule):
        rule.zero_grad()
        outputs, _ = rnn.unroll(model, xs)
        ((outputs - 0.5) ** 2).sum().backward()
        rule.step()

    train(cell, optimizer)
    train(other, alone)
    for name in cell.gates:
        same = np.array_equal(cell.gate(name).W_hh, other.gate(name).W_hh)
        assert same == (name not in kept)
    np.testing.assert_array_equal(cell.W_xh.numpy(), other.W_xh.numpy())
    for _ in range(50):
        train(cell, optimizer)
    for name in cell.gates:
        assert (departure(cell.gate(name).W_hh) < 1e-12) == (name in kept)


def test_the_start():
    """The constructor puts the nearest orthogonal matrix in place; one that is orthogonal up to
    rounding stays bit for bit."""
    A = orthogonal(5) + 0.1 * np.random.default_rng(4).normal(size=(5, 5))
    u, _, vt = np.linalg.svd(A)
    W = Parameter(A)
    Orthogonal(optim.SGD([W]), [W])
    np.testing.assert_allclose(W.numpy(), u @ vt, atol=1e-14)
    for dtype in LIMITS:
        for n in (1, 7, 64):
            W = Parameter(orthogonal(n, dtype=dtype))
            before = W.data
            Orthogonal(optim.SGD([W]), W)
            np.testing.assert_array_equal(W.numpy(), before)


def test_resuming_is_bit_identical():
    """Weights and state dict, loaded into a new model and optimizer, go on to the same bits."""

    def make():
        W, b = Parameter(orthogonal(6, dtype=np.float32)), Parameter(np.ones(3, np.float32))
        return [W, b], Orthogonal(optim.Adam([W, b], lr=0.05), W)

    params, optimizer = make()
    rng = np.random.default_rng(5)
    for k in range(20):
        if k == 10:
            saved = copy.deepcopy(([p.numpy() for p in params], optimizer.state_dict()))
            middle = copy.deepcopy(rng)
        give_grads(params, rng)
        optimizer.step()
    resumed = [Parameter(value) for value in saved[0]]
    again = Orthogonal(optim.Adam(resumed, lr=0.1), resumed[0])
    again.load_state_dict(saved[1])
    for _ in range(10):
        give_grads(resumed, middle)
        again.step()
    for p, q in zip(params, resumed, strict=True):
        np.testing.assert_array_equal(p.numpy(), q.numpy())
    with pytest.raises(StateDictError, match="missing"):
        again.load_state_dict({})


def test_it_stands_for_its_optimizer():
    """lr, schedules, zero_grad and a parameter without gradient are as without it."""
    W, b = Parameter(np.eye(2)), Parameter(np.ones(2))
    optimizer = Orthogonal(optim.SGD([W, b], lr=1.0), W)
    schedule = optim.StepLR(optimizer, 1, 0.5)
    b.grad = Tensor(np.ones(2))
    optimizer.step()
    np.testing.assert_array_equal(W.numpy(), np.eye(2))
    np.testing.assert_array_equal(b.numpy(), [0, 0])
    schedule.step()
    assert optimizer.lr == optimizer.optimizer.lr == 0.5
    optimizer.zero_grad()
    assert b.grad is None
    assert repr(optimizer).startswith("Orthogonal(SGD(2 parameters, lr=0.5")
    assert repr(optimizer).endswith("1 matrix)")
    with pytest.raises(ValueError, match=r"SGD\(lr\)"):
        optimizer.lr = -1


def everything(params, optimizer):
    return copy.deepcopy(
        ([p.numpy() for p in params], [p.grad.numpy() for p in params], optimizer.state_dict())
    )


def assert_unchanged(before, after):
    for a, b in zip(before[0] + before[1], after[0] + after[1], strict=True):
        np.testing.assert_array_equal(a, b)
    assert before[2].keys() == after[2].keys()
    for name in before[2]:
        np.testing.assert_array_equal(before[2][name], after[2][name])


def stepped():
    """Two orthogonal matrices and a vector after a step, with the next gradients in place."""
    params = [Parameter(orthogonal(3, k), name=f"W{k}") for k in (0, 1)] + [Parameter(np.ones(2))]
    optimizer = Orthogonal(optim.Adam(params, lr=0.1), params[:2])
    rng = np.random.default_rng(6)
    give_grads(params, rng)
    optimizer.step()
    give_grads(params, rng)
    return params, optimizer


@pytest.mark.parametrize("error", [np.linalg.LinAlgError, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("fails_at", [1, 2])
def test_a_step_that_fails_changes_nothing(monkeypatch, error, fails_at):
    """If one of the retractions fails or is interrupted, after the optimizer has stepped, then
    parameters, gradients and state are those from before; the next step is as if nothing was."""
    params, optimizer = stepped()
    before, nearest, calls = everything(params, optimizer), orthogonal_file.polar_factor, []

    def failing(W):
        calls.append(W)
        if len(calls) == fails_at:
            raise error
        return nearest(W)

    with monkeypatch.context() as patch:
        patch.setattr(orthogonal_file, "polar_factor", failing)
        with pytest.raises(error):
            optimizer.step()
    assert len(calls) == fails_at
    assert_unchanged(before, everything(params, optimizer))
    twin_params, twin = stepped()
    optimizer.step()
    twin.step()
    assert_unchanged(everything(params, optimizer), everything(twin_params, twin))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_gradients_that_are_not_finite(bad):
    """A NaN or an Inf in a gradient, or what overflows, is refused by name; nothing changes."""
    params, optimizer = stepped()
    params[1].grad = Tensor(np.full((3, 3), bad) * np.arange(1, 10).reshape(3, 3) ** 0.1)
    before = everything(params, optimizer)
    with pytest.raises(GradientError, match="'W1'"):
        optimizer.step()
    assert_unchanged(before, everything(params, optimizer))


def test_the_message_counts_what_was_given():
    """One NaN in the gradient is reported as one, not as what a projection would make of it."""
    params, optimizer = stepped()
    bad = np.ones((3, 3))
    bad[1, 2] = np.nan
    params[0].grad = Tensor(bad)
    with pytest.raises(GradientError, match=r"Orthogonal\(Adam\).*'W0' \(1 NaN, 0 Inf among 9\)"):
        optimizer.step()


def matrix(*shape):
    return Parameter(np.random.default_rng(7).normal(size=shape), name="W")


@pytest.mark.parametrize(
    ("weight", "columns", "message"),
    [
        (matrix(3), None, r"'W' has shape \(3,\), wanted a matrix"),
        (matrix(2, 3, 3), None, "wanted a matrix"),
        (matrix(0, 0), None, "wanted a matrix"),
        (matrix(3, 12), None, r"\(3, 12\), wanted a square matrix; .* cell.gate\(name\).columns"),
        (matrix(4, 3), None, "wanted a square matrix"),
        (matrix(3, 12), slice(0, 4), "is not square; wanted a slice of 3 columns"),
        (matrix(3, 12), slice(0, 6, 2), "is not square"),
        (matrix(3, 12), slice(10, 13), "within 0:12"),
        (matrix(3, 12), slice("a", None), "is not square"),
        (Parameter(np.zeros((3, 3)), name="W"), None, "'W', columns 0:3, is singular"),
        (Parameter(np.full((3, 3), np.nan), name="W"), None, "'W' is not finite"),
    ],
)
def test_weights_that_cannot_be_kept(weight, columns, message):
    """What is not square, or has no nearest orthogonal matrix, is refused by name, and a good
    weight beside it keeps its value."""
    good = Parameter(np.diag([2.0, 1.0]))
    optimizer = optim.SGD([good, weight])
    with pytest.raises(ValueError, match=message):
        Orthogonal(optimizer, [good, weight if columns is None else (weight, columns)])
    np.testing.assert_array_equal(good.numpy(), np.diag([2.0, 1.0]))


def test_arguments_that_make_no_sense():
    """No optimizer, no weights, no tensor, a stranger, the same columns twice: each is named."""
    W = matrix(2, 4)
    optimizer = optim.SGD([W])
    with pytest.raises(TypeError, match="wanted an Optimizer"):
        Orthogonal([W], W)
    square = Parameter(np.eye(2))
    with pytest.raises(TypeError, match="all weights in one call"):
        Orthogonal(Orthogonal(optim.SGD([square]), square), square)
    for nothing in ([], None, 3):
        with pytest.raises(ValueError, match=r"Orthogonal\(weights\): received"):
            Orthogonal(optimizer, nothing)
    for wrong in ([np.eye(2)], ["W"], [(W, 0)], [(np.eye(2), slice(None))]):
        with pytest.raises(TypeError, match="number 0 is"):
            Orthogonal(optimizer, wrong)
    with pytest.raises(ValueError, match="not among the 1 parameters"):
        Orthogonal(optimizer, matrix(2, 2))
    for second in (slice(0, 2), slice(1, 3)):
        with pytest.raises(ValueError, match=r"columns \d:\d of 'W' come twice"):
            Orthogonal(optimizer, [(W, slice(0, 2)), (W, second)])
    Orthogonal(optimizer, [(W, slice(0, 2)), (W, slice(-2, None))])
    assert departure(W.numpy()[:, 2:]) < 1e-12


def test_a_graph_from_before_the_step_notices():
    """A backward through a graph that still holds the old W is refused, as with any optimizer."""
    W = Parameter(np.eye(2))
    loss = ((W @ W) ** 2).sum()
    W.grad = Tensor(np.ones((2, 2)) * [[1, 2], [3, 4]])
    Orthogonal(optim.SGD([W], lr=0.1), W).step()
    with pytest.raises(mg.errors.MutationError):
        loss.backward()
