"""What docs/comparison.md says of other packages, as runs: each claim is a function that says what
it has seen. ``python -m benchmarks.comparison`` prints those whose packages are installed.
"""

__all__: list[str] = []
