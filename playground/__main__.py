"""``python -m playground``: make the folder, and say how to look at it."""

import argparse
import sys
from pathlib import Path

from .building import ROOT, build, compressed
from .files import FilesError, fetch, wanted

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "playground", metavar="DIR",
                        help="the folder to write; default build/playground")
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "pyodide", metavar="DIR",
                        help="where the pinned files are kept; default build/pyodide")
    parser.add_argument("--files", action="store_true",
                        help="only have the pinned files, those of the tests too")
    asked = parser.parse_args()
    try:
        if asked.files:
            fetch(wanted("tests"), asked.cache)
        else:
            out = build(asked.out, asked.cache)
            print(f"{out}: {compressed(out) / 1e6:.1f} MB compressed. Look at it with\n"
                  f"    {Path(sys.executable).name} -m http.server --directory {out}")
    except FilesError as error:
        sys.exit(f"The playground cannot be made: {error}")
