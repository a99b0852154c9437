"""Hochreiter 1997 and Gers 2000, checked: the error carousel, exact where other paths are cut.

Hochreiter and Schmidhuber, "Long short-term memory", on the way to the memory cell and for it:

- an error that passes a logistic unit is scaled by |f'(net) w|, which is less than 1 for every net
  as long as |w| < 4, so that it vanishes exponentially with the steps;
- the memory c_t = c_{t-1} + i_t ⊙ g_t carries it on unchanged, by the factor 1.0 at each step: the
  constant error carousel. Their gradient is truncated: errors that reach the gates are not sent
  back any further. So they bridge lags of more than 1,000 steps.

Gers, Schmidhuber and Cummins, "Learning to forget", put the forget gate in the place of the 1.0. So
∂c_T/∂c_0 = diag(∏ f_t), again with the other paths cut.

Cut are the ways through h, which the gates read: `jacobian(c_T, c_0, hold=h)`. The same comes of a
cell whose gates read h.detach(), and of one whose gates do not read h at all. Along all ways the
derivative is another one, and soon it is many times as large.

Run it with ``python -m examples.error_carousel [FOLDER]``; it draws both, lag by lag, there.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

import minigrad as mg
import rnn
from examples._claims import Claim, verdict
from examples._command import command
from examples._figures import finish, line, log_axis, new_figure
from rnn.bptt import jacobian, norms

H, LAGS = 3, 60


class Truncated(rnn.LSTMCell):
    """An LSTM in which no error goes back through what the gates read."""

    def step(self, x, state):
        h, c = state
        return super().step(x, (h.detach(), c))


class Run(NamedTuple):
    """A cell, its inputs, c_0, and the states h_t and c_t of every step."""

    cell: rnn.Cell
    xs: np.ndarray
    c_0: mg.Tensor
    hs: list
    cs: list


def run(kind=rnn.LSTMCell, T=LAGS, scale=1.0, seed=0):
    """A cell of this kind on random inputs, its recurrent weights times `scale`."""
    rng = np.random.default_rng(seed)
    xs, c_0 = rng.normal(size=(T, 1, 2)), mg.tensor(rng.normal(size=(1, H)), requires_grad=True)
    cell = kind(2, H, dtype=float, rng=rng)
    for gate in cell.gates:
        cell.gate(gate).W_hh = scale * rng.normal(size=(H, H))
        cell.gate(gate).b_h = np.full(H, 3.0 if gate == "f" else 0.0)
    states = [state for _, state in rnn.steps(cell, xs, (mg.tensor(np.zeros((1, H))), c_0))]
    return Run(cell, xs, c_0, [h for h, _ in states], [c for _, c in states])


def product(of):
    """∏ f_t over the steps of a run, (H,), from the values of its states, without the tape."""
    gate = of.cell.gate("f")
    before = np.stack([np.zeros((1, H)), *(h.numpy() for h in of.hs[:-1])])
    z = of.xs @ gate.W_xh + before @ gate.W_hh + gate.b_h               # (T, 1, H)
    return np.prod(1 / (1 + np.exp(-z)), axis=0)[0]


def carousel(of, k=0):
    """∂c_T/∂c_0, or ∂c_T/∂c_k, of a run, with all ways through h cut: (H, H)."""
    return jacobian(of.cs[-1], of.cs[k - 1] if k else of.c_0, hold=of.hs)[0]


def logistic(w):
    """The largest |f'(net) w| of a logistic unit that reads itself by the weight w."""
    cell = rnn.ElmanCell(1, 1, nonlinearity="sigmoid", biases=0, dtype=float)
    cell.gate("h").W_xh, cell.gate("h").W_hh = [[1.0]], [[w]]
    nets = np.linspace(-10, 10, 2001)[:, None]
    start = mg.tensor(np.zeros_like(nets), requires_grad=True)
    (_, h), = rnn.steps(cell, nets[None], start)
    return jacobian(h, start).norm


def claims(far=1000):
    """Each statement with its numbers."""
    units = logistic(3.9), logistic(4.0)
    first = carousel(run(rnn.LSTM1997Cell, far))
    gated = run()
    cut, every = carousel(gated), jacobian(gated.cs[-1], gated.c_0)[0]
    want = np.diag(product(gated))
    off = np.abs(cut - want).max() / want.max()
    detached = jacobian((same := run(Truncated)).cs[-1], same.c_0)[0]
    deaf = run(scale=0.0)
    alone = np.abs(jacobian(deaf.cs[-1], deaf.c_0)[0] / product(deaf) - np.eye(H)).max()
    between = np.linalg.norm(every - want, 2) / np.linalg.norm(want, 2)
    return [
        Claim("Hochreiter 1997, 3.1", "a logistic unit's |f'(net) w|, w = 3.9 and 4.0",
              "< 1.0 for |w| < 4.0", f"≤ {units[0]:.4f}, {units[1]:.4f}", units[0] < 1 == units[1]),
        Claim("Hochreiter 1997, 3.2", f"∂c_t/∂c_t-{far}, gates cut off", "1.0",
              f"1.0 ± {np.abs(first - np.eye(H)).max():g}", np.array_equal(first, np.eye(H))),
        Claim("Gers 2000", f"∂c_{LAGS}/∂c_0 beside ∏ f_t, paths through h cut", "equal",
              f"{off:.0e} off", off < 1e-12),
        Claim("Hochreiter 1997, 4", "the truncated gradient, by detaching what gates read",
              "equal", f"{np.abs(detached - cut).max():g} off", np.array_equal(detached, cut)),
        Claim("Gers 2000", "gates that do not read h, and nothing cut", "equal",
              f"{alone:.0e} off", alone < 1e-12),
        Claim("both", f"∂c_{LAGS}/∂c_0 along all ways beside ∏ f_t", "another",
              f"{between:.1f} times off", between > 0.1),
    ]


def main(folder="out"):
    figure, path = new_figure(7, 4), Path(folder) / "error_carousel.png"
    first, gated = run(rnn.LSTM1997Cell), run()
    lags = np.arange(0, LAGS, 3)
    lines = {
        "1997, ways through h cut: 1": [np.linalg.norm(carousel(first, LAGS - k), 2) for k in lags],
        "2000, ways through h cut: ∏ f$_t$": [
            np.linalg.norm(carousel(gated, LAGS - k), 2) for k in lags
        ],
        "2000, all ways": norms(gated.cs[-1], gated.cs).values[::-1][lags],
    }
    axes = figure.subplots()
    for k, (name, values) in enumerate(lines.items()):
        axes.plot(lags, values, label=name, **line(k))
    log_axis(axes)
    axes.set(xlabel="lag k", ylabel="‖∂c$_T$/∂c$_{T-k}$‖$_2$", title="The error carousel")
    axes.legend(frameon=False)
    finish(figure, path)
    print(path)
    verdict(claims())


if __name__ == "__main__":
    command(main, __doc__)
