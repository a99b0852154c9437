"""Derivatives of a whole unrolled cell by central differences, for the tests of all cells."""

import numpy as np

from rnn import unroll


def check_directional_derivatives(cell, T=3, B=2, seed=2, run=unroll):
    """⟨∇L, u⟩ and ⟨∇²L v, u⟩ of L = Σ w sin(h) h, in all parameters at once, against differences.

    The cell must be float64 and deterministic. run: ``run(cell, xs) -> (h, state)``.
    """
    rng = np.random.default_rng(seed)
    params = list(cell.parameters())
    base = [p.numpy().copy() for p in params]
    xs = rng.normal(size=(T, B, cell.input_size))
    weight = rng.normal(size=(T, B, cell.output_size))
    u = [rng.normal(size=p.shape) for p in params]
    v = [rng.normal(size=p.shape) for p in params]

    def put(scale):
        for p, b, d in zip(params, base, u, strict=True):
            p.data = b + scale * d

    def loss():
        outputs, _ = run(cell, xs)
        return (np.sin(outputs) * outputs * weight).sum()

    def gradient():
        cell.zero_grad()
        loss().backward()
        return [p.grad.numpy() for p in params]

    def along(gradients, direction):
        return sum((g * d).sum() for g, d in zip(gradients, direction, strict=True))

    def slope(function, step=1e-5):
        put(step)
        above = function()
        put(-step)
        below = function()
        put(0)
        return (above - below) / (2 * step)

    np.testing.assert_allclose(
        along(gradient(), u), slope(lambda: loss().item()), rtol=1e-7, atol=1e-9
    )

    cell.zero_grad()
    loss().backward(create_graph=True)
    along_v = along([p.grad for p in params], v)
    cell.zero_grad()
    along_v.backward()
    second = along([p.grad.numpy() for p in params], u)
    numeric = slope(lambda: along(gradient(), v))
    np.testing.assert_allclose(second, numeric, rtol=1e-6, atol=1e-8)
