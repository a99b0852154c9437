"""Ops of neural networks: layers, convolution, losses."""

__all__: list[str] = []
