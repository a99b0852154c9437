"""Every function of minigrad.functional gives PyTorch's values and PyTorch's gradients."""

import warnings

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F

torch = pytest.importorskip("torch")
TF = torch.nn.functional

pytestmark = pytest.mark.peers

rng = np.random.default_rng(7)
X = rng.normal(size=(3, 4)) * 2  # what activations are given: both signs, some beyond ±3
BIG = np.array([-1e4, -1e3, -60.0, -5.0, 5.0, 60.0, 1e3, 1e4])
LOGITS, CLASSES = rng.normal(size=(5, 4)), np.array([0, 3, 1, 3, 2])
SPATIAL, PLACES = rng.normal(size=(2, 3, 4)), rng.integers(0, 3, (2, 4))
HOLES = np.array([0, -100, 1, -100, 2])
SHARES = rng.dirichlet(np.ones(4), 5)
WEIGHT = rng.uniform(0.5, 2.0, 4)
P, T = rng.uniform(0.05, 0.95, (3, 4)), rng.uniform(0.0, 1.0, (3, 4))
IMAGE, KERNEL = rng.normal(size=(2, 4, 9)), rng.normal(size=(6, 4, 3))
PHOTO, KERNELS = rng.normal(size=(2, 4, 7, 8)), rng.normal(size=(6, 4, 2, 3))

ELEMENTWISE = [
    ("relu", {}), ("relu6", {}), ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.3}),
    ("elu", {}), ("elu", {"alpha": 0.5}), ("selu", {}), ("celu", {}), ("celu", {"alpha": 1.5}),
    ("gelu", {}), ("gelu", {"approximate": "tanh"}), ("silu", {}), ("mish", {}), ("softplus", {}),
    ("softplus", {"beta": 2.0}), ("softsign", {}), ("sigmoid", {}), ("logsigmoid", {}),
    ("hardtanh", {}), ("hardtanh", {"min_val": -0.5, "max_val": 2.0}), ("hardsigmoid", {}),
    ("tanh", {}), ("softmax", {"dim": 0}), ("softmax", {"dim": -1}), ("log_softmax", {"dim": 1}),
    ("softmin", {"dim": 0}), ("glu", {}), ("glu", {"dim": 1}),
    ("normalize", {}), ("normalize", {"p": 3.0, "dim": 0}),
    ("layer_norm", {"normalized_shape": (4,)}),
]

# Those that take one axis, at numbers far from 0.
FAR = [
    (name, {"dim": 0} if "dim" in keywords else keywords)
    for name, keywords in ELEMENTWISE if name not in ("normalize", "layer_norm")
]

# name, the arrays that get gradients, the other arguments by position, keywords
CALLS = [
    ("linear", (X, rng.normal(size=(5, 4)), rng.normal(size=5)), (), {}),
    ("linear", (SPATIAL, rng.normal(size=(5, 4))), (), {}),
    ("linear", (X[0], rng.normal(size=(5, 4))), (), {}),
    ("layer_norm", (SPATIAL,), ((3, 4), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))), {}),
    ("cosine_similarity", (X, X[::-1] + 1), (), {}),
    ("cosine_similarity", (X, X[::-1] + 1), (), {"dim": 0}),
    ("cross_entropy", (LOGITS,), (CLASSES,), {}),
    ("cross_entropy", (LOGITS * 1e4,), (CLASSES,), {}),
    ("cross_entropy", (LOGITS[0],), (np.array(2),), {}),
    ("cross_entropy", (SPATIAL,), (PLACES,), {}),
    ("cross_entropy", (SPATIAL,), (PLACES, WEIGHT[:3]), {"label_smoothing": 0.2}),
    *[
        ("cross_entropy", (LOGITS,), (HOLES, WEIGHT), {"reduction": r, "label_smoothing": s})
        for r in ("mean", "sum", "none") for s in (0.0, 0.3)
    ],
    ("cross_entropy", (LOGITS,), (CLASSES,), {"ignore_index": 3}),
    ("cross_entropy", (LOGITS,), (CLASSES, WEIGHT * [0, 1, 1, 0]), {"label_smoothing": 0.1}),
    ("cross_entropy", (LOGITS,), (CLASSES, WEIGHT * [0, 1, 1, 0]), {}),
    *[
        ("cross_entropy", (LOGITS, SHARES), (WEIGHT,), {"reduction": r, "label_smoothing": s})
        for r in ("mean", "sum", "none") for s in (0.0, 0.3)
    ],
    *[("nll_loss", (LOGITS,), (HOLES, WEIGHT), {"reduction": r}) for r in ("mean", "sum", "none")],
    ("nll_loss", (SPATIAL,), (PLACES,), {}),
    *[
        (name, (P, T), (), {"reduction": r})
        for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
                     "binary_cross_entropy_with_logits", "kl_div")
        for r in ("mean", "sum", "none")
    ],
    ("smooth_l1_loss", (P, T), (), {"beta": 0.1}),
    ("smooth_l1_loss", (P, T), (), {"beta": 0.0}),
    ("huber_loss", (P, T), (), {"delta": 0.2}),
    ("binary_cross_entropy", (P, T), (WEIGHT,), {}),
    ("binary_cross_entropy_with_logits", (X, T), (WEIGHT,), {"pos_weight": WEIGHT + 1}),
    ("binary_cross_entropy_with_logits", (X * 1e4, T), (), {}),
    ("kl_div", (np.log(P), T), (), {"reduction": "batchmean"}),
    ("kl_div", (np.log(P), np.log(P[::-1])), (), {"log_target": True}),
    ("conv1d", (IMAGE, KERNEL, rng.normal(size=6)), (), {}),
    ("conv1d", (IMAGE, KERNEL), (), {"stride": 2, "padding": 3, "dilation": 2}),
    ("conv1d", (IMAGE, KERNEL[:, :2]), (), {"groups": 2, "padding": "same"}),
    ("conv1d", (IMAGE, KERNEL[:, :2, :2]), (), {"groups": 2, "padding": "same"}),
    ("conv1d", (IMAGE[0], KERNEL), (), {"padding": "valid", "stride": 3}),
    ("conv2d", (PHOTO, KERNELS, rng.normal(size=6)), (), {}),
    ("conv2d", (PHOTO, KERNELS), (), {"stride": (2, 1), "padding": (1, 3), "dilation": (1, 2)}),
    ("conv2d", (PHOTO, KERNELS[:, :2]), (), {"groups": 2, "padding": "same"}),
    ("conv2d", (PHOTO[0], KERNELS), (), {"padding": "valid", "stride": 3}),
    ("conv2d", (PHOTO, KERNELS), (), {"padding": 2, "stride": 2}),
    *[
        (name + axes, (x,), (size,), {"stride": stride, "padding": padding, "ceil_mode": c, **more})
        for axes, x in (("1d", IMAGE), ("2d", PHOTO), ("2d", PHOTO[0]))
        for size, stride, padding in ((2, None, 0), (3, 2, 1), (3, 2, 0), (4, 3, 2))
        for c in (False, True)
        for name, more in (("max_pool", {}), ("avg_pool", {}),
                           ("avg_pool", {"count_include_pad": False}))
    ],
    *[
        ("interpolate", (x,), (), {**given, "mode": mode, **more})
        for mode, x, options in (
            ("nearest", PHOTO, [{}]), ("nearest-exact", IMAGE, [{}]),
            ("linear", IMAGE, [{}, {"align_corners": True}, {"align_corners": False}]),
            ("bilinear", PHOTO, [{}, {"align_corners": True}]),
        )
        for given in ({"size": 5}, {"size": 23}, {"size": 1}, {"scale_factor": 2.0},
                      {"scale_factor": 0.6}, {"scale_factor": 1.7},
                      {"scale_factor": 1.7, "recompute_scale_factor": True})
        for more in options
    ],
    ("interpolate", (PHOTO,), (), {"size": (3, 17), "mode": "bilinear"}),
    ("interpolate", (PHOTO,), (), {"scale_factor": (0.5, 2.5)}),
    ("interpolate", (PHOTO[:, :, None],), (), {"size": (2, 5, 9), "mode": "trilinear"}),
    ("max_pool2d", (PHOTO,), ((2, 3),), {"stride": (1, 2), "padding": (1, 0), "dilation": (2, 1)}),
    ("max_pool1d", (IMAGE,), (3,), {"stride": 2, "dilation": 2, "ceil_mode": True}),
    ("avg_pool2d", (PHOTO,), ((2, 3),), {"padding": (1, 1), "divisor_override": 5}),
]


def named(cases):
    return [f"{name}-{i}" for i, (name, *_) in enumerate(cases)]


def compare(name, arrays, others, keywords, tolerance=1e-12):
    """The same call in both, with a cotangent that tells the outputs apart."""
    ours = [mg.tensor(a, requires_grad=True) for a in arrays]
    theirs = [torch.tensor(np.ascontiguousarray(a), requires_grad=True) for a in arrays]

    def given(value):
        return torch.tensor(value) if isinstance(value, np.ndarray) else value

    out = getattr(F, name)(*ours, *others, **keywords)
    source = torch if name in ("sigmoid", "tanh", "erf", "logsumexp") else TF
    with warnings.catch_warnings(action="ignore"):  # of plans for its next release
        wanted = getattr(source, name)(
            *theirs, *map(given, others), **{k: given(v) for k, v in keywords.items()}
        )
    cotangent = np.random.default_rng(0).normal(size=out.shape)
    out.backward(cotangent)
    wanted.backward(torch.tensor(cotangent))
    scale = max(1.0, float(wanted.detach().abs().max()))
    np.testing.assert_allclose(out.numpy(), wanted.detach().numpy(), rtol=tolerance,
                               atol=tolerance * scale)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", ELEMENTWISE, ids=named(ELEMENTWISE))
def test_activations(case):
    """Of ordinary numbers: values and gradients to twelve digits."""
    name, keywords = case
    # PyTorch's slope of hardsigmoid is 1/6 to the precision of float32.
    compare(name, (X,), (), keywords, tolerance=1e-7 if name == "hardsigmoid" else 1e-12)


@pytest.mark.parametrize("case", FAR, ids=named(FAR))
def test_activations_far_out(case):
    """At ±60, ±1e3 and ±1e4: no overflow, and the same to eight digits (PyTorch's softplus is the
    identity beyond 20, which is off by e⁻²⁰)."""
    name, keywords = case
    with np.errstate(all="raise", under="ignore"):
        compare(name, (BIG,), (), keywords, tolerance=1e-8)


@pytest.mark.parametrize("case", CALLS, ids=named(CALLS))
def test_calls(case):
    """Losses, products, norms and convolutions, with every keyword."""
    compare(*case)


def test_logsumexp():
    """`dim` as one axis and as several, with and without keepdim."""
    for dim, keep in ((0, False), (1, True), ((0, 1), False)):
        compare("logsumexp", (X,), (dim, keep), {})


def test_erf():
    """erf and erfc agree to the last digits."""
    x = np.linspace(-6, 6, 1001)
    np.testing.assert_allclose(F.erf(x), torch.erf(torch.tensor(x)).numpy(), rtol=1e-14)
    np.testing.assert_allclose(F.erfc(x), torch.erfc(torch.tensor(x)).numpy(), rtol=1e-13)


def test_embedding_and_one_hot():
    """Rows by index; rows used twice add up."""
    weight, index = rng.normal(size=(6, 3)), np.array([[0, 5], [5, 2]])
    ours = mg.tensor(weight, requires_grad=True)
    theirs = torch.tensor(weight, requires_grad=True)
    F.embedding(index, ours).sum().backward()
    TF.embedding(torch.tensor(index), theirs).sum().backward()
    assert np.array_equal(ours.grad.numpy(), theirs.grad.numpy())
    assert np.array_equal(F.one_hot(index), TF.one_hot(torch.tensor(index)).numpy())
    assert np.array_equal(F.one_hot(index, 9), TF.one_hot(torch.tensor(index), 9).numpy())


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2)])
def test_batch_norm(shape):
    """Values, gradients and the running statistics, in training and after."""
    x, weight, bias = rng.normal(size=shape), rng.normal(size=3), rng.normal(size=3)
    start = rng.normal(size=3), rng.uniform(0.5, 2.0, 3)
    running = [mg.tensor(a) for a in start]
    theirs = [torch.tensor(a) for a in start]
    for training in (True, False):
        ours = [mg.tensor(a, requires_grad=True) for a in (x, weight, bias)]
        other = [torch.tensor(a, requires_grad=True) for a in (x, weight, bias)]
        out = F.batch_norm(ours[0], *running, ours[1], ours[2], training, 0.3)
        wanted = TF.batch_norm(other[0], *theirs, other[1], other[2], training, 0.3)
        g = rng.normal(size=shape)
        out.backward(g)
        wanted.backward(torch.tensor(g))
        np.testing.assert_allclose(out.numpy(), wanted.detach().numpy(), rtol=1e-12, atol=1e-12)
        for a, b in zip(ours, other, strict=True):
            np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=1e-11, atol=1e-12)
        for a, b in zip(running, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)


def test_second_order_of_cross_entropy():
    """The gradient of a gradient's norm, as in a gradient penalty."""

    def loss_of(x):
        return F.cross_entropy(x, CLASSES, WEIGHT, label_smoothing=0.1)

    def penalty(x):
        return np.sum(mg.grad(loss_of)(x) ** 2)

    x = torch.tensor(LOGITS, requires_grad=True)
    loss = TF.cross_entropy(x, torch.tensor(CLASSES), torch.tensor(WEIGHT), label_smoothing=0.1)
    (first,) = torch.autograd.grad(loss, x, create_graph=True)
    (first**2).sum().backward()
    np.testing.assert_allclose(mg.grad(penalty)(LOGITS), x.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ctc_loss(reduction, zero_infinity):
    """Of logits by way of log_softmax: PyTorch's gradient is right together with that one only."""
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(9, 4, 5))
    for sizes, blank in (([3, 1, 0, 4], 0), ([3, 1, 2, 4], 4), ([4, 4, 4, 4], 2)):
        classes = np.array([c for c in range(5) if c != blank])
        targets, steps = rng.choice(classes, (4, 4)), [9, 5, 6, 9]
        if reduction == "sum" and not zero_infinity:
            targets = np.concatenate([row[:n] for row, n in zip(targets, sizes, strict=True)])
        ours, theirs = mg.tensor(logits, requires_grad=True), torch.tensor(logits)
        theirs.requires_grad_()
        options = {"blank": blank, "reduction": reduction, "zero_infinity": zero_infinity}
        found = F.ctc_loss(F.log_softmax(ours, 2), targets, steps, sizes, **options)
        wanted = TF.ctc_loss(TF.log_softmax(theirs, 2), torch.tensor(targets),
                             torch.tensor(steps), torch.tensor(sizes), **options)
        np.testing.assert_allclose(found.numpy(), wanted.detach().numpy(), rtol=1e-10)
        found.sum().backward()
        wanted.sum().backward()
        np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-10)
