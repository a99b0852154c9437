"""The pictures of a training run: two small nets unrolled, the gradient by time step, the loss.

Where a package for pictures is missing, what can be written is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Parameter
from minigrad.drawing.render.text import count
from minigrad.functional import cross_entropy
from minigrad.io import replacing

from ..bptt import ledger
from ..cells import Cell, ElmanCell, LSTMCell
from ..sequence.unrolling import each_step, unroll
from ..training.modes import as_evaluated
from .diagnosis import recurrent_weights
from .report import Scores, command
from .run import Run
from .vocabularies import Vocabulary

if TYPE_CHECKING:
    from minigrad.drawing import Drawing

__all__ = ["NAMES", "draw_reader", "plot_gradient", "plot_loss", "write_all"]

GRADIENT, LOSS = "gradient_of_W_hh.png", "loss.png"
READERS: dict[str, type[Cell]] = {"lstm": LSTMCell, "elman": ElmanCell}
NAMES = (*(f"{name}{end}" for name in READERS for end in (".svg", ".png")), GRADIENT, LOSS)
"""Every file that `write_all` may write."""

GREY, PALE = "#666666", "#dddddd"


def write_all(run: Run, reached: Scores, out: Path) -> tuple[list[Path], str]:
    """Write the pictures to the directory `out`; the files, and what to do if some are missing.

    Without a renderer the graphs are SVG alone; without matplotlib there are no plots.
    """
    from minigrad.drawing import RenderError

    written, missing, packages = [], [], []
    for name, kind in READERS.items():
        drawing = draw_reader(kind, run.seed_word)
        written.append(drawing.save(out / f"{name}.svg"))
        try:
            written.append(drawing.save(out / f"{name}.png"))
        except RenderError:
            missing = ["a renderer for the graphs as PNG (they are SVG)"]
            packages = ["graphviz-pure"]
    try:
        plot_gradient(run, out / GRADIENT)
        per_character = [loss * run.tokens_per_character for loss in run.losses]
        plot_loss(per_character, reached, out / LOSS)
        written += [out / GRADIENT, out / LOSS]
    except ImportError:
        missing.append("matplotlib for the plots")
        packages.append("matplotlib")
    if not missing:
        return written, ""
    remedy = f"run: {command('pip', 'install', *packages)}"
    if "graphviz-pure" in packages:
        remedy += "; for the graphs a system Graphviz (`dot` on the PATH) will do too"
    return written, f"missing: {' and '.join(missing)}; {remedy}"


def draw_reader(kind: type[Cell], word: str, hidden: int = 4, steps: int = 5) -> Drawing:
    """The graph of an untrained cell that reads `word` and predicts each next character.

    Every tap carries ‖G_t‖, the share of step t in the gradient of the weight.
    """
    from minigrad import draw

    vocabulary = Vocabulary(word)
    characters = np.resize(vocabulary.encode(word), steps + 1)    # the word again if it is short
    rng = np.random.default_rng(0)
    cell: Any = kind(len(vocabulary), hidden, rng=rng)
    W_hy = Parameter(rng.normal(size=(hidden, len(vocabulary))).astype(cell.dtype), name="W_hy")
    outputs, _ = unroll(cell, characters[:-1, None])
    ys = each_step(lambda h: h @ W_hy, outputs, name="y")
    losses = each_step(cross_entropy, ys, characters[1:, None], name="loss")
    title = f"{kind.__name__}, {hidden} units, reads {vocabulary.decode(characters[:-1])!r}"
    return draw(sum(losses[1:], losses[0]), ledger=True, title=title)


def plot_gradient(run: Run, path: Path) -> None:
    """‖G_t‖, the share of step t in ∂L/∂W_hh, for the next window of training: of the loss of all
    steps, and of the last step's alone, which shows how far back the net looks."""
    inputs, targets = run.trainer.share(run.window(run.trainer.batch))    # (T, B), of this rank
    with as_evaluated(run.model):
        logits, _ = run.model(inputs, run.trainer.carry)                  # (T, B, V)
    T, B, V = logits.shape
    whole = cross_entropy(logits.reshape(T * B, V), targets.reshape(T * B))
    last = cross_entropy(logits[-1], targets[-1]) / T
    weights = recurrent_weights(run.model)
    figure, axes = _figure()
    for loss, colour, label in (
        (whole, "#0072b2", r"$L = \frac{1}{T}\,\Sigma_t\,\ell_t$, the loss of training"),
        (last, "#d55e00", r"$L = \frac{1}{T}\,\ell_T$, the last step's part of it"),
    ):
        terms = ledger(loss, {"W_hh": weights})
        norms = terms.norms("W_hh")
        axes.semilogy(
            terms.steps, np.where(norms > 0, norms, np.nan), color=colour, label=label,
            marker="o", markersize=3, linewidth=1.4,
        )
    axes.set_xlim(0.5 - 0.01 * T, 1.01 * T + 0.5)
    axes.set_xlabel(f"time step $t$ of a window of $T$ = {T}, mean over {count(B, 'stream')}")
    axes.set_ylabel(r"$\Vert G_t\Vert$")
    axes.set_title(
        r"$\partial L/\partial W_{hh} = \Sigma_t\,G_t$: the gradient, taken apart by time step",
        loc="left",
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(framealpha=1, edgecolor="none")
    _save(figure, path)


def plot_loss(losses: Sequence[float], reached: Scores, path: Path) -> None:
    """The loss of every update and its running mean, beside the scores on the held-out text."""
    bits = np.asarray(losses) / math.log(2)
    updates = np.arange(1, len(bits) + 1)
    window = max(1, min(50, len(bits) // 10))
    mean = np.convolve(bits, np.full(window, 1 / window), "valid")
    middle = updates[: len(mean)] + (window - 1) / 2
    figure, axes = _figure()
    axes.plot(
        updates, bits, color="#56b4e9", linewidth=0.5, alpha=0.6, label="each update",
        marker="" if len(bits) > 1 else "o",
    )
    if window > 1:
        axes.plot(middle, mean, color="#0072b2", linewidth=1.6, label=f"mean of {window} updates")
    axes.set_xlim(0, 1.01 * len(bits) + 0.5)
    for score, colour, style, label in (
        (reached.frequencies, GREY, ":", "character frequencies"),
        (reached.trigrams, GREY, "--", "character trigrams"),
        (reached.model, "#d55e00", "--", "this model"),
    ):
        axes.axhline(
            score, color=colour, linewidth=1.2, linestyle=style,
            label=f"held-out text: {label}, {score:.3f}",
        )
    axes.set_ylim(0, 1.05 * max(*bits, *reached, 1))
    axes.set_xlabel("update")
    axes.set_ylabel("bits per character")
    nats = axes.secondary_yaxis("right", functions=(_to_nats, _to_bits))
    nats.set_ylabel("nats per character")
    nats.spines["right"].set_visible(False)
    axes.set_title("The loss while training", loc="left")
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend = axes.legend(fontsize=8, framealpha=1, edgecolor="none")    # over the grid and lines
    for line in legend.get_lines():
        line.set_linewidth(max(line.get_linewidth(), 1.2))
    _save(figure, path)


def _figure() -> tuple[Any, Any]:
    """A figure that belongs to no window, and its axes, without lines that say nothing."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    """Write a figure whole or not at all."""
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=150)


def _to_nats(bits: Any) -> Any:
    return bits * math.log(2)


def _to_bits(nats: Any) -> Any:
    return nats / math.log(2)
