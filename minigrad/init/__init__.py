"""Initial values: functions of a shape that return arrays, for ``Parameter(...)``.

Matrices are (fan_in, fan_out), as in x @ W. ``rng`` is a NumPy Generator, a seed, or None for draws
that differ from run to run. Where the gates of a cell lie side by side in one matrix, ``per_gate``
draws each by itself.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> W_hh = per_gate(orthogonal, 4)((8, 32), rng=rng)
>>> bool(np.allclose(W_hh[:, :8].T @ W_hh[:, :8], np.eye(8), atol=1e-6))
True
"""

from typing import TYPE_CHECKING

from ..suggest import attribute_finder, name_lister
from .plain import constant, identity, normal, ones, recurrent_uniform, uniform, zeros
from .recurrent import chrono_bias, orthogonal, per_gate, unit_forget_bias
from .scaled import (
    calculate_gain,
    glorot_normal,
    glorot_uniform,
    kaiming_normal,
    kaiming_uniform,
    xavier_normal,
    xavier_uniform,
)

__all__ = [
    "calculate_gain", "chrono_bias", "constant", "glorot_normal", "glorot_uniform", "identity",
    "kaiming_normal", "kaiming_uniform", "normal", "ones", "orthogonal", "per_gate",
    "recurrent_uniform", "uniform", "unit_forget_bias", "xavier_normal", "xavier_uniform", "zeros",
]

if not TYPE_CHECKING:  # for a type checker there is no such name
    __getattr__ = attribute_finder(
        __name__, __all__,
        {f"{n}_": f"use w.data = minigrad.init.{n}(...): it returns an array" for n in __all__},
    )
    __dir__ = name_lister(globals())
