"""What minigrad costs beside PyTorch, JAX and HIPS autograd: ``python -m benchmarks``.

Reading order: `chain`, `lstm` and `task` are the workloads, the same for every system; the files
``in_…`` and `by_hand` do the task in each, and `layer` names them; `measure` is what one process
measures; `pairs` runs the processes of several systems in turn; `rows` says what is compared and
with which bar; `report` makes the table. `inside`, `profile` and `tables` take a pass apart.

Every number is of one system in a process of its own, and of two systems the ratio is taken within
each pair of neighbouring runs: a shared machine drifts by more than the differences of interest.
"""
