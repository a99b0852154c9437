"""Prove a recurrent cell of your own correct, in one line, and that your tests would notice.

``check_cell(MyCell)`` checks every law of ``rnn.testing.laws`` on a cell, with sizes, inputs and
states that Hypothesis draws; ``cell_laws(MyCell)`` lists them for ``pytest.mark.parametrize``.
``assert_kills_mutants(MyCell, test)`` plants faults in the cell and in what runs it, and wants
`test` to fail. Needs Hypothesis (the extra ``test``).
"""

from . import laws
from .checking import BoundLaw, cell_laws, check_cell
from .laws import CELL_LAWS
from .mutation import (
    CELL_MUTANT_KINDS,
    CellMutant,
    MutantSurvived,
    assert_kills_mutants,
    cell_mutant,
    cell_mutants,
    survivors,
)
from .references import REFERENCES
from .trial import CellTrial, cell_trial

__all__ = [
    "CELL_LAWS", "CELL_MUTANT_KINDS", "REFERENCES", "BoundLaw", "CellMutant", "CellTrial",
    "MutantSurvived", "assert_kills_mutants", "cell_laws", "cell_mutant", "cell_mutants",
    "cell_trial", "check_cell", "laws", "survivors",
]
