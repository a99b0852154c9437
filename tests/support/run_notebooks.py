"""Runs notebooks top to bottom, two at a time, each in a kernel and a folder of its own.

    python run_notebooks.py out/docs/html/lessons/*.ipynb

It imports nothing of the project, so that it can be run in an environment that has only what a
reader has. The first error of a notebook is printed, with its cell, and the exit code is 1.
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def run(path):
    """The error of a notebook, or None."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            nbformat.read(path, as_version=4), timeout=300, kernel_name="python3",
            resources={"metadata": {"path": folder}})
        try:
            client.execute()
        except CellExecutionError as error:
            print(f"FAILED {path.name}\n{error}", flush=True)
            return error
    print(f"{path.name}: {time.perf_counter() - began:.1f} s", flush=True)
    return None


if __name__ == "__main__":
    notebooks = [Path(name) for name in sys.argv[1:]]
    with ThreadPoolExecutor(2) as pool:
        errors = list(pool.map(run, notebooks))
    sys.exit(not notebooks or any(errors))
