"""What the graph of an ONNX file computes, in plain NumPy: the operators as ONNX's documentation
states them, version 22. No package of ONNX is needed, so this is tested everywhere."""

import numpy as np

from tests.support.handwritten_cells import sigma


def activation(name, alpha, beta):
    """ONNX's activation functions of recurrent operators."""
    return {
        "Tanh": np.tanh,
        "Sigmoid": sigma,
        "Relu": lambda a: np.maximum(a, 0),
        "Affine": lambda a: alpha * a + beta,
        "HardSigmoid": lambda a: np.clip(alpha * a + beta, 0, 1),
        "Softsign": lambda a: a / (1 + np.abs(a)),
        "Softplus": lambda a: np.log1p(np.exp(a)),
        "Elu": lambda a: np.where(a > 0, a, alpha * np.expm1(np.minimum(a, 0))),
    }[name]


# Of how many activations a direction has, and what alpha and beta are where none are given.
DEFAULTS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
CONSTANTS = {"HardSigmoid": (0.2, 0.5), "Affine": (None, None), "Elu": (1.0, None)}


def activations(op, attributes, D):
    """The functions of each direction."""
    names = attributes.get("activations", DEFAULTS[op] * D)
    alphas = iter(attributes.get("activation_alpha", ()))
    betas = iter(attributes.get("activation_beta", ()))
    functions = []
    for name in names:
        alpha, beta = CONSTANTS.get(name, (None, None))
        if name in ("HardSigmoid", "Affine", "Elu"):
            alpha = next(alphas, alpha)
        if name in ("HardSigmoid", "Affine"):
            beta = next(betas, beta)
        functions.append(activation(name, alpha, beta))
    return [functions[d * len(DEFAULTS[op]):(d + 1) * len(DEFAULTS[op])] for d in range(D)]


def step(op, x, state, W, R, Wb, Rb, P, functions, attributes):
    """One step: the state after it."""
    clip = attributes.get("clip")

    def phi(function, a):
        return function(a if clip is None else np.clip(a, -clip, clip))

    if op == "RNN":
        (h,) = state
        return (phi(functions[0], x @ W.T + Wb + h @ R.T + Rb),)
    if op == "GRU":
        (h,), (f, g) = state, functions
        (zx, rx, hx), (zh, rh, hh) = np.split(x @ W.T + Wb, 3, 1), np.split(h @ R.T + Rb, 3, 1)
        z, r = phi(f, zx + zh), phi(f, rx + rh)
        if attributes.get("linear_before_reset", 0):
            inner = r * hh
        else:
            inner = (r * h) @ np.split(R, 3)[2].T + np.split(Rb, 3)[2]
        n = phi(g, hx + inner)
        return ((1 - z) * n + z * h,)
    (h, c), (f, g, k) = state, functions
    pi, po, pf = np.split(P, 3)
    ai, ao, af, ac = np.split(x @ W.T + Wb + h @ R.T + Rb, 4, 1)
    i = phi(f, ai + pi * c)
    forget = 1 - i if attributes.get("input_forget", 0) else phi(f, af + pf * c)
    c = forget * c + i * phi(g, ac)
    return phi(f, ao + po * c) * k(c), c


def recurrent(op, given, attributes):
    """Y (T, D, B, H) and the last states (D, B, H) of one operator RNN, GRU or LSTM."""
    parts = 2 if op == "LSTM" else 1
    X, W, R, B, lengths, *rest = [*given, *[None] * (8 - len(given))]
    starts, P = rest[:parts], rest[parts] if op == "LSTM" else None
    (T, batch, _), (D, _, H) = X.shape, R.shape
    assert attributes["hidden_size"] == H
    B = np.zeros((D, 2 * R.shape[1])) if B is None else B
    P = np.zeros((D, 3 * H)) if P is None else P
    lengths = np.full(batch, T) if lengths is None else lengths
    Y, lasts = np.zeros((T, D, batch, H), X.dtype), [[] for _ in range(parts)]
    functions = activations(op, attributes, D)
    for d in range(D):
        Wb, Rb = np.split(B[d], 2)
        ends = [np.zeros((batch, H), X.dtype) for _ in range(parts)]
        for b in range(batch):
            state = tuple(
                np.zeros((1, H), X.dtype) if start is None else start[d, b : b + 1]
                for start in starts
            )
            order = range(lengths[b])
            backwards = attributes["direction"] == "reverse" or d == 1
            for t in reversed(order) if backwards else order:
                state = step(op, X[t, b : b + 1], state, W[d], R[d], Wb, Rb, P[d], functions[d],
                             attributes)
                Y[t, d, b] = state[0]
            for end, part in zip(ends, state, strict=True):
                end[b] = part
        for last, end in zip(lasts, ends, strict=True):
            last.append(end)
    return [Y, *map(np.stack, lasts)]


def plain(op, given, attributes):
    """The results of the other operators."""
    if op == "Transpose":
        return [np.transpose(given[0], attributes.get("perm"))]
    if op == "Identity":
        return [given[0]]
    if op == "Shape":
        return [np.array(given[0].shape)]
    if op == "Gather":
        return [np.take(given[0], given[1], attributes.get("axis", 0))]
    if op == "Concat":
        return [np.concatenate(given, attributes["axis"])]
    if op == "Expand":
        return [given[0] * np.ones(given[1], given[0].dtype)]
    if op == "Split":
        return np.split(given[0], np.cumsum(given[1])[:-1], attributes["axis"])
    if op == "Reshape":
        shape = [given[0].shape[k] if n == 0 else n for k, n in enumerate(given[1])]
        return [given[0].reshape(shape)]
    if op == "OneHot":
        x, depth, (off, on) = given
        return [np.where(x[..., None] == np.arange(depth), on, off)]
    if op in ("Add", "Mul"):
        return [given[0] + given[1] if op == "Add" else given[0] * given[1]]
    assert op == "Mean"
    return [sum(given) / len(given)]


def evaluate(graph, **inputs):
    """The outputs of a graph, in their order."""
    assert {value.name for value in graph.inputs} == inputs.keys()
    for value in graph.inputs:
        assert inputs[value.name].dtype == value.dtype, value.name
        assert len(inputs[value.name].shape) == len(value.shape)
    known = {**graph.constants, **inputs, "": None}
    for node in graph.nodes:
        given = [known[name] for name in node.inputs]
        run = recurrent if node.op in DEFAULTS else plain
        known |= zip(node.outputs, run(node.op, given, node.attributes), strict=True)
    return [known[value.name] for value in graph.outputs]
