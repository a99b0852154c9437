"""Ops that work entry by entry, with broadcasting."""

__all__: list[str] = []
