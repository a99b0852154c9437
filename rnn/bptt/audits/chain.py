"""The chain rule of BPTT as a recipe: which matrices are multiplied, and which products summed.

With δ_t = ∂L/∂u_t for the state u_t it is

    δ_t = e_t + δ_{t+1} C_{t+1},    ∂L/∂θ = Σ_t δ_t P_t,

where e_t is what the loss of step t gives, C_t = ∂u_t/∂u_{t-1} and P_t = ∂u_t/∂θ at fixed u_{t-1}.
A mistake in a derivation is another recipe with the same factors; see ``chain_mistakes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .recurrence import Factors, ParameterUse

__all__ = ["Chain", "Recipe", "evaluate"]

Array = np.ndarray[Any, Any]
Matrices = list[Array]


class Recipe(NamedTuple):
    """What is multiplied and summed.

    errors: e_t, T of (n_u,). carries: C_t, (n_u, n_u), from step t to the one before. uses: P_t by
    parameter, (n_u, n). in_loss: ∂ℓ_t/∂θ at fixed u_t, (n,). pairs: (T, T), the weight of the loss
    of step t (row) at the use in step s (column): 1 for s ≤ t, else 0. longer: by how many carries
    (-1, 0, 1) the product between t and s is too long. whole: the loss of step t counts at the use
    in step t alone, multiplied by all the carries down to step 1.
    """

    errors: Matrices
    carries: Matrices
    uses: dict[str, Matrices]
    in_loss: dict[str, Matrices]
    pairs: Array
    longer: int = 0
    whole: bool = False


def evaluate(recipe: Recipe) -> dict[str, Array]:
    """G[t, s] by parameter, (T, T, n): the loss of step t, through the use at step s.

    Under "" is δ by the same two times, (T, T, n_u).
    """
    T = len(recipe.errors)
    delta = np.zeros((T, T, len(recipe.errors[0])))
    own = np.arange(T)
    for t, error in enumerate(recipe.errors):
        delta[t, t] = error
        for s in range(t, 0, -1):
            delta[t, s - 1] = delta[t, s] @ recipe.carries[s]
    if recipe.longer > 0:
        delta = np.stack([delta[:, s] @ recipe.carries[s] for s in range(T)], axis=1)
    elif recipe.longer < 0:
        shorter = np.concatenate([delta[:, 1:], np.zeros_like(delta[:, :1])], axis=1)
        shorter[own, own] = delta[own, own]
        delta = shorter
    if recipe.whole:
        ends = delta[:, 0].copy()
        delta = np.zeros_like(delta)
        delta[own, own] = ends
    delta = delta * recipe.pairs[:, :, None]
    found = {"": delta}
    for name, uses in recipe.uses.items():
        table = np.einsum("tsu,sun->tsn", delta, np.stack(uses))
        table[own, own] += np.stack(recipe.in_loss[name])
        found[name] = table
    return found


class Chain:
    """The factors of all steps, out of which recipes are made.

    after: by parameter, ``local`` of its uses in a step T + 1, None where that depends on an
        input, which does not exist. outputs: those of every step, (B, H).
    """

    def __init__(
        self,
        steps: Sequence[Factors],
        after: Mapping[str, Sequence[Array | None]] | None = None,
        outputs: Sequence[Array] = (),
    ) -> None:
        self.steps, self.after, self.outputs = list(steps), dict(after or {}), list(outputs)
        self.T, self.names = len(steps), list(steps[0].uses)
        self.n_u, self.n_s = steps[0].rest.shape
        self.slopes = [f.slope for f in steps]
        self.weights = [f.weight for f in steps]
        self.rests = [f.rest for f in steps]
        # Whether state, a_t and u_t have one size, so that a factor can be left out or doubled.
        self.square = self.slopes[0].shape == (self.n_u, self.n_u) and self.n_s == self.n_u

    @property
    def direct(self) -> bool:
        """Whether the state also reaches the next step without the recurrent weights."""
        through = max(float(np.max(np.abs(d @ a), initial=0.0)) for d, a in
                      zip(self.slopes, self.weights, strict=True))
        past = max(float(np.max(np.abs(rest), initial=0.0)) for rest in self.rests)
        return past > 1e-5 * through  # what is less is rounding, of float32 too

    def truth(self) -> Recipe:
        """The chain rule."""
        return Recipe(
            [f.error for f in self.steps],
            self.carries(self.slopes, self.weights, self.rests),
            self.uses(lambda name, t: self.steps[t].uses[name]),
            self.in_loss(lambda name, t: self.steps[t].in_loss[name]),
            np.tril(np.ones((self.T, self.T))),
        )

    def carries(self, slopes: Matrices, weights: Matrices, rests: Matrices) -> Matrices:
        """C_t = slope · weight + rest, with zero columns for an output that is not a state."""
        blank = np.zeros((self.n_u, self.n_u - self.n_s))
        return [
            np.concatenate([d @ a + r, blank], axis=1)
            for d, a, r in zip(slopes, weights, rests, strict=True)
        ]

    def uses(self, choose: Callable[[str, int], Sequence[ParameterUse]]) -> dict[str, Matrices]:
        """P_t by parameter, out of the uses that `choose(name, t)` gives."""
        return {
            name: [self._sum(choose(name, t), name, self.n_u) for t in range(self.T)]
            for name in self.names
        }

    def in_loss(self, choose: Callable[[str, int], Sequence[ParameterUse]]) -> dict[str, Matrices]:
        """∂ℓ_t/∂θ at fixed u_t by parameter, out of the uses that `choose(name, t)` gives."""
        return {
            name: [self._sum(choose(name, t), name, 1)[0] for t in range(self.T)]
            for name in self.names
        }

    def _sum(self, uses: Sequence[ParameterUse], name: str, rows: int) -> Array:
        total = np.zeros((rows, self._size(name)))
        for use in uses:
            total = total + use.slope @ use.local
        return total

    def _size(self, name: str) -> int:
        """The number of entries of a parameter; 0 if no step uses it."""
        found = [u for f in self.steps for u in (*f.uses[name], *f.in_loss[name])]
        return int(found[0].local.shape[1]) if found else 0
