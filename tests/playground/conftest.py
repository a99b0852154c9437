"""A run leaves this process as it was."""

import builtins
import sys

import pytest

from rnn.lessons.knobs import listen


@pytest.fixture
def a_page(tmp_path, monkeypatch):
    """A run writes its program to the current folder, and takes the place of __main__."""
    monkeypatch.chdir(tmp_path)
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
    listen(None)
    vars(builtins).pop("display", None)
