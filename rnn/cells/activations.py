"""The functions that gates and candidates go through: by name, or any function of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.errors import describe
from minigrad.functional import elu, hardsigmoid, relu, sigmoid, softplus, softsign, tanh

__all__ = ["ACTIVATIONS", "Activation", "activation", "applied", "name_of"]


class Activation(NamedTuple):
    """φ, the largest value of |φ'|, and what other programs call it.

    keras: its name in Keras 3, if it has one. onnx: its name in ONNX's recurrent operators, with
    alpha and beta as far as it has these.
    """

    function: Callable[[Any], Any]
    slope: float
    keras: str | None
    onnx: tuple[str, tuple[float, ...]]


ACTIVATIONS = {
    "tanh": Activation(tanh, 1.0, "tanh", ("Tanh", ())),
    "relu": Activation(relu, 1.0, "relu", ("Relu", ())),
    "sigmoid": Activation(sigmoid, 0.25, "sigmoid", ("Sigmoid", ())),
    "identity": Activation(lambda z: z, 1.0, "linear", ("Affine", (1.0, 0.0))),
    "hard_sigmoid": Activation(
        hardsigmoid, 1 / 6, "hard_sigmoid", ("HardSigmoid", (1 / 6, 0.5))
    ),
    "hard_sigmoid_02": Activation(
        lambda z: np.clip(0.2 * z + 0.5, 0.0, 1.0), 0.2, None, ("HardSigmoid", (0.2, 0.5))
    ),
    "softsign": Activation(softsign, 1.0, "softsign", ("Softsign", ())),
    "softplus": Activation(softplus, 1.0, "softplus", ("Softplus", ())),
    "elu": Activation(elu, 1.0, "elu", ("Elu", (1.0,))),
}
"""The names that cells take.

"hard_sigmoid" is clip(z/6 + 1/2, 0, 1), as in PyTorch and Keras 3; "hard_sigmoid_02" is
clip(0.2 z + 0.5, 0, 1), which Keras 1 and 2 called hard_sigmoid, and the default of ONNX.
"""


def activation(value: Any, argument: str, owner: str) -> Any:
    """`value` if it is a name of an activation or a function, else an error with the names."""
    if not isinstance(value, str) and callable(value):
        return value
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise ValueError(
            f"{owner}({argument}={value!r}): wanted one of "
            f"{', '.join(map(repr, ACTIVATIONS))}; or a function of a Tensor"
        )
    return value


def applied(chosen: Any, z: Tensor) -> Tensor:
    """φ(z), by its name or by the function itself, which has to give a Tensor of the same shape."""
    if isinstance(chosen, str):
        named: Tensor = ACTIVATIONS[chosen].function(z)
        return named
    y = chosen(z)
    if not isinstance(y, Tensor) or y.shape != z.shape:
        raise TypeError(
            f"the activation {name_of(chosen)} made {describe(y)} of {describe(z)}; wanted a "
            f"Tensor of the same shape, on the graph of what it was computed from"
        )
    return y


def name_of(chosen: Any) -> str:
    """What a cell's description calls it."""
    return chosen if isinstance(chosen, str) else getattr(chosen, "__name__", repr(chosen))
