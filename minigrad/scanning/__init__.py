"""The compiler behind ``scan``: a step of a recurrence, traced once and run for a whole sequence.

Read trace (a step as equations), program, transpose (the backward program, by the ops' own rules),
the passes, emit (NumPy source), run.
"""

__all__: list[str] = []
