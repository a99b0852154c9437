"""Training on several cores or machines: every rank has its rows of each batch, and one sum a step
joins their gradients.

A rank is a process that MPI has started, ``mpiexec -n 4 python train.py``; the extra ``mpi``
installs all that is needed. The same program runs alone, as a group of one.
"""

from .group import Group
from .mpi import world
from .trainer import ParallelTrainer

__all__ = ["Group", "ParallelTrainer", "world"]
