"""NumPy's functions that are made of other ops, and its corner cases."""

__all__: list[str] = []
