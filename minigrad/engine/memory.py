"""Keep the memory of one training step for the next.

A step frees what it allocated, and the next one allocates the same again. By default glibc gives
large freed blocks back to the system at once, and the page faults of getting them anew cost as
much as the arithmetic in them (a fifth of the time of a scanned LSTM layer). glibc raises its
thresholds when it frees a block that it had mapped, so one such block, never touched, makes it keep
up to twice its size. Other allocators take no notice.
"""

from __future__ import annotations

import numpy as np

__all__ = ["keep_freed_memory"]

_LARGEST = (32 << 20) - (64 << 10)  # glibc looks at blocks of up to 32 MiB


def keep_freed_memory() -> None:
    """Let the allocator keep freed blocks of up to 32 MiB for reuse."""
    np.empty(_LARGEST, np.uint8)
