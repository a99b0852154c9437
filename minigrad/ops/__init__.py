"""The catalogue of ops: one record each, imported here, and then attached to Tensor."""

from ..engine.tensor import Tensor
from . import install, operators
from .elementwise import (
    activations,
    arithmetic,
    bessel,
    comparison,
    complex_parts,
    exponential,
    gamma,
    rounding,
    selection,
    special,
    trigonometry,
)
from .index import gathering, indexing, sorting, writes
from .linear import (
    correlation,
    decompositions,
    degenerate,
    einsum,
    inverses,
    products,
    systems,
    triangular,
)
from .nn import classification, convolution, layers, losses
from .numpy import applying, emath, fft, histograms, interpolation, polynomials, ufuncs
from .pytorch import (
    blends,
    conversions,
    matrices,
    measures,
    methods,
    places,
    ranking,
    shapes,
    words,
)
from .reduce import (
    cumulative,
    masked,
    nan_reductions,
    norms,
    quantiles,
    reductions,
    running,
    statistics,
)
from .shape import axes, creation, insertion, joining, padding, rearranging

install.install(Tensor)

__all__ = [
    "activations", "applying", "arithmetic", "axes", "bessel", "blends", "classification",
    "comparison", "complex_parts", "conversions", "convolution", "correlation", "creation",
    "cumulative", "decompositions", "degenerate", "einsum", "emath", "exponential", "fft", "gamma",
    "gathering", "histograms", "indexing", "insertion", "install", "interpolation", "inverses",
    "joining", "layers", "losses", "masked", "matrices", "measures", "methods", "nan_reductions",
    "norms", "operators", "padding", "places", "polynomials", "products", "quantiles", "ranking",
    "rearranging", "reductions", "rounding", "running", "selection", "shapes", "sorting", "special",
    "statistics", "systems", "triangular", "trigonometry", "ufuncs", "words", "writes",
]
