"""``python -m rnn train --sweep hidden=64,128 --sweep seed=0,1,2``: a run for each combination.

The runs have nothing to do with each other, so under ``mpiexec -n N`` each of the N ranks trains
its share of them alone. All settings are looked at before the first run begins.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from minigrad.errors import GradientError

from ..parallel import world
from ..training.options import nearest
from . import report
from .options import INTERRUPTED, UsageError, converted
from .run import BEST, Run
from .settings import Settings

__all__ = ["SweptRun", "combinations", "named", "sweep", "table"]

Chosen = dict[str, Any]


class SweptRun(NamedTuple):
    """How a run of a sweep ended: "done", "diverged", "interrupted" or, after that, "not begun".

    best: bits per held-out character, at `update`; of the `updates` that there were in `seconds`.
    """

    options: dict[str, str]
    ended: str
    best: float | None = None
    update: int = 0
    updates: int = 0
    seconds: float = 0.0
    folder: str = ""


def combinations(command: argparse.ArgumentParser, wanted: Sequence[str]) -> list[dict[str, str]]:
    """Of "name=value,value" for several names: every combination, as options by name.

    Raises UsageError for what is no setting of a model or its training, or has no values.
    """
    names = {
        flag.removeprefix("--"): action for action in command._actions
        for flag in action.option_strings
        if action.dest in {field.name for field in fields(Settings)} and flag[:5] != "--no-"
    }
    found: dict[str, list[str]] = {}
    for words in wanted:
        key, _, values = words.partition("=")
        name = key.strip().replace("_", "-")
        if name not in names:
            raise UsageError(
                f"--sweep {words}: {name!r} is no setting{nearest(name, names)}; wanted "
                f"NAME=VALUE,VALUE with a name of {', '.join(sorted(names))}"
            )
        if name in found:
            raise UsageError(f"--sweep {words}: {name} is swept already; give all its values once")
        found[name] = list(dict.fromkeys(v.strip() for v in values.split(",") if v.strip()))
        if not found[name]:
            raise UsageError(f"--sweep {words}: there are no values; wanted {name}=VALUE,VALUE")
    return [dict(zip(found, chosen, strict=True)) for chosen in itertools.product(*found.values())]


def settings_of(command: argparse.ArgumentParser, options: dict[str, str]) -> Chosen:
    """Options by name as settings. Raises UsageError for a value that its option does not take."""
    switches = {"yes": True, "true": True, "no": False, "false": False}
    chosen: Chosen = {}
    for name, value in options.items():
        action = command._option_string_actions[f"--{name}"]
        if isinstance(action, argparse.BooleanOptionalAction):
            if value.lower() not in switches:
                raise UsageError(f"--sweep {name}: received {value!r}, wanted yes or no")
            chosen[action.dest] = switches[value.lower()]
            continue
        chosen[action.dest] = converted(action, value, f"--sweep {name}")
    return chosen


def sweep(
    grid: list[dict[str, str]],
    make: Callable[[dict[str, str], Path | None], Run],
    watch: Callable[[Path, Run], None],
    out: Path, length: dict[str, Any], *, as_json: bool,
) -> int:
    """Train the runs of a grid, those of the ranks side by side, and print which was best.

    make: the run of options in a folder, or without one; watch: gives it its logs.
    length: of each, steps or seconds. Returns the exit code.
    """
    for options in grid:
        make(options, None)    # what does not fit is told before the first run begins
    group, stopped = world(), False
    long = (f"{length['steps']:,} updates" if "steps" in length
            else f"{length['seconds'] / 60:g} minutes")
    runs = "1 run" if len(grid) == 1 else f"{len(grid)} runs"
    ranks = f" on {group.size} ranks" if group.size > 1 else ""
    print(f"{runs} of {long}{ranks}", file=sys.stderr, flush=True)

    def one(options: dict[str, str]) -> SweptRun:
        nonlocal stopped
        folder = out / named(options)
        if stopped:
            return SweptRun(options, "not begun")
        folder.mkdir(parents=True, exist_ok=True)
        run, ended = make(options, folder), "done"
        watch(folder, run)
        try:
            stopped = not run.train(**length)
            ended = "interrupted" if stopped else "done"
        except GradientError:
            ended = "diverged"
        update, best = run.trainer.history.best()
        outcome = SweptRun(options, ended, best if update else None, update, run.updates,
                          run.seconds, str(folder))
        print(line(outcome), file=sys.stderr, flush=True)
        return outcome

    outcomes = group.map(one, grid)
    if group.root:
        print(json.dumps({"runs": [outcome._asdict() for outcome in outcomes]}) if as_json
              else table(outcomes), flush=True)
    return INTERRUPTED if any(o.ended in ("interrupted", "not begun") for o in outcomes) else 0


def named(options: dict[str, str]) -> str:
    """The name of a run, which is also that of its folder.

    >>> named({"hidden": "64", "cell": "zoneout+gru"})
    'hidden=64,cell=zoneout+gru'
    """
    return ",".join(f"{name}={value}" for name, value in options.items())


def line(outcome: SweptRun) -> str:
    """One run in a line."""
    if outcome.best is None:
        return f"{named(outcome.options)}: {outcome.ended}"
    end = "" if outcome.ended == "done" else f", {outcome.ended}"
    return (f"{named(outcome.options)}: {outcome.best:.3f} after {outcome.update:,} of "
            f"{outcome.updates:,} updates{end}")


def table(outcomes: Sequence[SweptRun]) -> str:
    """The runs, the best first; where several seeds were run, the mean of each setting too.

    >>> print(table([SweptRun({"hidden": "8", "seed": "0"}, "done", 3.0, 5, 5),
    ...              SweptRun({"hidden": "8", "seed": "1"}, "done", 2.5, 4, 5)]))
    bits per held-out character, the best first
      hidden=8,seed=1: 2.500 after 4 of 5 updates
      hidden=8,seed=0: 3.000 after 5 of 5 updates
    over the seeds: mean (lowest to highest)
      hidden=8: 2.750 (2.500 to 3.000)
    """
    ranked = sorted(outcomes, key=lambda o: float("inf") if o.best is None else o.best)
    rows = ["bits per held-out character, the best first", *(f"  {line(o)}" for o in ranked)]
    seeds: dict[str, list[float]] = {}
    for outcome in outcomes:
        if "seed" in outcome.options and outcome.best is not None:
            others = {k: v for k, v in outcome.options.items() if k != "seed"}
            seeds.setdefault(named(others) or "all", []).append(outcome.best)
    if any(len(found) > 1 for found in seeds.values()):
        rows += ["over the seeds: mean (lowest to highest)"]
        rows += [f"  {name}: {fmean(found):.3f} ({min(found):.3f} to {max(found):.3f})"
                 for name, found in sorted(seeds.items(), key=lambda pair: fmean(pair[1]))]
    if ranked[0].best is not None and ranked[0].folder:
        best = Path(ranked[0].folder) / BEST
        rows += ["", "to let the best write:",
                 report.command("rnn", "sample", "--checkpoint", best)]
    return "\n".join(rows)
