"""Real-time recurrent learning: the gradient of a recurrence without going back through time.

Backpropagation through time carries ∂L/∂h back; this carries ∂h/∂θ forward. It costs far more, and
all that it shares with the backward pass is the derivative of a single step. So it is an
independent check: the two must agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.console import printable

from ..graph import pull_back, units
from ..plots.contributions import plot_rtrl
from ..plots.figures import Canvas
from ..result import norm
from .single_steps import Loss, parameters, single_steps

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["RTRL", "rtrl"]

Array = np.ndarray[Any, Any]


class RTRL(Mapping[str, Array]):
    """The gradients of Σ_t ℓ_t by the name of the parameter, ``found["W_hh"]``.

    by_loss: the total derivatives dℓ_t/dθ, (T, *shape) by name; each is known at step t, without
        looking ahead. sensitivities: ‖ds_t/dθ‖ (Frobenius) at every step, (T,) by name.
    loss: Σ_t ℓ_t. steps: 1, ..., T.

    >>> from rnn import ElmanCell
    >>> cell = ElmanCell(1, 1, biases=0, nonlinearity="identity", dtype=float)
    >>> cell.W_xh.data, cell.W_hh.data = np.ones((1, 1)), np.ones((1, 1))  # h_t = 1, 2, 3
    >>> found = rtrl(cell, np.ones((3, 1, 1)), lambda h, t: h.sum())
    >>> found.loss, found.by_loss["W_hh"].ravel(), found["W_hh"]
    (6.0, array([0., 1., 3.]), array([[4.]]))
    """

    def __init__(
        self, by_loss: dict[str, Array], sensitivities: dict[str, Array], loss: float
    ) -> None:
        self.by_loss, self.sensitivities, self.loss = by_loss, sensitivities, loss
        self.steps = tuple(range(1, 1 + len(next(iter(by_loss.values())))))

    def __getitem__(self, name: str) -> Array:
        if name not in self.by_loss:
            raise KeyError(f"rtrl[{name!r}]: its parameters are {', '.join(self.by_loss)}")
        total: Array = self.by_loss[name].sum(axis=0)
        return total

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_loss)

    def __len__(self) -> int:
        return len(self.by_loss)

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """‖∂s_t/∂θ‖ and ‖∂ℓ_t/∂θ‖ over t, a line for each parameter.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        """
        taken = {
            name: norm(terms.reshape(len(terms), -1), axis=1)
            for name, terms in self.by_loss.items()
        }
        return plot_rtrl(self.steps, self.sensitivities, taken, Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        width = max(len("parameter"), *map(len, self))
        lines = [f"RTRL over {len(self.steps)} steps", f"{'parameter':<{width}}  ‖gradient‖"]
        lines += [f"{name:<{width}}  {float(norm(g)):.4g}" for name, g in self.items()]
        return "\n".join(lines)


def rtrl(cell: Any, xs: Any, loss: Loss, *, params: Any = None, state: Any = None) -> RTRL:
    """The gradients of Σ_t ℓ_t by forward sensitivities, never going back through time.

    cell: any Cell. xs: (T, B, K), or token indices (T, B). state: the state before the first step.
    loss: ``loss(output, t)`` → the scalar ℓ_t at step t = 1, ..., T, or None for none there.
    params: further parameters that `loss` uses, such as those of an output layer.

        S_t = ∂s_t/∂s_{t-1} S_{t-1} + ∂s_t/∂θ,    dℓ_t/dθ = ∂ℓ_t/∂s_{t-1} S_{t-1} + ∂ℓ_t/∂θ,

    with S_0 = 0; ∂/∂θ is at fixed s_{t-1}. The Jacobians are those of one step on a tape of its
    own. For n numbers in the state (B · H, twice that for an LSTM) and P parameters it takes n + 1
    sweeps and n² P multiplications a step, and memory for n P numbers, however long the sequence.
    Williams and Zipser, A learning algorithm for continually running fully recurrent neural
    networks (1989).

    >>> from rnn import GRUCell, unroll
    >>> cell, xs = GRUCell(2, 3, dtype=float, rng=0), np.ones((5, 1, 2))
    >>> forward = rtrl(cell, xs, lambda output, t: (output ** 2).sum())
    >>> (unroll(cell, xs)[0] ** 2).sum().backward()
    >>> bool(np.allclose(forward["W_hh"], cell.W_hh.grad.numpy(), rtol=1e-12))
    True
    """
    named = parameters(cell, params, "rtrl")
    tensors = list(named.values())
    S: list[Array] | None = None
    found: dict[str, list[Array]] = {name: [] for name in named}
    sizes: dict[str, list[float]] = {name: [] for name in named}
    total = 0.0
    for step in single_steps(cell, xs, loss, state, "rtrl"):
        n = sum(part.size for part in step.before)
        targets = [*step.before, *tensors]
        S = [np.zeros((n, p.size)) for p in tensors] if S is None else S

        gradient = [np.zeros(p.shape, p.dtype) for p in tensors]
        if step.loss is not None and step.loss.requires_grad:
            total += float(step.loss.item())
            ones = [np.ones(step.loss.shape, step.loss.dtype)]
            by_state, by_parameter = _split(pull_back([step.loss], ones, targets), len(step.before))
            gradient = [
                direct + (by_state @ s).reshape(direct.shape)
                for direct, s in zip(by_parameter, S, strict=True)
            ]
        elif step.loss is not None:
            total += float(step.loss.item())

        rows = [
            _split(pull_back(step.after, unit, targets), len(step.before))
            for unit in units(step.after)
        ]
        J = np.stack([by_state for by_state, _ in rows])                 # (n, n)
        S = [
            J @ s + np.stack([immediate[k].ravel() for _, immediate in rows])
            for k, s in enumerate(S)
        ]                                                                # (n, P) each
        for name, g, s in zip(named, gradient, S, strict=True):
            found[name].append(g)
            sizes[name].append(float(norm(s)))
    return RTRL(
        {name: np.stack(gs) for name, gs in found.items()},
        {name: np.array(values) for name, values in sizes.items()},
        total,
    )


def _split(pulled: list[Array], n: int) -> tuple[Array, list[Array]]:
    """The cotangents of the state's `n` parts as one vector, and those of the parameters."""
    return np.concatenate([g.ravel() for g in pulled[:n]]), pulled[n:]
