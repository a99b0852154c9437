"""BLAS on one thread inside a loop: the products of one step are too small to be worth spreading.

With NumPy's default, all cores, a second thread makes a step of an LSTM half as slow again. The
large products before and behind the loop keep them. It takes the package ``threadpoolctl``; without
it nothing is changed, and ``OPENBLAS_NUM_THREADS=1`` in the environment does the same for all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["one_thread"]

_lock = threading.Lock()
_inside = 0  # loops that are running, in all threads: the setting belongs to the process
_limit: Any = None


@cache
def _controller() -> Any:
    """What sets the number of BLAS threads, or None."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS on one thread; back to what it was when the last loop is done."""
    global _inside, _limit  # noqa: PLW0603  # the setting that they count is one for all
    controller = _controller()
    if controller is None:
        yield
        return
    with _lock:
        _inside += 1
        if _inside == 1:
            _limit = controller.limit(limits=1)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()
