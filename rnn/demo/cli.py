"""The command line: ``python -m rnn train`` and ``python -m rnn sample``.

What a user can get wrong ends in one line on stderr that says what to do, and exit code 2; Ctrl-C
ends in exit code 130. Everything that can be checked is checked before training starts.
"""

from __future__ import annotations

import argparse
import errno
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from minigrad.errors import FileFormatError, GradientError, StateDictError

from ..training import Budget, Interrupt
from . import checkpoint, pictures, report, text
from .language_model import encode_seed, sample
from .progress import Progress
from .run import Run, Settings
from .train import train

__all__ = ["main"]

CHECKPOINT = "checkpoint.safetensors"
TEMPERATURE = 0.7
INTERRUPTED, PIPE_CLOSED = 130, 141    # what shells report for programs that a signal ended


class UsageError(Exception):
    """Arguments that do not work; the message says what would."""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line, like all else that can be wrong."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; {self.prog} --help lists the options")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except (UsageError, text.TextError, FileFormatError, StateDictError) as error:
        return _fail(error)
    except BrokenPipeError:    # `... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        place = error.filename or "the output"
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = "make room there" if full else "make it possible to read and write there"
        return _fail(f"{place}: {error.strerror or error}; {remedy}, or use another place")
    except MemoryError:
        return _fail("there is not enough memory for this; lower --hidden, --batch or --steps")
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED


def _fail(error: object) -> int:
    print(f"rnn: error: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


# -- the options


def _parser() -> argparse.ArgumentParser:
    usual = Settings()
    parser = _Parser(
        prog="python -m rnn", description="Train a character LSTM; let it write.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    command = commands.add_parser(
        "train", help="train a character LSTM on a text, compare it with n-grams, draw it",
        allow_abbrev=False,
    )
    command.set_defaults(command=_train)
    add = command.add_argument
    add("--text", metavar="FILE", type=_path,
        help="the text, UTF-8 (default: the documentation that comes with Python)")
    add("--hidden", metavar="H", type=_integer(1), help=f"LSTM units ({usual.hidden})")
    add("--batch", metavar="B", type=_integer(1),
        help=f"streams of text read side by side ({usual.batch})")
    add("--steps", metavar="T", type=_integer(1),
        help=f"characters of a window, through which gradients go back ({usual.steps})")
    length = command.add_mutually_exclusive_group()
    length.add_argument("--minutes", metavar="M", type=_minutes,
                        help="how long to train, in all (1)")
    length.add_argument("--updates", metavar="N", type=_integer(1),
                        help="how many updates to make, in all, in place of --minutes")
    add("--learning-rate", metavar="X", type=_rate,
        help=f"of Adam at its highest ({usual.learning_rate})")
    add("--seed", metavar="S", type=_integer(0), help="same seed, same run (0)")
    add("--seed-word", metavar="W", help="what samples start with (a frequent word of the text)")
    add("--temperature", metavar="X", type=_positive, default=TEMPERATURE,
        help="of the samples: near 0 the likeliest text, above 1 a wild one (0.7)")
    add("--out", metavar="DIR", type=_path, default=Path("out"), help="where to write (out)")
    add("--resume", metavar="FILE", type=_path, help="go on with the run in a checkpoint")

    command = commands.add_parser(
        "sample", help="let a trained model write", allow_abbrev=False
    )
    command.set_defaults(command=_sample)
    add = command.add_argument
    add("--checkpoint", metavar="FILE", type=_path, required=True,
        help="what train has written, such as out/checkpoint.safetensors")
    add("--seed-word", metavar="W", help="what to start with (the one of the training)")
    add("--length", metavar="N", type=_integer(1), default=500, help="characters to write (500)")
    add("--temperature", metavar="X", type=_positive, default=TEMPERATURE,
        help="near 0 the likeliest text, above 1 a wild one (0.7)")
    add("--seed", metavar="S", type=_integer(0), help="same seed, same text (each time another)")
    return parser


def _integer(low: int) -> Callable[[str], int]:
    """Converts an argument into an integer of at least `low`."""

    def convert(argument: str) -> int:
        try:
            number = int(argument)
        except ValueError:
            number = low - 1
        if not low <= number < 10**15:
            shown = argument if len(argument) <= 40 else f"{argument[:37]}..."
            wanted = f"an integer of at least {low}" if number < low else "at most 15 digits"
            raise argparse.ArgumentTypeError(f"received {shown!r}, wanted {wanted}")
        return number

    return convert


def _path(argument: str) -> Path:
    """Converts an argument into a path. The empty one would silently be the current directory."""
    if not argument:
        raise argparse.ArgumentTypeError("received '', wanted a path")
    return Path(argument)


def _minutes(argument: str) -> float:
    """Converts an argument into a time that a run can have."""
    return _number(argument, "a number above 0 and below a million", 1e6)


def _positive(argument: str) -> float:
    """Converts an argument into a finite number above 0."""
    return _number(argument, "a finite number above 0", math.inf)


def _rate(argument: str) -> float:
    """Converts an argument into a learning rate. Adam's steps have about its size."""
    return _number(argument, "a number above 0 and below 1", 1.0)


def _number(argument: str, wanted: str, below: float) -> float:
    try:
        number = float(argument)
    except ValueError:
        number = math.nan
    if not 0 < number < below:
        raise argparse.ArgumentTypeError(f"received {argument!r}, wanted {wanted}")
    return number


# -- python -m rnn sample


def _sample(arguments: argparse.Namespace) -> int:
    model, vocabulary, word = checkpoint.load_writer(_readable(arguments.checkpoint))
    word = word if arguments.seed_word is None else arguments.seed_word
    rng = np.random.default_rng(arguments.seed)
    written = sample(model, vocabulary, word, arguments.length, arguments.temperature, rng)
    print(word, end="", flush=True)
    for character in written:
        print(character, end="", flush=character == "\n")
    print()
    return 0


def _readable(path: Path) -> Path:
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


# -- python -m rnn train


def _train(arguments: argparse.Namespace) -> int:
    run = _prepared(arguments)
    budget = _budget(arguments, run)
    out = _writable(arguments.out)
    path = out / CHECKPOINT
    print(report.heading(run, arguments.text), flush=True)

    saved = checkpoint.Keeper(path)
    # Besides the one in train(): an impatient second Ctrl-C must not cost the checkpoint.
    with Interrupt() as late, Progress() as progress:
        samples = report.Samples(run, budget.done(run), progress.say, arguments.temperature)
        try:
            finished = train(run, budget, [progress.watch, samples.watch, saved.watch])
        except GradientError as error:
            checkpoint.save_run(path, run)
            raise UsageError(
                f"training diverged in update {run.updates + 1:,} (the one before is in {path}); "
                f"lower --learning-rate: {error}"
            ) from error
        checkpoint.save_run(path, run)
    if not finished:
        print(
            f"interrupted after {run.updates:,} updates; to go on from there:\n"
            f"{_command_to_resume(arguments, path)}", file=sys.stderr,
        )
        return INTERRUPTED
    try:
        if late.received:
            raise KeyboardInterrupt
        _show(run, path)
    except KeyboardInterrupt:
        print(f"\ninterrupted after training; the model is in {path}", file=sys.stderr)
        return INTERRUPTED
    return 0


def _show(run: Run, path: Path) -> None:
    """How good the run has become, its pictures, and the names of all that is written."""
    reached = report.scores(run)
    print(report.table(run, reached), flush=True)
    written, missing = pictures.write_all(run, reached, path.parent)
    print(*["", path, *written], sep="\n")
    again = report.command("rnn", "sample", "--checkpoint", path)
    print(f"\nto let it write more:\n{again}", flush=True)
    if missing:
        print(missing, file=sys.stderr)


def _command_to_resume(arguments: argparse.Namespace, path: Path) -> str:
    """What to type to go on with an interrupted run, to the end that it was to have."""
    words: list[object] = ["rnn", "train", "--resume", path]
    for name, usual in (
        ("text", None), ("minutes", None), ("updates", None), ("temperature", TEMPERATURE),
        ("out", None),
    ):
        value = getattr(arguments, name)
        if value != usual:
            words += [f"--{name}", value]
    return report.command(*words)


def _prepared(arguments: argparse.Namespace) -> Run:
    """The run that the arguments ask for: a new one, or one from a checkpoint."""
    content = text.documentation() if arguments.text is None else text.read(arguments.text)
    names = ("hidden", "batch", "steps", "learning_rate", "seed")
    chosen = {name: getattr(arguments, name) for name in names}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if arguments.resume is None:
        settings = Settings(**chosen)
        _check_memory(settings, len(set(content)))
        return Run(settings, content, arguments.seed_word)
    run = checkpoint.load_run(_readable(arguments.resume), content)
    for name, value in chosen.items():
        had = getattr(run.settings, name)
        if value != had:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} {value} does not fit {arguments.resume}, which was trained with {had}; "
                f"leave {option} out, or train anew without --resume"
            )
    if arguments.seed_word is not None:
        encode_seed(run.vocabulary, arguments.seed_word)
        run.seed_word = arguments.seed_word
    return run


def _check_memory(settings: Settings, size: int) -> None:
    """Refuse sizes that cannot fit into memory, because many systems kill a program that tries."""
    H, window = settings.hidden, settings.batch * settings.steps
    parameters = 4 * H * (size + H) + H * size
    # In bytes: what an update keeps for the backward pass, and values, gradients and Adam's two
    # averages of the parameters, in float32; their initial values come in float64.
    wanted = 4 * window * (12 * H + 3 * size) + (4 * 4 + 8) * parameters
    try:
        present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):    # not every system tells
        present = 2**40
    if wanted > present:
        raise UsageError(
            f"{H:,} units (--hidden) and windows of {settings.batch:,} × {settings.steps:,} "
            f"characters (--batch, --steps) need about {wanted // 10**9:,} GB of memory, and there "
            f"are {present // 10**9:,}; lower them"
        )


def _budget(arguments: argparse.Namespace, run: Run) -> Budget:
    if arguments.updates is not None:
        budget = Budget(steps=arguments.updates)
    else:
        budget = Budget(seconds=60 * (arguments.minutes or 1.0))
    if budget.done(run) == 1:
        raise UsageError(
            f"{arguments.resume} has had {run.updates:,} updates in {run.seconds / 60:.2f} minutes "
            f"already; ask for more in all, with --minutes or --updates"
        )
    return budget


def _writable(out: Path) -> Path:
    """The directory `out`, made if need be, in which every file can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        why = "it is no directory" if error.errno == errno.EEXIST else error.strerror or error
        raise UsageError(
            f"{out} cannot be written to ({why}); pass another directory with --out"
        ) from error
    for name in (CHECKPOINT, *pictures.NAMES):
        target = Path(os.path.realpath(out / name))    # where a link leads
        if not target.parent.is_dir() or (target.exists() and not target.is_file()):
            raise UsageError(
                f"{out / name} is no regular file, and one of that name is to be written; move it, "
                f"or pass another directory with --out"
            )
    return out
