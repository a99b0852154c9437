"""One report on the gradient of a whole model: its numbers, their table, and other forms of them.

Reading order: words, how numbers are written; rows, those of one weight; table, how all print;
export, JSON and pandas; report."""

__all__: list[str] = []
