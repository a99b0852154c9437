"""One forward and backward pass of some system, ready to be run again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Workload"]


class Workload(NamedTuple):
    """``backward(forward())`` is one pass, and starts from gradients that are cleared.

    `gradients` returns what the last pass left, as arrays by name, so that a test can compare
    systems with each other and with plain NumPy.
    """

    forward: Callable[[], Any]
    backward: Callable[[Any], None]
    gradients: Callable[[], dict[str, np.ndarray[Any, Any]]]
