"""Faults in the tape, the sweep, its cotangents and what is kept of weights."""

from ..fault import Fault

BACKWARD, VALUES = "tests/engine/test_backward.py", "tests/engine/test_values.py"
CHOSEN, SUMS = "tests/engine/test_chosen.py", "tests/engine/test_sums.py"
MANY, WRITTEN = "tests/engine/test_many_uses.py", "tests/engine/test_written_leaves.py"
HOOKS = "tests/engine/test_hooks_and_grads.py"
SPECIAL = "tests/engine/test_specialise.py"
SWEEP, COTANGENTS = "minigrad/engine/sweep.py", "minigrad/engine/cotangents.py"

FAULTS = [
    Fault(
        "minigrad/engine/specialise.py", "c if t{i} is None else t{i} + c\"",
        "c\"",
        "tests/engine/test_backward.py", "the sweep: `=` for `+=`, the last contribution alone",
    ),
    Fault(
        "minigrad/engine/sweep.py", "        hand_on(totals, node, g)\n",
        "        totals[node] = g\n",
        "tests/transforms/test_transform_arguments.py",
        "the sweep: of two seeds at one node the last alone",
    ),
    Fault(
        SWEEP, "if node in stop_at or needed", "if needed",
        "tests/rnn/bptt/jacobians/test_jacobian.py",
        "the sweep: flows on past where it should stop",
    ),
    Fault(
        "minigrad/engine/sweep.py", "                    see(parent, node, dense(c))\n",
        "                    see(parent, node, dense(c))\n                    break\n",
        "tests/engine/test_context.py", "the sweep: of several who watch the first alone sees",
    ),
    Fault(
        "minigrad/engine/backward.py", "        node.saved = FREED\n", "        pass\n",
        BACKWARD, "a freed graph is not noticed: nothing is let go of",
    ),
    Fault(
        "minigrad/engine/messages.py",
        "    if node.saved is FREED:\n        raise",
        "    if False:\n        raise",
        BACKWARD, "a freed graph is not noticed: no error",
    ),
    Fault(
        "minigrad/engine/pullback.py", "    for hook in (node.extra or {}).get(\"hooks\", ()):\n",
        "    for hook in reversed((node.extra or {}).get(\"hooks\", ())):\n",
        HOOKS, "hooks run in the reverse order",
    ),
    Fault(
        "minigrad/engine/pullback.py",
        "            g = g.replaced(values) if isinstance(g, Cotangent) else values\n",
        "            g = values\n",
        CHOSEN, "a hook makes unchosen entries count",
    ),
    Fault(
        "minigrad/engine/specialise.py", "        yield f\"    check_written(node, {i}, {p})\"\n",
        "        yield \"    pass\"\n",
        "tests/engine/test_written_leaves.py",
        "a write to a weight between forward and backward is not noticed",
    ),
    Fault(
        "minigrad/engine/specialise.py", "LazySum(item, total_{i}, {p}, (node, {i})))\"",
        "total_{i}([item], {p}.shape)[::-1])\"",
        "tests/engine/test_many_uses.py tests/engine/test_specialise.py",
        "what waits to be multiplied out is handed on upside down",
    ),
    Fault(
        "minigrad/engine/specialise.py", "{shaped}.shape == {p}.shape and ",
        "",
        "tests/engine/test_expressions.py tests/engine/test_backward.py",
        "a missing unbroadcast in the written-out pullbacks",
    ),
    Fault(
        "minigrad/engine/specialise.py", "        return expression, \"node\"\n",
        "        return expression, f\"p{i}\"\n",
        "tests/engine/test_expressions.py",
        "what a rule says is taken to have the shape of the argument",
    ),
    Fault(
        "minigrad/engine/specialise.py", "if op.elementwise and known and",
        "if known and",
        "tests/engine/test_expressions.py",
        "a rule of an op that is not elementwise is said, and taken to have the shape of the node",
    ),
    Fault(
        "minigrad/engine/expressions.py",
        "            if (again.co_code, again.co_consts) == (code.co_code, code.co_consts):\n",
        "            if again:\n",
        "tests/engine/test_expressions.py",
        "the text of a rule is believed though its file has changed",
    ),
    Fault(
        "minigrad/engine/specialise.py", " and c.dtype is {p}.dtype is not half\"",
        "\"",
        "tests/engine/test_specialise.py tests/engine/test_backward.py",
        "a gradient keeps the dtype of its rule",
    ),
    Fault(
        "minigrad/engine/node.py", "return sorted(found, key=attrgetter(\"key\"))",
        "return sorted(found, key=attrgetter(\"key\"), reverse=True)",
        BACKWARD, "the tape is walked from the oldest node",
    ),
    Fault(
        "minigrad/engine/node.py", "and (since is None or parent.key < since)",
        "and (since is None or parent.key > since)",
        "tests/transforms/test_transforms.py", "what a checkpoint recorded is looked for before it",
    ),
    Fault(
        "minigrad/engine/node.py", "self.extra = {**self.extra, **extra} if self.extra else extra",
        "self.extra = extra",
        f"{HOOKS} {BACKWARD} {VALUES}", "a name or hook put on a node drops the others",
    ),
    Fault(
        "minigrad/engine/lazy.py",
        "        if len(mine) >= AT_ONCE:\n                self._multiply_out(total)\n",
        "        if len(mine) >= AT_ONCE:\n                mine.clear()\n",
        MANY, "the 17th and later uses of a weight: the first 16 are dropped",
    ),
    Fault(
        "minigrad/engine/lazy.py",
        "self._done = c if self._done is None else add(self._done, c)",
        "self._done = c",
        MANY, "the 17th and later uses of a weight: the last group alone",
    ),
    Fault(
        "minigrad/engine/lazy.py",
        "            self._count(dense(other))\n            return self\n",
        "            return self\n",
        MANY, "a weight used in a product and otherwise: the other use is dropped",
    ),
    Fault(
        "minigrad/engine/lazy.py",
        "        if other._done is not None:\n            self._count(other._done)\n",
        "",
        "tests/engine/test_many_uses.py",
        "what another lazy sum has multiplied out already is dropped",
    ),
    Fault(
        "minigrad/engine/outputs.py",
        "            sums[k] = add(sums[k], c) if k in sums else c\n",
        "            sums[k] = c\n",
        "tests/engine/test_many_uses.py tests/ops/test_records.py::test_every_law[eigh]",
        "several uses of one of several results: the last alone",
    ),
    Fault(
        COTANGENTS, "self._total = c.astype(np.float32)", "self._total = c",
        SUMS, "sums of float16 contributions stop at 2,048",
    ),
    Fault(
        "minigrad/engine/selections.py",
        "return Chosen(add(self.values, other.values), self.chosen | other.chosen)",
        "return Chosen(add(self.values, other.values), self.chosen & other.chosen)",
        CHOSEN, "an entry chosen on one of two paths counts as not chosen",
    ),
    Fault(
        "minigrad/engine/selections.py", "return Chosen(c, self.chosen, clean=False)",
        "return Chosen(c, self.chosen)",
        CHOSEN, "a branch not taken contributes 0 · ∞ = NaN",
    ),
    Fault(
        "minigrad/engine/selections.py", "        if not linear:\n            return c\n",
        "        if not linear:\n            return np.where(np.isnan(getattr(c, '_data', c)), "
        "0, c)\n",
        "tests/ops/test_honest_nan.py tests/engine/test_chosen.py",
        "a NaN in a matrix behind a selection is made 0",
    ),
    Fault(
        "minigrad/engine/unbroadcast.py", "        c = reduced(total, c, parent.shape)\n",
        "        c = reduced(np.max, c, parent.shape)\n",
        BACKWARD + " tests/ops/test_records.py::test_every_law[add]",
        "unbroadcasting takes the maximum, not the sum",
    ),
    Fault(
        "minigrad/engine/unbroadcast.py",
        "axes = [extra + k for k, n in enumerate(shape) if c.shape[extra + k] != n]",
        "axes = [k for k, n in enumerate(shape) if c.shape[extra + k] != n]",
        "tests/ops/test_operators.py", "unbroadcasting sums along the wrong axis",
    ),
    Fault(
        "minigrad/engine/unbroadcast.py", "axis=axis, dtype=wider(x.dtype)", "axis=axis",
        SUMS, "a bias over many rows in float16 stops growing",
    ),
    Fault(
        "minigrad/engine/unbroadcast.py",
        "    if c.dtype.kind == \"c\" and parent.dtype.kind == \"f\":\n",
        "    if False:\n",
        "tests/engine/test_hooks_and_grads.py", "the imaginary part of a gradient is dropped",
    ),
    Fault(
        "minigrad/engine/views.py", "    return (node.extra or {}).get(\"view_of\")\n",
        "    return None\n",
        "tests/engine/test_written_leaves.py", "a view of a view of a leaf is not known as one",
    ),
    Fault(
        "minigrad/engine/op.py", "named = {name for rule in used for name in op.needs(rule)}",
        "named = set(op.arguments) | {name for rule in used for name in op.needs(rule)}",
        "tests/ops/test_records.py::test_every_law[tanh] "
        "tests/ops/test_records.py::test_every_law[multiply]",
        "every call keeps all of its arguments alive",
    ),
    Fault(
        "minigrad/engine/op.py",
        "self.elementwise = not (self.multiple or set(signature) - set(\"(),->\"))",
        "self.elementwise = True",
        f"{CHOSEN} tests/ops/test_honest_nan.py",
        "ops that mix entries are taken for elementwise ones",
    ),
    Fault(
        "minigrad/ops/rules.py", "wins = x == out\n", "wins = x >= out\n",
        "tests/ops/reduce/test_reduce.py tests/ops/test_records.py::test_every_law[amin]",
        "minimum: everything above it wins too",
    ),
    Fault(
        "minigrad/ops/rules.py",
        "share(np.reshape(g, wanted), wins.sum(axis=axis, keepdims=True)), wins",
        "np.reshape(g, wanted), wins",
        "tests/ops/reduce/test_reduce.py tests/ops/elementwise/test_slopes.py",
        "maximum: ties get all of the cotangent each",
    ),
    Fault(
        "minigrad/ops/rules.py", "return (g / np.asarray(number, np.float64)).astype(g.dtype)",
        "return g / np.asarray(number, g.dtype)",
        SUMS, "a mean over more entries than float16 can count",
    ),
    Fault(
        "minigrad/ops/elementwise/selection.py",
        "    return passed(np.where(tie, 0.5 * g, g), wins | tie)\n",
        "    return passed(g, wins | tie)\n",
        "tests/ops/elementwise/test_slopes.py tests/ops/elementwise/test_elementwise.py",
        "maximum of two: both get all of the cotangent at a tie",
    ),
    Fault(
        "minigrad/ops/elementwise/selection.py",
        "lambda g, condition: passed(g, np.equal(condition, 0)),",
        "lambda g, condition: passed(g, np.not_equal(condition, 0)),",
        "tests/ops/test_records.py::test_every_law[where]",
        "where: both branches get the first one's part",
    ),
    Fault(
        "minigrad/engine/gradient.py", "            self._node.owner = weakref.ref(self)\n",
        "            self._node.owner = lambda self=self: self\n",
        "tests/engine/test_hooks_and_grads.py", "a leaf and its node hold each other: memory grows",
    ),
    Fault(
        "minigrad/engine/backward.py", "g if before is None else before + g",
        "g",
        "tests/engine/test_backward.py tests/engine/test_many_uses.py",
        ".grad: `=` for `+=`, also of retained gradients",
    ),
    Fault(
        "minigrad/engine/differentiation.py",
        "create_graph if retain_graph is None else retain_graph",
        "False if retain_graph is None else retain_graph",
        "tests/engine/test_many_uses.py tests/engine/test_backward.py "
        "tests/transforms/test_transforms.py",
        "backward(create_graph=True) frees the graph",
    ),
    Fault(
        "minigrad/engine/backward.py", "    except BaseException:  # Ctrl-C between",
        "    except ZeroDivisionError:  # Ctrl-C between",
        "tests/engine/test_gradients.py", "Ctrl-C while gradients are written leaves half of them",
    ),
    Fault(
        "minigrad/engine/foreign.py", "    refuse_masked(value)\n    _refuse_known(value)",
        "    _refuse_known(value)",
        "tests/engine/test_operands.py", "a masked array loses its mask",
    ),
    Fault(
        "minigrad/engine/views.py",
        "    if (other := source_of(tensor)) is not None:\n",
        "    if False:\n",
        f"tests/engine/test_writes_through_views.py {VALUES}",
        "a write to a view is lost on the tensor that it shows",
    ),
]
