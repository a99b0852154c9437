"""What the commands take: words and numbers that are checked, and options from a TOML file."""

from __future__ import annotations

import argparse
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from ..models.language_model import CELLS, WRAPPERS, cell_maker
from ..training import OPTIMIZERS, SCHEDULES
from ..training.options import nearest
from .settings import LEARNING_RATES, Settings
from .vocabularies import LEVELS

__all__ = [
    "INTERRUPTED", "TEMPERATURE", "Parser", "UsageError", "add_training_options",
    "chosen_settings", "converted", "from_file", "integer", "path_of", "temperature",
]

TEMPERATURE = 0.7
INTERRUPTED = 130    # the exit code that shells report for programs that Ctrl-C ended
RUN_OPTIONS = ("text", "minutes", "updates", "seed_word", "temperature", "out", "live", "csv",
               "tensorboard")


class UsageError(Exception):
    """Arguments that do not work; the message says what would."""


class Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line, like all else that can be wrong."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; {self.prog} --help lists the options")


# -- what converts an argument


def integer(low: int) -> Callable[[str], int]:
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


def path_of(argument: str) -> Path:
    """Converts an argument into a path. The empty one would silently be the current directory."""
    if not argument:
        raise argparse.ArgumentTypeError("received '', wanted a path")
    return Path(argument)


def temperature(argument: str) -> float:
    """Converts an argument into a temperature: 0 is greedy."""
    if argument.strip() in ("0", "0.0"):
        return 0.0
    return _number(argument, "a finite number of at least 0", math.inf)


def _minutes(argument: str) -> float:
    return _number(argument, "a number above 0 and below a million", 1e6)


def _positive(argument: str) -> float:
    return _number(argument, "a finite number above 0", math.inf)


def _rate(argument: str) -> float:
    return _number(argument, "a number above 0 and below 1000", 1e3)


def _part(argument: str) -> float:
    return 0.0 if argument.strip() in ("0", "0.0") else _number(
        argument, "a number from 0 to below 1", 1.0
    )


def _number(argument: str, wanted: str, below: float) -> float:
    try:
        number = float(argument)
    except ValueError:
        number = math.nan
    if not 0 < number < below:
        raise argparse.ArgumentTypeError(f"received {argument!r}, wanted {wanted}")
    return number


def _cell(argument: str) -> str:
    try:
        cell_maker(argument, 1)
    except ValueError as error:
        words = [*CELLS, *(f"{w}+lstm" for w in WRAPPERS)]
        wanted = str(error).partition(": ")[2]
        raise argparse.ArgumentTypeError(
            f"received {argument!r}, {wanted}{nearest(argument, words)}"
        ) from None
    return argument


def word_of(words: Sequence[str]) -> Callable[[str], str]:
    """Converts an argument into one of some words."""

    def convert(argument: str) -> str:
        if argument not in words:
            raise argparse.ArgumentTypeError(
                f"received {argument!r}, wanted one of {', '.join(words)}{nearest(argument, words)}"
            )
        return argument

    return convert


# -- the options of training


def add_training_options(command: argparse.ArgumentParser) -> None:
    """The options of ``train`` and ``demo``. Their defaults come later: see `chosen_settings`."""
    usual = Settings()
    add = command.add_argument
    add("--config", metavar="FILE", type=path_of,
        help="a TOML file with options by name; those of the command line win")
    add("--text", metavar="FILE", type=path_of,
        help="the text, UTF-8 (default: the documentation that comes with Python)")
    add("--level", metavar="L", type=word_of(tuple(LEVELS)),
        help=f"what is predicted: {', '.join(LEVELS)} ({usual.level})")
    add("--words", metavar="N", type=integer(1),
        help=f"with --level word: the most frequent N words; others are spelled ({usual.words})")
    add("--cell", metavar="C", type=_cell,
        help=f"{', '.join(CELLS)}; before it may stand "
             f"{', '.join(f'{w}+' for w in WRAPPERS)} ({usual.cell})")
    add("--hidden", metavar="H", type=integer(1), help=f"units of each layer ({usual.hidden})")
    add("--layers", metavar="N", type=integer(1), help=f"how many layers ({usual.layers})")
    add("--embedding", metavar="E", type=integer(0),
        help="the width of vectors that stand for tokens; 0: one-hot (0)")
    add("--tie", action=argparse.BooleanOptionalAction, default=None,
        help="use the embedding for the outputs too (no)")
    add("--dropout", metavar="P", type=_part, help="of embedding, layers and outputs (0)")
    add("--dtype", metavar="D", type=word_of(("float32", "float64")), help="(float32)")
    add("--batch", metavar="B", type=integer(1),
        help=f"streams of text read side by side ({usual.batch})")
    add("--steps", metavar="T", type=integer(1),
        help=f"tokens of a window, through which gradients go back ({usual.steps})")
    add("--accumulate", metavar="K", type=integer(1), help="windows that make one update (1)")
    length = command.add_mutually_exclusive_group()
    length.add_argument("--minutes", metavar="M", type=_minutes,
                        help="how long to train, in all (1)")
    length.add_argument("--updates", metavar="N", type=integer(1),
                        help="how many updates to make, in all, in place of --minutes")
    rates = ", ".join(f"{name} {rate:g}" for name, rate in LEARNING_RATES.items())
    add("--optimizer", metavar="O", type=word_of(tuple(OPTIMIZERS)),
        help=f"{', '.join(OPTIMIZERS)} ({usual.optimizer})")
    add("--learning-rate", metavar="X", type=_rate, help=f"at its highest ({rates})")
    add("--schedule", metavar="S", type=word_of(tuple(SCHEDULES)),
        help=f"of the learning rate: {', '.join(SCHEDULES)} ({usual.schedule})")
    add("--warmup", metavar="P", type=_part,
        help="the part of the training in which the learning rate rises (0)")
    add("--clip", metavar="X", type=_positive, dest="max_norm",
        help=f"the norm to which gradients are clipped ({usual.max_norm})")
    add("--validate-every", metavar="N", type=integer(1),
        help=f"updates between looks at the held-out text ({usual.validate_every})")
    add("--patience", metavar="N", type=integer(0),
        help="end after so many looks without a better one; 0: never (0)")
    add("--seed", metavar="S", type=integer(0), help="same seed, same run (0)")
    add("--seed-word", metavar="W", help="what samples start with (a frequent word of the text)")
    add("--temperature", metavar="X", type=temperature,
        help=f"of the samples: 0 or near it the likeliest text, above 1 a wild one "
             f"({TEMPERATURE})")
    add("--out", metavar="DIR", type=path_of, help="where to write (out)")
    add("--live", metavar="FILE", type=path_of, nargs="?", const=Path("live.html"),
        help="write a page that shows the training and refreshes itself (live.html in --out)")
    add("--csv", metavar="FILE", type=path_of, nargs="?", const=Path("log.csv"),
        help="write a row for each update (log.csv in --out)")
    add("--tensorboard", metavar="DIR", type=path_of, nargs="?", const=Path("tensorboard"),
        help="write event files, with tensorboardX (tensorboard in --out)")
    add("--resume", metavar="FILE", type=path_of, help="go on with the run in a checkpoint")
    add("--sweep", metavar="NAME=VALUES", action="append",
        help="a run for each value, as in hidden=64,128; of several --sweep every combination. "
             "Under mpiexec the ranks share the runs")


def from_file(command: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Fill in what the command line leaves open from the file of ``--config``.

    Raises UsageError for a file that is no TOML, for a key that is no option, with the nearest
    one, and for a value that the option does not take.
    """
    path = arguments.config
    if path is None:
        return
    try:
        found = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read ({error.strerror or error}); pass a TOML file with --config"
        ) from error
    except ValueError as error:    # of TOML and of UTF-8
        raise UsageError(f"{path} is no TOML file: {error}") from error
    actions = {
        name: action for action in command._actions for flag in action.option_strings
        if (name := flag.removeprefix("--")) not in ("help", "config", "resume", "sweep", "-h")
        and not name.startswith("no-")
    }
    lengths = {"minutes", "updates"}
    given = {name for name in lengths if getattr(arguments, name) is not None}
    if len(lengths & found.keys()) == 2:
        raise UsageError(f"{path}: minutes and updates are both given; leave one out")
    swept = found.pop("sweep", None)
    if swept is not None and arguments.sweep is None:
        arguments.sweep = _swept(path, swept)
    for key, value in found.items():
        name = key.replace("_", "-")
        if name not in actions:
            raise UsageError(
                f"{path} has the key {key!r}, which is no option of training"
                f"{nearest(name, actions)}; its keys are {', '.join(actions)}"
            )
        action = actions[name]
        if getattr(arguments, action.dest) is None and not (name in lengths and given):
            setattr(arguments, action.dest, _converted(path, key, value, action))


def _swept(path: Path, found: Any) -> list[str]:
    """The table [sweep] of a file, with a list of values for each name, as ``--sweep`` takes it."""
    if not isinstance(found, dict) or not all(isinstance(v, list) for v in found.values()):
        raise UsageError(f"{path}: sweep: wanted a table of lists, as in sweep.hidden = [64, 128]")
    return [
        f"{name}={','.join(str(v).lower() if isinstance(v, bool) else str(v) for v in values)}"
        for name, values in found.items()
    ]


def _converted(path: Path, key: str, value: Any, action: argparse.Action) -> Any:
    """A value of a file as the option takes it."""
    if isinstance(action, argparse.BooleanOptionalAction) or (
        isinstance(value, bool) and action.nargs == "?"
    ):
        if not isinstance(value, bool):
            raise UsageError(f"{path}: {key} = {value!r}: wanted true or false")
        return value if action.nargs != "?" else (action.const if value else None)
    if isinstance(value, bool | list | dict):
        raise UsageError(f"{path}: {key} = {value!r}: wanted a number or text")
    return converted(action, str(value), f"{path}: {key}")


def converted(action: argparse.Action, text: str, place: str) -> Any:
    """A text as the option takes it. Raises UsageError, which begins with its place, if not."""
    convert: Any = action.type or str
    try:
        return convert(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{place}: {error}") from None


def chosen_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that were asked for; those that were not are not there."""
    names = [field.name for field in fields(Settings)]
    chosen = {name: getattr(arguments, name, None) for name in names}
    return {name: value for name, value in chosen.items() if value is not None}
