"""Ops that pick entries by index, write to them, or put them in order."""

__all__: list[str] = []
