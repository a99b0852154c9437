"""Ops that change where entries are, and not what they are."""

__all__: list[str] = []
