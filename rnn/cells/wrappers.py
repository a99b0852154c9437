"""Cells around cells: skip connections across layers and time, zoneout, dropout per sequence.

A wrapper is a cell, so it unrolls, stacks and is taken apart like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad import Tensor, tensor
from minigrad.checks import Rng, as_generator, as_probability, as_size

from .base import Cell
from .gate import Gate
from .state import State, pack, unpack

__all__ = ["DropoutCell", "ResidualCell", "SkipCell", "Wrapper", "ZoneoutCell"]


class Wrapper(Cell):
    """A cell that does something around the step of another; by itself it changes nothing.

    The parameters are those of `cell`, under ``cell.``; gates are read and written through.

    Raises TypeError for what is no Cell.

    >>> from rnn import LSTMCell
    >>> wrapped = Wrapper(LSTMCell(5, 3))
    >>> wrapped.gate("f").W_hh.shape, [name for name, _ in wrapped.named_parameters()]
    ((3, 3), ['cell.W_xh', 'cell.W_hh', 'cell.b_h'])
    """

    def __init__(self, cell: Cell) -> None:
        if not isinstance(cell, Cell):
            raise TypeError(
                f"{type(self).__name__}(cell): received {type(cell).__name__}; wanted a Cell"
            )
        super().__init__(
            cell.input_size, cell.hidden_size, biases=cell.biases, dtype=cell.dtype
        )
        self.cell = cell
        self.name = cell.name

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        return self.cell.checked_step(x, state)

    def gate(self, name: str) -> Gate:
        return self.cell.gate(name)

    @property
    def output_size(self) -> int:
        return self.cell.output_size

    @property
    def state_sizes(self) -> dict[str, int]:
        return self.cell.state_sizes

    def initial_state(self, batch: int) -> State:
        return self.cell.initial_state(batch)

    def conventions(self) -> dict[str, Any]:
        return self.cell.conventions()

    def extra_repr(self) -> str:
        return ""


def dropped(x: Tensor, mask: Tensor) -> Tensor:
    """x · mask, and 0 where the mask is 0 whatever x is: 0 · NaN and 0 · ∞ would be NaN."""
    chosen: Any = np.where(mask.detach() != 0, x, np.zeros((), x.dtype))
    return chosen * mask  # type: ignore[no-any-return]  # a Tensor


class ResidualCell(Wrapper):
    """The output of `cell` plus its input, y_t + x_t: a skip connection across a layer.

    The state is that of `cell`. Raises ValueError where input and output sizes differ, TypeError
    at the call for token indices, which cannot be added.

    He et al., Deep residual learning (2016).

    >>> from rnn import GRUCell
    >>> output, h = ResidualCell(GRUCell(3, 3))(np.ones((2, 3)))
    >>> np.allclose(output.numpy(), 1 + h.numpy())
    True
    """

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        if cell.input_size != cell.output_size:
            raise ValueError(
                f"ResidualCell(cell): {type(cell).__name__} takes inputs of size "
                f"{cell.input_size} and gives outputs of size {cell.output_size}; to be added they "
                f"must have one size"
            )

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        if x.dtype.kind in "iu":
            raise TypeError("ResidualCell: token indices cannot be added; embed them first")
        output, state = super().step(x, state)
        return output + x, state


class SkipCell(Wrapper):
    """A skip connection across time: `cell` sees (h_{t-1} + h_{t-lag}) / 2 in the place of h_{t-1}.

    lag: 2 or more. Gradients reach back over T steps through T / lag of them. The other parts of
    the state, such as an LSTM's c, stay as they are. The state has lag - 1 more parts, h_2 to
    h_lag: what h was that many steps before the next one.

    Lin et al., Learning long-term dependencies in NARX recurrent neural networks (1996).

    Raises ValueError for a lag below 2.

    >>> from rnn import ElmanCell
    >>> list(SkipCell(ElmanCell(5, 3), lag=3).state_sizes)
    ['h', 'h_2', 'h_3']
    """

    def __init__(self, cell: Cell, lag: int) -> None:
        super().__init__(cell)
        self.lag = as_size(lag, "lag", "SkipCell")
        if self.lag == 1:
            raise ValueError("SkipCell(lag=1): h_{t-1} is what the cell sees; wanted 2 or more")

    @property
    def state_sizes(self) -> dict[str, int]:
        sizes = self.cell.state_sizes
        first, width = next(iter(sizes.items()))
        return {**sizes, **{f"{first}_{k}": width for k in range(2, self.lag + 1)}}

    def initial_state(self, batch: int) -> State:
        past = [
            tensor(np.zeros((batch, n), self.dtype))
            for n in list(self.state_sizes.values())[len(self.cell.state_sizes) :]
        ]
        return (*unpack(self.cell.initial_state(batch)), *past)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        given, n = unpack(state), len(self.cell.state_sizes)
        h, others, past = given[0], given[1:n], given[n:]
        seen = (h + past[-1]) * 0.5
        output, new = super().step(x, pack((seen, *others)))
        return output, (*unpack(new), h, *past[:-1])

    def extra_repr(self) -> str:
        return f"lag={self.lag}"


class ZoneoutCell(Wrapper):
    """In training each unit of the state keeps its previous value with a given probability.

    rate: the probability, for all parts of the state, or by part: {"h": 0.05, "c": 0.5}.
    rng: a Generator or a seed for the draws, one for every unit and step.

    In evaluation the state is the expectation, rate · previous + (1 - rate) · new. Where the
    output of `cell` is a part of its state, it is the one after zoneout.
    Raises ValueError for rates outside [0, 1) and where none is above 0.

    Krueger et al., Zoneout: regularizing RNNs by randomly preserving hidden activations (2017).

    >>> from rnn import LSTMCell
    >>> cell = ZoneoutCell(LSTMCell(5, 3), {"h": 0.05, "c": 0.5}, rng=0).eval()
    >>> output, (h, c) = cell(np.ones((2, 5)))
    >>> output is h
    True
    """

    def __init__(
        self,
        cell: Cell,
        rate: float | Mapping[str, float],
        rng: Rng = None,
    ) -> None:
        super().__init__(cell)
        names = cell.state_sizes
        given = dict(rate) if isinstance(rate, Mapping) else dict.fromkeys(names, rate)
        if unknown := given.keys() - names.keys():
            raise ValueError(
                f"ZoneoutCell(rate={given!r}): the parts of the state are {', '.join(names)}, not "
                f"{', '.join(sorted(unknown))}"
            )
        self.rates = {n: as_probability(given.get(n, 0.0), "rate", "ZoneoutCell") for n in names}
        if not any(self.rates.values()):
            raise ValueError(f"ZoneoutCell(rate={rate!r}): nothing would be kept; leave it out")
        self.rng = as_generator(rng, "ZoneoutCell")

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        output, new = super().step(x, state)
        mixed: list[Tensor] = []
        rates = self.rates.values()
        for before, after, rate in zip(unpack(state), unpack(new), rates, strict=True):
            if rate == 0:
                mixed.append(after)
            elif self.training:
                keep = self.rng.random(after.shape) < rate
                chosen: Any = np.where(keep, before, after)
                mixed.append(chosen)
            else:
                mixed.append(after + rate * (before - after))
        outputs = {id(a): m for a, m in zip(unpack(new), mixed, strict=True)}
        return outputs.get(id(output), output), pack(tuple(mixed))

    def extra_repr(self) -> str:
        return f"rate={self.rates}"


class DropoutCell(Wrapper):
    """Dropout with one mask for a whole sequence, on the inputs and on the h that `cell` sees.

    inputs, hidden: the probabilities with which an entry of x_t, of h_{t-1}, is 0 for the whole
        sequence; the others are divided by 1 minus it.
    rng: a Generator or a seed for the masks.

    The masks are parts of the state, mask_x (B, K) and mask_h (B, H): ``initial_state`` draws
    them, every step hands them on, and a window that carries the state on goes on with them. A
    state without them, as `cell` takes it, is given fresh ones. In evaluation nothing is dropped.
    A cell that passes h on by itself, such as a GRU, passes on the h that it sees.
    Raises ValueError for probabilities outside [0, 1) and if there is nothing to drop, TypeError
    at the call for token indices with inputs > 0.

    Gal and Ghahramani, A theoretically grounded application of dropout in recurrent neural
    networks (2016).

    >>> from rnn import LSTMCell
    >>> cell = DropoutCell(LSTMCell(5, 3), hidden=0.5, rng=0)
    >>> list(cell.state_sizes)
    ['h', 'c', 'mask_h']
    """

    def __init__(
        self,
        cell: Cell,
        *,
        inputs: float = 0.0,
        hidden: float = 0.0,
        rng: Rng = None,
    ) -> None:
        super().__init__(cell)
        self.inputs = as_probability(inputs, "inputs", "DropoutCell")
        self.hidden = as_probability(hidden, "hidden", "DropoutCell")
        if self.inputs == 0 == self.hidden:
            raise ValueError("DropoutCell(inputs=0, hidden=0): nothing would be dropped")
        self.rng = as_generator(rng, "DropoutCell")

    @property
    def state_sizes(self) -> dict[str, int]:
        sizes = self.cell.state_sizes
        masks = {"mask_x": self.input_size} if self.inputs else {}
        if self.hidden:
            masks["mask_h"] = next(iter(sizes.values()))
        return {**sizes, **masks}

    def initial_state(self, batch: int) -> State:
        return (*unpack(self.cell.initial_state(batch)), *self._masks(batch))

    def _masks(self, batch: int) -> list[Tensor]:
        """Fresh masks; in evaluation all 1."""
        masks = []
        for name, rate in (("mask_x", self.inputs), ("mask_h", self.hidden)):
            if rate:
                mask = np.ones((batch, self.state_sizes[name]), self.dtype)
                if self.training:
                    mask[:] = (self.rng.random(mask.shape) >= rate) / (1 - rate)
                masks.append(tensor(mask))
        return masks

    def as_state(self, state: Any, batch: int) -> State:
        inner = len(self.cell.state_sizes)
        alone = not isinstance(state, tuple | list) if inner == 1 else (
            isinstance(state, tuple | list) and len(state) == inner
        )
        if state is not None and alone:
            return (*unpack(self.cell.as_state(state, batch)), *self._masks(batch))
        return super().as_state(state, batch)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        given, n = unpack(state), len(self.cell.state_sizes)
        inner, masks = given[:n], given[n:]
        if self.training:
            if self.inputs:
                if x.dtype.kind in "iu":
                    raise TypeError(
                        "DropoutCell(inputs > 0): token indices cannot be dropped out; embed them "
                        "first, or drop out hidden only"
                    )
                x = dropped(x, masks[0])
            if self.hidden:
                inner = (dropped(inner[0], masks[-1]), *inner[1:])
        output, new = super().step(x, pack(inner))
        return output, (*unpack(new), *masks)

    def extra_repr(self) -> str:
        return f"inputs={self.inputs}, hidden={self.hidden}"
