"""What fails inside a function is reported under its own name, not that of what it is made of."""

import inspect

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.errors import MinigradError

rng = np.random.default_rng(0)
SIGNS, CLASSES = np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]]), np.array([0, 2])
# Arguments that are no tensor like the input: by function and name, or by name alone.
GIVEN = {
    ("threshold", "value"): 1.0, ("cosine_embedding_loss", "target"): np.array([1, -1]),
    **{(name, "target"): CLASSES for name in ("multi_margin_loss", "cross_entropy", "nll_loss")},
    "target": SIGNS, "normalized_shape": 3, "num_groups": 1, "pad": (1, 1), "target1": SIGNS,
}
LONG = ("group_norm", "instance_norm", "interpolate")  # their input has three axes
NUMBERS = [
    (name, p.name)
    for name in F.__all__ for p in inspect.signature(getattr(F, name)).parameters.values()
    if isinstance(p.default, float) or "float" in str(p.annotation)
    if name not in ("batch_norm", "spectral_norm_penalty", "index_add", "renorm", "fft", "ifft")
]
FAILING = {  # arguments that do not fit, and what the error begins with
    "smooth_l1_loss": (np.ones(3), np.ones(2)), "triplet_margin_loss": (np.ones(3), 1, [1, 2]),
    "pairwise_distance": (np.ones((2, 3)), np.ones((2, 4))), "glu": (np.ones(4), "x"),
    "bilinear": (np.ones(2), np.ones(3), np.ones(4)), "pad": (np.ones(3), (1,)),
    "scaled_dot_product_attention": (np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 3))),
    "cosine_similarity": (np.ones((2, 3)), np.ones((2, 4))), "dropout": (np.ones(2), 2.0),
}


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_a_tensor_as_a_number(name, number):
    """It gets a gradient, or is refused by the name of the function and of the argument."""
    function, scale = getattr(F, name), mg.tensor(0.3, requires_grad=True)
    x = mg.tensor(rng.normal(size=(2, 3, 4) if name in LONG else (2, 3)), requires_grad=True)
    call = {number: scale}
    for p in inspect.signature(function).parameters.values():
        if p.name != number and p.default is p.empty and p.kind is not p.VAR_POSITIONAL:
            call[p.name] = GIVEN.get((name, p.name), GIVEN.get(p.name, np.abs(x) + 0.1))
    error = None
    try:
        y = function(**call)
    except (MinigradError, TypeError, ValueError) as raised:
        error = str(raised)
    if error is None:
        y.sum().backward()
        assert scale.grad is not None or name == "poisson_nll_loss"  # whose eps has no part here
    else:
        assert error.startswith(f"{name}(")
        assert number in error


@pytest.mark.parametrize("name", FAILING)
def test_the_name_that_was_called(name):
    with pytest.raises((ValueError, TypeError), match=rf"^{name}\b"):
        getattr(F, name)(*FAILING[name])


@pytest.mark.parametrize("transform", [mg.grad, mg.value_and_grad, mg.jacobian, mg.hessian])
def test_transforms_name_themselves(transform):
    """For what is no function, an argument that there is not, and integers to differentiate."""
    name = transform.__name__
    for call in (
        lambda: transform(3.0), lambda: transform(np.sin, argnums=2)(1.0),
        lambda: transform(np.sin)(1),
    ):
        with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
            call()
    if name.endswith("grad"):
        with pytest.raises(TypeError, match=rf"^{name}: the function returned"):
            transform(lambda x: (x, x))(1.0)
    with pytest.raises(TypeError, match=r"^hvp: the function returned"):
        mg.hvp(lambda x: x * 2, np.ones(2), np.ones(2))
