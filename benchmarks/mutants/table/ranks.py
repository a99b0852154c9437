"""Faults in checkpoints, in the files of other programs, and in training by several ranks."""

from ..fault import Fault

RUNS, MODELS = "tests/rnn/checkpoints/test_runs.py", "tests/rnn/checkpoints/test_models.py"
LOADING, RECIPES = "rnn/checkpoints/loading.py", "rnn/checkpoints/recipes.py"
IO, BYTES = "minigrad/io.py", "tests/module/test_io_bytes.py"
GROUP, TRAINER = "rnn/parallel/group.py", "rnn/parallel/trainer.py"
GROUPS, TRAINERS = "tests/rnn/parallel/test_group.py", "tests/rnn/parallel/test_trainer.py"

FAULTS = [
    Fault(
        LOADING, "                undo.callback(load, old)\n", "",
        RUNS, "checkpoints: what was loaded before a fault is not taken back",
    ),
    Fault(
        LOADING, "            steps += self._standing(recipe_of(model).generators, self._inside,",
        "            self._standing(recipe_of(model).generators, self._inside,",
        RUNS, "checkpoints: generators inside the model do not go on",
    ),
    Fault(
        LOADING, "if len(version) > 9 or int(version) > VERSION:", "if len(version) > 9:",
        RUNS, "checkpoints: a newer version is read",
    ),
    Fault(
        RECIPES, "if not name.isidentifier() or name.startswith(\"__\"):",
        "if not name.isidentifier():",
        MODELS, "checkpoints: a file may set __class__",
    ),
    Fault(
        RECIPES, "for known, other in self.generators.items():", "for known, other in ():",
        MODELS, "checkpoints: a generator that modules share becomes two",
    ),
    Fault(
        RECIPES, "in reversed(list(zip(self.modules, self.entries, strict=True))):",
        "in list(zip(self.modules, self.entries, strict=True)):",
        MODELS, "checkpoints: parameters get the names of inner modules",
    ),
    Fault(
        IO, "(np.frombuffer(data, \"<u2\").astype(np.uint32) << 16)",
        "(np.frombuffer(data, \"<u2\").astype(np.uint32) << 15)",
        BYTES, "files: bfloat16 is shifted by a bit less",
    ),
    Fault(
        "rnn/convert/pytorch.py", "r\"(|.*\\.)weight_hh(_l\\d+(_reverse)?)?\"",
        "r\"(|[^.]*\\.)weight_hh(_l\\d+(_reverse)?)?\"",
        "tests/rnn/convert/test_files.py", "convert: a prefix has one dot only",
    ),
    Fault(
        GROUP, "part = flat[at : at + p.size].reshape(p.shape) / flat.dtype.type(total)",
        "part = flat[at : at + p.size].reshape(p.shape) / flat.dtype.type(self.size)",
        GROUPS, "ranks: gradients are divided by the number of ranks",
    ),
    Fault(
        GROUP, "np.multiply(p.grad.numpy().reshape(-1), weight, out=",
        "np.multiply(p.grad.numpy().reshape(-1), 1.0, out=",
        GROUPS, "ranks: ragged shares weigh alike",
    ),
    Fault(
        GROUP, "p.grad = Tensor(part.astype(p.dtype)) if there else None",
        "p.grad = Tensor(part.astype(p.dtype))",
        GROUPS, "ranks: a gradient of None becomes zeros",
    ),
    Fault(
        "rnn/parallel/ledgers.py", "np.add.at(terms, [place[t] for t in part.steps],",
        "np.add.at(terms, list(range(len(part.steps))),",
        GROUPS, "ranks: ledgers are added from their first step on",
    ),
    Fault(
        TRAINER, "self.carry = self._rows_of(self.carry)\n        self._part_ways()\n",
        "self._part_ways()\n",
        TRAINERS, "ranks: a loaded state is whole on every rank",
    ),
    Fault(
        TRAINER, "self._asking.received = asked > 0", "self._asking.received = self._asking.asked",
        TRAINERS, "ranks: Ctrl-C stops one of them",
    ),
    Fault(
        TRAINER, "            bits.state = _jumped(bits, self.group.rank).state\n",
        "            pass\n",
        TRAINERS, "ranks: dropout draws the same on all",
    ),
    Fault(
        TRAINER, "np.concatenate(every, _batch_axis(part))",
        "np.concatenate(every[::-1], _batch_axis(part))",
        TRAINERS, "ranks: the rows of a state are saved in another order",
    ),
    Fault(
        TRAINER, "        if self._failing:\n            return\n", "",
        TRAINERS, "ranks: one that fails waits for the others to save",
    ),
]
