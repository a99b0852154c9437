"""Random weights of stacked layers, running them with cells, and comparing to the last bit."""

import numpy as np
from hypothesis import strategies as st

from rnn import unroll
from rnn.convert import CellWeights, Weights
from rnn.convert.weights import GATES

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 5e-324, -1e300]


def cell_weights(
    rng, kind, K, H, biases, dtype=float, special=False, peepholes=(), P=None, **words
):
    """Random weights of one cell; with `special`, NaN, infinities, -0 and the like among them."""

    def draw(*shape):
        array = rng.normal(size=shape)
        if special:
            array = np.where(rng.random(shape) < 0.3, rng.choice(SPECIAL, shape), array)
        with np.errstate(over="ignore"):
            return array.astype(dtype)

    gates = words.pop("gates", None) or tuple(
        g for g in GATES[kind] if g != "f" or words.get("forget", "gate") == "gate"
    )
    G, R = len(gates), P or H
    return CellWeights(
        kind, draw(K, G * H), draw(R, G * H), tuple(draw(G * H) for _ in range(biases)), gates,
        peepholes={gate: draw(H) for gate in peepholes},
        projection=draw(H, P) if P else None, **words,
    )


def stack(rng, kind, K, H, layers, directions, biases, **options):
    """Random weights of stacked layers, each the same, with outputs side by side."""
    width, rows = K, []
    for _ in range(layers):
        rows.append(tuple(
            cell_weights(rng, kind, width, H, biases, **options) for _ in range(directions)
        ))
        width = directions * rows[-1][0].state_size
    return Weights(tuple(rows))


@st.composite
def stacks(draw, kinds=("rnn", "lstm", "gru"), biases=(0, 1, 2), layers=3, directions=2, words=()):
    """Any sizes, layers, directions, numbers of biases and dtypes.

    words: by kind, the values that fields of CellWeights can have.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(kinds))
    own = {name: draw(st.sampled_from(v)) for name, v in dict(words).get(kind, {}).items()}
    return stack(
        rng, kind, draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, layers)),
        draw(st.integers(1, directions)), draw(st.sampled_from(biases)),
        dtype=draw(st.sampled_from([np.float32, np.float64])), special=draw(st.booleans()), **own,
    )


def run(weights, xs, states=None):
    """Outputs (T, B, D·R) of stacked layers, each direction a cell unrolled, and the cells.

    states: for every cell in turn its state, or None.
    """
    cells, states = weights.cells(), iter(states or [None] * 99)
    for row in cells:
        sides = [unroll(row[0], xs, next(states))[0]]
        if len(row) == 2:
            sides.append(unroll(row[1], xs[::-1], next(states))[0][::-1])
        xs = np.concatenate(sides, axis=-1) if len(sides) == 2 else sides[0]
    return xs, cells


def bits(array):
    """What must be equal for two arrays to be the same to the last bit."""
    array = np.asarray(array)
    return array.dtype, array.shape, array.tobytes()


def assert_same_arrays(left, right):
    """The same keys in the same order, the same dtypes, shapes and bits."""
    assert list(left) == list(right)
    for key in left:
        assert bits(left[key]) == bits(right[key]), key


def assert_same_weights(left, right):
    """The same layers, conventions and bits."""
    assert [len(row) for row in left.layers] == [len(row) for row in right.layers]
    for mine, theirs in zip(left.all(), right.all(), strict=True):
        assert mine.kind == theirs.kind
        assert mine.conventions() == theirs.conventions()
        assert_same_arrays(mine.arrays(), theirs.arrays())


def canonical(weights):
    """With the gates in the order of ``rnn.cells``."""
    return weights.map(lambda c: c.ordered([g for g in GATES[c.kind] if g in c.gates]))
