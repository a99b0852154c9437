"""Truncated BPTT against a derivation in plain NumPy, for every window and every reach."""

import itertools

import numpy as np
import pytest

from rnn import RNN, ElmanCell, LSTMCell, unroll
from rnn.bptt import power_law, randomized, truncated

B, K, H = 2, 3, 4


def by_hand(weights, xs, ys, h, k1, k2):
    """∂Σ(h - y)²/∂(W_xh, W_hh, b_h) for every window, of h_t = tanh(x_t W_xh + h_{t-1} W_hh + b_h).

    The loss of a window goes back k2 steps, counted from its end, at most.
    """
    W_xh, W_hh, b_h = weights
    hs = [h]
    for x in xs:
        hs.append(np.tanh(x @ W_xh + hs[-1] @ W_hh + b_h))
    found = []
    for begin in range(0, len(xs), k1):
        end = min(begin + k1, len(xs))
        sums, delta = [np.zeros_like(w) for w in weights], np.zeros_like(h)
        for t in range(end, max(0, end - k2), -1):
            if t > begin:
                delta = delta + 2 * (hs[t] - ys[t - 1])
            a = delta * (1 - hs[t] ** 2)
            for total, term in zip(sums, (xs[t - 1].T @ a, hs[t - 1].T @ a, a.sum(0)), strict=True):
                total += term
            delta = a @ W_hh.T
        found.append(sums)
    return found


@pytest.mark.parametrize("T", [1, 2, 5, 7])
def test_every_window_and_reach(T):
    """k1 and k2 from 1 to beyond T, with k1 above and below k2 and not dividing T; cells, layers
    and functions; from a state that is not 0, given as an array."""
    rng = np.random.default_rng(T)
    xs, ys, h = (rng.normal(size=shape) for shape in ((T, B, K), (T, B, H), (B, H)))
    cell, layer = ElmanCell(K, H, dtype=float, rng=1), RNN(K, H, dtype=float, rng=1)
    models = [
        (cell, cell, h), (layer, layer.cells[0][0], h[None]),
        (lambda xs, state: unroll(cell, xs, state), cell, h),
    ]
    for k1, k2 in itertools.product(range(1, T + 3), repeat=2):
        for model, owner, state in models:
            weights = [owner.W_xh, owner.W_hh, owner.b_h]
            wanted = by_hand([w.numpy() for w in weights], xs, ys, h, k1, k2)
            for window, sums in zip(truncated(model, xs, k1, k2, state), wanted, strict=True):
                owner.zero_grad()
                ((window.outputs - ys[window.where]) ** 2).sum().backward()
                for weight, total in zip(weights, sums, strict=True):
                    np.testing.assert_allclose(weight.grad.numpy(), total, rtol=1e-10, atol=1e-12)


class Cuts(np.random.Generator):
    """A generator that cuts where it is told to."""

    def __init__(self, pattern):
        super().__init__(np.random.PCG64(0))
        self.pattern = iter(pattern)

    def random(self):
        return 0.0 if next(self.pattern) else np.nextafter(1, 0)


@pytest.mark.parametrize("p", [0.3, power_law(3)])
def test_the_mean_over_all_cuts_is_the_full_gradient(p):
    """Randomised truncation is unbiased: with every pattern of cuts, weighed by its probability,
    the gradients sum to those of full BPTT, to rounding and not only in a sample."""
    T = 6
    rng = np.random.default_rng(0)
    xs, ys = rng.normal(size=(T, 1, K)), rng.normal(size=(T, 1, H))
    cell = LSTMCell(K, H, dtype=float, rng=1)
    chance = p if callable(p) else lambda steps: p
    ((unroll(cell, xs)[0] - ys) ** 2).sum().backward()
    full = [w.grad.numpy() for w in cell.parameters()]
    mean, mass = [np.zeros_like(g) for g in full], 0.0
    for pattern in itertools.product([False, True], repeat=T - 1):
        weight, steps = 1.0, 1
        for cut in pattern:
            weight *= chance(steps) if cut else 1 - chance(steps)
            steps = 1 if cut else steps + 1
        cell.zero_grad()
        for window in randomized(cell, xs, p, rng=Cuts(pattern)):
            ((window.outputs - ys[window.where]) ** 2).sum().backward()
        for total, w in zip(mean, cell.parameters(), strict=True):
            total += weight * w.grad.numpy()
        mass += weight
    assert mass == pytest.approx(1, rel=1e-12)
    for total, g in zip(mean, full, strict=True):
        np.testing.assert_allclose(total, g, rtol=1e-10, atol=1e-12)
