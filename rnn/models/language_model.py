"""A language model: layers of cells read tokens, and a linear head says what comes next."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import Parameter, Tensor
from minigrad.checks import Rng, as_flag, as_float_dtype, as_generator, as_probability, as_size
from minigrad.functional import dropout as drop
from minigrad.functional import embedding as looked_up
from minigrad.module import Module

from ..cells import (
    Cell,
    CoupledLSTMCell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
)
from ..layers import Recurrent

__all__ = ["CELLS", "WRAPPERS", "LanguageModel", "cell_maker"]

CELLS: dict[str, type[Cell]] = {
    "elman": ElmanCell, "lstm": LSTMCell, "gru": GRUCell, "mgu": MGUCell,
    "lstm1997": LSTM1997Cell, "coupled": CoupledLSTMCell, "peephole": PeepholeLSTMCell,
    "layernorm": LayerNormLSTMCell, "projected": ProjectedLSTMCell,
}
"""The cells of the package by name; "projected" is an LSTM with outputs of half its units."""

WRAPPERS: dict[str, Callable[[Cell, np.random.Generator], Cell]] = {
    "residual": lambda cell, rng: (
        ResidualCell(cell) if cell.input_size == cell.output_size else cell
    ),
    "skip": lambda cell, rng: SkipCell(cell, lag=2),
    "zoneout": lambda cell, rng: ZoneoutCell(cell, 0.1, rng=rng),
}
"""What may stand before the name of a cell, as in "zoneout+lstm"; residual is only around cells
whose outputs are as wide as their inputs."""


class LanguageModel(Module):
    """p(x_{t+1} | x_1 ... x_t) = softmax(h_t W_hy + b_y), with h_t the output of the last layer.

    size: V, how many tokens there are. hidden: H, the units of each layer.
    cell: a name in ``CELLS``, with those of ``WRAPPERS`` before it where wanted: "zoneout+lstm".
        LSTMs begin with a forget bias of 1.
    layers: how many. embedding: E, the width of the vectors that stand for tokens; 0 (default) for
        none: tokens are the inputs of the first layer, one-hot.
    tie: whether W_hy is the embedding, transposed: E has to be the width of the outputs, and is by
        default.
    dropout: the probability with which, in training, an entry of a vector of the embedding, of an
        output on its way to the next layer or of one on its way to the head is 0.
    dtype: of parameters and results. rng: a Generator or a seed for initial weights and dropout.

    Parameters: ``embedding`` (V, E), those of ``layer`` (a ``Recurrent``), ``W_hy`` (H, V) and
    ``b_y`` (V,). ``arguments`` are those with which another one like it is made.

    Raises TypeError or ValueError for arguments that do not fit.

    >>> model = LanguageModel(size=5, hidden=3, rng=0)
    >>> logits, (h, c) = model(np.array([[0, 4], [1, 1]]))    # T = 2 steps of B = 2 streams
    >>> logits.shape, h.shape
    ((2, 2, 5), (1, 2, 3))
    >>> deep = LanguageModel(5, 3, cell="gru", layers=2, tie=True, rng=0)
    >>> [name for name, _ in deep.named_parameters() if not name.startswith("layer")]
    ['embedding', 'b_y']

    Tied weights: Press and Wolf, Using the output embedding to improve language models (2017).
    """

    def __init__(
        self,
        size: int,
        hidden: int,
        *,
        cell: str = "lstm",
        layers: int = 1,
        embedding: int = 0,
        tie: bool = False,
        dropout: float = 0.0,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        owner = "LanguageModel"
        V, H = as_size(size, "size", owner), as_size(hidden, "hidden", owner)
        kind, N = as_float_dtype(dtype, owner), as_size(layers, "layers", owner)
        self.dropout = as_probability(dropout, "dropout", owner)
        rng = as_generator(rng, owner)
        make = cell_maker(cell, H, dtype=kind, rng=rng)
        E = 0 if embedding == 0 else as_size(embedding, "embedding", owner)
        if as_flag(tie, "tie", owner) and not E:
            E = cell_maker(cell, H, rng=0)(1).output_size
        if not E and V == H and "residual" in cell:
            raise ValueError(
                f"LanguageModel(cell={cell!r}): tokens cannot be added to outputs; pass embedding="
            )
        self.layer = Recurrent(
            make, input_size=E or V, num_layers=N, dropout=self.dropout if N > 1 else 0.0, rng=rng
        )
        width = self.layer.output_size
        if tie and width != E:
            raise ValueError(
                f"LanguageModel(tie=True, embedding={E}): the outputs are {width} wide, and a tied "
                f"embedding is as wide; leave embedding out"
            )

        def drawn(*shape: int) -> Parameter:
            bound = 1 / math.sqrt(width)
            return Parameter(rng.uniform(-bound, bound, shape).astype(kind))

        self.embedding = drawn(V, E) if E else None
        self.W_hy = None if tie else drawn(width, V)
        self.b_y = Parameter(np.zeros(V, kind))
        self.rng = rng
        self.arguments = {
            "size": V, "hidden": H, "cell": cell, "layers": N, "embedding": E, "tie": bool(tie),
            "dropout": self.dropout, "dtype": np.dtype(kind).name,
        }

    def initial_state(self, batch: int) -> Any:
        """The state before the first token of `batch` streams."""
        return self.layer.initial_state(batch)

    def forward(self, tokens: Any, state: Any = None, *, how: str | None = None) -> tuple[Any, Any]:
        """Logits (T, B, V) for the token after each of `tokens` (T, B), and the new state.

        state: from which to go on, as a call returns it; by default zeros.
        how: "unroll", "scan" or "checkpoint", as in ``Recurrent.forward``.
        """
        h, state = self.layer(self.embedded(tokens), state, how=how)    # (T, B, H)
        return self.head(h), state

    def embedded(self, tokens: Any) -> Any:
        """What the first layer reads for tokens (T, B): their vectors (T, B, E), or they."""
        if self.embedding is None:
            return tokens
        return self._dropped(looked_up(tokens, self.embedding))

    def head(self, h: Any) -> Any:
        """Logits (..., V) of outputs (..., H) of the last layer."""
        W = self.embedding.T if self.W_hy is None and self.embedding is not None else self.W_hy
        return self._dropped(h) @ W + self.b_y

    def _dropped(self, x: Any) -> Any:
        if self.dropout and self.training and isinstance(x, Tensor):
            return drop(x, self.dropout, rng=self.rng)
        return x


def cell_maker(
    name: str, hidden: int, *, dtype: Any = np.float32, rng: Rng = None
) -> Callable[[int], Cell]:
    """What makes the cell of this name, as `LanguageModel` takes it, for inputs of some width.

    Raises ValueError for a name that is none.

    >>> cell_maker("zoneout+gru", 3, rng=0)(5).hidden_size
    3
    """
    *around, inner = name.split("+") if isinstance(name, str) else [name]
    if inner not in CELLS or any(word not in WRAPPERS for word in around):
        raise ValueError(
            f"cell={name!r}: wanted one of {', '.join(CELLS)}; before it may stand "
            f"{', '.join(f'{word}+' for word in WRAPPERS)}"
        )
    made, generator = CELLS[inner], as_generator(rng, "LanguageModel")
    options: dict[str, Any] = {"dtype": dtype, "rng": generator}
    if "forget_bias" in inspect.signature(made).parameters:
        options["forget_bias"] = 1.0
    if made is ProjectedLSTMCell:
        options["projection_size"] = max(1, hidden // 2)

    def make(width: int) -> Cell:
        cell = made(width, hidden, **options)
        for word in reversed(around):
            cell = WRAPPERS[word](cell, generator)
        return cell

    return make
