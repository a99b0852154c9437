# A gradient, in ten lines
import numpy as np

import minigrad as mg

w = mg.tensor([0.5, -1.0, 2.0], requires_grad=True, name="w")
x = np.array([1.0, 2.0, 3.0])
y = np.tanh((w * x).sum())

# %% The graph that was recorded
mg.draw(y)

# %% The gradient, and finite differences beside it
y.backward()
print("by the tape      ", w.grad)

step, slopes = 1e-6, []
for e in np.eye(3):
    up, down = (np.tanh(((w.data + sign * step * e) * x).sum()) for sign in (1, -1))
    slopes.append((up - down) / (2 * step))
print("by differences   ", np.array(slopes))
