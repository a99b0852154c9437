"""A file for each lesson: ``EXERCISES``, three records."""

__all__: list[str] = []
