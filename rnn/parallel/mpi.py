"""The ranks that ``mpiexec`` has started, through mpi4py."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
import traceback
from collections.abc import Callable
from io import StringIO
from types import TracebackType
from typing import Any

import numpy as np

from .group import Group

__all__ = ["run_command", "world"]

# What the launchers of MPICH, Open MPI and Slurm tell the processes that they start.
_STARTED = ("PMI_SIZE", "PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")


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
        sizes = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MPI_LOCALNRANKS")
        if any(os.environ.get(name, "1") != "1" for name in sizes):
            raise ModuleNotFoundError(
                "rnn.parallel.world: this is one of several ranks, and joins them by the package "
                "mpi4py; install it with: pip install mpi4py mpich", name=error.name,
            ) from error
        return Group()
    group = Group(_MPI(MPI, MPI.COMM_WORLD))
    if group.size > 1:
        _end_together(group)
    return group


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


    def end(self, code: int) -> None:
        self._comm.Abort(code)


def _end_together(group: Group) -> None:
    """Let an exception that nobody catches end all ranks."""

    def hook(
        kind: type[BaseException], error: BaseException, where: TracebackType | None
    ) -> None:
        lines = "".join(traceback.format_exception(kind, error, where))
        said = f"{lines}{group!r} has failed, which ends the others"
        print(said, file=sys.__stderr__, flush=True)
        group.end(130 if issubclass(kind, KeyboardInterrupt) else 1)

    sys.excepthook = hook


def run_command(command: Callable[[], int]) -> int:
    """The exit code of a command that every rank runs, such as ``python -m rnn train``.

    Among several ranks the root alone prints. One that fails alone says so, and ends the others.

    >>> run_command(lambda: 2)
    2
    """
    if not any(name in os.environ for name in _STARTED) or world().size == 1:
        return command()
    group, told = world(), StringIO()
    if group.root:
        code = command()
    else:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            code = command()
    if code not in (0, 130):    # after Ctrl-C, all have stopped together
        if not group.root:
            time.sleep(2)    # mostly the root has failed by the same, and says it
            print(f"{group!r}: {told.getvalue()}", file=sys.__stderr__, flush=True)
        group.end(code)
    return code
