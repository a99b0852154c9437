"""Backpropagation through time cut short, and what that costs."""

__all__: list[str] = []
