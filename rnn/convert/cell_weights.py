"""CellWeights: the parameters of one cell, in one layout, with its conventions declared.

The layout is that of ``rnn.cells``: x W, gates side by side in the columns. Conversions only move
numbers, with three exceptions that one calls by name: ``with_biases``, ``with_update`` and
``standard`` compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..cells.activations import ACTIVATIONS
from ..cells.base import threshold
from .reading import Array, common_dtype, listed, wanted_shape

__all__ = ["CHOICES", "GATES", "CellWeights", "kind_of"]

GATES = {
    "rnn": ("h",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n"), "mgu": ("f", "n"),
}
"""The gates of each kind, in the order of ``rnn.cells``."""

_COUNTS = {1: "rnn", 4: "lstm", 3: "gru"}  # of gates, in the kinds that every framework has

CHOICES = {
    "kind": tuple(GATES),
    "nonlinearity": tuple(ACTIVATIONS),
    "forget": ("gate", "none", "coupled"),
    "reset": ("after", "before"),
    "update": ("keep", "new"),
    "activation": tuple(ACTIVATIONS),
    "recurrent_activation": tuple(ACTIVATIONS),
}
_SYMMETRIC = ("sigmoid", "hard_sigmoid", "hard_sigmoid_02")  # for which 1 - σ(a) = σ(-a)
_OPEN = 100.0  # the bias of a gate that is always open: 1 / (1 + exp(-100)) rounds to 1


def kind_of(width: int, H: int, kind: str | None, found: str) -> str:
    """The kind of cell whose gates, of H units each, take `width` rows or columns.

    kind: what it must be, if that is known. found: the beginning of the error, such as
    "from_torch: 'weight_hh' has shape (7, 3)".
    """
    if kind is not None and kind not in _COUNTS.values():
        raise ValueError(f"kind={kind!r}: wanted one of {listed(_COUNTS.values())}")
    fitting = {G: k for G, k in _COUNTS.items() if kind in (None, k)}
    for G, k in fitting.items():
        if width == G * H:
            return k
    wanted = " or ".join(f"{G}·H = {G * H} ({k})" for G, k in fitting.items())
    raise ValueError(f"{found}, so there are H = {H} units and {width} sums; wanted {wanted}")


@dataclass(frozen=True, eq=False)
class CellWeights:
    """The parameters of one cell: one layer in one direction.

    kind: "rnn", "lstm", "gru" or "mgu" (the minimal gated unit).
    W_xh: (K, G·H); W_hh: (R, G·H), where R, the width of the state h, is H or the projected size.
    biases: none; (b_h,); or (b_xh, b_hh); each (G·H,).
    gates: the order of the blocks of columns (default: that of ``rnn.cells``).
    nonlinearity: φ of an "rnn".
    reset, update: where r of a "gru" acts and what z measures, as in ``rnn.GRUCell``.
    forget: whether an "lstm" has the "gate" f, f = 1 ("none", as in 1997, without a block f), or
        f = 1 - i ("coupled", without a block f).
    peepholes: the vectors (H,) by which gates i, f and o of an "lstm" see the cell state.
    projection: (H, P), the matrix after the output gate of an "lstm".
    activation, recurrent_activation: φ and σ of other kinds than "rnn", by their names in
        ``rnn.cells``. clip: θ, to which sums are clipped, or None.

    Raises ValueError for shapes and words that do not fit together.

    >>> cell = CellWeights("gru", np.ones((5, 6)), np.ones((2, 6)), gates=("z", "r", "n"))
    >>> cell.input_size, cell.hidden_size, {k: a.shape for k, a in cell.gate("z").items()}
    (5, 2, {'W_xh': (5, 2), 'W_hh': (2, 2)})
    """

    kind: str
    W_xh: Array
    W_hh: Array
    biases: tuple[Array, ...] = ()
    gates: tuple[str, ...] = ()
    nonlinearity: str = "tanh"
    reset: str = "after"
    update: str = "keep"
    forget: str = "gate"
    peepholes: Mapping[str, Array] = field(default_factory=dict)
    projection: Array | None = None
    activation: str = "tanh"
    recurrent_activation: str = "sigmoid"
    clip: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "clip", threshold(self.clip, "CellWeights"))
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name}={getattr(self, name)!r}: wanted one of {listed(words)}")
        wanted = tuple(g for g in GATES[self.kind] if g != "f" or self.forget == "gate")
        if not self.gates:
            object.__setattr__(self, "gates", wanted)
        if sorted(self.gates) != sorted(wanted):
            raise ValueError(f"gates={self.gates!r}: wanted {listed(wanted)}, in any order")
        self._check_shapes()

    def _check_shapes(self) -> None:
        common_dtype(self.arrays(), "the weights of a cell")
        for name, array in self.arrays().items():
            if array.ndim != (2 if name[0] == "W" else 1) or 0 in array.shape:
                raise ValueError(f"{name} has shape {array.shape}; wanted a full matrix or vector")
        G = len(self.gates)
        H = self.W_hh.shape[0] if self.projection is None else len(self.projection)
        wanted_shape(self.W_xh, (self.input_size, G * H), "W_xh", f"(K, {G}·H)")
        wanted_shape(self.W_hh, (self.state_size, G * H), "W_hh", f"(state, {G}·H)")
        if len(self.biases) > 2:
            raise ValueError(f"received {len(self.biases)} biases; wanted 0, 1 or 2")
        for bias in self.biases:
            wanted_shape(bias, (G * H,), "a bias", f"({G}·H,)")
        if self.kind != "lstm" and (self.peepholes or self.projection is not None):
            raise ValueError(f"kind={self.kind!r}: only an lstm has peepholes or a projection")
        for gate, vector in self.peepholes.items():
            if gate not in self.gates or gate == "g":
                raise ValueError(f"a peephole into {gate!r}: wanted i, f or o, if it has them")
            wanted_shape(vector, (H,), f"the peephole of {gate!r}", "(H,)")

    # -- what it is

    @property
    def input_size(self) -> int:
        """K."""
        return int(self.W_xh.shape[0])

    @property
    def hidden_size(self) -> int:
        """H, the width of the gates."""
        return int(self.W_xh.shape[1]) // len(self.gates)

    @property
    def state_size(self) -> int:
        """The width of h and of the outputs: H, or P with a projection."""
        return self.hidden_size if self.projection is None else int(self.projection.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of all arrays."""
        return np.dtype(self.W_xh.dtype)

    def arrays(self) -> dict[str, Array]:
        """All arrays by their names in ``rnn.cells``: W_xh, W_hh, b_h or b_xh, b_hh, w_ci, W_hp."""
        names = ("b_h",) if len(self.biases) == 1 else ("b_xh", "b_hh", "b")
        return {
            "W_xh": self.W_xh,
            "W_hh": self.W_hh,
            **dict(zip(names, self.biases, strict=False)),
            **{f"w_c{gate}": vector for gate, vector in self.peepholes.items()},
            **({} if self.projection is None else {"W_hp": self.projection}),
        }

    def conventions(self) -> dict[str, Any]:
        """What distinguishes this cell from others of its kind."""
        own = {"rnn": ("nonlinearity",), "lstm": ("forget",), "gru": ("reset", "update")}
        return {
            "gates": self.gates,
            "biases": len(self.biases),
            **{name: getattr(self, name) for name in own.get(self.kind, ())},
            **({"peepholes": tuple(self.peepholes)} if self.peepholes else {}),
            **({} if self.projection is None else {"projection": self.state_size}),
            **self.functions(),
        }

    def functions(self) -> dict[str, Any]:
        """Activations and clip, where they are not the defaults."""
        usual = {"activation": "tanh", "recurrent_activation": "sigmoid", "clip": None}
        found = {name: getattr(self, name) for name in usual}
        return {name: value for name, value in found.items() if value != usual[name]}

    def gate(self, name: str) -> dict[str, Array]:
        """The blocks of one gate: W_xh (K, H), W_hh (R, H) and its biases (H,)."""
        at = self.gates.index(name)
        return {
            key: np.split(array, len(self.gates), axis=-1)[at]
            for key, array in self.arrays().items()
            if array.shape[-1] == self.W_xh.shape[1] and key[:2] in ("W_", "b_")
        }

    # -- what moves numbers

    def by_gate(
        self, change: Callable[[dict[str, Array]], dict[str, Array]], **fields: Any
    ) -> CellWeights:
        """`change` applied to each array cut into its blocks by gate; its keys are the new gates.

        fields: other fields of the result that differ.
        """

        def rebuilt(array: Array) -> dict[str, Array]:
            return change(dict(zip(self.gates, np.split(array, len(self.gates), -1), strict=True)))

        def joined(array: Array) -> Array:
            return np.concatenate(list(rebuilt(array).values()), axis=-1)

        return replace(
            self, gates=tuple(rebuilt(self.W_xh)), W_xh=joined(self.W_xh), W_hh=joined(self.W_hh),
            biases=tuple(map(joined, self.biases)), **fields,
        )

    def ordered(self, gates: tuple[str, ...] | str) -> CellWeights:
        """The same with the blocks of columns in this order."""
        order = tuple(gates)
        if order == self.gates:
            return self
        if sorted(order) != sorted(self.gates):
            raise ValueError(f"gates={order!r}: wanted {listed(self.gates)}, in any order")
        return self.by_gate(lambda blocks: {g: blocks[g] for g in order})

    # -- what computes

    def with_update(self, update: str) -> CellWeights:
        """A "gru" whose z has this sense: 1 - σ(a) = σ(-a), so z's weights change their sign.

        The signs are exact; outputs agree to rounding. Raises ValueError for another σ, of which
        1 - σ(a) is something else.
        """
        if self.kind != "gru" or update == self.update:
            return self if update in CHOICES["update"] else replace(self, update=update)
        self._check_symmetric("with_update")
        turned = self.by_gate(lambda b: {g: -v if g == "z" else v for g, v in b.items()})
        return replace(turned, update=update)

    def with_biases(self, count: int) -> CellWeights:
        """The same function with 0, 1 or 2 bias vectors.

        New ones are 0. Of two, one is made by adding them, exactly where the second is 0 and with
        one rounding elsewhere; no other conversion rounds.
        Raises ValueError where fewer biases give another function: to drop one that is not 0, or
        b_hh of the candidate n of a "gru" with reset="after", which stands inside r ⊙ (...).
        """
        if count not in (0, 1, 2):
            raise ValueError(f"with_biases({count!r}): wanted 0, 1 or 2")
        have = self.biases
        if count >= len(have):
            zeros = np.zeros(self.W_xh.shape[1], self.dtype)
            return replace(self, biases=(*have, *[zeros.copy() for _ in range(count - len(have))]))
        if count == 0:
            if any(bias.any() for bias in have):
                raise ValueError("with_biases(0): the biases are not all 0")
            return replace(self, biases=())
        b_xh, b_hh = have
        if self.kind == "gru" and self.reset == "after" and self.gate("n")["b_hh"].any():
            raise ValueError(
                "with_biases(1): b_hh of the candidate n stands inside r ⊙ (h W_hn + b_hn) and is "
                "not 0 here, so no single bias says the same; keep two (biases=2)"
            )
        return replace(self, biases=(np.where(b_hh == 0, b_xh, b_xh + b_hh),))

    def standard(self) -> CellWeights:
        """The same function as an "lstm" with a gate f, or as a "gru", for layouts that want one.

        forget="none": f gets weights 0 and bias 100, and σ(100) rounds to 1.
        forget="coupled": f gets the weights of i with the other sign, as 1 - σ(a) = σ(-a).
        "mgu": r and z of the GRU, which resets before the product, both get the weights of f.
        Raises ValueError where another σ, or clipping, makes this another function.
        """
        if self.kind == "mgu":
            both = self.by_gate(lambda b: {"r": b["f"], "z": b["f"], "n": b["n"]}, kind="gru")
            return replace(both, reset="before", update="new")
        if self.kind != "lstm" or self.forget == "gate":
            return self
        self._check_symmetric("standard")
        if self.forget == "none":
            if self.clip is not None:
                raise ValueError(
                    f"standard(): clip={self.clip} keeps a forget gate from being always open, so "
                    f"no weights make an LSTM without one of this"
                )
            cell = self.by_gate(lambda b: {**b, "f": np.zeros_like(b["i"])}, forget="gate")
            cell = cell if cell.biases else cell.with_biases(1)
            cell.biases[0][-self.hidden_size :] = _OPEN
        else:
            cell = self.by_gate(lambda b: {**b, "f": -b["i"]}, forget="gate")
            if "i" in self.peepholes:
                peepholes = {**self.peepholes, "f": -self.peepholes["i"]}
                cell = replace(cell, peepholes=peepholes)
        return cell.ordered(GATES["lstm"])

    def _check_symmetric(self, method: str) -> None:
        if self.recurrent_activation not in _SYMMETRIC:
            raise ValueError(
                f"{method}: of recurrent_activation={self.recurrent_activation!r} 1 - σ(a) is not "
                f"σ(-a), so no other weights say the same"
            )
