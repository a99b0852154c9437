"""From places to DOT text and pictures."""

__all__: list[str] = []
