"""The table, LEARNING.md and the picture, from the outcomes of all runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from examples._figures import COLOURS, INK, bare, finish, new_figure
from rnn.bptt.jacobians.vanishing import Vanishing

from ..questions import Result
from ..report import HEADER
from ..report import columns as cells
from .experiments import EXPERIMENTS
from .training import Experiment, Outcome

__all__ = ["markdown", "plot", "plot_gradients", "result"]

GREY = "#888888"
NOTES = """\
Three numbers are of three seeds; a bar is reached if all of them reach it. Parameters, training
sequences, the sequences looked at on the way and those of the score come from separate random
streams, and every batch is drawn afresh. Training stops when some looks in a row are below the bar,
with a margin, or when the budget is used up. Then the net is scored once on sequences that it has
neither been trained on nor looked at: these are the numbers of the table, and "sequences" counts
all that were trained on until then. The same seed gives the same numbers on the same machine;
another BLAS rounds otherwise, and the runs part ways.

All nets are trained in float32 with Adam and its usual betas. There is no curriculum, and there are
no restarts. The hyperparameters were chosen by hand on other seeds, but for when to stop, the
clipping in temporal order and the course of the learning rate, which were settled after first runs
from the seeds of the table.
"""
CRITERIA = """\
- **Adding problem**: `rnn.tasks.Adding`. 2,000 sequences of which the mean squared error is taken.
  The tanh RNN is trained like the LSTM, but for all of the 350,000 sequences, and the lowest error
  that it had at any look counts. It is no bar for ever: with a learning rate that falls to 0, two
  of the three seeds began to learn after about 200,000 sequences.
- **Temporal order**: `rnn.tasks.TemporalOrder`, experiment 6a of Hochreiter and Schmidhuber (1997).
  The answer is the largest of four outputs at the last step of a sequence.
- **Copy memory**: `rnn.tasks.CopyMemory`. The mean cross-entropy over all 70 steps of 1,000
  sequences.
- **Embedded Reber grammar**: `rnn.tasks.EmbeddedReber`. A string is right if at every one of its
  steps the set of symbols to which the net gives more than 1/4 is exactly the set of legal ones
  (two legal symbols have 1/2 each), the symbol last but one included, which the second one decides.
  The 256 strings of the score are all different, and none was trained on. As a few short strings
  make up most of what is drawn, they are rare ones, of probability 2⁻¹² or less. Of the 256 that
  are looked at on the way half are other rare ones, and half plain draws, with the short ones.
"""
VANISHING = """\
![‖∂L/∂state‖ by lag, for RNN, LSTM and GRU.](../docs/pictures/vanishing.png)

The gradient by the state k steps before the end, relative to that at k = 0, for a loss at step 100
alone. Recurrent weights are orthogonal times a scale; dashed is the bound (γ_W γ_h)^k of the RNN.
`examples/vanishing.py` has more of it, and what to see.
"""


def result(outcomes: Sequence[Outcome]) -> Result:
    """The line of one experiment, from the outcomes of all its seeds.

    >>> runs = [Outcome("order", seed, 0.0, 4_800, 9.0, []) for seed in (0, 1)]
    >>> line = result(runs)
    >>> line.measured, line.bar, line.verdict
    ('0, 0 wrong of 2,560', '0', 'ok')
    >>> line.detail
    'after 4,800 sequences of 30,000; 9 s a run; without a memory 1,920'
    """
    experiment = EXPERIMENTS[outcomes[0].name]()
    numbers = ", ".join(f"{experiment.held_against(run):.3g}" for run in outcomes)
    used = [f"{run.sequences:,}" for run in outcomes]
    if len(set(used)) == 1:
        del used[1:]
    after = f"after {', '.join(used)} sequences of {experiment.budget:,}"
    if experiment.above:
        after = f"lowest at any time {after}"
    seconds = median(run.seconds for run in outcomes)
    return Result(
        f"{experiment.task_title}: {experiment.model}",
        f"{numbers} {experiment.unit}",
        bar(experiment),
        all(map(experiment.reached, outcomes)),
        f"{after}; {seconds:.0f} s a run; without a memory {experiment.baseline:,.4g}",
    )


def bar(experiment: Experiment) -> str:
    """The bar in words: "> 0.15", "< 0.001", and "0" where counts must be below 1."""
    if experiment.above:
        return f"> {experiment.bar:g}"
    return "0" if experiment.bar == 1 else f"< {experiment.bar:g}"


def markdown(results: Sequence[Result], gradients: Vanishing, facts: Mapping[str, str]) -> str:
    """LEARNING.md: the table, how each was trained, the figure of vanishing gradients."""
    head, *lines = ("| " + " | ".join(cells(r)) + " |" for r in (HEADER, *results))
    rule = "|" + " --- |" * len(cells(HEADER))
    return "\n".join([
        "# What the cells learn", "",
        "Written by `make learn LEARN_ARGS=--write`.", "",
        head, rule, *lines, "",
        "![The score of every run over its sequences.](../docs/pictures/learning.png)", "",
        "## How it is measured", "", NOTES, CRITERIA,
        "## How each is trained", "", *map(settings, EXPERIMENTS.values()), "",
        "## Vanishing gradients", "", VANISHING,
        "```text", str(gradients), "```", "",
        "## The machine", "", *(f"- {name}: {fact}" for name, fact in facts.items()), "",
    ])


def settings(kind: type[Experiment]) -> str:
    """How one experiment is trained, as an item of a list."""
    experiment, about = kind(), (kind.__doc__ or "").partition("\n")[0].rstrip(".")
    rate = f"{experiment.lr:g}" + ", falling to 0 as a cosine" * experiment.falls
    return (
        f"- {experiment.task_title}, {experiment.model}: batches of {experiment.batch}, learning "
        f"rate {rate}, gradients clipped to a norm of {experiment.max_norm:g}. {about}."
    )


def plot(outcomes: Sequence[Outcome], path: Path | None = None) -> Any:
    """A panel for each task: the score of every run over the sequences, the bar, the baseline."""
    from matplotlib import rc_context

    tasks: dict[str, list[Outcome]] = {}
    for run in outcomes:
        tasks.setdefault(EXPERIMENTS[run.name]().task_title, []).append(run)
    rows = (len(tasks) + 1) // 2
    with rc_context({"font.size": 11}):
        figure = new_figure(11.0, 3.6 * rows)
        panels = figure.subplots(rows, 2, squeeze=False).ravel()
        for axes in panels[len(tasks):]:
            axes.set_visible(False)
        for axes, (title, runs) in zip(panels, tasks.items(), strict=False):
            _panel(axes, title, runs)
        return finish(figure, path)


def plot_gradients(gradients: Vanishing, path: Path | None = None) -> Any:
    """The figure of ``rnn.bptt.vanishing``, in letters that can be read from the last row."""
    from matplotlib import rc_context

    with rc_context({"font.size": 13}):
        figure = gradients.plot()
        for axes in figure.axes:
            axes.set_yticks([10.0**k for k in range(-12, 13, 4)])
            axes.minorticks_off()
            axes.set_ylim(1e-12, 1e4)
        return finish(figure, path)


def _panel(axes: Any, title: str, runs: Sequence[Outcome]) -> None:
    from matplotlib.ticker import NullFormatter

    names = list(dict.fromkeys(run.name for run in runs))
    for k, name in enumerate(names):
        experiment = EXPERIMENTS[name]()
        own = [run for run in runs if run.name == name]
        for run in own:
            axes.plot(
                [look.sequences / 1_000 for look in run.curve], [look.score for look in run.curve],
                color=COLOURS[k], linewidth=1.6, alpha=0.8,
                label=f"{experiment.model}, {len(own)} seeds" if run is own[0] else None,
            )
    experiment = EXPERIMENTS[names[0]]()
    counted = experiment.bar == 1
    axes.axhline(
        experiment.baseline, color=GREY, linewidth=1.2, linestyle=":",
        label=f"without a memory: {experiment.baseline:,.4g}",
    )
    if counted:
        axes.set_yscale("symlog", linthresh=1)                # which has a place for 0
        axes.set_yticks([0, *(10**k for k in range(9) if 10**k <= experiment.baseline)])
        axes.minorticks_off()
        axes.set_ylim(-0.2, 100 * experiment.baseline)        # room for the legend
    else:
        axes.set_yscale("log")
        axes.set_ylim(bottom=experiment.bar / 8)              # room for the legend
        axes.axhline(
            experiment.bar, color=GREY, linewidth=1.2, linestyle="--",
            label=f"to reach: {experiment.bar:g}",
        )
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title(title, loc="left", color=INK)
    axes.set_xlabel("sequences, in thousands", color=INK)
    axes.set_ylabel(experiment.unit, color=INK)
    axes.set_xlim(left=0)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    place = "upper right" if counted else "center right" if len(names) > 1 else "lower left"
    axes.legend(frameon=False, fontsize=10, loc=place)
    bare(axes)
