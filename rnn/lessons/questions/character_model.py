"""Training a character model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare

__all__ = ["EXERCISES"]

Array = np.ndarray[Any, Any]


def _pairs(training: Array, V: int) -> Array:
    """How often b comes after a: (V, V)."""
    counts = np.zeros((V, V))
    np.add.at(counts, (training[:-1], training[1:]), 1)
    return counts


def _bigrams(answer: Any) -> str:
    bits = as_function(answer, "the bigram model")
    V = 6
    rng = np.random.default_rng(0)
    # 5 is never met in training: a model without smoothing gives it the probability 0.
    training = np.array([0, 1, 2, 0, 1, 3, 0, 1, 2, 4, 0, 1, 2, 0, 3, 1, 2, 0, 1, 2])
    held_out = np.concatenate([[0, 1, 2, 5], rng.integers(0, 5, 8)])
    with np.errstate(all="ignore"):
        found = as_number(bits(training.copy(), held_out.copy(), V), "the loss")
    if found == np.inf or np.isnan(found):
        raise Wrong(f"the loss is {found}: a pair that was never met has got the probability 0. "
                    "That is what the 1 in n(ab) + 1 is for.")
    before = np.concatenate([training[-1:], held_out[:-1]])
    n, own = _pairs(training, V), _pairs(held_out, V)

    def loss(p: Array, context: Array = before, after: Array = held_out) -> float:
        return float(-np.log2(p[context, after]).mean())

    def smoothed(n: Array) -> Array:
        out: Array = (n + 1) / (n.sum(axis=1, keepdims=True) + V)
        return out

    right, frequencies = loss(smoothed(n)), (n.sum(axis=0) + 1) / (n.sum() + V)
    compare(found, right, "the loss", slips={
        "it is in nats; bits are log₂": right * np.log(2),
        "this is the sum over the characters, not their mean": right * len(held_out),
        "it has the sign of the logarithm; a loss is -log₂ p": -right,
        "the pairs were counted in the held-out text, from which nothing may be learned":
            loss(smoothed(own)),
        "the pairs of both texts were counted; from the held-out one nothing may be learned":
            loss(smoothed(_pairs(np.concatenate([training, held_out]), V))),
        "a, not b, is what is normalised over: p(b | a) adds up to 1 over b, so it is divided by "
        "the count of a": loss((n + 1) / (n.sum(axis=0, keepdims=True) + V)),
        "the pairs are the wrong way round: it is b after a": loss(smoothed(n.T)),
        "V is missing below: with 1 more for each of V characters the count of a is larger by V":
            loss((n + 1) / np.maximum(n.sum(axis=1, keepdims=True), 1)),
        "below stands the count of a, plus V, not the count of all pairs":
            loss((n + 1) / (n.sum() + V)),
        "this is what the frequencies of single characters give: the one before is not used":
            loss(np.tile(frequencies, (V, 1))),
        "the first held-out character is missing: it has the last one of the training text before "
        "it": loss(smoothed(n), held_out[:-1], held_out[1:]),
        "this is log₂ V, what knowing nothing costs": np.log2(V),
    })
    return f"{right:.4f} bits a character, where knowing nothing costs {np.log2(V):.4f}."


_BIGRAMS = Exercise(
    name="character_model.1",
    task="Write the bigram model, the opponent between single characters and trigrams: `def "
         "bits(training, held_out, V)` gets two arrays of integers from 0 to V - 1, one text after "
         r"the other, and returns the mean of $-\log_2 p(b \mid a)$ over all characters $b$ of the "
         r"held-out text, $a$ being the one before, with $p(b \mid a) = \frac{n(ab) + 1}{n(a) + "
         "V}$. Counted are pairs of the training text; $n(a)$ is how many of them begin with $a$. "
         "Give the function.",
    examine=_bigrams,
    hints=(
        "Which text is counted, and which is judged? And what stands before the first character?",
        ("Fill a matrix n (V, V) from `zip(training[:-1], training[1:])`. Then p = (n + 1) / (row "
         "sums + V), and the pairs to judge are `(training[-1], held_out[0])`, `(held_out[0], "
         "held_out[1])`, and so on."),
    ),
    solution="""
import numpy as np

def bits(training, held_out, V):
    n = np.zeros((V, V))
    for a, b in zip(training[:-1], training[1:]):
        n[a, b] += 1
    p = (n + 1) / (n.sum(axis=1, keepdims=True) + V)
    before = np.concatenate([training[-1:], held_out[:-1]])
    return -np.log2(p[before, held_out]).mean()

answer = bits
""",
)

BATCH, STEPS = 4, 6


def _windows(answer: Any) -> str:
    window = as_function(answer, "the window")
    tokens = 1000 + np.arange(203)                                       # the next one is 1 more
    seen: list[Array] = []
    for i in range(4):
        pair = window(tokens.copy(), BATCH, STEPS, i)
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise Wrong("a window is a pair, (inputs, targets).")
        inputs, targets = (as_array(part, name) for part, name in
                           zip(pair, ("the inputs", "the targets"), strict=True))
        for part, name in ((inputs, "inputs"), (targets, "targets")):
            if part.shape == (BATCH, STEPS):
                raise Wrong(f"the {name} of window {i} have shape {part.shape}, (batch, steps); a "
                            "layer here reads (steps, batch): time runs down.")
            if part.shape != (STEPS, BATCH):
                raise Wrong(f"the {name} of window {i} have shape {part.shape}; wanted (steps, "
                            f"batch), {(STEPS, BATCH)}.")
        if not np.isin(inputs, tokens).all():
            raise Wrong(f"the inputs of window {i} hold {inputs.min():.0f}, which is no token of "
                        "the text: these look like positions; index `tokens` with them.")
        _check_window(i, inputs, targets, seen[-1] if seen else None)
        seen.append(inputs)
    every = np.concatenate(seen).ravel()
    if len(set(every)) < len(every):
        raise Wrong("some characters are read twice in windows 0 to 3: the streams overlap. They "
                    f"begin at {', '.join(f'{x - 1000:.0f}' for x in seen[0][0])}; let them begin "
                    f"at equal distances, N // batch.")
    return ("Streams are columns, time runs down, and the first row of each window follows the "
            "last one of the window before.")


def _check_window(i: int, inputs: Array, targets: Array, before: Array | None) -> None:
    """In the text of the examiner the character after x is x + 1."""
    if np.array_equal(inputs, targets):
        raise Wrong("the targets are the inputs: the model would only learn to copy. The target is "
                    "the character that comes next.")
    if np.array_equal(targets, inputs - 1):
        raise Wrong("the targets are the characters before the inputs; wanted those after them.")
    if not np.array_equal(inputs[1:], inputs[:-1] + 1):
        raise Wrong(f"in window {i} a column does not read on: after position "
                    f"{inputs[0, 0] - 1000:.0f} comes {inputs[1, 0] - 1000:.0f}. A stream is a "
                    "column of consecutive characters.")
    if not np.array_equal(targets, inputs + 1):
        row, column = (int(k) for k in np.argwhere(targets != inputs + 1)[0])
        raise Wrong(f"in window {i} the target at {[row, column]} is not the character after its "
                    f"input: position {targets[row, column] - 1000:.0f} for "
                    f"{inputs[row, column] - 1000:.0f}.")
    if before is not None and not np.array_equal(inputs[0], before[-1] + 1):
        column = int(np.argmax(inputs[0] != before[-1] + 1))
        raise Wrong(f"each window by itself is right, but they do not go on: stream {column} ends "
                    f"at position {before[-1, column] - 1000:.0f} and begins at "
                    f"{inputs[0, column] - 1000:.0f} in window {i}. The state that is carried over "
                    "would be that of another place of the text. The loss still falls, which is "
                    "why nobody notices.")


_WINDOWS = Exercise(
    name="character_model.2",
    task="Cut a text into windows for `carry`: `def window(tokens, batch, steps, i)` returns "
         "`inputs, targets` of window `i` = 0, 1, 2, …, each (steps, batch), from an array of N "
         "tokens: the text is read at `batch` places at once, which begin at equal distances; "
         "targets are the characters that come next; and every stream goes on where it has ended "
         "in window `i - 1`. Give the function.",
    examine=_windows,
    hints=(
        "Where does stream b begin at i = 0? And where at i = 1?",
        ("Stream b begins at b · (N // batch). In window i it reads the `steps` tokens from there "
         "plus i · steps, and the targets are one further on."),
    ),
    solution="""
import numpy as np

def window(tokens, batch, steps, i):
    starts = np.arange(batch) * (len(tokens) // batch)               # (B,)
    place = starts + i * steps + np.arange(steps)[:, None]           # (T, B)
    return tokens[place], tokens[place + 1]

answer = window
""",
)


def _temperature(answer: Any) -> str:
    compare(
        as_number(answer, "the temperature"), 2.0, "the temperature",
        slips={
            "that makes the ratio 81 : 1; logits are divided by τ, so a larger τ evens them out":
                0.5,
            "the ratio is not divided by τ, its logarithm is": 3.0,
            "that is how much the ratio changes, the other way round": 1 / 3,
            "at τ = 1 the distribution is the model's own, 9 : 1": 1.0,
            "this is the difference of the logits, ln 9": np.log(9),
            "this is the difference of the logits that is wanted, ln 3": np.log(3),
        },
    )
    return "9 : 1 is a difference of ln 9 between the logits; half of that is ln 3."


_TEMPERATURE = Exercise(
    name="character_model.3",
    task="After “interprete” a model gives “r” nine times the probability of “d”. At which "
         r"temperature $\tau$ does it write “r” only three times as often as “d”? Give a number.",
    examine=_temperature,
    hints=(
        "What is the difference of the two logits, and what does a temperature do to it?",
        "p_r / p_d = exp((o_r - o_d) / τ), with o_r - o_d = ln 9. It is to be 3.",
    ),
    solution="import numpy as np\nanswer = np.log(9) / np.log(3)",
)

EXERCISES = (_BIGRAMS, _WINDOWS, _TEMPERATURE)
