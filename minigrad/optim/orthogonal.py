"""Orthogonality kept in training: a step along the orthogonal matrices, with any optimizer.

A recurrent weight that starts orthogonal, so that ‖h W‖ = ‖h‖, does not stay so. Here its gradient
is projected onto the tangent space, the optimizer takes its step, and the result is replaced by the
nearest orthogonal matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..errors import describe
from ..state import atomically
from .optimizer import Optimizer
from .parameters import Array, gradient, label, refuse_nonfinite

__all__ = ["Orthogonal"]

Weight = Tensor | tuple[Tensor, slice]

# Squares of large entries may overflow; the code notices, so no warning is needed.
_quiet = np.errstate(over="ignore", invalid="ignore")


class Orthogonal(Optimizer):
    """`optimizer`, with some of its weights kept orthogonal: after every step WᵀW = I.

        G ← W (WᵀG − GᵀW)/2        (the part of the gradient that is tangent at W)
        W ← the step of `optimizer`
        W ← UVᵀ, where W = USVᵀ    (the nearest orthogonal matrix)

    optimizer: any; its slots, such as Adam's means, are made of tangent gradients, and are not
        transported when W moves. The last line undoes a weight decay of W.
    weights: some of its parameters: square matrices, or pairs of a matrix (H, ...) and a slice of H
        of its columns, such as one gate of a cell.

    The constructor replaces each weight by the nearest orthogonal matrix, if they differ by more
    than rounding. Steps, schedules, saving and loading are those of `optimizer`, and there is no
    further state. A step happens whole or not at all, and ``.grad`` stays as it was.

    Raises TypeError or ValueError for what is no optimizer, no weight or not one of its parameters,
    for matrices that are not square, not finite or singular, and for columns that come twice.

    Sources: Absil, Mahony and Sepulchre, "Optimization algorithms on matrix manifolds" (2008),
    chapters 3 and 4; Fan and Hoffman, "Some metric inequalities in the space of matrices" (1955),
    for the nearest orthogonal matrix.

    >>> import minigrad as mg
    >>> W = mg.Parameter(np.eye(2))
    >>> optimizer = Orthogonal(mg.optim.Adam([W], lr=0.1), W)
    >>> for _ in range(100):                         # as near as W can come to a quarter turn
    ...     optimizer.zero_grad()
    ...     ((W - np.array([[0.0, 3.0], [-3.0, 0.0]])) ** 2).sum().backward()
    ...     optimizer.step()
    >>> np.abs(W.numpy().round(1))
    array([[0., 1.],
           [1., 0.]])
    >>> bool(np.allclose(W.numpy().T @ W.numpy(), np.eye(2), atol=1e-12))
    True

    All gates of a cell, or one: ``[(cell.W_hh, cell.gate(name).columns) for name in cell.gates]``,
    ``[(cell.W_hh, cell.gate("g").columns)]``.
    """

    def __init__(self, optimizer: Optimizer, weights: Weight | Iterable[Weight]) -> None:
        if not isinstance(optimizer, Optimizer) or isinstance(optimizer, Orthogonal):
            raise TypeError(
                f"Orthogonal(optimizer): received {describe(optimizer)}, wanted an Optimizer such "
                f"as SGD(model.parameters(), lr=0.1), and all weights in one call"
            )
        self.optimizer = optimizer
        if type(optimizer).step is not Optimizer.step:
            raise TypeError(
                f"Orthogonal(optimizer): {type(optimizer).__name__} has a step() of its own, and "
                f"wanted is one whose update() alone says what a step is"
            )
        # The same lists, so that both optimizers always have the same parameters.
        self.params, self.param_groups = optimizer.params, optimizer.param_groups
        self._states, self._steps = optimizer._states, optimizer._steps
        self._kept = self._checked(weights)
        nearest = {i: self._nearest(i, self.params[i]._data, start=True) for i in self._kept}

        def assign() -> None:
            for i, value in nearest.items():
                if not np.array_equal(value, self.params[i]._data):
                    self.params[i]._replace(value)

        atomically(assign)

    @property
    def lr(self) -> float:
        """The learning rate of the optimizer inside."""
        rate: float = self.optimizer.lr
        return rate

    @lr.setter
    def lr(self, value: float) -> None:
        self.optimizer.lr = value

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """More parameters for the optimizer inside; the weights that are kept stay the same."""
        self.optimizer.add_param_group(param_group)

    # -- what is kept

    def _checked(self, weights: Any) -> dict[int, list[slice]]:
        """By the place of the parameter: the blocks of columns that are kept orthogonal."""
        if isinstance(weights, Tensor) or _is_pair(weights):
            weights = [weights]
        try:
            given = list(weights)
        except TypeError:
            given = []
        if not given:
            raise ValueError(
                f"Orthogonal(weights): received {describe(weights)}, wanted matrices such as "
                f"cell.W_hh, or pairs (cell.W_hh, cell.gate('g').columns)"
            )
        places = {id(p): i for i, p in enumerate(self.params)}
        kept: dict[int, list[slice]] = {}
        for k, one in enumerate(given):
            weight, columns = one if _is_pair(one) else (one, slice(None))
            if not isinstance(weight, Tensor):
                raise TypeError(
                    f"Orthogonal(weights): number {k} is {describe(one)}, wanted a matrix or a "
                    f"pair (matrix, slice of columns)"
                )
            if id(weight) not in places:
                raise ValueError(
                    f"Orthogonal(weights): number {k}, of shape {weight.shape}, is not among the "
                    f"{len(self.params)} parameters of the optimizer; pass it to both"
                )
            i = places[id(weight)]
            block = self._square(i, columns)
            if any(block.start < b.stop and b.start < block.stop for b in kept.get(i, [])):
                raise ValueError(
                    f"Orthogonal(weights): columns {block.start}:{block.stop} of "
                    f"{label(self.params, i)} come twice"
                )
            kept.setdefault(i, []).append(block)
        return kept

    def _square(self, i: int, columns: slice) -> slice:
        """`columns` of parameter `i` with both ends, as many as it has rows."""
        name, shape = label(self.params, i), self.params[i].shape
        if len(shape) != 2 or 0 in shape:
            raise ValueError(f"Orthogonal: {name} has shape {shape}, wanted a matrix")
        try:
            start, stop, stride = columns.indices(shape[1])
        except TypeError:
            start, stop, stride = 0, 0, 0
        if stride == 1 and stop - start == shape[0]:
            return slice(start, stop)
        if columns == slice(None):
            raise ValueError(
                f"Orthogonal: {name} has shape {shape}, wanted a square matrix; of the weights of "
                f"several gates, side by side, pass (W_hh, cell.gate(name).columns) for each gate"
            )
        raise ValueError(
            f"Orthogonal: {columns} of {name} of shape {shape} is not square; wanted a slice of "
            f"{shape[0]} columns that lie side by side, within 0:{shape[1]}"
        )

    @_quiet
    def _nearest(self, i: int, value: Array, start: bool = False) -> Array:
        """A `value` of parameter `i` with the nearest orthogonal matrix in each block.

        start: check the blocks, and leave those that are orthogonal up to rounding bit for bit, so
        that a run that is resumed goes on as it would have.
        """
        value = value.copy()
        for block in self._kept[i]:
            # In float64, so that only rounding to the type of W is left.
            W = value[:, block].astype(np.float64)
            if start:
                if not np.isfinite(W).all():
                    raise ValueError(f"Orthogonal: {label(self.params, i)} is not finite")
                rounding = 4 * np.finfo(value.dtype).eps + 8 * len(W) * np.finfo(W.dtype).eps
                if np.abs(W.T @ W - np.eye(len(W))).max() <= rounding:
                    continue
                if np.linalg.matrix_rank(W) < len(W):
                    raise ValueError(
                        f"Orthogonal: {label(self.params, i)}, columns {block.start}:{block.stop}, "
                        f"is singular, and no orthogonal matrix is nearest to it; start it from "
                        f"minigrad.init.orthogonal"
                    )
            value[:, block] = polar_factor(W)
        return value

    @_quiet
    def _tangent(self, i: int, g: Array) -> Array:
        """Gradient `g` of parameter `i`, projected onto the tangent space at each kept block."""
        new = g.copy()
        for block in self._kept[i]:
            W = self.params[i]._data[:, block].astype(np.float64)
            inner = W.T @ g[:, block]
            new[:, block] = W @ (0.5 * inner - 0.5 * inner.T)
        return new

    # -- what optimizers do

    def step(self) -> None:
        """A step of the optimizer inside, that ends with the weights orthogonal.

        Raises GradientError as it does, and LinAlgError if LAPACK finds no singular values. After
        any error, parameters, gradients and state are as they were.
        """
        who = f"Orthogonal({type(self.optimizer).__name__}).step()"
        grads = [gradient(p) for p in self.params]
        refuse_nonfinite(self.params, grads, who)
        for i in self._kept:
            if grads[i] is not None:
                grads[i] = self._tangent(i, grads[i])
        changes = self.optimizer._changes(grads, who)
        self._assign([
            change._replace(value=self._nearest(change.i, change.value))
            if change.i in self._kept else change
            for change in changes
        ])

    def state_dict(self) -> dict[str, Any]:
        """That of the optimizer inside; there is nothing to add."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """That of the optimizer inside."""
        self.optimizer.load_state_dict(state)

    def __repr__(self) -> str:
        count = sum(map(len, self._kept.values()))
        return f"Orthogonal({self.optimizer!r}, {count} matri{'ces' if count != 1 else 'x'})"


@_quiet
def polar_factor(W: Array) -> Array:
    """The orthogonal matrix nearest to a square one, UVᵀ for W = USVᵀ.

    Near the orthogonal ones, where a step of training ends, by the Newton-Schulz iteration
    W ← W - W (WᵀW - I)/2, which squares the error each time: a few products instead of an SVD.
    (Higham, "Functions of matrices", 2008, section 8.3.)
    """
    while True:
        error = W.T @ W
        error[np.diag_indices_from(error)] -= 1.0
        size = float(np.linalg.norm(error))
        if not size < 0.5:  # also for NaN, from squares that overflow
            u, _, vt = np.linalg.svd(W)
            return u @ vt
        W = W - 0.5 * (W @ error)
        if size < 1e-8:
            return W


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], slice)
