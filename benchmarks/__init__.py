"""What minigrad costs beside PyTorch and HIPS autograd: ``python -m benchmarks``.

Reading order: `chain` and `lstm` are the workloads, the same for every system; `measure` is what
one process measures; `pairs` runs the processes of two systems in turn; `rows` says what is
compared and with which bar; `report` makes the table.

Every number is of one system in a process of its own, and of two systems the ratio is taken within
each pair of neighbouring runs: a shared machine drifts by more than the differences of interest.
"""
