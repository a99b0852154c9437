"""The pages docs/coming_from/*.md: what is written for PyTorch, JAX and Keras prints the numbers
that stand below it, which are those of minigrad (tests/documentation holds that)."""

import os

import pytest

from tests.support.pairs import agree, pairs_of, printed

pytestmark = [
    pytest.mark.peers,
    # Of their own: torch.func compiles with what PyTorch has deprecated, Keras has NumPy 1's form.
    pytest.mark.filterwarnings("ignore:.*jit.script:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
MODULES = {"pytorch": "torch", "jax": "jax", "keras": "keras"}


@pytest.mark.parametrize("pair", [p for page in MODULES for p in pairs_of(page)], ids=str)
def test_theirs_prints_what_stands_below(pair, monkeypatch, tmp_path):
    """Pasted after the imports of its page, and nothing else, it prints the same numbers."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    pytest.importorskip(MODULES[pair.page])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = printed(pair.theirs, pair.title)
    assert agree(found, pair.output), found
