"""A scan is a function like any other: inside and around transforms, checkpoints and scans, and
of a step that differentiates, detaches or writes, it is what the loop is."""

import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.functional import masked_fill

T, B, H = 4, 3, 3
rng = np.random.default_rng(0)
W0 = rng.normal(size=(H, H)) * 0.5
XS, H0 = rng.normal(size=(T, B, H)), rng.normal(size=(B, H))


def loss(W, how, xs=XS):
    def step(x, h):
        h = np.tanh(h @ W + x)
        return h, h

    ys, last = mg.scan(step, H0, xs, how=how)
    return (ys * ys).sum() + last.sum()


def _windows(W, how):
    return mg.checkpoint(lambda: loss(W, how))


def _in_threads(how):
    found, W = [None] * 4, W0

    def one(k):
        found[k] = mg.grad(lambda w: loss(w, how))(W)

    threads = [threading.Thread(target=one, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


AROUND = {
    "grad": lambda how: mg.grad(lambda W: loss(W, how))(W0),
    "value_and_grad": lambda how: mg.value_and_grad(lambda W: loss(W, how))(W0),
    "hessian": lambda how: mg.hessian(lambda W: loss(W, how))(W0),
    "hvp": lambda how: mg.hvp(lambda W: loss(W, how), W0, W0 + 1),
    "jvp": lambda how: mg.jvp(lambda W: loss(W, how), [W0], [W0 + 1]),
    "jacobian": lambda how: mg.jacobian(lambda x: loss(W0, how, x))(XS),
    "vjp": lambda how: mg.vjp(lambda W: loss(W, how), W0)[1](np.ones(())),
    "vmap": lambda how: mg.vmap(lambda W: loss(W, how))(np.stack([W0, 2 * W0])),
    "vmap of grad": lambda how: mg.vmap(mg.grad(lambda W: loss(W, how)))(np.stack([W0, 2 * W0])),
    "grad of vmap": lambda how: mg.grad(
        lambda Ws: mg.vmap(lambda W: loss(W, how))(Ws).sum()
    )(np.stack([W0, 2 * W0])),
    "grad of checkpoint": lambda how: mg.grad(lambda W: _windows(W, how))(W0),
    "in threads": _in_threads,
}


@pytest.mark.parametrize("name", AROUND)
def test_around_a_scan(name):
    """Transforms of a scan are those of the loop."""
    _same(AROUND[name]("scan"), AROUND[name]("unroll"))


def of_scan(x, h, W, how):
    ys, last = mg.scan(lambda z, g: (g, np.tanh(g @ W + z)), h, np.stack([x, 2 * x]), how=how)
    return ys.sum(axis=0), last


def of_windows(x, h, W, how):
    return of_scan(x, h, W, "checkpoint" if how == "scan" else how)


def of_checkpoint(x, h, W, how):
    h = mg.checkpoint(lambda a: np.tanh(a @ W + x), h)
    return h, h


def of_grad(x, h, W, how):
    g = mg.grad(lambda q: (np.tanh(q @ W) * x).sum())(h)
    return g, h - 0.1 * g


def of_grad_of_its_own(x, h, W, how):
    g = mg.grad(lambda q: (np.tanh(q) * x * h).sum())(np.ones(H))
    return g, h * g


def of_recorded_gradients(x, h, W, how):
    (g,) = mg.gradients(np.tanh(h @ W).sum(), [h], create_graph=True)
    return g, h - 0.1 * g * x


def of_jvp(x, h, W, how):
    out, slope = mg.jvp(lambda q: np.tanh(q @ W), (h,), (x,))
    return slope, out


def of_hessian(x, h, W, how):
    found = mg.hessian(lambda q: (np.tanh(q) * x[0] * h[0]).sum())(h[0])
    return found, h + found


def of_vmap(x, h, W, how):
    h = mg.vmap(lambda a, b: np.tanh(a @ W + b))(h, x)
    return h, h


def of_no_grad(x, h, W, how):
    with mg.no_grad():
        scale = np.exp(h @ W)
    h = np.tanh(h @ W + x) * scale
    return h, h


def of_detach(x, h, W, how):
    h = np.tanh(h @ W + x) * h.detach()
    return h, h


def of_all_attached(x, h, W, how):
    """The same ops as of_detach: that one plan is not taken for the other."""
    h = np.tanh(h @ W + x) * h
    return h, h


def of_writes(x, h, W, how):
    z = np.tanh(h @ W)
    z *= x
    z += h
    z[:, :1] = h[:, 1:2] * x[:, :1]
    return z, z


def of_masked_sums(x, h, W, how):
    mean = np.mean(h @ W, axis=-1, where=x > -1, keepdims=True)
    total = np.sum(h, axis=0, where=x > 0)
    top = np.max(h, axis=-1, where=x > 0, initial=-9.0, keepdims=True)
    return total, np.tanh(mean * h + top)


def of_choices(x, h, W, how):
    a = masked_fill(h, x > 0, 0.5)
    b = np.select([x > 0.5, h < 0], [h * 2, np.tanh(h @ W)], 0.25)
    return a * b, a + b * 0.1


INSIDE = [
    of_scan, of_windows, of_checkpoint, of_grad, of_grad_of_its_own, of_recorded_gradients, of_jvp,
    of_hessian, of_vmap, of_no_grad, of_detach, of_all_attached, of_writes, of_masked_sums,
    of_choices,
]


@pytest.mark.parametrize("step", INSIDE)
def test_inside_a_step(step):
    """Outputs, gradients and second derivatives are those of the loop."""

    def run(how):
        W = mg.tensor(W0, requires_grad=True)
        ys, last = mg.scan(lambda x, h: step(x, h, W, how), W * 1.0, XS, how=how)
        g = mg.gradients((ys * ys).sum() + last.sum(), [W])
        again, _ = mg.scan(lambda x, h: step(x, h, W, how), W * 1.0, XS, how=how)
        (first,) = mg.gradients((again * again).sum(), [W], create_graph=True)
        return ys, last, g, mg.gradients(first.sum(), [W])

    _same(run("scan"), run("unroll"))


def _same(found, want):
    if isinstance(want, list | tuple):
        for a, b in zip(found, want, strict=True):
            _same(a, b)
        return
    a, b = (v.detach().numpy() if isinstance(v, mg.Tensor) else v for v in (found, want))
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)
