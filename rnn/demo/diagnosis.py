"""How the gradient of a trained model goes back through time, on a window of its own text."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.functional import cross_entropy

from ..bptt import ledger, norms, report, spectrum, two_time
from ..models.language_model import LanguageModel
from ..sequence.unrolling import each_step
from ..training.modes import as_evaluated
from .text import Tokens

__all__ = ["Opened", "innermost", "opened", "recurrent_weights", "write_lab"]


class Opened(NamedTuple):
    """A window with every op of every step on the tape.

    losses: of each step, the mean over the streams in nats, T scalars. states: of the last layer,
    T of them.

    >>> window = opened(LanguageModel(3, 4, rng=0), np.array([[0], [1]]), np.array([[1], [2]]))
    >>> len(window.losses), [part.shape for part in window.states[0]]
    (2, [(1, 4), (1, 4)])
    """

    losses: list[Any]
    states: list[Any]


def opened(model: LanguageModel, inputs: Tokens, targets: Tokens) -> Opened:
    """A window (T, B) read from a zero state, without dropout, for the tools of ``rnn.bptt``."""
    with as_evaluated(model):
        outputs, _, states = model.layer(model.embedded(inputs), return_states=True)
        losses = each_step(
            lambda h, y: cross_entropy(model.head(h), y), outputs, targets, name="loss"
        )
    return Opened(losses, states[-1])


def innermost(model: LanguageModel) -> Any:
    """The cell of the last layer, without wrappers around it.

    >>> innermost(LanguageModel(3, 4, cell="zoneout+gru", layers=2)).name
    'gru'
    """
    cell: Any = model.layer.cells[-1][0]
    while "cell" in vars(cell):
        cell = cell.cell
    return cell


def recurrent_weights(model: LanguageModel) -> Any:
    """W_hh of the last layer."""
    return innermost(model).W_hh


def write_lab(
    model: LanguageModel, window: Opened, out: Path
) -> tuple[dict[str, Any], str, list[Path]]:
    """The report of ``rnn.bptt`` on a window, and plots in a folder: what can be read by machines,
    the report as a table, and the files.

    The plots are the report, the ledger, the norms by lag, the two-time table of the last layer's
    W_hh, and the spectrum of each gate's, where it is square. Needs matplotlib.
    """
    T = len(window.losses)
    loss = sum(window.losses[1:], window.losses[0]) / T
    found, terms = report(loss, model), ledger(loss, model.layer)
    by_lag = norms(window.losses[-1], window.states)
    cell = innermost(model)
    plots: dict[str, Any] = {
        "report": found, "ledger": terms, "norms_by_lag": by_lag,
        "two_time": two_time(window.losses, cell.W_hh),
    }
    data: dict[str, Any] = {
        "loss": loss.item(), "rate": by_lag.rate,
        "norms_by_lag": np.asarray(by_lag.values)[::-1].tolist(),
        "half_life": {
            row.name: row.half_life if math.isfinite(row.half_life) else None
            for row in found if row.steps
        },
        "two_time": plots["two_time"].norms().tolist(),
    }
    if cell.hidden_size == cell.output_size:
        plots["spectrum"] = spectrum(cell)
        data["spectral_radius"] = {
            gate: float(np.abs(plots["spectrum"][gate]).max())
            for gate in cell.conventions()["gates"]
        }
    written = [out / f"{name}.png" for name in plots]
    for thing, path in zip(plots.values(), written, strict=True):
        thing.plot(path)
    return data, found.table(), written
