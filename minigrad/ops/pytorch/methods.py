"""The methods of Tensor under PyTorch's names. What differs from NumPy's is in `words.WORDS`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.declared import Over, declare
from ...engine.dispatch import HANDLERS
from ...engine.tensor import Tensor, detached
from ..common import sentence
from ..elementwise import complex_parts
from ..elementwise.gamma import polygamma
from ..forms import caller, form_of
from ..index import gathering
from ..nn import layers
from ..shape.axes import matrix_transpose, reshape, swapaxes, transpose
from . import blends, matrices, measures, places, ranking, shapes
from .words import by_words, either, renamed

__all__: list[str] = []

Method = Callable[..., Any]


def _attach(methods: dict[str, Any]) -> None:
    declare(methods=methods, whose="PyTorch")


def _numpy(function: Any) -> Any:
    """What a function of NumPy does with Tensors."""
    return HANDLERS.get(function, function)


# -- PyTorch's own

_OWN: dict[Any, str] = {
    ranking: """aminmax cummax cummin kthvalue logcumsumexp mode msort nanquantile quantile topk""",
    blends: """add addbmm addcdiv addcmul addmm addmv addr baddbmm clamp_max clamp_min div frac lerp
        logit nan_to_num rsqrt sub xlogy""",
    places: """index_add index_copy index_fill masked_scatter masked_select narrow scatter
        scatter_reduce select select_scatter slice_scatter take_along_dim""",
    shapes: """chunk diag_embed repeat_interleave split tensor_split unflatten unfold""",
    measures: "cdist dist renorm",
    matrices: "cholesky corrcoef cov cross histc logdet lu pinverse qr svd triangular_solve unique",
}
for _module, _names in _OWN.items():
    _attach({name: getattr(_module, name) for name in _names.split()})


def _several(function: Method, *words: str) -> Method:
    """``f(2, 3)`` and ``f((2, 3))``, and the same with a keyword."""

    @functools.wraps(function)
    def call(self: Tensor, *given: Any, **keywords: Any) -> Any:
        if keywords:
            if given or len(keywords) > 1 or not keywords.keys() <= set(words):
                raise TypeError(
                    f"x.{function.__name__}() takes numbers, a tuple, or one of "
                    f"{', '.join(f'{w}=' for w in words)}"
                )
            given = tuple(keywords.values())
        return function(self, *[v for v in given if v is not None])

    return call


_attach({
    "divide": blends.div, "true_divide": blends.div, "subtract": blends.sub,
    "flip": _several(shapes.flip, "dims", "dim", "axis"),
    "tile": _several(shapes.tile, "dims", "reps"),
    "sum_to_size": _several(shapes.sum_to_size, "size"),
})

# -- NumPy's functions, under its name or another

_OF_ONE = {
    "neg": np.negative, "negative": np.negative, "positive": np.positive,
    "absolute": np.absolute, "conj": np.conjugate, "conjugate": np.conjugate,
    "conj_physical": np.conjugate, "resolve_conj": np.positive,
    "acos": np.arccos, "acosh": np.arccosh, "asin": np.arcsin, "asinh": np.arcsinh,
    "atan": np.arctan, "atanh": np.arctanh, "deg2rad": np.deg2rad, "rad2deg": np.rad2deg,
    "fix": np.fix, "sgn": np.sign, "sinc": np.sinc, "logical_not": np.logical_not,
    "bitwise_not": np.invert, "signbit": np.signbit, "isnan": np.isnan, "isinf": np.isinf,
    "isfinite": np.isfinite, "isneginf": np.isneginf, "isposinf": np.isposinf,
    "isreal": np.isreal, "fliplr": np.fliplr, "flipud": np.flipud, "argwhere": np.argwhere,
    "inverse": np.linalg.inv, "det": np.linalg.det, "slogdet": np.linalg.slogdet,
    "adjoint": np.matrix_transpose,
}
_OF_TWO = {
    "mul": np.multiply, "multiply": np.multiply, "matmul": np.matmul, "mm": np.matmul,
    "bmm": np.matmul, "mv": np.matmul, "kron": np.kron, "inner": np.inner, "vdot": np.vdot,
    "fmod": np.fmod, "remainder": np.remainder,
    "floor_divide": np.floor_divide, "float_power": np.float_power, "hypot": np.hypot,
    "atan2": np.arctan2, "arctan2": np.arctan2, "copysign": np.copysign, "ldexp": np.ldexp,
    "heaviside": np.heaviside, "logaddexp": np.logaddexp, "logaddexp2": np.logaddexp2,
    "nextafter": np.nextafter, "gcd": np.gcd, "lcm": np.lcm,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "not_equal": np.not_equal, "less": np.less,
    "less_equal": np.less_equal, "greater": np.greater, "greater_equal": np.greater_equal,
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_xor": np.logical_xor,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "bitwise_left_shift": np.left_shift, "bitwise_right_shift": np.right_shift,
}


def _of(function: Any, *order: str) -> Over:
    """What a function of NumPy does with Tensors, its arguments having the names in `order`."""

    def make(known: Method) -> Method:
        form = form_of(known)._replace(order=("self", *order))
        return caller(form, like=_described(known, function, *order))  # type: ignore[no-any-return]  # made there

    return Over(make, function)


def _described(known: Method, function: Any, *order: str) -> Method:
    def of_one(self: Tensor) -> Any:
        """NumPy's."""

    def of_two(self: Tensor, other: Any) -> Any:
        """NumPy's."""

    call = of_two if order else of_one
    own = "" if isinstance(known, np.ufunc) else known.__doc__ or ""
    formula = own.partition("\n")[0] or sentence(known)
    call.__doc__ = f"{formula}\nnp.{function.__name__}({', '.join(('x', *order))})"
    return call


_attach({name: _of(function) for name, function in _OF_ONE.items()})
_attach({name: _of(function, "other") for name, function in _OF_TWO.items()})

# -- the same, in the words of both

_AXIS = {"dim": "axis", "dims": "axis", "keepdim": "keepdims"}


def _rename(names: str, words: dict[str, str], truth: str | None = None) -> None:
    _attach({name: Over(lambda method: renamed(method, words, truth)) for name in names.split()})


_rename(
    "sum mean prod amax amin all any argmax argmin logsumexp count_nonzero nansum nanmean",
    _AXIS, "keepdims",
)
_rename("cumsum cumprod unsqueeze unbind diff", _AXIS)
_rename("roll", {**_AXIS, "shifts": "shift"})
_rename("tril triu diag diagflat", {"diagonal": "k"})
_rename("diagonal", {"dim1": "axis1", "dim2": "axis2"})
_rename("rot90", {"dims": "axes"})
_rename("take", {"index": "indices"})
_attach({
    "ger": np.outer, "movedim": np.moveaxis,
    "swapdims": renamed(swapaxes, {"dim0": "axis1", "dim1": "axis2"}),
    "masked_fill": gathering.masked_fill, "gather": gathering.gather,
    "index_select": gathering.index_select,
    "scatter_add": gathering.scatter_add,
    "index_put": renamed(gathering.index_put, {"indices": "index", "values": "value"}),
    "matrix_power": np.linalg.matrix_power, "allclose": np.allclose, "bincount": np.bincount,
    "isclose": np.isclose, "outer": np.outer,
})

# -- the words of a call decide; see words.py


def _sort(self: Tensor, dim: int = -1, descending: bool = False, **keywords: Any) -> Any:
    """``(values, indices)``; see ranking.sort."""
    if not keywords.keys() <= {"stable"}:
        raise TypeError(
            f"x.sort({', '.join(f'{k}=' for k in keywords)}): with these words NumPy sorts in "
            f"place, which a tensor cannot be; np.sort(x, axis=...) gives the sorted values, and "
            f"x.sort(dim, descending) PyTorch's (values, indices)"
        )
    return ranking.sort(self, dim, descending)


def _flatten(self: Tensor, *args: Any, **keywords: Any) -> Any:
    """``x.flatten(start_dim, end_dim)``; with an order, or without words, NumPy's."""
    by_order = keywords.keys() == {"order"} or (args and isinstance(args[0], str))
    return (_numpy(np.ravel) if by_order else shapes.flatten)(self, *args, **keywords)


def _permute(self: Tensor, *axes: Any) -> Any:
    """``x.permute(1, 0)`` or ``x.permute((1, 0))``: the axes in another order."""
    return transpose(self, axes=axes[0] if len(axes) == 1 else axes or None)


def _nonzero(self: Tensor, *, as_tuple: bool = True) -> Any:
    """The indices of what is not 0, an array for each axis; as_tuple=False: a row for each."""
    return _numpy(np.nonzero if as_tuple else np.argwhere)(self)


def _view(self: Tensor, *shape: Any, **keywords: Any) -> Any:
    """``x.view(2, 3)``: x.reshape(2, 3)."""
    if keywords.keys() == {"size"}:
        shape = (keywords["size"],)
    elif keywords or not shape or isinstance(shape[0], type | np.dtype | str):
        raise TypeError(
            "x.view(shape) gives x another shape; the bytes as another dtype have no derivative: "
            "x.astype(dtype) converts the values, x.numpy().view(dtype) reads the bytes"
        )
    return reshape(self, shape=shape[0] if len(shape) == 1 else shape)


def _by_words(function: Any, method: Method, plain: str = "NumPy") -> Over:
    return Over(lambda numpys: by_words(function, numpys, method, plain))


_attach({
    "max": _by_words(np.max, ranking.max), "min": _by_words(np.min, ranking.min),
    "std": _by_words(np.std, measures.std), "var": _by_words(np.var, measures.var),
    "squeeze": _by_words(np.squeeze, shapes.squeeze),
    "transpose": _by_words(np.transpose, shapes.transpose),
    "argsort": _by_words(np.argsort, ranking.argsort),
    "norm": _by_words(np.linalg.norm, measures.norm, plain="PyTorch"),
    "median": _by_words(np.median, ranking.median, plain="PyTorch"),
    "nanmedian": _by_words(np.nanmedian, ranking.nanmedian, plain="PyTorch"),
    "permute": _several(_permute, "dims", "axes"), "sort": _sort, "flatten": _flatten,
    "nonzero": _nonzero, "view": _view,
})

# -- shapes, dtypes, and others like it


def _cut(name: str) -> Method:
    def call(self: Tensor, indices_or_sections: Any) -> tuple[Any, ...]:
        return tuple(_numpy(getattr(np, name))(self, indices_or_sections))

    call.__name__, call.__doc__ = name, f"np.{name}(x, indices_or_sections), as a tuple"
    return call


def _like_shape(self: Tensor, other: Any) -> Any:
    """``x.reshape(other.shape)``"""
    return reshape(self, shape=np.shape(other))


def _expand(self: Tensor, *shape: Any) -> Any:
    """x repeated to a shape that it broadcasts to; -1 keeps a length."""
    wanted = shape[0] if len(shape) == 1 and not np.isscalar(shape[0]) else shape
    new = len(wanted) - self.ndim
    full = [
        self.shape[k - new] if n == -1 and k >= new else n for k, n in enumerate(wanted)
    ]
    return np.broadcast_to(self, tuple(full))


def _expand_as(self: Tensor, other: Any) -> Any:
    """x repeated to the shape of `other`."""
    return np.broadcast_to(self, np.shape(other))


def _t(self: Tensor) -> Any:
    """The transpose of a matrix; a vector as it is."""
    if self.ndim > 2:
        raise ValueError(f"t() of a tensor of shape {self.shape}: wanted at most two axes; use .mT")
    return transpose(self)


def _where(self: Tensor, condition: Any, other: Any) -> Any:
    """x where `condition` is true, else `other`."""
    return np.where(condition, self, other)


def _pow(self: Tensor, exponent: Any) -> Any:
    """``x ** exponent``"""
    return self**exponent


def _equal(self: Tensor, other: Any) -> bool:
    """Whether `other` has the same shape and entries."""
    return bool(np.array_equal(detached(self), detached(other)))


def _softmax(of: Callable[..., Any]) -> Method:
    def call(self: Tensor, dim: int = -1, dtype: Any = None) -> Any:
        return of(self if dtype is None else self.astype(dtype), axis=dim)

    call.__name__, call.__doc__ = of.__name__, of.__doc__
    return either(call)


_attach({
    "view_as": _like_shape, "reshape_as": _like_shape, "expand_as": _expand_as,
    "expand": _several(_expand, "size"), "broadcast_to": _several(_expand, "size", "shape"),
    "t": _t, "H": property(_t), "mH": property(matrix_transpose), "where": _where,
    "polygamma": polygamma, "pow": _pow, "equal": _equal,
    **{name: _cut(name) for name in ("hsplit", "vsplit", "dsplit")},
    "softmax": _softmax(layers.softmax), "log_softmax": _softmax(layers.log_softmax),
    "real": property(complex_parts.real), "imag": property(complex_parts.imag),
})
