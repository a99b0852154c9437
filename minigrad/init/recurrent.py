"""Initial values for recurrences: orthogonal weights, biases for long memory, and gate by gate."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..checks import Rng, Shape, as_float_dtype, as_generator, as_matrix_shape, as_number, as_shape

__all__ = ["chrono_bias", "orthogonal", "per_gate", "unit_forget_bias"]

Array = np.ndarray[Any, Any]


def orthogonal(
    shape: Shape, *, gain: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """`gain` times a matrix with orthonormal columns (rows, if it is wider than high).

    A square one is uniform over all orthogonal matrices: the Q of a Gaussian matrix, with the sign
    of each column such that R has a positive diagonal.

    Sources: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning
    in deep linear neural networks" (2014); Mezzadri, "How to generate random matrices from the
    classical compact groups" (2007), for the signs.

    >>> W = orthogonal((4, 4), gain=2.0, rng=np.random.default_rng(0), dtype=np.float64)
    >>> bool(np.allclose(W.T @ W, 4.0 * np.eye(4)))
    True
    """
    rows, columns = as_matrix_shape(shape, "orthogonal")
    gain, dtype = as_number(gain, "gain", "orthogonal"), as_float_dtype(dtype, "orthogonal")
    gaussian = as_generator(rng, "orthogonal").normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(gaussian)
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return np.array(gain * (q if rows >= columns else q.T), dtype, order="C")


def chrono_bias(
    shape: Shape,
    *,
    T_max: float,
    order: str = "ifgo",
    keep: str = "f",
    write: str = "i",
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """The bias of all gates for memories of up to `T_max` steps: log u in the gate that keeps the
    state, −log u in the gate that writes to it, 0 elsewhere, with u drawn from U[1, T_max − 1].

    shape: (G·H,), the gates in the `order` of their letters.
    keep, write: the letters of the two gates; "" for none. A GRU is order="rzn" with keep="z",
        write="" where h = z h + (1 − z) n, and keep="", write="z" where h = (1 − z) h + z n.

    Source: Tallec and Ollivier, "Can recurrent neural networks warp time?" (2018), section 2.

    Raises ValueError for T_max below 2, and for a shape or letters that do not fit `order`.

    >>> b = chrono_bias((8,), T_max=100, rng=np.random.default_rng(0))
    >>> i, f, g, o = b.reshape(4, 2)
    >>> bool((f == -i).all() and (0 <= f).all() and (f <= np.log(99)).all())
    True
    """
    who = "chrono_bias"
    blocks = _gates(shape, order, [gate for gate in (keep, write) if gate], dtype, who)
    if (longest := as_number(T_max, "T_max", who)) < 2.0:
        raise ValueError(f"{who}(T_max): received {T_max}, wanted 2 or more steps")
    log_u = np.log(as_generator(rng, who).uniform(1.0, longest - 1.0, blocks.shape[1]))
    for letter, value in ((keep, log_u), (write, -log_u)):
        if letter:
            blocks[order.index(letter)] = value
    return blocks.reshape(-1)


def unit_forget_bias(
    shape: Shape,
    *,
    value: float = 1.0,
    order: str = "ifgo",
    keep: str = "f",
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """`value` in the gate that keeps the state, 0 elsewhere: an LSTM that remembers from the start.

    shape: (G·H,), the gates in the `order` of their letters; keep: the letter of that gate.
    Sources: Gers, Schmidhuber and Cummins, "Learning to forget" (2000); Jozefowicz,
    Zaremba and Sutskever, "An empirical exploration of recurrent network architectures" (2015).

    >>> unit_forget_bias((8,))
    array([0., 0., 1., 1., 0., 0., 0., 0.], dtype=float32)
    """
    blocks = _gates(shape, order, [keep], dtype, "unit_forget_bias")
    blocks[order.index(keep)] = as_number(value, "value", "unit_forget_bias")
    return blocks.reshape(-1)


def _gates(
    shape: Shape, order: str, letters: Sequence[str], dtype: Any, who: str
) -> Array:
    """Zeros of shape (G, H) for the bias of the gates in `order`, which must have `letters`."""
    sizes = as_shape(shape, who)
    if len(set(order)) != len(order) or not order:
        raise ValueError(f"{who}(order): received {order!r}, wanted one letter for each gate")
    if len(sizes) != 1 or sizes[0] % len(order):
        raise ValueError(
            f"{who}: received shape {sizes}, wanted ({len(order)}·H,) for the gates {order!r}"
        )
    for letter in letters:
        if len(letter) != 1 or letter not in order:
            raise ValueError(f"{who}: received gate {letter!r}, wanted a letter of {order!r}")
    return np.zeros((len(order), sizes[0] // len(order)), as_float_dtype(dtype, who))


def per_gate(initializer: Callable[..., Array], gates: int) -> Callable[..., Array]:
    """`initializer` for each of `gates` blocks of columns by itself: (K, G·H) from G times (K, H).

    Without it the fan of a gate, or its orthogonality, would be that of the whole matrix.

    Raises ValueError for gates below 1, and at the call for a shape that they do not divide.

    >>> from minigrad.init import identity
    >>> per_gate(identity, 2)((2, 4))
    array([[1., 0., 1., 0.],
           [0., 1., 0., 1.]], dtype=float32)
    """
    if operator.index(gates) < 1:
        raise ValueError(f"per_gate(gates): received {gates}, wanted 1 or more")

    def initialize(shape: Shape, *, rng: Rng = None, **options: Any) -> Array:
        sizes = as_shape(shape, "per_gate")
        if not sizes or sizes[-1] % gates:
            raise ValueError(
                f"per_gate: received shape {sizes}, wanted (..., {gates}·H) for {gates} gates"
            )
        block = (*sizes[:-1], sizes[-1] // gates)
        rng = as_generator(rng, "per_gate")
        drawn = [initializer(block, rng=rng, **options) for _ in range(gates)]
        return np.concatenate(drawn, axis=-1)

    return initialize
