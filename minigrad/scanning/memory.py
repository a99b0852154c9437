"""Memory that one run of a plan lets go of, for the next one to write into.

The arrays for all steps are large, and the system makes fresh memory page by page as it is first
written to, which takes as long as the arithmetic. So it stays here, and is lent again as soon as
nobody refers to it: every array that shows it, also an output in the user's hands or a view of one,
holds a reference to its block, and Python counts those.

Measured, one thread, of a training step with T = 64, B = 32: of a cell with layer norm 26 % at
H = 256; of an LSTM 10 % at H = 512, nothing at H = 128.
"""

from __future__ import annotations

import math
import sys
import threading
from typing import Any

import numpy as np

__all__ = ["empty"]

_SMALL = 1 << 16  # bytes: below it an array costs next to nothing
_MOST = 1 << 28   # bytes that are held at most: what goes beyond them is let go of as ever
_blocks: list[np.ndarray[Any, Any]] = []  # of bytes, lent or idle
_lock = threading.Lock()


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """``np.empty``, in memory that has been used before, where some is idle.

    >>> empty((2, 3), np.float32).shape
    (2, 3)
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < _SMALL:
        return np.empty(shape, dtype)
    with _lock:
        block = _block(size)
    block.setflags(write=True)  # what was handed out read-only is so down to its memory
    return block[:size].view(dtype).reshape(shape)


def _block(size: int) -> np.ndarray[Any, Any]:
    """The smallest idle block that is large enough, and not twice as large; or a new one."""
    idle = [_blocks[k] for k in range(len(_blocks)) if _references(_blocks, k) == _IDLE]
    fitting = [block for block in idle if size <= block.size < 2 * size]
    if fitting:
        return min(fitting, key=len)
    # No more may lie idle than is in use, so that no memory is held for shapes of long ago.
    idle.sort(key=len)
    used = size + _size(_blocks) - _size(idle)
    while _size(idle) > used:
        gone = idle.pop()
        _blocks[:] = [block for block in _blocks if block is not gone]
    made = np.empty(size, np.uint8)
    if size + _size(_blocks) <= _MOST:
        _blocks.append(made)
    return made


def _size(blocks: list[Any]) -> int:
    return sum(map(len, blocks))


def _references(blocks: list[Any], k: int) -> int:
    return sys.getrefcount(blocks[k])


_IDLE = _references([np.empty(0)], 0)
"""The references to a block that nothing but the list refers to, as they are counted here."""
