"""Pictures of what the tools of BPTT measure. They take arrays and labels and know no result; a
result's ``plot`` calls them. matplotlib is imported when somebody plots."""

__all__: list[str] = []
