"""Layers in plain NumPy: a loop for every sequence, every direction and every layer, as Keras and
PyTorch say what layers do, with the steps of ``rnn.testing.references``."""

import numpy as np

from rnn.cells.state import unpack
from rnn.testing.references import reference_of


def merged(merge, forward, reverse):
    """Two directions' outputs (T, B, H), as Keras' merge_mode says."""
    return {
        "concat": lambda: np.concatenate([forward, reverse], axis=-1),
        "sum": lambda: forward + reverse, "mul": lambda: forward * reverse,
        "ave": lambda: (forward + reverse) / 2, None: lambda: (forward, reverse),
    }[merge]()


def one_direction(cell, xs, state, own, held, reverse):
    """Outputs (T, B, H) and the last state, its parts (B, size), of one cell.

    own: (T, B) which steps are run; at others the state stays, and the output is that of the step
    before (in the order of the run, at first 0) where `held`, else 0.
    """
    step, (T, B) = reference_of(cell), own.shape
    ys = np.zeros((T, B, cell.output_size))
    lasts = [np.array(part, float) for part in state]
    for b in range(B):
        parts, before = [part[b : b + 1].copy() for part in lasts], np.zeros((1, cell.output_size))
        for t in reversed(range(T)) if reverse else range(T):
            if own[t, b]:
                whole = parts[0] if len(parts) == 1 else tuple(parts)
                before, after = step(cell, xs[t, b : b + 1], whole)
                parts = list(unpack(after))
                ys[t, b] = before[0]
            elif held[t, b]:
                ys[t, b] = before[0]
            else:
                before = np.zeros_like(before)
        for last, part in zip(lasts, parts, strict=True):
            last[b] = part[0]
    return ys, lasts


def run(layer, xs, states=None, lengths=None, mask=None, zero=False):
    """Outputs of a time-major layer, and by cell the parts of the last state.

    states: by cell the parts of the state before, or None for zeros.
    """
    (T, B), (cells) = xs.shape[:2], layer.cells
    within = np.ones((T, B), bool) if lengths is None else np.arange(T)[:, None] < lengths
    mask = np.ones((T, B), bool) if mask is None else mask
    own, held = within & mask, within & ~mask & (not zero)
    lasts, number = [], 0
    for row in cells:
        sides = []
        for d, cell in enumerate(row):
            zeros = [np.zeros((B, n)) for n in cell.state_sizes.values()]
            start = zeros if states is None else states[number]
            ys, last = one_direction(cell, xs, start, own, held, layer.reverse or d == 1)
            sides.append(ys)
            lasts.append(last)
            number += 1
        xs = sides[0] if len(sides) == 1 else merged(layer.merge, *sides)
    return xs, lasts
