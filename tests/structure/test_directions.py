"""Who may know whom: the rooms of both packages lie in storeys, and imports point down."""

import pytest

from tests.support.many import for_each
from tests.support.modules import MODULES, imports

# A module may import from its own room and from the storeys above its own line.
MINIGRAD = [
    {"errors", "suggest", "console", "container"},
    {"checks"},
    {"engine"},
    {"ops"},
    {"transforms", "observe"},
    {"scanning"},
    {"state"},
    {"casting"},
    {"module", "functional", "init", "optim", "io"},
    {"drawing", "testing"},
    {""},                                            # what `import minigrad` offers
]
RNN = [
    {"cells"},
    {"sequence"},
    {"layers"},
    {"models", "losses"},
    {"bptt", "convert", "cell_graph", "draw_cell", "checkpoints"},
    {"tasks", "testing"},
    {"training"},
    {"parallel"},
    {"lessons"},
    {"demo"},
    {"__main__", ""},
]

# Nothing knows these but the packages' front doors and the rooms named here.
GUESTS = {
    "minigrad.drawing": (
        "minigrad", "rnn.cell_graph", "rnn.draw_cell", "rnn.demo",
        "rnn.bptt.plots",                            # for its palette
        "rnn.bptt.audits.picture", "rnn.lessons",
    ),
    "minigrad.testing": ("minigrad", "rnn.testing", "rnn.lessons"),
    "rnn.testing": ("rnn", "rnn.lessons"),
    "rnn.demo": ("rnn.__main__",),
}


def room(module):
    """The package of a module, and its room in it."""
    package, _, rest = module.partition(".")
    return package, rest.partition(".")[0]


def storey(package, name):
    storeys = MINIGRAD if package == "minigrad" else RNN
    found = [k for k, rooms in enumerate(storeys) if name in rooms]
    assert found, f"{package}.{name} has no place in the list of storeys"
    return found[0]


@for_each(MODULES)
def test_imports_point_down(name):
    """Whenever it runs, no import goes to a higher room, nor to another one of the same storey."""
    package, own = room(name)
    for other in {room(i.module) for i in imports(name)} - {(package, own)}:
        if other[0] != package:
            assert package == "rnn", f"{name} knows rnn"
            continue
        assert storey(*other) < storey(package, own), f"{name} -> {'.'.join(other)}"


@pytest.mark.parametrize("guest", GUESTS)
def test_nothing_knows_the_guests(guest):
    """Pictures, tests and the demo are built on the rest, and can be taken away."""
    for name in MODULES:
        if name not in GUESTS[guest] and not inside(name, guest, *GUESTS[guest]):
            for i in imports(name):
                assert not inside(i.module, guest), f"{name} -> {i.module}"


def inside(name, *rooms):
    """Whether a module lies in one of the rooms (the front doors are none)."""
    return any(name == r or name.startswith(f"{r}.") for r in rooms if "." in r)


ALONE = ("minigrad.engine", "minigrad.errors", "minigrad.console")


def test_the_engine_stands_alone():
    """What a student reads first imports errors, how they are printed, and nothing else."""
    for name in MODULES:
        if name.startswith("minigrad.engine"):
            for i in imports(name):
                assert i.module.startswith(ALONE), f"{name} -> {i}"
