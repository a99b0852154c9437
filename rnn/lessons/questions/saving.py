"""Saving and converting: what a file holds, and the conventions that it does not hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...cells import GRUCell, LSTMCell
from ...convert import to_keras
from ...sequence.unrolling import unroll
from ..exercise import Exercise, Wrong
from ..judging import as_array, as_function, as_number, compare, shown

__all__ = ["EXERCISES", "found_weights"]

Array = np.ndarray[Any, Any]


def _bytes(answer: Any) -> str:
    K, H = 5, 3
    numbers = sum(value.size for value in LSTMCell(K, H, biases=2).state_dict().values())
    compare(as_number(answer, "the size of the numbers"), 4 * numbers, "the size of the numbers",
            slips={
        "this is how many numbers there are, and each takes 4 bytes (or the bytes of one gate, and "
        "there are four)": numbers,
        "there are two biases, and this counts one": 4 * (numbers - 4 * H),
        "the biases are not counted": 4 * (numbers - 8 * H),
        "float32 has 32 bits, which are 4 bytes; this counts 8": 8 * numbers,
        "this counts bits": 32 * numbers,
        "three gates are a GRU's; an LSTM has i, f, g and o": 3 * numbers,
        "W_hh (H, 4H) is not counted": 4 * (numbers - 4 * H * H),
        "W_xh (K, 4H) is not counted": 4 * (numbers - 4 * H * K),
    })
    return ("5·12 for x, 3·12 for h, 2·12 biases: 120 numbers of 4 bytes. The header comes to "
            "some hundred bytes more.")


_BYTES = Exercise(
    name="saving.1",
    task="How many bytes do the numbers in the file of `rnn.LSTMCell(5, 3, biases=2)` take, in "
         "float32, without the header? Work it out by hand.",
    examine=_bytes,
    hints=(
        "How many rows and columns has each array, and how many arrays are there?",
        "W_xh (5, 12), W_hh (3, 12), b_xh (12,), b_hh (12,), and 4 bytes for each number.",
    ),
    solution="answer = 4 * (5 * 12 + 3 * 12 + 12 + 12)",
)


def _reordered(array: Array, order: tuple[int, ...]) -> Array:
    blocks = np.split(array, 3, axis=-1)
    return np.concatenate([blocks[k] for k in order], axis=-1)


def _keras(answer: Any) -> str:
    convert = as_function(answer, "the conversion")
    cell = GRUCell(2, 3, rng=0, dtype=float)
    given = [value.copy() for value in cell.state_dict().values()]     # W_xh, W_hh, b_xh, b_hh
    wanted = to_keras(cell)
    found = convert(*given)
    if not isinstance(found, tuple) or len(found) != 3:
        raise Wrong("the conversion returns three arrays, (kernel, recurrent_kernel, bias).")
    for name, array in zip(("kernel", "recurrent_kernel", "bias"), found, strict=True):
        right = np.asarray(wanted[name])
        if np.shape(array) == right.T.shape != right.shape:
            raise Wrong(f"{name} has shape {np.shape(array)}, wanted {right.shape}: Keras "
                        f"multiplies x W as we do, so nothing is transposed. (PyTorch does it.)")
        if name == "bias" and np.shape(array) == (9,):
            raise Wrong("bias has shape (9,), wanted (2, 9). The two cannot be added up: in n, "
                        "that of h is inside r ⊙ (h W_hn + b), that of x is not.")
        if name == "bias" and np.shape(array) == (18,):
            raise Wrong("bias has shape (18,), wanted (2, 9): that of x in the first row, that of "
                        "h in the second.")
        _judge(name, as_array(array, name, right.shape), right)
    return "Columns z r n, for weights and both rows of the bias; the shapes stay as they were."


def _judge(name: str, found: Array, right: Array) -> None:
    """Raise Wrong unless the blocks of columns stand in Keras' order."""
    if np.array_equal(found, right):
        return
    ours = _reordered(right, (1, 0, 2))
    words = {
        (0, 1, 2): "r z n, as in ours", (1, 2, 0): "z n r", (2, 1, 0): "n z r",
        (0, 2, 1): "r n z", (2, 0, 1): "n r z",
    }
    for order, text in words.items():
        if np.array_equal(found, _reordered(ours, order)):
            raise Wrong(f"{name} has its blocks of columns in the order {text}; Keras wants z r n, "
                        f"and the shape does not tell.")
    if name == "bias" and np.array_equal(found[::-1], right):
        raise Wrong("bias has its rows exchanged: that of x comes first, that of h second.")
    if found.ndim == 2 and any(
        np.array_equal(_mixed(ours, order), found) for order in ((0, 1, 2), (1, 0, 2))
    ):
        raise Wrong(f"{name} has its columns taken by steps of 3 (z_1, r_1, n_1, z_2 …); a gate's "
                    f"columns lie side by side, H of them.")
    compare(found, right, name)


def _mixed(ours: Array, order: tuple[int, ...]) -> Array:
    blocks = np.stack(np.split(ours, 3, axis=-1), axis=-1)[..., list(order)]
    return blocks.reshape(ours.shape)


_KERAS = Exercise(
    name="saving.2",
    task="Write `def convert(W_xh, W_hh, b_xh, b_hh)` from our GRU (columns r z n, x W_xh + b_xh "
         "and h W_hh + b_hh) to Keras' (columns z r n, inputs from the left as well): return "
         "(kernel (K, 3H), recurrent_kernel (H, 3H), bias (2, 3H)), with the bias of x in the "
         "first row of `bias`. In NumPy.",
    examine=_keras,
    hints=(
        "Which arrays have columns of gates? np.split(a, 3, axis=-1) gives the three blocks.",
        "r, z, n = np.split(a, 3, axis=-1); np.concatenate([z, r, n], axis=-1), four times.",
    ),
    solution="""
import numpy as np

def z_first(array):
    r, z, n = np.split(array, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)

def convert(W_xh, W_hh, b_xh, b_hh):
    return z_first(W_xh), z_first(W_hh), np.stack([z_first(b_xh), z_first(b_hh)])

answer = convert
""",
)

_ORDER = "fiog"
_ELSEWHERE = {"ifgo": "PyTorch's and Keras'", "iofg": "ONNX's", "igfo": "TensorFlow 1's"}


def found_weights() -> tuple[dict[str, Array], Array, Array]:
    """Weights of an LSTM without a name, inputs (T, B, K), and what it gave for them (T, B, H).

    >>> weights, inputs, outputs = found_weights()
    >>> weights["kernel"].shape, inputs.shape, outputs.shape
    ((5, 8), (6, 2, 3), (6, 2, 2))
    """
    cell = LSTMCell(3, 2, rng=7, dtype=float)
    gates = [cell.gate(name) for name in _ORDER]
    kernel = np.concatenate([np.concatenate([g.W_hh, g.W_xh]) for g in gates], axis=1)
    inputs = np.random.default_rng(1).normal(size=(6, 2, 3))
    weights = {"kernel": kernel, "bias": np.concatenate([g.b_h for g in gates])}
    return weights, inputs, unroll(cell, inputs)[0].numpy()


def _error(order: str, first: str) -> float:
    """How far the outputs are off if the blocks are read so; first: what stands first, h or x."""
    weights, inputs, outputs = found_weights()
    cell = LSTMCell(3, 2, dtype=float)
    blocks = zip(order, np.split(weights["kernel"], 4, axis=1), np.split(weights["bias"], 4),
                 strict=True)
    for name, block, bias in blocks:
        gate: Any = cell.gate(name)
        gate.W_hh, gate.W_xh = (block[:2], block[2:]) if first == "h" else (block[3:], block[:3])
        gate.b_h = bias
    return float(np.abs(unroll(cell, inputs)[0].numpy() - outputs).max())


def _unnamed(answer: Any) -> str:
    if not (isinstance(answer, tuple | list) and len(answer) == 2
            and all(isinstance(part, str) for part in answer)):
        raise Wrong("the answer is a pair of texts, such as (\"ifgo\", \"x\"): the order of the "
                    "gates, and what stands first in the rows.")
    order, first = answer[0].replace(" ", "").lower().replace("c", "g"), answer[1].lower()[:1]
    if sorted(order) != sorted(_ORDER):
        raise Wrong(f"an LSTM has each of the gates i, f, g and o once; received {answer[0]!r}.")
    if first not in ("h", "x"):
        raise Wrong(f"what stands first in the rows is \"h\" or \"x\"; received {answer[1]!r}.")
    error = _error(order, first)
    if error < 1e-9:
        return f"So read, the outputs come out to the last bit or nearly so (off by {error:.0e})."
    if order == _ORDER:
        raise Wrong(f"the gates are right. With {first} first the outputs are off by "
                    f"{shown(error)}; the kernel has {2} + {3} rows. Try the other one.")
    whose = f", {_ELSEWHERE[order]}," if order in _ELSEWHERE else ""
    places = [k + 1 for k, (a, b) in enumerate(zip(order, _ORDER, strict=True)) if a != b]
    raise Wrong(f"in the order {' '.join(order)}{whose} with {first} first the outputs are off by "
                f"{shown(error)}: wrong are the blocks {', '.join(map(str, places))}.")


_UNNAMED = Exercise(
    name="saving.3",
    task="`from rnn.lessons.questions.saving import found_weights`: it returns the weights of an "
         "LSTM from a text (a kernel (H + K, 4H) for h and x joined, and a bias), inputs, and the "
         "outputs that belong to them. In which order are its gates, and does h or x stand first? "
         "Give a pair such as `(\"ifgo\", \"x\")`.",
    examine=_unnamed,
    hints=(
        "There are 24 orders and 2 ways to join. Try them all, or let something try them.",
        "print(rnn.convert.explain(weights, inputs, outputs)); read 'weights' and 'gate order'.",
    ),
    solution="""
import rnn
from rnn.lessons.questions.saving import found_weights

report = rnn.convert.explain(*found_weights())
print(report)
order = report.settled["gate order"].replace(" ", "")
first = "h" if "[h, x]" in report.settled["weights"] else "x"
answer = (order, first)
""",
)

EXERCISES = (_BYTES, _KERAS, _UNNAMED)
