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
from .forms import Form, Held
from .gate import Gate
from .state import State, repacked, unpack

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
    def state_sizes(self) -> dict[str, Any]:
        return self.cell.state_sizes

    @property
    def state_form(self) -> Form:
        return self.cell.state_form

    def state_names(self, state: State) -> tuple[str, ...]:
        return self.cell.state_names(state)

    def initial_state(self, batch: int) -> State:
        return self.cell.initial_state(batch)

    def conventions(self) -> dict[str, Any]:
        return self.cell.conventions()

    def extra_repr(self) -> str:
        return ""


class _Extended(Wrapper):
    """A wrapper with further parts in its state, which is the tuple of all: first those of `cell`,
    taken out of its structure if it has one, then the others."""

    def _more(self, inner: dict[str, Held]) -> dict[str, Held]:
        """The further parts, given those of the cell."""
        raise NotImplementedError  # each wrapper has its own

    @property
    def state_form(self) -> Form:
        inner = self.cell.state_form.parts
        parts = {**inner, **self._more(inner)}
        return Form(parts, tuple(parts), True)

    @property
    def state_sizes(self) -> dict[str, Any]:
        shapes = {name: part.shape or () for name, part in self.state_form.parts.items()}
        return {name: s[0] if len(s) == 1 else s for name, s in shapes.items()}

    def state_names(self, state: State) -> tuple[str, ...]:
        return tuple(self.state_form.parts)

    def _split(self, state: State) -> tuple[list[Any], list[Any]]:
        """The parts of the cell's state, and the further ones."""
        parts, n = list(unpack(state)), len(self.cell.state_form.parts)
        return parts[:n], parts[n:]

    def _inner_step(self, x: Tensor, parts: list[Any]) -> tuple[Tensor, list[Any]]:
        """A step of the cell, from the parts of its state to those of the next."""
        output, new = self.cell.checked_step(x, self.cell.state_form.put(parts))
        return output, list(unpack(new))


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


class SkipCell(_Extended):
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

    def _more(self, inner: dict[str, Held]) -> dict[str, Held]:
        first, held = next(iter(inner.items()))
        return {f"{first}_{k}": held for k in range(2, self.lag + 1)}

    def initial_state(self, batch: int) -> State:
        inner = self.cell.state_form.parts
        past = [tensor(np.zeros(p.of(batch), self.dtype)) for p in self._more(inner).values()]
        return (*unpack(self.cell.initial_state(batch)), *past)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        (h, *others), past = self._split(state)
        output, new = self._inner_step(x, [(h + past[-1]) * 0.5, *others])
        return output, (*new, h, *past[:-1])

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
        names = cell.state_form.real
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
        mixed: list[Any] = []
        rates = [self.rates.get(name, 0.0) for name in self.state_names(state)]
        for before, after, rate in zip(unpack(state), unpack(new), rates, strict=True):
            if rate == 0:  # or no number that could be mixed, such as a counter
                mixed.append(after)
            elif self.training:
                keep = self.rng.random(after.shape) < rate
                chosen: Any = np.where(keep, before, after)
                mixed.append(chosen)
            else:
                mixed.append(after + rate * (before - after))
        outputs = {id(a): m for a, m in zip(unpack(new), mixed, strict=True)}
        return outputs.get(id(output), output), repacked(mixed, new)

    def extra_repr(self) -> str:
        return f"rate={self.rates}"


class DropoutCell(_Extended):
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

    def _more(self, inner: dict[str, Held]) -> dict[str, Held]:
        masks = {"mask_x": Held((self.input_size,), self.dtype, True)} if self.inputs else {}
        return {**masks, **({"mask_h": next(iter(inner.values()))} if self.hidden else {})}

    def initial_state(self, batch: int) -> State:
        return (*unpack(self.cell.initial_state(batch)), *self._masks(batch))

    def _masks(self, batch: int) -> list[Tensor]:
        """Fresh masks; in evaluation all 1."""
        masks = []
        rates = {"mask_x": self.inputs, "mask_h": self.hidden}
        for name, part in self._more(self.cell.state_form.parts).items():
            mask = np.ones(part.of(batch), self.dtype)
            if self.training:
                mask[:] = (self.rng.random(mask.shape) >= rates[name]) / (1 - rates[name])
            masks.append(tensor(mask))
        return masks

    def as_state(self, state: Any, batch: int) -> State:
        form, several = self.cell.state_form, isinstance(state, tuple | list)
        n = len(state) if several else 1
        if form.flat:
            alone = several == form.several and n == len(form.parts)
        else:
            alone = n != len(self.state_form.parts)
        if state is not None and alone:  # the state of the cell, without masks
            return (*unpack(self.cell.as_state(state, batch)), *self._masks(batch))
        return super().as_state(state, batch)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        inner, masks = self._split(state)
        if self.training:
            if self.inputs:
                if x.dtype.kind in "iu":
                    raise TypeError(
                        "DropoutCell(inputs > 0): token indices cannot be dropped out; embed them "
                        "first, or drop out hidden only"
                    )
                x = dropped(x, masks[0])
            if self.hidden:
                inner[0] = dropped(inner[0], masks[-1])
        output, new = self._inner_step(x, inner)
        return output, (*new, *masks)

    def extra_repr(self) -> str:
        return f"inputs={self.inputs}, hidden={self.hidden}"
