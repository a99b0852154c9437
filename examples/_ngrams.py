"""n-grams, the baseline of those who predict tokens: counts of what came after the same context."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

__all__ = ["Counts", "mean_bits"]


class Counts:
    """What follows the last `order` tokens or fewer, and p of it by absolute discounting: from each
    count is taken a little, which goes to the next shorter context (Ney, Essen and Kneser, 1994).

    sequences: lists of tokens, each with one before its first; kinds: how many tokens there are."""

    def __init__(self, sequences, order, kinds):
        self.order, self.kinds, self.seen = order, kinds, defaultdict(Counter)
        for sequence in sequences:
            for t in range(1, len(sequence)):
                for k in range(min(order, t) + 1):
                    self.seen[tuple(sequence[t - k : t])][sequence[t]] += 1

    def probability(self, context, token, discount):
        p = 1 / self.kinds
        for k in range(len(context) + 1):       # from no token before to the longest context
            counts = self.seen.get(tuple(context[len(context) - k :]))
            if counts is None:
                break
            total = counts.total()
            p = max(counts[token] - discount, 0) / total + discount * len(counts) / total * p
        return p

    def bits(self, sequence, discount):
        """-Σ log₂ p(token) over all but the first."""
        return -sum(
            math.log2(self.probability(sequence[max(t - self.order, 0) : t], sequence[t], discount))
            for t in range(1, len(sequence))
        )


def mean_bits(counts, sequences, discount):
    """For each token but the first of each sequence."""
    total = sum(counts.bits(sequence, discount) for sequence in sequences)
    return total / sum(len(sequence) - 1 for sequence in sequences)
