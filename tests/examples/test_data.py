"""The vendored data: unchanged, and every file explained."""

import hashlib

from examples._data import FOLDER


def test_every_file_is_explained_and_unchanged():
    """Each has its checksum, and a row in the README with source and licence."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    sums = dict(
        reversed(row.split()) for row in (FOLDER / "SHA256SUMS").read_text().splitlines()
    )
    files = {path.name for path in FOLDER.iterdir()} - {"README.md", "SHA256SUMS"}
    assert files == set(sums)
    for name in files:
        found = (FOLDER / name).read_bytes()
        assert hashlib.sha256(found).hexdigest() == sums[name], name
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` |"))
        assert row.count(" | ") == 3, name
