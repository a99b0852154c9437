"""The cures for vanishing and exploding gradients, side by side on one task.

The task: remember a number from U[-1, 1] over 29 steps of noise. Saying 0 always scores 1/3. Two
vanilla networks start in trouble, and each cure is added to one of them; clipping goes with all.

    W_hh large, N(0, (2/√H)²)    its gradients explode: clipping, a penalty on the spectral norm,
                                 layer normalisation in the cell
    W_hh small, U(-1/√H, 1/√H)   its gradients vanish: layer normalisation, skip connections over
                                 10 steps; and in its place an orthogonal start, orthogonality
                                 kept, an LSTM

What to see (at five seeds; where explosion is not cured, numbers depend on the last bit):

- ‖∂L/∂h_{T-k}‖ / ‖∂L/∂h_T‖ at the start tells what will learn. Where a millionth is left after 29
  steps nothing is learned, and clipping does not help: it only makes steps shorter.
- Without clipping the large network throws its weights away. Clipped, it sometimes learns and
  sometimes does not, and its singular values stay as they were. The penalty brings those above 1
  down and leaves the small ones alone; layer normalisation does without, as W_hh can then be large
  without making the sum large. With either it learns.
- An orthogonal start is enough to learn, but training drives the singular values apart, and the
  gradient now grows with the lag. Kept orthogonal, every singular value is 1, the gradient stays
  within a factor of two, and clipping has little to do.
- Skip connections leave some hundred times more gradient than none, which with weights as small as
  these is still too little. The LSTM asks nothing of W_hh: its way back leads through the forget
  gate.

Run it with ``python -m examples.cures [FOLDER]``; takes some seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import rnn
from examples._command import command
from examples._figures import COLOURS, bare, finish, new_figure
from minigrad import init, no_grad, optim
from minigrad.functional import layer_norm, mse_loss, spectral_norm_penalty
from rnn.bptt import norms

T, H, BATCH = 30, 16, 16
NOISE = 0.1


class LayerNormCell(rnn.Cell):
    """h_t = tanh(LN(x_t W_xh + h_{t-1} W_hh + b)): no weight can make the sum large or small."""

    gates = ("h",)

    def step(self, x, h):
        h = np.tanh(layer_norm(self.preactivation(x, h), (self.hidden_size,)))
        return h, h


def vanilla(rng):
    return rnn.ElmanCell(2, H, dtype=float, rng=rng)


def normalised(rng):
    return LayerNormCell(2, H, dtype=float, rng=rng)


def skipping(rng):
    return rnn.SkipCell(vanilla(rng), lag=10)


def gated(rng):
    cell = rnn.LSTMCell(2, H, dtype=float, rng=rng)
    cell.gate("f").b_h = np.full(H, math.log(T - 1))    # a forget gate open for some T steps
    return cell


def large(rng):
    return init.normal((H, H), std=2 / math.sqrt(H), rng=rng, dtype=float)


def orthogonal(rng):
    return init.orthogonal((H, H), rng=rng, dtype=float)


class Cure(NamedTuple):
    """A cell, how its W_hh starts (None: small), and what is done about it in training."""

    cell: Callable = vanilla
    start: Callable | None = None
    max_norm: float = 1.0
    penalty: float = 0.0
    keep: bool = False


CURES = {
    "large, nothing done": Cure(start=large, max_norm=math.inf),
    "large, clipping": Cure(start=large),
    "large, spectral penalty": Cure(start=large, penalty=0.1),
    "large, layer norm": Cure(normalised, large),
    "small, clipping": Cure(),
    "small, layer norm": Cure(normalised),
    "small, skip connections": Cure(skipping),
    "orthogonal start": Cure(start=orthogonal),
    "orthogonality kept": Cure(start=orthogonal, keep=True),
    "LSTM": Cure(gated),
}


class Found(NamedTuple):
    """What became of a cure.

    before, after: ‖∂L/∂h_{T-k}‖ / ‖∂L/∂h_T‖ by lag k (T,), of the LSTM's c; before and after
        training. sigma: the singular values of W_hh after it, of the LSTM's gate g.
    largest: the largest ‖g‖ met, before clipping. error: the mean squared error on new sequences.
    """

    before: np.ndarray
    after: np.ndarray
    sigma: np.ndarray
    largest: float
    error: float


def sequences(rng, count):
    """(T, B, 2): the number at step 1 on the first channel, noise on the second; and the number."""
    wanted = rng.uniform(-1, 1, size=(count, 1))
    xs = np.zeros((T, count, 2))
    xs[0, :, :1] = wanted
    xs[1:, :, 1] = NOISE * rng.normal(size=(T - 1, count))
    return xs, wanted


def by_lag(cell, readout):
    """‖∂L/∂state_{T-k}‖ for k = 0, ..., T - 1, relative to the first."""
    xs, wanted = sequences(np.random.default_rng(99), 64)
    run = list(rnn.steps(cell, xs))
    loss = mse_loss(readout(run[-1][0]), wanted)
    states = [state for _, state in run]
    if isinstance(states[0], tuple):    # of (h, c) the memory is c, of (h, h_2, ...) it is h
        states = [state[1 if isinstance(cell, rnn.LSTMCell) else 0] for state in states]
    values = norms(loss, states).values[::-1]
    return values / values[0]


def train(cure, updates=200, rate=0.2, seed=0):
    """Gradient descent with one of the cures; the rate falls to 0 in a straight line."""
    rng = np.random.default_rng(seed)
    cell, readout = cure.cell(rng), rnn.Readout(H, 1, dtype=float, rng=rng)
    weights = getattr(cell, "cell", cell)       # of the cell inside, where one is wrapped
    gate = weights.gate("g" if "g" in weights.gates else "h")
    if cure.start is not None:
        gate.W_hh = cure.start(rng)
    params = [*cell.parameters(), *readout.parameters()]
    optimizer = optim.SGD(params, lr=rate)
    if cure.keep:
        optimizer = optim.Orthogonal(optimizer, weights.W_hh)
    before, largest = by_lag(cell, readout), 0.0
    for update in range(updates):
        optimizer.lr = rate * (1 - update / updates)
        xs, wanted = sequences(rng, BATCH)
        outputs, _ = rnn.unroll(cell, xs)
        loss = mse_loss(readout(outputs[-1]), wanted)
        if loss.item() > 1e6:
            break                               # the weights are lost
        if cure.penalty:
            loss = loss + cure.penalty * spectral_norm_penalty(weights.W_hh)
        optimizer.zero_grad()
        loss.backward()
        largest = max(largest, optim.clip_grad_norm(params, cure.max_norm))
        optimizer.step()
    xs, wanted = sequences(np.random.default_rng(1), 1000)
    with no_grad():
        error = mse_loss(readout(rnn.unroll(cell, xs)[0][-1]), wanted).item()
    sigma = np.linalg.svd(gate.W_hh, compute_uv=False)
    return Found(before, by_lag(cell, readout), sigma, largest, error)


LINES = {   # of the picture; some cures start alike
    "large, clipping": "large",
    "large, layer norm": "large, layer norm",
    "small, clipping": "small",
    "small, layer norm": "small, layer norm",
    "small, skip connections": "small, skip connections",
    "orthogonality kept": "orthogonal",
    "LSTM": "LSTM",
}
SPECTRA = ("large, clipping", "large, spectral penalty", "orthogonal start", "orthogonality kept")


def plot(found, path):
    """The gradient by lag before training, and the singular values of W_hh after it."""
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2)
    for colour, (name, label) in zip(COLOURS, LINES.items(), strict=True):
        left.semilogy(found[name].before, color=colour, label=label)
    left.set_ylim(bottom=1e-8)  # room for the legend
    left.set(title="before training", xlabel="lag k", ylabel="‖∂L/∂h$_{T-k}$‖ / ‖∂L/∂h$_T$‖")
    for colour, marker, name in zip(COLOURS, "os^D", SPECTRA, strict=False):
        right.plot(range(1, H + 1), found[name].sigma, marker, ls="-", ms=4, color=colour,
                   label=name)
    right.set(title="after training", xlabel="i", ylabel="singular values σ$_i$ of W_hh")
    for axes in (left, right):
        bare(axes)
        axes.legend(fontsize=8, frameon=False)
    finish(figure, path)


def main(folder="out", updates=200, seed=0):
    found = {name: train(cure, updates, seed=seed) for name, cure in CURES.items()}
    print("                         before training      after training                 largest")
    print(f"{'':<25}k = 10   k = {T - 1}    k = 10   k = {T - 1}   σ of W_hh        ‖g‖      error")
    for name, row in found.items():
        left = "  ".join(f"{g[10]:7.1e}  {g[T - 1]:7.1e}" for g in (row.before, row.after))
        sigma = f"{row.sigma[-1]:.2f} to {row.sigma[0]:.2f}"
        error = f"{row.error:.3f}" if row.error < 1e3 else "lost"
        print(f"{name:<23}  {left}   {sigma:<15}  {row.largest:7.1e}  {error}")
    print("saying 0 always: 0.333")
    path = Path(folder) / "cures.png"
    try:
        plot(found, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)
