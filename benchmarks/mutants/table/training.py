"""Faults in layers, losses, initial values, optimizers, clipping and schedules."""

from ..fault import Fault

RULES, OPTIM = "minigrad/optim/rules.py", "tests/optim/test_optim.py"
CLIP, CLIPPING = "minigrad/optim/clip.py", "tests/optim/test_optim_clip.py"
PLANS, PLANNED = "minigrad/optim/schedules.py", "tests/optim/test_optim_schedules.py"
LAYERS, FUNCTIONAL = "minigrad/functional/layers.py", "tests/functional/test_layers.py"
INIT = "tests/init/test_init.py"

FAULTS = [
    Fault(
        RULES, "velocity = np.multiply(state[\"velocity\"], momentum)",
        "velocity = np.multiply(state[\"velocity\"], -momentum)",
        OPTIM, "momentum: the sign of the old velocity",
    ),
    Fault(
        RULES, "    state[\"velocity\"] = velocity\n", "",
        OPTIM, "momentum: the velocity is not kept",
    ),
    Fault(
        RULES, "grad = grad + self.momentum * velocity if self.nesterov else velocity",
        "grad = velocity",
        OPTIM, "SGD: nesterov makes no difference",
    ),
    Fault(
        RULES, "    np.sqrt(square, out=out)\n    out += eps\n",
        "    np.add(square, eps, out=out)\n    np.sqrt(out, out=out)\n",
        OPTIM, "optimizers: eps inside of the root",
    ),
    Fault(
        RULES, "    mixed += np.multiply(new, 1.0 - keep, out=spare)\n",
        "    mixed += new\n",
        OPTIM, "running means: the new value is not scaled by 1 - keep",
    ),
    Fault(
        RULES, "step *= self.lr * root / (1.0 - self.beta1**t)",
        "step *= self.lr * root",
        OPTIM, "Adam: the mean is not corrected for its start",
    ),
    Fault(
        RULES, "root = math.sqrt(1.0 - self.beta2**t)",
        "root = math.sqrt(1.0 - self.beta2 ** (t + 1))",
        OPTIM, "Adam: the correction is off by one step",
    ),
    Fault(
        RULES, "step = _over_root(m, v, self.eps * root, step)",
        "step = _over_root(m, v, self.eps, step)",
        OPTIM, "Adam: eps is not scaled with the correction",
    ),
    Fault(
        RULES, "new = np.multiply(value, 1.0 - self.lr * self.weight_decay)",
        "new = np.multiply(value, 1.0 - self.weight_decay)",
        OPTIM, "AdamW: the decay without the learning rate",
    ),
    Fault(
        "minigrad/optim/rules.py", "square = np.maximum(square - mean * mean, 0.0)",
        "square = square - mean * mean",
        "tests/optim/test_optim_precision.py",
        "centered RMSprop: a variance that rounding has made negative",
    ),
    Fault(
        RULES, "square = np.maximum(square - mean * mean, 0.0)",
        "square = np.maximum(square - mean, 0.0)",
        OPTIM, "centered RMSprop: the mean is not squared",
    ),
    Fault(
        RULES, "step *= self.lr / (1.0 + (t - 1) * self.lr_decay)",
        "step *= self.lr / (1.0 + t * self.lr_decay)",
        OPTIM, "Adagrad: the decay of the rate is off by one step",
    ),
    Fault(
        RULES, "return grad + self.weight_decay * value if self.weight_decay else grad",
        "return grad - self.weight_decay * value if self.weight_decay else grad",
        OPTIM, "weight decay: its sign",
    ),
    Fault(
        "minigrad/optim/optimizer.py", "            state = rule._state(i)\n",
        "            state = self._states[i] = rule._state(i)\n",
        "tests/optim/test_optim.py", "optimizers: a step that fails has changed the slots",
    ),
    Fault(
        "minigrad/state.py", "    except BaseException:\n        assign()\n        raise\n",
        "    except ZeroDivisionError:\n        assign()\n        raise\n",
        "tests/module/test_interrupts.py",
        "optimizers: Ctrl-C between two assignments leaves half a step",
    ),
    Fault(
        "minigrad/optim/optimizer.py", "                state[name][block] = array\n",
        "                state[name][:] = 0\n",
        OPTIM, "optimizers: slots of large parameters are lost block by block",
    ),
    Fault(
        "minigrad/optim/optimizer.py",
        "        refuse_nonfinite(self.params, grads, who)\n", "",
        OPTIM, "optimizers: a NaN gradient is not refused by name",
    ),
    Fault(
        CLIP, "squares = sum(float(np.vdot(g, g)) for g in grads)",
        "squares = max(float(np.vdot(g, g)) for g in grads)",
        CLIPPING, "clip_grad_norm: the largest norm of one tensor, not that of all",
    ),
    Fault(
        CLIP, "        if 1e-30 < squares < 1e38:\n", "        if 1e-30 < squares:\n",
        CLIPPING, "clip_grad_norm: the norm of large float32 gradients overflows",
    ),
    Fault(
        CLIP, "    if norm > max_norm:\n", "    if norm < max_norm:\n",
        CLIPPING, "clip_grad_norm: scales up what is small",
    ),
    Fault(
        CLIP, "np.clip(g, -bound, bound)", "np.clip(g, 0, bound)",
        CLIPPING, "clip_grad_value: negative gradients become 0",
    ),
    Fault(
        PLANS, "return lambda t: gamma ** (t // every)",
        "return lambda t: gamma ** ((t + 1) // every)",
        PLANNED, "StepLR: off by one step",
    ),
    Fault(
        "minigrad/optim/schedules.py", "self._go(self.t + 1, self._known_base_lrs(self.base_lrs))",
        "self._go(self.t, self._known_base_lrs(self.base_lrs))",
        "tests/optim/test_optim_schedules.py", "schedules: the rate lags a step behind",
    ),
    Fault(
        "minigrad/optim/schedules.py", "end if t >= total else start",
        "end if t >= 2 * total else start",
        "tests/optim/test_optim_schedules.py", "LinearLR: goes on after its last step",
    ),
    Fault(
        "minigrad/functional/layers.py", "scale=1 / (1 - p))", "scale=1)",
        "tests/functional/test_layers.py", "dropout: what stays is not scaled up",
    ),
    Fault(
        LAYERS, "    if not training or p == 0:\n        return input\n",
        "    if p == 0:\n        return input\n",
        FUNCTIONAL, "dropout: drops when not training",
    ),
    Fault(
        LAYERS, "(1 - momentum) * value._data + momentum * now",
        "momentum * value._data + (1 - momentum) * now",
        FUNCTIONAL, "batch_norm: momentum the wrong way round",
    ),
    Fault(
        LAYERS, "        atomically(assign)  #", "        assign()  #",
        "tests/module/test_interrupts.py", "batch_norm: an interrupt leaves the old variance",
    ),
    Fault(
        LAYERS, "x.var(axis, ddof=1)", "x.var(axis)",
        FUNCTIONAL, "batch_norm: the running variance of a population, not of a sample",
    ),
    Fault(
        "minigrad/functional/layers.py",
        "return np.where(padding[..., None], detached(rows), rows)",
        "return rows",
        "tests/ops/nn/test_layer_corners.py", "embedding: the row of the padding gets a gradient",
    ),
    Fault(
        "minigrad/functional/convolutions.py", "(total // 2, total - total // 2)",
        "(total - total // 2, total // 2)",
        "tests/ops/nn/test_layer_corners.py",
        "conv1d: padding 'same' with an even kernel, the odd zero on the other side",
    ),
    Fault(
        "minigrad/ops/nn/losses.py", "near = np.minimum(apart, delta)",
        "near = np.minimum(apart, 1.0)",
        "tests/ops/nn/test_layer_corners.py", "huber_loss: delta is not used",
    ),
    Fault(
        "minigrad/ops/nn/losses.py",
        "return share(g, max(np.size(like), 1)) if reduction == \"mean\" else g",
        "return g",
        "tests/ops/test_records.py::test_every_law[mse_loss]",
        "losses: the gradient of a mean is that of a sum",
    ),
    Fault(
        "minigrad/ops/nn/losses.py",
        "return (1 - t) * sigmoid(x) - _or_one(pos_weight) * t * sigmoid(-x)",
        "return (1 - t) * sigmoid(x) - t * sigmoid(-x)",
        "tests/ops/test_records.py::test_every_law[binary_cross_entropy_with_logits]",
        "binary cross-entropy: pos_weight left out of the gradient",
    ),
    Fault(
        "minigrad/ops/nn/losses.py", "    if input.shape != target.shape:\n",
        "    if input.ndim != target.ndim and not input.size:\n",
        "tests/functional/test_losses.py", "losses: shapes that broadcast are not refused",
    ),
    Fault(
        "minigrad/optim/orthogonal.py", "new[:, block] = W @ (0.5 * inner - 0.5 * inner.T)",
        "new[:, block] = W @ (0.5 * inner + 0.5 * inner.T)",
        "tests/optim/test_optim_orthogonal.py",
        "Orthogonal: the symmetric part of the gradient is kept",
    ),
    Fault(
        "minigrad/optim/orthogonal.py", "        if size < 1e-8:\n", "        if size < 1e-1:\n",
        "tests/optim/test_optim_orthogonal.py", "Orthogonal: the iteration ends too early",
    ),
    Fault(
        "minigrad/init/scaled.py", "fan = inputs if mode == \"fan_in\" else outputs",
        "fan = outputs if mode == \"fan_in\" else inputs",
        INIT, "Kaiming: fan_in and fan_out swapped",
    ),
    Fault(
        "minigrad/init/scaled.py", "bound = math.sqrt(3.0) * std", "bound = std",
        INIT, "uniform draws: √3 left out, so their variance is a third",
    ),
    Fault(
        "minigrad/init/recurrent.py",
        "    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)\n", "",
        INIT, "orthogonal: signs are LAPACK's choice, not uniform",
    ),
    Fault(
        "minigrad/init/recurrent.py", "for letter, value in ((keep, log_u), (write, -log_u)):",
        "for letter, value in ((keep, -log_u), (write, log_u)):",
        INIT, "chrono_bias: the gates that keep and write swapped",
    ),
    Fault(
        "minigrad/init/recurrent.py",
        "drawn = [initializer(block, rng=rng, **options) for _ in range(gates)]",
        "drawn = [initializer(block, rng=rng, **options)] * gates",
        INIT, "per_gate: every gate gets the same draw",
    ),
    Fault(
        "minigrad/functional/penalties.py", "(relu(svdvals(given) - float(limit)) ** 2)",
        "((svdvals(given) - float(limit)) ** 2)",
        "tests/functional/test_penalties.py",
        "spectral_norm_penalty: small singular values are penalized",
    ),
]
