"""``python -m rnn bench``: how fast training is here, and where its time goes."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from typing import Any

import numpy as np

from . import text
from .options import add_training_options, chosen_settings, from_file
from .run import Run
from .settings import Settings

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to a parser's."""
    words = "time some updates of the model that the options mean; nothing is written"
    command = commands.add_parser("bench", help=words, description=words, allow_abbrev=False)
    command.set_defaults(command=_bench, parser=command)
    add_training_options(command)
    command.add_argument("--json", action="store_true", help="print the results as JSON")


def _bench(arguments: argparse.Namespace) -> int:
    from_file(arguments.parser, arguments)
    content = text.documentation() if arguments.text is None else text.read(arguments.text)
    run = Run(Settings(**chosen_settings(arguments)), content)
    updates = arguments.updates or None
    seconds = 60 * arguments.minutes if arguments.minutes else None if updates else 5.0
    times: list[float] = []
    began = time.perf_counter()

    def watch(trainer: Any) -> None:
        nonlocal began
        times.append(time.perf_counter() - began)
        began = time.perf_counter()

    run.trainer.watch(watch)
    run.trainer.fit(run.window, steps=updates, seconds=seconds)
    window = run.settings.batch * run.settings.steps * run.settings.accumulate
    data: dict[str, Any] = {
        "updates": run.updates,
        "parameters": sum(p.size for p in run.model.parameters()),
        "first_update_seconds": times[0],
        "update_seconds_median": float(np.median(times)),
        "update_seconds_fastest": float(min(times)),
        "tokens_per_second": window / float(np.median(times)),
        "python": platform.python_version(), "numpy": np.__version__,
        "cores": os.cpu_count(),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", ""),
    }
    if arguments.json:
        print(json.dumps(data))
        return 0
    print(
        f"{run.updates:,} updates of {window:,} tokens, {data['parameters']:,} parameters\n"
        f"  an update   {data['update_seconds_median'] * 1e3:8.2f} ms (median), "
        f"{data['update_seconds_fastest'] * 1e3:.2f} ms (fastest), "
        f"{times[0] * 1e3:.0f} ms (the first, which compiles)\n"
        f"  tokens/s    {data['tokens_per_second']:8,.0f}\n"
        f"Python {data['python']}, NumPy {data['numpy']}, {data['cores']} cores"
    )
    return 0
