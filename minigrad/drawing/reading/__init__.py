"""From the live graph to boxes and wires: what is to be seen."""

__all__: list[str] = []
