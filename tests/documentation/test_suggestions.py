"""Names that are not there: the error says what was meant, and that is there."""

import importlib
import re
import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad import module as module_file
from minigrad import suggest
from tests.support.paths import ROOT

CASES = [
    ("minigrad", "tanh", "use np.tanh or minigrad.functional.tanh"),
    ("minigrad", "zeros", r"use minigrad.tensor\(np.zeros\(...\)\)"),
    ("minigrad", "maximum", "use np.maximum"),
    ("minigrad", "svd", "use np.linalg.svd"),
    ("minigrad", "float32", "use np.float32"),
    ("minigrad", "relu", "use minigrad.functional.relu"),
    ("minigrad", "randn", "normal"),
    ("minigrad", "nn", r"minigrad.functional, .* minigrad.Module"),
    ("minigrad", "autograd", r"y.backward\(\), minigrad.gradients"),
    ("minigrad", "cuda", "computes on the CPU"),
    ("minigrad", "LSTM", "import rnn"),
    ("minigrad", "Adam", "use minigrad.optim.Adam"),
    ("minigrad", "xavier_normal", "use minigrad.init.xavier_normal"),
    ("minigrad", "StateDictError", "use minigrad.errors.StateDictError"),
    ("minigrad", "load_metadata", "use minigrad.io.load_metadata"),
    ("minigrad", "check_grads", "use minigrad.testing.check_grads"),
    ("minigrad", "tensr", r"did you mean tensor\?"),
    ("minigrad", "Tensors", r"did you mean Tensor\?"),
    ("minigrad", "parameter", r"did you mean Parameter\?"),
    ("minigrad", "no_gard", r"did you mean no_grad\?"),
    ("minigrad", "value_and_gradient", r"did you mean value_and_grad\?"),
    ("minigrad.optim", "adam", r"did you mean Adam\?"),
    ("minigrad.optim", "sgd", r"did you mean SGD\?"),
    ("minigrad.optim", "StepLr", r"did you mean StepLR\?"),
    ("minigrad.optim", "lr_scheduler", "minigrad.optim.StepLR"),
    ("minigrad.optim", "clip_grad_norm_", r"did you mean clip_grad_norm\?"),
    ("minigrad.init", "xavier", r"did you mean xavier_normal or xavier_uniform\?"),
    ("minigrad.init", "orthogonal_", r"w.data = minigrad.init.orthogonal\(...\)"),
    ("minigrad.functional", "softmx", r"did you mean softmax\?"),
    ("minigrad.functional", "exp", "use np.exp"),
    ("minigrad.functional", "Softmax", r"did you mean softmax\?"),
    ("rnn", "lstm", r"did you mean LSTM\?"),
    ("rnn", "GRUcell", r"did you mean GRUCell\?"),
    ("rnn", "unrol", r"did you mean unroll\?"),
    ("rnn", "Tensor", "use minigrad.Tensor"),
    ("rnn", "Linear", "minigrad.Parameter"),
    ("minigrad.optim", "NAdam", r"update\(\) in a subclass of minigrad.optim.Optimizer"),
]


@pytest.mark.parametrize(("module", "name", "meant"), CASES)
def test_what_was_meant(module, name, meant):
    """The error has Python's words for an attribute that is missing, and then what was meant."""
    thing = importlib.import_module(module)
    words = f"^module '{module}' has no attribute '{name}': .*{meant}"
    with pytest.raises(AttributeError, match=words) as caught:
        getattr(thing, name)
    assert caught.value.name == name
    assert not hasattr(thing, name)
    with pytest.raises(ImportError, match=name):
        exec(f"from {module} import {name}")


@pytest.mark.parametrize("module", ["minigrad", "minigrad.optim", "minigrad.functional", "rnn"])
@pytest.mark.parametrize("name", ["quetzalcoatl", "_hidden", "__wrapped__", "__path_", "x"])
def test_names_like_nothing(module, name):
    """What resembles nothing, and what is private, gets Python's words alone."""
    with pytest.raises(AttributeError, match=f"^module '{module}' has no attribute '{name}'$"):
        getattr(importlib.import_module(module), name)


def test_modules_that_are_not_imported_yet():
    """Of a module inside a package the error says to import it."""
    assert str(suggest.unknown_name("rnn", "demo", [])).endswith("own: import rnn.demo")


def resolves(text):
    """Whether a dotted name leads to something."""
    first, *rest = text.split(".")
    thing = {"minigrad": mg, "np": np, "rnn": rnn}[first]
    for part in rest:
        thing = getattr(thing, part)
    return thing is not None


def test_every_hint_leads_somewhere():
    """Each name of a module or function in the table exists, and none is the name asked for."""
    for name, text in suggest.ELSEWHERE.items():
        assert not hasattr(mg, name), f"{name} is there, and needs no hint"
        for dotted in re.findall(r"\b(?:minigrad|np|rnn)(?:\.[a-zA-Z_]\w*)+", text):
            assert resolves(dotted), f"{name}: {dotted}"
    for name in suggest.MAKERS:
        assert resolves(f"np.{name}")


def test_what_is_published_is_found_without_a_word():
    """All that the modules publish is there, and dir() and star imports know nothing else."""
    for module in ("minigrad", "minigrad.optim", "minigrad.init", "minigrad.functional", "rnn"):
        thing = importlib.import_module(module)
        assert all(hasattr(thing, name) for name in thing.__all__)
        assert not {name for _, name, _ in CASES if not hasattr(thing, name)} & set(dir(thing))


OF_TENSORS = {
    "backwards": r"did you mean backward\?", "Grad": r"did you mean grad\?",
    "detatch": r"did you mean detach\?", "shap": r"did you mean shape\?",
    "itme": r"did you mean item\?", "sofmax": r"did you mean softmax\?",
    "relu6": r"use minigrad.functional.relu6$", "eigh": r"use np.linalg.eigh$",
    "convolve": r"use np.convolve$", "is_cuda": "computes on the CPU",
    "retains_grad": r"call t.retain_grad\(\)$", "value": r"t.numpy\(\) has the values",
    "to_numpy": r"t.numpy\(\) has the values$", "append": r"np.stack or np.concatenate",
}


@pytest.mark.parametrize("name", OF_TENSORS)
def test_attributes_of_tensors(name):
    """The same words of tensors, parameters and subclasses of one's own, by their names."""
    class Mine(mg.Tensor):
        pass

    for t in (mg.tensor([1.0]), mg.Parameter([1.0]), Mine([1.0])):
        words = f"^'{type(t).__name__}' object has no attribute '{name}': .*{OF_TENSORS[name]}"
        with pytest.raises(AttributeError, match=words) as caught:
            getattr(t, name)
        assert caught.value.name == name
        assert not hasattr(t, name)


@pytest.mark.parametrize("name", ["quetzalcoatl", "_hidden", "__wrapped__", "columns"])
def test_attributes_like_nothing(name):
    with pytest.raises(AttributeError, match=f"^'Tensor' object has no attribute '{name}'$"):
        getattr(mg.tensor(1.0), name)


def test_hints_for_tensors_lead_somewhere():
    """No name in the table is there, and what it names is."""
    t = mg.tensor(1.0, requires_grad=True)
    for name, text in suggest.OF_TENSORS.items():
        assert not hasattr(t, name), f"{name} is there, and needs no hint"
        for dotted in re.findall(r"\b(?:minigrad|np)(?:\.[a-zA-Z_]\w*)+", text):
            assert resolves(dotted), f"{name}: {dotted}"
        for method in re.findall(r"\bt\.(\w+)", text):
            assert hasattr(t, method), f"{name}: t.{method}"


def test_looking_for_a_name_imports_little():
    """A name that is missing brings neither Hypothesis nor the package rnn into a program."""
    code = """if True:
        import sys, minigrad
        for name in ("check_gradz", "LSTMM", "lstm", "x"):
            hasattr(minigrad, name)
        print(*{"hypothesis", "rnn", "minigrad.testing"} & set(sys.modules))
        """
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert out.stdout.strip() == ""


@pytest.mark.parametrize("change", [mg.no_grad, mg.enable_grad, mg.detect_anomaly])
def test_decorators_without_parentheses(change):
    """@no_grad is @no_grad(): for functions, generators and methods, with their names."""
    x = mg.tensor(2.0, requires_grad=True)

    def double(t, *, by=2.0):
        """t times by"""
        return t * by, mg.is_grad_enabled()

    def generate(t):
        for _ in range(2):
            yield t * t, mg.is_grad_enabled()

    class Thing:
        @change
        def method(self, t):
            return double(t)

    inside = change is not mg.no_grad
    for wrapped in (change(double), change()(double)):
        assert (wrapped.__name__, wrapped.__doc__) == ("double", "t times by")
        result, recording = wrapped(x, by=3.0)
        assert (result.item(), result.requires_grad, recording) == (6.0, inside, inside)
        assert mg.is_grad_enabled()
    assert [flag for _, flag in change(generate)(x)] == [inside] * 2
    assert Thing().method(x)[1] is inside
    for wrong in (3, "f", x):
        with pytest.raises(TypeError, match=rf"^{change.__name__}: received .*wanted nothing"):
            change(wrong)
    with change() as entered:
        assert isinstance(entered, change)


def test_a_scope_needs_its_name():
    """@scope without a name is refused where it stands, not where the function is called."""
    with pytest.raises(TypeError, match=r"scope\(name\): received .*@scope\('encoder'\)"):
        mg.scope(lambda: 1)


def test_modules_and_devices():
    """Module.to takes a float type or "cpu"; other devices are refused by name."""
    module = mg.Module()
    module.w = mg.Parameter(np.ones(2))
    assert module.to("cpu") is module.cpu() is module
    assert module.to(np.float32).w.dtype == np.float32
    for call in (module.cuda, lambda: module.to("cuda:0"), lambda: module.to("mps")):
        with pytest.raises(ValueError, match=r"Module\.to\(.*NumPy computes on the CPU"):
            call()
    with pytest.raises(TypeError, match="wanted a float type"):
        module.to(3)


@pytest.mark.parametrize("name", module_file.ELSEWHERE)
def test_what_modules_of_pytorch_have(name):
    """Of a method that there is not the error says what takes its place, in cells too."""
    for thing in (mg.Module(), rnn.LSTMCell(1, 1)):
        with pytest.raises(AttributeError, match=rf"^{type(thing).__name__} has no {name}: \w+"):
            getattr(thing, name)
        assert not hasattr(thing, name)


def test_errors_of_properties_stay():
    """An AttributeError inside of a property is not mistaken for the property's absence."""

    class Odd(mg.Module):
        @property
        def size(self):
            return self.missing.width

    with pytest.raises(AttributeError, match="'Odd' object has no attribute 'missing'"):
        Odd().size  # noqa: B018
    with pytest.raises(AttributeError, match="'Module' object has no attribute 'nothing'"):
        mg.Module().nothing  # noqa: B018


@pytest.mark.parametrize(
    "module", ["minigrad", "minigrad.functional", "minigrad.init", "minigrad.optim", "rnn"]
)
def test_tab_offers_what_is_public(module: str) -> None:
    """dir() of a package, which TAB shows, has the names it publishes and Python's own alone."""
    package = importlib.import_module(module)
    names = [name for name in dir(package) if not name.startswith("__")]
    assert sorted(names) == sorted(package.__all__)
