"""Products, decompositions and systems: linear algebra."""

__all__: list[str] = []
