"""Saving and loading: what is saved comes back bit for bit, or the old file is still there."""

import json
import math
import os
import re
import signal
import stat
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad import Tensor
from minigrad.errors import FileFormatError
from minigrad.io import load, load_metadata, save
from minigrad.module import Module, Parameter
from minigrad.optim import Adam, LambdaLR, cosine_decay
from tests.support.paths import ROOT

DTYPES = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]
SMALL = {"W": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7), "e": np.zeros((0, 2))}


def small_file(tmp_path):
    path = tmp_path / "small.safetensors"
    save(path, SMALL, {"k": "v"})
    return path, path.read_bytes()


def assert_equal(loaded, saved):
    assert list(loaded) == list(saved)
    for name, array in saved.items():
        np.testing.assert_array_equal(loaded[name], array, err_msg=name, strict=True)


# -- what is saved comes back

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
)


@given(
    st.dictionaries(TEXT.filter(lambda s: s != "__metadata__"), ARRAYS, max_size=4),
    st.dictionaries(TEXT.filter(lambda s: not s.startswith("minigrad.")), TEXT, max_size=3),
)
def test_round_trip(tmp_path_factory, arrays, metadata):
    """Any names, dtypes, shapes, NaNs and text come back, in order, as native writeable arrays."""
    path = tmp_path_factory.mktemp("io") / "file"
    save(path, arrays, metadata)
    loaded = load(path)
    assert_equal(loaded, arrays)
    assert all(a.flags.writeable and a.dtype.isnative for a in loaded.values())
    assert load_metadata(path) == metadata
    first = path.read_bytes()
    save(path, arrays, metadata)
    assert path.read_bytes() == first


def test_layouts_and_kinds(tmp_path):
    """Strided, Fortran-ordered and big-endian arrays, Tensors and numbers are saved by value."""
    a = np.arange(12.0).reshape(3, 4)
    given_ = {
        "fortran": np.asfortranarray(a), "reversed": a[::2, ::-1], "big-endian": a.astype(">f8"),
        "zero stride": np.broadcast_to(a[0], (3, 4)), "tensor": Tensor(a), "leaf": Parameter(a),
        "int": 3, "float": 0.5, "bool": True, "list": [1, 2],
    }
    save(tmp_path / "f", given_)
    loaded = load(tmp_path / "f")
    for name, value in given_.items():
        plain = value.numpy() if isinstance(value, Tensor) else np.asarray(value)
        np.testing.assert_array_equal(loaded[name], plain)
        assert loaded[name].shape == plain.shape
    assert [loaded[k].dtype.kind for k in ("int", "float", "bool")] == ["i", "f", "b"]


def test_other_programs_read_it(tmp_path):
    """The file is plain safetensors: the reference implementation reads the same content."""
    save(tmp_path / "f", SMALL, {"note": "ü"})
    loaded = safetensors.numpy.load_file(tmp_path / "f")
    assert_equal({name: loaded[name] for name in SMALL}, SMALL)
    with safetensors.safe_open(tmp_path / "f", "np") as file:
        assert file.metadata()["note"] == "ü"
        assert file.metadata()["minigrad.version"] == "1"


def test_files_of_other_programs_need_verify_false(tmp_path):
    """Without our checksum a file is refused, with the remedy; verify=False reads it."""
    path = tmp_path / "f"
    safetensors.numpy.save_file(SMALL, path, {"by": "other"})
    for read in (load, load_metadata):
        with pytest.raises(FileFormatError, match=r"no checksum of minigrad's.*verify=False"):
            read(path)
    loaded = load(path, verify=False)
    assert_equal({name: loaded[name] for name in SMALL}, SMALL)
    assert load_metadata(path, verify=False) == {"by": "other"}


def test_names_are_only_keys(tmp_path):
    """Names that look like paths are stored as they are, and no other file appears anywhere."""
    names = ["../up", "/etc/passwd", "a/b", "C:\\x", "..", ".", "", "a\0b", "~", "$HOME", "\u202e"]
    folder = tmp_path / "in"
    folder.mkdir()
    save(folder / "f", dict.fromkeys(names, np.ones(2)), {"../k": "../v"})
    assert list(load(folder / "f")) == names
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "f"]


def test_resume_through_a_file(tmp_path):
    """Parameters, optimizer, schedule and random state in one file: training goes on unchanged."""

    class Net(Module):
        def __init__(self, seed):
            rng = np.random.default_rng(seed)
            self.W = Parameter(rng.normal(size=(3, 3)).astype(np.float32))
            self.b = Parameter(np.zeros(3, np.float32))

    def setup(seed):
        net = Net(seed)
        optimizer = Adam(net.parameters(), lr=0.1)
        return net, optimizer, LambdaLR(optimizer, cosine_decay(20)), np.random.default_rng(seed)

    def train(net, optimizer, schedule, rng, steps):
        for _ in range(steps):
            x = rng.normal(size=(4, 3)).astype(np.float32)
            optimizer.zero_grad()
            ((x @ net.W + net.b) ** 2).sum().backward()
            optimizer.step()
            schedule.step()

    whole, parts, other = setup(1), setup(1), setup(2)
    train(*whole, 10)
    train(*parts, 6)
    tensors = {
        f"{part}/{key}": value
        for part, thing in zip(("net", "optimizer", "schedule"), parts[:3], strict=True)
        for key, value in thing.state_dict().items()
    }
    save(tmp_path / "f", tensors, {"rng": json.dumps(parts[3].bit_generator.state)})
    loaded = load(tmp_path / "f")
    for part, thing in zip(("net", "optimizer", "schedule"), other[:3], strict=True):
        prefix = f"{part}/"
        thing.load_state_dict(
            {k.removeprefix(prefix): v for k, v in loaded.items() if k.startswith(prefix)}
        )
    other[3].bit_generator.state = json.loads(load_metadata(tmp_path / "f")["rng"])
    train(*other, 4)
    assert_equal(other[0].state_dict(), whole[0].state_dict())


# -- saving that fails


@pytest.mark.parametrize(
    ("tensors", "metadata", "error", "message"),
    [
        ([1], None, TypeError, r"received list.*state_dict\(\)"),
        ({1: 2}, None, TypeError, "the name 1: received 1, wanted text"),
        ({"a": "text"}, None, TypeError, r"tensors\['a'\]\): received 'text', wanted numbers"),
        ({"a": None}, None, TypeError, r"tensors\['a'\].*wanted numbers"),
        ({"a": [[1], [2, 3]]}, None, TypeError, r"tensors\['a'\].*wanted numbers"),
        ({"a": np.array([object()])}, None, TypeError, r"tensors\['a'\].*wanted numbers"),
        ({"a": np.ones(1, complex)}, None, TypeError, r"tensors\['a'\]\): dtype complex128"),
        ({"__metadata__": 1}, None, ValueError, "'__metadata__' is the format's own"),
        ({"\ud800": 1}, None, ValueError, "surrogate"),
        ({}, {"a": 1}, TypeError, r"save\(metadata\['a'\]\): received 1, wanted text"),
        ({}, {1: "a"}, TypeError, "the key 1"),
        ({}, {"minigrad.version": "3"}, ValueError, "reserved"),
        ({}, {"a": "\ud800"}, ValueError, "surrogate"),
    ],
)
def test_content_that_cannot_be_saved(tmp_path, tensors, metadata, error, message):
    """What the format cannot hold is refused by name before any file is touched."""
    path, before = small_file(tmp_path)
    with pytest.raises(error, match=message):
        save(path, tensors, metadata)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def run_failing_save(path, failure):
    """Save over `path` in a process in which `failure` strikes."""
    code = f"""if True:
        import os, resource, signal, sys
        from pathlib import Path
        import numpy as np
        from minigrad.io import save
        def kill(*args):
            os.kill(os.getpid(), signal.SIGKILL)
        {failure}
        save(sys.argv[1], {{"W": np.ones(100_000)}})
        """
    return subprocess.run(
        [sys.executable, "-c", code, path], check=False, capture_output=True, text=True, cwd=ROOT
    )


@pytest.mark.skipif(os.name != "posix", reason="kills and limits in the POSIX way")
@pytest.mark.parametrize("at", ["os.fsync", "Path.replace"])
def test_a_kill_in_mid_save(tmp_path, at):
    """kill −9 once the new file is written, whether or not it is on the disk: the old one stays."""
    path, before = small_file(tmp_path)
    done = run_failing_save(path, f"{at} = kill")
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    assert_equal(load(path), SMALL)


@pytest.mark.skipif(os.name != "posix", reason="kills and limits in the POSIX way")
def test_a_full_disk_in_mid_save(tmp_path):
    """When writing stops half way, the error names the file; the old one stays, alone."""
    path, before = small_file(tmp_path)
    done = run_failing_save(path, "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))")
    assert done.returncode == 1
    assert f"OSError: [Errno 27] File too large: '{path}'" in done.stderr
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_in_mid_save(tmp_path, monkeypatch):
    """Ctrl-C while the file is written: the old one stays, and nothing else is left."""
    path, before = small_file(tmp_path)

    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(path, {"W": np.ones(3)})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "path, error", [("", ValueError), ("a\0b", ValueError), (None, TypeError), (3, TypeError),
                    (b"bytes", TypeError)],
)
def test_paths_that_name_no_file(path, error):
    """What cannot be a path is refused by name, in saving and in loading."""
    with pytest.raises(error, match=r"save\(path\): received .*, wanted "):
        save(path, {"a": 1})
    with pytest.raises(error, match=r"load\(path\): received .*, wanted "):
        load(path)


def test_metadata_that_is_no_mapping(tmp_path):
    """The message says what is wanted, and nothing is written."""
    with pytest.raises(TypeError, match=r"save\(metadata\): received .*, wanted a mapping"):
        save(tmp_path / "f", {"a": 1}, [1])
    assert not list(tmp_path.iterdir())


def test_targets_that_are_no_files(tmp_path):
    """A folder is not replaced, a missing one is not made, and both errors name the target."""
    with pytest.raises(OSError, match=f"{re.escape(str(tmp_path))} is no regular file"):
        save(tmp_path, SMALL)
    with pytest.raises(FileNotFoundError, match=r"nowhere.file'"):
        save(tmp_path / "nowhere" / "file", SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="links and permissions in the POSIX way")
def test_links_and_permissions_stay(tmp_path):
    """Saving through a link replaces what it points to; a private file stays private."""
    path, _ = small_file(tmp_path)
    path.chmod(0o600)
    link = tmp_path / "link"
    link.symlink_to(path)
    save(link, {"x": math.pi})
    assert link.is_symlink()
    assert load(path)["x"] == math.pi
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
