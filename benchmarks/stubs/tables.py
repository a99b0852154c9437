"""What a living signature does not say: the types of arguments by their names, the results that are
no single Tensor, and the methods whose results depend on the words of the call.
"""

__all__ = [
    "ALIASES", "BY_NAME", "HEAD", "HEAD_OF_FUNCTIONS", "IN_METHODS", "NOT_OURS", "OPERATORS", "PROPERTIES", "REDUCTION",
    "RESULTS", "RESULTS_OF_FUNCTIONS", "WORDS", "WRITTEN",
]

# The type of an argument that is annotated Any, by its name; any other is ArrayLike.
BY_NAME = {
    "axes": "Axes", "axis": "Axis", "axis1": "int", "axis2": "int", "casting": "str",
    "copy": "bool", "ddof": "float", "decimals": "int", "destination": "Ints", "device": "str | None",
    "dim": "Axis", "dtype": "DTypeLike | None", "equal_nan": "bool", "interpolation": "str",
    "k": "int", "keepdim": "bool", "keepdims": "bool", "kind": "str | None", "length": "int",
    "n": "int", "offset": "int", "order": "str | None", "out": "None", "p": "float | str",
    "reduce": "str | None", "side": "Literal['left', 'right']", "size": "Ints", "sizes": "Ints", "sorter": "None",
    "stable": "bool | None", "subok": "bool", "atol": "float", "rtol": "float",
    "indices_or_sections": "Ints", "split_size_or_sections": "Ints",
}
ALIASES = {"Rng": "np.random.Generator | int"}  # what annotations are called in their own files
IN_METHODS = {"moveaxis": {"source": "Ints"}, "movedim": {"source": "Ints"}}

# The result of a method that is not annotated with one, where it is not a Tensor.
RESULTS = {
    "allclose": "bool", "dim": "int", "element_size": "int", "is_complex": "bool",
    "is_contiguous": "bool", "is_floating_point": "bool", "ndimension": "int", "nelement": "int",
    "numel": "int", "cuda": "Never", "backward": "None", "slogdet": "SlogdetResult", "qr": "QRResult",
    "__divmod__": "tuple[Tensor, Tensor]", "__rdivmod__": "tuple[Tensor, Tensor]",
}

PROPERTIES = {"device": "str", "itemsize": "int", "nbytes": "int"}

RESULTS_OF_FUNCTIONS = {
    **dict.fromkeys(("fft", "ifft", "rfft"), "tuple[Tensor, Tensor]"),
    "lu": "tuple[Tensor, Tensor, Tensor]",
}

# The words of PyTorch for the arguments of NumPy, which a method understands too.
REDUCTION = "dim: Axis = ..., keepdim: bool = ..."
_WORDS = {
    REDUCTION: """
        sum mean prod amax amin all any argmax argmin logsumexp count_nonzero nansum nanmean""",
    "dim: int = ...": "cumsum cumprod unbind diff",
    "axis: int = ...": "softmax log_softmax",
    "diagonal: int = ...": "tril triu diag diagflat",
    "dim1: int = ..., dim2: int = ...": "diagonal",
    "dims: Sequence[int] = ...": "rot90",
}
WORDS = {name: words for words, names in _WORDS.items() for name in names.split()}

# Those whose results or arguments hang together in a way that a signature cannot say.
_RANKED = """\
@overload
def {0}(self, axis: Axis = None, out: None = None, keepdims: Literal[False] = False, *, initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor: ...
@overload
def {0}(self, axis: Axis = None, out: None = None, *, keepdims: bool, initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor: ...
@overload
def {0}(self, axis: int, keepdim: bool, /) -> Ranked: ...
@overload
def {0}(self, *, dim: int, keepdim: bool = False) -> Ranked: ...
"""
_MEDIAN = """\
@overload
def {0}(self) -> Tensor: ...
@overload
def {0}(self, dim: int, keepdim: bool = False) -> Ranked: ...
@overload
def {0}(self, *, axis: Axis = None, keepdims: bool = False) -> Tensor: ...
"""
_SPREAD = """\
@overload
def {0}(self, axis: Axis | bool = None, dtype: DTypeLike | bool | None = None, out: None = None, ddof: float = 0, keepdims: bool = False, *, where: ArrayLike = ..., mean: ArrayLike = ..., correction: float = ...) -> Tensor: ...
@overload
def {0}(self, dim: Axis = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None) -> Tensor: ...
"""
_SHAPED = """\
@overload
def {0}(self, {1}: Sequence[int], /) -> Tensor: ...
@overload
def {0}(self, *{1}: int) -> Tensor: ...
@overload
def {0}(self, *, {2}: Ints) -> Tensor: ...
"""
_NEW = """\
@overload
def {0}(self, size: Sequence[int], /, *, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor: ...
@overload
def {0}(self, *size: int, dtype: DTypeLike | None = None, requires_grad: bool = False) -> Tensor: ...
"""
_SELF = {"zero_": "", "detach_": "", "fill_": ", value: ArrayLike", "copy_": ", source: ArrayLike"}
WRITTEN = {
    **{name: f"def {name}(self{more}) -> Self: ...\n" for name, more in _SELF.items()},
    **{name: _RANKED.format(name) for name in ("max", "min")},
    **{name: _MEDIAN.format(name) for name in ("median", "nanmedian")},
    **{name: _SPREAD.format(name) for name in ("std", "var")},
    **{name: _NEW.format(name) for name in ("new_zeros", "new_ones", "new_empty")},
    "expand": _SHAPED.format("expand", "size", "size"),
    "broadcast_to": _SHAPED.format("broadcast_to", "size", "shape"),
    "permute": _SHAPED.format("permute", "dims", "dims"),
    "view": _SHAPED.format("view", "shape", "size"),
    "flip": _SHAPED.format("flip", "dims", "dims"),
    "tile": _SHAPED.format("tile", "dims", "dims"),
    "sum_to_size": _SHAPED.format("sum_to_size", "size", "size"),
    "stride": """\
@overload
def stride(self) -> tuple[int, ...]: ...
@overload
def stride(self, dim: int) -> int: ...
""",
    "unique": """\
@overload
def unique(self, sorted: bool = True, return_inverse: Literal[False] = False, return_counts: Literal[False] = False, dim: int | None = None) -> Tensor: ...
@overload
def unique(self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None) -> tuple[Tensor, ...]: ...
""",
    "reshape": """\
@overload
def reshape(self, shape: Ints, *, order: str = "C", copy: bool | None = None) -> Tensor: ...
@overload
def reshape(self, *sizes: int, order: str = "C", copy: bool | None = None) -> Tensor: ...
""",
    "transpose": """\
@overload
def transpose(self, axes: Sequence[int] | None = None, /) -> Tensor: ...
@overload
def transpose(self, *axes: int) -> Tensor: ...
@overload
def transpose(self, *, axes: Sequence[int] | None) -> Tensor: ...
@overload
def transpose(self, *, dim0: int, dim1: int) -> Tensor: ...
""",
    "flatten": """\
@overload
def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor: ...
@overload
def flatten(self, order: str) -> Tensor: ...
""",
    "nonzero": """\
@overload
def nonzero(self, *, as_tuple: Literal[True] = True) -> tuple[Tensor, ...]: ...
@overload
def nonzero(self, *, as_tuple: Literal[False]) -> Tensor: ...
""",
    "norm": """\
@overload
def norm(self, p: float | str | None = "fro", dim: Axis = None, keepdim: bool = False, dtype: DTypeLike | None = None) -> Tensor: ...
@overload
def norm(self, *, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Tensor: ...
""",
    "sort": "def sort(self, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> Ranked: ...\n",
    "argsort": """\
@overload
def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor: ...
@overload
def argsort(self, axis: int | None = -1, kind: str | None = None, *, stable: bool | None = None) -> Tensor: ...
""",
    "squeeze": """\
@overload
def squeeze(self, axis: Axis = None) -> Tensor: ...
@overload
def squeeze(self, *, dim: Axis) -> Tensor: ...
""",
    "take": """\
@overload
def take(self, indices: ArrayLike, axis: int | None = None, out: None = None, mode: str = "raise") -> Tensor: ...
@overload
def take(self, index: ArrayLike) -> Tensor: ...
""",
    "unsqueeze": """\
@overload
def unsqueeze(self, axis: Ints) -> Tensor: ...
@overload
def unsqueeze(self, *, dim: int) -> Tensor: ...
""",
    "roll": """\
@overload
def roll(self, shift: Ints, axis: Axis = None, *, dims: Axis = ...) -> Tensor: ...
@overload
def roll(self, *, shifts: Ints, dims: Axis = None) -> Tensor: ...
""",
    "to": """\
@overload
def to(self, dtype: DTypeLike | None = None, *, device: str | None = None, non_blocking: bool = ..., copy: bool = ...) -> Tensor: ...
@overload
def to(self, other: Tensor, /) -> Tensor: ...
""",
    "type": """\
@overload
def type(self) -> str: ...
@overload
def type(self, dtype: DTypeLike) -> Tensor: ...
""",
    "swapdims": """\
@overload
def swapdims(self, axis1: int, axis2: int) -> Tensor: ...
@overload
def swapdims(self, *, dim0: int, dim1: int) -> Tensor: ...
""",
    **{name: f"""\
@overload
def {name}(self, axis: int, index: ArrayLike{source.format('source')}) -> Tensor: ...
@overload
def {name}(self, *, dim: int, index: ArrayLike{source.format('src')}) -> Tensor: ...
""" for name, source in (
        ("gather", ""), ("index_select", ""), ("scatter_add", ", {}: ArrayLike"))},
    "index_put": """\
@overload
def index_put(self, index: Any, value: ArrayLike, accumulate: bool = False) -> Tensor: ...
@overload
def index_put(self, *, indices: Any, values: ArrayLike, accumulate: bool = False) -> Tensor: ...
""",
}

# Attributes of NumPy's scalars that a Tensor has not.
NOT_OURS = (
    "base", "byteswap", "choose", "dump", "dumps", "fill", "flags", "flat", "getfield", "put",
    "resize", "setfield", "setflags", "strides", "to_device", "tobytes", "tofile", "__call__",
)

OPERATORS = {
    "binary": "add sub mul truediv floordiv mod pow matmul divmod and or xor lshift rshift",
    "compared": "lt le gt ge eq ne",
    "unary": "neg pos abs invert",
}

HEAD = '''\
# mypy: disable-error-code="assignment, misc, override"
"""Written by ``python -m benchmarks.stubs`` from the living class, with NumPy {numpy}; do not edit.

NumPy's stubs have no word for an object that answers NumPy's functions itself. So a Tensor is said
to be one of NumPy's scalars here, whose array has entries that are Tensors and objects: its
functions then take a Tensor everywhere, and call the result a Tensor or Any where they can. At run
time a Tensor is no scalar.
"""

import builtins
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Never, Self, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .tensor import Tensor

Axis: TypeAlias = int | Sequence[int] | None
Axes: TypeAlias = Sequence[int] | None
Ints: TypeAlias = int | Sequence[int]
Index: TypeAlias = Any  # what NumPy indexes with: numbers, slices, None, ..., arrays, Tensors, tuples

class _Tensor(Tensor, np.object_): ...

Entries: TypeAlias = np.ndarray[Any, np.dtype[_Tensor]]  # what NumPy finds in a Tensor

class Ranked(NamedTuple):
    """Values, and where they are along the axis."""

    values: Tensor
    indices: Tensor

class Extremes(NamedTuple):
    """The smallest and the largest entries."""

    min: Tensor
    max: Tensor

class SVD(NamedTuple):
    """input = U diag(S) Vᵀ."""

    U: Tensor
    S: Tensor
    V: Tensor

class LU(NamedTuple):
    """The factors of a matrix in one, and the pivots."""

    LU: Tensor
    pivots: Tensor

class TriangularSolve(NamedTuple):
    """The solution, and the matrix."""

    solution: Tensor
    cloned_coefficient: Tensor

class QRResult(NamedTuple):
    """input = Q R."""

    Q: Tensor
    R: Tensor

class SlogdetResult(NamedTuple):
    """The sign of a determinant, and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor

'''

HEAD_OF_FUNCTIONS = '''\
"""Written by ``python -m benchmarks.stubs`` from the living functions, NumPy {numpy}; do not edit."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..engine.methods import Extremes, Ints, Ranked
from ..engine.tensor import Tensor
'''
