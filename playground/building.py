"""Builds the folder: the page, Pyodide, our wheel as it is published, the menu."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .files import LOCK, fetch, wanted
from .programs import menu

__all__ = ["build", "compressed"]

ROOT = Path(__file__).parent.parent
_ABOUT = """Files of other projects, unchanged, with the hashes that playground/lock.json pins.

Pyodide {version} (pyodide.*, python_stdlib.zip): MPL-2.0, https://github.com/pyodide/pyodide;
    it contains CPython (PSF-2.0) and is built with Emscripten (MIT).
numpy: BSD-3-Clause. graphviz: MIT. tqdm: MPL-2.0 and MIT. hypothesis: MPL-2.0.
sortedcontainers: Apache-2.0. Each wheel holds its licence.
"""


def build(out: Path, cache: Path, wheel: Path | None = None) -> Path:
    """Write the playground into the folder `out`, which is emptied first.

    cache: where the pinned files are kept between builds. wheel: that of minigrad, if there is one.

    Raises FilesError where Pyodide cannot be had.
    """
    files = fetch(wanted("page"), cache)
    groups = menu(ROOT / "docs" / "lessons")
    if out.exists():
        shutil.rmtree(out)
    shutil.copytree(Path(__file__).parent / "web", out, copy_function=shutil.copyfile)
    inside = out / "pyodide"
    inside.mkdir()
    for path in files.values():
        shutil.copyfile(path, inside / path.name)
    ours = wheel or _wheel(cache)
    shutil.copyfile(ours, inside / ours.name)
    _write(out / "programs.json", groups)
    _write(out / "files.json", _listing(inside))
    (inside / "ABOUT.txt").write_text(_ABOUT.format(version=LOCK["pyodide"]["version"]), "utf-8")
    return out


def compressed(out: Path) -> int:
    """How many bytes a visitor's browser receives from a host that compresses."""
    paths = [path for path in out.rglob("*") if path.is_file() and path.suffix != ".txt"]
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in paths)


def _wheel(cache: Path) -> Path:
    """The wheel of this checkout, as `pip wheel` makes it."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(
            [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check",
             "--no-deps", f"--wheel-dir={place}", str(ROOT)], check=True)
        (made,) = Path(place).glob("*.whl")
        return Path(shutil.copy2(made, cache))


def _listing(inside: Path) -> dict[str, object]:
    """What the worker loads: the files with their sizes, and the wheels as Pyodide's own lock file
    would describe them, from which it checks their hashes."""
    wheels = sorted(inside.glob("*.whl"))
    hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in inside.iterdir()}
    packages = {}
    for path in wheels:
        name, version, *_ = path.name.split("-")
        name = name.replace("_", "-")
        packages[name] = {
            "name": name, "version": version, "file_name": path.name, "install_dir": "site",
            "sha256": hashes[path.name], "package_type": "package", "imports": [], "depends": [],
            "unvendored_tests": False,
        }
    loaded = [*wheels, inside / "pyodide.asm.wasm", inside / "python_stdlib.zip"]
    return {
        "files": [{"url": f"pyodide/{p.name}", "bytes": p.stat().st_size, "sha256": hashes[p.name]}
                  for p in loaded],
        "packages": list(packages),
        "lock": {"info": LOCK["pyodide"]["info"], "packages": packages},
    }


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")
