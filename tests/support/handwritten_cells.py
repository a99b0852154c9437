"""Recurrent cells with their backward passes written out by hand, gate by gate, in plain NumPy.

They share nothing with the package: what the tape computes is compared with them. Weights are
dicts by gate: W[g] (K, H), U[g] (H, H), bx[g] and bh[g] (H,). Each function runs a sequence
xs (T, B, K) from its initial state and takes the cotangents of all outputs and of the last state.
"""

import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


ELMAN = {
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "relu": (lambda a: a * (a > 0), lambda a: (a > 0).astype(float)),
    "sigmoid": (sigma, lambda a: sigma(a) * (1 - sigma(a))),
    "identity": (lambda a: a, np.ones_like),
}


class Sums:
    """The gradients of the weights, summed over time."""

    def __init__(self, W, U):
        self.W = {g: np.zeros_like(w) for g, w in W.items()}
        self.U = {g: np.zeros_like(u) for g, u in U.items()}
        self.bx = {g: np.zeros(w.shape[1]) for g, w in W.items()}
        self.bh = {g: np.zeros(w.shape[1]) for g, w in W.items()}

    def add(self, g, x, h, at_x, at_h):
        """Pre-activation x W + bx has cotangent at_x, h U + bh has at_h."""
        self.W[g] += x.T @ at_x
        self.bx[g] += at_x.sum(0)
        self.U[g] += h.T @ at_h
        self.bh[g] += at_h.sum(0)


def elman(W, U, bx, bh, xs, h, d_outputs, d_h, nonlinearity):
    phi, slope = ELMAN[nonlinearity]
    pre, hs = [], [h]
    for x in xs:
        pre.append(x @ W["h"] + bx["h"] + h @ U["h"] + bh["h"])
        h = phi(pre[-1])
        hs.append(h)
    sums, d_xs = Sums(W, U), np.zeros_like(xs)
    for t in reversed(range(len(xs))):
        a = (d_h + d_outputs[t]) * slope(pre[t])
        sums.add("h", xs[t], hs[t], a, a)
        d_xs[t] = a @ W["h"].T
        d_h = a @ U["h"].T
    return np.array(hs[1:]), (h,), sums, d_xs, (d_h,)


def lstm(W, U, bx, bh, xs, h, c, d_outputs, d_h, d_c):
    tape, outputs = [], []
    for x in xs:
        a = {g: x @ W[g] + bx[g] + h @ U[g] + bh[g] for g in "ifgo"}
        i, f, g, o = sigma(a["i"]), sigma(a["f"]), np.tanh(a["g"]), sigma(a["o"])
        c_new = f * c + i * g
        tape.append((h, c, i, f, g, o, c_new))
        h, c = o * np.tanh(c_new), c_new
        outputs.append(h)
    last = h, c
    sums, d_xs = Sums(W, U), np.zeros_like(xs)
    for t in reversed(range(len(xs))):
        h, c, i, f, g, o, c_new = tape[t]
        d_h = d_h + d_outputs[t]
        d_c = d_c + d_h * o * (1 - np.tanh(c_new) ** 2)
        at = {
            "i": d_c * g * i * (1 - i),
            "f": d_c * c * f * (1 - f),
            "g": d_c * i * (1 - g**2),
            "o": d_h * np.tanh(c_new) * o * (1 - o),
        }
        d_c = d_c * f
        for gate, a in at.items():
            sums.add(gate, xs[t], h, a, a)
        d_xs[t] = sum(a @ W[gate].T for gate, a in at.items())
        d_h = sum(a @ U[gate].T for gate, a in at.items())
    return np.array(outputs), last, sums, d_xs, (d_h, d_c)


def gru(W, U, bx, bh, xs, h, d_outputs, d_h, reset, update):
    tape, outputs = [], []
    for x in xs:
        r = sigma(x @ W["r"] + bx["r"] + h @ U["r"] + bh["r"])
        z = sigma(x @ W["z"] + bx["z"] + h @ U["z"] + bh["z"])
        if reset == "after":
            inner = h @ U["n"] + bh["n"]
            n = np.tanh(x @ W["n"] + bx["n"] + r * inner)
        else:
            inner = r * h
            n = np.tanh(x @ W["n"] + bx["n"] + inner @ U["n"] + bh["n"])
        tape.append((h, r, z, n, inner))
        h = z * h + (1 - z) * n if update == "keep" else (1 - z) * h + z * n
        outputs.append(h)
    last = (h,)
    sums, d_xs = Sums(W, U), np.zeros_like(xs)
    for t in reversed(range(len(xs))):
        h, r, z, n, inner = tape[t]
        d = d_h + d_outputs[t]
        if update == "keep":
            d_z, d_n, d_h = d * (h - n), d * (1 - z), d * z
        else:
            d_z, d_n, d_h = d * (n - h), d * z, d * (1 - z)
        a_n = d_n * (1 - n**2)
        if reset == "after":
            d_r, d_inner = a_n * inner, a_n * r
            sums.add("n", xs[t], h, a_n, d_inner)
            d_h = d_h + d_inner @ U["n"].T
        else:
            d_inner = a_n @ U["n"].T
            sums.add("n", xs[t], inner, a_n, a_n)
            d_r = d_inner * h
            d_h = d_h + d_inner * r
        a_r, a_z = d_r * r * (1 - r), d_z * z * (1 - z)
        sums.add("r", xs[t], h, a_r, a_r)
        sums.add("z", xs[t], h, a_z, a_z)
        d_xs[t] = a_n @ W["n"].T + a_r @ W["r"].T + a_z @ W["z"].T
        d_h = d_h + a_r @ U["r"].T + a_z @ U["z"].T
    return np.array(outputs), last, sums, d_xs, (d_h,)
