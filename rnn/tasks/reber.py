"""The embedded Reber grammar: what may come next, when the second symbol decides a late one?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.checks import Rng, as_generator, as_size

__all__ = ["EmbeddedReber", "Strings"]

Array = np.ndarray[Any, Any]

# By state: the symbols that may come next, and the state to which each leads.
INNER: tuple[dict[str, int], ...] = (
    {"B": 1}, {"T": 2, "P": 3}, {"S": 2, "X": 4}, {"T": 3, "V": 5}, {"X": 3, "S": 6},
    {"P": 4, "V": 6}, {"E": 7}, {},
)
END = len(INNER) - 1


class Strings(NamedTuple):
    """A batch of strings, each without its last symbol as the input, without its first as the
    target; time first, padded to the longest.

    tokens: (T, B) integers; padding is 0. targets: (T, B), the symbol that did come next; padding
    is -100, which ``minigrad.functional.cross_entropy`` leaves out. lengths: (B,).
    legal: (T, B, 7) booleans, the symbols that may come next; nowhere where there is padding.

    >>> batch = EmbeddedReber().encode(["BTBTXSETE", "BPBTSXSEPE"])  # symbols are "BTPSXVE"
    >>> batch.lengths, batch.tokens[:, 0]
    (array([8, 9]), array([0, 1, 0, 1, 4, 3, 6, 1, 0]))
    >>> batch.legal[0, 0]                                            # after B come T and P
    array([False,  True,  True, False, False, False, False])
    """

    tokens: Array
    targets: Array
    lengths: Array
    legal: Array


class EmbeddedReber:
    """``tokens, targets, lengths, legal = EmbeddedReber().draw(batch, rng)``: what may come next?

    A string is B, then T or P, then a string of the Reber grammar, then the same T or P again, and
    E. Wherever two symbols are legal, each comes with probability 1/2. The inner strings are

        B ( T S* X R | P T* V (P R | V) ) E    with    R = (X T* V P)* (S | X T* V V)

    so that strings have 9 or more symbols, and the two that must agree stand 6 or more steps apart.

    baseline: of the symbols last but one, the share that is told wrongly by a predictor that has
    lost the second: 1/2. All else in a string needs a memory of the last few symbols alone.

    Reber, Implicit learning of artificial grammars (1967); embedded: Smith and Zipser, Learning
    sequential structure with the real-time recurrent learning algorithm (1989); Fahlman, The
    recurrent cascade-correlation architecture (1991); Hochreiter and Schmidhuber, Long short-term
    memory (1997), experiment 1.

    >>> task, rng = EmbeddedReber(), np.random.default_rng(0)
    >>> task.string(rng)
    'BPBPVPXTTTTVVEPE'
    >>> task.continuations("BTBTXSETE")
    ['TP', 'B', 'TP', 'SX', 'XS', 'E', 'T', 'E']
    >>> tokens, targets, lengths, legal = task.draw(32, rng)
    >>> tokens.shape == targets.shape == legal.shape[:2]
    True
    """

    symbols = "BTPSXVE"
    input_size = 7
    output_size = 7
    baseline = 1 / 2

    def string(self, rng: Rng = None) -> str:
        """One string of the grammar."""
        rng = as_generator(rng, "EmbeddedReber.string")
        outer, inner, state = "TP"[rng.integers(2)], "", 0
        while state != END:
            legal = INNER[state]
            symbol = tuple(legal)[rng.integers(len(legal))] if len(legal) > 1 else next(iter(legal))
            inner, state = inner + symbol, legal[symbol]
        return f"B{outer}{inner}{outer}E"

    def continuations(self, string: str) -> list[str]:
        """The legal next symbols after each symbol of `string` but the last.

        Raises ValueError, with the place, for a string that is not of the grammar.
        """
        legal, place = ["B", "TP"], 0
        for symbol in string[2:]:
            if place == END or symbol not in INNER[place]:
                break
            legal.append("".join(INNER[place]))
            place = INNER[place][symbol]
        legal += [string[1:2], "E"] if place == END else ["".join(INNER[place])]
        for k, allowed in enumerate(legal):
            symbol = string[k : k + 1] or "nothing"
            if symbol not in tuple(allowed):
                raise ValueError(
                    f"EmbeddedReber: {string!r} is not of the grammar: after {string[:k]!r} comes "
                    f"{symbol}, wanted {' or '.join(allowed)}"
                )
        if len(string) > len(legal):
            raise ValueError(
                f"EmbeddedReber: {string!r} is not of the grammar: it ends after "
                f"{string[: len(legal)]!r}"
            )
        return legal[1:]

    def encode(self, strings: Sequence[str]) -> Strings:
        """Arrays from strings of the grammar; raises ValueError for others, and for none."""
        if not strings:
            raise ValueError("EmbeddedReber.encode(strings=[]): wanted at least one string")
        lengths = np.array([len(string) - 1 for string in strings])
        T, B = int(lengths.max()), len(strings)
        tokens, targets = np.zeros((T, B), int), np.full((T, B), -100)
        legal = np.zeros((T, B, len(self.symbols)), bool)
        for b, (string, n) in enumerate(zip(strings, lengths, strict=True)):
            allowed = self.continuations(string)
            places = [self.symbols.index(symbol) for symbol in string]
            tokens[:n, b], targets[:n, b] = places[:-1], places[1:]
            for t, symbols in enumerate(allowed):
                legal[t, b, [self.symbols.index(symbol) for symbol in symbols]] = True
        return Strings(tokens, targets, lengths, legal)

    def draw(
        self,
        batch: int,
        rng: Rng = None,
        accept: Callable[[str], bool] = lambda string: True,
    ) -> Strings:
        """`batch` strings; those that `accept` refuses, being held out, say, are drawn again.

        rng: a Generator, which goes on from call to call; a seed gives the same batch at each.
        """
        B, found = as_size(batch, "batch", "EmbeddedReber.draw"), list[str]()
        rng = as_generator(rng, "EmbeddedReber.draw")
        while len(found) < B:
            string = self.string(rng)
            if accept(string):
                found.append(string)
        return self.encode(found)

    def __repr__(self) -> str:
        return "EmbeddedReber()"
