"""Which products and functions a system calls, and how fast they are by themselves: the distance to
a peer that no plan can make up for.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from .timing import timer

__all__ = ["AVX2", "chosen", "openblas", "product_rates"]

AVX2 = {
    "OPENBLAS_CORETYPE": "Haswell", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    # The names that NumPy has for it, of 2.4 and of earlier ones.
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512CD AVX512_SKX",
}
"""Settings for which NumPy and PyTorch do as on a processor without AVX-512."""


def openblas() -> str:
    """The kernels that NumPy's OpenBLAS has chosen for this processor, "" where nobody knows."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ""
    found = [lib.get("architecture") for lib in threadpool_info() if lib["user_api"] == "blas"]
    return str(found[0]) if found and found[0] else ""


def chosen() -> dict[str, str]:
    """What NumPy and PyTorch run in this process."""
    found = {"kernels of NumPy's BLAS": openblas() or "not known: threadpoolctl tells them"}
    try:
        import torch
    except ImportError:
        return found
    return found | {"kernels of PyTorch": torch.backends.cpu.get_cpu_capability()}


def product_rates(H: int, B: int, T: int) -> dict[str, float]:
    """Gigaflops a second of the products of an LSTM: in a step forwards, W_hhᵀ h, and backwards,
    W_hh dz; and behind the loop, H dZᵀ."""
    rng = np.random.default_rng(0)

    def some(*size: int) -> Any:
        return rng.uniform(-1, 1, size).astype(np.float32)

    pairs = {
        "forwards": (some(4 * H, H), some(H, B)), "backwards": (some(H, 4 * H), some(4 * H, B)),
        "behind": (some(H, T * B), some(4 * H, T * B).T),
    }
    return {
        name: 2e-9 * a.shape[0] * a.shape[1] * b.shape[1] / _fastest(np.matmul, a, b)
        for name, (a, b) in pairs.items()
    }


def _fastest(function: Callable[..., Any], a: Any, b: Any) -> float:
    out = np.empty((len(a), b.shape[1]), np.float32)
    best, end, now = float("inf"), perf_counter() + 0.1, timer()
    while perf_counter() < end:
        start = now()
        function(a, b, out=out)
        best = min(best, now() - start)
    return best
