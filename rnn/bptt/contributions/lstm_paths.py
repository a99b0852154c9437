"""Why an LSTM remembers: ∂c_t/∂c_{t-1} in its four terms, and the gradient by the path it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor, contributions
from minigrad.console import printable
from minigrad.engine.node import ancestors
from minigrad.engine.opening import opened
from minigrad.engine.tensor import wrap

from ...cells import Cell
from ...cells.wrappers import Wrapper
from ..graph import as_states, label, state_tensors, step_of
from ..jacobians.jacobian import matrices
from ..plots.figures import Canvas
from ..plots.lstm import plot_paths, plot_terms
from ..result import norm

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["LSTMPaths", "LSTMTerms", "lstm_paths", "lstm_terms"]

Array = np.ndarray[Any, Any]


class LSTMTerms(Mapping[str, Array]):
    """The terms of ∂c_t/∂c_{t-1}: ``terms["f"]``, ``["i"]``, ``["g"]``, ``["direct"]`` (B, H, H).

    total: ∂c_t/∂c_{t-1} (B, H, H) as the tape computes it, which is their sum.

    >>> from rnn import LSTMCell, steps
    >>> cell = LSTMCell(2, 3, dtype=float, rng=0)
    >>> cell.W_hh.data = np.zeros((3, 12))                # nothing goes through the gates,
    >>> cell.gate("f").W_xh = np.zeros((2, 3))            # and f is the sigmoid of its bias
    >>> cell.gate("f").b_h = np.zeros(3)
    >>> states = [state for _, state in steps(cell, np.ones((2, 1, 2)))]
    >>> lstm_terms(cell, states[1], states[0]).norms()
    {'i': 0.0, 'f': 0.0, 'g': 0.0, 'direct': 0.5, 'total': 0.5}
    """

    def __init__(self, terms: dict[str, Array], total: Array, of: str, by: str) -> None:
        self._terms, self.total, self.of, self.by = terms, total, of, by

    def __getitem__(self, name: str) -> Array:
        if name not in self._terms:
            raise KeyError(f"terms[{name!r}]: they are {', '.join(self._terms)}")
        return self._terms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def norms(self) -> dict[str, float]:
        """‖term‖₂, the largest over the batch, of each term and of their sum (“total”)."""
        every = {**self._terms, "total": self.total}
        return {
            name: float(np.max(np.linalg.norm(term, 2, axis=(-2, -1)), initial=0.0))
            for name, term in every.items()
        }

    def plot(
        self, path: str | PathLike[str] | None = None, row: int = 0,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The terms and their sum as heat maps, of one row of the batch.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        titled = {
            name if name == "direct" else f"through {name}": term[row]
            for name, term in self._terms.items()
        }
        canvas = Canvas(path, size, style)
        return plot_terms({**titled, "sum": self.total[row]}, self.of, self.by, canvas)

    @printable
    def __repr__(self) -> str:
        found = ", ".join(f"{name} {value:.4g}" for name, value in self.norms().items())
        return f"LSTMTerms of ∂{self.of}/∂{self.by}: ‖·‖₂ of {found}"


def lstm_terms(cell: Cell, state: Any, before: Any) -> LSTMTerms:
    """∂c_t/∂c_{t-1} of an LSTM, term by term: through each gate, and directly.

    cell: an LSTMCell or one of its relatives: any cell with the states h and c that multiplies
        h_{t-1} by ``W_hh``. state, before: (h_t, c_t) and (h_{t-1}, c_{t-1}) of a live graph, as
        ``rnn.steps`` gives them.

    In c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t the state c_{t-1} stands once directly, and three times in
    f_t, i_t and g_t, which read h_{t-1} = o_{t-1} ⊙ tanh(c_{t-1}). With the pre-activations z_t,
    and for one sequence of the batch,

        through f:  diag(c_{t-1} ⊙ f'(z_t)) W_hfᵀ diag(o_{t-1} ⊙ tanh'(c_{t-1}))
        through i:  diag(g_t ⊙ i'(z_t))     W_hiᵀ diag(o_{t-1} ⊙ tanh'(c_{t-1}))
        through g:  diag(i_t ⊙ g'(z_t))     W_hgᵀ diag(o_{t-1} ⊙ tanh'(c_{t-1}))
        directly:   diag(f_t)

    These formulas are not used: each term is measured on the tape, as ∂c_t/∂(h_{t-1} W_hh) in the
    columns of the gate · W_hhᵀ · ∂h_{t-1}/∂c_{t-1}, and the direct one with h_{t-1} held fixed.
    Relatives of the LSTM have the terms of their own gates; with a layer norm over all gates, o has
    one too. Rows of the batch that are padding at t (of a layer's states) hold no meaning.

    Raises TypeError for a cell without h and c or a state that is no pair, ValueError where c_t
    does not follow from `before` by h_{t-1} W_hh or has further terms.

    >>> from rnn import LSTMCell, steps
    >>> cell = LSTMCell(2, 3, dtype=float, rng=0)
    >>> states = [state for _, state in steps(cell, np.ones((3, 1, 2)))]
    >>> terms = lstm_terms(cell, states[2], states[1])
    >>> list(terms), bool(np.allclose(sum(terms.values()), terms.total))
    (['i', 'f', 'g', 'direct'], True)
    """
    if not isinstance(cell, Cell) or tuple(cell.state_sizes) != ("h", "c"):
        raise TypeError(
            f"lstm_terms(cell): received {type(cell).__name__}; wanted a cell with the states h "
            f"and c, such as LSTMCell"
        )
    while isinstance(cell, Wrapper):
        cell = cell.cell
    state, before = opened(state, before)
    _, c_t = _pair(state, "lstm_terms", "state")
    h, c = _pair(before, "lstm_terms", "before")
    c = _computed(c)
    product = _state_product(cell, c_t, h)
    (total,) = matrices([c_t], [[c]], False, "lstm_terms")
    (held,) = matrices([c_t], [[h, c]], False, "lstm_terms")             # (B, H, P + H)
    (upper,) = matrices([c_t], [[product]], False, "lstm_terms")         # (B, H, G·H)
    (lower,) = matrices([h], [[c]], False, "lstm_terms")                 # (B, P, H)
    W = cell.W_hh.numpy()
    terms = {}
    for name in cell.gates:
        columns = cell.gate(name).columns
        if name != "o" or upper[..., columns].any():  # o acts on h_t, not on c_t
            terms[name] = upper[..., columns] @ W[:, columns].T @ lower  # (B, H, H)
    terms["direct"] = held[..., h.shape[1] :]
    found = sum(terms.values())
    slack = np.sqrt(np.finfo(total.dtype).eps) * np.max(np.abs(total), initial=0.0)
    if not np.allclose(found, total, rtol=0, atol=10 * slack):
        raise ValueError(
            f"lstm_terms: in {type(cell).__name__} c_t depends on h_{{t-1}} in other ways than "
            f"through h_{{t-1}} W_hh, and so has more terms than these"
        )
    return LSTMTerms(terms, total, label([c_t], "t"), label([c], "{t-1}"))


def _pair(state: Any, function: str, argument: str) -> tuple[Tensor, Tensor]:
    found = state_tensors(state, function, argument)
    if len(found) != 2:
        raise TypeError(f"{function}({argument}): received one tensor; wanted the pair (h, c)")
    return found[0], found[1]


def _state_product(cell: Cell, c_t: Tensor, h: Tensor) -> Tensor:
    """The node of h_{t-1} W_hh on the way to c_t."""
    ones = np.ones(c_t.shape, c_t.dtype)
    uses = contributions(c_t, [cell.W_hh], ones)[0] if c_t.requires_grad else []
    for use in uses:
        if h._node in use.node.parents:
            return wrap(np.empty(use.node.shape, use.node.dtype), use.node)
    raise ValueError(
        f"lstm_terms(cell, state, before): nowhere on the graph of c_t does {type(cell).__name__} "
        f"multiply h of `before` by its W_hh; wanted two states of this cell in a row, as "
        f"rnn.steps(cell, xs) gives them, before any backward()"
    )


def _computed(c: Tensor) -> Tensor:
    """c_t as the step computed it, before a layer replaced the rows that are padding.

    A layer returns ``where(valid, c_t, c_{t-1})``; h_t was computed from the c_t inside it.
    """
    node = c._node
    if node is None or node.op is None or not (node.op.elementwise and node.op.moves_data):
        return c
    new, *others = node.parents[-2:]
    old = others[0] if others else None
    if new is None or (old is not None and old not in ancestors([new], since=old.key + 1)):
        return c  # zoneout's own where(kept, c_{t-1}, c_t)
    return wrap(np.empty(c.shape, c.dtype), new)


class LSTMPaths:
    """∂L/∂c_t as the sum of two parts: from c_{t+1} along c, and through h_t.

    c_path, h_path: (T, B, H), the two parts; total: their sum, ∂L/∂c_t. steps: their times.

    >>> paths = LSTMPaths(np.full((2, 1, 1), 3.0), np.full((2, 1, 1), 4.0), (1, 2))
    >>> paths.total.shape, paths.norms()["total"]
    ((2, 1, 1), array([7., 7.]))
    """

    def __init__(self, c_path: Array, h_path: Array, steps: tuple[int, ...]) -> None:
        self.c_path, self.h_path, self.steps = c_path, h_path, steps

    @property
    def total(self) -> Array:
        """∂L/∂c_t, the sum of both parts: (T, B, H)."""
        total: Array = self.c_path + self.h_path
        return total

    def norms(self) -> dict[str, Array]:
        """‖·‖ over batch and units at each step, of "c", "h" and "total": (T,) each."""
        every = {"c": self.c_path, "h": self.h_path, "total": self.total}
        return {
            name: norm(values, axis=tuple(range(1, values.ndim))) for name, values in every.items()
        }

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The norms of both parts over t, on a logarithmic axis.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        norms = self.norms()
        canvas = Canvas(path, size, style)
        return plot_paths(self.steps, norms["c"], norms["h"], norms["total"], canvas)

    @printable
    def __repr__(self) -> str:
        lines = [f"{'t':>3}  {'along c':>9}  {'through h':>9}  {'∂L/∂c_t':>9}"]
        for t, *row in zip(self.steps, *self.norms().values(), strict=True):
            lines.append(f"{t:>3}  " + "  ".join(f"{value:9.3g}" for value in row))
        return "\n".join(["LSTMPaths", *lines])


def lstm_paths(loss: Tensor, states: Any) -> LSTMPaths:
    """By which path the gradient comes back to each memory c_t: along c, or through h_t.

    loss: a scalar on a live graph. states: the pairs (h_t, c_t) in order, as ``rnn.steps`` gives
    them: ``[state for _, state in rnn.steps(cell, xs)]``.

    Along c the gradient is multiplied by the forget gate alone. Through h_t come the loss of step t
    and the gates of step t + 1, which read h_t. Takes one sweep. In the states of a layer with
    `lengths`, rows that are padding at t are 0.

    Raises TypeError for a state that is no pair, GradientError for one that is not on the graph.

    >>> from rnn import LSTMCell, steps
    >>> cell = LSTMCell(2, 3, dtype=float, rng=0)
    >>> states = [state for _, state in steps(cell, np.ones((3, 1, 2)))]
    >>> paths = lstm_paths(states[-1][0].sum(), states)
    >>> paths.c_path.shape, bool(paths.c_path[2].any()), bool(paths.h_path[2].any())
    ((3, 1, 3), False, True)
    """
    loss, states = opened(loss, states if isinstance(states, Tensor) else list(states))
    pairs = [_pair(state, "lstm_paths", "states") for state in as_states(states, "lstm_paths")]
    pairs = [(h, _computed(c)) for h, c in pairs]
    found = contributions(loss, [c for _, c in pairs])
    c_path, h_path = (np.zeros((len(pairs), *pairs[0][1].shape), pairs[0][1].dtype) for _ in "ch")
    for k, ((h, c), uses) in enumerate(zip(pairs, found, strict=True)):
        if h._node is None or c._node is None:
            continue
        towards_h = set(ancestors([h._node], since=c._node.key))
        for use in uses:
            (h_path if use.node in towards_h else c_path)[k] += use.value
    numbers = [step_of(pair) for pair in pairs]
    known = [t for t in numbers if t is not None]
    steps = known if len(known) == len(pairs) else range(1, len(pairs) + 1)
    return LSTMPaths(c_path, h_path, tuple(steps))
