"""Text as a recurrent net reads it: integers in windows of parallel streams.

The default text is the documentation that every CPython carries, so nothing is downloaded.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad.errors import MinigradError

__all__ = [
    "Split", "TextError", "Tokens", "Windows", "documentation", "frequent_word", "read", "split"
]

Tokens = np.ndarray[Any, np.dtype[np.intp]]


class TextError(MinigradError, ValueError):
    """A text, or a word, that a model cannot be trained on or started with."""


def documentation() -> str:
    """The language reference that CPython's ``help()`` shows: about 465,000 characters of English.

    The topics follow one another in the order of their keys, so a given Python gives one text.
    Raises TextError where an installation has left the module `pydoc_data` out.

    >>> len(documentation()) > 300_000
    True
    """
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise TextError(
            "this Python comes without its documentation (pydoc_data.topics), the default text; "
            "pass a text of your own with --text FILE"
        ) from error
    return "\n\n".join(topics[key] for key in sorted(topics))


def read(path: str | Path) -> str:
    r"""The text in a file: UTF-8, with any of the line ends \n, \r\n and \r.

    Raises TextError when it cannot be read, is empty, or is not UTF-8.

    >>> read("no-such-file.txt")
    Traceback (most recent call last):
    rnn.demo.text.TextError: no-such-file.txt cannot be read (...); pass the path of a text file
    """
    path = Path(path)
    if path.is_char_device():    # such as /dev/zero, which never ends
        raise TextError(f"{path} is a device; pass the path of a text file")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"{path} is not UTF-8 text: byte {error.start} cannot be decoded; save it as UTF-8, "
            f"or pass a text file"
        ) from error
    except OSError as error:
        raise TextError(
            f"{path} cannot be read ({error.strerror or error}); pass the path of a text file"
        ) from error
    if not text:
        raise TextError(f"{path} is empty; pass a file with text in it")
    return text


def frequent_word(text: str) -> str:
    """The most frequent word of four letters or more, to start samples with; else what there is.

    >>> frequent_word("to be or not to be, that is the question: that is it")
    'that'
    """
    words = Counter(re.findall(r"[^\W\d_]{4,}", text))
    return words.most_common(1)[0][0] if words else text[:1]


class Split(NamedTuple):
    """Two neighbouring parts of one text: the model and the baselines learn from `training` alone,
    and `held_out` tells what they have learned; see ``split``.

    >>> training, held_out = Split(np.arange(9), np.arange(9, 10))
    """

    training: Tokens
    held_out: Tokens


def split(tokens: Tokens, batch: int = 1, steps: int = 1, what: str = "characters") -> Split:
    """Hold out the last tenth.

    Raises TextError where the rest has no full window for each of `batch` streams, with the
    length that is needed.

    >>> parts = split(np.arange(50))
    >>> len(parts.training), parts.held_out
    (45, array([45, 46, 47, 48, 49]))
    """
    cut = len(tokens) - len(tokens) // 10
    # The shortest text of which nine tenths, rounded up, are more than one window.
    needed = max(10 * batch * steps // 9 + 1, 10)
    if len(tokens) < needed:
        raise TextError(
            f"the text has {len(tokens):,} {what}, and {batch:,} streams (--batch) of "
            f"{steps:,} steps (--steps) need {needed:,}, with the tenth that is held out; pass a "
            f"longer text, or lower --batch or --steps"
        )
    return Split(tokens[:cut], tokens[cut:])


class Windows:
    """Window after window of `steps` characters in each of `batch` streams.

    The streams start at equal distances and read on, around the end of the text to its start, so
    the state that a net carries from one window into the next is always that of the characters
    just before it. A window is a function of its position alone; the next is `steps` further on.

    >>> windows = Windows(np.arange(10), batch=2, steps=3)
    >>> inputs, targets = windows.at(3)
    >>> inputs    # (T, B): time runs down, a stream is a column
    array([[3, 8],
           [4, 9],
           [5, 0]])
    >>> targets   # the character that follows each input
    array([[4, 9],
           [5, 0],
           [6, 1]])
    """

    def __init__(self, tokens: Tokens, batch: int, steps: int) -> None:
        self.tokens, self.batch, self.steps = tokens, batch, steps
        starts = np.arange(batch) * len(tokens) // batch
        self._offsets = np.arange(steps)[:, None] + starts    # (T, B)

    def at(self, position: int) -> tuple[Tokens, Tokens]:
        """Inputs and targets of the window at `position`: two of shape (T, B)."""
        here = position % len(self.tokens) + self._offsets
        return self.tokens.take(here, mode="wrap"), self.tokens.take(here + 1, mode="wrap")
