"""The real data of the examples: small files in examples/data, whose README says where from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

__all__ = ["FOLDER", "arrays", "padded"]

FOLDER = Path(__file__).parent / "data"


def arrays(name):
    """The arrays of an .npz file, by name."""
    with np.load(FOLDER / name) as file:
        return dict(file)


def padded(rows, filler):
    """Sequences of unequal length as a batch, (T, B) or (T, B, K), and their lengths (B,)."""
    lengths = np.array([len(row) for row in rows])
    first = np.asarray(rows[0])
    batch = np.full((lengths.max(), len(rows), *first.shape[1:]), filler, first.dtype)
    for b, row in enumerate(rows):
        batch[: len(row), b] = row
    return batch, lengths
