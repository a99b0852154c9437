"""Faults in derivatives of functions, checkpoints and contributions."""

from ..fault import Fault

TRANSFORMS = "tests/transforms/test_transforms.py"
CONTAINERS = "tests/transforms/test_containers.py"
CHECKPOINT = "minigrad/transforms/checkpointing.py"
AGAIN = "minigrad/engine/differentiation.py"

FAULTS = [
    Fault(
        "minigrad/transforms/jacobians.py", "np.reshape(b, y.shape + v.shape)",
        "np.reshape(b.T, y.shape + v.shape)",
        "tests/transforms/test_transform_arguments.py", "jacobian: transposed",
    ),
    Fault(
        "minigrad/transforms/jacobians.py",
        'return _jacobian(_jacobian(f, argnums, "hessian"), argnums, "hessian")',
        'return _jacobian(_jacobian(f, argnums, "hessian"), 0, "hessian")',
        "tests/transforms/test_transform_arguments.py",
        "hessian: the second derivative by another argument",
    ),
    Fault(
        "minigrad/transforms/derivatives.py",
        "for g, v in zip(pulled, directions, strict=True) if g.requires_grad",
        "for g, v in zip(pulled, reversed(directions), strict=True) if g.requires_grad",
        "tests/transforms/test_transform_arguments.py", "jvp: directions and arguments mixed up",
    ),
    Fault(
        "minigrad/transforms/derivatives.py",
        "        return (found, value[1]) if has_aux else found",
        "        return (found, value[0]) if has_aux else found",
        "tests/transforms/test_transform_arguments.py",
        "grad with has_aux: the value in the place of aux",
    ),
    Fault(
        "minigrad/transforms/arguments.py", "    chosen = [n % count for n in wanted]\n",
        "    chosen = [abs(n) for n in wanted]\n",
        "tests/transforms/test_transform_arguments.py", "argnums counted from the end",
    ),
    Fault(
        "minigrad/transforms/arguments.py",
        "            local.state = before\n", "            pass\n",
        TRANSFORMS, "transforms: the thread goes on recording after them",
    ),
    Fault(
        "minigrad/transforms/arguments.py",
        "    for n in wanted:\n        if not -count <= n < count:",
        "    for n in wanted:\n        if not -count <= n <= count:",
        "tests/transforms/test_transform_arguments.py", "argnums one too high: not refused by name",
    ),
    Fault(
        "minigrad/transforms/tree.py",
        "parts = [named[key] for key in keys]", "parts = list(named.values())",
        CONTAINERS, "dicts read in the order of their own keys",
    ),
    Fault(
        "minigrad/transforms/tree.py", "            at += n\n", "            at += 1\n",
        "tests/transforms/test_transform_arguments.py",
        "containers: leaves put back in the wrong places",
    ),
    Fault(
        CHECKPOINT, "        if _checksum(results) != checksum:\n", "        if False:\n",
        "tests/transforms/test_checkpointing.py",
        "checkpoint: another result at the second run is not noticed",
    ),
    Fault(
        CHECKPOINT, "total = zlib.crc32(np.ascontiguousarray(detached(y)).tobytes(), total)",
        "total = zlib.crc32(np.ascontiguousarray(detached(y)).tobytes())",
        "tests/transforms/test_checkpointing.py",
        "checkpoint: the checksum is that of the last output alone",
    ),
    Fault(
        AGAIN, "local.state = before.but(record=True, scope=scope)",
        "local.state = before.but(record=True)",
        "tests/transforms/test_checkpointing.py",
        "checkpoint: the second run has lost the scope of the first",
    ),
    Fault(
        AGAIN, "    finally:\n        local.state = before\n",
        "    finally:\n        pass\n",
        "tests/transforms/test_checkpointing.py",
        "checkpoint: the state of the thread is not restored",
    ),
    Fault(
        AGAIN, "unpack=recorded if tensors else unpacked,",
        "unpack=unpacked,",
        "tests/transforms/test_transforms.py", "checkpoint: its backward pass is not recorded",
    ),
    Fault(
        CHECKPOINT, "    for k, node in zip(live, output_nodes(whole), strict=True):",
        "    for k, node in zip(live, reversed(output_nodes(whole)), strict=True):",
        "tests/transforms/test_checkpointing.py",
        "checkpoint: the cotangents of its outputs mixed up",
    ),
    Fault(
        "minigrad/observe/contributions.py", "list(reversed(uses[t._node]))",
        "uses[t._node]",
        "tests/rnn/bptt/contributions/test_ledger.py tests/drawing/test_steps_view.py "
        "minigrad/observe/contributions.py",
        "contributions: in the order of the backward pass",
    ),
    Fault(
        "minigrad/transforms/jacobians.py", "Chosen(as_seed(u), u != 0)", "lift(u)",
        "tests/engine/test_chosen.py", "jacobian: the other entries of a row give 0 · ∞ = NaN",
    ),
    Fault(
        "minigrad/engine/differentiation.py", "    return node, g.astype(output.dtype, copy=False)",
        "    return node, g",
        "tests/engine/test_hooks_and_grads.py",
        "backward: the cotangent keeps a dtype of its own",
    ),
    Fault(
        "minigrad/engine/backward.py", "    with _writing:\n", "    if True:\n",
        "tests/engine/test_hooks_and_grads.py",
        "backward: the lock removed, two threads add to one .grad",
    ),
    Fault(
        "minigrad/engine/differentiation.py",
        "            elif (parent := node.parents[op.arguments.index(name)]) is not None:",
        "            elif (parent := node.parents[0]) is not None:",
        TRANSFORMS, "create_graph: saved values linked to the wrong argument",
    ),
]
