"""What the integers of a model stand for: characters, words, or bytes of UTF-8.

Each reads any text that is made of what it knows, and gives it back exactly: so losses of all of
them can be compared in bits per character.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import numpy as np

from .text import TextError, Tokens

__all__ = ["LEVELS", "Bytes", "Vocabulary", "Words", "vocabulary_of"]


class Vocabulary:
    """The characters of a text in the order of their code points, numbered from 0.

    >>> letters = Vocabulary("abracadabra")
    >>> letters.encode("bad")
    array([1, 0, 3])
    >>> letters.decode([1, 0, 3])
    'bad'
    """

    level = "char"

    def __init__(self, text: str) -> None:
        self.characters = "".join(sorted(set(text)))
        self._points = _code_points(self.characters)

    def __len__(self) -> int:
        return len(self.characters)

    def encode(self, text: str, what: str = "the text") -> Tokens:
        """The number of each character: (N,).

        Raises TextError, calling the text `what`, where characters are not in the vocabulary.
        """
        _check(text, self.characters, what)
        return np.searchsorted(self._points, _code_points(text))

    def decode(self, tokens: Any) -> str:
        """The text that the numbers stand for."""
        return "".join(self.characters[int(token)] for token in np.ravel(tokens))

    def written(self, tokens: Iterable[int]) -> Iterator[str]:
        """The text of tokens that come one by one, in pieces."""
        return (self.decode([token]) for token in tokens)

    def count(self, tokens: Any) -> int:
        """How many characters the tokens stand for."""
        return int(np.size(tokens))

    def entry(self) -> Any:
        """What JSON can hold of it: from this ``vocabulary_of`` makes it again."""
        return self.characters


class Words(Vocabulary):
    """The most frequent words and runs of spaces of a text, and all of its characters.

    A word that is not among them is spelled, so every text of these characters can be written.

    text: where they are counted. most: how many words at most. words: they themselves, instead.

    >>> words = Words("the cat and the hat and the bat", most=3)
    >>> words.words
    ('the', 'and')
    >>> [words.decode([token]) for token in words.encode("the hat")]
    ['the', ' ', 'h', 'a', 't']
    """

    level = "word"

    def __init__(
        self, text: str, most: int = 5000, words: Iterable[str] | None = None
    ) -> None:
        super().__init__(text)
        if words is None:
            counts = Counter(piece for piece in _pieces(text) if len(piece) > 1)
            words = [word for word, count in counts.most_common(most) if count > 1]
        self.words = tuple(words)
        self._numbers = {c: k for k, c in enumerate([*self.characters, *self.words])}
        self._texts = list(self._numbers)

    def __len__(self) -> int:
        return len(self._texts)

    def encode(self, text: str, what: str = "the text") -> Tokens:
        _check(text, self.characters, what)
        numbers, found = self._numbers, []
        for piece in _pieces(text):
            found += [numbers[piece]] if piece in numbers else [numbers[c] for c in piece]
        return np.array(found, np.intp)

    def decode(self, tokens: Any) -> str:
        return "".join(self._texts[int(token)] for token in np.ravel(tokens))

    def count(self, tokens: Any) -> int:
        lengths = np.array([len(text) for text in self._texts])
        return int(lengths[np.ravel(tokens)].sum())

    def entry(self) -> Any:
        return [self.characters, list(self.words)]


class Bytes(Vocabulary):
    """The 256 bytes, of which UTF-8 makes any text: nothing is unknown.

    >>> utf8 = Bytes()
    >>> utf8.encode("é"), utf8.decode([195, 169]), len(utf8)
    (array([195, 169]), 'é', 256)
    """

    level = "byte"

    def __init__(self, text: str = "") -> None:
        self.characters = ""

    def __len__(self) -> int:
        return 256

    def encode(self, text: str, what: str = "the text") -> Tokens:
        try:
            raw = text.encode()
        except UnicodeEncodeError:
            raise TextError(
                f"{what} has half of a surrogate pair, which is no character; take it out"
            ) from None
        return np.frombuffer(raw, np.uint8).astype(np.intp)

    def decode(self, tokens: Any) -> str:
        return np.ravel(tokens).astype(np.uint8).tobytes().decode(errors="replace")

    def written(self, tokens: Iterable[int]) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for token in tokens:
            yield decoder.decode(bytes([token]))
        yield decoder.decode(b"", final=True)

    def count(self, tokens: Any) -> int:
        return int(np.sum((np.ravel(tokens) & 0xC0) != 0x80))    # without continuation bytes

    def entry(self) -> Any:
        return None


LEVELS: dict[str, type[Vocabulary]] = {"char": Vocabulary, "word": Words, "byte": Bytes}
"""The kinds of vocabulary by name."""


def vocabulary_of(level: str, entry: Any) -> Vocabulary:
    """The vocabulary of a level that gave this ``entry()``.

    Raises ValueError for an entry that is none.

    >>> vocabulary_of("word", ["abc", ["cab"]]).decode([3, 0])
    'caba'
    """
    if level == "byte" and entry is None:
        return Bytes()
    if level == "char" and isinstance(entry, str):
        return Vocabulary(entry)
    if level == "word" and isinstance(entry, list) and len(entry) == 2:
        characters, words = entry
        known = isinstance(characters, str) and isinstance(words, list) and all(
            isinstance(w, str) and len(w) > 1 and set(w) <= set(characters) for w in words
        )
        if known:
            return Words(characters, words=words)
    raise ValueError(f"{entry!r} is no vocabulary of level {level!r}")


def _check(text: str, characters: str, what: str) -> None:
    if unknown := sorted(set(text) - set(characters)):
        _refuse(unknown, characters, what)


def _refuse(unknown: list[str], characters: str, what: str) -> NoReturn:
    listed = ", ".join(map(repr, unknown[:8])) + (", ..." if unknown[8:] else "")
    shown = "".join(c for c in characters if c.isprintable() and c != " ")
    shown = shown if len(shown) <= 120 else shown[:117] + "..."
    raise TextError(
        f"{what} has characters that the model does not know: {listed}; "
        f"it knows white space and {shown}"
    )


def _pieces(text: str) -> list[str]:
    """A text as words, runs of white space, and other characters one by one."""
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def _code_points(text: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
