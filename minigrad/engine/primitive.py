"""From a record to a function: how an op is made and made known.

``primitive`` is what every op of minigrad is made with, and what you make your own with.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from .declared import declare_op
from .domain import REAL, Domain
from .fast_calls import Primitive, function_of
from .lazy import Lazy
from .op import Rule
from .outputs import wrapped
from .specialise import when_needed

__all__ = ["primitive"]

F = TypeVar("F", bound=Callable[..., Any])


def primitive(
    signature: str = "()->()",
    *,
    vjps: Sequence[Rule | None] = (),
    joint: Rule | None = None,
    name: str | None = None,
    formula: str | None = None,
    numpy: Sequence[Any] = (),
    methods: Sequence[str] = (),
    functional: str = "",
    domains: Sequence[Domain] = (),
    samples: Any = None,
    lazy: Mapping[str, Lazy] | None = None,
    multiple: bool = False,
    labels: str | None = None,
    smooth: bool = True,
    moves_data: bool = False,
    is_sum: bool = False,
    any_cotangent: bool = False,
    marks: Callable[..., None] | None = None,
) -> Callable[[F], F]:
    """Make the decorated forward function, written for arrays, an op on Tensors.

    signature: NumPy's gufunc notation, ``(n,k),(k,m)->(n,m)``; it documents the op and lets tests
        draw operands for it.
    vjps: one rule per array argument, None where there is no derivative. A rule is
        ``lambda g, out, x, x_shape, axis: ...``, naming only what it needs (see engine/op.py).
    joint: instead of `vjps`, one rule that returns the contributions to all arguments; for
        forwards that take ``*arrays``.
    formula: one line for tables and messages (default: the first line of the docstring).
    numpy, methods: the NumPy functions and the Tensor methods that this op provides.
    functional: how it is called in minigrad.functional, ``relu(input)``; of minigrad's own ops.
    domains: per argument, where it may lie and where the op has kinks.
    samples: what tests pass as keywords, or a function of a Generator that makes a whole call.
    lazy: by the name of an argument, how its many uses are summed in one product, where it is a
        leaf (see engine/cotangents.py).
    multiple: the forward returns a tuple.
    labels: with `multiple`, the keyword whose entries are what pictures call the results; a rule
        has to name it, so that it is kept.
    smooth: False for ops with documented zero derivative.
    moves_data: every entry of the result is one of an argument, at a place that no value decides.
    is_sum: the result is the sum of the arguments.
    any_cotangent: the rules take cotangents that know what was chosen as they are, not as arrays.
    marks: remembers which arguments a result is a view of, ``marks(out, *args, **params)``;
        default: those whose memory it shares.

    Arrays are positional, all else keyword-only. Raises TypeError for too few or too many rules.

    >>> import minigrad as mg
    >>> @mg.primitive("()->()", vjps=(lambda g, x: g * np.cosh(x),))
    ... def my_sinh(x):
    ...     \"\"\"(eˣ - e⁻ˣ) / 2\"\"\"
    ...     return np.sinh(x)
    >>> x = mg.tensor(0.0, requires_grad=True)
    >>> my_sinh(x).backward(); x.grad
    Tensor(1.)
    """

    def decorate(forward: F) -> F:
        if not callable(forward):
            raise TypeError(f"primitive() decorates a function, and received {forward!r}")
        label = name or forward.__name__
        parameters = _parameters(forward, signature)
        count = 1 if parameters.get("variadic") else len(parameters["arguments"])
        if vjps and len(vjps) != count:
            raise TypeError(
                f"op {label!r} takes {count} arrays and has {len(vjps)} rules; give one for each, "
                f"None where there is no derivative"
            )
        op = Primitive(
            _checked(forward, label, multiple),
            name=label,
            signature=signature,
            formula=formula or (inspect.getdoc(forward) or "").partition("\n")[0],
            rules=vjps,
            joint=joint,
            lazy=lazy,
            domains=tuple(domains) or (REAL,) * len(parameters["arguments"]),
            samples=samples,
            multiple=multiple,
            results=wrapped if multiple else None,
            labels=labels,
            smooth=smooth,
            moves_data=moves_data,
            is_sum=is_sum,
            any_cotangent=any_cotangent,
            written_out=when_needed,
            marks=marks,
            **parameters,
        )
        call: Any = function_of(op)
        call.op, call.__name__, call.__qualname__ = op, op.name, op.name
        if isinstance(forward, np.ufunc):
            call.__doc__ = op.formula
            call.__signature__ = inspect.Signature([
                inspect.Parameter(a, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="Any")
                for a in op.arguments
            ])
        else:
            call.__doc__, call.__module__ = forward.__doc__, forward.__module__
            call.__wrapped__ = forward  # its signature
        declare_op(call, numpy, methods, functional)
        return cast(F, call)  # the same signature, for Tensors too

    return decorate


def _parameters(forward: Any, signature: str) -> dict[str, Any]:
    """The array arguments and the keywords of a forward function."""
    if isinstance(forward, np.ufunc):
        return {"arguments": ("x", "y")[: forward.nin], "params": {}}
    kinds = inspect.signature(forward).parameters.values()
    variadic = [p.name for p in kinds if p.kind is p.VAR_POSITIONAL]
    positional = [p.name for p in kinds if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if variadic and positional:
        raise TypeError(f"{forward.__name__}: a forward takes named arrays or *arrays, not both")
    return {
        "arguments": variadic or positional,
        "params": {p.name: p.default for p in kinds if p.kind is p.KEYWORD_ONLY},
        "variadic": bool(variadic),
        "defaults": {p.name: p.default for p in kinds
                     if p.name in positional and p.default is not p.empty},
    }


def _checked(forward: Any, name: str, multiple: bool) -> Any:
    """`forward`, with an error of its own if a user's returns something else than arrays."""
    module = getattr(forward, "__module__", None) or ""    # None in code of no module: exec(text)
    if isinstance(forward, np.ufunc) or module.startswith("minigrad."):
        return forward

    @functools.wraps(forward)
    def call(*args: Any, **params: Any) -> Any:
        out = forward(*args, **params)
        found = out if multiple and isinstance(out, tuple) else (out,)
        if not all(hasattr(o, "dtype") for o in found):
            wanted = "a tuple of arrays (multiple=True)" if multiple else "an array"
            hint = "" if multiple else ", or a tuple of arrays with multiple=True"
            raise TypeError(f"the forward of op {name!r} returned {out!r}, wanted {wanted}{hint}")
        return out

    return call
