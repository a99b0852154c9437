"""Every option of ``draw`` acts in every format that a picture is saved as, or is refused."""

import inspect

import pytest

import minigrad as mg
from minigrad.drawing.render import picture
from tests.support.pictures import elman, parameter

FORMATS = ["svg", "png", "pdf", "dot", "html"]
ALWAYS = {"values", "gradients", "ledger"}  # a page has them without being asked
W = parameter("V", 3)
# By option: a value, and what has to be asked for with it.
STEPS = {
    "values": (True, {}), "gradients": (True, {}), "ledger": (True, {}), "backward": (True, {}),
    "widths": ("all", {"ledger": True}), "show": (("shapes", "memory"), {}), "steps": ([1, 3], {}),
    "max_steps": (2, {}), "wrap": (2, {}), "labels": ({"W_hh": "U"}, {}), "highlight": ("W_hh", {}),
    "title": ("A title", {}), "caption": ("Words below", {}), "theme": ("dark", {}),
    "background": ("#fffaf0", {}), "scale": (1.5, {}), "width": (300, {}), "size": ((300, 90), {}),
    "view": ("ops", {}),
}
OPS = {name: STEPS[name] for name in (
    "values", "gradients", "backward", "labels", "highlight", "title", "caption", "theme",
    "background", "scale", "width", "size",
)} | {"direction": ("TB", {}), "show": (("shapes", "memory"), {})}
ROLLED = {name: OPS[name] for name in OPS if name not in {*ALWAYS, "direction"}} | {
    "show": (["shapes"], {})}
VIEWS = {"steps": STEPS, "ops": OPS, "rolled": ROLLED}
REFUSED = {
    "steps": {"direction": "LR"},
    "ops": {"ledger": True, "widths": "all", "steps": [1], "max_steps": 2, "wrap": 2},
    "rolled": {"values": True, "gradients": True, "ledger": True, "widths": "all", "steps": [1],
               "max_steps": 2, "wrap": 2, "show": ["values"], "direction": "LR"},
}


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """PNG and PDF are what a program makes of the text that it is handed."""
    monkeypatch.setattr(picture, "render", lambda text, kind: f"{kind} {text}".encode())


@pytest.fixture(scope="module")
def loss():
    return elman(3)


@pytest.fixture(scope="module")
def plain(loss):
    """The pictures without the option, by what is asked for else; each is made once."""
    made = {}

    def get(form, **options):
        key = form, *sorted(options.items())
        if key not in made:
            made[key] = content(mg.draw(loss, **options), form)
        return made[key]

    return get


def content(drawing, form):
    return drawing.dot if form == "dot" else getattr(drawing, form)()


def test_no_option_is_forgotten():
    """Each is tried in each view, or refused there."""
    options = set(inspect.signature(mg.draw).parameters) - {"output"}
    for view, tried in VIEWS.items():
        assert options - {"view"} == set(tried) - {"view"} | set(REFUSED[view]), view


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("view", "option"), [(view, option) for view, tried in VIEWS.items() for option in tried]
)
def test_acts_in_every_format(loss, plain, view, option, form):
    """What is written differs from what is written without it."""
    value, others = VIEWS[view][option]
    others = {"view": view, **others} if option != "view" else others
    drawing = mg.draw(loss, **{**others, option: value})
    if not (form == "html" and option in ALWAYS):
        assert content(drawing, form) != plain(form, **others)


@pytest.mark.parametrize(
    ("view", "option"), [(view, option) for view, some in REFUSED.items() for option in some]
)
def test_or_is_refused(loss, view, option):
    """An error names the view, the option, and the view that has it."""
    with pytest.raises(ValueError, match=f"(?s){option}.*view='(steps|ops)'"):
        mg.draw(loss, view=view, **{option: REFUSED[view][option]})


def test_a_value_that_is_asked_for_is_in_the_page():
    """Tensors given as values= are shown in the page as in a still."""
    lost = (parameter("W", 3) + W).sum()
    assert '"values":{"":' in mg.draw(lost, view="ops", values=[W]).html()
