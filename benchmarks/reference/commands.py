"""docs/reference/command_line.md: the commands and their options, as the parser knows them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from rnn.demo.cli import _parser

from .markdown import code, plain, table

__all__ = ["commands", "page"]

_HEAD = """\
# The command line

`python -m rnn COMMAND`, or `minigrad-bptt COMMAND` once it is installed: train a recurrent net on a
text, let it write, draw it, look into it. What can be wrong with an argument is said in one line on
stderr, with exit code 2, before anything is written; Ctrl-C ends with 130 and keeps the last whole
step. [Training](../training.md#from-the-command-line) shows the commands in use.
"""


def page() -> str:
    """The text of the page."""
    parts, first = [_HEAD], {}
    for name, parser in commands().items():
        rows = table(("option", "what it says"), _rows(parser))
        same = first.setdefault(rows, name)
        told = rows if same == name else f"Its options are those of `{same}`.\n"
        parts.append(f"## {name}\n\n{_about(parser)}.\n\n{told}")
    return "\n".join(parts)


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    (group,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(group.choices)


def _about(parser: argparse.ArgumentParser) -> str:
    about = plain(parser.description or "")
    return about[:1].upper() + about[1:]


def _rows(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    formatter = parser._get_formatter()
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction) or action.help is argparse.SUPPRESS:
            continue
        value = formatter._format_args(action, action.dest.upper()) if action.nargs != 0 else ""
        names = [code(f"{option} {value}".strip()) for option in action.option_strings or [""]]
        yield ", ".join(names), plain(formatter._expand_help(action)) if action.help else ""
