"""From boxes and wires to places."""

__all__: list[str] = []
