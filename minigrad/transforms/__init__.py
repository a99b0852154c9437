"""Functions in, functions out: what differentiates a function of arrays."""

__all__: list[str] = []
