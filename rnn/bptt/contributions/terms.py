"""The uses of one weight, summed by where they were recorded: at each place by step, and outside.

A place is a recurrence: the path of the scope that has the step, such as ``encoder`` or
``lstm.0.reverse``. A weight that two recurrences share (tied) has terms at two places, and step 1
of one is not step 1 of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, contributions
from minigrad.engine.context import Scope
from minigrad.errors import GradientError, GraphFreedError
from minigrad.observe.contributions import Use

__all__ = ["NO_STEPS", "Terms", "summed", "terms_of"]

NO_STEPS = (
    "no use of a weight was recorded under a time step; label the steps with "
    "`with minigrad.scope(name, t=t):`, as rnn.unroll does"
)

Array = np.ndarray[Any, Any]


class Terms(NamedTuple):
    """∂L/∂W = Σ_places Σ_t G_t + outside, of one weight W.

    by_place: by place, in the order of execution, G_t by step t in the order of execution.
    outside: the sum over the uses outside of any step. outside_uses: what they are, as
        ``matmul`` or ``head/matmul`` for one in a scope without a step.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True, name="w")
    >>> with mg.scope("rnn", t=1):
    ...     h = w * 2.0
    >>> (terms,) = terms_of(w * h, [w], "ledger")
    >>> terms.by_place, float(terms.outside), terms.outside_uses
    ({'rnn': {1: array(6.)}}, 6.0, ('multiply',))
    """

    by_place: Mapping[str, Mapping[int, Array]]
    outside: Array
    outside_uses: tuple[str, ...]

    @property
    def used(self) -> bool:
        """Whether the weight is on the way to the loss at all."""
        return bool(self.by_place or self.outside_uses)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps with a use at any place, in order."""
        return tuple(sorted({t for steps in self.by_place.values() for t in steps}))

    def by_step(self, steps: Sequence[int]) -> Array:
        """G_t summed over the places, (len(steps), *shape); zeros at steps without a use."""
        summed = np.zeros((len(steps), *self.outside.shape), self.outside.dtype)
        row = {t: k for k, t in enumerate(steps)}
        for terms in self.by_place.values():
            for t, value in terms.items():
                summed[row[t]] += value
        return summed

    def columns(self, columns: slice) -> Terms:
        """These terms of some columns of the weight, such as those of one gate."""
        by_place = {
            place: {t: value[..., columns] for t, value in steps.items()}
            for place, steps in self.by_place.items()
        }
        return Terms(by_place, self.outside[..., columns], self.outside_uses)


def summed(tensor: Tensor, uses: Iterable[Use]) -> Terms:
    """The terms of one tensor from all its uses."""
    by_place: dict[str, dict[int, Array]] = {}
    outside: Array = np.zeros(tensor.shape, tensor.dtype)
    names: dict[str, None] = {}
    for use in uses:
        if use.t is None:
            outside += use.value
            names.setdefault(_named(use))
        else:
            steps = by_place.setdefault(_place(use.scope), {})
            steps[use.t] = steps[use.t] + use.value if use.t in steps else np.asarray(use.value)
    return Terms(by_place, outside, tuple(names))


def terms_of(
    loss: Tensor, tensors: Sequence[Tensor], function: str, gradient: Any = None
) -> list[Terms]:
    """The terms of each tensor in the gradient of `loss`, for a `function` that errors name.

    Raises TypeError for a loss that is no Tensor, GradientError for one that requires no grad or is
    no scalar while there is no `gradient`, and GraphFreedError after ``backward()``.
    """
    if not isinstance(loss, Tensor):
        raise TypeError(f"{function}(loss): received {type(loss).__name__}; wanted a Tensor")
    if loss._node is None:
        raise GradientError(
            f"{function}(loss): {loss._label()} does not require grad, so it has no graph to take "
            f"apart: compute it from weights that do, outside of no_grad() and without detach()"
        )
    if gradient is None and loss.size != 1:
        raise GradientError(
            f"{function}(loss): {loss._label()} has {loss.size} elements, and needs the cotangent "
            f"that weighs them; reduce it, as in .sum() or .mean()"
        )
    try:
        found = contributions(loss, tensors, gradient)
    except GraphFreedError as error:
        error.add_note(f"{function}(loss) reads the graph: call it before loss.backward()")
        raise
    return [summed(tensor, uses) for tensor, uses in zip(tensors, found, strict=True)]


def _place(scope: Scope | None) -> str:
    """The names of the scopes from the outermost to the nearest that has a step."""
    chain = [] if scope is None else list(scope.chain())
    while chain and chain[0].t is None:
        chain.pop(0)
    return "/".join(s.name for s in reversed(chain))


def _named(use: Use) -> str:
    op = use.node.op.name if use.node.op else "part"
    return op if use.scope is None else f"{use.scope}/{op}"
