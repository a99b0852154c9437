"""What users write type-checks, and their slips do not: ``mypy --strict`` and pyright, each once.

Both come with the extra `dev`; ``make check`` runs this.
"""

import doctest
import importlib.util
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from benchmarks.stubs.writing import STUBS
from tests.support.paths import ROOT
from tests.support.pytorch_calls import ARRAYS, CALLS, CONSTANTS

HERE = Path(__file__).parent
ACCEPTED, REFUSED = HERE / "accepted.py", HERE / "refused.py"

# Calls in NumPy's words, of methods and of functions.
NUMPYS = """
x.sum() | x.sum(axis=0) | x.sum(0, keepdims=True) | x.mean(axis=(0, 1)) | x.max(axis=0)
x.max(0) | x.min(axis=1, keepdims=True) | x.std(0, ddof=1) | x.var(axis=1) | x.argmax(axis=0)
x.argsort(axis=0) | x.norm(ord=1) | x.median(axis=0) | x.squeeze(axis=None) | x.ravel()
x.reshape(4, 3) | x.reshape((4, 3)) | x.reshape(-1) | x.transpose() | x.transpose(1, 0)
x.transpose((1, 0)) | x.flatten("F") | x.clip(0, 1) | x.clip(min=0) | x.round(2) | x.nonzero()
x.repeat(2, axis=0) | x.take([0, 1], axis=1) | x.cumsum(axis=1) | x.trace() | x.dot(x.T)
x.swapaxes(0, 1) | x.diagonal() | x.any() | x.all(axis=0) | x.astype(float) | x.copy() | +x
x + x | x - 1 | 2 * x | 2.0 / x | x @ x.T | x > 0 | x == x | -x | abs(x) | x // 2 | x % 2 | x[0]
x[:, None] | x[x > 0] | x[[0, 1]] | divmod(x, 2) | x.shape | x.ndim | x.size | len(x) | x.T
x.numpy() | x.detach() | x.requires_grad | x.is_leaf | a + x | a * x | a @ x.T | a > x | x[1:, 0]
np.tanh(x) | np.exp(x) | np.add(x, a) | np.maximum(a, x) | np.matmul(x, x.T) | np.sum(x)
np.sum(x, axis=0) | np.mean(x) | np.std(x, axis=0) | np.max(x) | np.argmax(x) | np.sort(x)
np.concatenate([x, x]) | np.stack([x, a]) | np.vstack((x, x)) | np.where(x > 0, x, 0.0)
np.reshape(x, (4, 3)) | np.transpose(x) | np.squeeze(x) | np.expand_dims(x, 0) | np.cumsum(x)
np.dot(x, x.T) | np.outer(x, x) | np.einsum("ij,ij->i", x, x) | np.linalg.norm(x) | np.diag(x)
np.trace(x) | np.clip(x, 0, 1) | np.take(x, [0]) | np.roll(x, 1) | np.split(x, 2, axis=1)
np.median(x) | np.quantile(x, 0.5) | np.abs(x) | np.sign(x) | np.power(x, 2) | np.isnan(x)
np.allclose(x, x) | np.shape(x) | np.broadcast_to(x, (2, 3, 4)) | np.zeros_like(x) | np.flip(x)
np.add.reduce(x) | np.multiply.outer(x, x) | np.prod(x) | np.any(x) | np.nan_to_num(x)
np.float32(2) * x | np.logaddexp(x, a) | np.frexp(x) | np.broadcast_arrays(x, a) | np.pad(x, 1)
"""
# What NumPy's stubs refuse to do with anything but arrays of numbers, and mypy's plugin allows.
NUMBERS_ONLY = """
np.linalg.inv(square) | np.linalg.solve(square, w) | np.linalg.det(square) | np.linalg.pinv(x)
np.linalg.eigh(square) | np.linalg.qr(square) | np.linalg.cholesky(square @ square.T)
np.linalg.slogdet(square) | np.linalg.svd(x) | np.einsum("ij,ij", x, a) | np.tensordot(x, a)
np.interp(x[0], [0.0, 1.0], [2.0, 3.0]) | np.convolve(x[0], a[0]) | np.cov(x) | np.sinc(x)
np.moveaxis(x, 0, 1) | np.select([x > 0], [x])
"""


def listed(text):
    return [call for line in text.strip().splitlines() for call in line.split(" | ")]


def needs(tool):
    return pytest.mark.skipif(
        importlib.util.find_spec(tool) is None, reason=f"{tool} comes with the extra dev"
    )


def marked(path):
    """The lines that a file says are errors."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("  # error")}


def readme(folder, head=""):
    """The Python of README.md and of the tour, in their order, as a file."""
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    tour = doctest.DocTestParser().get_examples((ROOT / "docs/guide.md").read_text("utf-8"))
    file = folder / "readme_blocks.py"
    source = "".join([head, *blocks, *(example.source for example in tour)])
    file.write_text(source, encoding="utf-8")
    return file


def calls(folder, asked):
    """Calls whose results a type checker is asked for, as a file; with their types at run time."""
    arrays = {**ARRAYS, **CONSTANTS}
    given = {name: mg.tensor(array) for name, array in arrays.items()}
    places = {**given, "a": arrays["x"], "np": np, "F": mg.functional, "F32": np.float32}
    found = [(call, type(eval(call, places))) for call in asked]
    head = (
        "import numpy as np\nimport minigrad as mg\nimport minigrad.functional as F\n"
        "F32 = np.float32\n"
        "def calls(a: np.ndarray[tuple[int, ...], np.dtype[np.float64]], "
        + ", ".join(f"{name}: mg.Tensor" for name in given) + ") -> None:\n"
    )
    file = folder / "calls.py"
    body = "".join(f"    reveal_type({call})\n" for call, _ in found)
    file.write_text(head + body, encoding="utf-8")
    return file, dict(enumerate(found, head.count("\n") + 1))


def mypy(*files, options=()):
    """The errors by file and line, and the types that were asked for by line."""
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *options, *files],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    errors, types = {}, {}
    for line in run.stdout.splitlines():
        if found := re.match(r"(.*?):(\d+): error: (.*)", line):
            errors.setdefault(Path(found[1]).name, {}).setdefault(int(found[2]), found[3])
        elif found := re.match(r'.*?:(\d+): note: Revealed type is "(.*)"', line):
            types[int(found[1])] = found[2]
    return errors, types


def plainly(revealed):
    """The name of a class in what mypy reveals."""
    name = re.search(r"fallback=([\w.]+)", revealed) or re.match(r"([\w.]+)", revealed)
    return name[1].rpartition(".")[2]


def test_what_is_accepted_runs():
    """The file that the type checkers accept is right at run time too."""
    runpy.run_path(str(ACCEPTED))


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.name)
def test_the_stubs_are_current(path):
    """The stubs say what the living class and functions are: ``python -m benchmarks.stubs``."""
    if f"NumPy {'.'.join(np.__version__.split('.')[:2])};" not in path.read_text(encoding="utf-8"):
        pytest.skip("methods have the signatures of NumPy, and this is another one")
    assert path.read_text(encoding="utf-8") == STUBS[path]()


@needs("mypy")
def test_mypy(tmp_path):
    """What users write, the README and PyTorch's words among it, passes mypy --strict; slips are
    errors, each on its line; and of some 700 calls mypy knows the type that they have. The README's
    own `step` is written without types."""
    file, wanted = calls(tmp_path, CALLS + listed(NUMPYS) + listed(NUMBERS_ONLY))
    blocks = readme(tmp_path, "# mypy: allow-untyped-defs, allow-redefinition\n")
    errors, types = mypy(ACCEPTED, REFUSED, file, blocks)
    assert errors.pop(REFUSED.name).keys() == marked(REFUSED)
    assert errors == {}
    wrong = {
        call: (plainly(types[line]), kind.__name__)
        for line, (call, kind) in wanted.items() if plainly(types[line]) != kind.__name__
    }
    assert wrong == {}


@needs("mypy")
def test_mypy_without_the_plugin(tmp_path):
    """Without minigrad's plugin one thing is missing: what NumPy's function gives is Any, and
    mypy --strict says so where that is returned as a Tensor."""
    settings = tmp_path / "settings.ini"
    settings.write_text("[mypy]", encoding="utf-8")
    cache = ROOT / ".mypy_cache" / "without_plugin"  # the other settings have theirs beside it
    errors, _ = mypy(ACCEPTED, options=["--config-file", settings, "--cache-dir", cache])
    said = set(errors[ACCEPTED.name].values())
    assert said == {'Returning Any from function declared to return "Tensor"  [no-any-return]'}


@needs("basedpyright")
@pytest.mark.parametrize("mode", ["strict", "standard"])
def test_pyright(tmp_path, mode):
    """The same for pyright: in its strict mode what has types, in its standard mode the README."""
    if mode == "strict":
        for path in (ACCEPTED, REFUSED):
            shutil.copy(path, tmp_path)
    else:
        readme(tmp_path)
        calls(tmp_path, CALLS + listed(NUMPYS))
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(json.dumps({"typeCheckingMode": mode, "extraPaths": [str(ROOT)]}))
    run = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--project", settings,
         "--pythonpath", sys.executable],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )
    errors = {}
    for found in json.loads(run.stdout)["generalDiagnostics"]:
        if found["severity"] == "error":
            lines = errors.setdefault(Path(found["file"]).name, {})
            lines.setdefault(found["range"]["start"]["line"] + 1, found["message"])
    refused = marked(REFUSED) if mode == "strict" else set()
    assert errors.pop(REFUSED.name, {}).keys() == refused
    assert errors == {}
