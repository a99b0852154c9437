"""Penalties on a weight matrix, to be added to a loss: what keeps a recurrence from exploding.

Both are plain functions of one matrix, so they go with every cell and every optimizer. Of a weight
that holds several gates side by side take one gate: ``W_hh[:, cell.gate("f").columns]``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, as_tensor, detached
from ..errors import describe
from ..ops.elementwise.activations import relu
from ..ops.linear.decompositions import svdvals

__all__ = ["orthogonality_penalty", "spectral_norm_penalty"]


def spectral_norm_penalty(weight: Any, limit: float = 1.0) -> Any:
    """Σ_i max(0, σ_i - limit)² over the singular values σ_i of `weight`.

    This is the squared distance to the nearest matrix that stretches no vector by more than
    `limit`, and so it has a derivative everywhere, also where singular values are equal. (The
    largest one alone has none where two are equal, which is where a penalty on it leads.) It says
    nothing about small singular values: it cures explosion, not vanishing.

    weight: (M, N) of floats. limit: at least 0; with 0 it is the squared Frobenius norm.

    Raises ValueError for other shapes and limits and for a matrix with NaN or Inf, TypeError for
    other dtypes, GradientError for a second derivative where singular values are equal.
    Sources: Yoshida and Miyato, "Spectral norm regularization for improving the generalizability of
    deep learning" (2017), for the idea; they penalize ½σ₁² of every weight.

    >>> float(spectral_norm_penalty(np.diag([3.0, 1.0, 0.5])))
    4.0
    """
    given = _matrix(weight, "spectral_norm_penalty")
    if isinstance(limit, bool) or not isinstance(limit, int | float | np.number):
        raise TypeError(f"spectral_norm_penalty(limit): received {describe(limit)}, wanted a float")
    if not 0 <= limit < math.inf:
        raise ValueError(f"spectral_norm_penalty(limit): received {limit}, wanted a number ≥ 0")
    return _like(weight, (relu(svdvals(given) - float(limit)) ** 2).sum())


def orthogonality_penalty(weight: Any) -> Any:
    """‖WᵀW - I‖² = Σ_i (σ_i² - 1)², the squared Frobenius norm: 0 where the columns of W are
    orthonormal.

    weight: (M, N) of floats with M ≥ N.

    It draws all singular values to 1, from both sides; ``optim.Orthogonal`` keeps them there.
    Raises ValueError for other shapes and for a matrix with NaN or Inf, TypeError for other dtypes.
    Source: Vorontsov, Trabelsi, Kadoury and Pal, "On orthogonality and learning recurrent networks
    with long term dependencies" (2017).

    >>> float(orthogonality_penalty(np.diag([1.0, 2.0])))
    9.0
    """
    given = _matrix(weight, "orthogonality_penalty")
    rows, columns = given.shape
    if rows < columns:
        raise ValueError(
            f"orthogonality_penalty(weight): received shape {given.shape}: more columns than rows "
            f"cannot be orthonormal; of the weights of several gates, side by side, take one: "
            f"W_hh[:, cell.gate(name).columns], or pass the transpose for orthonormal rows"
        )
    return _like(weight, ((given.T @ given - np.eye(columns, dtype=given.dtype)) ** 2).sum())


def _matrix(weight: Any, function: str) -> Tensor:
    try:
        given = as_tensor(weight)
    except TypeError as error:
        raise TypeError(f"{function}(weight): {error}") from None
    if given.dtype.kind != "f":
        raise TypeError(f"{function}(weight): received {describe(given)}, wanted floats")
    if given.ndim != 2 or 0 in given.shape:
        raise ValueError(f"{function}(weight): received shape {given.shape}, wanted a matrix")
    # LAPACK's own message for a NaN is that it did not converge.
    if not np.isfinite(detached(given)).all():
        raise ValueError(f"{function}(weight): received a matrix with NaN or Inf")
    return given


def _like(given: Any, value: Tensor) -> Any:
    """A Tensor for a Tensor, else an array."""
    return value if isinstance(given, Tensor) else value.numpy()
