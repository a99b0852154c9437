"""Ops that reduce along axes, or run along one."""

__all__: list[str] = []
