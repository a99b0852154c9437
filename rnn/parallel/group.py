"""Group: processes that compute the same on different rows, and add up what they have found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached
from minigrad.engine.values import as_array
from minigrad.module import Module

from ..bptt.contributions.ledger import Ledger
from .ledgers import Part, part_of, summed

__all__ = ["Alone", "Comm", "Group"]

Array = np.ndarray[Any, Any]


class Comm(Protocol):
    """What a group asks of whatever joins its ranks, such as MPI. All ranks call it alike."""

    rank: int
    size: int

    def add(self, array: Array) -> Array:
        """The sum of the arrays of all ranks, the same to the last bit on each."""

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks, in their order, on each."""

    def end(self, code: int) -> None:
        """End the processes of all ranks at once."""


class Alone:
    """One process that nobody joins."""

    rank, size = 0, 1

    def add(self, array: Array) -> Array:
        return array

    def gather(self, value: Any) -> list[Any]:
        return [value]

    def end(self, code: int) -> None:
        raise SystemExit(code)


class Group:
    """The ranks that train together; by default this process alone. See ``world()``.

    rank, size: which one this is, from 0, and of how many. root: whether it is rank 0, which alone
    prints and writes files. All other methods are called by every rank, in the same order.

    >>> group = Group()
    >>> group.rank, group.size, group.root, group.share(np.arange(6))
    (0, 1, True, array([0, 1, 2, 3, 4, 5]))
    """

    def __init__(self, comm: Comm | None = None) -> None:
        self._comm: Comm = Alone() if comm is None else comm
        self.rank, self.size = self._comm.rank, self._comm.size

    @property
    def root(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    # -- whose rows are whose

    def rows(self, count: int) -> slice:
        """Which of `count` rows are this rank's: as many as any other's, or one more or less.

        >>> Group().rows(6)
        slice(0, 6, None)
        """
        return slice(self.rank * count // self.size, (self.rank + 1) * count // self.size)

    def share(self, array: Any, axis: int = 0) -> Any:
        """This rank's rows of an array or Tensor, along an axis; those of all ranks are all."""
        shape = np.shape(array)
        if not -len(shape) <= axis < len(shape):
            raise ValueError(f"Group.share(axis={axis!r}): the array has shape {shape}")
        rows = self.rows(shape[axis])
        values = array if isinstance(array, Tensor) else np.asarray(array)
        return values[(slice(None),) * (axis % len(shape)) + (rows,)]

    # -- sums and means over the ranks

    def sum(self, value: Any) -> Array:
        """The sum of an array or number over all ranks, of the same shape on each."""
        return self._comm.add(as_array(detached(value)))

    def gather(self, value: Any) -> list[Any]:
        """The values of all ranks in a list. For small things: they are pickled on the way."""
        return self._comm.gather(value)

    def average(self, value: Any, weight: float = 1.0) -> Any:
        """Σ w v / Σ w over the ranks, such as a mean loss weighted by numbers of tokens.

        A rank of weight 0 does not count, whatever its value. Raises ValueError where all are 0.

        >>> Group().average(3.0, weight=10)
        3.0
        """
        pairs = self.gather((np.asarray(detached(value), np.float64), float(weight)))
        total = sum(w for _, w in pairs)
        if not total > 0:
            raise ValueError(f"Group.average(weight): the ranks weigh {[w for _, w in pairs]}")
        mean = sum(w * v for v, w in pairs if w) / total
        return float(mean) if np.ndim(mean) == 0 else mean

    def average_gradients(
        self, params: Iterable[Tensor], weight: float = 1.0, also: Sequence[float] = ()
    ) -> tuple[float, list[float]]:
        """Make every ``.grad`` the mean over the ranks, Σ w g / Σ w, by one sum of one flat array.

        params: the same on each rank, such as ``model.parameters()``. A gradient that is None
            counts as 0, and stays None where it is so on every rank.
        weight: how much this rank's loss is a mean over, such as its number of tokens; so ragged
            shares give the gradient of the whole batch. 0 for a rank without rows.
        also: numbers to be added up on the way.

        Returns the sum of the weights, and of `also`. Call it between ``backward()`` and clipping.
        Raises ValueError on every rank where all weights are 0.

        >>> import minigrad as mg
        >>> w = mg.Parameter(np.ones(2))
        >>> (3 * w).sum().backward()
        >>> Group().average_gradients([w], weight=10), w.grad.numpy()
        ((10.0, []), array([3., 3.]))
        """
        leaves = list(params)
        if self.size == 1:
            return float(weight), [float(number) for number in also]
        dtype = np.result_type(np.float32, *[p.dtype for p in leaves])
        head = [float(weight), *also, *[float(p.grad is not None) for p in leaves]]
        flat = np.zeros(len(head) + sum(p.size for p in leaves), dtype)
        flat[: len(head)] = head
        at = len(head)
        for p in leaves:
            if p.grad is not None and weight:
                np.multiply(p.grad.numpy().reshape(-1), weight, out=flat[at : at + p.size])
            at += p.size
        flat = self._comm.add(flat)
        total = float(flat[0])
        if not total > 0:
            raise ValueError("Group.average_gradients(weight): all ranks weigh 0")
        at, present = len(head), flat[1 + len(also) : len(head)]
        for p, there in zip(leaves, present, strict=True):
            part = flat[at : at + p.size].reshape(p.shape) / flat.dtype.type(total)
            p.grad = Tensor(part.astype(p.dtype)) if there else None
            at += p.size
        return total, flat[1 : 1 + len(also)].tolist()

    def reduce_ledger(self, ledger: Ledger, weight: float = 1.0) -> Ledger:
        """The ledger of the loss of the whole batch, on each rank: Σ w G / Σ w, by step.

        ledger: of this rank's loss, a mean over what weighs `weight`. A step that only some ranks
            have, as where sequences are unequally long, is 0 on the others.

        >>> from rnn import ElmanCell, bptt, unroll
        >>> cell = ElmanCell(1, 2, rng=0)
        >>> terms = bptt.ledger(unroll(cell, np.ones((3, 1, 1)))[0].mean(), cell)
        >>> bool((Group().reduce_ledger(terms)["W_hh"] == terms["W_hh"]).all())
        True
        """
        parts: list[tuple[Part, float]] = self.gather((part_of(ledger), float(weight)))
        return summed(parts, ledger)

    # -- runs that have nothing to do with each other

    def map(self, function: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
        """``[function(item) for item in items]`` on each rank, which the ranks share among them:
        seeds or settings of runs that each trains alone.

        >>> Group().map(lambda seed: 10 * seed, [1, 2, 3])
        [10, 20, 30]
        """
        own = [function(item) for item in items[self.rank :: self.size]]
        every = self.gather(own)
        return [every[k % self.size][k // self.size] for k in range(len(items))]

    def end(self, code: int) -> None:
        """End all ranks at once with this exit code, for one that cannot go on: the others would
        wait for it for ever."""
        self._comm.end(code)

    # -- being the same

    def broadcast(self, model: Module) -> None:
        """Give the parameters of every rank the values that they have on the root."""
        state: Mapping[str, Any] = self.gather(model.state_dict() if self.root else None)[0]
        if not self.root:
            model.load_state_dict(state)

    def check_same(self, model: Module) -> None:
        """Raise RuntimeError, on every rank, if the parameters of some rank are not the root's."""
        digest = hashlib.sha256()
        for name, array in model.state_dict().items():
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
        every = self.gather(digest.digest())
        if other := [rank for rank, found in enumerate(every) if found != every[0]]:
            raise RuntimeError(
                f"the parameters of rank {', '.join(map(str, other))} are not those of rank 0: all "
                f"have to begin with the same (group.broadcast(model)), and to take the same steps"
            )

    def __repr__(self) -> str:
        return f"Group(rank {self.rank} of {self.size})"
