"""The functions of neural networks, with PyTorch's names and signatures.

They take Tensors or arrays and give what they were given. Where PyTorch says ``dim``, NumPy's
``axis`` is understood too. What NumPy has itself is not repeated here: write ``np.exp(x)``.
"""

from typing import TYPE_CHECKING

from ..ops.index.gathering import gather, index_put, index_select, masked_fill, scatter_add
from ..ops.linear.triangular import lu, matrix_exp, solve_triangular
from ..ops.numpy.fft import fft, ifft, irfft, rfft
from ..ops.pytorch.blends import (
    addbmm,
    addcdiv,
    addcmul,
    addmm,
    addmv,
    addr,
    baddbmm,
    clamp_max,
    clamp_min,
    frac,
    lerp,
    logit,
    rsqrt,
    xlogy,
)
from ..ops.pytorch.matrices import logdet
from ..ops.pytorch.measures import cdist, dist, renorm
from ..ops.pytorch.places import (
    index_add,
    index_copy,
    index_fill,
    masked_scatter,
    masked_select,
    narrow,
    scatter,
    scatter_reduce,
    take_along_dim,
)
from ..ops.pytorch.ranking import (
    aminmax,
    cummax,
    cummin,
    kthvalue,
    logcumsumexp,
    mode,
    msort,
    topk,
)
from ..ops.pytorch.shapes import (
    cat,
    diag_embed,
    flatten,
    repeat_interleave,
    tensor_split,
    unflatten,
)
from ..ops.shape.joining import unbind
from ..suggest import attribute_finder, name_lister
from .activations import gelu, glu, log_softmax, softmax, softmin, softplus, tanh
from .attention import bilinear, gumbel_softmax, scaled_dot_product_attention
from .convolutions import conv1d, conv2d
from .generated import generated as _generated
from .layers import (
    batch_norm,
    cosine_similarity,
    dropout,
    embedding,
    layer_norm,
    normalize,
    one_hot,
)
from .losses import (
    cosine_embedding_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    smooth_l1_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from .norms import group_norm, instance_norm, pairwise_distance, rms_norm
from .penalties import orthogonality_penalty, spectral_norm_penalty
from .pieces import hardshrink, hardswish, prelu, softshrink, tanhshrink, threshold
from .resizing import interpolate
from .sequences import ctc_loss
from .windows import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d, pad

__all__ = [
    "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "aminmax", "avg_pool1d", "avg_pool2d",
    "baddbmm", "batch_norm", "bce", "bce_with_logits", "bilinear", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "cat", "cdist", "celu", "clamp_max", "clamp_min", "conv1d",
    "conv2d", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss", "cummax",
    "cummin", "diag_embed", "digamma", "dist", "dropout", "elu", "embedding", "erf", "erfc",
    "erfinv", "fft", "flatten", "frac", "gather", "gaussian_nll_loss", "gelu", "glu", "group_norm",
    "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss",
    "huber", "huber_loss", "ifft", "index_add", "index_copy", "index_fill", "index_put",
    "index_select", "instance_norm", "interpolate", "irfft", "kl_div", "kthvalue", "l1", "l1_loss",
    "layer_norm", "leaky_relu", "lerp", "lgamma", "linear", "log_softmax", "logcumsumexp", "logdet",
    "logit", "logsigmoid", "logsumexp", "lu", "margin_ranking_loss", "masked_fill",
    "masked_scatter", "masked_select", "matrix_exp", "max_pool1d", "max_pool2d", "mish", "mode",
    "mse", "mse_loss", "msort", "multi_margin_loss", "multilabel_soft_margin_loss", "narrow", "nll",
    "nll_loss", "normalize", "one_hot", "orthogonality_penalty", "pad", "pairwise_distance",
    "poisson_nll_loss", "polygamma", "prelu", "relu", "relu6", "renorm", "repeat_interleave",
    "rfft", "rms_norm", "rsqrt", "scaled_dot_product_attention", "scatter", "scatter_add",
    "scatter_reduce", "selu", "sigmoid", "silu", "smooth_l1", "smooth_l1_loss", "soft_margin_loss",
    "softmax", "softmin", "softplus", "softshrink", "softsign", "solve_triangular",
    "spectral_norm_penalty", "take_along_dim", "tanh", "tanhshrink", "tensor_split", "threshold",
    "topk", "triplet_margin_loss", "unbind", "unflatten", "xlogy",
]

# The functions that are one op; and shorter names for the same.
globals().update(_generated())
globals().update(
    mse=globals()["mse_loss"], l1=globals()["l1_loss"], huber=globals()["huber_loss"],
    nll=globals()["nll_loss"], bce=globals()["binary_cross_entropy"], smooth_l1=smooth_l1_loss,
    bce_with_logits=globals()["binary_cross_entropy_with_logits"],
)

if not TYPE_CHECKING:  # for a type checker there is no such name
    __getattr__ = attribute_finder(__name__, __all__)
    __dir__ = name_lister(globals())
