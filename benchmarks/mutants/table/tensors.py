"""Faults in tensors, writes, grad modes, scopes, calls of ops and messages."""

from ..fault import Fault

BACKWARD, VALUES = "tests/engine/test_backward.py", "tests/engine/test_values.py"
CONTEXT, HOSTILE = "tests/engine/test_context.py", "tests/engine/test_hostile_use.py"
WRITTEN = "tests/engine/test_written_leaves.py"

FAULTS = [
    Fault(
        "minigrad/engine/mutation.py", "                self._node.written = key\n",
        "                pass\n",
        f"{VALUES} {WRITTEN}", "a write to a leaf leaves no trace for its graphs",
    ),
    Fault(
        "minigrad/engine/mutation.py", "        self._replace(np.array(value, dtype=self.dtype))",
        "        self._replace(np.asarray(value, dtype=self.dtype))",
        "tests/engine/test_hooks_and_grads.py", "`.data = array` without a copy",
    ),
    Fault(
        "minigrad/engine/values.py",
        "        owner.setflags(write=False)\n        owner = owner.base\n",
        "        owner.setflags(write=False)\n        break\n",
        VALUES, "a view of a tensor's memory stays writeable",
    ),
    Fault(
        "minigrad/engine/gradient.py", "            if value.shape != self.shape:\n",
        "            if value.size != self.size:\n",
        "tests/engine/test_hooks_and_grads.py", ".grad takes another shape",
    ),
    Fault(
        "minigrad/engine/gradient.py", "node.put(hooks=tuple(h for h in hooks if h is not apply))",
        "node.put(hooks=())",
        "tests/engine/test_hooks_and_grads.py", "removing one hook removes all",
    ),
    Fault(
        "minigrad/engine/gradient.py", "np.asarray(detached(result), dtype)",
        "np.asarray(detached(result))",
        "tests/engine/test_hooks_and_grads.py", "a hook's result keeps a dtype of its own",
    ),
    Fault(
        "minigrad/engine/gradient.py", "            if self.dtype.kind != \"f\":\n",
        "            if self.dtype.kind not in \"fc\":\n",
        "tests/engine/test_backward.py", "complex numbers can require grad",
    ),
    Fault(
        "minigrad/engine/modes.py", "        local.state = self._before[-1]  # pop()",
        "        if exc[0] is None:\n            local.state = self._before[-1]  # pop()",
        CONTEXT, "no_grad is not left by an exception",
    ),
    Fault(
        "minigrad/engine/context.py", "class _Local(threading.local):", "class _Local:",
        CONTEXT, "grad mode is one for all threads",
    ),
    Fault(
        "minigrad/engine/modes.py", "        self._before.append(local.state)\n",
        "        self._before[:] = [local.state]\n",
        CONTEXT, "one context manager entered twice forgets the first",
    ),
    Fault(
        "minigrad/engine/modes.py",
        "                    try:\n                        with "
        "self._fresh():\n                            item = resume(value)",
        "                    try:\n                        if "
        "True:\n                            item = resume(value)",
        CONTEXT, "a decorated generator runs outside of its context",
    ),
    Fault(
        "minigrad/engine/modes.py",
        "resume, value = inner.throw, error",
        "resume, value = inner.send, None",
        CONTEXT, "exceptions thrown into a decorated generator are lost",
    ),
    Fault(
        "minigrad/engine/context.py",
        "return next((s.t for s in self.chain() if s.t is not None), None)",
        "return self.t",
        f"{CONTEXT} {BACKWARD} tests/drawing/test_steps_view.py",
        "the step of an enclosing scope is not found",
    ),
    Fault(
        "minigrad/engine/modes.py", "return state.under(Scope(name, t, state.scope, inputs))",
        "return state.under(Scope(name, t, None, inputs))",
        CONTEXT, "scopes have lost those around them",
    ),
    Fault(
        "minigrad/engine/context.py",
        "return \"/\".join(reversed(parts))", "return \"/\".join(parts)",
        CONTEXT, "the path of a scope from the inside out",
    ),
    Fault(
        "minigrad/engine/context.py",
        "return InterpreterState(self.record, self.observer, scope, self.nested, self.tracer)",
        "return InterpreterState(True, self.observer, scope, self.nested, self.tracer)",
        f"{CONTEXT} tests/rnn/sequence/test_unroll.py", "a scope inside of no_grad records again",
    ),
    Fault(
        "minigrad/engine/pullback.py", "and pullback.op.argument(i) in pullback.residuals:",
        "and pullback.op.argument(0) in pullback.residuals:",
        "tests/engine/test_written_leaves.py",
        "a write is compared with what was saved of another argument",
    ),
    Fault(
        "minigrad/observe/anomaly.py", "bad = \"NaN\" if np.isnan(array).any() else \"Inf\"",
        "bad = \"NaN\"",
        f"{CONTEXT} tests/engine/test_survival.py", "anomaly: an Inf is called a NaN",
    ),
    Fault(
        "minigrad/engine/messages.py",
        "    step = None if node.scope is None else node.scope.step\n",
        "    step = None if user is None or user.scope is None else user.scope.step\n",
        BACKWARD, "a freed graph: the message names the wrong step",
    ),
    Fault(
        "minigrad/engine/callers.py", "{frame.f_lineno}",
        "{frame.f_code.co_firstlineno}",
        "tests/engine/test_context.py", "anomaly: the line of the function, not of the call",
    ),
    Fault(
        "minigrad/engine/call.py", "if parent is not None) & op.usable", "if parent is not None)",
        "tests/ops/test_records.py::test_every_law[cross_entropy]",
        "arguments without a derivative are recorded",
    ),
    Fault(
        "minigrad/engine/fast_calls.py",
        "return f\"<array>({a}_data) if {own} else {a}_data\"", "return f\"{a}_data\"",
        "tests/engine/test_operands.py",
        "an operand saved without a copy changes with the caller's array",
    ),
    Fault(
        "minigrad/engine/fast_calls.py",
        "f\"{name} if type({name}) not in <MUTABLE> else <copied>({name})\"", "name",
        HOSTILE, "a list given as an option changes with the caller's",
    ),
    Fault(
        "minigrad/engine/call.py",
        "        np.array(a) if type(a) in", "        a if type(a) in",
        "tests/engine/test_operands.py", "arrays saved by calls by their definition are not copied",
    ),
    Fault(
        "minigrad/engine/fast_calls.py",
        "self._saved(mask, chosen[0], \"        \")",
        "self._saved(self.op.usable, chosen[0], \"        \")",
        "tests/ops/test_records.py::test_every_law[multiply]",
        "what only the gradient of a constant needs is saved too",
    ),
    Fault(
        "minigrad/engine/fast_calls.py",
        "f\"    if {constant} or not <state>.record:\"", "f\"    if {constant}:\"",
        f"{CONTEXT} tests/ops/test_records.py::test_every_law[tanh]",
        "no_grad: the generated calls record",
    ),
    Fault(
        "minigrad/engine/call.py", "return op.multiple or \"f\" in kinds", "return True",
        "tests/ops/test_operators.py", "an integer result requires grad",
    ),
    Fault(
        "minigrad/engine/tensor.py", "        return self._twin(lambda value: value)\n",
        "        return self\n",
        "tests/engine/test_hostile_use.py", "copy.copy of a leaf is the leaf itself",
    ),
    Fault(
        "minigrad/observe/tape.py", "place = {node: k for k, node in enumerate(self.nodes)}",
        "place = {node: k + 1 for k, node in enumerate(self.nodes)}",
        "minigrad/observe/tape.py minigrad/engine/context.py", "Tape: numbers off by one",
    ),
]
