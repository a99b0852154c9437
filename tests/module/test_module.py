"""Module: what belongs to it, under which names, and that loading is all or nothing."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.errors import StateDictError
from minigrad.module import Module, Parameter


class Affine(Module):
    def __init__(self, n: int = 2, m: int = 3) -> None:
        self.W = Parameter(np.ones((n, m), np.float32))
        self.b = Parameter(np.zeros(m, np.float32))

    def forward(self, x):
        return x @ self.W + self.b

    def extra_repr(self):
        return f"{self.W.shape[0]} → {self.W.shape[1]}"


class Deep(Module):
    """Parameters in every kind of place, one of them tied."""

    def __init__(self) -> None:
        self.first = Affine()
        self.layers = [Affine(), (Affine(), {"x": Affine()})]
        self.scale = Parameter(2.0)
        self.tied = self.first.W
        self.mean = Parameter(np.arange(3), requires_grad=False)


NAMES = [
    "first.W", "first.b", "layers.0.W", "layers.0.b", "layers.1.0.W", "layers.1.0.b",
    "layers.1.1.x.W", "layers.1.1.x.b", "scale", "mean",
]


def test_parameters_are_found_in_order_of_assignment():
    """Attributes, modules, lists, tuples and dicts are searched; a tied parameter counts once."""
    deep = Deep()
    assert [name for name, _ in deep.named_parameters()] == NAMES
    assert len(list(deep.parameters())) == len(NAMES)
    assert [type(m) for m in deep.modules()] == [Deep, Affine, Affine, Affine, Affine]
    assert [name for name, _ in deep.named_modules()][:3] == ["", "first", "layers.0"]


def test_assignment_names_parameters_by_their_path():
    """Names grow with the path as modules are put into others; a name of the user's own stays."""
    deep = Deep()
    assert [p.name for p in deep.parameters()] == NAMES
    named = Affine()
    named.W = Parameter(1.0, name="mine")
    deep.more = named
    assert named.W.name == "mine"
    assert named.b.name == "more.b"


def test_a_tied_parameter_keeps_its_first_name():
    """The second place of a shared parameter does not rename it."""
    a, b = Affine(), Affine()
    b.W = a.W
    both = Module()
    both.a, both.b = a, b
    assert a.W.name == "a.W"
    assert [name for name, _ in both.named_parameters()] == ["a.W", "a.b", "b.b"]


def test_a_link_back_ends():
    """A module that can be reached from itself is walked once, and the link renames nothing."""
    parent = Module()
    parent.child = Affine()
    parent.child.parent = parent
    assert [name for name, _ in parent.named_parameters()] == ["child.W", "child.b"]
    assert parent.child.W.name == "child.W"
    assert "parent: the same as the whole" in repr(parent)


def test_two_parameters_of_one_name_are_refused():
    """A dot in a key could make two paths equal; no entry of a state dict is lost to that."""
    module = Module()
    module.a = {"b.c": Parameter(1.0), "b": {"c": Parameter(2.0)}}
    with pytest.raises(ValueError, match=r"both called 'a\.b\.c'"):
        module.state_dict()


def test_values_do_not_replace_parameters():
    """Assigning an array or tensor to a parameter's attribute raises and names the remedy."""
    affine = Affine()
    for value in (np.ones(3), affine.b * 2, 1.0):
        with pytest.raises(TypeError, match=r"Affine\.b is a Parameter.*\.b\.data = array"):
            affine.b = value
    with mg.no_grad():
        affine.b -= 1.0
    assert affine.b.tolist() == [-1.0, -1.0, -1.0]
    affine.b = None
    assert [name for name, _ in affine.named_parameters()] == ["W"]


def test_calling_runs_forward_and_gradients_reach_parameters():
    """module(x) is forward(x); zero_grad forgets; a module without forward says what to define."""
    affine = Affine()
    affine(np.ones((4, 2), np.float32)).sum().backward()
    assert affine.b.grad.tolist() == [4.0, 4.0, 4.0]
    affine.zero_grad()
    assert affine.b.grad is None
    with pytest.raises(TypeError, match=r"Module has no forward\(\)"):
        Module()(1)


def test_train_and_eval_reach_every_module():
    """The switch sets `training` in all modules, also in lists, and returns the module."""
    deep = Deep()
    assert all(m.training for m in deep.modules())
    assert deep.eval() is deep
    assert not any(m.training for m in deep.modules())
    assert deep.train().training
    assert all(m.training for m in deep.modules())


def test_repr_is_an_outline():
    """The repr shows every module and parameter under its name, sizes, ties, and the total."""
    assert repr(Deep()) == (
        "Deep()  40 parameters\n"
        "  first: Affine(2 → 3)\n"
        "    W: (2, 3) float32\n"
        "    b: (3,) float32\n"
        "  layers.0: Affine(2 → 3)\n"
        "    W: (2, 3) float32\n"
        "    b: (3,) float32\n"
        "  layers.1.0: Affine(2 → 3)\n"
        "    W: (2, 3) float32\n"
        "    b: (3,) float32\n"
        "  layers.1.1.x: Affine(2 → 3)\n"
        "    W: (2, 3) float32\n"
        "    b: (3,) float32\n"
        "  scale: () float64\n"
        "  tied: the same as first.W\n"
        "  mean: (3,) int64, not trained"
    )
    assert repr(Module()) == "Module()"


def test_deepcopy_is_independent_and_keeps_ties():
    """The copy has its own values, the same ties, and what is not trained stays untrained."""
    deep = Deep()
    twin = copy.deepcopy(deep)
    assert twin.tied is twin.first.W
    assert twin.tied is not deep.tied
    assert not twin.mean.requires_grad
    twin.scale.data = np.array(9.0)
    assert deep.scale.item() == 2.0
    assert [p.name for p in twin.parameters()] == NAMES


def test_a_state_dict_is_a_snapshot():
    """Its arrays are read-only, and later changes of the parameters do not reach them."""
    affine = Affine()
    state = affine.state_dict()
    affine.b.data = np.ones(3, np.float32)
    assert state["b"].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="read-only"):
        state["b"][0] = 1.0


def test_a_state_dict_with_a_prefix():
    """Every name begins with it, and the values are the same."""
    affine = Affine()
    state = affine.state_dict(prefix="one.")
    assert list(state) == ["one.W", "one.b"]
    np.testing.assert_array_equal(state["one.W"], affine.W.numpy())


def test_loading_restores_and_copies():
    """A loaded module equals the saved one, and does not share memory with what it was given."""
    deep, other = Deep(), Deep()
    for i, parameter in enumerate(other.parameters()):
        parameter.data = np.full(parameter.shape, i, parameter.dtype)
    given_ = {name: np.array(a) for name, a in other.state_dict().items()}
    assert deep.load_state_dict(given_) == ([], [])
    given_["first.b"][:] = 77
    for (name, a), b in zip(deep.state_dict().items(), other.state_dict().values(), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


def test_every_fault_is_reported_at_once():
    """Missing, unexpected, mis-shaped and mis-typed keys are all in the one error, by name."""
    affine = Affine()
    affine.c, affine.d = Parameter(1.0), Parameter(1.0)
    with pytest.raises(StateDictError) as caught:
        affine.load_state_dict({"w": 1, "b": np.ones(4, np.float32), "c": "x", "d": np.float32(1)})
    assert str(caught.value) == (
        "Affine.load_state_dict: 5 entries do not fit, so nothing was loaded\n"
        "  missing:    W (wanted (2, 3) float32)\n"
        "  unexpected: w (did you mean W?)\n"
        "  mis-shaped: b: received (4,), wanted (3,)\n"
        "  mis-typed:  c: received 'x', wanted () float64\n"
        "  mis-typed:  d: received float32, wanted float64 (cast=True converts)"
    )
    with pytest.raises(StateDictError, match="received list"):
        affine.load_state_dict([1])


def test_as_many_entries_are_not_the_same_shape():
    """A transposed or flattened array is refused, and with it all others."""
    model = Module()
    model.w, model.b = Parameter(np.ones((2, 3))), Parameter(np.ones(3))
    for other in (np.zeros((3, 2)), np.zeros(6), np.zeros((1, 2, 3))):
        with pytest.raises(StateDictError, match="mis-shaped: w"):
            model.load_state_dict({"w": other, "b": np.zeros(3)})
    assert model.w.numpy().all()
    assert model.b.numpy().all()


def test_strict_false_passes_over_keys_but_not_over_shapes():
    """What was missing or unexpected is returned; a wrong shape is an error all the same."""
    affine = Affine()
    b = np.full(3, 5, np.float32)
    result = affine.load_state_dict({"b": b, "z": b}, strict=False)
    assert result.missing_keys == ["W"]
    assert result.unexpected_keys == ["z"]
    assert affine.b.tolist() == [5.0, 5.0, 5.0]
    with pytest.raises(StateDictError, match="mis-shaped: b"):
        affine.load_state_dict({"b": b[:2]}, strict=False)


def test_cast_converts_within_a_kind():
    """cast=True takes another float width; not integers for floats, nor values that overflow."""
    affine = Affine()
    wide = {"W": np.full((2, 3), 0.1), "b": np.zeros(3)}
    affine.load_state_dict(wide, cast=True)
    assert affine.W.dtype == np.float32
    assert affine.W.data[0, 0] == np.float32(0.1)
    for bad in (np.zeros(3, int), np.full(3, 1e300)):
        with pytest.raises(StateDictError, match="mis-typed:  b"):
            affine.load_state_dict({**wide, "b": bad}, cast=True)
    counter = Module()
    counter.n = Parameter(np.int32(1), requires_grad=False)
    counter.load_state_dict({"n": np.int64(7)}, cast=True)
    assert counter.n.item() == 7
    with pytest.raises(StateDictError, match="too large for int32"):
        counter.load_state_dict({"n": np.int64(2**40)}, cast=True)


VALUES = st.one_of(
    st.sampled_from([(2, 3), (3,), (), (0,), (3, 2)]).flatmap(
        lambda shape: st.sampled_from(["f4", "f8", "i4", "?", "c16", "O", "U1"]).map(
            lambda dtype: np.ones(shape, dtype)
        )
    ),
    st.sampled_from([None, "text", [1.0, [2.0]], float("nan"), object(), {}]),
)


@given(st.dictionaries(st.sampled_from([*NAMES, "extra", "first", "", 3]), VALUES), st.booleans())
def test_loading_is_all_or_nothing(changes, cast):
    """Whatever the entries are: every parameter is loaded, or none has changed."""
    deep = Deep()
    before = deep.state_dict()
    state = {name: np.full(a.shape, 7, a.dtype) for name, a in before.items()} | changes
    try:
        deep.load_state_dict(state, cast=cast)
    except StateDictError:
        expected = before
    else:
        expected = state
    for name, a in deep.state_dict().items():
        assert a.dtype == before[name].dtype
        np.testing.assert_array_equal(a, expected[name])


def test_loading_between_forward_and_backward_is_noticed():
    """A graph that saved the old values raises at backward; no gradient mixes two values."""
    affine = Affine()
    loss = (affine(np.ones((1, 2), np.float32)) ** 2).sum() + (affine.W * affine.W).sum()
    affine.load_state_dict(affine.state_dict())
    with pytest.raises(mg.errors.MutationError, match="was written to"):
        loss.backward()


class Foreign(Affine):
    """A module that knows under which names another program saves it."""

    def explain_keys(self, unexpected):
        return "use convert(state)" if {"weight", "bias"} <= set(unexpected) else ""


def test_modules_explain_names_that_they_know():
    """What a module says about unexpected names ends the error, once, from any depth."""
    model = Module()
    model.layers = [Foreign(), Affine(), Foreign()]
    state = {f"layers.{i}.{name}": np.ones(3) for i in range(3) for name in ("weight", "bias")}
    with pytest.raises(StateDictError) as caught:
        model.load_state_dict(state)
    assert str(caught.value).endswith("(did you mean layers.2.b?)\nuse convert(state)")
    assert str(caught.value).count("convert") == 1
    with pytest.raises(StateDictError, match=r"(?s)weight.*bias.*3\nuse convert"):
        Foreign().load_state_dict({"weight": 1, "bias": 2, 3: 3})
    for other in ({"layers.1.weight": 1, "layers.1.bias": 2}, {"weight": 1, "bias": 2}):
        with pytest.raises(StateDictError) as caught:
            model.load_state_dict(other)
        assert "convert" not in str(caught.value)
    assert model.load_state_dict(state, strict=False).unexpected_keys == list(state)
