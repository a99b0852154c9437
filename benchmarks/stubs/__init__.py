"""Types for what is attached to Tensor while minigrad is imported, and for ``functional``.

A type checker reads the class and sees none of the methods that records declare. So they are
written down for it, from the living class: ``python -m benchmarks.stubs`` does that, and a test
holds that it has been done.
"""

__all__: list[str] = []
