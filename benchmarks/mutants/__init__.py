"""Is every line of the packages held by a test? Faults are planted, one at a time, and the tests
nearest to each have to fail. ``make mutants`` runs them all and writes ``benchmarks/MUTANTS.md``.

A fault that survives is a hole in the suite: write the test that kills it, and the fault into the
table. `minigrad.testing.mutants` does the same to the derivative rules of one op, while it runs.
"""
