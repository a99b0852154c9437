"""Cell: what every recurrent cell has in common.

A cell is a pure function with parameters, ``output, state = cell(x, state)``. A subclass declares
its gates and its states and defines ``step``; weights, checks, initial state and everything that
runs cells (unrolling, layers, ledger, pictures) follow from these.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minigrad import Parameter, Tensor, init, scope, tensor
from minigrad.checks import Rng, as_flag, as_float_dtype, as_generator, as_size
from minigrad.functional import embedding
from minigrad.module import Module
from minigrad.ops.index.indexing import is_outside
from minigrad.scanning.generators import GENERATORS, restore, states

from .foreign import reader_of
from .forms import Form, form_of, form_of_sizes
from .gate import Gate
from .state import (
    State,
    begun,
    carried_on,
    cast_as,
    described,
    given_to,
    in_own_containers,
    names_of,
    pack,
    refuse_writes,
    with_own_generators,
)

__all__ = ["Cell"]


def bias_count(bias: Any, biases: Any, default: int, owner: str) -> int:
    """How many bias vectors the two arguments mean, or an error that says what does not fit."""
    if biases is not None and (type(biases) is not int or biases not in (0, 1, 2)):
        raise ValueError(f"{owner}(biases={biases!r}): wanted 0, 1 or 2 bias vectors")
    if as_flag(bias, "bias", owner):
        return default if biases is None else biases
    if biases not in (None, 0):
        raise ValueError(f"{owner}(bias=False, biases={biases!r}): wanted one of them")
    return 0


def threshold(clip: Any, owner: str) -> float | None:
    """`clip` as a finite number above 0, or None, or an error."""
    if clip is None:
        return None
    if isinstance(clip, bool | np.bool) or not isinstance(clip, int | float | np.number):
        raise TypeError(f"{owner}(clip={clip!r}): wanted a number above 0, or None")
    if not 0 < clip < np.inf:
        raise ValueError(f"{owner}(clip={clip!r}): wanted a finite number above 0, or None")
    return float(clip)


class Cell(Module, ABC):
    """A recurrent cell: ``output, state = cell(x, state)``.

    input_size, hidden_size: K and H.
    bias: whether there is one; biases: how many vectors the pre-activations get then: 1 (``b_h``,
        the default), or 2 (``b_xh``, added to x W_xh, and ``b_hh``, added to h W_hh); 0 for none.
    clip: θ, to which the sums z that ``preactivation`` gives are clipped before their functions:
        min(max(z, -θ), θ), as ONNX does; by default they are not.
    dtype: of the parameters (default float32); inputs and states are cast to it.
    rng: a NumPy Generator or a seed for the initial parameters; for others than the default
        assign values, as in ``cell.gate("f").W_hh = minigrad.init.orthogonal((H, H))``.

    A subclass declares

    - ``gates``: the names of the blocks of H columns in its weights, in their order. With G of
      them the cell has the parameters W_xh (K, G·H), W_hh (H, G·H) and biases (G·H,), drawn from
      U(-1/√H, 1/√H), and ``gate(name)`` reads and writes one block. Without, it makes its own;
    - ``states``: the names of the parts of its state, each (B, H). One: the state is a tensor.
      Several: it is a tuple of tensors. Where their widths are others, ``state_sizes`` gives them,
      or their shapes, and ``output_size`` the width of the output;
    - or, for a state of another structure, ``initial_state(batch)``, which returns one: dicts,
      lists, tuples, named tuples and dataclasses, in one another, of arrays whose first axis is the
      batch, of any rank and dtype. Integers and booleans, as of a counter or a mask, carry no
      gradient. ``step`` returns the same structure, with the same shapes and dtypes. A number
      without axes, and a generator of random numbers, are of all sequences together. The parts are
      named by their paths, such as memory.A, in pictures, Jacobians and messages; what stands in
      the place of an inner cell as that one declares, so slow.h and slow.c for an LSTM ``.slow``;
    - ``name``: the label of its steps in pictures and messages (default: its class's name);

    and defines ``step(x, state)``, where x is (B, K), or token indices (B,): ``preactivation`` and
    the other sums below take both.

    >>> class LeakyCell(Cell):
    ...     gates = ("h",)
    ...     def step(self, x, h):
    ...         h = 0.9 * h + 0.1 * np.tanh(self.preactivation(x, h))
    ...         return h, h
    >>> cell = LeakyCell(5, 3)
    >>> output, state = cell(np.ones((2, 5)), cell.initial_state(2))
    >>> output.shape, cell.gate("h").W_hh.shape
    ((2, 3), (3, 3))

    >>> class FastWeightsCell(Cell):                      # a matrix for each sequence, and a count
    ...     gates = ("h",)
    ...     def initial_state(self, batch):
    ...         H = self.hidden_size
    ...         zeros = np.zeros((batch, H), self.dtype), np.zeros((batch, H, H), self.dtype)
    ...         return {"h": zeros[0], "memory": {"A": zeros[1], "writes": np.zeros(batch, int)}}
    ...     def step(self, x, state):
    ...         h, A = state["h"], state["memory"]["A"]
    ...         h = np.tanh(self.preactivation(x, h) + (h[:, None, :] @ A)[:, 0])
    ...         A = 0.9 * A + 0.5 * h[:, :, None] * h[:, None, :]                  # (B, H, H)
    ...         return h, {"h": h, "memory": {"A": A, "writes": state["memory"]["writes"] + 1}}
    >>> cell = FastWeightsCell(5, 3)
    >>> cell.state_form.parts.keys()
    dict_keys(['h', 'memory.A', 'memory.writes'])
    >>> output, state = cell(np.ones((2, 5)))
    >>> state["memory"]["A"].shape, state["memory"]["writes"]
    ((2, 3, 3), Tensor([1, 1]))
    """

    name: str
    gates: ClassVar[tuple[str, ...]] = ()
    states: ClassVar[tuple[str, ...]] = ("h",)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for declared in ("gates", "states"):
            if isinstance(names := vars(cls).get(declared), str):
                raise TypeError(
                    f"{cls.__name__}.{declared} = {names!r}: wanted a tuple of names, such as "
                    f"({names!r},)"
                )
        if "name" not in vars(cls):
            cls.name = cls.__name__.removesuffix("Cell").lower() or cls.__name__

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        biases: int | None = None,
        clip: float | None = None,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        owner = type(self).__name__
        self.input_size = as_size(input_size, "input_size", owner)
        self.hidden_size = as_size(hidden_size, "hidden_size", owner)
        self.biases = bias_count(bias, biases, 1, owner)
        self.clip = threshold(clip, owner)
        self.dtype = np.dtype(as_float_dtype(dtype, owner).type)  # in native byte order
        if self.gates:
            self._make_parameters(as_generator(rng, owner))

    def _make_parameters(self, rng: np.random.Generator) -> None:
        """The weights and biases of the declared gates, from U(-1/√H, 1/√H)."""
        width = len(self.gates) * self.hidden_size
        self.W_xh = self.uniform(rng, self.input_size, width)
        self.W_hh = self.uniform(rng, next(iter(self.state_sizes.values())), width)
        if self.biases == 1:
            self.b_h = self.uniform(rng, width)
        elif self.biases == 2:
            self.b_xh = self.uniform(rng, width)
            self.b_hh = self.uniform(rng, width)

    def uniform(self, rng: Rng, *shape: int) -> Parameter:
        """A parameter from U(-1/√H, 1/√H), in the dtype of the cell."""
        return Parameter(
            init.recurrent_uniform(
                shape, hidden_size=self.hidden_size, rng=rng, dtype=self.dtype
            )
        )

    if not TYPE_CHECKING:  # for a type checker there is no other name

        def __getattr__(self, name):  # for what is not found otherwise
            if name in ("input_size", "hidden_size", "biases", "clip", "dtype"):
                raise AttributeError(f"{type(self).__name__} has no {name} yet: its __init__ has "
                                     f"to begin with super().__init__(input_size, hidden_size)")
            return super().__getattr__(name)

    # -- what a subclass gives

    @abstractmethod
    def step(self, x: Any, state: Any, /) -> tuple[Tensor, State]:
        """One step: (output, new state) from the input (B, K) or (B,) and the state."""

    # -- what it can use

    def project(self, x: Tensor) -> Tensor:
        """x W_xh, or for token indices the rows W_xh[x]: (B, G·H)."""
        if not hasattr(x, "dtype"):  # numbers in lists
            x = tensor(x)
        return embedding(x, self.W_xh) if x.dtype.kind in "iu" else x @ self.W_xh

    def input_part(self, x: Tensor) -> Tensor:
        """x W_xh, and the bias that goes with it: (B, G·H)."""
        part = self.project(x)
        if self.biases:
            part = part + (self.b_h if self.biases == 1 else self.b_xh)
        return part

    def state_part(self, h: Tensor) -> Tensor:
        """h W_hh, and with two biases b_hh: (B, G·H)."""
        part = h @ self.W_hh
        return part + self.b_hh if self.biases == 2 else part

    def state_block(self, h: Tensor, first: str, last: str | None = None) -> Tensor:
        """What ``state_part`` gives for one gate, or for those from `first` to `last`: (B, H·n).

        For cells in which not all gates see the same h, such as a GRU that resets before.
        """
        start = self.gates.index(first) * self.hidden_size
        stop = (self.gates.index(last or first) + 1) * self.hidden_size
        part: Tensor = h @ self.W_hh[:, start:stop]
        return part + self.b_hh[start:stop] if self.biases == 2 else part

    def preactivation(self, x: Tensor, h: Tensor) -> Tensor:
        """x W_xh + h W_hh + biases, of all gates at once, clipped if the cell clips: (B, G·H)."""
        return self.clipped(self.sums(x, h))

    def clipped(self, z: Tensor) -> Tensor:
        """min(max(z, -θ), θ); z itself where the cell does not clip."""
        return z if self.clip is None else z.clip(-self.clip, self.clip)

    def sums(self, x: Tensor, h: Tensor) -> Tensor:
        """``preactivation`` before it is clipped: (B, G·H)."""
        return self.input_part(x) + self.state_part(h)

    # -- what users call

    def forward(self, x: Any, state: Any = None) -> tuple[Tensor, State]:
        """One step with its arguments checked: ``output, state = cell(x, state)``.

        x: (B, K), or integers (B,): token indices from 0 to K - 1. Or without the axis of the
            batch, for one sequence: real numbers (K,), or one token (); results and state have
            none then either.
        state: as the last call returned it; zeros if it is left out.
        Raises ValueError or TypeError for shapes and states that do not fit.
        """
        given = x if isinstance(x, Tensor) else tensor(x)
        with scope(self.name):
            if not self.lacks_batch(given):
                given = self.as_input(given)
                before = self.as_state(with_own_generators(state), len(given))
                return self.checked_step(given, before)
            given = self.as_input(given[None])
            before = None if state is None else self.with_batch(with_own_generators(state))
            output, after = self.checked_step(given, self.as_state(before, 1))
            return output[0], self.without_batch(after)

    def gate(self, name: str) -> Gate:
        """The weights of one gate, readable and settable."""
        return Gate(self, name)

    @property
    def output_size(self) -> int:
        """The width of the outputs."""
        return self.hidden_size

    @property
    def state_sizes(self) -> dict[str, int]:
        """The width of each part of the state, by name."""
        return dict.fromkeys(self.states, self.hidden_size)

    def initial_state(self, batch: int) -> State:
        """Zeros for each part of the state: h (B, H), or (h, c) and so on."""
        if isinstance(batch, bool) or not hasattr(batch, "__index__") or batch < 0:
            raise ValueError(f"{type(self).__name__}.initial_state({batch!r}): wanted an int ≥ 0")
        parts = form_of_sizes(tuple(self.state_sizes.items()), self.dtype).parts.values()
        return pack(tuple(tensor(np.zeros(part.of(batch), self.dtype)) for part in parts))

    def state_names(self, state: State) -> tuple[str, ...]:
        """The names of the parts of a state: those that are declared, or paths such as memory.A."""
        return names_of(state, self)

    @property
    def state_form(self) -> Form:
        """What the states look like: the parts by name, with shape and dtype, and an example."""
        if type(self).initial_state is Cell.initial_state:
            return form_of_sizes(tuple(self.state_sizes.items()), self.dtype)
        held = [value for module in self.modules() for value in vars(module).values()]
        generators = [value for value in held if isinstance(value, GENERATORS)]
        drawn = states(generators)  # nobody has asked for a state yet
        try:
            state = self._begun(1)
        finally:
            restore(generators, drawn)
        return form_of(state, self.state_names(state), self.state_sizes)

    def with_batch(self, state: State) -> State:
        """The state of one sequence, h (H,) for (B, H) and so on, as that of a batch of one."""
        return self.state_form.with_batch(state, type(self).__name__)

    def without_batch(self, state: State) -> State:
        """The state of the one sequence in a batch of one."""
        return self.state_form.without_batch(state)

    def conventions(self) -> dict[str, Any]:
        """What distinguishes this cell from others of its kind: gate order, biases and so on."""
        clip = {} if self.clip is None else {"clip": self.clip}
        return {"gates": self.gates, "biases": self.biases, **clip}

    def extra_repr(self) -> str:
        declared = self.conventions()
        parts = [f"{self.input_size}, {self.hidden_size}"]
        parts += [
            f"{key}={' '.join(value) if isinstance(value, tuple) else value}"
            for key, value in declared.items()
        ]
        return ", ".join(parts)

    def explain_keys(self, unexpected: Sequence[str]) -> str:
        """Which reader of ``rnn.convert`` takes a state dict with such names."""
        return reader_of(unexpected)

    # -- checks, shared with what runs cells

    def checked_step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """``step``, and an error if it does not return an output and a state like that before it,
        or if it has written to what it was given."""
        given = given_to(x, state)
        result = self.step(x, in_own_containers(state))
        refuse_writes(given, state, self)
        if not (isinstance(result, tuple) and len(result) == 2):
            raise TypeError(
                f"{type(self).__name__}.step returned {described(result)}; wanted the pair "
                f"(output, state)"
            )
        output, new = result
        if not isinstance(output, Tensor):
            raise TypeError(
                f"{type(self).__name__}.step returned {described(output)} as its output; wanted a "
                f"Tensor, on the graph of what it was computed from"
            )
        after = carried_on(new, state, self)
        return output if output.dtype == self.dtype else cast_as(output, new, after), after

    def lacks_batch(self, x: Tensor, sequence: bool = False) -> bool:
        """Whether an input is that of one sequence: (K,) or a token (); or (T, K) or tokens (T,).

        Integers (B,), and of a sequence (T, B), are tokens of a batch.
        """
        kind, shape, axes = x.dtype.kind, x.shape, 2 if sequence else 1
        if kind in "iu":
            return len(shape) == axes - 1
        return kind in "bf" and len(shape) == axes and shape[-1] == self.input_size

    def as_input(self, x: Any, sequence: bool = False) -> Tensor:
        """`x` as a Tensor that ``step`` can take, or with `sequence` a whole sequence (T, B, K).

        Integers without the last axis stay as they are: token indices.
        """
        given = x if isinstance(x, Tensor) else tensor(x)
        axes = ("T", "B") if sequence else ("B",)
        kind, shape = given.dtype.kind, given.shape
        if kind in "iu" and len(shape) == len(axes):
            if isinstance(given._data, np.ndarray):  # a tracer of mg.scan has no values to check
                self._check_tokens(given._data)
            return given
        if kind not in "biuf" or len(shape) != len(axes) + 1 or shape[-1] != self.input_size:
            raise ValueError(self._input_error(given, axes))
        return given if given.dtype == self.dtype else given.astype(self.dtype)

    def _input_error(self, given: Tensor, axes: tuple[str, ...]) -> str:
        lead, comma = ", ".join(axes), "," * (len(axes) == 1)
        one = "".join(f"{axis}, " for axis in axes[:-1])
        return (
            f"{type(self).__name__}: the input has shape {given.shape} and dtype {given.dtype}; "
            f"wanted ({lead}, {self.input_size}) of real numbers, or ({lead}{comma}) of integers "
            f"(token indices); of one sequence ({one}{self.input_size}{',' * (not one)}) or "
            f"({one.removesuffix(' ')})"
        )

    def _check_tokens(self, tokens: Any) -> None:
        if is_outside(tokens, self.input_size):
            raise IndexError(
                f"{type(self).__name__}: the input holds tokens {tokens.min()} to "
                f"{tokens.max()}, wanted 0 to {self.input_size - 1}"
            )

    def as_state(self, state: Any, batch: int) -> State:
        """`state` as ``step`` can take it for `batch` sequences; zeros for None."""
        if state is None:
            return self._begun(batch)
        return self.state_form.fitted(state, batch, type(self).__name__)

    def _begun(self, batch: int) -> State:
        """``initial_state``, checked."""
        state = self.initial_state(batch)
        method = f"{type(self).__name__}.initial_state"
        return begun(state, self.state_names(state), batch, self.dtype, method)
