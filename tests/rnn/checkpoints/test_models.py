"""A model comes back from its checkpoint alone: same outputs, same bits, same draws."""

import gc
import json
import sys

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad import io
from minigrad.errors import FileFormatError, StateDictError
from rnn import load_checkpoint, load_model, save_checkpoint

MODELS = {
    **{
        cls.__name__: lambda cls=cls: cls(3, 4, rng=0)
        for cls in (
            rnn.ElmanCell, rnn.LSTMCell, rnn.GRUCell, rnn.MGUCell, rnn.PeepholeLSTMCell,
            rnn.LayerNormLSTMCell, rnn.CoupledLSTMCell, rnn.LSTM1997Cell,
        )
    },
    "ProjectedLSTMCell": lambda: rnn.ProjectedLSTMCell(3, 4, 2, rng=0),
    "activations": lambda: rnn.LSTMCell(
        3, 4, activation=np.sin, recurrent_activation=mg.functional.hardsigmoid, clip=2, rng=0
    ),
    "float64": lambda: rnn.GRUCell(3, 4, dtype=float, reset="before", update="new", rng=0),
    "dropout": lambda: rnn.DropoutCell(rnn.GRUCell(3, 4, rng=0), hidden=0.5, rng=1),
    "zoneout": lambda: rnn.ZoneoutCell(rnn.LSTMCell(3, 4, rng=0), {"h": 0.1, "c": 0.3}, rng=1),
    "residual": lambda: rnn.ResidualCell(rnn.GRUCell(3, 3, rng=0)),
    "skip": lambda: rnn.SkipCell(rnn.ElmanCell(3, 4, rng=0), 2),
    "LSTM": lambda: rnn.LSTM(
        3, 4, num_layers=2, bidirectional=True, dropout=0.5, learn_initial_state=True, rng=0
    ),
    "GRU, reverse": lambda: rnn.Recurrent(rnn.GRUCell(3, 4, rng=0), reverse=True),
    "batch first": lambda: rnn.RNN(3, 4, nonlinearity="relu", batch_first=True, rng=0),
    "MT19937": lambda: rnn.DropoutCell(
        rnn.GRUCell(3, 4, rng=0), inputs=0.5, rng=np.random.Generator(np.random.MT19937(1))
    ),
    "Philox": lambda: rnn.DropoutCell(
        rnn.GRUCell(3, 4, rng=0), inputs=0.5, rng=np.random.Generator(np.random.Philox(1))
    ),
}


def runs(model):
    """What a model gives, twice, so that its generators move."""
    shape = (2, 3) if isinstance(model, rnn.Cell) else (5, 2, 3)
    x = np.random.default_rng(3).normal(size=shape)
    return [np.asarray(mg.no_grad()(model)(x)[0].numpy()) for _ in range(2)]


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_model_comes_back(make, tmp_path):
    """Every cell, wrapper and layer has the same parameters and draws after it, and `load_model`
    gives the same in evaluation mode."""
    model, path = make(), tmp_path / "model.safetensors"
    runs(model)
    save_checkpoint(path, model)
    again = load_checkpoint(path).model()
    assert repr(again) == repr(model)
    assert list(again.state_dict()) == list(model.state_dict())
    assert [p.name for p in again.parameters()] == [p.name for p in model.parameters()]
    np.testing.assert_array_equal(runs(again), runs(model))
    used = load_model(path)
    assert not any(module.training for module in used.modules())
    np.testing.assert_array_equal(runs(used), runs(model.eval()))


def test_seq2seq_comes_back(tmp_path):
    """Functions with public names, and a generator, are attributes like others."""
    model = rnn.Seq2Seq(rnn.GRU(7, 8), rnn.GRU(5, 8), rnn.Readout(8, 5), start=0, rng=0)
    save_checkpoint(tmp_path / "m", model)
    again = load_checkpoint(tmp_path / "m").model()
    source, target = np.ones((4, 2), int), np.ones((3, 2), int)
    for forcing in (1.0, 0.5):
        one, two = (m(source, target, teacher_forcing=forcing).numpy() for m in (model, again))
        np.testing.assert_array_equal(one, two)


class Tagger(mg.Module):
    """A model of a user's, with attributes of every kind."""

    def __init__(self, width):
        self.sizes = {"in": 3, 2: [width, (1, None)]}
        self.layer = rnn.GRU(3, width, rng=0)
        self.heads = [rnn.Readout(width, 2, rng=1), rnn.Readout(width, 2, rng=2)]
        self.heads[1].W_hq = self.heads[0].W_hq                  # tied
        self.scale = mg.Parameter(np.ones(2), requires_grad=False)
        self.table = np.arange(6.0).reshape(2, 3)
        self.start = mg.tensor([0.5])
        self.lr, self.count, self.kind = np.float32(0.1), np.int64(3), np.dtype(">i4")
        self.out_type, self.squash = np.float64, np.tanh
        self.rng = self.rng_too = np.random.default_rng(5)
        self.itself = self

    def forward(self, xs):
        return self.heads[1](self.layer(xs)[0]) * self.scale


def test_a_users_class_comes_back(tmp_path):
    """Plain attributes, arrays, types, shared parameters and generators, and cycles, without its
    __init__."""
    model, path = Tagger(4), tmp_path / "tagger"
    save_checkpoint(path, model)
    again = load_model(path)
    assert type(again) is Tagger
    assert again.itself is again
    assert again.heads[0].W_hq is again.heads[1].W_hq
    assert again.rng is again.rng_too
    assert again.rng.random() == model.rng.random()
    assert again.sizes == model.sizes
    assert not again.scale.requires_grad
    assert type(again.lr) is np.float32
    assert again.lr == model.lr
    assert type(again.count) is np.int64
    assert again.kind == model.kind
    assert again.kind.byteorder == ">"
    assert again.out_type is np.float64
    assert again.squash is np.tanh
    assert type(again.start) is mg.Tensor
    assert again.start.item() == 0.5
    np.testing.assert_array_equal(again.table, model.table)
    x = np.ones((2, 1, 3))
    np.testing.assert_array_equal(again(x).numpy(), model(x).numpy())


# No other class of the tests has this name.
OfAProgram = type("OfAProgram", (Tagger,), {"__module__": __name__})


def saved_by_a_program(path, model):
    """A checkpoint of `model` as the program writes it that defines its class, when started."""
    save_checkpoint(path, model)
    arrays, texts = io.contents(path)
    name = type(model).__name__
    texts["recipe"] = texts["recipe"].replace(f"{__name__}.{name}", f"__main__.{name}")
    io.save(path, arrays, texts)
    return path


def test_a_model_of_the_started_program_is_found_where_it_is_imported(tmp_path):
    """Its class was __main__.OfAProgram when it was saved, and has another module elsewhere."""
    path = saved_by_a_program(tmp_path / "m", OfAProgram(4))
    assert type(load_model(path)) is OfAProgram


def test_a_name_that_two_modules_have_is_not_guessed(tmp_path):
    """The error names both."""
    path = saved_by_a_program(tmp_path / "m", OfAProgram(4))
    other = type("OfAProgram", (mg.Module,), {"__module__": "elsewhere"})
    with pytest.raises(FileFormatError, match="load_checkpoint") as caught:
        load_model(path)
    assert "can be each of elsewhere.OfAProgram, tests." in str(caught.value)
    del other
    gc.collect()


def test_what_a_file_cannot_hold(tmp_path):
    """A lambda does not keep a run from being saved; it is named when the model is made again, and
    the values can be restored into one that the program makes."""
    model = rnn.ElmanCell(3, 4, nonlinearity=lambda z: z, rng=0)
    save_checkpoint(tmp_path / "m", model)
    with pytest.raises(FileFormatError, match=r"ElmanCell\.nonlinearity was function .*restore\("):
        load_model(tmp_path / "m")
    other = rnn.ElmanCell(3, 4, nonlinearity=lambda z: z, rng=1)
    load_checkpoint(tmp_path / "m").restore(other)
    np.testing.assert_array_equal(other.W_hh.numpy(), model.W_hh.numpy())


def test_an_unknown_class_is_named(tmp_path):
    """A program without the class is told which one it lacks; no module is imported for it."""
    path = tmp_path / "m"
    save_checkpoint(path, Tagger(4))
    arrays, texts = io.contents(path)
    texts["recipe"] = texts["recipe"].replace(f"{__name__}.Tagger", "antigravity.Tagger")
    io.save(path, arrays, texts)
    with pytest.raises(FileFormatError, match=r"its class antigravity\.Tagger is not among those"):
        load_model(path)
    assert "antigravity" not in sys.modules


def changed(recipe, change):
    text = json.loads(recipe)
    change(text)
    return json.dumps(text)


def attribute(name, value):
    return lambda text: text["modules"][0]["attributes"].update({name: value})


def of_class(label):
    return lambda text: text["modules"][0].update({"class": label})


HOSTILE = {
    "a dunder": attribute("__class__", "x"),
    "another dunder": attribute("__doc__", "x"),
    "no identifier": attribute("a.b", 1),
    "an unknown kind": attribute("dtype", {"eval": "1"}),
    "two kinds": attribute("dtype", {"dtype": "f4", "list": []}),
    "no content": attribute("dtype", {}),
    "an unknown function": attribute("activation", {"function": "os.system"}),
    "an object dtype": attribute("dtype", {"scalar type": "no"}),
    "a module that is not there": attribute("cell", {"module": 7}),
    "a parameter that is not there": attribute("W_hh", {"parameter": "no"}),
    "no modules": lambda text: text.update(modules=[]),
    "modules of numbers": lambda text: text.update(modules=3),
    "no attributes": lambda text: text["modules"][0].pop("attributes"),
    "a huge shape": lambda text: text["parameters"]["W_hh"].update(shape=[10**30, 10**30]),
    "a negative shape": lambda text: text["parameters"]["W_hh"].update(shape=[-1, 3]),
    "a class of the standard library": of_class("os.PathLike"),
    "a class without a name": of_class(""),
    "a class that is no text": of_class(3),
    "an abstract class": of_class("rnn.Cell"),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_hostile_recipes(change, tmp_path):
    """A well-formed file whose recipe makes no sense is refused by name."""
    path = tmp_path / "m"
    save_checkpoint(path, rnn.GRUCell(3, 4))
    arrays, texts = io.contents(path)
    io.save(path, arrays, {**texts, "recipe": changed(texts["recipe"], change)})
    with pytest.raises(FileFormatError, match=r"'recipe' is missing or damaged|its class"):
        load_model(path)


@pytest.mark.parametrize("fault", ["missing", "unexpected", "mis-shaped", "mis-typed"])
def test_parameters_that_do_not_fit_the_recipe(fault, tmp_path):
    """Every parameter must be there in its shape and dtype, and no other."""
    path = tmp_path / "m"
    save_checkpoint(path, rnn.GRUCell(3, 4))
    arrays, texts = io.contents(path)
    array = arrays["model.W_hh"]
    arrays |= {
        "missing": {}, "unexpected": {"model.extra": array},
        "mis-shaped": {"model.W_hh": array[:-1]}, "mis-typed": {"model.W_hh": array.astype(int)},
    }[fault]
    if fault == "missing":
        del arrays["model.W_hh"]
    io.save(path, arrays, texts)
    with pytest.raises(StateDictError, match=fault):
        load_model(path)
