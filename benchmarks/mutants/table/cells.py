"""Faults in cells, the loop over time and layers."""

from ..fault import Fault

LAWS = "tests/rnn/testing/test_cell_laws.py"
NUMBERS = "tests/rnn/cells/test_cell_gradients.py"
VARIANTS = "tests/rnn/cells/test_cell_variants.py"
NESTED = "tests/rnn/cells/test_nested_states.py"
REFUSED = "tests/rnn/cells/test_nested_states_refused.py"
WRAPPERS = "tests/rnn/cells/test_cell_wrappers.py"
LENGTHS = "tests/rnn/layers/test_layers_lengths.py"
OPTIONS = "tests/rnn/layers/test_layers_options.py"
WAYS = "tests/rnn/sequence/test_ways_to_run.py"
DRAWS = "tests/scanning/test_draws.py"
LAYERS = "tests/rnn/layers/test_layers.py"
OPENED = "tests/rnn/sequence/test_opened.py"
LOOP, UNROLL = "rnn/sequence/loop.py", "tests/rnn/sequence/test_unroll.py"

FAULTS = [
    Fault(
        "rnn/cells/lstm.py", "i, f, g, o = self.squashed(",
        "f, i, g, o = self.squashed(",
        "tests/rnn/cells/test_cell_gradients.py", "LSTM: input and forget gate swapped",
    ),
    Fault(
        "rnn/cells/lstm.py", "        c = f * c + i * g\n", "        c = f * c + g\n",
        NUMBERS, "LSTM: the input gate dropped",
    ),
    Fault(
        "rnn/cells/lstm.py", "        h = o * self.phi(c)\n",
        "        h = o * c\n",
        "tests/rnn/cells/test_cell_gradients.py", "LSTM: tanh of the memory dropped",
    ),
    Fault(
        "rnn/cells/lstm.py",
        "forget.b_xh, forget.b_hh = filled, np.zeros_like(filled)",
        "forget.b_xh, forget.b_hh = filled, filled",
        "tests/rnn/cells/test_cells.py", "LSTM: forget_bias twice where there are two biases",
    ),
    Fault(
        "rnn/cells/gru.py", "h = n + z * (h - n) if self.update == \"keep\"",
        "h = n + z * (h - n) if self.update == \"new\"",
        NUMBERS, "GRU: the update gate in the other sense",
    ),
    Fault(
        "rnn/cells/gru.py", "else self.state_block(r * h, \"n\")",
        "else r * self.state_block(h, \"n\")",
        "tests/rnn/cells/test_cell_gradients.py",
        "GRU: resets after the product where it should before",
    ),
    Fault(
        "rnn/cells/gru.py", "seen = r * h_n[0] if",
        "seen = h_n[0] if",
        "tests/rnn/cells/test_cell_gradients.py", "GRU: no reset",
    ),
    Fault(
        "rnn/cells/mgu.py", "        h = h + f * (n - h)\n", "        h = n + f * (h - n)\n",
        VARIANTS, "MGU: the gate in the other sense",
    ),
    Fault(
        "rnn/cells/lstm_variants.py", "self.clipped(f + self.w_cf * c)",
        "self.clipped(f + self.w_ci * c)",
        "tests/rnn/cells/test_cell_variants.py",
        "peephole LSTM: the forget gate looks through the input gate's weights",
    ),
    Fault(
        "rnn/cells/lstm_variants.py", "self.clipped(o + self.w_co * c)",
        "self.clipped(o + self.w_co * state[1])",
        "tests/rnn/cells/test_cell_variants.py",
        "peephole LSTM: the output gate sees the memory of the step before",
    ),
    Fault(
        "rnn/cells/lstm_variants.py", "        c = c + i * (g - c)\n",
        "        c = c + i * g\n",
        VARIANTS, "coupled LSTM: forgets nothing",
    ),
    Fault(
        "rnn/cells/base.py",
        "        return part + self.b_hh if self.biases == 2 else part\n\n    def state_block",
        "        return part\n\n    def state_block",
        NUMBERS, "cells with two biases: the second one dropped",
    ),
    Fault(
        "rnn/cells/base.py",
        "return part + self.b_hh[start:stop] if self.biases == 2 else part",
        "return part + self.b_hh[: stop - start] if self.biases == 2 else part",
        NUMBERS,
        "one gate's sum with the bias of the first gate",
    ),
    Fault(
        "rnn/cells/gate.py", "            parameter[..., gate.columns] = values\n",
        "            parameter[...] = np.resize(values, parameter.shape)\n",
        "tests/rnn/cells/test_cells.py", "a write to one gate goes to all",
    ),
    Fault(
        "rnn/cells/base.py", "        part: Tensor = h @ self.W_hh[:, start:stop]\n",
        "        part: Tensor = h @ self.W_hh[:, : stop - start]\n",
        NUMBERS,
        "products with one gate: the columns of another gate",
    ),
    Fault(
        "rnn/cells/gated.py",
        "[self.sigma(b) if kind == \"σ\" else self.phi(b) for kind, b in blocks]",
        "[self.sigma(b) for kind, b in blocks]",
        NUMBERS,
        "gates: candidates go through the function of gates",
    ),
    Fault(
        "rnn/cells/wrappers.py", "        return output + x, state\n",
        "        return output, state\n",
        WRAPPERS, "ResidualCell: no residual",
    ),
    Fault(
        "rnn/cells/wrappers.py", "        return output, (*new, h, *past[:-1])\n",
        "        return output, (*new, *past)\n",
        WRAPPERS, "SkipCell: older states are not handed on",
    ),
    Fault(
        "rnn/cells/wrappers.py", "mixed.append(after + rate * (before - after))",
        "mixed.append(before + rate * (after - before))",
        WRAPPERS, "ZoneoutCell: the expectation the wrong way round",
    ),
    Fault(
        "rnn/cells/wrappers.py", "        return output, (*new, *masks)\n",
        "        return output, (*new, *self._masks(len(masks[0])))\n",
        WRAPPERS, "DropoutCell: a new mask at every step",
    ),
    Fault(
        "rnn/cells/wrappers.py",
        "    chosen: Any = np.where(mask.detach() != 0, x, np.zeros((), x.dtype))\n",
        "    chosen: Any = x\n",
        WRAPPERS, "DropoutCell: NaN times a mask of 0 is NaN",
    ),
    Fault(
        "rnn/cells/wrappers.py",
        "mask[:] = (self.rng.random(mask.shape) >= rates[name]) / (1 - rates[name])",
        "mask[:] = self.rng.random(mask.shape) >= rates[name]",
        WRAPPERS, "DropoutCell: what stays is not scaled up",
    ),
    Fault(
        LOOP, "for k in reversed(range(T)) if reverse else range(T):", "for k in range(T):",
        f"{LAYERS} {LAWS}", "a reverse layer runs forward",
    ),
    Fault(
        LOOP, "    if reverse:\n        pairs.reverse()\n", "",
        LAYERS, "a reverse layer: outputs in the order of computation",
    ),
    Fault(
        LOOP, "Scope(name, start + k, before.scope, entering)",
        "Scope(name, start + k + 1, before.scope, entering)",
        f"{UNROLL} tests/rnn/bptt/contributions/test_ledger.py",
        "the steps' numbers are off by one",
    ),
    Fault(
        "rnn/sequence/loop.py",
        "        finally:\n            local.state = before\n        entering",
        "        finally:\n            pass\n        entering",
        "tests/rnn/sequence/test_unroll.py tests/rnn/bptt/contributions/test_ledger.py",
        "the scope of a step is not left",
    ),
    Fault(
        "rnn/sequence/loop.py", "shown, state = output, new", "shown, _ = output, new",
        "tests/rnn/sequence/test_unroll.py", "the state is not carried on",
    ),
    Fault(
        "rnn/sequence/loop.py",
        "parts = [_select(rows, after, before) for after, before in pairs]",
        "parts = [after for after, before in pairs]",
        "tests/rnn/layers/test_layers_lengths.py", "the state runs on over padding",
    ),
    Fault(
        "rnn/sequence/loop.py",
        "return _select(rows, parts[same[0]] if same else output, at_padding), repacked",
        "return parts[same[0]] if same else output, repacked",
        "tests/rnn/layers/test_layers_lengths.py", "outputs at padding are not 0",
    ),
    Fault(
        "rnn/sequence/lengths.py",
        "np.arange(T)[:, None] < lengths",
        "np.arange(T)[:, None] <= lengths",
        LENGTHS, "lengths: off by one step",
    ),
    Fault(
        "rnn/sequence/lengths.py", "    clean: Any = np.where(mask[:, :, None], xs, 0)\n",
        "    clean: Any = xs\n",
        LENGTHS, "NaN in padding leaks into the gradients",
    ),
    Fault(
        "rnn/layers/recurrent.py", "before[len(results) + d]", "before[d]",
        f"{LAYERS} {OPTIONS}", "all layers start from the state of the first",
    ),
    Fault(
        "rnn/sequence/ways.py", "        at_padding = np.where(repeated[:, None], shown, zeros)\n",
        "        at_padding = shown\n",
        WAYS, "scan: padding at the end shows the last output",
    ),
    Fault(
        "rnn/sequence/ways.py", "    before = np.cumsum(used) - (used if reverse else 1)",
        "    before = np.cumsum(used) - 1",
        WAYS, "scan in reverse: steps that were not run show the wrong neighbour",
    ),
    Fault(
        "minigrad/scanning/generators.py", "self._start is not None, self._start or now",
        "self._start is not None, now",
        WAYS, "checkpoint: other random numbers in the second run",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py",
        "    above, below, hold = opened(unpack(h_t), unpack(h_s), hold)\n",
        "    above, below = unpack(h_t), unpack(h_s)\n",
        OPENED, "a Jacobian between outputs of a scan is silently 0",
    ),
    Fault(
        "minigrad/observe/contributions.py",
        "    output, tensors = opened(output, list(tensors))\n", "",
        OPENED, "the ledger of a scan silently has no steps",
    ),
    Fault(
        "rnn/cells/wrappers.py", "        return self.cell.initial_state(batch)\n",
        "        return super().initial_state(batch)\n",
        WRAPPERS, "masks of zeros where a DropoutCell is wrapped",
    ),
    Fault(
        "minigrad/scanning/step.py", "        restore(generators, drawn)\n", "",
        DRAWS, "scan: a state that stays a constant costs a draw",
    ),
    Fault(
        "rnn/layers/recurrent.py", "dropout=self.dropout * self.training,",
        "dropout=self.dropout,",
        OPTIONS, "dropout between layers of a whole sequence acts in evaluation too",
    ),
    Fault(
        "rnn/layers/recurrent.py", "if not (self.dropout and self.training):",
        "if not self.dropout:",
        OPTIONS, "dropout between layers of a step acts in evaluation too",
    ),
    Fault(
        "rnn/layers/recurrent.py",
        "return outputs[:, 0] if one else outputs.swapaxes(0, 1) if self.batch_first else outputs",
        "return outputs[:, 0] if one else outputs",
        "tests/rnn/layers/test_layers.py", "batch_first: outputs stay time-major",
    ),
    Fault(
        "rnn/layers/states.py", "        axis = 1 if self.batch_first else 0\n        joined",
        "        axis = 0\n        joined",
        LAYERS, "batch_first: states stay time-major",
    ),
    Fault(
        "rnn/layers/states.py",
        "found.append(part if value is None else np.broadcast_to(value, part.shape))",
        "found.append(part)",
        OPTIONS, "learned initial states are not used",
    ),
    Fault(
        "rnn/sequence/unrolling.py",
        "    return as_tensor(part).detach()\n", "    return as_tensor(part)\n",
        f"{UNROLL} tests/rnn/bptt/truncation/test_truncated.py", "detach: forgotten",
    ),
    Fault(
        "rnn/sequence/unrolling.py", "for t, items in enumerate(zip(*rows, strict=True), start):",
        "for t, items in enumerate(zip(*rows, strict=True), start - 1):",
        f"{UNROLL} tests/rnn/bptt/contributions/test_ledger.py", "each_step: steps count from 0",
    ),
    Fault(
        "rnn/cells/state.py", "    if new.shape != old.shape:\n", "    if False:\n",
        REFUSED, "nested states: a part of another shape is carried on",
    ),
    Fault(
        "rnn/cells/state.py", "            t._data, t._node = value, node\n", "            pass\n",
        REFUSED, "a step's write to the caller's state is not taken back",
    ),
    Fault(
        "rnn/cells/state.py", "    return state if plain else repacked(parts, state)\n",
        "    return state\n",
        REFUSED, "nested states: a step changes the dict of the step before",
    ),
    Fault(
        "rnn/cells/state.py", "        return list(sizes)\n    return [\n",
        "        pass\n    return [\n",
        NESTED, "nested states: what inner cells declare is not what parts are called",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py",
        "if path not in chosen and part.requires_grad]", "if False]",
        NESTED, "a Jacobian by one part lets the other parts vary with it",
    ),
    Fault(
        "rnn/cells/state.py",
        "lambda v: copy.deepcopy(v) if isinstance(v, GENERATORS) else v", "lambda v: v",
        NESTED, "a generator in a state that is given is drawn from",
    ),
]
