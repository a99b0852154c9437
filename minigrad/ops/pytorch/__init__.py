"""PyTorch's names and words for methods of Tensor."""

__all__: list[str] = []
