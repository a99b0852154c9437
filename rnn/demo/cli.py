"""The command line: ``python -m rnn COMMAND``.

What a user can get wrong ends in one line on stderr that says what to do, and exit code 2; Ctrl-C
ends in exit code 130. Everything that can be checked is checked before anything is written.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from minigrad.console import spelling
from minigrad.errors import FileFormatError, StateDictError

from ..parallel.mpi import run_command
from . import bench_command, model_commands, train_command
from .options import INTERRUPTED, Parser, UsageError
from .text import TextError

__all__ = ["main"]

PIPE_CLOSED = 141    # what shells report for programs that this signal ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; among ranks of ``mpiexec`` the first alone prints.
    """
    with spelling(sys.stdout, sys.stderr):  # a model can write anything
        return run_command(lambda: _main(argv))


def _main(argv: Sequence[str] | None) -> int:
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except (UsageError, TextError, FileFormatError, StateDictError) as error:
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
    except ImportError as error:
        return _fail(error)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED


def _fail(error: object) -> int:
    print(f"rnn: error: {' '.join(str(error).split())}", file=sys.stderr)
    return 2


def _parser() -> Parser:
    parser = Parser(
        prog="python -m rnn", allow_abbrev=False,
        description="Train a recurrent net on a text; let it write, draw it, look into it.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    train_command.add_to(commands)
    model_commands.add_to(commands)
    bench_command.add_to(commands)
    return parser
