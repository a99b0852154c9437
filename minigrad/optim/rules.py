"""The update rules: SGD, RMSprop, Adagrad, Adam and AdamW.

In the formulas θ is the parameter, g its gradient, η the learning rate, t the number of the step;
squares, roots and quotients are taken entry by entry. Everything starts at 0 unless it says
otherwise. Each class has PyTorch's defaults and, given the same gradients, its numbers. With
``maximize`` every one starts with g ← −g, so that it goes uphill.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from ..engine.tensor import Tensor
from .groups import Flag, Hyper, two_numbers
from .optimizer import Optimizer
from .parameters import Array

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSProp", "RMSprop"]

Params = Iterable[Tensor] | Iterable[Mapping[str, Any]]


def _mix(old: Array, keep: float, new: Array, spare: Array) -> Array:
    """keep·old + (1 − keep)·new as a fresh array; `spare` is overwritten, and can be `new`."""
    mixed = np.multiply(old, keep)
    mixed += np.multiply(new, 1.0 - keep, out=spare)
    return mixed


def _speed_up(
    state: dict[str, Array], momentum: float, step: Array, weight: float = 1.0
) -> Array:
    """The new velocity μv + weight·step, as a fresh array that takes the place of v in `state`."""
    velocity = np.multiply(state["velocity"], momentum)
    velocity += step if weight == 1.0 else weight * step
    state["velocity"] = velocity
    return velocity


def _over_root(x: Array, square: Array, eps: float, out: Array) -> Array:
    """x/(√square + ε), written to `out`, which is returned."""
    np.sqrt(square, out=out)
    out += eps
    return np.divide(x, out, out=out)


class _Decaying(Optimizer):
    """An optimizer whose weight decay λ is the gradient of ½λ‖θ‖² added to g."""

    elementwise = True
    weight_decay = Hyper()
    maximize = Flag(formerly=False)

    def _signed(self, grad: Array) -> Array:
        """The gradient of what is minimized."""
        return -grad if self.maximize else grad

    def _decayed(self, value: Array, grad: Array) -> Array:
        grad = self._signed(grad)
        return grad + self.weight_decay * value if self.weight_decay else grad


class SGD(_Decaying):
    """Gradient descent, with momentum μ where it is given:

        g ← g + λθ    (λ = weight_decay)
        v ← μv + (1 − τ)g    (τ = dampening; v ← g at the first step)
        θ ← θ − ηv,  or with nesterov  θ ← θ − η(g + μv)

    Defaults: lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, maximize=False. None
    may be negative but dampening, and nesterov needs a momentum above 0 and no dampening; else
    ValueError.
    Sources: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964);
    Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning" (2013), for Nesterov's momentum. η multiplies v here, as in PyTorch, and is not
    inside v, as in the papers; that differs where η changes.

    >>> import minigrad as mg
    >>> w = mg.Parameter([0.0])
    >>> optimizer = SGD([w], lr=0.1, momentum=0.5)
    >>> w.sum().backward()                           # g = 1, so v is 1, and then 0.5 + 1
    >>> optimizer.step(); optimizer.step(); w.item()
    -0.25
    """

    momentum = Hyper()
    dampening = Hyper(low=-math.inf, formerly=0.0)
    nesterov = Flag()

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.momentum, self.dampening, self.weight_decay = momentum, dampening, weight_decay
        self.nesterov, self.maximize = nesterov, maximize
        for group in self.param_groups:
            self._for(group).check_options()

    def check_options(self) -> None:
        """Nesterov's step is made of a momentum without dampening."""
        if self.nesterov and not self.momentum:
            raise ValueError("SGD(nesterov=True) needs a momentum above 0, such as momentum=0.9")
        if self.nesterov and self.dampening:
            raise ValueError(f"SGD(nesterov=True): received dampening={self.dampening:g}, wanted 0")

    def slots(self) -> dict[str, float]:
        return {"velocity": 0.0} if self.momentum else {}

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        grad = self._decayed(value, grad)
        if self.momentum:
            velocity = _speed_up(state, self.momentum, grad, 1.0 - self.dampening * (t > 1))
            grad = grad + self.momentum * velocity if self.nesterov else velocity
        return value - self.lr * grad


class RMSprop(_Decaying):
    """Steps divided by the root of a running mean of squares, with decay α:

        g ← g + λθ    (λ = weight_decay)
        s ← αs + (1 − α)g²
        r = √s,  or with centered  r = √(s − m²),  m ← αm + (1 − α)g
        θ ← θ − η g/(r + ε),  or with momentum  b ← μb + g/(r + ε),  θ ← θ − ηb

    Defaults: lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False,
    maximize=False. alpha is in [0, 1), and none may be negative; else ValueError.
    Sources: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012);
    Graves, "Generating sequences with recurrent neural networks" (2013), equations 38 to 41, for
    the centered form (there ε is inside the root).

    >>> import minigrad as mg
    >>> w = mg.Parameter([0.0, 0.0])
    >>> (w * np.array([1.0, -1000.0])).sum().backward()
    >>> RMSprop([w], lr=0.1, alpha=0.75).step()      # √s = |g|/2: the size of g cancels
    >>> w.numpy()
    array([-0.2,  0.2])
    """

    alpha = Hyper(below=1.0)
    eps = Hyper()
    momentum = Hyper()
    centered = Flag()

    def __init__(
        self,
        params: Params,
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.alpha, self.eps, self.weight_decay = alpha, eps, weight_decay
        self.momentum, self.centered, self.maximize = momentum, centered, maximize

    def slots(self) -> dict[str, float]:
        wanted = {"square": True, "mean": self.centered, "velocity": bool(self.momentum)}
        return {name: 0.0 for name, needed in wanted.items() if needed}

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        grad = self._decayed(value, grad)
        step = np.empty_like(grad)
        square = state["square"] = _mix(
            state["square"], self.alpha, np.multiply(grad, grad, out=step), step
        )
        if self.centered:
            mean = state["mean"] = _mix(state["mean"], self.alpha, grad, step)
            # A variance that rounding has made negative is 0.
            square = np.maximum(square - mean * mean, 0.0)
        step = _over_root(grad, square, self.eps, step)
        if self.momentum:
            np.multiply(_speed_up(state, self.momentum, step), self.lr, out=step)
        else:
            step *= self.lr
        return value - step


RMSProp = RMSprop  # as much of the literature spells it


class Adagrad(_Decaying):
    """Steps divided by the root of the sum of all squares so far:

        g ← g + λθ    (λ = weight_decay)
        s ← s + g²    (s starts at initial_accumulator_value)
        θ ← θ − η/(1 + (t − 1)κ) · g/(√s + ε)    (κ = lr_decay)

    Defaults: lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10,
    maximize=False. None may be negative; else ValueError.
    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization" (2011), figure 1, diagonal form.

    >>> import minigrad as mg
    >>> w = mg.Parameter([0.0])
    >>> optimizer = Adagrad([w], lr=1.0)
    >>> w.sum().backward()
    >>> optimizer.step(); optimizer.step(); w.item()  # -(1 + 1/√2)
    -1.7071
    """

    lr_decay = Hyper()
    initial_accumulator_value = Hyper()
    eps = Hyper()

    def __init__(
        self,
        params: Params,
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.lr_decay, self.weight_decay, self.eps = lr_decay, weight_decay, eps
        self.initial_accumulator_value, self.maximize = initial_accumulator_value, maximize

    def slots(self) -> dict[str, float]:
        return {"sum": self.initial_accumulator_value}

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        grad = self._decayed(value, grad)
        state["sum"] = total = state["sum"] + grad * grad
        step = _over_root(grad, total, self.eps, np.empty_like(grad))
        step *= self.lr / (1.0 + (t - 1) * self.lr_decay)
        return value - step


class Adam(_Decaying):
    """Steps by running means of the gradient and its square, corrected for their start at 0:

        g ← g + λθ    (λ = weight_decay)
        m ← β₁m + (1 − β₁)g
        v ← β₂v + (1 − β₂)g²
        r = v,  or with amsgrad  r ← max(r, v)
        θ ← θ − η · m/(1 − β₁ᵗ) / (√(r/(1 − β₂ᵗ)) + ε)

    Defaults: lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, maximize=False.
    The betas are in [0, 1), and none may be negative; else ValueError.
    Sources: Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1; its
    section 2 has the order of computation used here, with ε scaled to match algorithm 1. Reddi,
    Kale and Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2, for amsgrad.

    >>> import minigrad as mg
    >>> w = mg.Parameter([1.0])
    >>> optimizer = Adam([w], lr=0.1)
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     (w * w).sum().backward()
    ...     optimizer.step()
    >>> bool(abs(w.item()) < 0.1)
    True
    """

    beta1 = Hyper(below=1.0)
    beta2 = Hyper(below=1.0)
    eps = Hyper()
    amsgrad = Flag(formerly=False)
    pairs: ClassVar[Mapping[str, tuple[str, ...]]] = {"betas": ("beta1", "beta2")}

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.beta1, self.beta2 = two_numbers(betas, type(self).__name__, "betas")
        self.eps, self.weight_decay = eps, weight_decay
        self.amsgrad, self.maximize = amsgrad, maximize

    def slots(self) -> dict[str, float]:
        return {"m": 0.0, "v": 0.0} | ({"largest_v": 0.0} if self.amsgrad else {})

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        return value - self._step(self._decayed(value, grad), state, t)

    def _step(self, grad: Array, state: dict[str, Array], t: int) -> Array:
        """η · m̂/(√v̂ + ε), and the new m and v in `state`."""
        step = np.empty_like(grad)
        m = state["m"] = _mix(state["m"], self.beta1, grad, step)
        v = state["v"] = _mix(state["v"], self.beta2, np.multiply(grad, grad, out=step), step)
        if self.amsgrad:
            v = state["largest_v"] = np.maximum(state["largest_v"], v)
        root = math.sqrt(1.0 - self.beta2**t)
        step = _over_root(m, v, self.eps * root, step)
        step *= self.lr * root / (1.0 - self.beta1**t)
        return step


class AdamW(Adam):
    """Adam with weight decay λ beside the gradient rather than in it:

        θ ← (1 − ηλ)θ − η · m/(1 − β₁ᵗ) / (√(r/(1 − β₂ᵗ)) + ε)

    Defaults, ranges and amsgrad: as Adam's, but weight_decay=0.01. The decay goes towards 0 with
    maximize too.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2.

    >>> import minigrad as mg
    >>> w = mg.Parameter([1.0])
    >>> (0.0 * w).sum().backward()                   # no gradient: all that is left is the decay
    >>> AdamW([w], lr=0.1, weight_decay=0.5).step(); w.item()
    0.95
    """

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        new = np.multiply(value, 1.0 - self.lr * self.weight_decay)
        new -= self._step(self._signed(grad), state, t)
        return new
