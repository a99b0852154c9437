"""What a model of text has to beat: n-gram counts, smoothed as well as is usual.

Character frequencies are the case n = 1, trigrams n = 3. A language model that does not beat
trigrams has not learned to look back further than two characters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .text import Split, Tokens

__all__ = ["NGrams", "ngram_bits"]


class _Order(NamedTuple):
    """The n-grams of one order, as numbers in base V, and the contexts that they continue."""

    grams: Any       # (G,) the different n-grams, ascending
    counts: Any      # (G,) how often each was met
    contexts: Any    # (C,) the different first n - 1 characters of them, ascending
    totals: Any      # (C,) how often each context was met
    types: Any       # (C,) by how many different characters it was continued
    discount: float


class NGrams:
    """Interpolated Kneser-Ney probabilities of the next character given the n - 1 before it.

        p_n(c | ab) = (max(N(abc) - D, 0) + D · T(ab) · p_{n-1}(c | b)) / N(ab),    p_0 = 1 / V

    N counts occurrences at order n; below it, the number of different characters seen before the
    shorter gram, because p_{n-1} matters only where the longer context is rare. T(ab) is the
    number of different characters seen after ab. D = n_1 / (n_1 + 2 n_2), from the numbers of
    grams met once and twice. A context never met leaves p_{n-1} as it is.
    (Kneser and Ney 1995; Chen and Goodman 1999, §2.7.)

    tokens: (N,) integers from 0 to size - 1. order: n.

    Raises ValueError where size^order has no place in 64 bits.

    >>> p = NGrams(np.array([0, 1, 0, 1, 0, 2]), size=3, order=2)
    >>> round(float(sum(p.probabilities(np.array([0, c]))[0] for c in range(3))), 12)
    1.0
    """

    def __init__(self, tokens: Tokens, size: int, order: int) -> None:
        if size**order > np.iinfo(np.int64).max:
            raise ValueError(f"{order}-grams of {size} characters do not fit into 64-bit numbers")
        self.size, self.order = size, order
        self._orders: list[_Order] = []
        occurrences = self._codes(tokens, order)
        for n in range(order, 0, -1):
            self._orders.insert(0, _counted(occurrences, size))
            occurrences = self._orders[0].grams % size ** (n - 1)

    def _codes(self, tokens: Tokens, n: int) -> Any:
        """Every n-gram of the tokens as one number: (N - n + 1,)."""
        last = len(tokens) - n + 1
        return sum(tokens[i : i + last].astype(np.int64) * self.size ** (n - 1 - i)
                   for i in range(n))

    def probabilities(self, tokens: Tokens) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The probability of each token from the n-th on: (N - n + 1,)."""
        codes = self._codes(tokens, self.order)
        p = np.full(len(codes), 1 / self.size)
        for n, order in enumerate(self._orders, 1):
            gram = codes % self.size**n
            count = _looked_up(order.grams, order.counts, gram)
            total = _looked_up(order.contexts, order.totals, gram // self.size)
            types = _looked_up(order.contexts, order.types, gram // self.size)
            smoothed = np.maximum(count - order.discount, 0) + order.discount * types * p
            p = np.where(total > 0, smoothed / np.maximum(total, 1), p)
        return p


def _counted(occurrences: Any, size: int) -> _Order:
    grams, counts = np.unique(occurrences, return_counts=True)
    contexts, first, types = np.unique(grams // size, return_index=True, return_counts=True)
    totals = np.add.reduceat(counts, first)
    once, twice = np.sum(counts == 1), np.sum(counts == 2)
    # The estimate is undefined where nothing was met once, and must stay inside (0, 1) for
    # every character to keep some probability.
    discount = float(np.clip(once / max(once + 2 * twice, 1), 0.05, 0.95))
    return _Order(grams, counts, contexts, totals, types, discount)


def _looked_up(keys: Any, values: Any, wanted: Any) -> Any:
    """The value beside each wanted key, 0 for a key that is not there."""
    place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


def ngram_bits(data: Split, size: int, order: int) -> float:
    """Bits per character of the held-out text under n-grams counted in the training text.

    Every held-out character counts once; the first ones have their context in the training text.

    >>> data = Split(np.array([0, 1] * 500), np.array([0, 1] * 50))
    >>> ngram_bits(data, size=2, order=1)                # a coin flip
    1.0
    >>> ngram_bits(data, size=2, order=2) < 0.01         # known from the one before
    True
    """
    model = NGrams(data.training, size, order)
    context = data.training[len(data.training) - (order - 1) :]
    p = model.probabilities(np.concatenate([context, data.held_out]))
    return 0.0 - float(np.mean(np.log2(p)))    # 0 where all is certain, and not -0
