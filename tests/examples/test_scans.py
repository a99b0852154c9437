"""scan is for more than cells: sums, filters, differential equations, dynamic programming."""

import itertools

import numpy as np

import minigrad as mg


def test_a_running_sum_and_a_running_maximum():
    """What NumPy has as accumulate, with any step."""
    xs = np.random.default_rng(0).normal(size=20)
    sums, last = mg.scan(lambda x, s: (s + x, s + x), 0.0, xs)
    np.testing.assert_allclose(sums.numpy(), np.cumsum(xs))
    tops, _ = mg.scan(lambda x, m: (np.maximum(m, x), np.maximum(m, x)), -np.inf, xs)
    np.testing.assert_array_equal(tops.numpy(), np.maximum.accumulate(xs))
    assert last.item() == sums.numpy()[-1]


def test_a_filter_is_fitted():
    """An exponential moving average, whose rate is learned from what another one made."""
    xs = np.random.default_rng(0).normal(size=200)
    rate = mg.tensor(0.2, requires_grad=True)

    def smooth(rate):
        return mg.scan(lambda x, s: (s + rate * (x - s),) * 2, 0.0, xs)[0]

    wanted = smooth(0.7).numpy()
    for _ in range(100):
        loss = ((smooth(rate) - wanted) ** 2).mean()
        (g,) = mg.gradients(loss, [rate])
        rate = (rate.detach() - 0.5 * g).requires_grad_()
    assert abs(rate.item() - 0.7) < 1e-3


def test_two_filters_in_a_row():
    """A filter of second order is the convolution with its impulse response."""
    xs = np.random.default_rng(1).normal(size=30)

    def step(x, state):
        one, two = state
        y = x + 0.5 * one - 0.3 * two
        return y, (y, one)

    impulse = [1.0, 0.5]
    for _ in range(28):
        impulse.append(0.5 * impulse[-1] - 0.3 * impulse[-2])
    ys, _ = mg.scan(step, (0.0, 0.0), xs)
    np.testing.assert_allclose(ys.numpy(), np.convolve(xs, impulse)[:30], atol=1e-12)


def test_an_oscillator():
    """x'' = -x by the midpoint rule: the solution, and how it depends on the start."""
    dt, n = 0.01, 400
    x0 = mg.tensor(np.array([1.0, 0.0]), requires_grad=True)
    A = np.array([[0.0, 1.0], [-1.0, 0.0]])

    def step(t, x):
        x = x + dt * (A @ (x + 0.5 * dt * (A @ x)))
        return x, x

    path, last = mg.scan(step, x0, np.arange(n))
    t = dt * np.arange(1, n + 1)
    np.testing.assert_allclose(path.detach().numpy()[:, 0], np.cos(t), atol=1e-3)
    (g,) = mg.gradients(last[0], [x0])
    np.testing.assert_allclose(g.numpy(), [np.cos(t[-1]), np.sin(t[-1])], atol=1e-3)


def test_a_pendulum_with_a_learned_length():
    """The gradient of where a pendulum ends, by its length, is that of differences."""

    def end(length):
        def step(t, state):
            angle, speed = state
            speed = speed - 0.02 * 9.81 / length * np.sin(angle)
            angle = angle + 0.02 * speed
            return angle, (angle, speed)

        return mg.scan(step, (1.0, 0.0), np.arange(100))[1][0]

    length = mg.tensor(2.0, requires_grad=True)
    (g,) = mg.gradients(end(length), [length])
    difference = (end(2.0 + 1e-6).item() - end(2.0 - 1e-6).item()) / 2e-6
    np.testing.assert_allclose(g.numpy(), difference, rtol=1e-6)


def chain_scores(emissions, transitions):
    """The scores of all tag sequences of a chain, by going through them."""
    T, S = emissions.shape
    for tags in itertools.product(range(S), repeat=T):
        score = sum(emissions[t, k] for t, k in enumerate(tags))
        yield tags, score + sum(transitions[a, b] for a, b in itertools.pairwise(tags))


def test_the_partition_function_of_a_chain():
    """The forward algorithm of a CRF: log Σ exp(score) over all sequences; its gradient is how
    often a tag is expected."""
    rng = np.random.default_rng(0)
    emissions = mg.tensor(rng.normal(size=(4, 3)), requires_grad=True)
    transitions = rng.normal(size=(3, 3))

    def step(e, alpha):
        alpha = mg.functional.logsumexp(alpha[:, None] + transitions, 0) + e
        return alpha, alpha

    _, alpha = mg.scan(step, emissions[0], emissions[1:])
    z = mg.functional.logsumexp(alpha, 0)
    scores = list(chain_scores(emissions.detach().numpy(), transitions))
    weights = np.exp([score for _, score in scores])
    np.testing.assert_allclose(z.item(), np.log(weights.sum()))
    (g,) = mg.gradients(z, [emissions])
    expected = np.zeros((4, 3))
    for (tags, _), w in zip(scores, weights, strict=True):
        expected[np.arange(4), tags] += w / weights.sum()
    np.testing.assert_allclose(g.numpy(), expected, atol=1e-12)


def test_the_best_sequence_of_a_chain():
    """Viterbi's scores, and by their gradient the best sequence itself."""
    rng = np.random.default_rng(1)
    emissions = mg.tensor(rng.normal(size=(4, 3)), requires_grad=True)
    transitions = rng.normal(size=(3, 3))

    def step(e, best):
        best = (best[:, None] + transitions).max(axis=0) + e
        return best, best

    _, best = mg.scan(step, emissions[0], emissions[1:])
    tags, score = max(chain_scores(emissions.detach().numpy(), transitions), key=lambda s: s[1])
    np.testing.assert_allclose(best.max().item(), score)
    (g,) = mg.gradients(best.max(), [emissions])
    np.testing.assert_array_equal(g.numpy().argmax(axis=1), tags)
