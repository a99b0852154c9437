"""Written by ``python -m benchmarks.stubs`` from the living functions, NumPy 2.4; do not edit."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..engine.methods import Extremes, Ints, Ranked
from ..engine.tensor import Tensor

__all__ = [
    "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "aminmax", "avg_pool1d",
    "avg_pool2d", "baddbmm", "batch_norm", "bce", "bce_with_logits", "bilinear",
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cat", "cdist", "celu",
    "clamp_max", "clamp_min", "conv1d", "conv2d", "cosine_embedding_loss",
    "cosine_similarity", "cross_entropy", "ctc_loss", "cummax", "cummin", "diag_embed",
    "digamma", "dist", "dropout", "elu", "embedding", "erf", "erfc", "erfinv", "fft",
    "flatten", "frac", "gather", "gaussian_nll_loss", "gelu", "glu", "group_norm",
    "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
    "hinge_embedding_loss", "huber", "huber_loss", "ifft", "index_add", "index_copy",
    "index_fill", "index_put", "index_select", "instance_norm", "interpolate", "irfft",
    "kl_div", "kthvalue", "l1", "l1_loss", "layer_norm", "leaky_relu", "lerp", "lgamma",
    "linear", "log_softmax", "logcumsumexp", "logdet", "logit", "logsigmoid", "logsumexp",
    "lu", "margin_ranking_loss", "masked_fill", "masked_scatter", "masked_select",
    "matrix_exp", "max_pool1d", "max_pool2d", "mish", "mode", "mse", "mse_loss", "msort",
    "multi_margin_loss", "multilabel_soft_margin_loss", "narrow", "nll", "nll_loss",
    "normalize", "one_hot", "orthogonality_penalty", "pad", "pairwise_distance",
    "poisson_nll_loss", "polygamma", "prelu", "relu", "relu6", "renorm", "repeat_interleave",
    "rfft", "rms_norm", "rsqrt", "scaled_dot_product_attention", "scatter", "scatter_add",
    "scatter_reduce", "selu", "sigmoid", "silu", "smooth_l1", "smooth_l1_loss",
    "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign",
    "solve_triangular", "spectral_norm_penalty", "take_along_dim", "tanh", "tanhshrink",
    "tensor_split", "threshold", "topk", "triplet_margin_loss", "unbind", "unflatten", "xlogy",
]

@overload
def addbmm(input: Tensor, batch1: ArrayLike, batch2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Tensor: ...

@overload
def addbmm(input: ArrayLike, batch1: ArrayLike, batch2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · Σ_b batch1[b] @ batch2[b]: (B, n, k) and (B, k, m) → (n, m)."""

@overload
def addcdiv(input: Tensor, tensor1: ArrayLike, tensor2: ArrayLike, *, value: float = 1) -> Tensor: ...

@overload
def addcdiv(input: ArrayLike, tensor1: ArrayLike, tensor2: ArrayLike, *, value: float = 1) -> Any:
    """input + value · tensor1 / tensor2"""

@overload
def addcmul(input: Tensor, tensor1: ArrayLike, tensor2: ArrayLike, *, value: float = 1) -> Tensor: ...

@overload
def addcmul(input: ArrayLike, tensor1: ArrayLike, tensor2: ArrayLike, *, value: float = 1) -> Any:
    """input + value · tensor1 · tensor2"""

@overload
def addmm(input: Tensor, mat1: ArrayLike, mat2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Tensor: ...

@overload
def addmm(input: ArrayLike, mat1: ArrayLike, mat2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · mat1 @ mat2, for matrices."""

@overload
def addmv(input: Tensor, mat: ArrayLike, vec: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Tensor: ...

@overload
def addmv(input: ArrayLike, mat: ArrayLike, vec: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · mat @ vec"""

@overload
def addr(input: Tensor, vec1: ArrayLike, vec2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Tensor: ...

@overload
def addr(input: ArrayLike, vec1: ArrayLike, vec2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · vec1 vec2ᵀ"""

@overload
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Extremes: ...

@overload
def aminmax(input: ArrayLike, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """``(min, max)`` along dim, or of all entries; equal shares of the gradient at ties."""

@overload
def avg_pool1d(input: Tensor, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, ceil_mode: bool = False, count_include_pad: bool = True) -> Tensor: ...

@overload
def avg_pool1d(input: ArrayLike, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, ceil_mode: bool = False, count_include_pad: bool = True) -> Any:
    """The mean of each window of kernel_size entries: (N, C, L) or (C, L) → (..., L')."""

@overload
def avg_pool2d(input: Tensor, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor: ...

@overload
def avg_pool2d(input: ArrayLike, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None) -> Any:
    """The mean of each window of an image: (N, C, H, W) or (C, H, W) → (..., H', W')."""

@overload
def baddbmm(input: Tensor, batch1: ArrayLike, batch2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Tensor: ...

@overload
def baddbmm(input: ArrayLike, batch1: ArrayLike, batch2: ArrayLike, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · batch1 @ batch2, for stacks of matrices (B, n, k) and (B, k, m)."""

@overload
def batch_norm(input: Tensor, running_mean: ArrayLike, running_var: ArrayLike, weight: ArrayLike | None = None, bias: ArrayLike | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-05) -> Tensor: ...

@overload
def batch_norm(input: ArrayLike, running_mean: ArrayLike, running_var: ArrayLike, weight: ArrayLike | None = None, bias: ArrayLike | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-05) -> Any:
    """(x - mean) / √(variance + eps) · weight + bias for each channel of `input` (N, C, ...)."""

@overload
def bce(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean') -> Tensor: ...

@overload
def bce(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean') -> Any:
    """-t ln p - (1 - t) ln(1 - p), the logarithms at least -100; p = input, t = target"""

@overload
def bce_with_logits(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean', pos_weight: ArrayLike | None = None) -> Tensor: ...

@overload
def bce_with_logits(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean', pos_weight: ArrayLike | None = None) -> Any:
    """-t ln sigmoid(x) - (1 - t) ln sigmoid(-x), without overflow; x = input, t = target"""

@overload
def bilinear(input1: Tensor, input2: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Tensor: ...

@overload
def bilinear(input1: ArrayLike, input2: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Any:
    """x1ᵀ W_o x2 + bias_o for each o: (..., I), (..., J), (O, I, J), (O) → (..., O)."""

@overload
def binary_cross_entropy(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean') -> Tensor: ...

@overload
def binary_cross_entropy(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean') -> Any:
    """-t ln p - (1 - t) ln(1 - p), the logarithms at least -100; p = input, t = target"""

@overload
def binary_cross_entropy_with_logits(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean', pos_weight: ArrayLike | None = None) -> Tensor: ...

@overload
def binary_cross_entropy_with_logits(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean', pos_weight: ArrayLike | None = None) -> Any:
    """-t ln sigmoid(x) - (1 - t) ln sigmoid(-x), without overflow; x = input, t = target"""

@overload
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor: ...

@overload
def cat(tensors: Sequence[ArrayLike], dim: int = 0) -> Any:
    """Tensors one after the other along an axis that they have."""

@overload
def cdist(x1: Tensor, x2: ArrayLike, p: float = 2) -> Tensor: ...

@overload
def cdist(x1: ArrayLike, x2: ArrayLike, p: float = 2) -> Any:
    """The distance of every row of x1 (..., P, M) to every row of x2 (..., R, M): (..., P, R)."""

@overload
def celu(input: Tensor, alpha: ArrayLike = 1.0) -> Tensor: ...

@overload
def celu(input: ArrayLike, alpha: ArrayLike = 1.0) -> Any:
    """x for x > 0, else alpha (e^(x / alpha) - 1)"""

@overload
def clamp_max(input: Tensor, max: ArrayLike) -> Tensor: ...

@overload
def clamp_max(input: ArrayLike, max: ArrayLike) -> Any:
    """min(x, max); slope 1 on the bound"""

@overload
def clamp_min(input: Tensor, min: ArrayLike) -> Tensor: ...

@overload
def clamp_min(input: ArrayLike, min: ArrayLike) -> Any:
    """max(x, min); slope 1 on the bound"""

@overload
def conv1d(input: Tensor, weight: ArrayLike, bias: ArrayLike | None = None, stride: int | Sequence[int] = 1, padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1) -> Tensor: ...

@overload
def conv1d(input: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None, stride: int | Sequence[int] = 1, padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1) -> Any:
    """Kernels `weight` moved over `input` without flipping: (N, C, L) or (C, L) → (N, O, L')."""

@overload
def conv2d(input: Tensor, weight: ArrayLike, bias: ArrayLike | None = None, stride: int | Sequence[int] = 1, padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1) -> Tensor: ...

@overload
def conv2d(input: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None, stride: int | Sequence[int] = 1, padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1) -> Any:
    """Kernels moved over images: (N, C, H, W) or (C, H, W) → (N, O, H', W')."""

@overload
def cosine_embedding_loss(input1: Tensor, input2: ArrayLike, target: ArrayLike, margin: ArrayLike = 0.0, reduction: str = 'mean') -> Tensor: ...

@overload
def cosine_embedding_loss(input1: ArrayLike, input2: ArrayLike, target: ArrayLike, margin: ArrayLike = 0.0, reduction: str = 'mean') -> Any:
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1."""

@overload
def cosine_similarity(x1: Tensor, x2: ArrayLike, dim: int = 1, eps: ArrayLike = 1e-08) -> Tensor: ...

@overload
def cosine_similarity(x1: ArrayLike, x2: ArrayLike, dim: int = 1, eps: ArrayLike = 1e-08) -> Any:
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)), the vectors lying along `dim`: -1 to 1."""

@overload
def cross_entropy(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = 'mean', label_smoothing: float = 0.0) -> Tensor: ...

@overload
def cross_entropy(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = 'mean', label_smoothing: float = 0.0) -> Any:
    """-Σ_c q_c ln softmax(input)_c"""

@overload
def ctc_loss(log_probs: Tensor, targets: ArrayLike, input_lengths: int | Sequence[int], target_lengths: int | Sequence[int], blank: int = 0, reduction: str = 'mean', zero_infinity: bool = False) -> Tensor: ...

@overload
def ctc_loss(log_probs: ArrayLike, targets: ArrayLike, input_lengths: int | Sequence[int], target_lengths: int | Sequence[int], blank: int = 0, reduction: str = 'mean', zero_infinity: bool = False) -> Any:
    """-ln Σ_paths Π_t p(path_t): over all paths that are the target once repetitions are made one and blanks are taken out."""

@overload
def cummax(input: Tensor, dim: int) -> Ranked: ...

@overload
def cummax(input: ArrayLike, dim: int) -> Any:
    """``(values, indices)``: the largest entry so far along dim, and the last place where it was."""

@overload
def cummin(input: Tensor, dim: int) -> Ranked: ...

@overload
def cummin(input: ArrayLike, dim: int) -> Any:
    """``(values, indices)``: the smallest entry so far along dim, and the last place where it was."""

@overload
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor: ...

@overload
def diag_embed(input: ArrayLike, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices, in the axes dim1 and dim2, with the last axis of `input` on a diagonal."""

@overload
def digamma(input: Tensor) -> Tensor: ...

@overload
def digamma(input: ArrayLike) -> Any:
    """ψ(x) = Γ'(x) / Γ(x), the derivative of ln |Γ(x)|"""

@overload
def dist(input: Tensor, other: ArrayLike, p: float = 2) -> Tensor: ...

@overload
def dist(input: ArrayLike, other: ArrayLike, p: float = 2) -> Any:
    """``norm(input - other, p)``; the two broadcast."""

@overload
def dropout(input: Tensor, p: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None) -> Tensor: ...

@overload
def dropout(input: ArrayLike, p: float = 0.5, training: bool = True, rng: np.random.Generator | int | None = None) -> Any:
    """Each entry 0 with probability p, else divided by 1 - p, so that the mean stays the same."""

@overload
def elu(input: Tensor, alpha: ArrayLike = 1.0) -> Tensor: ...

@overload
def elu(input: ArrayLike, alpha: ArrayLike = 1.0) -> Any:
    """x for x > 0, else alpha (eˣ - 1)"""

@overload
def embedding(input: Tensor, weight: ArrayLike, padding_idx: int | None = None) -> Tensor: ...

@overload
def embedding(input: ArrayLike, weight: ArrayLike, padding_idx: int | None = None) -> Any:
    """Rows of `weight` (V, D) for integers `input` (...): (..., D). Rows that repeat add up in the gradient."""

@overload
def erf(input: Tensor) -> Tensor: ...

@overload
def erf(input: ArrayLike) -> Any:
    """2/√π ∫₀ˣ e^(-t²) dt"""

@overload
def erfc(input: Tensor) -> Tensor: ...

@overload
def erfc(input: ArrayLike) -> Any:
    """1 - erf(x), accurate where that is tiny"""

@overload
def erfinv(input: Tensor) -> Tensor: ...

@overload
def erfinv(input: ArrayLike) -> Any:
    """the y with erf(y) = x, for -1 < x < 1; ±∞ at ±1"""

@overload
def fft(real: Tensor, imag: ArrayLike = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None) -> tuple[Tensor, Tensor]: ...

@overload
def fft(real: ArrayLike, imag: ArrayLike = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The spectrum of real + i imag: ``(real, imag)``, each with n frequencies along axis."""

@overload
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor: ...

@overload
def flatten(input: ArrayLike, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from start_dim to end_dim made one."""

@overload
def frac(input: Tensor) -> Tensor: ...

@overload
def frac(input: ArrayLike) -> Any:
    """x - trunc(x), with the sign of x"""

@overload
def gather(input: Tensor, dim: int, index: ArrayLike) -> Tensor: ...

@overload
def gather(input: ArrayLike, dim: int, index: ArrayLike) -> Any:
    """out[i, j, k] = input[i, index[i, j, k], k] for dim 1, likewise for any other."""

@overload
def gaussian_nll_loss(input: Tensor, target: ArrayLike, var: ArrayLike, full: bool = False, eps: ArrayLike = 1e-06, reduction: str = 'mean') -> Tensor: ...

@overload
def gaussian_nll_loss(input: ArrayLike, target: ArrayLike, var: ArrayLike, full: bool = False, eps: ArrayLike = 1e-06, reduction: str = 'mean') -> Any:
    """½ (ln v + (x - t)² / v), v = max(var, eps); of a bound the gradient passes as if it were not."""

@overload
def gelu(input: Tensor, approximate: str = 'none') -> Tensor: ...

@overload
def gelu(input: ArrayLike, approximate: str = 'none') -> Any:
    """x Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016)."""

@overload
def glu(input: Tensor, dim: int = -1) -> Tensor: ...

@overload
def glu(input: ArrayLike, dim: int = -1) -> Any:
    """a · sigmoid(b), where a and b are the halves of `input` along `dim`."""

@overload
def group_norm(input: Tensor, num_groups: int, weight: ArrayLike | None = None, bias: ArrayLike | None = None, eps: float = 1e-05) -> Tensor: ...

@overload
def group_norm(input: ArrayLike, num_groups: int, weight: ArrayLike | None = None, bias: ArrayLike | None = None, eps: float = 1e-05) -> Any:
    """(x - mean) / √(variance + eps) over each example's groups of channels: (N, C, ...)."""

@overload
def gumbel_softmax(logits: Tensor, tau: ArrayLike = 1.0, hard: bool = False, dim: int = -1, rng: np.random.Generator | int | None = None) -> Tensor: ...

@overload
def gumbel_softmax(logits: ArrayLike, tau: ArrayLike = 1.0, hard: bool = False, dim: int = -1, rng: np.random.Generator | int | None = None) -> Any:
    """softmax((logits + Gumbel noise) / tau) along dim: a choice that is drawn, with a gradient."""

@overload
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor: ...

@overload
def hardshrink(input: ArrayLike, lambd: float = 0.5) -> Any:
    """x where |x| > lambd, else 0."""

@overload
def hardsigmoid(input: Tensor) -> Tensor: ...

@overload
def hardsigmoid(input: ArrayLike) -> Any:
    """x / 6 + ½ between 0 and 1; slope 0 at ±3"""

@overload
def hardswish(input: Tensor) -> Tensor: ...

@overload
def hardswish(input: ArrayLike) -> Any:
    """x · (x + 3) / 6 between -3 and 3, 0 below and x above. (Howard et al., "MobileNetV3", 2019.)"""

@overload
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor: ...

@overload
def hardtanh(input: ArrayLike, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x between min_val and max_val; slope 0 on the bounds"""

@overload
def hinge_embedding_loss(input: Tensor, target: ArrayLike, margin: ArrayLike = 1.0, reduction: str = 'mean') -> Tensor: ...

@overload
def hinge_embedding_loss(input: ArrayLike, target: ArrayLike, margin: ArrayLike = 1.0, reduction: str = 'mean') -> Any:
    """x where the target is 1, max(0, margin - x) where it is -1, for distances x."""

@overload
def huber(input: Tensor, target: ArrayLike, reduction: str = 'mean', delta: ArrayLike = 1.0) -> Tensor: ...

@overload
def huber(input: ArrayLike, target: ArrayLike, reduction: str = 'mean', delta: ArrayLike = 1.0) -> Any:
    """½ d² for |d| ≤ delta, else delta (|d| - ½ delta); d = input - target"""

@overload
def huber_loss(input: Tensor, target: ArrayLike, reduction: str = 'mean', delta: ArrayLike = 1.0) -> Tensor: ...

@overload
def huber_loss(input: ArrayLike, target: ArrayLike, reduction: str = 'mean', delta: ArrayLike = 1.0) -> Any:
    """½ d² for |d| ≤ delta, else delta (|d| - ½ delta); d = input - target"""

@overload
def ifft(real: Tensor, imag: ArrayLike = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None) -> tuple[Tensor, Tensor]: ...

@overload
def ifft(real: ArrayLike, imag: ArrayLike = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of fft: ``(real, imag)``."""

@overload
def index_add(input: Tensor, dim: int, index: ArrayLike, source: ArrayLike, *, alpha: float = 1) -> Tensor: ...

@overload
def index_add(input: ArrayLike, dim: int, index: ArrayLike, source: ArrayLike, *, alpha: float = 1) -> Any:
    """`input` with alpha · source[..., k] added at [..., index[k]] along dim; what repeats adds up."""

@overload
def index_copy(input: Tensor, dim: int, index: ArrayLike, source: ArrayLike) -> Tensor: ...

@overload
def index_copy(input: ArrayLike, dim: int, index: ArrayLike, source: ArrayLike) -> Any:
    """`input` with source[..., k] written at [..., index[k]] along dim; where an index repeats, the last one stays."""

@overload
def index_fill(input: Tensor, dim: int, index: ArrayLike, value: ArrayLike) -> Tensor: ...

@overload
def index_fill(input: ArrayLike, dim: int, index: ArrayLike, value: ArrayLike) -> Any:
    """`input` with a number written at [..., index[k]] along dim."""

@overload
def index_put(input: Tensor, index: ArrayLike, value: ArrayLike, accumulate: bool = False) -> Tensor: ...

@overload
def index_put(input: ArrayLike, index: ArrayLike, value: ArrayLike, accumulate: bool = False) -> Any:
    """input with ``input[index] = value``, as a new tensor; any index that ``input[index]`` takes."""

@overload
def index_select(input: Tensor, dim: int, index: ArrayLike) -> Tensor: ...

@overload
def index_select(input: ArrayLike, dim: int, index: ArrayLike) -> Any:
    """The slices of input at the integers `index` (k), 0 to n - 1, along dim."""

@overload
def instance_norm(input: Tensor, running_mean: ArrayLike | None = None, running_var: ArrayLike | None = None, weight: ArrayLike | None = None, bias: ArrayLike | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-05) -> Tensor: ...

@overload
def instance_norm(input: ArrayLike, running_mean: ArrayLike | None = None, running_var: ArrayLike | None = None, weight: ArrayLike | None = None, bias: ArrayLike | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-05) -> Any:
    """(x - mean) / √(variance + eps) of each channel of each example: (N, C, L, ...)."""

@overload
def interpolate(input: Tensor, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = 'nearest', align_corners: bool | None = None, recompute_scale_factor: bool | None = None) -> Tensor: ...

@overload
def interpolate(input: ArrayLike, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None, mode: str = 'nearest', align_corners: bool | None = None, recompute_scale_factor: bool | None = None) -> Any:
    """`input` (N, C, L), (N, C, H, W) or (N, C, D, H, W) with other lengths of the last axes."""

@overload
def irfft(real: Tensor, imag: ArrayLike = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None) -> Tensor: ...

@overload
def irfft(real: ArrayLike, imag: ArrayLike = 0.0, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The real array of length n whose rfft is ``(real, imag)``; n is 2 (m - 1) by default."""

@overload
def kl_div(input: Tensor, target: ArrayLike, reduction: str = 'mean', log_target: bool = False) -> Tensor: ...

@overload
def kl_div(input: ArrayLike, target: ArrayLike, reduction: str = 'mean', log_target: bool = False) -> Any:
    """t (ln t - input), 0 at t = 0; t = target, or e^target with log_target"""

@overload
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Ranked: ...

@overload
def kthvalue(input: ArrayLike, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """``(values, indices)``: the k-th smallest entry along dim, k from 1 to the length of the axis."""

@overload
def l1(input: Tensor, target: ArrayLike, reduction: str = 'mean') -> Tensor: ...

@overload
def l1(input: ArrayLike, target: ArrayLike, reduction: str = 'mean') -> Any:
    """|d|, slope 0 at 0; d = input - target"""

@overload
def l1_loss(input: Tensor, target: ArrayLike, reduction: str = 'mean') -> Tensor: ...

@overload
def l1_loss(input: ArrayLike, target: ArrayLike, reduction: str = 'mean') -> Any:
    """|d|, slope 0 at 0; d = input - target"""

@overload
def layer_norm(input: Tensor, normalized_shape: int | Sequence[int], weight: ArrayLike | None = None, bias: ArrayLike | None = None, eps: float = 1e-05) -> Tensor: ...

@overload
def layer_norm(input: ArrayLike, normalized_shape: int | Sequence[int], weight: ArrayLike | None = None, bias: ArrayLike | None = None, eps: float = 1e-05) -> Any:
    """(x - mean) / √(variance + eps) · weight + bias, over the last axes of `input`."""

@overload
def leaky_relu(input: Tensor, negative_slope: ArrayLike = 0.01) -> Tensor: ...

@overload
def leaky_relu(input: ArrayLike, negative_slope: ArrayLike = 0.01) -> Any:
    """x for x > 0, else negative_slope · x; slope negative_slope at 0"""

@overload
def lerp(input: Tensor, end: ArrayLike, weight: ArrayLike) -> Tensor: ...

@overload
def lerp(input: ArrayLike, end: ArrayLike, weight: ArrayLike) -> Any:
    """input + weight · (end - input): on the way from `input` to `end`, weight 0 to 1 of it."""

@overload
def lgamma(input: Tensor) -> Tensor: ...

@overload
def lgamma(input: ArrayLike) -> Any:
    """ln |Γ(x)|, where Γ(n + 1) = n!"""

@overload
def linear(input: Tensor, weight: ArrayLike, bias: ArrayLike | None = None) -> Tensor: ...

@overload
def linear(input: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None) -> Any:
    """input @ weightᵀ + bias"""

@overload
def log_softmax(input: Tensor, dim: int = -1, dtype: DTypeLike | None = None) -> Tensor: ...

@overload
def log_softmax(input: ArrayLike, dim: int = -1, dtype: DTypeLike | None = None) -> Any:
    """x - ln Σ eˣ along `dim`, without overflow. A row of -∞ stays as it is."""

@overload
def logcumsumexp(input: Tensor, dim: int) -> Tensor: ...

@overload
def logcumsumexp(input: ArrayLike, dim: int) -> Any:
    """ln (eˣ¹ + ... + eˣᵏ) for each k along dim, without overflow."""

@overload
def logdet(input: Tensor) -> Tensor: ...

@overload
def logdet(input: ArrayLike) -> Any:
    """ln det; -∞ where the determinant is 0, NaN where it is negative."""

@overload
def logit(input: Tensor, eps: float | None = None) -> Tensor: ...

@overload
def logit(input: ArrayLike, eps: float | None = None) -> Any:
    """ln(x / (1 - x)), the inverse of the sigmoid; eps: of x between eps and 1 - eps."""

@overload
def logsigmoid(input: Tensor) -> Tensor: ...

@overload
def logsigmoid(input: ArrayLike) -> Any:
    """ln sigmoid(x), without overflow"""

@overload
def logsumexp(input: Tensor, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Tensor: ...

@overload
def logsumexp(input: ArrayLike, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Any:
    """ln Σ eˣ along axis, without overflow; -∞ where every x is, or there is none"""

@overload
def lu(A: Tensor, *, pivot: bool = True) -> tuple[Tensor, Tensor, Tensor]: ...

@overload
def lu(A: ArrayLike, *, pivot: bool = True) -> Any:
    """``(P, L, U)`` with A = P L U (..., m, n): P moves rows, L (..., m, k) is lower triangular with ones on its diagonal, U (..., k, n) upper triangular, k the smaller of m and n."""

@overload
def margin_ranking_loss(input1: Tensor, input2: ArrayLike, target: ArrayLike, margin: ArrayLike = 0.0, reduction: str = 'mean') -> Tensor: ...

@overload
def margin_ranking_loss(input1: ArrayLike, input2: ArrayLike, target: ArrayLike, margin: ArrayLike = 0.0, reduction: str = 'mean') -> Any:
    """max(0, -t (x1 - x2) + margin): x1 shall be larger where the target t is 1, smaller for -1."""

@overload
def masked_fill(input: Tensor, mask: ArrayLike, value: ArrayLike) -> Tensor: ...

@overload
def masked_fill(input: ArrayLike, mask: ArrayLike, value: ArrayLike) -> Any:
    """input with `value` where `mask` is true; the dtype of input stays, mask and input broadcast."""

@overload
def masked_scatter(input: Tensor, mask: ArrayLike, source: ArrayLike) -> Tensor: ...

@overload
def masked_scatter(input: ArrayLike, mask: ArrayLike, source: ArrayLike) -> Any:
    """`input` with the entries of `source`, in their order, written where `mask` is true."""

@overload
def masked_select(input: Tensor, mask: ArrayLike) -> Tensor: ...

@overload
def masked_select(input: ArrayLike, mask: ArrayLike) -> Any:
    """The entries of `input` where `mask` is true, as one axis; the two broadcast."""

@overload
def matrix_exp(input: Tensor) -> Tensor: ...

@overload
def matrix_exp(input: ArrayLike) -> Any:
    """Σ_k Xᵏ / k!, the exponential of each matrix (..., n, n)"""

@overload
def max_pool1d(input: Tensor, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, dilation: ArrayLike = 1, ceil_mode: bool = False) -> Tensor: ...

@overload
def max_pool1d(input: ArrayLike, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, dilation: ArrayLike = 1, ceil_mode: bool = False) -> Any:
    """The largest entry of each window of kernel_size entries: (N, C, L) or (C, L) → (..., L')."""

@overload
def max_pool2d(input: Tensor, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, dilation: ArrayLike = 1, ceil_mode: bool = False) -> Tensor: ...

@overload
def max_pool2d(input: ArrayLike, kernel_size: ArrayLike, stride: ArrayLike | None = None, padding: ArrayLike = 0, dilation: ArrayLike = 1, ceil_mode: bool = False) -> Any:
    """The largest entry of each window of an image: (N, C, H, W) or (C, H, W) → (..., H', W')."""

@overload
def mish(input: Tensor) -> Tensor: ...

@overload
def mish(input: ArrayLike) -> Any:
    """x · tanh(softplus(x))"""

@overload
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Ranked: ...

@overload
def mode(input: ArrayLike, dim: int = -1, keepdim: bool = False) -> Any:
    """``(values, indices)``: the most frequent entry along dim (of several such the smallest), and the last place where it is."""

@overload
def mse(input: Tensor, target: ArrayLike, reduction: str = 'mean') -> Tensor: ...

@overload
def mse(input: ArrayLike, target: ArrayLike, reduction: str = 'mean') -> Any:
    """d²; d = input - target"""

@overload
def mse_loss(input: Tensor, target: ArrayLike, reduction: str = 'mean') -> Tensor: ...

@overload
def mse_loss(input: ArrayLike, target: ArrayLike, reduction: str = 'mean') -> Any:
    """d²; d = input - target"""

@overload
def msort(input: Tensor) -> Tensor: ...

@overload
def msort(input: ArrayLike) -> Any:
    """The entries along the first axis in ascending order."""

@overload
def multi_margin_loss(input: Tensor, target: ArrayLike, p: int = 1, margin: ArrayLike = 1.0, weight: ArrayLike | None = None, reduction: str = 'mean') -> Tensor: ...

@overload
def multi_margin_loss(input: ArrayLike, target: ArrayLike, p: int = 1, margin: ArrayLike = 1.0, weight: ArrayLike | None = None, reduction: str = 'mean') -> Any:
    """Σ_{j ≠ y} max(0, margin - x_y + x_j)ᵖ / C for scores (N, C) or (C,) and classes y."""

@overload
def multilabel_soft_margin_loss(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean') -> Tensor: ...

@overload
def multilabel_soft_margin_loss(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, reduction: str = 'mean') -> Any:
    """-(t ln sigmoid(x) + (1 - t) ln sigmoid(-x)), its mean over the classes, which are last."""

@overload
def narrow(input: Tensor, dim: int, start: ArrayLike, length: int) -> Tensor: ...

@overload
def narrow(input: ArrayLike, dim: int, start: ArrayLike, length: int) -> Any:
    """The entries start to start + length - 1 along dim; start may count from the end."""

@overload
def nll(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = 'mean') -> Tensor: ...

@overload
def nll(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = 'mean') -> Any:
    """-input[target]; input holds log-probabilities"""

@overload
def nll_loss(input: Tensor, target: ArrayLike, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = 'mean') -> Tensor: ...

@overload
def nll_loss(input: ArrayLike, target: ArrayLike, weight: ArrayLike | None = None, ignore_index: int = -100, reduction: str = 'mean') -> Any:
    """-input[target]; input holds log-probabilities"""

@overload
def normalize(input: Tensor, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: ArrayLike = 1e-12) -> Tensor: ...

@overload
def normalize(input: ArrayLike, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: ArrayLike = 1e-12) -> Any:
    """x / max(‖x‖ₚ, eps), the vectors lying along `dim`; of several axes all entries are one."""

@overload
def one_hot(tensor: Tensor, num_classes: int = -1, dtype: DTypeLike | None = ...) -> Tensor: ...

@overload
def one_hot(tensor: ArrayLike, num_classes: int = -1, dtype: DTypeLike | None = ...) -> Any:
    """Integers (...) as rows (..., C) that are 1 at the integer and 0 elsewhere."""

@overload
def orthogonality_penalty(weight: Tensor) -> Tensor: ...

@overload
def orthogonality_penalty(weight: ArrayLike) -> Any:
    """‖WᵀW - I‖² = Σ_i (σ_i² - 1)², the squared Frobenius norm: 0 where the columns of W are orthonormal."""

@overload
def pad(input: Tensor, pad: Sequence[int], mode: str = 'constant', value: float | None = None) -> Tensor: ...

@overload
def pad(input: ArrayLike, pad: Sequence[int], mode: str = 'constant', value: float | None = None) -> Any:
    """`input` with entries before and after it along its last axes; negative widths cut off."""

@overload
def pairwise_distance(x1: Tensor, x2: ArrayLike, p: float = 2.0, eps: ArrayLike = 1e-06, keepdim: bool = False) -> Tensor: ...

@overload
def pairwise_distance(x1: ArrayLike, x2: ArrayLike, p: float = 2.0, eps: ArrayLike = 1e-06, keepdim: bool = False) -> Any:
    """‖x1 - x2 + eps‖ₚ along the last axis; the two broadcast."""

@overload
def poisson_nll_loss(input: Tensor, target: ArrayLike, log_input: bool = True, full: bool = False, eps: float = 1e-08, reduction: str = 'mean') -> Tensor: ...

@overload
def poisson_nll_loss(input: ArrayLike, target: ArrayLike, log_input: bool = True, full: bool = False, eps: float = 1e-08, reduction: str = 'mean') -> Any:
    """e^x - t x, for the logarithm x of a rate and a count t; or x - t ln(x + eps) for a rate x."""

@overload
def polygamma(n: int, input: Tensor) -> Tensor: ...

@overload
def polygamma(n: int, input: ArrayLike) -> Any:
    """ψ₍ₙ₎(x), the derivative of order n + 1 of ln Γ(x)"""

@overload
def prelu(input: Tensor, weight: ArrayLike) -> Tensor: ...

@overload
def prelu(input: ArrayLike, weight: ArrayLike) -> Any:
    """x where x > 0, else weight · x: a leaky_relu whose slope is learned."""

@overload
def relu(input: Tensor) -> Tensor: ...

@overload
def relu(input: ArrayLike) -> Any:
    """max(x, 0); slope 0 at 0"""

@overload
def relu6(input: Tensor) -> Tensor: ...

@overload
def relu6(input: ArrayLike) -> Any:
    """min(max(x, 0), 6); slope 0 at 0 and 6"""

@overload
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor: ...

@overload
def renorm(input: ArrayLike, p: float, dim: int, maxnorm: float) -> Any:
    """`input`, with its slices along dim scaled to p-norm maxnorm where theirs is larger."""

@overload
def repeat_interleave(input: Tensor, repeats: ArrayLike, dim: int | None = None, *, output_size: int | None = None) -> Tensor: ...

@overload
def repeat_interleave(input: ArrayLike, repeats: ArrayLike, dim: int | None = None, *, output_size: int | None = None) -> Any:
    """Each entry along dim (None: of the flattened input), `repeats` times, or repeats[i] times entry i."""

@overload
def rfft(x: Tensor, n: int | None = None, axis: int = -1, norm: str | None = None) -> tuple[Tensor, Tensor]: ...

@overload
def rfft(x: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The spectrum of real x: ``(real, imag)``, each with n // 2 + 1 frequencies along axis."""

@overload
def rms_norm(input: Tensor, normalized_shape: int | Sequence[int], weight: ArrayLike | None = None, eps: ArrayLike | None = None) -> Tensor: ...

@overload
def rms_norm(input: ArrayLike, normalized_shape: int | Sequence[int], weight: ArrayLike | None = None, eps: ArrayLike | None = None) -> Any:
    """x / √(mean x² + eps) · weight over the last axes, whose lengths are normalized_shape."""

@overload
def rsqrt(input: Tensor) -> Tensor: ...

@overload
def rsqrt(input: ArrayLike) -> Any:
    """1 / √x"""

@overload
def scaled_dot_product_attention(query: Tensor, key: ArrayLike, value: ArrayLike, attn_mask: ArrayLike | None = None, dropout_p: float = 0.0, is_causal: bool = False, scale: ArrayLike | None = None, rng: np.random.Generator | int | None = None) -> Tensor: ...

@overload
def scaled_dot_product_attention(query: ArrayLike, key: ArrayLike, value: ArrayLike, attn_mask: ArrayLike | None = None, dropout_p: float = 0.0, is_causal: bool = False, scale: ArrayLike | None = None, rng: np.random.Generator | int | None = None) -> Any:
    """softmax(query keyᵀ scale + mask) value: (..., L, E), (..., S, E), (..., S, V) → (..., L, V)."""

@overload
def scatter(input: Tensor, dim: int, index: ArrayLike, src: ArrayLike | None = None, *, value: ArrayLike | None = None, reduce: str | None = None) -> Tensor: ...

@overload
def scatter(input: ArrayLike, dim: int, index: ArrayLike, src: ArrayLike | None = None, *, value: ArrayLike | None = None, reduce: str | None = None) -> Any:
    """`input` with src[i, j] written at [i, index[i, j]] for dim 1, likewise for any other dim."""

@overload
def scatter_add(input: Tensor, dim: int, index: ArrayLike, src: ArrayLike) -> Tensor: ...

@overload
def scatter_add(input: ArrayLike, dim: int, index: ArrayLike, src: ArrayLike) -> Any:
    """input with src[i, j, k] added at [i, index[i, j, k], k] for dim 1; the reverse of gather."""

@overload
def scatter_reduce(input: Tensor, dim: int, index: ArrayLike, src: ArrayLike, reduce: str, *, include_self: bool = True) -> Tensor: ...

@overload
def scatter_reduce(input: ArrayLike, dim: int, index: ArrayLike, src: ArrayLike, reduce: str, *, include_self: bool = True) -> Any:
    """`input` with src[i, j] taken together with what is at [i, index[i, j]], for dim 1, likewise for any other dim."""

@overload
def selu(input: Tensor) -> Tensor: ...

@overload
def selu(input: ArrayLike) -> Any:
    """1.0507 · elu(x) with alpha = 1.6733"""

@overload
def sigmoid(input: Tensor) -> Tensor: ...

@overload
def sigmoid(input: ArrayLike) -> Any:
    """1 / (1 + e⁻ˣ)"""

@overload
def silu(input: Tensor) -> Tensor: ...

@overload
def silu(input: ArrayLike) -> Any:
    """x · sigmoid(x)"""

@overload
def smooth_l1(input: Tensor, target: ArrayLike, reduction: str = 'mean', beta: ArrayLike = 1.0) -> Tensor: ...

@overload
def smooth_l1(input: ArrayLike, target: ArrayLike, reduction: str = 'mean', beta: ArrayLike = 1.0) -> Any:
    """``huber_loss(input, target, delta=beta) / beta``, which is l1_loss at beta = 0."""

@overload
def smooth_l1_loss(input: Tensor, target: ArrayLike, reduction: str = 'mean', beta: ArrayLike = 1.0) -> Tensor: ...

@overload
def smooth_l1_loss(input: ArrayLike, target: ArrayLike, reduction: str = 'mean', beta: ArrayLike = 1.0) -> Any:
    """``huber_loss(input, target, delta=beta) / beta``, which is l1_loss at beta = 0."""

@overload
def soft_margin_loss(input: Tensor, target: ArrayLike, reduction: str = 'mean') -> Tensor: ...

@overload
def soft_margin_loss(input: ArrayLike, target: ArrayLike, reduction: str = 'mean') -> Any:
    """ln(1 + e^(-t x)) for targets t of 1 and -1, without overflow."""

@overload
def softmax(input: Tensor, dim: int = -1, dtype: DTypeLike | None = None) -> Tensor: ...

@overload
def softmax(input: ArrayLike, dim: int = -1, dtype: DTypeLike | None = None) -> Any:
    """eˣ / Σ eˣ along `dim`: positive, of sum 1. A row of -∞ gives zeros."""

@overload
def softmin(input: Tensor, dim: int = -1, dtype: DTypeLike | None = None) -> Tensor: ...

@overload
def softmin(input: ArrayLike, dim: int = -1, dtype: DTypeLike | None = None) -> Any:
    """e⁻ˣ / Σ e⁻ˣ along `dim`: ``softmax(-input)``, the largest where x is smallest."""

@overload
def softplus(input: Tensor, beta: ArrayLike = 1.0, threshold: float | None = None) -> Tensor: ...

@overload
def softplus(input: ArrayLike, beta: ArrayLike = 1.0, threshold: float | None = None) -> Any:
    """ln(1 + e^(beta · x)) / beta, without overflow."""

@overload
def softshrink(input: Tensor, lambd: ArrayLike = 0.5) -> Tensor: ...

@overload
def softshrink(input: ArrayLike, lambd: ArrayLike = 0.5) -> Any:
    """x moved towards 0 by lambd, and 0 where |x| ≤ lambd. Raises ValueError for lambd < 0."""

@overload
def softsign(input: Tensor) -> Tensor: ...

@overload
def softsign(input: ArrayLike) -> Any:
    """x / (1 + |x|)"""

@overload
def solve_triangular(A: Tensor, B: ArrayLike, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tensor: ...

@overload
def solve_triangular(A: ArrayLike, B: ArrayLike, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """The X with A X = B, or X A = B where not `left`, for a triangular A (..., n, n)."""

@overload
def spectral_norm_penalty(weight: Tensor, limit: float = 1.0) -> Tensor: ...

@overload
def spectral_norm_penalty(weight: ArrayLike, limit: float = 1.0) -> Any:
    """Σ_i max(0, σ_i - limit)² over the singular values σ_i of `weight`."""

@overload
def take_along_dim(input: Tensor, indices: ArrayLike, dim: int | None = None) -> Tensor: ...

@overload
def take_along_dim(input: ArrayLike, indices: ArrayLike, dim: int | None = None) -> Any:
    """The entries at indices that vary with the place along the other axes, which broadcast; dim None: of the flattened input."""

@overload
def tanh(input: Tensor) -> Tensor: ...

@overload
def tanh(input: ArrayLike) -> Any:
    """tanh(x) = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), between -1 and 1; the same as ``np.tanh``."""

@overload
def tanhshrink(input: Tensor) -> Tensor: ...

@overload
def tanhshrink(input: ArrayLike) -> Any:
    """x - tanh(x)"""

@overload
def tensor_split(input: Tensor, indices_or_sections: Ints, dim: int = 0) -> tuple[Tensor, ...]: ...

@overload
def tensor_split(input: ArrayLike, indices_or_sections: Ints, dim: int = 0) -> Any:
    """So many parts of nearly equal length along an axis, or the parts between these places."""

@overload
def threshold(input: Tensor, threshold: float, value: ArrayLike) -> Tensor: ...

@overload
def threshold(input: ArrayLike, threshold: float, value: ArrayLike) -> Any:
    """x where it is above the threshold, else `value`."""

@overload
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Ranked: ...

@overload
def topk(input: ArrayLike, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """``(values, indices)``: the k largest entries along dim, the largest first."""

@overload
def triplet_margin_loss(anchor: Tensor, positive: ArrayLike, negative: ArrayLike, margin: ArrayLike = 1.0, p: float = 2.0, eps: ArrayLike = 1e-06, swap: bool = False, reduction: str = 'mean') -> Tensor: ...

@overload
def triplet_margin_loss(anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, margin: ArrayLike = 1.0, p: float = 2.0, eps: ArrayLike = 1e-06, swap: bool = False, reduction: str = 'mean') -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm of the difference."""

@overload
def unbind(x: Tensor, /, axis: int = 0) -> tuple[Tensor, ...]: ...

@overload
def unbind(x: ArrayLike, /, axis: int = 0) -> Any:
    """The slices of x along `axis`, without that axis: one node, whatever their number."""

@overload
def unflatten(input: Tensor, dim: int, sizes: Ints) -> Tensor: ...

@overload
def unflatten(input: ArrayLike, dim: int, sizes: Ints) -> Any:
    """One axis made several of the given lengths, one of which may be -1."""

@overload
def xlogy(input: Tensor, other: ArrayLike) -> Tensor: ...

@overload
def xlogy(input: ArrayLike, other: ArrayLike) -> Any:
    """x ln y, and 0 where x is 0, unless y is NaN"""
