"""A gradient taken apart: by time step, by loss, by path."""

__all__: list[str] = []
