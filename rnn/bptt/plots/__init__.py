"""Pictures of what the tools of BPTT measure."""

__all__: list[str] = []
