"""Why LSTMs: the adding problem, and how far the gradient reaches while it is learned, as a film.

Among 50 numbers two are marked, one in each half; what is their sum? An LSTM and a plain tanh
network of 32 units are trained on it in the same way. After every 20 updates is measured, on the
same sequences, the norm of the gradient by the state k steps back, ‖∂L/∂h_{T-k}‖.

The baseline is to say the mean, 1, always: a mean squared error of 1/6.

What to see: for some hundred updates neither does better, and in both the gradient by the first
steps is as good as nothing. Then the LSTM opens a way back: its gradient becomes level over all 50
steps, and at that moment the error falls. In the plain network it vanishes all the while, and the
error stays.

Run it with ``python -m examples.why_lstms [FOLDER]``; takes half a minute.

Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9 (1997), experiment 4.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from examples._command import command
from examples._figures import COLOURS, log_axis, new_figure
from examples._training import fit
from minigrad.functional import mse_loss
from minigrad.module import Module
from rnn import LSTM, RNN, Readout
from rnn.bptt import norms
from rnn.tasks import Adding

TASK = Adding(T=50)
EVERY = 20              # updates from picture to picture
PAUSE = 8               # pictures, at the end of the film


class Course(NamedTuple):
    """While a network was trained, after so many updates: its error, and ‖∂L/∂h_t‖ by step t."""

    updates: list[int]
    errors: list[float]
    norms: list[np.ndarray]


class Adder(Module):
    """Numbers and marks (T, B, 2) → the sums (B, 1); and the states that led there."""

    def __init__(self, layer, rng):
        self.layer, self.head = layer, Readout(layer.output_size, 1, rng=rng)

    def forward(self, xs, how=None):
        outputs, _ = self.layer(xs, how=how)
        return self.head(outputs[-1]), outputs


def train(kind, updates=1000, hidden=32, seed=0):
    """An LSTM or an RNN, with what was seen of it on the way."""
    rng = np.random.default_rng(seed)
    layer = kind(2, hidden, how="scan", rng=rng)
    if kind is LSTM:
        layer.cell.gate("f").b_h = np.ones(hidden, np.float32)          # remember, to begin with
    model, course = Adder(layer, rng), Course([], [], [])
    held_out = TASK.draw(200, np.random.default_rng(1))
    done = 0

    def loss():
        nonlocal done
        if done % EVERY == 0:
            sums, states = model(held_out[0], how="unroll")             # the states are on the tape
            error = mse_loss(sums, held_out[1])
            for values, value in zip(course, (done, error.item(), norms(error, states).values),
                                     strict=True):
                values.append(value)
        done += 1
        xs, sums = TASK.draw(64, rng)
        return mse_loss(model(xs)[0], sums)

    fit(model, loss, updates, lr=0.01)
    return course


def film(courses, path):
    """One picture after the other, as an animated GIF; the last one stays for a while."""
    from matplotlib.animation import PillowWriter

    figure = new_figure(9, 4)
    gradient, error = figure.subplots(1, 2)
    lag = np.arange(TASK.T)[::-1]
    lines = {}
    for colour, (name, course) in zip(COLOURS, courses.items(), strict=False):
        error.plot(course.updates, course.errors, color=colour, alpha=0.3)
        (by_lag,) = gradient.plot(lag, course.norms[0], color=colour, label=name)
        (dot,) = error.plot([], [], "o", color=colour)
        lines[name] = by_lag, dot
    error.axhline(TASK.baseline, color="#333333", ls=":", label="the mean, always")
    for axes in (gradient, error):
        log_axis(axes)
        axes.legend(fontsize=8, frameon=False, loc="lower left")
    gradient.set(xlabel="steps back", ylabel="norm of the gradient by the state", ylim=(1e-12, 1))
    error.set(xlabel="updates", ylabel="mean squared error")
    figure.draw_without_rendering()
    figure.set_layout_engine("none")        # settled; to lay out each picture anew takes long
    pictures = [*range(len(course.updates)), *[len(course.updates) - 1] * PAUSE]
    writer = PillowWriter(fps=6)
    with writer.saving(figure, path, dpi=80):
        for k in pictures:
            for name, course in courses.items():
                by_lag, dot = lines[name]
                by_lag.set_ydata(np.maximum(course.norms[k], 1e-30))
                dot.set_data([course.updates[k]], [course.errors[k]])
            gradient.set_title(f"after {course.updates[k]} updates")
            writer.grab_frame()


def main(folder="out", updates=1000):
    courses = {"tanh RNN": train(RNN, updates), "LSTM": train(LSTM, updates)}
    print(f"the sum of two of {TASK.T} numbers: mean squared error, and ‖∂L/∂h‖ by the state"
          f" {TASK.T - 1} steps back over that by the last")
    print(f"    the mean    {TASK.baseline:.4f}")
    for name, course in courses.items():
        reach = course.norms[-1][0] / course.norms[-1][-1]
        print(f"    {name:<11} {course.errors[-1]:.4f}    {reach:.2g}")
    path = Path(folder) / "why_lstms.gif"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        film(courses, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)
