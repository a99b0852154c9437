"""Every public name says what it is and shows it; the examples themselves run as doctests."""

import doctest
import importlib
import inspect
import pkgutil
import re
import sys

import minigrad
import rnn
from tests.support.many import for_each
from tests.support.modules import PACKAGES

# A package publishes the names in its ``__all__``, and these modules are meant to be imported too.
MODULES = [
    "minigrad.errors", "minigrad.io", "rnn.demo.baselines", "rnn.demo.language_model", "rnn.losses",
    "rnn.demo.run", "rnn.demo.settings", "rnn.demo.text",
]

# Beside errors, whose examples are those of what raises them.
WITHOUT_EXAMPLE = {
    "minigrad.io.replacing": "a helper of what writes files; the example of `save` runs it",
}


def public():
    """The functions and classes that users meet, by name; each once."""
    found = {}
    for package in (minigrad, rnn):
        inside = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        # Ops are called as NumPy's functions; `minigrad.catalogue()` lists their formulas.
        names = [i.name for i in inside if i.ispkg and not i.name.startswith("minigrad.ops")]
        for name in [package.__name__, *names]:
            add(found, name)
    for name in MODULES:
        add(found, name)
    return {name: thing for thing, name in found.values()}


def add(found, module_name):
    module = importlib.import_module(module_name)
    for item in module.__all__:
        thing = getattr(module, item)
        if inspect.isroutine(thing) or inspect.isclass(thing):
            found.setdefault(id(thing), (thing, f"{module_name}.{item}"))


PUBLIC = public()


@for_each(PUBLIC)
def test_public_names_are_documented(name):
    """A docstring of its own, and for all but errors an example."""
    thing = PUBLIC[name]
    text = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
    assert text, f"{name} has no docstring"
    assert len(text.strip()) > 20, f"the docstring of {name} says nothing: {text!r}"
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        return
    if name in WITHOUT_EXAMPLE:
        assert ">>>" not in text, f"{name} has an example now; take it off the list"
    else:
        assert ">>>" in text, f"{name} has no example"


def test_what_raises_says_so():
    """Where a public function, or a constructor, raises an error itself, its docstring has it."""
    silent = []
    for name, thing in PUBLIC.items():
        made = inspect.isclass(thing)
        function = inspect.unwrap(thing.__init__ if made else thing)
        if (
            inspect.isfunction(function) and function.__module__.startswith(PACKAGES)
            and not function.__code__.co_filename.startswith("<")  # made by a template
            and not (made and issubclass(thing, BaseException))
        ):
            source = inspect.getsource(function)
            if re.search(r"^\s+raise \w+\(", source, re.MULTILINE) and "aise" not in thing.__doc__:
                silent.append(name)
    assert silent == []


def test_exceptions_exist():
    """Names without an example are names that there are."""
    assert WITHOUT_EXAMPLE.keys() <= PUBLIC.keys()


def test_examples_are_run():
    """Doctest finds every one of the examples, also behind decorators."""
    found = {}
    for name, thing in PUBLIC.items():
        if name in WITHOUT_EXAMPLE or ">>>" not in (thing.__doc__ or ""):
            continue
        module = thing.__module__
        if module not in found:
            tests = doctest.DocTestFinder().find(sys.modules[module])
            found[module] = {test.docstring for test in tests}
        assert thing.__doc__ in found[module], f"nothing runs the example of {name}"


def test_modules_say_what_they_are():
    """So does every module, packages included."""
    for package in (minigrad, rnn):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.endswith(".__main__"):
                continue
            assert (importlib.import_module(info.name).__doc__ or "").strip(), info.name


def test_every_method_says_what_it_does():
    """Also the methods that records and NumPy's functions lend to Tensor have a docstring."""
    public = [name for name in dir(minigrad.Tensor) if not name.startswith("_")]
    assert [name for name in public if not inspect.getdoc(getattr(minigrad.Tensor, name))] == []
