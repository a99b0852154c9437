"""What a picture is made of: sized text, shapes, colours; and the programs that paint it."""

__all__: list[str] = []
