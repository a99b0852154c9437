"""docs/comparison.md: what it says was seen is seen, of each package that is installed here."""

import importlib.util
import re

import pytest

from benchmarks.comparison.claims import CLAIMS, rows
from tests.support.paths import ROOT

pytestmark = [
    pytest.mark.peers,
    # Graphviz is a program, and JAX has threads.
    pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*jit.script:DeprecationWarning"),
]
ROW = re.compile(r"^\| (\w+) [\d.]+ \| (.*) \| (.*) \|$", re.MULTILINE)
PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
SAID = {(package, question): seen for package, question, seen in ROW.findall(PAGE)}
PACKAGES = sorted({claim.package for claims in CLAIMS.values() for claim in claims})


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_said_is_seen(package):
    """Every row of the package, as it comes out now."""
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed")
    for topic in CLAIMS:
        for name, question, seen in rows(topic, [package]):
            assert SAID[name, question] == seen, (topic, question)


def test_every_claim_has_its_row():
    """Each question once, and no row that nothing runs."""
    asked = [(c.package, c.question) for claims in CLAIMS.values() for c in claims]
    assert sorted(SAID) == sorted(set(asked))
    assert len(ROW.findall(PAGE)) == len(asked)
