"""What there is to see of a graph and of a backward pass, besides pictures."""

__all__: list[str] = []
