"""The playground's own Python, which in the page runs in Pyodide, run by this Python."""

import importlib.util

from tests.support.paths import ROOT

_spec = importlib.util.spec_from_file_location("runner", ROOT / "playground" / "web" / "runner.py")
runner = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(runner)


def ran(source, knobs=None):
    """Everything that a run says, as pairs of the type and its content; and whether it ended."""
    said = []
    seconds = runner.run(source, knobs or {}, lambda type, **rest: said.append((type, rest)))
    return said, seconds > 0
