"""Optimizers, learning-rate schedules and gradient clipping.

    optimizer = Adam(model.parameters(), lr=1e-3)
    loss.backward()
    clip_grad_norm(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()

Names, defaults and update rules are PyTorch's. A step happens whole or not at all.
"""

from typing import TYPE_CHECKING

from ..suggest import attribute_finder, name_lister
from .clip import clip_grad_norm, clip_grad_value
from .groups import Group, Hyper
from .optimizer import Optimizer
from .orthogonal import Orthogonal
from .rules import SGD, Adagrad, Adam, AdamW, RMSProp, RMSprop
from .schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    StepLR,
    cosine_decay,
    exponential_decay,
    linear_ramp,
    step_decay,
)

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "Group",
    "Hyper",
    "LambdaLR",
    "LinearLR",
    "Optimizer",
    "Orthogonal",
    "RMSProp",
    "RMSprop",
    "StepLR",
    "clip_grad_norm",
    "clip_grad_value",
    "cosine_decay",
    "exponential_decay",
    "linear_ramp",
    "step_decay",
]

if not TYPE_CHECKING:  # for a type checker there is no such name
    __getattr__ = attribute_finder(__name__, __all__)
    __dir__ = name_lister(globals())
