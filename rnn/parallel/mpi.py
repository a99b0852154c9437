"""The ranks that ``mpiexec`` has started, through mpi4py."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from types import TracebackType
from typing import Any

import numpy as np

from .group import Group

__all__ = ["world"]

_STARTED = ("PMI_SIZE", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")


@functools.cache
def world() -> Group:
    """All ranks of this program: those of ``mpiexec -n N python ...``, or this process alone.

    An exception that ends one rank ends all of them, and says which rank it was; where a rank is
    killed, mpiexec ends the others and says so.
    Raises ModuleNotFoundError where a rank of several has no mpi4py: pip install mpi4py mpich.

    >>> world().size
    1
    """
    try:
        from mpi4py import MPI
    except ModuleNotFoundError as error:
        if any(os.environ.get(name, "1") != "1" for name in _STARTED):
            raise ModuleNotFoundError(
                "rnn.parallel.world: this is one of several ranks, and joins them by the package "
                "mpi4py; install it with: pip install mpi4py mpich", name=error.name,
            ) from error
        return Group()
    comm = MPI.COMM_WORLD
    if comm.size > 1:
        _end_together(comm)
    return Group(_MPI(MPI, comm))


class _MPI:
    """An MPI communicator as a group takes it."""

    def __init__(self, mpi: Any, comm: Any) -> None:
        self._mpi, self._comm = mpi, comm
        self.rank, self.size = comm.rank, comm.size

    def add(self, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        total = np.array(array, order="C")
        if self.size > 1:
            self._comm.Allreduce(self._mpi.IN_PLACE, total, op=self._mpi.SUM)
        return total

    def gather(self, value: Any) -> list[Any]:
        found: list[Any] = self._comm.allgather(value)
        return found


def _end_together(comm: Any) -> None:
    """Let an exception that nobody catches end all ranks: the others would wait for ever."""

    def hook(
        kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        lines = "".join(traceback.format_exception(kind, error, where))
        print(
            f"{lines}rank {comm.rank} of {comm.size} has failed, which ends the others",
            file=sys.stderr, flush=True,
        )
        comm.Abort(130 if issubclass(kind, KeyboardInterrupt) else 1)

    sys.excepthook = hook
