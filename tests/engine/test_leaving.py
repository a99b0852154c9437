"""A number that leaves the graph: an error inside a transform, a warning outside, and silence only
where the user has asked for the number or where it carries no gradient."""

import cmath
import copy
import math
import struct
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GradientWarning, GraphLossError, GraphLossWarning, NoDerivativeError
from tests.support.comparing import leaf

ARRAY = np.zeros(3)


def put(array, index):
    return lambda t: array.__setitem__(index, t)


# By each of these a number leaves without having been asked to.
LOST = {
    "float": float,
    "int": int,
    "complex": complex,
    "math.log": math.log,
    "math.floor": math.floor,
    "math.pow": lambda t: math.pow(t, 2),
    "math.fsum": lambda t: math.fsum([t]),
    "math.isclose": lambda t: math.isclose(t, 2.0),
    "cmath.exp": cmath.exp,
    "np.float64": np.float64,
    "np.fromiter": lambda t: np.fromiter([t, t], float),
    "array[i] = t": put(ARRAY, 0),
    "integers[i] = t": put(np.zeros(3, int), 0),
    "complex[i] = t": put(np.zeros(3, complex), 0),
    "array.flat[i] = t": lambda t: ARRAY.flat.__setitem__(0, t),
    "array.fill": ARRAY.fill,
    "%": lambda t: "%.2f" % t,  # noqa: UP031  # it is the case here
    "struct": lambda t: struct.pack("d", t),
}
# These ask NumPy for a whole array of it, and are refused inside and outside.
REFUSED = {
    "np.asarray": np.asarray,
    "np.array": lambda t: np.array([t, t]),
    "np.float32": np.float32,
    "np.int64": np.int64,
    "np.full": lambda t: np.full(3, t),
    "array[:] = t": put(ARRAY, slice(None)),
    "array[i:j] = [t]": lambda t: put(ARRAY, slice(1))([t]),
    "array[[0]] = t": put(ARRAY, [0]),
    "mg.tensor": lambda t: mg.tensor([t, t]),
}
# These say what they do: quiet outside, an error inside, where the number would be a constant.
ASKED = {
    "item": lambda t: t.item(),
    "tolist": lambda t: t.tolist(),
    "f-string": lambda t: f"{t:.3f}",
    "format": lambda t: format(t, "e"),
}
# These give what has no gradient, so that control flow and looking are possible everywhere.
HARMLESS = {
    "bool": bool,
    "t > 0": lambda t: bool(t > 0),
    "t == 2": lambda t: t == 2,
    "in": lambda t: 2.0 in t,
    "max": lambda t: max(t, 1.0),
    "repr": repr,
    "str": str,
    "f-string without a format": lambda t: f"{t}",
    "np.allclose": lambda t: np.allclose(t, 2.0),
    "shape": np.shape,
    "sign": lambda t: float(np.sign(t.detach())),
    "numpy": lambda t: t.numpy(),
}


def inside(use):
    """What mg.grad says of a function that uses its variable so, besides."""

    def f(x):
        use(x)
        return x * x

    return mg.grad(f)(2.0)


@pytest.mark.parametrize("name", LOST)
def test_numbers_that_are_lost(name):
    """A warning outside, of a class of our own, and an error inside, which say what to do."""
    w = mg.tensor(2.0, requires_grad=True, name="w")
    for t in (w, w * 1):
        with pytest.warns(GraphLossWarning, match=r"requires grad.*np\.log\(t\).*t\.item\(\)"):
            LOST[name](t)
    # Two callers of float(t) put a message of their own in the place of what it raises.
    swallowed = name in ("array.flat[i] = t", "struct")
    kind, message = GraphLossError, r"NumPy.*function.*\.detach\(\)"
    with pytest.raises(Exception if swallowed else kind, match=None if swallowed else message):
        inside(LOST[name])


@pytest.mark.parametrize("name", REFUSED)
def test_arrays_are_refused(name):
    """An array would lose the graph everywhere; the error names the ways out."""
    for use in (lambda: REFUSED[name](leaf([])), lambda: inside(REFUSED[name])):
        with pytest.raises(GraphLossError, match=r"np\.stack.*\.detach\(\)"):
            use()


@pytest.mark.parametrize("name", ASKED)
def test_numbers_that_are_asked_for(name):
    """Quiet outside; inside a transform an error that names the call."""
    ASKED[name](leaf([2.0])[0] * 1)
    with pytest.raises(GraphLossError, match=r"\.detach\(\)"):
        inside(ASKED[name])
    assert inside(lambda x: ASKED[name](x.detach())) == 4.0


@pytest.mark.parametrize("name", HARMLESS)
def test_what_has_no_gradient_is_quiet(name):
    """Looking at a value, and deciding by it, is allowed inside and outside."""
    HARMLESS[name](mg.tensor(2.0, requires_grad=True))
    assert inside(HARMLESS[name]) == 4.0


@pytest.mark.parametrize("name", [*LOST, *ASKED])
def test_constants_and_no_grad_are_quiet(name):
    """What is not on the graph, or not recorded, loses nothing."""
    use = (LOST | ASKED)[name]
    use(mg.tensor(2.0))
    use(mg.tensor(2.0, requires_grad=True).detach())
    with mg.no_grad():
        use(mg.tensor(2.0, requires_grad=True))
    inside(lambda x: use(mg.tensor(2.0)))

    def f(x):
        with mg.no_grad():
            use(x)
        return x * x

    assert mg.grad(f)(2.0) == 4.0


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: mg.grad(f)(2.0),
        lambda f: mg.value_and_grad(f)(2.0),
        lambda f: mg.vjp(f, 2.0),
        lambda f: mg.jvp(f, [2.0], [1.0]),
        lambda f: mg.jacobian(f)(2.0),
        lambda f: mg.hessian(f)(2.0),
        lambda f: mg.hvp(f, 2.0, 1.0),
    ],
    ids=["grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp"],
)
def test_in_all_transforms(transform):
    """math.log of a variable is an error in each; an element written to an array as well."""
    array = np.zeros(2)

    def fills(x):
        array[0] = x
        return x * array.sum()

    for f in (lambda x: x * math.log(x), fills):
        with pytest.raises(GraphLossError, match="float"):
            transform(f)


def test_the_warning_is_at_the_users_line():
    """So that Python shows it once a line, and where."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        float(mg.tensor(1.0, requires_grad=True))
    assert caught[0].filename == __file__


def test_they_are_errors_of_their_kind():
    """Who catches NoDerivativeError or TypeError catches them; the warning is a UserWarning."""
    assert issubclass(GraphLossError, NoDerivativeError)
    assert issubclass(GraphLossError, TypeError)
    assert issubclass(GraphLossWarning, UserWarning)


# -- copies


class Weight(mg.Parameter):
    """A parameter with another __init__ and attributes of its own."""

    def __init__(self, rows, gain):
        super().__init__(np.full(rows, gain))
        self.gain, self.history, self.friend = gain, [], None


class Slotted(mg.Tensor):
    __slots__ = ("unit",)


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
def test_copies_of_subclasses(how):
    """Type, values, attributes and slots are kept, whatever __init__ takes; the copy is its own."""
    w = Weight(3, 0.5)
    w.history.append(1)
    w.name = "w"
    (w * w).sum().backward()
    twin = how(w)
    assert type(twin) is Weight
    assert (twin.gain, twin.history, twin.name) == (0.5, [1], "w")
    assert twin.requires_grad
    assert twin.is_leaf
    assert (twin.history is w.history) == (how is copy.copy)
    assert np.array_equal(twin.grad.numpy(), [1.0, 1.0, 1.0])
    twin.data -= 1
    twin.grad.zero_()
    assert np.array_equal(w.numpy(), [0.5, 0.5, 0.5])
    assert np.array_equal(w.grad.numpy(), [1.0, 1.0, 1.0])
    metres = Slotted([1.0])
    metres.unit = "m"
    assert type(how(metres)) is Slotted
    assert how(metres).unit == "m"
    frozen = mg.Parameter([1.0], requires_grad=False)
    assert type(how(frozen)) is mg.Parameter
    assert not how(frozen).requires_grad


def test_deep_copies_of_what_belongs_together():
    """Links among tensors are kept, cycles too; modules keep shared parameters shared."""
    one, two = Weight(1, 1.0), Weight(1, 2.0)
    one.friend, two.friend = two, one
    first = copy.deepcopy(one)
    assert first.friend.friend is first
    assert first.friend is not two
    module = mg.Module()
    module.a = module.b = mg.Parameter([1.0])
    twin = copy.deepcopy(module)
    assert twin.a is twin.b
    assert twin.a is not module.a


def test_deep_copies_of_results_refuse():
    """A copy would lose the graph: deepcopy says so as Tensor(x * 2) does, in containers too."""
    y = leaf([1.0]) * 2
    for thing in (y, [y], {"state": (y,)}):
        with pytest.raises(TypeError, match=r"op multiply.*\.detach\(\)"):
            copy.deepcopy(thing)
    assert copy.deepcopy(y.detach()).tolist() == [2.0]
    with mg.no_grad():
        assert copy.deepcopy(leaf([1.0]) * 2).tolist() == [2.0]


# -- gradients of results


def test_the_gradient_of_a_result_warns_once():
    """`.grad` of a result is None, and the first time says that retain_grad() would keep it."""
    w = leaf([1.0])
    y = w * 2
    y.sum().backward()
    with pytest.warns(GradientWarning, match=r"op multiply.*retain_grad\(\)"):
        assert y.grad is None
    assert y.grad is None
    w.grad = None
    z = w * 2
    z.retain_grad()
    assert z.grad is None  # wanted, and not there yet
    z.sum().backward()
    assert z.grad.tolist() == [1.0]


def test_the_usual_mistake():
    """w = w - lr * w.grad makes w a result: the warning names optimizers and no_grad()."""
    w = leaf([1.0])
    (w * w).sum().backward()
    w = w - 0.1 * w.grad
    (w * w).sum().backward()
    with pytest.warns(GradientWarning, match=r"w = w - lr \* w\.grad.*optim.*no_grad\(\)"):
        assert w.grad is None
