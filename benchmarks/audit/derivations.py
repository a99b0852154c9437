"""Backpropagation through time of each cell, by hand, in plain NumPy: where mistakes are planted.

Every function gets xs (T, B, ·), targets ys (T, B, 2) and the parameters, and returns the gradients
of Σ_t ‖h_t V - y_t‖² by name. Mistakes are planted in the loop behind the line ``"backward"``.
States have T + 1 entries, so that h[t] is what step t reads and h[t + 1] what it makes.
"""

from __future__ import annotations

import numpy as np

H = 3


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def elman(xs, ys, W, U, b, V):
    T, B = xs.shape[:2]
    h = np.zeros((T + 1, B, H))
    for t in range(T):
        h[t + 1] = np.tanh(xs[t] @ W + h[t] @ U + b)
    dW, dU, db, dV, dh_next = 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        da = dh * (1 - h[t + 1] ** 2)
        dW += xs[t].T @ da
        dU += h[t].T @ da
        db += da.sum(axis=0)
        dh_next = da @ U.T
    return {"W": dW, "U": dU, "b": db, "V": dV}


def leaky(xs, ys, W, U, b, S, V):
    T, B = xs.shape[:2]
    h, u = np.zeros((T + 1, B, H)), np.zeros((T, B, H))
    for t in range(T):
        u[t] = np.tanh(xs[t] @ W + h[t] @ U + b)
        h[t + 1] = 0.7 * h[t] + 0.3 * u[t]
    out = h[1:] + xs @ S
    dW, dU, db, dS, dV, dh_next = 0, 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (out[t] @ V - ys[t])
        dV += out[t].T @ e
        dout = e @ V.T
        dS += xs[t].T @ dout
        dh = dout + dh_next
        du = 0.3 * dh
        da = du * (1 - u[t] ** 2)
        dW += xs[t].T @ da
        dU += h[t].T @ da
        db += da.sum(axis=0)
        dh_next = 0.7 * dh + da @ U.T
    return {"W": dW, "U": dU, "b": db, "S": dS, "V": dV}


def lstm(xs, ys, W, U, b, V):
    T, B = xs.shape[:2]
    h, c = np.zeros((T + 1, B, H)), np.zeros((T + 1, B, H))
    i, f, g, o, u = (np.zeros((T, B, H)) for _ in range(5))
    for t in range(T):
        z = xs[t] @ W + h[t] @ U + b
        i[t], f[t], o[t] = sigmoid(z[:, :H]), sigmoid(z[:, H:2 * H]), sigmoid(z[:, 3 * H:])
        g[t] = np.tanh(z[:, 2 * H:3 * H])
        c[t + 1] = f[t] * c[t] + i[t] * g[t]
        u[t] = np.tanh(c[t + 1])
        h[t + 1] = o[t] * u[t]
    dW, dU, db, dV, dh_next, dc_next = 0, 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        do = dh * u[t]
        dc = dh * o[t] * (1 - u[t] ** 2) + dc_next
        di = dc * g[t]
        df = dc * c[t]
        dg = dc * i[t]
        dz = np.concatenate([
            di * i[t] * (1 - i[t]), df * f[t] * (1 - f[t]), dg * (1 - g[t] ** 2),
            do * o[t] * (1 - o[t]),
        ], axis=1)
        dW += xs[t].T @ dz
        dU += h[t].T @ dz
        db += dz.sum(axis=0)
        dh_next = dz @ U.T
        dc_next = dc * f[t]
    return {"W": dW, "U": dU, "b": db, "V": dV}


def peephole(xs, ys, W, U, b, p, q, r, V):
    T, B = xs.shape[:2]
    h, c = np.zeros((T + 1, B, H)), np.zeros((T + 1, B, H))
    i, f, g, o, u = (np.zeros((T, B, H)) for _ in range(5))
    for t in range(T):
        z = xs[t] @ W + h[t] @ U + b
        i[t], f[t] = sigmoid(z[:, :H] + p * c[t]), sigmoid(z[:, H:2 * H] + q * c[t])
        g[t] = np.tanh(z[:, 2 * H:3 * H])
        c[t + 1] = f[t] * c[t] + i[t] * g[t]
        o[t] = sigmoid(z[:, 3 * H:] + r * c[t + 1])
        u[t] = np.tanh(c[t + 1])
        h[t + 1] = o[t] * u[t]
    dW, dU, db, dp, dq, dr, dV, dh_next, dc_next = (0,) * 9
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        do = dh * u[t] * o[t] * (1 - o[t])
        dc = dh * o[t] * (1 - u[t] ** 2) + do * r + dc_next
        di = dc * g[t] * i[t] * (1 - i[t])
        df = dc * c[t] * f[t] * (1 - f[t])
        dg = dc * i[t] * (1 - g[t] ** 2)
        dz = np.concatenate([di, df, dg, do], axis=1)
        dW += xs[t].T @ dz
        dU += h[t].T @ dz
        db += dz.sum(axis=0)
        dp += (di * c[t]).sum(axis=0)
        dq += (df * c[t]).sum(axis=0)
        dr += (do * c[t + 1]).sum(axis=0)
        dh_next = dz @ U.T
        dc_next = dc * f[t] + di * p + df * q
    return {"W": dW, "U": dU, "b": db, "p": dp, "q": dq, "r": dr, "V": dV}


def coupled(xs, ys, W, U, b, V):
    T, B = xs.shape[:2]
    h, c = np.zeros((T + 1, B, H)), np.zeros((T + 1, B, H))
    f, g, o, u = (np.zeros((T, B, H)) for _ in range(4))
    for t in range(T):
        z = xs[t] @ W + h[t] @ U + b
        f[t], g[t], o[t] = sigmoid(z[:, :H]), np.tanh(z[:, H:2 * H]), sigmoid(z[:, 2 * H:])
        c[t + 1] = f[t] * c[t] + (1 - f[t]) * g[t]
        u[t] = np.tanh(c[t + 1])
        h[t + 1] = o[t] * u[t]
    dW, dU, db, dV, dh_next, dc_next = 0, 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        do = dh * u[t]
        dc = dh * o[t] * (1 - u[t] ** 2) + dc_next
        df = dc * (c[t] - g[t])
        dg = dc * (1 - f[t])
        dz = np.concatenate([
            df * f[t] * (1 - f[t]), dg * (1 - g[t] ** 2), do * o[t] * (1 - o[t]),
        ], axis=1)
        dW += xs[t].T @ dz
        dU += h[t].T @ dz
        db += dz.sum(axis=0)
        dh_next = dz @ U.T
        dc_next = dc * f[t]
    return {"W": dW, "U": dU, "b": db, "V": dV}


def no_forget(xs, ys, W, U, b, V):
    T, B = xs.shape[:2]
    h, c = np.zeros((T + 1, B, H)), np.zeros((T + 1, B, H))
    i, g, o, u = (np.zeros((T, B, H)) for _ in range(4))
    for t in range(T):
        z = xs[t] @ W + h[t] @ U + b
        i[t], g[t], o[t] = sigmoid(z[:, :H]), np.tanh(z[:, H:2 * H]), sigmoid(z[:, 2 * H:])
        c[t + 1] = c[t] + i[t] * g[t]
        u[t] = np.tanh(c[t + 1])
        h[t + 1] = o[t] * u[t]
    dW, dU, db, dV, dh_next, dc_next = 0, 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        do = dh * u[t]
        dc = dh * o[t] * (1 - u[t] ** 2) + dc_next
        di = dc * g[t]
        dg = dc * i[t]
        dz = np.concatenate([
            di * i[t] * (1 - i[t]), dg * (1 - g[t] ** 2), do * o[t] * (1 - o[t]),
        ], axis=1)
        dW += xs[t].T @ dz
        dU += h[t].T @ dz
        db += dz.sum(axis=0)
        dh_next = dz @ U.T
        dc_next = dc
    return {"W": dW, "U": dU, "b": db, "V": dV}


def gru_after(xs, ys, Wr, Wz, Wn, Ur, Uz, Un, bn, V):
    T, B = xs.shape[:2]
    h = np.zeros((T + 1, B, H))
    r, z, m, n = (np.zeros((T, B, H)) for _ in range(4))
    for t in range(T):
        r[t] = sigmoid(xs[t] @ Wr + h[t] @ Ur)
        z[t] = sigmoid(xs[t] @ Wz + h[t] @ Uz)
        m[t] = h[t] @ Un + bn
        n[t] = np.tanh(xs[t] @ Wn + r[t] * m[t])
        h[t + 1] = z[t] * h[t] + (1 - z[t]) * n[t]
    dWr, dWz, dWn, dUr, dUz, dUn, dbn, dV, dh_next = (0,) * 9
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        dz = dh * (h[t] - n[t]) * z[t] * (1 - z[t])
        dn = dh * (1 - z[t]) * (1 - n[t] ** 2)
        dr = dn * m[t] * r[t] * (1 - r[t])
        dm = dn * r[t]
        dWr += xs[t].T @ dr
        dWz += xs[t].T @ dz
        dWn += xs[t].T @ dn
        dUr += h[t].T @ dr
        dUz += h[t].T @ dz
        dUn += h[t].T @ dm
        dbn += dm.sum(axis=0)
        dh_next = dh * z[t] + dr @ Ur.T + dz @ Uz.T + dm @ Un.T
    return {"Wr": dWr, "Wz": dWz, "Wn": dWn, "Ur": dUr, "Uz": dUz, "Un": dUn, "bn": dbn, "V": dV}


def gru_before(xs, ys, Wr, Wz, Wn, Ur, Uz, Un, bn, V):
    T, B = xs.shape[:2]
    h = np.zeros((T + 1, B, H))
    r, z, k, n = (np.zeros((T, B, H)) for _ in range(4))
    for t in range(T):
        r[t] = sigmoid(xs[t] @ Wr + h[t] @ Ur)
        z[t] = sigmoid(xs[t] @ Wz + h[t] @ Uz)
        k[t] = r[t] * h[t]
        n[t] = np.tanh(xs[t] @ Wn + k[t] @ Un + bn)
        h[t + 1] = (1 - z[t]) * h[t] + z[t] * n[t]
    dWr, dWz, dWn, dUr, dUz, dUn, dbn, dV, dh_next = (0,) * 9
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        dz = dh * (n[t] - h[t]) * z[t] * (1 - z[t])
        dn = dh * z[t] * (1 - n[t] ** 2)
        dk = dn @ Un.T
        dr = dk * h[t] * r[t] * (1 - r[t])
        dWr += xs[t].T @ dr
        dWz += xs[t].T @ dz
        dWn += xs[t].T @ dn
        dUr += h[t].T @ dr
        dUz += h[t].T @ dz
        dUn += k[t].T @ dn
        dbn += dn.sum(axis=0)
        dh_next = dh * (1 - z[t]) + dk * r[t] + dr @ Ur.T + dz @ Uz.T
    return {"Wr": dWr, "Wz": dWz, "Wn": dWn, "Ur": dUr, "Uz": dUz, "Un": dUn, "bn": dbn, "V": dV}


def mgu(xs, ys, Wf, Uf, bf, Wn, Un, bn, V):
    T, B = xs.shape[:2]
    h = np.zeros((T + 1, B, H))
    f, k, n = (np.zeros((T, B, H)) for _ in range(3))
    for t in range(T):
        f[t] = sigmoid(xs[t] @ Wf + h[t] @ Uf + bf)
        k[t] = f[t] * h[t]
        n[t] = np.tanh(xs[t] @ Wn + k[t] @ Un + bn)
        h[t + 1] = (1 - f[t]) * h[t] + f[t] * n[t]
    dWf, dUf, dbf, dWn, dUn, dbn, dV, dh_next = (0,) * 8
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        dn = dh * f[t] * (1 - n[t] ** 2)
        dk = dn @ Un.T
        df = (dh * (n[t] - h[t]) + dk * h[t]) * f[t] * (1 - f[t])
        dWf += xs[t].T @ df
        dUf += h[t].T @ df
        dbf += df.sum(axis=0)
        dWn += xs[t].T @ dn
        dUn += k[t].T @ dn
        dbn += dn.sum(axis=0)
        dh_next = dh * (1 - f[t]) + dk * f[t] + df @ Uf.T
    return {"Wf": dWf, "Uf": dUf, "bf": dbf, "Wn": dWn, "Un": dUn, "bn": dbn, "V": dV}


def normalised(xs, ys, W, U, gain, b, V):
    T, B = xs.shape[:2]
    h, s, n = np.zeros((T + 1, B, H)), np.zeros((T, B, 1)), np.zeros((T, B, H))
    for t in range(T):
        a = xs[t] @ W + h[t] @ U
        m = a - a.mean(axis=1, keepdims=True)
        s[t] = np.sqrt((m * m).mean(axis=1, keepdims=True) + 0.1)
        n[t] = m / s[t]
        h[t + 1] = np.tanh(gain * n[t] + b)
    dW, dU, dgain, db, dV, dh_next = 0, 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        dy = dh * (1 - h[t + 1] ** 2)
        dgain += (dy * n[t]).sum(axis=0)
        db += dy.sum(axis=0)
        dn = dy * gain
        da = (
            dn - dn.mean(axis=1, keepdims=True) - n[t] * (dn * n[t]).mean(axis=1, keepdims=True)
        ) / s[t]
        dW += xs[t].T @ da
        dU += h[t].T @ da
        dh_next = da @ U.T
    return {"W": dW, "U": dU, "gain": dgain, "b": db, "V": dV}


def attention(xs, ys, Q, U, b, W, V):
    T, B = xs.shape[:2]
    h = np.zeros((T + 1, B, H))
    p, v = np.zeros(xs.shape), np.zeros(xs.shape)
    for t in range(T):
        w = np.exp((h[t] @ Q) * xs[t])
        p[t] = w / w.sum(axis=1, keepdims=True)
        v[t] = p[t] * xs[t]
        h[t + 1] = np.tanh(v[t] @ W + h[t] @ U + b)
    dQ, dU, db, dV, dW, dh_next = 0, 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        da = dh * (1 - h[t + 1] ** 2)
        dv = da @ W.T
        dp = dv * xs[t]
        ds = p[t] * (dp - (dp * p[t]).sum(axis=1, keepdims=True))
        dq = ds * xs[t]
        dQ += h[t].T @ dq
        dW += v[t].T @ da
        dU += h[t].T @ da
        db += da.sum(axis=0)
        dh_next = da @ U.T + dq @ Q.T
    return {"Q": dQ, "U": dU, "b": db, "W": dW, "V": dV}


def ode(xs, ys, W, U, b, V):
    T, B = xs.shape[:2]
    h = np.zeros((T + 1, B, H))
    u, k, v = (np.zeros((T, B, H)) for _ in range(3))
    for t in range(T):
        u[t] = np.tanh(xs[t] @ W + h[t] @ U + b)
        k[t] = h[t] + 0.4 * (u[t] - h[t])
        v[t] = np.tanh(xs[t] @ W + k[t] @ U + b)
        h[t + 1] = k[t] + 0.4 * (v[t] - k[t])
    dW, dU, db, dV, dh_next = 0, 0, 0, 0, 0
    "backward"
    for t in reversed(range(T)):
        e = 2 * (h[t + 1] @ V - ys[t])
        dV += h[t + 1].T @ e
        dh = e @ V.T + dh_next
        dv = 0.4 * dh * (1 - v[t] ** 2)
        dk = 0.6 * dh + dv @ U.T
        du = 0.4 * dk * (1 - u[t] ** 2)
        dW += xs[t].T @ dv + xs[t].T @ du
        dU += k[t].T @ dv + h[t].T @ du
        db += dv.sum(axis=0) + du.sum(axis=0)
        dh_next = 0.6 * dk + du @ U.T
    return {"W": dW, "U": dU, "b": db, "V": dV}


DERIVATIONS = {
    "Elman": elman, "leaky with skip": leaky, "LSTM": lstm, "LSTM, peepholes": peephole,
    "LSTM, coupled gates": coupled, "LSTM of 1997": no_forget, "GRU, reset after": gru_after,
    "GRU, reset before": gru_before, "MGU": mgu, "layer-normalised": normalised,
    "attention over inputs": attention, "ODE, two substeps": ode,
}
