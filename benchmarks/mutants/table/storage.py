"""Faults in modules, state dicts and files."""

from ..fault import Fault

IO, FILES, HOSTILE = "minigrad/io.py", "tests/module/test_io.py", "tests/module/test_io_hostile.py"
MODULE, MODULES = "minigrad/module.py", "tests/module/test_module.py"
OPTIM = "tests/optim/test_optim.py tests/optim/test_optim_state.py"

FAULTS = [
    Fault(
        IO, "        _check_digest(path, raw, length)\n", "        pass\n",
        f"{FILES} {HOSTILE}", "files: the checksum is not checked",
    ),
    Fault(
        IO, "    for piece in (view[:start], _NO_DIGEST, view[end:]):",
        "    for piece in (view[:start], _NO_DIGEST, view[end + 1 :]):",
        "tests/module/test_io_bytes.py", "files: the checksum leaves out a byte",
    ),
    Fault(
        "minigrad/io.py", "    _check_newer(path, raw[8 : 8 + length])",
        "    # _check_newer(path, raw[8 : 8 + length])",
        "tests/module/test_io.py tests/module/test_io_hostile.py",
        "files: the format's version is not checked",
    ),
    Fault(
        IO, "int(version) > VERSION", "int(version) > VERSION + 1",
        f"{FILES} {HOSTILE}", "files: the next version is read as if it were this one",
    ),
    Fault(
        IO, "order = sorted(arrays, key=lambda name: -arrays[name].itemsize)",
        "order = sorted(arrays, key=lambda name: arrays[name].itemsize)",
        "tests/module/test_io_bytes.py",
        "files: arrays do not begin at multiples of their item size",
    ),
    Fault(
        IO, "        temporary.replace(target)\n",
        "        target.write_bytes(temporary.read_bytes())\n",
        f"{FILES} {HOSTILE}", "files: not replaced in one step",
    ),
    Fault(
        IO, "            os.fsync(file.fileno())\n", "",
        FILES, "files: take the place of the old one before they are on the disk",
    ),
    Fault(
        IO, "        with contextlib.suppress(OSError):\n            temporary.unlink()\n",
        "        pass\n",
        FILES, "files: what was begun stays in the folder",
    ),
    Fault(
        IO, "    target = Path(os.path.realpath(path))", "    target = Path(path)",
        f"{FILES} {HOSTILE}", "files: a link is replaced by a file",
    ),
    Fault(
        IO, "    if len(raw) < 8 or length > len(raw) - 8:\n", "    if len(raw) < 8:\n",
        f"{FILES} {HOSTILE}", "files: a truncated header is not diagnosed",
    ),
    Fault(
        IO, "if not key.startswith(\"minigrad.\")}", "}",
        FILES, "files: our own metadata are handed out with the user's",
    ),
    Fault(
        "minigrad/module.py", "                places[name]._replace(array)\n",
        "                places[name]._data = array\n",
        "tests/rnn/cells/test_written_weights.py tests/module/test_module.py",
        "load_state_dict: a graph does not notice",
    ),
    Fault(
        MODULE, "if isinstance(thing, Parameter) and id(thing) not in seen:",
        "if isinstance(thing, Parameter):",
        MODULES, "modules: a tied parameter comes twice",
    ),
    Fault(
        MODULE, "for key, v in reversed(inside)", "for key, v in inside",
        MODULES, "modules: parameters in the reverse order",
    ),
    Fault(
        "minigrad/module.py",
        "            for module in modules:\n                module.training = mode\n",
        "            self.training = mode\n",
        "tests/module/test_module.py", "modules: train() does not reach the modules inside",
    ),
    Fault(
        MODULE, "        if any(thing is self for *_, thing in found):", "        if False:",
        MODULES, "modules: a link back renames the parameters",
    ),
    Fault(
        "minigrad/state.py", "    if array.shape != place.shape:\n",
        "    if array.size != place.size:\n",
        MODULES, "state dicts: a transposed array is taken",
    ),
    Fault(
        "minigrad/state.py", "    if not (cast and same_kind):\n", "    if not same_kind:\n",
        f"{MODULES} {OPTIM}", "state dicts: another precision is taken without cast",
    ),
    Fault(
        "minigrad/state.py",
        "    missing = [name for name in wanted if name not in given]\n",
        "    missing: list[str] = []\n",
        MODULES, "state dicts: missing entries are not an error",
    ),
    Fault(
        "minigrad/optim/optimizer.py", "state[f\"{i}.{slot}\"] = np.array(array)",
        "state[f\"0.{slot}\"] = np.array(array)",
        OPTIM, "state dicts of optimizers: slots keyed wrongly",
    ),
    Fault(
        "minigrad/optim/optimizer.py",
        "            self._defaults.update(values[0])\n            self._steps[:], "
        "self._states[:] = steps, states\n",
        "            self._defaults.update(values[0])\n            self._states[:] = states\n",
        OPTIM,
        "state dicts of optimizers: the numbers of steps are not loaded",
    ),
]
