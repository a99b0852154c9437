"""RNN, LSTM, GRU: ``Recurrent`` with the standard cells, and PyTorch's signatures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, Unpack

import numpy as np

from minigrad.checks import Rng, as_flag, as_generator, as_probability, as_size

from ..cells import (
    Cell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    ProjectedLSTMCell,
    ZoneoutCell,
)
from ..cells.base import bias_count
from .recurrent import Recurrent

__all__ = ["GRU", "LSTM", "RNN"]


class Options(TypedDict, total=False):
    """What all three take by name; ``RNN`` says what it is."""

    merge: str | None
    reverse: bool
    biases: int | None
    clip: float | None
    recurrent_dropout: float
    zoneout: float | Mapping[str, float]
    learn_initial_state: bool
    how: str | None
    workers: int | None
    name: str | None
    dtype: Any
    rng: Rng


class _Standard(Recurrent):
    """What the three have in common: cells of one kind, wrapped as the arguments say."""

    def __init__(
        self,
        make: Callable[..., Cell],
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        *,
        biases: int | None = None,
        clip: float | None = None,
        recurrent_dropout: float = 0.0,
        zoneout: float | Mapping[str, float] = 0.0,
        dtype: Any = np.float32,
        rng: Rng = None,
        **options: Any,
    ) -> None:
        owner = type(self).__name__
        for name in options.keys() - Options.__annotations__.keys():
            own = [p for p in inspect.signature(type(self)).parameters if p != "options"]
            known = ", ".join([*own, *Options.__annotations__])
            raise TypeError(f"{owner} has no argument {name!r}; its arguments are {known}")
        K = as_size(input_size, "input_size", owner)
        H = as_size(hidden_size, "hidden_size", owner)
        layers = as_size(num_layers, "num_layers", owner)
        if not as_flag(bias, "bias", owner):
            biases = bias_count(bias, biases, 0, owner)
        as_probability(recurrent_dropout, "recurrent_dropout", owner)
        if not isinstance(zoneout, Mapping):
            as_probability(zoneout, "zoneout", owner)
        generator = as_generator(rng, owner)

        def wrapped(width: int) -> Cell:
            cell = make(width, H, biases=biases, clip=clip, dtype=dtype, rng=generator)
            if recurrent_dropout != 0:
                cell = DropoutCell(cell, hidden=recurrent_dropout, rng=generator)
            if isinstance(zoneout, Mapping) or zoneout != 0:
                cell = ZoneoutCell(cell, zoneout, rng=generator)
            return cell

        super().__init__(
            wrapped, input_size=K, num_layers=layers, bidirectional=bidirectional,
            batch_first=batch_first, dropout=dropout, rng=generator, **options,
        )
        self.hidden_size = H


class RNN(_Standard):
    """h_t = φ(x_t W_xh + h_{t-1} W_hh + b_h), in layers: ``outputs, h = layer(xs)``.

    input_size, hidden_size: K and H. num_layers: N.
    nonlinearity: φ, "tanh" (default), "relu" and so on, or a function, as in ElmanCell.
    bias: whether there is one; biases: 1 (default) or 2, as PyTorch has.
    clip: θ, to which the sums inside φ are clipped, as in ONNX; by default they are not.
    batch_first, dropout, bidirectional, merge, reverse, learn_initial_state, how, workers, name:
        as in Recurrent.
    recurrent_dropout: within the recurrence, with one mask for a whole call (``DropoutCell``);
        0 (default) for none.
    zoneout: the probability with which a unit keeps its state (``ZoneoutCell``), by default 0.
    dtype: of the parameters (default float32); inputs and states are cast to it.
    rng: a Generator or a seed for initial parameters and dropout.

    What a call takes and returns is said at ``Recurrent.forward``; h is (N · directions, B, H).

    >>> outputs, h = RNN(5, 3, num_layers=2, bidirectional=True)(np.zeros((4, 2, 5)))
    >>> outputs.shape, h.shape
    ((4, 2, 6), (4, 2, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: Any = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        **options: Unpack[Options],
    ) -> None:
        make = functools.partial(ElmanCell, nonlinearity=nonlinearity)
        super().__init__(
            make, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            **options,
        )


class LSTM(_Standard):
    """The LSTM in layers: ``outputs, (h, c) = layer(xs)``.

    proj_size: P, where the outputs and h are (o ⊙ tanh(c_t)) W_hp with P < H units
        (``ProjectedLSTMCell``); 0 for none.
    forget_bias: the initial bias of the forget gate, as in ``LSTMCell``.
    activation, recurrent_activation: what stands for tanh and σ, as in ``LSTMCell``.
    zoneout: one probability, or one for each part of the state: {"h": 0.05, "c": 0.5}.
    The other arguments are those of RNN. h is (N · directions, B, H), or with a projection (N ·
    directions, B, P); c is (N · directions, B, H).

    >>> outputs, (h, c) = LSTM(5, 3, batch_first=True)(np.zeros((2, 4, 5)), lengths=[3, 4])
    >>> outputs.shape, h.shape
    ((2, 4, 3), (2, 1, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        forget_bias: float | None = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        **options: Unpack[Options],
    ) -> None:
        none = proj_size == 0 and not isinstance(proj_size, bool | np.bool)
        self.proj_size = 0 if none else as_size(proj_size, "proj_size", "LSTM")
        chosen: dict[str, Any] = {
            "forget_bias": forget_bias, "activation": activation,
            "recurrent_activation": recurrent_activation,
        }
        make: Callable[..., Cell] = functools.partial(LSTMCell, **chosen)
        if self.proj_size:
            make = functools.partial(
                ProjectedLSTMCell, projection_size=self.proj_size, **chosen
            )
        super().__init__(
            make, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            **options,
        )


class GRU(_Standard):
    """The GRU in layers: ``outputs, h = layer(xs)``.

    reset: "after" the product with W_hh, as PyTorch does (default), or "before" it.
    update: what z measures: what is kept, "keep" (default, as PyTorch), or what is "new".
    biases: by default 2 with reset "after", 1 with "before"; see ``GRUCell``.
    activation, recurrent_activation: what stands for tanh and σ, as in ``GRUCell``.
    The other arguments are those of RNN. h is (N · directions, B, H).

    >>> outputs, h = GRU(5, 3, reset="before")(np.zeros((4, 2, 5)))
    >>> outputs.shape, h.shape
    ((4, 2, 3), (1, 2, 3))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        reset: str = "after",
        update: str = "keep",
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        **options: Unpack[Options],
    ) -> None:
        make = functools.partial(
            GRUCell, reset=reset, update=update, activation=activation,
            recurrent_activation=recurrent_activation,
        )
        super().__init__(
            make, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            **options,
        )
