"""The functions of neural networks, with PyTorch's names and signatures.

They take Tensors or arrays and give what they were given. Where PyTorch says ``dim``, NumPy's
``axis`` is understood too. What NumPy has itself is not repeated here: write ``np.exp(x)``.
"""

from typing import TYPE_CHECKING

from ..ops.fft import fft, ifft, irfft, rfft
from ..ops.join import unbind
from ..suggest import attribute_finder
from .activations import (
    celu,
    elu,
    gelu,
    glu,
    hardsigmoid,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    logsumexp,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softsign,
    tanh,
)
from .indexing import gather, index_put, index_select, masked_fill, scatter_add
from .layers import (
    batch_norm,
    conv1d,
    cosine_similarity,
    dropout,
    embedding,
    erf,
    erfc,
    layer_norm,
    linear,
    normalize,
    one_hot,
)
from .losses import (
    bce,
    bce_with_logits,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber,
    huber_loss,
    kl_div,
    l1,
    l1_loss,
    mse,
    mse_loss,
    nll,
    nll_loss,
    smooth_l1,
    smooth_l1_loss,
)
from .penalties import orthogonality_penalty, spectral_norm_penalty

__all__ = [
    "batch_norm", "bce", "bce_with_logits", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "celu", "conv1d", "cosine_similarity", "cross_entropy",
    "dropout", "elu", "embedding", "erf", "erfc", "fft", "gather", "gelu", "glu", "hardsigmoid",
    "hardtanh", "huber", "huber_loss", "ifft", "index_put", "index_select", "irfft", "kl_div", "l1",
    "l1_loss", "layer_norm", "leaky_relu", "linear", "log_softmax", "logsigmoid", "logsumexp",
    "masked_fill", "mish", "mse", "mse_loss", "nll", "nll_loss", "normalize", "one_hot",
    "orthogonality_penalty", "relu", "relu6", "rfft", "scatter_add", "selu", "sigmoid", "silu",
    "smooth_l1", "smooth_l1_loss", "softmax", "softmin", "softplus", "softsign",
    "spectral_norm_penalty", "tanh", "unbind",
]

if not TYPE_CHECKING:  # for a type checker there is no such name
    __getattr__ = attribute_finder(__name__, __all__)
