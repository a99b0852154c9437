"""Running cells over sequences, and the models that are made of it."""

__all__: list[str] = []
