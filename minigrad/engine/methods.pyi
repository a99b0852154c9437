# mypy: disable-error-code="assignment, misc, override"
"""Written by ``python -m benchmarks.stubs`` from the living class, with NumPy 2.4; do not edit.

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

class Methods(np.generic):
    def __add__(self, other: ArrayLike, /) -> Tensor: ...
    def __radd__(self, other: ArrayLike, /) -> Tensor: ...
    def __iadd__(self, other: ArrayLike, /) -> Self: ...
    def __sub__(self, other: ArrayLike, /) -> Tensor: ...
    def __rsub__(self, other: ArrayLike, /) -> Tensor: ...
    def __isub__(self, other: ArrayLike, /) -> Self: ...
    def __mul__(self, other: ArrayLike, /) -> Tensor: ...
    def __rmul__(self, other: ArrayLike, /) -> Tensor: ...
    def __imul__(self, other: ArrayLike, /) -> Self: ...
    def __truediv__(self, other: ArrayLike, /) -> Tensor: ...
    def __rtruediv__(self, other: ArrayLike, /) -> Tensor: ...
    def __itruediv__(self, other: ArrayLike, /) -> Self: ...
    def __floordiv__(self, other: ArrayLike, /) -> Tensor: ...
    def __rfloordiv__(self, other: ArrayLike, /) -> Tensor: ...
    def __ifloordiv__(self, other: ArrayLike, /) -> Self: ...
    def __mod__(self, other: ArrayLike, /) -> Tensor: ...
    def __rmod__(self, other: ArrayLike, /) -> Tensor: ...
    def __imod__(self, other: ArrayLike, /) -> Self: ...
    def __pow__(self, other: ArrayLike, /) -> Tensor: ...
    def __rpow__(self, other: ArrayLike, /) -> Tensor: ...
    def __ipow__(self, other: ArrayLike, /) -> Self: ...
    def __matmul__(self, other: ArrayLike, /) -> Tensor: ...
    def __rmatmul__(self, other: ArrayLike, /) -> Tensor: ...
    def __imatmul__(self, other: ArrayLike, /) -> Self: ...
    def __divmod__(self, other: ArrayLike, /) -> tuple[Tensor, Tensor]: ...
    def __rdivmod__(self, other: ArrayLike, /) -> tuple[Tensor, Tensor]: ...
    def __and__(self, other: ArrayLike, /) -> Tensor: ...
    def __rand__(self, other: ArrayLike, /) -> Tensor: ...
    def __iand__(self, other: ArrayLike, /) -> Self: ...
    def __or__(self, other: ArrayLike, /) -> Tensor: ...
    def __ror__(self, other: ArrayLike, /) -> Tensor: ...
    def __ior__(self, other: ArrayLike, /) -> Self: ...
    def __xor__(self, other: ArrayLike, /) -> Tensor: ...
    def __rxor__(self, other: ArrayLike, /) -> Tensor: ...
    def __ixor__(self, other: ArrayLike, /) -> Self: ...
    def __lshift__(self, other: ArrayLike, /) -> Tensor: ...
    def __rlshift__(self, other: ArrayLike, /) -> Tensor: ...
    def __ilshift__(self, other: ArrayLike, /) -> Self: ...
    def __rshift__(self, other: ArrayLike, /) -> Tensor: ...
    def __rrshift__(self, other: ArrayLike, /) -> Tensor: ...
    def __irshift__(self, other: ArrayLike, /) -> Self: ...
    def __lt__(self, other: Any, /) -> Tensor: ...
    def __le__(self, other: Any, /) -> Tensor: ...
    def __gt__(self, other: Any, /) -> Tensor: ...
    def __ge__(self, other: Any, /) -> Tensor: ...
    def __eq__(self, other: Any, /) -> Tensor: ...
    def __ne__(self, other: Any, /) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __round__(self, ndigits: SupportsIndex = 0) -> Tensor: ...
    def __getitem__(self, index: Index, /) -> Tensor: ...
    def __setitem__(self, index: Index, value: ArrayLike, /) -> None: ...
    def __hash__(self) -> builtins.int: ...
    @property
    def shape(self) -> tuple[builtins.int, ...]: ...
    @property
    def ndim(self) -> builtins.int: ...
    @property
    def size(self) -> builtins.int: ...
    def item(self) -> Any: ...
    def __deepcopy__(self, memo: dict[builtins.int, Any], /) -> Self: ...
    def __array__(self, dtype: Any = None, copy: Any = None) -> Entries: ...
    def __new__(cls, *args: Any, **keywords: Any) -> Self: ...

    @property
    def H(self) -> Tensor:
        """The transpose of a matrix; a vector as it is."""

    @property
    def T(self) -> Tensor:
        """x with its axes permuted (default: reversed)"""

    def abs(self) -> Tensor:
        """|x|; slope 0 at 0 As np.abs."""

    def abs_(self) -> Self:
        """x[...] = x.abs(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def absolute(self) -> Tensor:
        """|x|; slope 0 at 0 np.absolute(x)"""

    def acos(self) -> Tensor:
        """arccos(x); slope -∞ at ±1 np.arccos(x)"""

    def acosh(self) -> Tensor:
        """arccosh(x); slope ∞ at 1 np.arccosh(x)"""

    def add(self, other: ArrayLike, *, alpha: builtins.float = 1) -> Tensor:
        """input + alpha · other"""

    def add_(self, other: ArrayLike, *, alpha: builtins.float = 1) -> Self:
        """x[...] = x.add(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def addbmm(self, batch1: ArrayLike, batch2: ArrayLike, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta · input + alpha · Σ_b batch1[b] @ batch2[b]: (B, n, k) and (B, k, m) → (n, m)."""

    def addcdiv(self, tensor1: ArrayLike, tensor2: ArrayLike, *, value: builtins.float = 1) -> Tensor:
        """input + value · tensor1 / tensor2"""

    def addcdiv_(self, tensor1: ArrayLike, tensor2: ArrayLike, *, value: builtins.float = 1) -> Self:
        """x[...] = x.addcdiv(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def addcmul(self, tensor1: ArrayLike, tensor2: ArrayLike, *, value: builtins.float = 1) -> Tensor:
        """input + value · tensor1 · tensor2"""

    def addcmul_(self, tensor1: ArrayLike, tensor2: ArrayLike, *, value: builtins.float = 1) -> Self:
        """x[...] = x.addcmul(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def addmm(self, mat1: ArrayLike, mat2: ArrayLike, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta · input + alpha · mat1 @ mat2, for matrices."""

    def addmv(self, mat: ArrayLike, vec: ArrayLike, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta · input + alpha · mat @ vec"""

    def addr(self, vec1: ArrayLike, vec2: ArrayLike, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta · input + alpha · vec1 vec2ᵀ"""

    def adjoint(self) -> Tensor:
        """Each matrix in the last two axes transposed. np.matrix_transpose(x)"""

    def all(self, axis: Axis = None, out: builtins.bool | None = None, keepdims: builtins.bool = ..., *, where: ArrayLike = ..., dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Test whether all array elements along a given axis evaluate to True. No gradient flows through it. As np.all; understands PyTorch's dim and keepdim too."""

    def allclose(self, b: ArrayLike, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> builtins.bool:
        """Returns True if two arrays are element-wise equal within a tolerance. No gradient flows through it. As PyTorch's."""

    def amax(self, axis: Axis = None, out: builtins.bool | None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ..., *, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """max x along axis; equal shares at ties As np.amax; understands PyTorch's dim and keepdim too."""

    def amin(self, axis: Axis = None, out: builtins.bool | None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ..., *, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """min x along axis; equal shares at ties As np.amin; understands PyTorch's dim and keepdim too."""

    def aminmax(self, *, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Extremes:
        """``(min, max)`` along dim, or of all entries; equal shares of the gradient at ties."""

    def any(self, axis: Axis = None, out: builtins.bool | None = None, keepdims: builtins.bool = ..., *, where: ArrayLike = ..., dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Test whether any array element along a given axis evaluates to True. No gradient flows through it. As np.any; understands PyTorch's dim and keepdim too."""

    def arccos(self) -> Tensor:
        """arccos(x); slope -∞ at ±1 As np.arccos."""

    def arccosh(self) -> Tensor:
        """arccosh(x); slope ∞ at 1 As np.arccosh."""

    def arcsin(self) -> Tensor:
        """arcsin(x); slope ∞ at ±1 As np.arcsin."""

    def arcsinh(self) -> Tensor:
        """arcsinh(x) As np.arcsinh."""

    def arctan(self) -> Tensor:
        """arctan(x) As np.arctan."""

    def arctan2(self, other: ArrayLike) -> Tensor:
        """the angle of the point (y, x); slope 0 at the origin np.arctan2(x, other)"""

    def arctanh(self) -> Tensor:
        """arctanh(x); slope ∞ at ±1 As np.arctanh."""

    def argmax(self, axis: Axis = None, out: builtins.bool | None = None, *, keepdims: builtins.bool = ..., dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Returns the indices of the maximum values along an axis. No gradient flows through it. As np.argmax; understands PyTorch's dim and keepdim too."""

    def argmin(self, axis: Axis = None, out: builtins.bool | None = None, *, keepdims: builtins.bool = ..., dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Returns the indices of the minimum values along an axis. No gradient flows through it. As np.argmin; understands PyTorch's dim and keepdim too."""

    def argpartition(self, kth: ArrayLike, axis: Axis = -1, kind: str | None = 'introselect', order: str | None = None) -> Tensor:
        """Perform an indirect partition along the given axis using the algorithm specified by the `kind`. No gradient flows through it. As np.argpartition."""

    @overload
    def argsort(self, dim: builtins.int = -1, descending: builtins.bool = False, stable: builtins.bool = True) -> Tensor: ...
    @overload
    def argsort(self, axis: builtins.int | None = -1, kind: str | None = None, *, stable: builtins.bool | None = None) -> Tensor:
        """Returns the indices that would sort an array."""

    def argwhere(self) -> Tensor:
        """Find the indices of array elements that are non-zero, grouped by element. np.argwhere(x)"""

    def asin(self) -> Tensor:
        """arcsin(x); slope ∞ at ±1 np.arcsin(x)"""

    def asinh(self) -> Tensor:
        """arcsinh(x) np.arcsinh(x)"""

    def astype(self, dtype: DTypeLike | None, order: str | None = None, casting: str = 'unsafe', subok: builtins.bool = True, copy: builtins.bool = True, device: str | None = None) -> Tensor:
        """x converted to another dtype. Integers and booleans have derivative 0, so the result does not require grad then; complex numbers are refused, because their gradient would be lost. As np.astype."""

    def atan(self) -> Tensor:
        """arctan(x) np.arctan(x)"""

    def atan2(self, other: ArrayLike) -> Tensor:
        """the angle of the point (y, x); slope 0 at the origin np.arctan2(x, other)"""

    def atanh(self) -> Tensor:
        """arctanh(x); slope ∞ at ±1 np.arctanh(x)"""

    def baddbmm(self, batch1: ArrayLike, batch2: ArrayLike, *, beta: builtins.float = 1, alpha: builtins.float = 1) -> Tensor:
        """beta · input + alpha · batch1 @ batch2, for stacks of matrices (B, n, k) and (B, k, m)."""

    def bincount(self, weights: ArrayLike | None = None, minlength: builtins.int = 0) -> Tensor:
        """How often each of 0, 1, 2, ... occurs in x, or the sum of the weights where it does, in float64. As PyTorch's."""

    def bitwise_and(self, other: ArrayLike) -> Tensor:
        """Compute the bit-wise AND of two arrays element-wise. np.bitwise_and(x, other)"""

    def bitwise_left_shift(self, other: ArrayLike) -> Tensor:
        """Shift the bits of an integer to the left. np.left_shift(x, other)"""

    def bitwise_not(self) -> Tensor:
        """Compute bit-wise inversion, or bit-wise NOT, element-wise. np.invert(x)"""

    def bitwise_or(self, other: ArrayLike) -> Tensor:
        """Compute the bit-wise OR of two arrays element-wise. np.bitwise_or(x, other)"""

    def bitwise_right_shift(self, other: ArrayLike) -> Tensor:
        """Shift the bits of an integer to the right. np.right_shift(x, other)"""

    def bitwise_xor(self, other: ArrayLike) -> Tensor:
        """Compute the bit-wise XOR of two arrays element-wise. np.bitwise_xor(x, other)"""

    def bmm(self, other: ArrayLike) -> Tensor:
        """x @ y np.matmul(x, other)"""

    def bool(self) -> Tensor:
        """x converted to bool As PyTorch's."""

    @overload
    def broadcast_to(self, size: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def broadcast_to(self, *size: builtins.int) -> Tensor: ...
    @overload
    def broadcast_to(self, *, shape: Ints) -> Tensor:
        """x repeated to a shape that it broadcasts to; -1 keeps a length. As PyTorch's."""

    def byte(self) -> Tensor:
        """x converted to uint8 As PyTorch's."""

    def cdist(self, x2: ArrayLike, p: builtins.float = 2) -> Tensor:
        """The distance of every row of x1 (..., P, M) to every row of x2 (..., R, M): (..., P, R)."""

    def ceil(self) -> Tensor:
        """the smallest integer ≥ x; slope 0 As np.ceil."""

    def ceil_(self) -> Self:
        """x[...] = x.ceil(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def char(self) -> Tensor:
        """x converted to int8 As PyTorch's."""

    def cholesky(self, upper: builtins.bool = False) -> Tensor:
        """The lower triangular L with L Lᵀ = input, or with `upper` the upper triangular Lᵀ."""

    def chunk(self, chunks: builtins.int, dim: builtins.int = 0) -> tuple[Tensor, ...]:
        """So many parts along an axis, all but the last one of equal length."""

    def clamp(self, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Tensor:
        """x with what is below `min` or above `max` moved there; None for no bound."""

    def clamp_(self, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Self:
        """x[...] = x.clamp(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def clamp_max(self, max: ArrayLike) -> Tensor:
        """min(x, max); slope 1 on the bound"""

    def clamp_min(self, min: ArrayLike) -> Tensor:
        """max(x, min); slope 1 on the bound"""

    def clip(self, a_min: ArrayLike | None = None, a_max: ArrayLike | None = None, out: None = None, *, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Tensor:
        """min(max(a, a_min), a_max), or with min and max; None for no bound; slope 1 on the bounds."""

    def clip_(self, a_min: ArrayLike | None = None, a_max: ArrayLike | None = None, out: None = None, *, min: ArrayLike | None = None, max: ArrayLike | None = None) -> Self:
        """x[...] = x.clip(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def clone(self, order: str = 'K', subok: builtins.bool = False) -> Tensor:
        """x, as a node of its own."""

    def compress(self, condition: ArrayLike, axis: builtins.int | None = None) -> Tensor:
        """The entries along axis (of all, where it is None) where `condition` is true. As np.compress."""

    def conj(self) -> Tensor:
        """x, of real numbers np.conjugate(x)"""

    def conj_physical(self) -> Tensor:
        """x, of real numbers np.conjugate(x)"""

    def conjugate(self) -> Tensor:
        """x, of real numbers np.conjugate(x)"""

    def contiguous(self) -> Tensor:
        """x; where its entries lie does not matter here. As PyTorch's."""

    def copy(self, order: str = 'K', subok: builtins.bool = False) -> Tensor:
        """x, as a node of its own. As np.copy."""

    def copy_(self, source: ArrayLike) -> Self:
        """x[...] = source; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def copysign(self, other: ArrayLike) -> Tensor:
        """|x| with the sign of y np.copysign(x, other)"""

    def corrcoef(self) -> Tensor:
        """The correlations of the variables, which are the rows, from -1 to 1."""

    def cos(self) -> Tensor:
        """cos(x) As np.cos."""

    def cos_(self) -> Self:
        """x[...] = x.cos(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def cosh(self) -> Tensor:
        """cosh(x) As np.cosh."""

    def count_nonzero(self, axis: Axis = None, *, keepdims: builtins.bool = False, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Counts the number of non-zero values in the array ``a``. No gradient flows through it. As np.count_nonzero; understands PyTorch's dim and keepdim too."""

    def cov(self, *, correction: builtins.int = 1, fweights: ArrayLike | None = None, aweights: ArrayLike | None = None) -> Tensor:
        """The covariances of the variables, which are the rows: (n, T) → (n, n), over T - correction."""

    def cpu(self) -> Tensor:
        """x; the CPU is the only device. As PyTorch's."""

    def cross(self, other: ArrayLike, dim: builtins.int | None = None) -> Tensor:
        """input × other of vectors of 3 components along dim; None: along the first axis of length 3."""

    def cuda(self, device: str | None = None) -> Never:
        """Raises ValueError: NumPy computes on the CPU. As PyTorch's."""

    def cummax(self, dim: builtins.int) -> Ranked:
        """``(values, indices)``: the largest entry so far along dim, and the last place where it was."""

    def cummin(self, dim: builtins.int) -> Ranked:
        """``(values, indices)``: the smallest entry so far along dim, and the last place where it was."""

    def cumprod(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, *, dim: builtins.int = ...) -> Tensor:
        """x₁ · ... · xₖ for each k along axis As np.cumprod; understands PyTorch's dim too."""

    def cumprod_(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, *, dim: builtins.int = ...) -> Self:
        """x[...] = x.cumprod(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def cumsum(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, *, dim: builtins.int = ...) -> Tensor:
        """x₁ + ... + xₖ for each k along axis As np.cumsum; understands PyTorch's dim too."""

    def cumsum_(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, *, dim: builtins.int = ...) -> Self:
        """x[...] = x.cumsum(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def deg2rad(self) -> Tensor:
        """x π / 180 np.deg2rad(x)"""

    def det(self) -> Tensor:
        """the determinant; singular x have derivatives of order 1 and 2 too np.det(x)"""

    def detach_(self) -> Self:
        """Leave the graph in place: x becomes a leaf that does not require grad; returns x."""

    @property
    def device(self) -> str:
        """Where it lies: "cpu"."""

    def diag(self, k: builtins.int = 0, *, diagonal: builtins.int = ...) -> Tensor:
        """Diagonal k of a matrix, or the matrix that has a vector on its diagonal k. As np.diag; understands PyTorch's diagonal too."""

    def diag_embed(self, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1) -> Tensor:
        """Matrices, in the axes dim1 and dim2, with the last axis of `input` on a diagonal."""

    def diagflat(self, k: builtins.int = 0, *, diagonal: builtins.int = ...) -> Tensor:
        """The matrix with all entries of v on its diagonal k. As np.diagflat; understands PyTorch's diagonal too."""

    def diagonal(self, offset: builtins.int = 0, axis1: builtins.int = 0, axis2: builtins.int = 1, *, dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
        """the entries of x on a diagonal of two axes, as a last axis As np.diagonal; understands PyTorch's dim1 and dim2 too."""

    def diff(self, n: builtins.int = 1, axis: builtins.int = -1, prepend: ArrayLike | None = None, append: ArrayLike | None = None, *, dim: builtins.int = ...) -> Tensor:
        """The n-th differences along axis, of a with what is prepended and appended. As np.diff; understands PyTorch's dim too."""

    def digamma(self) -> Tensor:
        """ψ(x) = Γ'(x) / Γ(x), the derivative of ln |Γ(x)|"""

    def dim(self) -> builtins.int:
        """How many axes there are: x.ndim. As PyTorch's."""

    def dist(self, other: ArrayLike, p: builtins.float = 2) -> Tensor:
        """``norm(input - other, p)``; the two broadcast."""

    def div(self, other: ArrayLike, *, rounding_mode: str | None = None) -> Tensor:
        """input / other; rounded towards 0 with rounding_mode "trunc", down with "floor": slope 0."""

    def div_(self, other: ArrayLike, *, rounding_mode: str | None = None) -> Self:
        """x[...] = x.div(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def divide(self, other: ArrayLike, *, rounding_mode: str | None = None) -> Tensor:
        """input / other; rounded towards 0 with rounding_mode "trunc", down with "floor": slope 0."""

    def dot(self, b: ArrayLike, out: None = None) -> Tensor:
        """Σ over the last axis of a and the last but one of b; with a number, the product by it. As np.dot."""

    def double(self) -> Tensor:
        """x converted to float64 As PyTorch's."""

    def dsplit(self, indices_or_sections: Ints) -> tuple[Tensor, ...]:
        """np.dsplit(x, indices_or_sections), as a tuple As PyTorch's."""

    def element_size(self) -> builtins.int:
        """The bytes of one entry: x.itemsize. As PyTorch's."""

    def eq(self, other: ArrayLike) -> Tensor:
        """Return (x1 == x2) element-wise. np.equal(x, other)"""

    def equal(self, other: ArrayLike) -> builtins.bool:
        """Whether `other` has the same shape and entries. As PyTorch's."""

    def erf(self) -> Tensor:
        """2/√π ∫₀ˣ e^(-t²) dt"""

    def erf_(self) -> Self:
        """x[...] = x.erf(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def erfc(self) -> Tensor:
        """1 - erf(x), accurate where that is tiny"""

    def erfinv(self) -> Tensor:
        """the y with erf(y) = x, for -1 < x < 1; ±∞ at ±1"""

    def exp(self) -> Tensor:
        """eˣ As np.exp."""

    def exp2(self) -> Tensor:
        """2ˣ As np.exp2."""

    def exp_(self) -> Self:
        """x[...] = x.exp(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    @overload
    def expand(self, size: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def expand(self, *size: builtins.int) -> Tensor: ...
    @overload
    def expand(self, *, size: Ints) -> Tensor:
        """x repeated to a shape that it broadcasts to; -1 keeps a length. As PyTorch's."""

    def expand_as(self, other: ArrayLike) -> Tensor:
        """x repeated to the shape of `other`. As PyTorch's."""

    def expm1(self) -> Tensor:
        """eˣ - 1 As np.expm1."""

    def expm1_(self) -> Self:
        """x[...] = x.expm1(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def fill_(self, value: ArrayLike) -> Self:
        """x[...] = value; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def fix(self) -> Tensor:
        """x without its fraction; slope 0 np.fix(x)"""

    @overload
    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor: ...
    @overload
    def flatten(self, order: str) -> Tensor:
        """``x.flatten(start_dim, end_dim)``; with an order, or without words, NumPy's. x.flatten('F'): one axis, read in an order (NumPy) x.flatten(0, 1): the axes from start_dim to end_dim made one (PyTorch)"""

    @overload
    def flip(self, dims: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def flip(self, *dims: builtins.int) -> Tensor: ...
    @overload
    def flip(self, *, dims: Ints) -> Tensor:
        """`input` with its entries along dims, or all axes, in reverse order."""

    def fliplr(self) -> Tensor:
        """The columns in reverse order. np.fliplr(x)"""

    def flipud(self) -> Tensor:
        """The rows in reverse order. np.flipud(x)"""

    def float(self) -> Tensor:
        """x converted to float32 As PyTorch's."""

    def float_power(self, other: ArrayLike) -> Tensor:
        """xʸ in float64 at least np.float_power(x, other)"""

    def floor(self) -> Tensor:
        """the largest integer ≤ x; slope 0 As np.floor."""

    def floor_(self) -> Self:
        """x[...] = x.floor(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def floor_divide(self, other: ArrayLike) -> Tensor:
        """⌊x / y⌋; slope 0 np.floor_divide(x, other)"""

    def fmax(self, y: ArrayLike) -> Tensor:
        """the larger of x and y, or the one that is not NaN; ½ each at ties As np.fmax."""

    def fmin(self, y: ArrayLike) -> Tensor:
        """the smaller of x and y, or the one that is not NaN; ½ each at ties As np.fmin."""

    def fmod(self, other: ArrayLike) -> Tensor:
        """x - y trunc(x / y), with the sign of x np.fmod(x, other)"""

    def frac(self) -> Tensor:
        """x - trunc(x), with the sign of x"""

    @overload
    def gather(self, axis: builtins.int, index: ArrayLike) -> Tensor: ...
    @overload
    def gather(self, *, dim: builtins.int, index: ArrayLike) -> Tensor:
        """out[i, j, k] = input[i, index[i, j, k], k] for dim 1, likewise for any other."""

    def gcd(self, other: ArrayLike) -> Tensor:
        """Returns the greatest common divisor of ``|x1|`` and ``|x2|``. np.gcd(x, other)"""

    def ge(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 >= x2) element-wise. np.greater_equal(x, other)"""

    def ger(self, b: ArrayLike, out: None = None) -> Tensor:
        """a[i] b[j], of all entries of both. As PyTorch's."""

    def greater(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 > x2) element-wise. np.greater(x, other)"""

    def greater_equal(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 >= x2) element-wise. np.greater_equal(x, other)"""

    def gt(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 > x2) element-wise. np.greater(x, other)"""

    def half(self) -> Tensor:
        """x converted to float16 As PyTorch's."""

    def heaviside(self, other: ArrayLike) -> Tensor:
        """0 for x < 0, y at 0, 1 for x > 0; slope 0 np.heaviside(x, other)"""

    def histc(self, bins: builtins.int = 100, min: builtins.float = 0, max: builtins.float = 0) -> Tensor:
        """How many entries lie in each of so many equal parts of min to max, both 0 for those of the entries; without gradient."""

    def hsplit(self, indices_or_sections: Ints) -> tuple[Tensor, ...]:
        """np.hsplit(x, indices_or_sections), as a tuple As PyTorch's."""

    def hypot(self, other: ArrayLike) -> Tensor:
        """√(x² + y²); slope 0 at the origin np.hypot(x, other)"""

    @property
    def imag(self) -> Tensor:
        """0, for real numbers."""

    def index_add(self, dim: builtins.int, index: ArrayLike, source: ArrayLike, *, alpha: builtins.float = 1) -> Tensor:
        """`input` with alpha · source[..., k] added at [..., index[k]] along dim; what repeats adds up."""

    def index_add_(self, dim: builtins.int, index: ArrayLike, source: ArrayLike, *, alpha: builtins.float = 1) -> Self:
        """x[...] = x.index_add(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def index_copy(self, dim: builtins.int, index: ArrayLike, source: ArrayLike) -> Tensor:
        """`input` with source[..., k] written at [..., index[k]] along dim; where an index repeats, the last one stays."""

    def index_copy_(self, dim: builtins.int, index: ArrayLike, source: ArrayLike) -> Self:
        """x[...] = x.index_copy(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def index_fill(self, dim: builtins.int, index: ArrayLike, value: ArrayLike) -> Tensor:
        """`input` with a number written at [..., index[k]] along dim."""

    def index_fill_(self, dim: builtins.int, index: ArrayLike, value: ArrayLike) -> Self:
        """x[...] = x.index_fill(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    @overload
    def index_put(self, index: Any, value: ArrayLike, accumulate: builtins.bool = False) -> Tensor: ...
    @overload
    def index_put(self, *, indices: Any, values: ArrayLike, accumulate: builtins.bool = False) -> Tensor:
        """input with ``input[index] = value``, as a new tensor; any index that ``input[index]`` takes."""

    @overload
    def index_put_(self, index: Any, value: ArrayLike, accumulate: builtins.bool = False) -> Self: ...
    @overload
    def index_put_(self, *, indices: Any, values: ArrayLike, accumulate: builtins.bool = False) -> Self:
        """x[...] = x.index_put(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    @overload
    def index_select(self, axis: builtins.int, index: ArrayLike) -> Tensor: ...
    @overload
    def index_select(self, *, dim: builtins.int, index: ArrayLike) -> Tensor:
        """The slices of input at the integers `index` (k), 0 to n - 1, along dim."""

    def inner(self, other: ArrayLike) -> Tensor:
        """Σ over the last axes of both; with a number, the product by it. np.inner(x, other)"""

    def int(self) -> Tensor:
        """x converted to int32 As PyTorch's."""

    def inverse(self) -> Tensor:
        """x⁻¹ np.inv(x)"""

    def is_complex(self) -> builtins.bool:
        """Whether its dtype is complex. As PyTorch's."""

    def is_contiguous(self) -> builtins.bool:
        """True: where entries lie does not matter here. As PyTorch's."""

    def is_floating_point(self) -> builtins.bool:
        """Whether its dtype is a float. As PyTorch's."""

    def isclose(self, b: ArrayLike, rtol: builtins.float = 1e-05, atol: builtins.float = 1e-08, equal_nan: builtins.bool = False) -> Tensor:
        """Returns a boolean array where two arrays are element-wise equal within a tolerance. No gradient flows through it. As PyTorch's."""

    def isfinite(self) -> Tensor:
        """Test element-wise for finiteness (not infinity and not Not a Number). np.isfinite(x)"""

    def isinf(self) -> Tensor:
        """Test element-wise for positive or negative infinity. np.isinf(x)"""

    def isnan(self) -> Tensor:
        """Test element-wise for NaN and return result as a boolean array. np.isnan(x)"""

    def isneginf(self) -> Tensor:
        """Test element-wise for negative infinity, return result as bool array. np.isneginf(x)"""

    def isposinf(self) -> Tensor:
        """Test element-wise for positive infinity, return result as bool array. np.isposinf(x)"""

    def isreal(self) -> Tensor:
        """Returns a bool array, where True if input element is real. np.isreal(x)"""

    @property
    def itemsize(self) -> builtins.int:
        """The bytes of one entry."""

    def kron(self, other: ArrayLike) -> Tensor:
        """Every entry of a times the whole of b, in its place. np.kron(x, other)"""

    def kthvalue(self, k: builtins.int, dim: builtins.int = -1, keepdim: builtins.bool = False) -> Ranked:
        """``(values, indices)``: the k-th smallest entry along dim, k from 1 to the length of the axis."""

    def lcm(self, other: ArrayLike) -> Tensor:
        """Returns the lowest common multiple of ``|x1|`` and ``|x2|``. np.lcm(x, other)"""

    def ldexp(self, other: ArrayLike) -> Tensor:
        """x · 2ⁿ np.ldexp(x, other)"""

    def le(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 <= x2) element-wise. np.less_equal(x, other)"""

    def lerp(self, end: ArrayLike, weight: ArrayLike) -> Tensor:
        """input + weight · (end - input): on the way from `input` to `end`, weight 0 to 1 of it."""

    def lerp_(self, end: ArrayLike, weight: ArrayLike) -> Self:
        """x[...] = x.lerp(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def less(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 < x2) element-wise. np.less(x, other)"""

    def less_equal(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 <= x2) element-wise. np.less_equal(x, other)"""

    def lgamma(self) -> Tensor:
        """ln |Γ(x)|, where Γ(n + 1) = n!"""

    def log(self) -> Tensor:
        """ln x As np.log."""

    def log10(self) -> Tensor:
        """log₁₀ x As np.log10."""

    def log1p(self) -> Tensor:
        """ln(1 + x) As np.log1p."""

    def log1p_(self) -> Self:
        """x[...] = x.log1p(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def log2(self) -> Tensor:
        """log₂ x As np.log2."""

    def log_(self) -> Self:
        """x[...] = x.log(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def log_softmax(self, dim: builtins.int = -1, dtype: DTypeLike | None = None, *, axis: builtins.int = ...) -> Tensor:
        """x - ln Σ eˣ along axis; -∞ for a row of -∞ As PyTorch's."""

    def logaddexp(self, other: ArrayLike) -> Tensor:
        """ln(eˣ + eʸ) np.logaddexp(x, other)"""

    def logaddexp2(self, other: ArrayLike) -> Tensor:
        """log₂(2ˣ + 2ʸ) np.logaddexp2(x, other)"""

    def logcumsumexp(self, dim: builtins.int) -> Tensor:
        """ln (eˣ¹ + ... + eˣᵏ) for each k along dim, without overflow."""

    def logdet(self) -> Tensor:
        """ln det; -∞ where the determinant is 0, NaN where it is negative."""

    def logical_and(self, other: ArrayLike) -> Tensor:
        """Compute the truth value of x1 AND x2 element-wise. np.logical_and(x, other)"""

    def logical_not(self) -> Tensor:
        """Compute the truth value of NOT x element-wise. np.logical_not(x)"""

    def logical_or(self, other: ArrayLike) -> Tensor:
        """Compute the truth value of x1 OR x2 element-wise. np.logical_or(x, other)"""

    def logical_xor(self, other: ArrayLike) -> Tensor:
        """Compute the truth value of x1 XOR x2, element-wise. np.logical_xor(x, other)"""

    def logit(self, eps: builtins.float | None = None) -> Tensor:
        """ln(x / (1 - x)), the inverse of the sigmoid; eps: of x between eps and 1 - eps."""

    def logsumexp(self, axis: builtins.int | tuple[builtins.int, ...] | None = None, keepdims: builtins.bool = False, *, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """ln Σ eˣ along axis, without overflow; -∞ where every x is, or there is none"""

    def long(self) -> Tensor:
        """x converted to int64 As PyTorch's."""

    def lt(self, other: ArrayLike) -> Tensor:
        """Return the truth value of (x1 < x2) element-wise. np.less(x, other)"""

    def lu(self, pivot: builtins.bool = True, get_infos: builtins.bool = False) -> LU:
        """``(LU, pivots)``: L below the diagonal, where it is 1, and U in one matrix; row k was exchanged with row pivots[k], counted from 1. Their product is `input` with its rows exchanged."""

    @property
    def mH(self) -> Tensor:
        """Each matrix in the last two axes transposed."""

    @property
    def mT(self) -> Tensor:
        """Each matrix in the last two axes transposed."""

    def masked_fill(self, mask: ArrayLike, value: ArrayLike) -> Tensor:
        """input with `value` where `mask` is true; the dtype of input stays, mask and input broadcast."""

    def masked_fill_(self, mask: ArrayLike, value: ArrayLike) -> Self:
        """x[...] = x.masked_fill(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def masked_scatter(self, mask: ArrayLike, source: ArrayLike) -> Tensor:
        """`input` with the entries of `source`, in their order, written where `mask` is true."""

    def masked_scatter_(self, mask: ArrayLike, source: ArrayLike) -> Self:
        """x[...] = x.masked_scatter(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def masked_select(self, mask: ArrayLike) -> Tensor:
        """The entries of `input` where `mask` is true, as one axis; the two broadcast."""

    def matmul(self, other: ArrayLike) -> Tensor:
        """x @ y np.matmul(x, other)"""

    def matrix_exp(self) -> Tensor:
        """Σ_k Xᵏ / k!, the exponential of each matrix (..., n, n)"""

    def matrix_power(self, n: builtins.int) -> Tensor:
        """a @ a @ ... @ a, by repeated squaring; n negative: powers of the inverse."""

    @overload
    def max(self, axis: Axis = None, out: None = None, keepdims: Literal[False] = False, *, initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor: ...
    @overload
    def max(self, axis: Axis = None, out: None = None, *, keepdims: builtins.bool, initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor: ...
    @overload
    def max(self, axis: builtins.int, keepdim: builtins.bool, /) -> Ranked: ...
    @overload
    def max(self, *, dim: builtins.int, keepdim: builtins.bool = False) -> Ranked:
        """max x along axis; equal shares at ties"""

    def maximum(self, y: ArrayLike) -> Tensor:
        """the larger of x and y, NaN if one is; ½ each at ties As np.maximum."""

    def mean(self, axis: Axis = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, keepdims: builtins.bool = ..., *, where: ArrayLike = ..., dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Σ x / n along axis As np.mean; understands PyTorch's dim and keepdim too."""

    @overload
    def median(self) -> Tensor: ...
    @overload
    def median(self, dim: builtins.int, keepdim: builtins.bool = False) -> Ranked: ...
    @overload
    def median(self, *, axis: Axis = None, keepdims: builtins.bool = False) -> Tensor:
        """The entry in the middle, the lower one of two: of all entries, or ``(values, indices)`` along dim. NaN where there is one. (``np.median`` gives the mean of two.)"""

    @overload
    def min(self, axis: Axis = None, out: None = None, keepdims: Literal[False] = False, *, initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor: ...
    @overload
    def min(self, axis: Axis = None, out: None = None, *, keepdims: builtins.bool, initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor: ...
    @overload
    def min(self, axis: builtins.int, keepdim: builtins.bool, /) -> Ranked: ...
    @overload
    def min(self, *, dim: builtins.int, keepdim: builtins.bool = False) -> Ranked:
        """min x along axis; equal shares at ties"""

    def minimum(self, y: ArrayLike) -> Tensor:
        """the smaller of x and y, NaN if one is; ½ each at ties As np.minimum."""

    def mm(self, other: ArrayLike) -> Tensor:
        """x @ y np.matmul(x, other)"""

    def mode(self, dim: builtins.int = -1, keepdim: builtins.bool = False) -> Ranked:
        """``(values, indices)``: the most frequent entry along dim (of several such the smallest), and the last place where it is."""

    def moveaxis(self, source: Ints, destination: Ints) -> Tensor:
        """x with axes moved to other positions As np.moveaxis."""

    def movedim(self, source: Ints, destination: Ints) -> Tensor:
        """x with axes moved to other positions As PyTorch's."""

    def msort(self) -> Tensor:
        """The entries along the first axis in ascending order."""

    def mul(self, other: ArrayLike) -> Tensor:
        """x · y np.multiply(x, other)"""

    def mul_(self, other: ArrayLike) -> Self:
        """x[...] = x.mul(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def multiply(self, other: ArrayLike) -> Tensor:
        """x · y np.multiply(x, other)"""

    def mv(self, other: ArrayLike) -> Tensor:
        """x @ y np.matmul(x, other)"""

    def nan_to_num(self, nan: builtins.float = 0.0, posinf: builtins.float | None = None, neginf: builtins.float | None = None) -> Tensor:
        """x with numbers in the place of NaN and ±∞ (None: the largest of the dtype); slope 0 there"""

    def nanmax(self, axis: Axis = None, out: None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor:
        """the maximum of what is not NaN, along axis; equal shares at ties As np.nanmax."""

    def nanmean(self, axis: Axis = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, keepdims: builtins.bool = ..., *, where: ArrayLike = ..., dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """the mean of what is not NaN, along axis As np.nanmean; understands PyTorch's dim and keepdim too."""

    @overload
    def nanmedian(self) -> Tensor: ...
    @overload
    def nanmedian(self, dim: builtins.int, keepdim: builtins.bool = False) -> Ranked: ...
    @overload
    def nanmedian(self, *, axis: Axis = None, keepdims: builtins.bool = False) -> Tensor:
        """The median of the entries that are not NaN; NaN where there is none."""

    def nanmin(self, axis: Axis = None, out: None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor:
        """the minimum of what is not NaN, along axis; equal shares at ties As np.nanmin."""

    def nanprod(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ...) -> Tensor:
        """Π of what is not NaN, along axis As np.nanprod."""

    def nanquantile(self, q: ArrayLike, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, interpolation: str = 'linear') -> Tensor:
        """The quantiles of the entries that are not NaN."""

    def nanstd(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: builtins.float = 0, keepdims: builtins.bool = ..., *, where: ArrayLike = ..., mean: ArrayLike = ..., correction: ArrayLike = ...) -> Tensor:
        """the standard deviation of what is not NaN, along axis; slope 0 at 0 As np.nanstd."""

    def nansum(self, axis: Axis = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ..., *, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Σ of what is not NaN, along axis As np.nansum; understands PyTorch's dim and keepdim too."""

    def nanvar(self, axis: Axis = None, dtype: DTypeLike | None = None, out: None = None, ddof: builtins.float = 0, keepdims: builtins.bool = ..., *, where: ArrayLike = ..., mean: ArrayLike = ..., correction: ArrayLike = ...) -> Tensor:
        """the variance of what is not NaN, along axis As np.nanvar."""

    def narrow(self, dim: builtins.int, start: ArrayLike, length: builtins.int) -> Tensor:
        """The entries start to start + length - 1 along dim; start may count from the end."""

    @property
    def nbytes(self) -> builtins.int:
        """The bytes of all entries."""

    def ndimension(self) -> builtins.int:
        """How many axes there are: x.ndim. As PyTorch's."""

    def ne(self, other: ArrayLike) -> Tensor:
        """Return (x1 != x2) element-wise. np.not_equal(x, other)"""

    def neg(self) -> Tensor:
        """-x np.negative(x)"""

    def neg_(self) -> Self:
        """x[...] = x.neg(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def negative(self) -> Tensor:
        """-x np.negative(x)"""

    def nelement(self) -> builtins.int:
        """How many entries there are: x.size. As PyTorch's."""

    @overload
    def new_empty(self, size: Sequence[builtins.int], /, *, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor: ...
    @overload
    def new_empty(self, *size: builtins.int, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor:
        """np.zeros(size), by default in the dtype of x As PyTorch's."""

    def new_full(self, size: Ints, fill_value: ArrayLike, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor:
        """np.full(size, fill_value), by default in the dtype of x As PyTorch's."""

    @overload
    def new_ones(self, size: Sequence[builtins.int], /, *, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor: ...
    @overload
    def new_ones(self, *size: builtins.int, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor:
        """np.ones(size), by default in the dtype of x As PyTorch's."""

    def new_tensor(self, data: ArrayLike, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor:
        """A tensor of data, by default in the dtype of x As PyTorch's."""

    @overload
    def new_zeros(self, size: Sequence[builtins.int], /, *, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor: ...
    @overload
    def new_zeros(self, *size: builtins.int, dtype: DTypeLike | None = None, requires_grad: builtins.bool = False) -> Tensor:
        """np.zeros(size), by default in the dtype of x As PyTorch's."""

    def nextafter(self, other: ArrayLike) -> Tensor:
        """Return the next floating-point value after x1 towards x2, element-wise np.nextafter(x, other)"""

    @overload
    def nonzero(self, *, as_tuple: Literal[True] = True) -> tuple[Tensor, ...]: ...
    @overload
    def nonzero(self, *, as_tuple: Literal[False]) -> Tensor:
        """The indices of what is not 0, an array for each axis; as_tuple=False: a row for each. x.nonzero(): the indices, an array for each axis (NumPy) x.nonzero(as_tuple=False): a row of indices for each entry (PyTorch)"""

    @overload
    def norm(self, p: builtins.float | str | None = "fro", dim: Axis = None, keepdim: builtins.bool = False, dtype: DTypeLike | None = None) -> Tensor: ...
    @overload
    def norm(self, *, ord: builtins.float | str | None = None, axis: Axis = None, keepdims: builtins.bool = False) -> Tensor:
        """(Σ |x|ᵖ)^(1/p) over all entries, or along dim, for several axes as for one."""

    def not_equal(self, other: ArrayLike) -> Tensor:
        """Return (x1 != x2) element-wise. np.not_equal(x, other)"""

    def numel(self) -> builtins.int:
        """How many entries there are: x.size. As PyTorch's."""

    def outer(self, b: ArrayLike, out: None = None) -> Tensor:
        """a[i] b[j], of all entries of both. As PyTorch's."""

    @overload
    def permute(self, dims: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def permute(self, *dims: builtins.int) -> Tensor: ...
    @overload
    def permute(self, *, dims: Ints) -> Tensor:
        """``x.permute(1, 0)`` or ``x.permute((1, 0))``: the axes in another order. As PyTorch's."""

    def pinverse(self, rcond: builtins.float = 1e-15) -> Tensor:
        """The pseudo-inverse; singular values below rcond times the largest count as 0."""

    def polygamma(self, n: builtins.int) -> Tensor:
        """ψ₍ₙ₎(x), the derivative of order n + 1 of ln Γ(x)"""

    def positive(self) -> Tensor:
        """x np.positive(x)"""

    def pow(self, exponent: ArrayLike) -> Tensor:
        """``x ** exponent`` As PyTorch's."""

    def pow_(self, exponent: ArrayLike) -> Self:
        """x[...] = x.pow(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def prod(self, axis: Axis = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ..., *, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Π x along axis As np.prod; understands PyTorch's dim and keepdim too."""

    def qr(self, some: builtins.bool = True) -> QRResult:
        """``(Q, R)`` with input = Q R; some: False for a square Q."""

    def quantile(self, q: ArrayLike, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, interpolation: str = 'linear') -> Tensor:
        """``np.quantile(input, q, dim)``, by any method of NumPy's."""

    def rad2deg(self) -> Tensor:
        """x 180 / π np.rad2deg(x)"""

    def ravel(self, order: str = 'C') -> Tensor:
        """x as one axis, in row-major order ("F": column-major). As np.ravel."""

    @property
    def real(self) -> Tensor:
        """x, of real numbers."""

    def reciprocal(self) -> Tensor:
        """1 / x As np.reciprocal."""

    def reciprocal_(self) -> Self:
        """x[...] = x.reciprocal(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def relu(self) -> Tensor:
        """max(x, 0); slope 0 at 0"""

    def relu_(self) -> Self:
        """x[...] = x.relu(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def remainder(self, other: ArrayLike) -> Tensor:
        """x - y ⌊x / y⌋, with the sign of y np.remainder(x, other)"""

    def renorm(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> Tensor:
        """`input`, with its slices along dim scaled to p-norm maxnorm where theirs is larger."""

    def repeat(self, repeats: ArrayLike, axis: builtins.int | None = None) -> Tensor:
        """Each entry along axis (None: of the flattened array), `repeats` times, or repeats[i] times entry i. As in NumPy; what PyTorch's method of this name does is ``np.tile``. x.repeat(2, 1): each entry along axis 1 twice: repeats, axis (NumPy)"""

    def repeat_interleave(self, repeats: ArrayLike, dim: builtins.int | None = None, *, output_size: builtins.int | None = None) -> Tensor:
        """Each entry along dim (None: of the flattened input), `repeats` times, or repeats[i] times entry i."""

    @overload
    def reshape(self, shape: Ints, *, order: str = "C", copy: builtins.bool | None = None) -> Tensor: ...
    @overload
    def reshape(self, *sizes: builtins.int, order: str = "C", copy: builtins.bool | None = None) -> Tensor:
        """``x.reshape(2, 3)``, ``x.reshape((2, 3))`` or ``x.reshape(shape=(2, 3))``."""

    def reshape_as(self, other: ArrayLike) -> Tensor:
        """``x.reshape(other.shape)`` As PyTorch's."""

    def resolve_conj(self) -> Tensor:
        """x np.positive(x)"""

    @overload
    def roll(self, shift: Ints, axis: Axis = None, *, dims: Axis = ...) -> Tensor: ...
    @overload
    def roll(self, *, shifts: Ints, dims: Axis = None) -> Tensor:
        """x with its entries moved on along axis (flattened: None), the last ones to the front As np.roll; understands PyTorch's dim and shifts too."""

    def rot90(self, k: builtins.int = 1, axes: Axes = ..., *, dims: Sequence[builtins.int] = ...) -> Tensor:
        """x turned k times by 90° in the plane of two axes, from the first towards the second As np.rot90."""

    def round(self, decimals: builtins.int = 0, out: None = None) -> Tensor:
        """x rounded to so many decimals, halves to even; slope 0 As np.round."""

    def round_(self, decimals: builtins.int = 0, out: None = None) -> Self:
        """x[...] = x.round(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def rsqrt(self) -> Tensor:
        """1 / √x"""

    def rsqrt_(self) -> Self:
        """x[...] = x.rsqrt(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def scatter(self, dim: builtins.int, index: ArrayLike, src: ArrayLike | None = None, *, value: ArrayLike | None = None, reduce: str | None = None) -> Tensor:
        """`input` with src[i, j] written at [i, index[i, j]] for dim 1, likewise for any other dim."""

    def scatter_(self, dim: builtins.int, index: ArrayLike, src: ArrayLike | None = None, *, value: ArrayLike | None = None, reduce: str | None = None) -> Self:
        """x[...] = x.scatter(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    @overload
    def scatter_add(self, axis: builtins.int, index: ArrayLike, source: ArrayLike) -> Tensor: ...
    @overload
    def scatter_add(self, *, dim: builtins.int, index: ArrayLike, src: ArrayLike) -> Tensor:
        """input with src[i, j, k] added at [i, index[i, j, k], k] for dim 1; the reverse of gather."""

    @overload
    def scatter_add_(self, axis: builtins.int, index: ArrayLike, source: ArrayLike) -> Self: ...
    @overload
    def scatter_add_(self, *, dim: builtins.int, index: ArrayLike, src: ArrayLike) -> Self:
        """x[...] = x.scatter_add(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def scatter_reduce(self, dim: builtins.int, index: ArrayLike, src: ArrayLike, reduce: str, *, include_self: builtins.bool = True) -> Tensor:
        """`input` with src[i, j] taken together with what is at [i, index[i, j]], for dim 1, likewise for any other dim."""

    def searchsorted(self, v: ArrayLike, side: Literal['left', 'right'] = 'left', sorter: None = None) -> Tensor:
        """Find indices where elements should be inserted to maintain order. No gradient flows through it. As np.searchsorted."""

    def select(self, dim: builtins.int, index: ArrayLike) -> Tensor:
        """The slice at one index along dim, without that axis; the index may count from the end."""

    def select_scatter(self, src: ArrayLike, dim: builtins.int, index: builtins.int) -> Tensor:
        """`input` with `src` in the place of ``select(input, dim, index)``."""

    def sgn(self) -> Tensor:
        """-1, 0 or 1; slope 0 np.sign(x)"""

    def short(self) -> Tensor:
        """x converted to int16 As PyTorch's."""

    def sigmoid(self) -> Tensor:
        """1 / (1 + e⁻ˣ)"""

    def sigmoid_(self) -> Self:
        """x[...] = x.sigmoid(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def sign(self) -> Tensor:
        """-1, 0 or 1; slope 0 As np.sign."""

    def sign_(self) -> Self:
        """x[...] = x.sign(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def signbit(self) -> Tensor:
        """Returns element-wise True where signbit is set (less than zero). np.signbit(x)"""

    def sin(self) -> Tensor:
        """sin(x) As np.sin."""

    def sin_(self) -> Self:
        """x[...] = x.sin(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def sinc(self) -> Tensor:
        """sin(πx) / (πx), and 1 at 0 np.sinc(x)"""

    def sinh(self) -> Tensor:
        """sinh(x) As np.sinh."""

    def sinh_(self) -> Self:
        """x[...] = x.sinh(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def slice_scatter(self, src: ArrayLike, dim: builtins.int = 0, start: builtins.int | None = None, end: builtins.int | None = None, step: builtins.int = 1) -> Tensor:
        """`input` with `src` in the place of the entries start:end:step along dim."""

    def slogdet(self) -> SlogdetResult:
        """``(sign, logabsdet)``: the sign of the determinant, whose derivative is 0, and ln |det a|. np.slogdet(x)"""

    def softmax(self, dim: builtins.int = -1, dtype: DTypeLike | None = None, *, axis: builtins.int = ...) -> Tensor:
        """eˣ / Σ eˣ along axis; 0 for a row of -∞ As PyTorch's."""

    def sort(self, dim: builtins.int = -1, descending: builtins.bool = False, *, stable: builtins.bool | None = None) -> Ranked:
        """``(values, indices)``; see ranking.sort. x.sort(): (values, indices) along dim -1; np.sort(x) gives the values (PyTorch)"""

    def split(self, split_size_or_sections: Ints, dim: builtins.int = 0) -> tuple[Tensor, ...]:
        """Parts of so many entries along an axis (the last one may be shorter), or of these lengths."""

    def sqrt(self) -> Tensor:
        """√x; slope ∞ at 0 As np.sqrt."""

    def sqrt_(self) -> Self:
        """x[...] = x.sqrt(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def square(self) -> Tensor:
        """x² As np.square."""

    def square_(self) -> Self:
        """x[...] = x.square(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    @overload
    def squeeze(self, axis: Axis = None) -> Tensor: ...
    @overload
    def squeeze(self, *, dim: Axis) -> Tensor:
        """x without its axes of length 1"""

    @overload
    def std(self, axis: Axis | builtins.bool = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, ddof: builtins.float = 0, keepdims: builtins.bool = False, *, where: ArrayLike = ..., mean: ArrayLike = ..., correction: builtins.float = ...) -> Tensor: ...
    @overload
    def std(self, dim: Axis = None, unbiased: builtins.bool = True, keepdim: builtins.bool = False, *, correction: builtins.float | None = None) -> Tensor:
        """√var along axis; slope 0 at 0"""

    @overload
    def stride(self) -> tuple[builtins.int, ...]: ...
    @overload
    def stride(self, dim: builtins.int) -> builtins.int:
        """How many entries lie between neighbours along each axis in memory, or along dim. As PyTorch's."""

    def sub(self, other: ArrayLike, *, alpha: builtins.float = 1) -> Tensor:
        """input - alpha · other"""

    def sub_(self, other: ArrayLike, *, alpha: builtins.float = 1) -> Self:
        """x[...] = x.sub(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def subtract(self, other: ArrayLike, *, alpha: builtins.float = 1) -> Tensor:
        """input - alpha · other"""

    def sum(self, axis: Axis = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, keepdims: builtins.bool = ..., initial: ArrayLike = ..., where: ArrayLike = ..., *, dim: Axis = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Σ x along axis As np.sum; understands PyTorch's dim and keepdim too."""

    @overload
    def sum_to_size(self, size: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def sum_to_size(self, *size: builtins.int) -> Tensor: ...
    @overload
    def sum_to_size(self, *, size: Ints) -> Tensor:
        """The sum over the axes by which a shape would have been broadcast to that of `input`."""

    def svd(self, some: builtins.bool = True, compute_uv: builtins.bool = True) -> SVD:
        """``(U, S, V)`` with input = U diag(S) Vᵀ: unlike NumPy's, V is not transposed."""

    def swapaxes(self, axis1: builtins.int, axis2: builtins.int) -> Tensor:
        """x with two axes exchanged As np.swapaxes."""

    @overload
    def swapdims(self, axis1: builtins.int, axis2: builtins.int) -> Tensor: ...
    @overload
    def swapdims(self, *, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """x with two axes exchanged As PyTorch's."""

    def t(self) -> Tensor:
        """The transpose of a matrix; a vector as it is. As PyTorch's."""

    @overload
    def take(self, indices: ArrayLike, axis: builtins.int | None = None, out: None = None, mode: str = "raise") -> Tensor: ...
    @overload
    def take(self, index: ArrayLike) -> Tensor:
        """The entries of `a` (flattened where axis is None) at integer `indices` along axis."""

    def take_along_dim(self, indices: ArrayLike, dim: builtins.int | None = None) -> Tensor:
        """The entries at indices that vary with the place along the other axes, which broadcast; dim None: of the flattened input."""

    def tan(self) -> Tensor:
        """tan(x) As np.tan."""

    def tan_(self) -> Self:
        """x[...] = x.tan(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def tanh(self) -> Tensor:
        """tanh(x) As np.tanh."""

    def tanh_(self) -> Self:
        """x[...] = x.tanh(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def tensor_split(self, indices_or_sections: Ints, dim: builtins.int = 0) -> tuple[Tensor, ...]:
        """So many parts of nearly equal length along an axis, or the parts between these places."""

    @overload
    def tile(self, dims: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def tile(self, *dims: builtins.int) -> Tensor: ...
    @overload
    def tile(self, *, dims: Ints) -> Tensor:
        """Copies side by side, dims[k] of them along axis k."""

    @overload
    def to(self, dtype: DTypeLike | None = None, *, device: str | None = None, non_blocking: builtins.bool = ..., copy: builtins.bool = ...) -> Tensor: ...
    @overload
    def to(self, other: Tensor, /) -> Tensor:
        """x converted to a dtype, or to that of another tensor. The one device there is, is "cpu". As PyTorch's."""

    def topk(self, k: builtins.int, dim: builtins.int = -1, largest: builtins.bool = True, sorted: builtins.bool = True) -> Ranked:
        """``(values, indices)``: the k largest entries along dim, the largest first."""

    def trace(self, offset: builtins.int = 0, axis1: builtins.int = 0, axis2: builtins.int = 1, dtype: DTypeLike | None = None, out: None = None) -> Tensor:
        """Σ of a diagonal As np.trace."""

    @overload
    def transpose(self, axes: Sequence[builtins.int] | None = None, /) -> Tensor: ...
    @overload
    def transpose(self, *axes: builtins.int) -> Tensor: ...
    @overload
    def transpose(self, *, axes: Sequence[builtins.int] | None) -> Tensor: ...
    @overload
    def transpose(self, *, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """``x.transpose()``, ``x.transpose(1, 0)`` or ``x.transpose((1, 0))``."""

    def triangular_solve(self, A: ArrayLike, upper: builtins.bool = True, transpose: builtins.bool = False, unitriangular: builtins.bool = False) -> TriangularSolve:
        """``(X, A)`` with A X = b for a triangular A, or Aᵀ X = b with `transpose`; the entries of the other triangle are not read, nor a diagonal of ones with `unitriangular`."""

    def tril(self, k: builtins.int = 0, *, diagonal: builtins.int = ...) -> Tensor:
        """x with zeros above diagonal k As np.tril; understands PyTorch's diagonal too."""

    def tril_(self, k: builtins.int = 0, *, diagonal: builtins.int = ...) -> Self:
        """x[...] = x.tril(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def triu(self, k: builtins.int = 0, *, diagonal: builtins.int = ...) -> Tensor:
        """x with zeros below diagonal k As np.triu; understands PyTorch's diagonal too."""

    def triu_(self, k: builtins.int = 0, *, diagonal: builtins.int = ...) -> Self:
        """x[...] = x.triu(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    def true_divide(self, other: ArrayLike, *, rounding_mode: str | None = None) -> Tensor:
        """input / other; rounded towards 0 with rounding_mode "trunc", down with "floor": slope 0."""

    def trunc(self) -> Tensor:
        """x without its fraction; slope 0 As np.trunc."""

    def trunc_(self) -> Self:
        """x[...] = x.trunc(), with the same arguments; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    @overload
    def type(self) -> str: ...
    @overload
    def type(self, dtype: DTypeLike) -> Tensor:
        """x converted to a dtype; without one, the name of its dtype. As PyTorch's."""

    def type_as(self, other: ArrayLike) -> Tensor:
        """x converted to the dtype of `other`. As PyTorch's."""

    def unbind(self, axis: builtins.int = 0, *, dim: builtins.int = ...) -> tuple[Tensor, ...]:
        """The slices of x along `axis`, without that axis: one node, whatever their number."""

    def unflatten(self, dim: builtins.int, sizes: Ints) -> Tensor:
        """One axis made several of the given lengths, one of which may be -1."""

    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int = 1) -> Tensor:
        """All slices of `size` entries along an axis, `step` apart: they are counted on that axis, and their entries are a new last one."""

    @overload
    def unique(self, sorted: builtins.bool = True, return_inverse: Literal[False] = False, return_counts: Literal[False] = False, dim: builtins.int | None = None) -> Tensor: ...
    @overload
    def unique(self, sorted: builtins.bool = True, return_inverse: builtins.bool = False, return_counts: builtins.bool = False, dim: builtins.int | None = None) -> tuple[Tensor, ...]:
        """The entries that differ, in order; with dim, the slices that do. They have no derivative: see ``np.unique``. With return_inverse and return_counts a tuple: where each entry is among them, and how often."""

    @overload
    def unsqueeze(self, axis: Ints) -> Tensor: ...
    @overload
    def unsqueeze(self, *, dim: builtins.int) -> Tensor:
        """x with axes of length 1 inserted As np.unsqueeze; understands PyTorch's dim too."""

    @overload
    def var(self, axis: Axis | builtins.bool = None, dtype: DTypeLike | builtins.bool | None = None, out: None = None, ddof: builtins.float = 0, keepdims: builtins.bool = False, *, where: ArrayLike = ..., mean: ArrayLike = ..., correction: builtins.float = ...) -> Tensor: ...
    @overload
    def var(self, dim: Axis = None, unbiased: builtins.bool = True, keepdim: builtins.bool = False, *, correction: builtins.float | None = None) -> Tensor:
        """Σ (x - mean)² / (n - ddof) along axis"""

    def vdot(self, other: ArrayLike) -> Tensor:
        """Σ of the products of all entries of two arrays of one size. np.vdot(x, other)"""

    @overload
    def view(self, shape: Sequence[builtins.int], /) -> Tensor: ...
    @overload
    def view(self, *shape: builtins.int) -> Tensor: ...
    @overload
    def view(self, *, size: Ints) -> Tensor:
        """``x.view(2, 3)``: x.reshape(2, 3). x.view(-1): x with another shape; a view as another dtype there is not (PyTorch)"""

    def view_as(self, other: ArrayLike) -> Tensor:
        """``x.reshape(other.shape)`` As PyTorch's."""

    def vsplit(self, indices_or_sections: Ints) -> tuple[Tensor, ...]:
        """np.vsplit(x, indices_or_sections), as a tuple As PyTorch's."""

    def where(self, condition: ArrayLike, other: ArrayLike) -> Tensor:
        """x where `condition` is true, else `other`. As PyTorch's."""

    def xlogy(self, other: ArrayLike) -> Tensor:
        """x ln y, and 0 where x is 0, unless y is NaN"""

    def zero_(self) -> Self:
        """x[...] = 0; returns x, as PyTorch does. Recorded as any write is; of a leaf that requires grad, under no_grad()."""

    # What NumPy's scalars have and a Tensor has not.

    base: None
    byteswap: None
    choose: None
    dump: None
    dumps: None
    fill: None
    flags: None
    flat: None
    getfield: None
    put: None
    resize: None
    setfield: None
    setflags: None
    strides: None
    to_device: None
    tobytes: None
    tofile: None
    __call__: None
