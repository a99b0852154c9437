"""How the state at one step depends on the state at another."""

__all__: list[str] = []
