"""The engine: from the call of an op to its gradient."""

__all__: list[str] = []
