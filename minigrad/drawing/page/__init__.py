"""The page: a picture in one HTML file that can be asked questions, without Python or a network."""

__all__: list[str] = []
