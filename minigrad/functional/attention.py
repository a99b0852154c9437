"""Attention, bilinear forms and choices that are drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import Rng, as_generator
from ..engine.tensor import detached
from ..ops.common import composite
from ..ops.pytorch.words import either
from .activations import softmax
from .layers import dropout

__all__ = ["bilinear", "gumbel_softmax", "scaled_dot_product_attention"]


@composite()
def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: Any = None,
    rng: Rng = None,
) -> Any:
    """softmax(query keyᵀ scale + mask) value: (..., L, E), (..., S, E), (..., S, V) → (..., L, V).

    attn_mask: truth values, False for what is not attended to, or numbers to be added.
    is_causal: entry i attends to entries 0 to i only. scale: by default 1 / √E.
    dropout_p, rng: as in dropout.

    A row that attends to nothing gives 0. (Vaswani et al., "Attention is all you need", 2017.)

    Raises ValueError for a mask together with is_causal.

    >>> x = np.eye(2)
    >>> scaled_dot_product_attention(x, x, x, is_causal=True).round(4)
    array([[1.    , 0.    ],
           [0.3302, 0.6698]])
    """
    scale = 1 / math.sqrt(np.shape(query)[-1]) if scale is None else scale
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * scale  # (..., L, S)
    if is_causal:
        if attn_mask is not None:
            raise ValueError("scaled_dot_product_attention: give attn_mask or is_causal, not both")
        attn_mask = np.tri(*np.shape(scores)[-2:], dtype=bool)
    if attn_mask is not None:
        if np.asarray(detached(attn_mask)).dtype == bool:
            scores = np.where(detached(attn_mask), scores, -np.inf)
        else:
            scores = scores + attn_mask
    return np.matmul(dropout(softmax(scores, -1), dropout_p, rng=rng), value)


@composite()
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """x1ᵀ W_o x2 + bias_o for each o: (..., I), (..., J), (O, I, J), (O) → (..., O).

    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.ones((1, 2, 1)))
    array([9.])
    """
    y = np.einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


@either
@composite()
def gumbel_softmax(
    logits: Any, tau: Any = 1.0, hard: bool = False, dim: int = -1,
    rng: Rng = None,
) -> Any:
    """softmax((logits + Gumbel noise) / tau) along dim: a choice that is drawn, with a gradient.

    hard: 1 at the largest entry and 0 elsewhere, with the gradient of the soft form.
    tau: a temperature above 0. (Jang, Gu and Poole, 2017; Maddison, Mnih and Teh, 2017.)

    Raises ValueError for a tau that is not above 0.

    >>> gumbel_softmax(np.array([0.0, 100.0]), hard=True, rng=0)
    array([0., 1.])
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau is {tau}, wanted a number above 0")
    plain = np.asarray(detached(logits))
    noise = as_generator(rng, "gumbel_softmax").gumbel(size=plain.shape).astype(plain.dtype)
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    y = np.asarray(detached(soft))
    one_hot = np.zeros_like(y)
    np.put_along_axis(one_hot, np.argmax(y, dim, keepdims=True), 1, dim)
    return one_hot + (soft - y)
