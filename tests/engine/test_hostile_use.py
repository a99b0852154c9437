"""What users do to tensors, arguments and ops that must not give a wrong gradient in silence."""

import copy

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.errors import GradientError, NoDerivativeError


@pytest.fixture(autouse=True)
def registry():
    """The ops that a test makes stay in it."""
    before = dict(OPS)
    yield
    OPS.clear()
    OPS.update(before)


def numbered(*shape):
    size = int(np.prod(shape))
    return mg.tensor(1.0 + np.arange(size).reshape(shape), requires_grad=True)


LISTS = {
    "roll": (lambda x, a: np.roll(x, a, (0, 1)), [1, 2]),
    "tile": (lambda x, a: np.tile(x, a), [2, 1, 3]),
    "transpose": (lambda x, a: np.transpose(x, a), [2, 0, 1]),
    "moveaxis": (lambda x, a: np.moveaxis(x, a, [0, 1]), [2, 0]),
    "split": (lambda x, a: np.split(x, a, axis=2)[0] * 1, [1, 3]),
    "repeat": (lambda x, a: np.repeat(x, a, axis=1), [2, 1, 3]),
    "getitem": (lambda x, a: x[a], [1, 0, 1]),
    "take": (lambda x, a: np.take(x, a, 1), [1, 2, 1]),
    "tensordot": (lambda x, a: np.tensordot(x, np.arange(12.0).reshape(3, 4), a), [[1], [0]]),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_changed_after_the_call(name):
    """A list given as an option and changed before backward does not change the gradient."""
    f, option = LISTS[name]
    found = []
    for change in (False, True):
        x, given = numbered(2, 3, 4), copy.deepcopy(option)
        y = f(x, given)
        if change:
            given.reverse()
        y.backward(np.arange(float(y.size)).reshape(y.shape))
        found.append(x.grad.numpy())
    np.testing.assert_array_equal(*found)


COMPLEX = {
    "abs": lambda x: np.abs(x * 1j).sum(),
    "exp": lambda x: np.abs(np.exp(1j * x)).sum(),
    "concatenate": lambda x: np.abs(np.concatenate([x, [1j]])).sum(),
    "where": lambda x: np.abs(np.where(True, x, 1j)).sum(),
    "matmul": lambda x: np.abs(x @ np.array([1j, 2.0])),
    "dtype": lambda x: np.abs(np.sum(x, dtype=complex)),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_results_are_refused(name):
    """Behind a complex number there is no real gradient: an error, and not a part of it."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(NoDerivativeError, match="complex"):
        COMPLEX[name](x).backward()
    assert x.grad is None


def test_hooks_that_return_complex_numbers():
    """A hook's result must fit the dtype of the gradient."""
    x = numbered(2)
    y = x * 2
    y.register_hook(lambda g: g.numpy() * 1j)
    with pytest.raises(GradientError, match="complex"):
        y.sum().backward()


def test_copies():
    """copy.copy of a leaf is a leaf of its own, of a result a second handle on the same graph."""
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    twin = copy.copy(x)
    assert twin.requires_grad
    assert twin.is_leaf
    assert twin.name == "x"
    (twin * 2).sum().backward()
    assert x.grad is None
    assert twin.grad is not None
    y = x * 3
    copy.copy(y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3, 3])
    assert type(copy.copy(mg.Parameter([1.0]))) is mg.Parameter
    constant = mg.tensor(2.0, name="c")
    assert copy.copy(constant).name == "c"
    assert not copy.copy(constant).requires_grad


def test_membership_and_equality():
    """``in`` looks at all entries, and == has an answer for what is no number, as for arrays."""
    m = mg.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert 3.0 in m
    assert 5.0 not in m
    assert mg.tensor(4.0) in m
    assert 2 in mg.tensor(2)
    assert not (m == "a").any()
    assert (m != "a").all()
    assert (m == None).numpy().tolist() == [[False] * 2] * 2  # noqa: E711  # arrays compare so
    assert (mg.tensor(1.0) == "a").item() is False


def test_sums_in_an_array():
    """``array += tensor`` adds the values of a constant, and refuses to lose a graph."""
    total = np.zeros(2)
    total += mg.tensor([1.0, 2.0])
    np.multiply(total, mg.tensor(2.0), out=total)
    np.testing.assert_array_equal(total, [2, 4])
    with pytest.raises(NoDerivativeError, match=r"array \+= tensor: an array keeps no graph"):
        total += numbered(2)
    with pytest.raises(NoDerivativeError, match="out"):
        np.exp(numbered(2), out=total)
    np.testing.assert_array_equal(total, [2, 4])


def test_formats():
    """A format is for one number."""
    assert f"{mg.tensor(0.5):.2f}" == f"{mg.tensor([0.5]):.2f}" == "0.50"
    with pytest.raises(TypeError, match=r"shape \(2,\)"):
        format(mg.tensor([1.0, 2.0]), ".2f")


def test_a_list_of_tensors_is_no_array():
    """np.array of tensors that require grad says what to write instead."""
    x = numbered()
    for function in (np.array, mg.tensor, np.mean):
        with pytest.raises(TypeError, match=r"np\.stack"):
            function([x, x])


# -- users' ops


def test_rules_are_counted():
    """A rule for each array argument, or an error where the op is made."""
    with pytest.raises(TypeError, match="'pair' takes 2 arrays and has 1 rules"):
        @mg.primitive("(),()->()", vjps=(lambda g: g,))
        def pair(x, y):
            """x + y"""
            return x + y


def test_ops_made_by_text():
    """Code that was given as text belongs to no module; its ops are ops."""
    names = {"mg": mg}
    exec("""if True:
        @mg.primitive(vjps=(lambda g: 2 * g,))
        def doubled_by_text(x):
            '''2 x'''
            return 2 * x""", names)
    assert names["doubled_by_text"].__module__ is None
    assert mg.grad(names["doubled_by_text"])(3.0) == 2.0


@pytest.mark.parametrize("result", [None, 2.0, [1.0], (np.ones(2), np.ones(2))])
def test_forwards_return_arrays(result):
    """A forward that returns something else is named, with what it returned."""
    @mg.primitive(name=f"returns {result}", vjps=(lambda g: g,))
    def op(x):
        """what it should not"""
        return result

    with pytest.raises(TypeError, match=r"the forward of op 'returns .* wanted an array"):
        op(numbered(2))


@pytest.mark.parametrize("result", [None, "a"])
def test_rules_return_arrays(result):
    """A rule that returns no number is named, with what it returned."""
    @mg.primitive(name=f"pulls {result}", vjps=(lambda g: result,))
    def op(x):
        """x"""
        return np.array(x)

    with pytest.raises(GradientError, match=f"'pulls .* for argument 'x' returned {result!r}"):
        op(numbered(2)).sum().backward()


def test_an_op_can_be_defined_again():
    """Running a notebook's cell again replaces the op; another function of that name is refused."""
    cell = (
        "import minigrad as mg\n@mg.primitive(vjps=(lambda g: {0} * g,))\n"
        "def of_a_notebook(x):\n    '''{0} x'''\n    return {0} * x\n"
    )
    space = {"__name__": "__main__"}
    for factor in (2, 3):
        exec(cell.format(factor), space)
        assert float(mg.grad(space["of_a_notebook"])(1.0)) == factor
    with pytest.raises(ValueError, match="already registered"):
        exec(cell.format(4), {"__name__": "elsewhere"})
    with pytest.raises(ValueError, match="already registered"):
        exec(cell.replace("of_a_notebook", "tanh").format(4), {"__name__": "__main__"})


@pytest.mark.parametrize(
    "use",
    [
        lambda x, objects: x * objects,
        lambda x, objects: objects + x,
        lambda x, objects: x @ objects,
        lambda x, objects: np.concatenate([x, objects]),
        lambda x, objects: np.where([True, False], x, objects),
    ],
    ids=["multiply", "add", "matmul", "concatenate", "where"],
)
def test_arrays_of_objects_are_refused(use):
    """Their results would be objects too, without a derivative; the error says what to do."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"Python objects .* \.astype\(float\)"):
        use(x, np.array([1, 2], dtype=object))
