"""Hypothesis strategies: awkward arrays, operands that broadcast, axes, indices, whole op calls.

A record says what its tests may pass in ``samples``: a mapping from keywords to *kinds*, or a
function ``rng -> (args, kwargs)`` that makes a whole call. With a mapping (or none) the operands
are drawn from the signature and the domains: shapes that broadcast over the core dimensions,
sizes 0 to 3, values inside the domain and away from its kinks. The kinds:

====================  ==========================================================================
``"bool"``            True or False
``"axis"``            one axis of the operands, counted from either end
``"optional_axis"``   an axis or None
``"axes"``            None, an axis, or a tuple of different axes, as in NumPy's reductions
``"axis_pair"``       a tuple of two different axes
``"permutation"``     a tuple of all axes in some order, or None
``"new_axes"``        where expand_dims may insert axes: an int or a tuple
``"shape"``           a shape with as many entries, perhaps with one -1
``"broadcast_shape"`` a shape that the first operand broadcasts to
``"index"``           any form of ``x[index]``: slices, steps, None, ..., masks, integer arrays
``"int"``             -3 to 3
``"count"``           1 to 3
``"positive"``        a float from 0.25 to 2
``"fraction"``        a float from 0.05 to 0.95
``"dtype"``           a float dtype (float64 where derivatives are measured)
a tuple               one of its entries: ``{"mode": ("edge", "wrap")}``
====================  ==========================================================================

Axes, shapes and indices refer to the first operand; an axis is valid for every operand. Operands
that a signature cannot describe (integers, masks, matrices that must be invertible, keywords that
depend on each other) need a function; what it returns is checked as it is, so it too keeps away
from kinks.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.domain import REAL, Domain
from ..engine.op import Op
from ..engine.tensor import Tensor
from .calls import LAYOUTS, Call, core_dimensions, draw_values, leaf, record_of
from .extras import without_hypothesis

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise without_hypothesis("minigrad.testing.strategies") from error

__all__ = [
    "KINDS", "arrays", "axes", "axis", "broadcastable_shapes", "indices", "layouts", "op_calls",
    "operands", "shapes", "tensors",
]

Array = np.ndarray[Any, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Shape = tuple[int, ...]
Shapes = Sequence[Shape]


def seeds() -> st.SearchStrategy[int]:
    """Seeds of the generators that make the values: Hypothesis shrinks structure, not digits."""
    return st.integers(0, 2**16 - 1)


# -- shapes and arrays


@st.composite
def broadcastable_shapes(
    draw: Draw,
    core: Sequence[Sequence[str]],
    min_dims: int = 0,
    max_dims: int = 2,
    max_side: int = 3,
    empty: bool = True,
) -> tuple[Shape, list[Shape]]:
    """The loop shape, and one shape per operand: the loop shape with some axes left out or of
    length 1, then the core dimensions.

    core: the names of each operand's core dimensions; () for elementwise operands. A name that is
        a number is that size. One call in eight has an axis of length 0, unless `empty` is False.
    """
    # Half of the time the most axes: faults in axes and in broadcasting show there.
    side = st.sampled_from([1, *range(2, max_side + 1), *range(2, max_side + 1)])
    ndim = draw(st.integers(min_dims, max_dims) | st.just(max_dims))
    loops = [draw(side) for _ in range(ndim)]
    named = dict.fromkeys(d for group in core for d in group)
    sizes = {d: int(d) if d.isdigit() else draw(side) for d in named}
    variable = [d for d in named if not d.isdigit()]
    if empty and (loops or variable) and draw(st.integers(0, 7)) == 7:
        where = draw(st.sampled_from([*range(len(loops)), *variable]))
        if isinstance(where, int):
            loops[where] = 0
        else:
            sizes[where] = 0
    found = []
    for group in core:
        kept = list(loops)
        if len(core) > 1 and kept:
            form = draw(st.sampled_from(["whole", "whole", "shorter", "ones"]))
            if form == "shorter":
                kept = kept[draw(st.integers(min(1, len(kept) - min_dims), len(kept) - min_dims)) :]
            elif form == "ones":
                kept = [1 if draw(st.booleans()) else n for n in kept]
        found.append((*kept, *(sizes[d] for d in group)))
    return tuple(loops), found


def shapes(min_dims: int = 0, max_dims: int = 3, max_side: int = 3) -> st.SearchStrategy[Shape]:
    """Shapes from 0-d up, now and then with an axis of length 0."""
    return broadcastable_shapes(
        [()], min_dims=min_dims, max_dims=max_dims, max_side=max_side
    ).map(lambda found: found[1][0])


def layouts(shape: Shape, repeated: bool = True) -> st.SearchStrategy[str]:
    """Names of `LAYOUTS`, of those that make a difference for `shape`.

    repeated: also stride 0 along the first axis, which makes the slices equal.
    """
    names = ["contiguous", "contiguous", "read-only", "gaps", "unaligned"]
    if not shape:
        names.append("scalar")
    elif math.prod(shape) > 1:
        names += ["negative strides", *(["zero strides"] if repeated else [])]
        names += ["fortran"] if len(shape) > 1 else []
    return st.sampled_from(names)


@st.composite
def arrays(
    draw: Draw, shape: Shape | None = None, domain: Domain = REAL, dtype: Any = np.float64
) -> Array:
    """An array with values in `domain`, in any memory layout: strides that are negative, zero or
    wide, Fortran order, unaligned, read-only; 0-d and empty when no shape is given.

    >>> from hypothesis import given
    >>> from minigrad.engine.domain import POSITIVE
    >>> @given(arrays((2, 3), domain=POSITIVE))
    ... def test(x):
    ...     assert x.shape == (2, 3) and (x > 0).all()
    >>> test()
    """
    shape = draw(shapes()) if shape is None else shape
    (values,) = draw_values([domain], [shape], np.random.default_rng(draw(seeds())))
    layout = draw(layouts(shape, repeated=not domain.distinct))
    return np.asarray(LAYOUTS[layout](values.astype(dtype)))


def tensors(
    shape: Shape | None = None,
    domain: Domain = REAL,
    dtype: Any = np.float64,
    requires_grad: bool = True,
) -> st.SearchStrategy[Tensor]:
    """A Tensor around such an array, with its layout."""
    return arrays(shape, domain, dtype).map(lambda a: leaf(a, requires_grad))


@st.composite
def operands(
    draw: Draw, count: int = 2, domain: Domain = REAL, max_dims: int = 2, max_side: int = 3
) -> tuple[Array, ...]:
    """Arrays that broadcast with each other."""
    _, found = draw(broadcastable_shapes([()] * count, max_dims=max_dims, max_side=max_side))
    return tuple(draw(arrays(s, domain)) for s in found)


# -- axes and indices


def axis(ndim: int) -> st.SearchStrategy[int]:
    """An axis of an array with `ndim` axes, counted from either end."""
    return st.integers(-ndim, ndim - 1)


@st.composite
def axes(draw: Draw, ndim: int) -> int | tuple[int, ...] | None:
    """What NumPy's reductions take: None, one axis, or a tuple of different ones."""
    if ndim == 0 or draw(st.booleans()):
        return None
    if draw(st.booleans()):
        return int(draw(axis(ndim)))
    chosen = draw(st.lists(st.integers(0, ndim - 1), unique=True, min_size=0, max_size=ndim))
    return tuple(a - ndim if draw(st.booleans()) else a for a in chosen)


@st.composite
def indices(draw: Draw, shape: Shape) -> Any:
    """Any index that NumPy accepts for `shape`: integers, slices with steps, None and Ellipsis,
    boolean masks, integer arrays and lists with repeats, and mixtures.

    >>> from hypothesis import given
    >>> x = np.arange(6.0).reshape(2, 3)
    >>> @given(indices(x.shape))
    ... def test(index):
    ...     assert np.isin(x[index], x).all()
    >>> test()
    """
    form = draw(st.sampled_from(["basic", "arrays", "mask", "mixed"]))
    if form == "mask":
        return np.random.default_rng(draw(seeds())).random(shape) < 0.6
    advanced = draw(st.lists(st.integers(1, 3), max_size=2)) if form != "basic" else []
    parts: list[Any] = []
    for n in shape:
        choices = {"basic": "ssi", "arrays": "a", "mixed": "saim"}[form]
        part = draw(st.sampled_from(choices))
        if n == 0 or part == "s":
            parts.append(draw(_slices(n)))
        elif part == "i":
            parts.append(draw(axis(n)))
        else:
            parts.append(draw(_integers(n, tuple(advanced))))
    if draw(st.booleans()):  # axes left out at the end, or where ... stands, are taken whole
        start = draw(st.integers(0, len(parts)))
        stop = draw(st.integers(start, len(parts)))
        whole = [] if stop == len(parts) and draw(st.booleans()) else [Ellipsis]
        parts[start:stop] = whole
    if draw(st.integers(0, 3)) == 3:
        parts.insert(draw(st.integers(0, len(parts))), None)
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


@st.composite
def _slices(draw: Draw, n: int) -> slice:
    """A slice with a step of either sign, which may be empty or reach past the ends."""
    ends = st.none() | st.integers(-n - 1, n + 1)
    return slice(draw(ends), draw(ends), draw(st.sampled_from((None, 1, 2, -1, -2))))


@st.composite
def _integers(draw: Draw, n: int, shape: Shape) -> Any:
    """An integer array that repeats entries and counts from both ends; 1-d also as list or mask."""
    rng = np.random.default_rng(draw(seeds()))
    index = rng.integers(-n, n, shape)
    return index.tolist() if index.ndim == 1 and draw(st.booleans()) else index


@st.composite
def _reshaped(draw: Draw, shape: Shape) -> Shape | int:
    size = math.prod(shape)
    merged = (size,) if len(shape) < 2 else (shape[0] * shape[1], *shape[2:])
    forms = [(size,), (1, size), (size, 1), shape[::-1], merged]
    found = list(draw(st.sampled_from(forms)))
    if size and found and draw(st.booleans()):
        found[draw(st.integers(0, len(found) - 1))] = -1
    return tuple(found)


@st.composite
def _broadcast(draw: Draw, shape: Shape) -> Shape:
    before = draw(st.lists(st.integers(1, 3), max_size=2))
    return (*before, *(draw(st.integers(1, 3)) if n == 1 else n for n in shape))


@st.composite
def _permutation(draw: Draw, ndim: int) -> tuple[int, ...] | None:
    if draw(st.integers(0, 3)) == 3:
        return None
    order = draw(st.permutations(range(ndim)))
    return tuple(a - ndim if draw(st.booleans()) else a for a in order)


@st.composite
def _new_axes(draw: Draw, ndim: int) -> int | tuple[int, ...]:
    if draw(st.booleans()):
        return int(draw(axis(ndim + 1)))
    chosen = draw(st.lists(st.integers(0, ndim + 1), unique=True, min_size=2, max_size=2))
    return tuple(a - ndim - 2 if draw(st.booleans()) else a for a in chosen)


@st.composite
def _axis_pair(draw: Draw, ndim: int) -> tuple[int, ...]:
    chosen = draw(st.lists(st.integers(0, ndim - 1), unique=True, min_size=2, max_size=2))
    return tuple(a - ndim if draw(st.booleans()) else a for a in chosen)


def _common_axis(found: Shapes) -> st.SearchStrategy[int]:
    """An axis of every operand: from the end, where they have different numbers of axes."""
    dims = {len(s) for s in found}
    return axis(dims.pop()) if len(dims) == 1 else st.integers(-min(dims), -1)


def _ndim(found: Shapes) -> int:
    return len(found[0])


KINDS: dict[str, Callable[[Shapes], st.SearchStrategy[Any]]] = {
    "bool": lambda found: st.booleans(),
    "axis": _common_axis,
    "optional_axis": lambda found: st.none() | _common_axis(found) if all(found) else st.none(),
    "axes": lambda found: axes(_ndim(found)),
    "axis_pair": lambda found: _axis_pair(_ndim(found)),
    "permutation": lambda found: _permutation(_ndim(found)),
    "new_axes": lambda found: _new_axes(_ndim(found)),
    "shape": lambda found: _reshaped(found[0]),
    "broadcast_shape": lambda found: _broadcast(found[0]),
    "index": lambda found: indices(found[0]),
    "int": lambda found: st.integers(-3, 3),
    "count": lambda found: st.integers(1, 3),
    "positive": lambda found: st.sampled_from((1.0, 0.25, 0.5, 1.5, 2.0)),
    "fraction": lambda found: st.sampled_from((0.5, 0.05, 0.25, 0.75, 0.95)),
    "dtype": lambda found: st.sampled_from((np.float64, np.float32)),
}
"""What a record's ``samples`` may ask for, by name; see the table at the top."""

_MIN_DIMS = {"axis": 1, "axis_pair": 2}


# -- whole calls


def op_calls(op: Any, empty: bool = True) -> st.SearchStrategy[Call]:
    """Calls of `op`, drawn from its record: arguments that broadcast, keywords, memory layouts.

    op: a record, its name or its function. empty: also draw operands with an axis of length 0.

    Raises ValueError, with the reason, if nothing can be drawn.

    >>> from hypothesis import given
    >>> @given(op_calls("sum"))
    ... def test(call):
    ...     assert np.ndim(call.plain()[0]) <= np.ndim(call.args[0])
    >>> test()
    """
    record = record_of(op)
    samples = record.samples
    if callable(samples):
        return _made_calls(record, samples)
    kinds = dict(samples or {})
    try:
        core_dimensions(record)
        if unknown := kinds.keys() - record.params.keys():
            raise ValueError(f"samples has {sorted(unknown)}, which the op does not take")
        for name, default in record.params.items():
            if name not in kinds and default is inspect.Parameter.empty:
                raise ValueError(f"keyword {name!r} has neither a default nor a kind in samples")
        for name, kind in kinds.items():
            if not isinstance(kind, tuple) and kind not in KINDS:
                raise ValueError(
                    f"samples asks for the kind {kind!r} for {name!r}; there are "
                    f"{', '.join(KINDS)}, and tuples of values"
                )
    except ValueError as error:
        raise ValueError(
            f"no input can be generated for op {record.name!r}: {error}. Give samples= to its "
            f"record: kinds for its keywords, or a function rng -> (args, kwargs)"
        ) from None
    return _drawn_calls(record, kinds, empty)


@st.composite
def _drawn_calls(draw: Draw, op: Op, kinds: Mapping[str, Any], empty: bool) -> Call:
    core = core_dimensions(op, draw(st.integers(1, 3)) if op.variadic else 1)
    needed = max((_MIN_DIMS.get(k, 0) for k in kinds.values() if isinstance(k, str)), default=0)
    loose = max(0, needed - min(map(len, core)))
    loops, found = draw(
        broadcastable_shapes(core, min_dims=loose, max_dims=max(2, loose), empty=empty)
    )
    domains = op.domains[:1] * len(found) if op.variadic else op.domains
    seed = draw(seeds())
    values = draw_values(domains, found, np.random.default_rng(seed))
    chosen = [
        draw(layouts(s, repeated=not d.distinct)) for d, s in zip(domains, found, strict=True)
    ]
    params = {
        name: draw(st.sampled_from(kind) if isinstance(kind, tuple) else KINDS[kind](found))
        for name, kind in kinds.items()
    }
    args = tuple(LAYOUTS[layout](a) for layout, a in zip(chosen, values, strict=True))
    return Call(op, args, params, tuple(chosen), loops, seed)


@st.composite
def _made_calls(draw: Draw, op: Op, samples: Callable[[np.random.Generator], Any]) -> Call:
    seed = draw(seeds())
    made = samples(np.random.default_rng(seed))
    if not (
        isinstance(made, tuple) and len(made) == 2 and isinstance(made[0], tuple | list)
        and isinstance(made[1], Mapping)
    ):
        raise TypeError(
            f"the samples function of op {op.name!r} returned {made!r}; wanted (args, kwargs), "
            f"such as ((x, y), {{'axis': 0}})"
        )
    args, chosen = [], []
    for a in made[0]:
        layout = "contiguous"
        if isinstance(a, np.ndarray | np.generic):
            layout = draw(layouts(a.shape, repeated=False))
            a = LAYOUTS[layout](np.asarray(a))
        args.append(a)
        chosen.append(layout)
    return Call(op, tuple(args), dict(made[1]), tuple(chosen), None, seed)
