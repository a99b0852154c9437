"""The task in JAX: the cells as one writes them there, in ``lax.scan``, all of it jitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .task import Shape, batch, weights
from .workload import Workload

__all__ = ["scan"]


def scan(shape: Shape, kind: str = "lstm") -> Workload:
    """Any kind of cell; loss and gradients are one program, which is run by `forward`."""
    import jax
    import jax.numpy as jnp

    T, B, H, _ = shape
    values = {k: jnp.asarray(v) for k, v in weights(shape, kind=kind).items()}
    xs, targets = batch(shape)
    zeros = jnp.zeros((B, H), jnp.float32)
    state = zeros if kind in ("gru", "elman") else (zeros, zeros)
    step = _CELLS[kind]

    def loss(p: Any) -> Any:
        looked_up = p["W_xh"][xs]                                        # (T, B, width)
        _, hs = jax.lax.scan(lambda s, x: step(p, x, s), state, looked_up)
        logits = hs.reshape(T * B, H) @ p["W_hq"] + p["b_q"]
        return -jax.nn.log_softmax(logits)[np.arange(T * B), targets.reshape(-1)].mean()

    both: Callable[[Any], Any] = jax.jit(jax.value_and_grad(loss))
    found: dict[str, Any] = {}

    def forward() -> Any:
        value, gradients = jax.block_until_ready(both(values))
        found.update(gradients)
        return value

    def gradients() -> dict[str, Any]:
        return {name: np.asarray(g) for name, g in found.items()}

    return Workload(forward, lambda loss: None, gradients)


def _elman(p: Any, x: Any, h: Any) -> Any:
    import jax.numpy as jnp

    h = jnp.tanh(x + h @ p["W_hh"] + p["b_h"])
    return h, h


def _gru(p: Any, x: Any, h: Any) -> Any:
    import jax.numpy as jnp
    from jax.nn import sigmoid

    x_r, x_z, x_n = jnp.split(x + p["b_xh"], 3, axis=-1)
    h_r, h_z, h_n = jnp.split(h @ p["W_hh"] + p["b_hh"], 3, axis=-1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = jnp.tanh(x_n + r * h_n)
    h = n + z * (h - n)
    return h, h


def _lstm(p: Any, x: Any, state: Any) -> Any:
    import jax.numpy as jnp
    from jax.nn import sigmoid

    h, c = state
    i, f, g, o = jnp.split(x + h @ p["W_hh"] + p["b_h"], 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
    h = sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def _own(p: Any, x: Any, state: Any) -> Any:
    import jax.numpy as jnp
    from jax.nn import sigmoid, standardize

    h, c = state
    z = standardize(x + h @ p["W_hh"], epsilon=1e-5) * p["gain"] + p["b_h"]
    i, f, g, o = jnp.split(z, 4, axis=-1)
    i, f = sigmoid(i + p["p_i"] * c), sigmoid(f + p["p_f"] * c)
    c = f * c + i * jnp.tanh(g)
    shown = standardize(c, epsilon=1e-5) * p["gain_c"] + p["b_c"]
    h = sigmoid(o + p["p_o"] * c) * jnp.tanh(shown)
    return (h, c), h


_CELLS = {"elman": _elman, "gru": _gru, "lstm": _lstm, "own": _own}
