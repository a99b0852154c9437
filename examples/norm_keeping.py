"""Le 2015 and Arjovsky 2016, checked: identity and orthogonal weights keep the gradient's norm.

With z_t = x_t W_xh + h_{t-1} W_hh and D_t = diag(φ'(z_t)), ∂C/∂h_t is ∂C/∂h_T times the matrices
D_k W_hhᵀ of the steps between.

- Arjovsky, Shah and Bengio, "Unitary evolution recurrent neural networks": where W_hh is orthogonal
  (or unitary) and φ is the ReLU, ‖∂C/∂h_t‖ ≤ ‖∂C/∂h_T‖ ∏ ‖D_k‖ = ‖∂C/∂h_T‖: it cannot explode.
  Without φ every matrix keeps the length, and the norms are equal.
- Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified linear units":
  with W_hh = I and b = 0 the error derivatives remain constant while they go back through time, as
  long as none are added; with a small multiple of I long range effects are forgotten, like in an
  LSTM whose forget gates let no memory stay.

"Cannot explode" is not "is kept": where units of a ReLU are off, what they carried is lost, and
with a random orthogonal matrix some half of them are off at each step. With every unit on the norm
is kept to the last digit: as with the identity, or a permutation, and inputs that are not negative.

Run it with ``python -m examples.norm_keeping [FOLDER]``; it draws the norms, lag by lag, there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import rnn
from examples._claims import Claim, verdict
from examples._command import command
from examples._figures import finish, line, log_axis, new_figure
from minigrad import init
from rnn.bptt import norms

T, H = 100, 16


def identity(rng):
    return np.eye(H)


def permutation(rng):
    return rng.permutation(np.eye(H))


def orthogonal(rng):
    return init.orthogonal((H, H), rng=rng, dtype=float)


def gaussian(rng):
    return rng.normal(size=(H, H)) / np.sqrt(H)


def by_lag(matrix, nonlinearity, scale=1.0, positive=False, seed=0):
    """‖∂C/∂h_{T-k}‖ / ‖∂C/∂h_T‖ for k = 0, ..., T - 1, for a random C of the last state.

    W_hh is `scale` times the matrix; positive: inputs and their weights are not negative.
    """
    rng = np.random.default_rng(seed)
    cell = rnn.ElmanCell(2, H, nonlinearity=nonlinearity, biases=0, dtype=float, rng=rng)
    gate, xs = cell.gate("h"), rng.normal(size=(T, 1, 2))
    gate.W_hh = scale * matrix(rng)
    if positive:
        gate.W_xh, xs = np.abs(gate.W_xh), np.abs(xs)
    states = [h for _, h in rnn.steps(cell, xs)]
    found = norms((states[-1] * rng.normal(size=H)).sum(), states).values[::-1]
    return found / found[0]


def claims(seeds=10):
    """Each statement with its numbers, over so many random networks."""

    def largest(function, *network, **how):
        every = np.stack([by_lag(*network, **how, seed=seed) for seed in range(seeds)])
        return float(np.max(function(every)))

    def off(ratios):
        return np.abs(ratios - 1)

    rising = largest(lambda r: r[:, 1:] / r[:, :-1], orthogonal, "relu")
    left = largest(lambda r: r[:, -1], orthogonal, "relu")
    linear = largest(off, orthogonal, "identity")
    same, turned = (largest(off, m, "relu", positive=True) for m in (identity, permutation))
    forgets = largest(lambda r: r / 0.9 ** np.arange(T) - 1, identity, "relu", 0.9, positive=True)
    return [
        Claim("Arjovsky 2016", "orthogonal W_hh, ReLU: factor from step to step", "≤ 1",
              f"≤ {rising:.4f}", rising < 1 + 1e-12),
        Claim("Arjovsky 2016", f"the same without φ: ‖∂C/∂h_t‖ / ‖∂C/∂h_T‖ over {T} steps", "1",
              f"1 ± {linear:.0e}", linear < 1e-12),
        Claim("Le 2015", f"W_hh = I, ReLU, every unit on: the same, over {T} steps", "constant",
              f"1 ± {same:g}", same == 0),
        Claim("Arjovsky 2016", "W_hh a permutation, ReLU, every unit on", "≤ 1",
              f"1 ± {turned:.0e}", turned < 1e-12),
        Claim("Le 2015", "W_hh = 0.9 I forgets, like a gate f = 0.9: ratio beside 0.9^k", "0.9^k",
              f"{forgets:.0e} off", abs(forgets) < 1e-12),
        Claim("here", f"orthogonal W_hh, ReLU: what is left after {T - 1} steps", "not 1",
              f"≤ {left:.0e}", left < 1e-6),
    ]


LINES = {
    "Gaussian, variance 1/H, no φ": (gaussian, "identity"),
    "orthogonal, no φ; identity, ReLU, every unit on": (orthogonal, "identity"),
    "identity, ReLU": (identity, "relu"),
    "0.9 · identity, ReLU, every unit on": (identity, "relu", 0.9, True),
    "orthogonal, ReLU": (orthogonal, "relu"),
}


def main(folder="out"):
    figure, path = new_figure(7, 4), Path(folder) / "norm_keeping.png"
    axes = figure.subplots()
    for k, (name, network) in enumerate(LINES.items()):
        axes.plot(by_lag(*network), label=name, **line(k))
    log_axis(axes)
    axes.set(xlabel="lag k", ylabel="‖∂C/∂h$_{T-k}$‖ / ‖∂C/∂h$_T$‖")
    axes.legend(fontsize=8, frameon=False)
    finish(figure, path)
    print(path)
    verdict(claims())


if __name__ == "__main__":
    command(main, __doc__)
