"""Running a cell over a sequence: the loop over time, lengths and masks, unrolling."""

__all__: list[str] = []
