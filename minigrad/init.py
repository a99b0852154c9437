"""Initial values: functions of a shape that return arrays, for ``Parameter(...)``.

Matrices are (fan_in, fan_out), as in x @ W. Draws come from a NumPy Generator given as ``rng``;
without one they differ from run to run. Where the gates of a cell lie side by side in one matrix,
``per_gate`` draws each on its own.

>>> rng = np.random.default_rng(0)
>>> W_hh = per_gate(orthogonal, 4)((8, 32), rng=rng)
>>> bool(np.allclose(W_hh[:, :8].T @ W_hh[:, :8], np.eye(8), atol=1e-6))
True
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from .errors import describe

__all__ = [
    "calculate_gain", "chrono_bias", "constant", "glorot_normal", "glorot_uniform", "identity",
    "kaiming_normal", "kaiming_uniform", "normal", "ones", "orthogonal", "per_gate",
    "recurrent_uniform", "uniform", "unit_forget_bias", "xavier_normal", "xavier_uniform", "zeros",
]

Array = np.ndarray[Any, Any]
Rng = np.random.Generator | None
Shape = Sequence[int] | int


# -- what the arguments must be


def _shape(shape: Shape, who: str) -> tuple[int, ...]:
    try:
        sizes = tuple(map(operator.index, shape if isinstance(shape, Sequence) else (shape,)))
    except TypeError:
        sizes = (-1,)
    if any(size < 0 for size in sizes):
        raise ValueError(f"{who}: received shape {shape!r}, wanted integers of at least 0")
    return sizes


def _matrix(shape: Shape, who: str) -> tuple[int, int]:
    sizes = _shape(shape, who)
    if len(sizes) != 2:
        raise ValueError(f"{who}: received shape {sizes}, wanted a matrix (rows, columns)")
    return sizes


def _fans(
    shape: tuple[int, ...], fan_in: int | None, fan_out: int | None, who: str
) -> tuple[int, int]:
    """How many inputs an output sums, and how many outputs an input reaches."""
    if fan_in is None or fan_out is None:
        if len(shape) != 2:
            raise ValueError(
                f"{who}: received shape {shape}; a matrix is (fan_in, fan_out), and for any other "
                f"shape fan_in= and fan_out= must be given"
            )
        fan_in = shape[0] if fan_in is None else fan_in
        fan_out = shape[1] if fan_out is None else fan_out
    return _shape((fan_in, fan_out), f"{who}(fan_in, fan_out)")  # type: ignore[return-value]  # two


def _number(value: Any, what: str, low: float = -math.inf) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, str) or not math.isfinite(number) or number < low:
        bound = "" if low == -math.inf else f" of at least {low:g}"
        raise ValueError(f"{what}: received {describe(value)}, wanted a finite number{bound}")
    return number


def _generator(rng: Rng, who: str) -> np.random.Generator:
    if rng is None:
        return np.random.default_rng()
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{who}: received rng={describe(rng)}, wanted a NumPy Generator; "
            f"pass np.random.default_rng(seed)"
        )
    return rng


def _float(dtype: Any, who: str) -> np.dtype[Any]:
    wanted: np.dtype[Any] = np.dtype(dtype)
    if wanted.kind != "f":
        raise TypeError(f"{who}: received dtype {wanted}, wanted a float dtype")
    return wanted


# -- constants


def constant(shape: Shape, *, value: float, rng: Rng = None, dtype: Any = np.float32) -> Array:
    """`value` everywhere. An `rng` is accepted, so that all of these are called alike."""
    value = _number(value, "constant(value)")
    return np.full(_shape(shape, "constant"), value, _float(dtype, "constant"))


def zeros(shape: Shape, *, rng: Rng = None, dtype: Any = np.float32) -> Array:
    """0 everywhere."""
    return np.zeros(_shape(shape, "zeros"), _float(dtype, "zeros"))


def ones(shape: Shape, *, rng: Rng = None, dtype: Any = np.float32) -> Array:
    """1 everywhere."""
    return np.ones(_shape(shape, "ones"), _float(dtype, "ones"))


def identity(
    shape: Shape, *, scale: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """`scale` on the diagonal, 0 elsewhere: a recurrence that starts by keeping its state.

    Source: Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified
    linear units" (2015), where scale is 1, and 0.01 for shorter memories.
    """
    rows, columns = _matrix(shape, "identity")
    scale = _number(scale, "identity(scale)")
    return np.multiply(scale, np.eye(rows, columns)).astype(_float(dtype, "identity"))


# -- independent draws


def uniform(
    shape: Shape, *, low: float = 0.0, high: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """U[low, high]."""
    low, high = _number(low, "uniform(low)"), _number(high, "uniform(high)")
    if low > high:
        raise ValueError(f"uniform: received low={low}, high={high}, wanted low ≤ high")
    draw = _generator(rng, "uniform").uniform(low, high, _shape(shape, "uniform"))
    return draw.astype(_float(dtype, "uniform"))


def normal(
    shape: Shape, *, mean: float = 0.0, std: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """N(mean, std²)."""
    mean, std = _number(mean, "normal(mean)"), _number(std, "normal(std)", low=0.0)
    draw = _generator(rng, "normal").normal(mean, std, _shape(shape, "normal"))
    return draw.astype(_float(dtype, "normal"))


def recurrent_uniform(
    shape: Shape, *, hidden_size: int, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """U[−1/√H, 1/√H], H = `hidden_size`: PyTorch's for weights and biases of recurrent layers."""
    bound = 1.0 / math.sqrt(_number(hidden_size, "recurrent_uniform(hidden_size)", low=1.0))
    sizes = _shape(shape, "recurrent_uniform")
    return uniform(sizes, low=-bound, high=bound, rng=rng, dtype=dtype)


# -- scaled by the number of inputs and outputs


def calculate_gain(nonlinearity: str, slope: float = 0.01) -> float:
    """The factor by which a nonlinearity shrinks a signal, undone; PyTorch's table.

    linear, sigmoid: 1 · tanh: 5/3 · relu: √2 · leaky_relu: √(2/(1 + slope²)) · selu: 3/4.
    """
    gains = {
        "linear": 1.0,
        "identity": 1.0,
        "sigmoid": 1.0,
        "tanh": 5.0 / 3.0,
        "relu": math.sqrt(2.0),
        "leaky_relu": math.sqrt(2.0 / (1.0 + slope**2)),
        "selu": 0.75,
    }
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain(nonlinearity): received {nonlinearity!r}, wanted one of "
            f"{', '.join(gains)}"
        )
    return gains[nonlinearity]


def xavier_uniform(
    shape: Shape,
    *,
    gain: float = 1.0,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """U[−a, a] with a = gain √(6/(fan_in + fan_out)).

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.
    """
    std = _xavier_std(shape, gain, fan_in, fan_out, "xavier_uniform")
    bound = math.sqrt(3.0) * std
    return uniform(shape, low=-bound, high=bound, rng=rng, dtype=dtype)


def xavier_normal(
    shape: Shape,
    *,
    gain: float = 1.0,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """N(0, σ²) with σ = gain √(2/(fan_in + fan_out)); the source is that of `xavier_uniform`."""
    std = _xavier_std(shape, gain, fan_in, fan_out, "xavier_normal")
    return normal(shape, std=std, rng=rng, dtype=dtype)


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal


def _xavier_std(shape: Any, gain: float, fan_in: Any, fan_out: Any, who: str) -> float:
    inputs, outputs = _fans(_shape(shape, who), fan_in, fan_out, who)
    return _number(gain, f"{who}(gain)", low=0.0) * math.sqrt(2.0 / max(inputs + outputs, 1))


Mode = Literal["fan_in", "fan_out"]


def kaiming_uniform(
    shape: Shape,
    *,
    mode: Mode = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.01,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """U[−a, a] with a = gain √(3/fan), the gain being that of `nonlinearity`.

    mode: "fan_in" keeps the variance of the signal on its way forward, "fan_out" backward.
    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), equations 10 and 14.
    """
    std = _kaiming_std(shape, mode, nonlinearity, slope, fan_in, fan_out, "kaiming_uniform")
    bound = math.sqrt(3.0) * std
    return uniform(shape, low=-bound, high=bound, rng=rng, dtype=dtype)


def kaiming_normal(
    shape: Shape,
    *,
    mode: Mode = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.01,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """N(0, σ²) with σ = gain/√fan; the rest is as in `kaiming_uniform`."""
    std = _kaiming_std(shape, mode, nonlinearity, slope, fan_in, fan_out, "kaiming_normal")
    return normal(shape, std=std, rng=rng, dtype=dtype)


def _kaiming_std(
    shape: Any, mode: str, nonlinearity: str, slope: float, fan_in: Any, fan_out: Any, who: str
) -> float:
    inputs, outputs = _fans(_shape(shape, who), fan_in, fan_out, who)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{who}(mode): received {mode!r}, wanted 'fan_in' or 'fan_out'")
    fan = inputs if mode == "fan_in" else outputs
    return calculate_gain(nonlinearity, slope) / math.sqrt(max(fan, 1))


# -- for recurrences


def orthogonal(
    shape: Shape, *, gain: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """`gain` times a matrix with orthonormal columns (rows, if it is wider than high).

    A square one is uniform over all orthogonal matrices: the Q of a Gaussian matrix, with the sign
    of each column such that R has a positive diagonal.

    Sources: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning
    in deep linear neural networks" (2014); Mezzadri, "How to generate random matrices from the
    classical compact groups" (2007), for the signs.
    """
    rows, columns = _matrix(shape, "orthogonal")
    gain, dtype = _number(gain, "orthogonal(gain)"), _float(dtype, "orthogonal")
    gaussian = _generator(rng, "orthogonal").normal(size=(max(rows, columns), min(rows, columns)))
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

    >>> b = chrono_bias((8,), T_max=100, rng=np.random.default_rng(0))
    >>> i, f, g, o = b.reshape(4, 2)
    >>> bool((f == -i).all() and (0 <= f).all() and (f <= np.log(99)).all())
    True
    """
    who = "chrono_bias"
    blocks = _gates(shape, order, [gate for gate in (keep, write) if gate], dtype, who)
    if (longest := _number(T_max, f"{who}(T_max)")) < 2.0:
        raise ValueError(f"{who}(T_max): received {T_max}, wanted 2 or more steps")
    log_u = np.log(_generator(rng, who).uniform(1.0, longest - 1.0, blocks.shape[1]))
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
    blocks[order.index(keep)] = _number(value, "unit_forget_bias(value)")
    return blocks.reshape(-1)


def _gates(
    shape: Shape, order: str, letters: Sequence[str], dtype: Any, who: str
) -> Array:
    """Zeros of shape (G, H) for the bias of the gates in `order`, which must have `letters`."""
    sizes = _shape(shape, who)
    if len(set(order)) != len(order) or not order:
        raise ValueError(f"{who}(order): received {order!r}, wanted one letter for each gate")
    if len(sizes) != 1 or sizes[0] % len(order):
        raise ValueError(
            f"{who}: received shape {sizes}, wanted ({len(order)}·H,) for the gates {order!r}"
        )
    for letter in letters:
        if len(letter) != 1 or letter not in order:
            raise ValueError(f"{who}: received gate {letter!r}, wanted a letter of {order!r}")
    return np.zeros((len(order), sizes[0] // len(order)), _float(dtype, who))


def per_gate(initializer: Callable[..., Array], gates: int) -> Callable[..., Array]:
    """`initializer` for each of `gates` blocks of columns by itself: (K, G·H) from G times (K, H).

    Without it the fan of a gate, or its orthogonality, would be that of the whole matrix.

    >>> per_gate(identity, 2)((2, 4))
    array([[1., 0., 1., 0.],
           [0., 1., 0., 1.]], dtype=float32)
    """
    if operator.index(gates) < 1:
        raise ValueError(f"per_gate(gates): received {gates}, wanted 1 or more")

    def initialize(shape: Shape, *, rng: Rng = None, **options: Any) -> Array:
        sizes = _shape(shape, "per_gate")
        if not sizes or sizes[-1] % gates:
            raise ValueError(
                f"per_gate: received shape {sizes}, wanted (..., {gates}·H) for {gates} gates"
            )
        block = (*sizes[:-1], sizes[-1] // gates)
        rng = _generator(rng, "per_gate")
        drawn = [initializer(block, rng=rng, **options) for _ in range(gates)]
        return np.concatenate(drawn, axis=-1)

    return initialize
