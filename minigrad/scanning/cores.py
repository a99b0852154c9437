"""BLAS on one thread inside a loop: the products of one step are too small to be worth spreading.

With NumPy's default, all cores, a second thread makes a step of an LSTM half as slow again. The
large products before and behind the loop keep them. It takes the package ``threadpoolctl``; without
it nothing is changed, and ``OPENBLAS_NUM_THREADS=1`` in the environment does the same for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["blas_threads", "hold", "one_thread"]

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


def blas_threads() -> int:
    """How many threads BLAS has outside of loops: the cores, or as many as the environment says.

    Without threadpoolctl 1: nobody can say, and products that are spread already would get in the
    way of several workers.
    """
    controller = _controller()
    if controller is None:
        return 1
    with _lock:
        if _inside:
            return int(_limit.get_original_num_threads()["blas"] or 1)
        return max((lib["num_threads"] for lib in controller.info()), default=1)


@contextmanager
def one_thread() -> Iterator[None]:
    """BLAS on one thread; back to what it was when the last loop is done."""
    give_back = hold()
    try:
        yield
    finally:
        give_back()


def hold() -> Callable[[], None]:
    """Put BLAS on one thread; the function that ends it, which may be called again."""
    controller = _controller()
    held = [] if controller is None else [controller]

    def give_back() -> None:
        global _inside  # noqa: PLW0603  # the setting that it counts is one for all
        with _lock:
            if held:
                held.pop()
                _inside -= 1
                if _inside == 0:
                    _limit.restore_original_limits()

    global _inside, _limit  # noqa: PLW0603  # as above
    with _lock:
        if held:
            _inside += 1
            if _inside == 1:
                _limit = controller.limit(limits=1)
    return give_back
