"""A derivation by hand held against the tape."""

__all__: list[str] = []
