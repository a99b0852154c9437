"""The application that shows it all: a character model, its command line and its reports."""

__all__: list[str] = []
