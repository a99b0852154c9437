"""What a language model says: bits per character of a text, and texts of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from minigrad.checks import Rng, as_generator
from minigrad.engine.modes import no_grad
from minigrad.functional import cross_entropy

from ..models.language_model import LanguageModel
from ..models.tokens import greedy, sampled
from ..training.modes import as_evaluated
from .text import Split, TextError, Tokens
from .vocabularies import Vocabulary

__all__ = ["encode_seed", "held_out_bits", "sample"]


def held_out_bits(
    model: LanguageModel, data: Split, streams: int = 64, shortest: int = 512, steps: int = 64
) -> float:
    """Bits per token of the held-out text.

    The text is cut into pieces that are read side by side, each from a zero state and the token
    before it, so that every held-out token is predicted exactly once.
    streams: the largest number of pieces. shortest: their least length, since the first tokens
    of each are harder to predict. steps: the window in which they are read.

    >>> model = LanguageModel(size=4, hidden=3, rng=0)
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
    """The seed word as numbers, or a TextError if it cannot start a sample.

    Raises TextError for an empty word, and for characters that the model does not know.

    >>> encode_seed(Vocabulary("abc"), "cab")
    array([2, 0, 1])
    """
    if not word:
        raise TextError("the seed word is empty; pass at least one character")
    return vocabulary.encode(word, "the seed word")


def sample(
    model: LanguageModel,
    vocabulary: Vocabulary,
    seed_word: str,
    length: int,
    temperature: float = 1.0,
    rng: Rng = None,
) -> Iterator[str]:
    """What the model writes after `seed_word`, in `length` tokens, piece by piece.

    temperature: what the logits are divided by; 0, and in the limit numbers towards it: the
        likeliest token always wins; above 1 the unlikely ones get more of a chance.
    rng: a Generator, a seed or None (fresh entropy) for the draws.

    Raises TextError for an empty seed word and for characters that the model does not know,
    ValueError for a temperature that is no number of at least 0.

    >>> letters = Vocabulary("abc")
    >>> model = LanguageModel(size=3, hidden=4, rng=0)
    >>> model.b_y.data = np.array([0.0, 50.0, 0.0])          # it has made up its mind
    >>> "".join(sample(model, letters, "ca", length=4))
    'bbbb'
    """
    if not 0 <= temperature < math.inf:
        raise ValueError(
            f"temperature: received {temperature!r}, wanted a finite number of at least 0"
        )
    tokens = encode_seed(vocabulary, seed_word)
    rng = as_generator(rng, "sample")
    draw = greedy if temperature == 0 else sampled(rng, temperature)

    def drawn() -> Iterator[int]:
        state, inputs = None, tokens
        for _ in range(length):
            with as_evaluated(model), no_grad():
                logits, state = model(inputs[:, None], state)    # (T, 1, V)
            inputs = draw(logits[-1]).numpy()                    # (1,)
            yield int(inputs[0])

    return vocabulary.written(drawn())
