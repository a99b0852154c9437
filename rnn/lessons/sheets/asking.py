"""Ask for a worksheet, or for one for each student of a class."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import numpy as np

from ..pages import Document
from . import bptt, gru_conventions, lstm_step, truncation
from .numbers import Unsuitable, short
from .written import Worksheet, Written

__all__ = ["TOPICS", "worksheet", "worksheets"]

TOPICS = {
    "bptt": bptt.write,
    "lstm_step": lstm_step.write,
    "truncation": truncation.write,
    "gru_conventions": gru_conventions.write,
}
"""What there are worksheets about, and what writes each."""

_MOST = 10_000  # draws of numbers; a few dozen are usual


def worksheet(topic: str, seed: int) -> Worksheet:
    """A sheet with numbers drawn from `seed`, and its key with the worked steps and pictures.

    topic: "bptt", a scalar network over three steps; "lstm_step", one step of an LSTM and back;
        "truncation", which parts of a gradient a window keeps; "gru_conventions", one GRU read in
        four ways. seed: a number ≥ 0, such as a student's; it stands on the sheet, and the same
        one gives the same sheet again.

    Everything can be computed by hand: no result has more than three decimals.
    Raises ValueError for an unknown topic or a negative seed, TypeError for a seed that is no
    whole number.

    >>> from rnn.lessons import worksheet
    >>> mine = worksheet("bptt", seed=7)
    >>> mine
    Worksheet(name='bptt-7')
    >>> mine.answers["∂L/∂W_hh"] == worksheet("bptt", seed=8).answers["∂L/∂W_hh"]
    False
    """
    number = _checked(topic, seed)
    rng = np.random.default_rng([number, *topic.encode()])
    written = _draw(topic, rng)
    name = f"{topic}-{number}"
    pictures = {key: draw().svg() for key, draw in written.pictures.items()}

    def page(heading: str, *parts: str) -> Document:
        text = "\n\n".join([f"# {written.title}", heading, *(part.strip() for part in parts)])
        return Document(text + "\n", {k: v for k, v in pictures.items() if f"]({k})" in text})

    return Worksheet(
        name,
        page(f"Sheet **{name}** · Name:", written.given, written.tasks),
        page(f"Key of the sheet **{name}**", written.given, written.solution),
        {name: float(short(value)) for name, value in written.answers.items()},
    )


def worksheets(topic: str, seeds: Iterable[int]) -> Worksheet:
    """The sheets of a class in one, each on a page of its own, to print at once.

    topic, seeds: as of ``worksheet``. The key begins with a table of all results by sheet, and the
    answers are lists, in the order of the seeds. For a file for each student loop over
    ``worksheet``. Raises ValueError for no seeds, or one that is there twice.

    >>> from rnn.lessons import worksheets
    >>> group = worksheets("truncation", range(1, 4))
    >>> group.name, str(group.sheet).count("Name:")
    ('truncation-1-to-3', 3)
    """
    given = list(seeds)
    if not given or len(set(given)) < len(given):
        raise ValueError(f"worksheets({topic!r}, seeds={given}): wanted seeds that differ, one for "
                         f"each student, such as range(1, 31)")
    made = [worksheet(topic, seed) for seed in given]
    names = list(made[0].answers)
    lines = [f"# Results: {topic}", "",
             "| sheet | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {one.name} | " + " | ".join(short(v) for v in one.answers.values()) + " |"
              for one in made]
    return Worksheet(
        f"{topic}-{given[0]}-to-{given[-1]}",
        Document.joined(one.sheet for one in made),
        Document.joined((one.key for one in made), "\n".join(lines)),
        {name: [one.answers[name] for one in made] for name in names},
    )


def _checked(topic: str, seed: Any) -> int:
    if topic not in TOPICS:
        close = get_close_matches(str(topic), TOPICS, n=1, cutoff=0.4)
        meant = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"worksheet({topic!r}, seed={seed!r}): there is no such topic; {meant}"
                         f"Topics are {', '.join(map(repr, TOPICS))}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise TypeError(f"worksheet({topic!r}, seed={seed!r}): a seed is a whole number, such as "
                        f"that of a student in a list; received {type(seed).__name__}")
    if seed < 0:
        raise ValueError(f"worksheet({topic!r}, seed={seed}): wanted a seed ≥ 0")
    return int(seed)


def _draw(topic: str, rng: np.random.Generator) -> Written:
    """Draw numbers until they make an exercise."""
    for _ in range(_MOST):
        try:
            return TOPICS[topic](rng)
        except Unsuitable:
            continue
    raise RuntimeError(f"worksheet({topic!r}): no suitable numbers in {_MOST} draws")
