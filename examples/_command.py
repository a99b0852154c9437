"""How an example runs: ``python -m examples.NAME [FOLDER]``; with ``--help`` it says what it is.

Every example ends with ``command(main, __doc__)``, so that no option is taken for a folder.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from minigrad.console import spelling

__all__ = ["command"]


def command(main: Callable[..., None], about: str) -> None:
    """Call an example's `main`, with the folder of the command line if it takes one.

    about: the text for ``--help``. Ends the program (SystemExit) after help, and with code 2 for
    anything else that the example does not take.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m examples.{Path(sys.argv[0]).stem}", description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    folder = inspect.signature(main).parameters.get("folder")
    if folder is not None:
        parser.add_argument(
            "folder", nargs="?", default=folder.default,
            help=f"where pictures are written (default: {folder.default})",
        )
    given = vars(parser.parse_args())
    with spelling(sys.stdout):
        main(**given)
