"""The claims by topic, each with its package and its question, and the tables made of them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from . import depth, drawings, faults, plain_numpy, shares, views

__all__ = ["CLAIMS", "Claim", "rows", "table"]


class Claim(NamedTuple):
    """What is asked of a package, and the function that sees the answer."""

    package: str
    question: str
    see: Callable[[], str]


CLAIMS: dict[str, list[Claim]] = {
    topic: [Claim(see.__name__.partition("__")[0], (see.__doc__ or "").rstrip("."), see)
            for see in module.SEEN]
    for topic, module in {
        "shares": shares, "faults": faults, "plain_numpy": plain_numpy, "drawings": drawings,
        "depth": depth, "views": views,
    }.items()
}
_DISTRIBUTIONS = {"minigrad": "minigrad-bptt"}


def rows(topic: str, packages: Collection[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Package, question and what is seen now, where the package is installed.

    packages: those that are asked; by default all.
    """
    for package, question, see in CLAIMS[topic]:
        if (not packages or package in packages) and importlib.util.find_spec(package):
            yield package, question, see()


def table(topic: str, packages: Collection[str] = ()) -> str:
    """The rows of a topic in Markdown."""
    lines = [f"| {package} {version(package)} | {question} | {seen} |"
             for package, question, seen in rows(topic, packages)]
    return "\n".join([f"{topic}:", *lines, ""])


def version(package: str) -> str:
    """As its distribution says."""
    return importlib.metadata.version(_DISTRIBUTIONS.get(package, package)).partition("+")[0]
