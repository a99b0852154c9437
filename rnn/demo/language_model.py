"""A character language model: an LSTM reads, and a linear head says what comes next.

    state_t = LSTM(x_t, state_{t-1}),    p(x_{t+1} | x_1 ... x_t) = softmax(h_t W_hy + b_y)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad.checks import Rng, as_generator
from minigrad.engine.modes import no_grad
from minigrad.functional import cross_entropy, softmax
from minigrad.module import Module, Parameter

from ..cells import LSTMCell
from ..sequence.unrolling import unroll
from .text import Split, TextError, Tokens, Vocabulary

__all__ = ["CharLSTM", "encode_seed", "held_out_bits", "sample"]


class CharLSTM(Module):
    """LSTM over characters with a linear head.

    size: V, the number of characters. hidden: H. dtype: of parameters and results.
    rng: a Generator, a seed or None (fresh entropy) for the initial weights.

    >>> model = CharLSTM(size=5, hidden=3, rng=0)
    >>> logits, (h, c) = model(np.array([[0, 4], [1, 1]]))    # T = 2 steps of B = 2 streams
    >>> logits.shape, h.shape
    ((2, 2, 5), (2, 3))
    """

    def __init__(
        self, size: int, hidden: int, *, rng: Rng = None, dtype: Any = np.float32
    ) -> None:
        rng = as_generator(rng, "CharLSTM")
        self.cell = LSTMCell(size, hidden, forget_bias=1.0, rng=rng, dtype=dtype)
        bound = 1 / math.sqrt(hidden)
        self.W_hy = Parameter(rng.uniform(-bound, bound, (hidden, size)).astype(dtype))
        self.b_y = Parameter(np.zeros(size, dtype))

    def forward(
        self, tokens: Any, state: Any = None, how: str = "unroll"
    ) -> tuple[Any, Any]:
        """Logits (T, B, V) for the character after each of `tokens` (T, B), and the new state.

        state: the pair (h, c), each (B, H), from which to go on; by default zeros.
        how: "unroll", for the ledger; "scan", for speed (``rnn.unroll``).
        """
        h, state = unroll(self.cell, tokens, state, name="lstm", how=how)    # (T, B, H)
        return h @ self.W_hy + self.b_y, state


def held_out_bits(
    model: CharLSTM, data: Split, streams: int = 64, shortest: int = 512, steps: int = 64
) -> float:
    """Bits per character of the held-out text.

    The text is cut into pieces that are read side by side, each from a zero state and the character
    before it, so that every held-out character is predicted exactly once.
    streams: the largest number of pieces. shortest: their least length, since the first characters
    of each are harder to predict. steps: the window in which they are read.

    >>> model = CharLSTM(size=4, hidden=3, rng=0)
    >>> model.W_hy.data = np.zeros((3, 4))                   # all four are equally likely
    >>> held_out_bits(model, Split(np.arange(4), np.array([0, 1, 2])))
    2.0
    """
    text = np.concatenate([data.training[-1:], data.held_out])
    count = len(data.held_out)
    length = math.ceil(count / max(1, min(streams, count // shortest)))
    streams = math.ceil(count / length)
    place = np.arange(length)[:, None] + np.arange(streams) * length    # (length, B)
    inputs = text[place.clip(max=count - 1)]
    targets = np.where(place < count, text[(place + 1).clip(max=count)], -100)    # -100: ignored
    nats, state = 0.0, None
    with no_grad():
        for t in range(0, length, steps):
            logits, state = model(inputs[t : t + steps], state, how="scan")
            rows = logits.reshape(-1, logits.shape[-1])
            chunk = targets[t : t + steps].reshape(-1)
            nats += cross_entropy(rows, chunk, reduction="sum").item()
    return nats / count / math.log(2)


def encode_seed(vocabulary: Vocabulary, word: str) -> Tokens:
    """The seed word's characters as numbers, or a TextError if it cannot start a sample.

    Raises TextError for an empty word, and for characters that the model does not know.

    >>> encode_seed(Vocabulary("abc"), "cab")
    array([2, 0, 1])
    """
    if not word:
        raise TextError("the seed word is empty; pass at least one character")
    return vocabulary.encode(word, "the seed word")


def sample(
    model: CharLSTM,
    vocabulary: Vocabulary,
    seed_word: str,
    length: int,
    temperature: float = 1.0,
    rng: Rng = None,
) -> Iterator[str]:
    """`length` characters, one by one, that the model writes after `seed_word`.

    temperature: what the logits are divided by; towards 0 the likeliest character always wins,
        above 1 the unlikely ones get more of a chance.
    rng: a Generator, a seed or None (fresh entropy) for the draws.

    Raises TextError for an empty seed word and for characters that the model does not know,
    ValueError for a temperature that is not a positive number.

    >>> letters = Vocabulary("abc")
    >>> model = CharLSTM(size=3, hidden=4, rng=0)
    >>> model.b_y.data = np.array([0.0, 50.0, 0.0])          # it has made up its mind
    >>> "".join(sample(model, letters, "ca", length=4))
    'bbbb'
    """
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature: received {temperature!r}, wanted a finite number above 0")
    tokens = encode_seed(vocabulary, seed_word)
    return _sampled(model, vocabulary, tokens, length, temperature, as_generator(rng, "sample"))


def _sampled(
    model: CharLSTM,
    vocabulary: Vocabulary,
    tokens: Tokens,
    length: int,
    temperature: float,
    rng: np.random.Generator,
) -> Iterator[str]:
    state = None
    for _ in range(length):
        with no_grad():
            logits, state = model(tokens[:, None], state)    # (T, 1, V)
        last = logits.numpy()[-1, 0].astype(np.float64)
        with np.errstate(over="ignore"):    # -Inf, so 0, is right for a temperature near 0
            p = softmax((last - last.max()) / temperature)
        tokens = rng.choice(len(p), size=1, p=p)
        yield vocabulary.decode(tokens)
