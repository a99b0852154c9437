"""``python -m rnn train``, and ``demo``, which is it with another name."""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from minigrad.errors import GradientError

from ..parallel import Group
from ..training import Budget, Interrupt, Progress
from ..training.logs import CSVLog, TensorBoard
from . import checkpoint, pictures, report, sweep_runs, text
from .language_model import encode_seed
from .live import LivePage
from .options import (
    INTERRUPTED,
    TEMPERATURE,
    UsageError,
    add_training_options,
    chosen_settings,
    from_file,
)
from .run import BEST, LAST, Run
from .settings import LEARNING_RATES, Settings
from .watching import OverfitWarning, Samples, progress_of

__all__ = ["add_to"]

CHANGEABLE = ("patience", "validate_every")    # also of a run that goes on


def add_to(commands: Any) -> None:
    """Add the commands to a parser's."""
    for name, words in (
        ("train", "train a recurrent net on a text, compare it with n-grams, draw it"),
        ("demo", "the same: without options a minute on Python's documentation"),
    ):
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        command.set_defaults(command=_train, parser=command)
        add_training_options(command)
        command.add_argument("--json", action="store_true",
                             help="print the results as JSON, and all else to stderr")


def _train(arguments: argparse.Namespace) -> int:
    from_file(arguments.parser, arguments)
    out = arguments.out or Path("out")
    if arguments.sweep is not None:
        return _sweep(arguments, out)
    temperature = TEMPERATURE if arguments.temperature is None else arguments.temperature
    run = _prepared(arguments, out)
    _budget(arguments, run)
    _check_writable(out)
    run.options |= {
        "text": None if arguments.text is None else str(arguments.text),
        "minutes": arguments.minutes, "updates": arguments.updates, "temperature": temperature,
    }
    run.trainer.config = run.config()
    path = out / LAST
    results = sys.stderr if arguments.json else sys.stdout
    print(report.heading(run, arguments.text), file=results, flush=True)

    progress = Progress(describe=progress_of(run), results=results)
    samples = Samples(run, progress.say, temperature)
    _watch(arguments, out, run, progress, samples)
    # Besides the one in Trainer.fit: Ctrl-C after the last update must not cost the checkpoint.
    with Interrupt() as late:
        try:
            finished = run.train(**_length(arguments))
        except GradientError as error:
            raise UsageError(
                f"training diverged in update {run.updates + 1:,} (the one before is in {path}); "
                f"lower --learning-rate: {error}"
            ) from error
        except KeyboardInterrupt:    # in the last update: it is done
            finished, late.received = True, True
    if not finished:
        print(
            f"interrupted after {run.updates:,} updates; to go on from there:\n"
            f"{_command_to_resume(arguments, path)}", file=sys.stderr,
        )
        return INTERRUPTED
    try:
        if late.received:
            raise KeyboardInterrupt
        if run.trainer.group.root:
            _show(run, path, arguments.json)
    except KeyboardInterrupt:
        print(f"\ninterrupted after training; the model is in {path}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _sweep(arguments: argparse.Namespace, out: Path) -> int:
    """A run for each combination of what is swept, in a folder of its own."""
    for name in ("resume", "live"):
        if getattr(arguments, name) is not None:
            raise UsageError(f"--{name} is for one run, and --sweep makes several; leave one out")
    content = _content(arguments)
    grid = sweep_runs.combinations(arguments.parser, arguments.sweep)

    def make(options: dict[str, str], folder: Path | None) -> Run:
        chosen = chosen_settings(arguments) | sweep_runs.settings_of(arguments.parser, options)
        return _new_run(chosen, content, arguments.seed_word, folder, Group())

    def watch(folder: Path, run: Run) -> None:
        _log(arguments, folder, run)

    _check_writable(out)
    return sweep_runs.sweep(grid, make, watch, out, _length(arguments), as_json=arguments.json)


def _watch(
    arguments: argparse.Namespace, out: Path, run: Run, progress: Progress, samples: Samples
) -> None:
    """Tell the trainer who wants to know how it goes; among several ranks the root has that."""
    if not run.trainer.group.root:
        return
    run.trainer.watch(progress, samples)
    run.trainer.watch(OverfitWarning(lambda words: print(f"warning: {words}", file=sys.stderr)))
    _log(arguments, out, run)
    if arguments.live is not None:
        levels = dict(zip(("frequencies", "trigrams"),
                          report.baselines(run.vocabulary, run.data), strict=True))
        page = LivePage(out / arguments.live, run, levels, samples)
        run.trainer.watch(page)
        print(f"live: {page.path}", file=sys.stderr)


def _log(arguments: argparse.Namespace, folder: Path, run: Run) -> None:
    """The logs that were asked for, in the folder of the run."""
    if arguments.csv is not None:
        run.trainer.watch(CSVLog(folder / arguments.csv))
    if arguments.tensorboard is not None:
        run.trainer.watch(TensorBoard(folder / arguments.tensorboard))


def _show(run: Run, path: Path, as_json: bool) -> None:
    """How good the run has become, its pictures, and the names of all that is written."""
    reached, trainer = report.scores(run), run.trainer
    ended = "" if trainer.stopped == "done" else f"{trainer.stopped}\n"
    if not as_json:
        print(ended + report.table(run, reached), flush=True)
    written, missing = pictures.write_all(run, reached, path.parent)
    files = [path, path.parent / BEST, *written]
    if as_json:
        print(json.dumps({
            "updates": run.updates, "seconds": run.seconds, "stopped": trainer.stopped,
            "characters_per_second": run.characters / run.seconds,
            "bits_per_character": {**reached._asdict(), "best": trainer.best},
            "best_update": trainer.best_step, "settings": run.config()["settings"],
            "files": [str(file) for file in files],
        }))
    else:
        print(*["", *files], sep="\n")
        again = report.command("rnn", "sample", "--checkpoint", path)
        print(f"\nto let it write more:\n{again}", flush=True)
    if missing:
        print(missing, file=sys.stderr)


def _command_to_resume(arguments: argparse.Namespace, path: Path) -> str:
    """What to type to go on with an interrupted run, to the end that it was to have."""
    words: list[object] = ["rnn", "train", "--resume", path]
    for name in ("text", "minutes", "updates", "temperature", "out", "live", "csv", "tensorboard"):
        value = getattr(arguments, name)
        if value is not None:
            words += [f"--{name}", value]
    return report.command(*words)


def _prepared(arguments: argparse.Namespace, out: Path) -> Run:
    """The run that the arguments ask for: a new one, or one from a checkpoint."""
    content, chosen = _content(arguments), chosen_settings(arguments)
    if arguments.resume is None:
        return _new_run(chosen, content, arguments.seed_word, out)
    run = checkpoint.load_run(readable(arguments.resume), content, out=out)
    for name, value in chosen.items():
        had = getattr(run.settings, name)
        if value != had and name not in CHANGEABLE:
            option = f"--{'clip' if name == 'max_norm' else name.replace('_', '-')}"
            raise UsageError(
                f"{option} {value} does not fit {arguments.resume}, which was trained with {had}; "
                f"leave {option} out, or train anew without --resume"
            )
    run.settings = replace(run.settings, **chosen)
    run.trainer.patience = run.settings.patience or None
    if arguments.seed_word is not None:
        encode_seed(run.vocabulary, arguments.seed_word)
        run.seed_word = arguments.seed_word
    return run


def _content(arguments: argparse.Namespace) -> str:
    return text.documentation() if arguments.text is None else text.read(arguments.text)


def _new_run(
    chosen: dict[str, Any], content: str, seed_word: str | None, out: Path | None,
    group: Group | None = None,
) -> Run:
    rate = LEARNING_RATES[chosen.get("optimizer", Settings.optimizer)]
    settings = Settings(**{"learning_rate": rate, **chosen})
    _check_memory(settings, len(set(content)))
    try:
        return Run(settings, content, seed_word, out=out, group=group)
    except text.TextError:
        raise
    except ValueError as error:    # settings that do not go together
        raise UsageError(f"{error}") from error


def readable(path: Path) -> Path:
    """`path`, if there is a file that can be read."""
    try:
        if not path.is_fifo():    # which would wait for a writer
            path.open("rb").close()
        return path
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror or error}); pass a checkpoint that "
            f"`python -m rnn train` has written"
        ) from error


def _check_memory(settings: Settings, size: int) -> None:
    """Refuse sizes that cannot fit into memory, because many systems kill a program that tries."""
    H, N, window = settings.hidden, settings.layers, settings.batch * settings.steps
    E, item = settings.embedding or size, 4 if settings.dtype == "float32" else 8
    size += settings.words if settings.level == "word" else 0
    parameters = 4 * H * (E + H) + (N - 1) * 8 * H * H + (H + settings.embedding) * size
    # In bytes: what an update keeps for the backward pass, and values, gradients and Adam's two
    # averages of the parameters; their initial values come in float64.
    wanted = item * window * (12 * H * N + 3 * size) + (4 * item + 8) * parameters
    try:
        present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):    # not every system tells
        present = 2**40
    if wanted > present:
        layers = f" in {N:,} layers (--layers)" if N > 1 else ""
        raise UsageError(
            f"{H:,} units (--hidden){layers} and windows of {settings.batch:,} × "
            f"{settings.steps:,} tokens (--batch, --steps) need about {wanted // 10**9:,} GB of "
            f"memory, and there are {present // 10**9:,}; lower them"
        )


def _length(arguments: argparse.Namespace) -> dict[str, Any]:
    """How long a run is in all: its steps, or the seconds of them."""
    if arguments.updates is not None:
        return {"steps": arguments.updates}
    return {"seconds": 60 * (arguments.minutes or 1.0)}


def _budget(arguments: argparse.Namespace, run: Run) -> Budget:
    """The length of a run, refused where one that goes on has had it already."""
    budget = Budget(**_length(arguments))
    if budget.done(run.trainer) == 1:
        raise UsageError(
            f"{arguments.resume} has had {run.updates:,} updates in {run.seconds / 60:.2f} minutes "
            f"already; ask for more in all, with --minutes or --updates"
        )
    return budget


def _check_writable(out: Path) -> None:
    """Make the directory `out` if need be, and see that every file in it can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        why = "it is no directory" if error.errno == errno.EEXIST else error.strerror or error
        raise UsageError(
            f"{out} cannot be written to ({why}); pass another directory with --out"
        ) from error
    for name in (LAST, BEST, *pictures.NAMES):
        target = Path(os.path.realpath(out / name))    # where a link leads
        if not target.parent.is_dir() or (target.exists() and not target.is_file()):
            raise UsageError(
                f"{out / name} is no regular file, and one of that name is to be written; move it, "
                f"or pass another directory with --out"
            )
