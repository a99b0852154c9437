"""Faults in the compiler behind scan: what it traces, moves, shares and adds up."""

from ..fault import Fault

SCAN = "tests/testing/test_check_scan.py tests/scanning/test_scan.py"
DRAWS = "tests/scanning/test_draws.py"
PASSES, NESTING = "tests/scanning/test_passes.py", "tests/scanning/test_nesting.py"
CORES, LAYERS = "tests/scanning/test_cores.py", "tests/rnn/layers/test_compiled.py"
WORKERS, ROOM = "tests/scanning/test_workers.py", "minigrad/scanning/"
FOLLOWING = "tests/scanning/test_following.py"
MEMORY = "tests/scanning/test_memory.py"
OPENING, OPENED = "tests/engine/test_opening.py", "tests/rnn/sequence/test_opened.py"

FAULTS = [
    Fault(
        ROOM + "replay.py", "labels.numbers[t], labels.outer, entering)",
        "t + 1, labels.outer, entering)",
        OPENED, "a scan is opened with its steps counted from 1, whatever they are",
    ),
    Fault(
        ROOM + "replay.py", "            entering = {}\n", "",
        OPENED, "a scan is opened with the first state entering each step",
    ),
    Fault(
        ROOM + "run.py", "        part.put(number=number)  # also when it is freed\n", "",
        OPENING, "a scan that is freed cannot be opened",
    ),
    Fault(
        ROOM + "run.py", "local.state.watch or any(", "any(",
        OPENING, "detect_anomaly in a backward pass does not see the steps of a scan",
    ),
    Fault(
        "minigrad/engine/opening.py", "        inner.key = node.key + place\n", "",
        OPENING, "what is opened has its place on the tape behind what was written since",
    ),
    Fault(
        "minigrad/engine/opening.py",
        "            copies[inner] = _copy(inner, copies)\n", "            pass\n",
        OPENING, "a scan that is opened reads one that is not",
    ),
    Fault(
        ROOM + "following.py", "scopes, _itself) == before", "scopes, _itself)[0] == before[0]",
        FOLLOWING, "a step whose ops are those of before is taken for that one",
    ),
    Fault(
        ROOM + "following.py", "or self._written.active[\"captured\"][k] != active:", ":",
        FOLLOWING, "a weight that needs a gradient now is taken for one that needs none",
    ),
    Fault(
        ROOM + "following.py", "self._captured == len(self._written.inputs[\"captured\"])", "True",
        FOLLOWING, "a step that refers to less is run with what it refers to",
    ),
    Fault(
        ROOM + "following.py", "all(a is b for a, b in", "all(True for a, b in",
        FOLLOWING, "a step with other results is taken for that of before",
    ),
    Fault(
        ROOM + "following.py", "if op in _OURS or isinstance", "if True or isinstance",
        FOLLOWING, "the shape that an op of a user's own had before is believed",
    ),
    Fault(
        ROOM + "slopes.py", "or inner in gone or inner in found:", "or inner in gone:",
        PASSES, "slopes: of three products in a chain the first is lost",
    ),
    Fault(
        ROOM + "memory.py", "k) == _IDLE]", "k) <= 1 + _IDLE]",
        MEMORY, "memory is lent while one array shows it",
    ),
    Fault(
        ROOM + "memory.py", "size <= block.size < 2 * size]", "size <= block.size]",
        MEMORY, "a small array is lent all of the memory",
    ),
    Fault(
        ROOM + "memory.py", "while _size(idle) > used:", "while _size(idle) > 9 * used:",
        MEMORY, "memory for shapes of long ago is held",
    ),
    Fault(
        ROOM + "memory.py", "    if size + _size(_blocks) <= _MOST:\n", "    if size <= _MOST:\n",
        MEMORY, "all memory that was ever used at once is held",
    ),
    Fault(
        ROOM + "hoist.py", "known = constant | set(loops.forward.inputs[\"x\"])\n",
        "known = constant | set(loops.forward.inputs[\"x\"] + loops.forward.inputs[\"state\"])\n",
        SCAN, "hoist: takes out what depends on the state",
    ),
    Fault(
        ROOM + "hoist.py", "            known.update(equation.outs)\n", "",
        PASSES, "hoist: what depends on something hoisted is taken for unknown",
    ),
    Fault(
        ROOM + "sink.py", "        wanted = needed.isdisjoint(equation.outs)\n",
        "        wanted = equation.op is not OPS[\"matmul\"]\n",
        SCAN, "sink: what the carried cotangent needs waits for the end",
    ),
    Fault(
        ROOM + "sink.py", "    total += rows[whole:].sum(", "    total -= rows[whole:].sum(",
        PASSES, "sink: the rows behind the last block are subtracted",
    ),
    Fault(
        ROOM + "emit.py", "self.all_of[before], self.row[before] = f\"{name}[:-1]\"",
        "self.all_of[before], self.row[before] = f\"{name}[1:]\"",
        SCAN, "sink: a sum over the states takes each one step late",
    ),
    Fault(
        ROOM + "emit.py", "lines.write(f\"{name} = {name} + {lines.text(atom)}\")",
        "lines.write(f\"{name} = {lines.text(atom)}\")",
        SCAN, "the total of a weight is what the first step gave",
    ),
    Fault(
        ROOM + "emit.py", "{f'{name} + ' if v in begun else ''}", "",
        SCAN, "of several sums for one weight the last alone counts",
    ),
    Fault(
        ROOM + "emit.py", "                self.copied(equation.outs)\n                continue\n"
        "            out = equation", "                continue\n            out = equation",
        SCAN, "buffers: a view that is needed behind its step is not copied",
    ),
    Fault(
        ROOM + "storage.py", "ending = [v for v in found.temps if last[v] == k]",
        "ending = [v for v in found.temps if last[v] == k + 1]",
        SCAN, "buffers: an array is used again one op too early",
    ),
    Fault(
        ROOM + "storage.py", "for v in e.uses() for root in shown.get(v, {v})}\n    last",
        "for v in e.uses() for root in {v}}\n    last",
        SCAN, "buffers: an array is used again while views of it are read",
    ),
    Fault(
        ROOM + "storage.py", "    kept = {root for v in leaving for root in shown.get(v, {v})}\n",
        "    kept = set()\n",
        SCAN, "buffers: the state that is handed on is in an array that the next step writes to",
    ),
    Fault(
        ROOM + "storage.py",
        "    last |= {root: len(body) for v in added for root in shown.get(v, {v})}\n", "",
        NESTING, "buffers: what is added to a total is in an array that is used again",
    ),
    Fault(
        ROOM + "step.py", "e.params, e.active, e.scopes, name)", "e.params, 0, e.scopes, name)",
        NESTING, "a step that detaches is run by the plan of one that does not",
    ),
    Fault(
        ROOM + "program.py", "[a if equation.active >> i & 1 else detached(a) for i, a in",
        "[a for i, a in", NESTING, "a step that is run again forgets what it has detached",
    ),
    Fault(
        ROOM + "trace.py",
        "self.copied(v) if isinstance(v, Tracer) else replaced(v, self.copied) for v in saved",
        "v for v in saved",
        NESTING, "a rule is given what a name stands for after a write",
    ),
    Fault(
        ROOM + "fuse.py", "or p.place + 1 != q.place:", "or p.place == q.place:",
        PASSES, "fuse: gates that are no neighbours are taken for such",
    ),
    Fault(
        ROOM + "fuse.py", "    if one.op is not other.op or", "    if",
        PASSES, "fuse: gates of different functions go through one",
    ),
    Fault(
        ROOM + "emit.py", "f\"{name}[t - start]\"", "f\"{name}[end - 1 - t]\"",
        PASSES, "slopes: a step has the slopes of another one of its block",
    ),
    Fault(
        ROOM + "slopes.py", "if product in held or len(used(product)) > 1:", "if product in held:",
        PASSES, "slopes: a product that others read is gone",
    ),
    Fault(
        ROOM + "blocks.py", "k, :] for k in order", "k, :] for k in sorted(order)",
        PASSES, "layout: the blocks of a weight are in another order than the gates",
    ),
    Fault(
        ROOM + "blocks.py", "blocks, bias = added(loop.once, blocks, bias, blocks.name), None",
        "bias = None",
        PASSES, "layout: the bias of tokens is lost",
    ),
    Fault(
        ROOM + "blocks.py", "    for rest in (early, bias):\n", "    for rest in (early,):\n",
        PASSES, "layout: a bias without inputs is lost",
    ),
    Fault(
        ROOM + "blocks.py", "or v in held or not (alone", "or not (alone",
        PASSES, "layout: a sum that the backward loop reads is gone",
    ),
    Fault(
        ROOM + "step.py",
        "written_as(e.op, e.args, e.params, e.active, e.scopes, name)",
        "(e.op, token(e.args, lambda leaf: 0))",
        SCAN, "a plan is taken for that of another step, by the ops alone",
    ),
    Fault(
        ROOM + "following.py", "pullback.steps, pullback.joint, active,", "active,",
        SCAN, "a plan made under a fault in a rule outlives the fault",
    ),
    Fault(
        ROOM + "step.py",
        "            tuple(t._node is not None for t in self.tracers(self.inputs)),\n"
        "            tuple(t._node is not None for t in self.tracers(self.outputs)),\n", "",
        SCAN, "a plan does not know what needed a gradient",
    ),
    Fault(
        ROOM + "step.py", "            token(self.program.outputs, name),\n", "",
        SCAN, "a plan is taken for that of a step with other results",
    ),
    Fault(
        ROOM + "emit.py", "for t in reversed(range(start, end)):",
        "for t in reversed(range(max(start, 1), end)):",
        SCAN, "the backward loop leaves out the first step",
    ),
    Fault(
        ROOM + "emit.py", "self.all_of[v], self.row[v] = name, f\"{name}[t]\"\n\n    def stacked",
        "self.all_of[v], self.row[v] = name, f\"{name}[t - 1]\"\n\n    def stacked",
        SCAN, "rows are those of the step before",
    ),
    Fault(
        ROOM + "emit.py", "self.unpack(of_state, _tuple(new))",
        "self.unpack(of_state, _tuple(new[::-1]))",
        SCAN, "the cotangents of two parts of the state are exchanged",
    ),
    Fault(
        ROOM + "emit.py", "_tuple([lines.text(v) for v in new])",
        "_tuple([lines.text(v) for v in new[::-1]])",
        SCAN, "two parts of the state are exchanged",
    ),
    Fault(
        ROOM + "run.py", "totals[node] = totals[node] + c if node in totals else c",
        "totals[node] = c",
        SCAN, "what is a state and referred to as well has one gradient of the two",
    ),
    Fault(
        ROOM + "run.py", "map(np.array, new)), self._in_order(ys)",
        "map(np.array, new)), list(ys)",
        SCAN, "in reverse, outputs come in the order in which they were made",
    ),
    Fault(
        ROOM + "run.py", "list(map(np.array, new))", "list(new)",
        "tests/scanning/test_checkpoint.py", "a last state keeps the states of all steps alive",
    ),
    Fault(
        ROOM + "replay.py", "        for t in self.order:\n",
        "        for t in sorted(self.order):\n",
        SCAN, "the second derivative of a reverse scan is that of a forward one",
    ),
    Fault(
        ROOM + "run.py", "if isinstance(g, Chosen) and not all(", "if False and not all(",
        SCAN, "what was not chosen gets 0 · ∞ inside of a scan",
    ),
    Fault(
        ROOM + "ragged.py", "np.arange(T)[:, None] < own)", "np.arange(T)[:, None] <= own)",
        SCAN, "a sequence has one step more than its length",
    ),
    Fault(
        ROOM + "draws.py", "        drawn.append(wrap(np.stack(arrays), None))",
        "        drawn.append(wrap(np.stack(arrays[:1] * len(arrays)), None))",
        DRAWS, "every step has the draws of the first one",
    ),
    Fault(
        ROOM + "draws.py", "    if not moved(generators, before):\n", "    if True:\n",
        DRAWS, "that a generator has moved on is not noticed",
    ),
    Fault(
        ROOM + "draws.py", "            others += [trace(False) for _ in range(_OFTEN)]\n",
        "            pass\n",
        DRAWS, "a draw that is the same by chance is taken for a constant",
    ),
    Fault(
        ROOM + "plan.py", "plan is None or plan.makes:", "plan is None:",
        DRAWS, "a step that draws is run by the plan of one that makes a constant",
    ),
    Fault(
        ROOM + "generators.py", "            if again:\n", "            if False:\n",
        DRAWS, "a window that is run again draws on for everybody",
    ),
    Fault(
        ROOM + "trace.py", "            node.saved = None\n", "            pass\n",
        DRAWS, "a trace keeps itself alive",
    ),
    Fault(
        ROOM + "cores.py", "            if _inside == 0:\n", "            if True:\n",
        CORES, "the first loop that ends gives BLAS its threads back",
    ),
    Fault(
        ROOM + "carried.py", "    if op.elementwise and (op in _OURS or not op.usable):",
        "    if op.elementwise:",
        WORKERS, "a batch is split although the rule of a user's op lets its rows meet",
    ),
    Fault(
        ROOM + "carried.py", "axis for axis in range(len(x.shape)) if axis not in axes]",
        "axis for axis in range(len(x.shape))]",
        WORKERS, "a batch is split although an op sums over its rows",
    ),
    Fault(
        ROOM + "carried.py", "n > 1 and other == (n, stride)", "n > 1 and other[0] == n",
        WORKERS, "an axis is taken for another one of its length",
    ),
    Fault(
        ROOM + "batch.py", "    if len(there) < len(found):", "    if False:",
        WORKERS, "a batch is split although its rows are on both axes of a result",
    ),
    Fault(
        ROOM + "batch.py", "any(program.outputs[group][k] not in there for k in places)", "False",
        WORKERS, "the cotangent of a result that is the same in each share counts for each",
    ),
    Fault(
        ROOM + "workers.py", "reduce(np.add, pieces) if", "pieces[-1] if",
        WORKERS, "the gradient of a weight is that of the last share",
    ),
    Fault(
        ROOM + "workers.py", "    if failed:\n", "    if False:\n",
        WORKERS, "an error of a worker is lost",
    ),
    Fault(
        ROOM + "workers.py", "            finalize(self, hold())\n", "            pass\n",
        CORES, "BLAS has all threads between the way there and the way back of several workers",
    ),
    Fault(
        "rnn/sequence/ways.py", "    used: Array = np.any(mask, axis=1)\n",
        "    used: Array = np.ones(len(mask), bool)\n",
        LAYERS, "a scanned layer draws at steps that are nobody's",
    ),
]
