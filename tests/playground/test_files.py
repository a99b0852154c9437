"""The pinned files: what lock.json names, and that nothing else is taken for it."""

import re

import pytest

from playground import files
from playground.files import LOCK, FilesError, fetch, wanted


def test_the_lock_pins_every_file():
    """Each has a SHA-256, a size and a use; wheels of the registry are pinned by their version,
    which is that in their name; Pyodide's version is in its address."""
    assert LOCK["pyodide"]["version"] in LOCK["pyodide"]["url"]
    assert set(wanted("page")) < set(wanted("tests")) == set(LOCK["files"])
    for name, file in LOCK["files"].items():
        assert re.fullmatch(r"[0-9a-f]{64}", file["sha256"]), name
        assert file["bytes"] > 0, name
        assert file["use"] in ("page", "tests"), name
        if "requirement" in file:
            package, _, version = file["requirement"].partition("==")
            assert name.startswith(f"{package}-{version}-py"), name


def test_another_file_under_the_name_is_refused(tmp_path, monkeypatch):
    """A download whose hash is another is not kept, and what lies there damaged is not used."""
    (name,) = [name for name in wanted("page") if name == "pyodide.mjs"]
    with pytest.raises(FilesError, match=r"pyodide\.mjs was downloaded, and is not"):
        files._keep(b"evil", name, tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / name).write_bytes(b"damaged")
    monkeypatch.setattr(files, "_pyodide", lambda names, folder: None)
    with pytest.raises(FilesError, match="is not the file that playground"):
        fetch([name], tmp_path)


def test_without_the_web_the_wheel_is_taken(tmp_path, monkeypatch, capsys):
    """Where Pyodide's address cannot be reached, the same files come out of the carrying wheel."""
    taken = []
    monkeypatch.setattr(files, "_out_of_carrier", lambda names, folder: taken.extend(names))

    def unreachable(*args, **kwargs):
        raise OSError("no route")

    monkeypatch.setattr(files.urllib.request, "urlopen", unreachable)
    files._pyodide(["pyodide.mjs", "python_stdlib.zip"], tmp_path)
    assert taken == ["pyodide.mjs", "python_stdlib.zip"]
    assert "open-webui==0.12.4" in capsys.readouterr().err
