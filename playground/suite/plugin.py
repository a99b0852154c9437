"""A pytest plugin for the suite in Pyodide: what runs there, and what is known not to hold.

list.toml says so. Of a test with many cases the first few run. What is listed as failing is run,
and must fail: an entry that has become untrue is a failure.
"""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

LIST = tomllib.loads((Path(__file__).parent / "list.toml").read_text("utf-8"))
OPTIONS = [
    "-q", "--capture=sys", "-p", "no:cacheprovider", "--tb=short",
    "-o", "addopts=", "-o", "faulthandler_timeout=0",    # which would start a thread
    # Hypothesis takes NumPy's own generator there for one that may be garbage.
    "-W", "ignore:It looks like `register_random`:hypothesis.errors.HypothesisWarning",
]


def reason(nodeid, table):
    """What a table says of a test: of its case, its function, its file or a room around it."""
    file, _, rest = nodeid.partition("::")
    rooms = [room.as_posix() for room in Path(file).parents]
    for key in (nodeid, f"{file}::{rest.partition('[')[0]}", file, *rooms):
        if key in table:
            return LIST["reasons"][table[key]]
    return None


def pytest_ignore_collect(collection_path, config):
    """Files and rooms that are left out are not even imported."""
    name = collection_path.relative_to(config.rootpath).as_posix()
    return True if reason(name, LIST["left_out"]) else None


def pytest_collection_modifyitems(config, items):
    """The first cases of each test; those that are listed are expected to fail."""
    seen, kept, rest = Counter(), [], []
    for item in items:
        function = item.nodeid.partition("[")[0]
        seen[function] += 1
        runs = seen[function] <= LIST["cases"] and not reason(item.nodeid, LIST["left_out"])
        (kept if runs else rest).append(item)
        why = reason(item.nodeid, LIST["fails"])
        if why:
            item.add_marker(pytest.mark.xfail(reason=why, strict=True))
    items[:] = kept
    config.hook.pytest_deselected(items=rest)
