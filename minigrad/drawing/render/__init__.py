"""What a picture is made of: sized text, marks, colours; and the programs that render it."""

__all__: list[str] = []
