"""Faults in the tools of backpropagation through time."""

from ..fault import Fault

LEDGER = "tests/rnn/bptt/contributions/test_ledger.py"
NAMES = "tests/rnn/bptt/contributions/test_ledger_names.py"
NAMING = "rnn/bptt/contributions/naming.py"
REPORT = "tests/rnn/bptt/reports/test_report.py"
ROWS = "rnn/bptt/reports/rows.py"
TERMS = "rnn/bptt/contributions/terms.py"
TWO_TIME = "rnn/bptt/contributions/two_time.py"
JACOBIAN = "tests/rnn/bptt/jacobians/test_jacobian.py"
TRUNCATED = "tests/rnn/bptt/truncation/test_truncated.py"
AUDIT = "tests/rnn/bptt/audits/test_audit.py"

FAULTS = [
    Fault(
        TERMS, "steps[use.t] + use.value if use.t in steps else np", "np",
        LEDGER, "ledger: of several uses in a step the last alone",
    ),
    Fault(
        TERMS, "                summed[row[t]] += value\n",
        "                summed[row[t]] = value\n",
        NAMES, "ledger: of several recurrences with a step the last alone",
    ),
    Fault(
        TERMS, "        row = {t: k for k, t in enumerate(steps)}\n",
        "        row = {t: k for k, t in enumerate(reversed(steps))}\n",
        LEDGER, "ledger: keyed from the end",
    ),
    Fault(
        "rnn/bptt/contributions/ledger.py", "entry.terms.sum(axis=0) + entry.outside",
        "entry.terms.sum(axis=0)",
        LEDGER, "ledger: the total without what lies outside of the steps",
    ),
    Fault(
        NAMING, "{gate: cell.gate(gate).columns for gate in cell.gates}",
        "{gate: cell.gate(cell.gates[0]).columns for gate in cell.gates}",
        "tests/rnn/bptt/contributions/test_ledger_gates.py", "ledger by gate: always the first one",
    ),
    Fault(
        NAMING, "        if id(tensor) in seen:\n            continue\n", "",
        NAMES, "ledger: a tied weight is counted under each of its names",
    ),
    Fault(
        NAMING, "if tensor is key]", "if tensor.name == key.name]",
        NAMES, "ledger: a weight as the key is found by its name",
    ),
    Fault(
        ROWS, "cosine * (size / total)", "size / total",
        REPORT, "report: parts without the cosine",
    ),
    Fault(
        ROWS, "    whole = terms.outside.astype(wide)\n",
        "    whole = np.zeros_like(terms.outside, dtype=wide)\n",
        REPORT, "report: the whole without what lies outside of the steps",
    ),
    Fault(
        ROWS, "        low = beyond <= beyond[0] / 2\n", "        low = norms <= norms[0] / 2\n",
        REPORT, "report: a half-life that one small step ends",
    ),
    Fault(
        ROWS, 'steps - steps[:1] if self.direction == "reverse" else steps[-1:] - steps',
        "steps[-1:] - steps",
        REPORT, "report: lags counted from the end in the reverse direction too",
    ),
    Fault(
        ROWS, "(row.total / total) ** 2 if", "(row.total / total) if",
        REPORT, "report: weights of a layer share in it by their norms",
    ),
    Fault(
        TWO_TIME, "    values = np.stack([terms.by_step(use_steps) for terms in by_loss])\n",
        "    values = np.stack([terms.by_step(use_steps) for terms in by_loss]).swapaxes(0, 1)\n",
        LEDGER, "two-time table: transposed",
    ),
    Fault(
        TWO_TIME, "range(start, start + len(by_loss))",
        "range(start - 1, start - 1 + len(by_loss))",
        LEDGER, "two-time table: the steps of the losses off by one",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py", "    by_row = [f.transpose(1, 0, 2) for f in found]",
        "    by_row = [f.transpose(1, 2, 0) for f in found]",
        JACOBIAN, "jacobian of states: transposed",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py",
        "order = np.argsort(-np.abs(values), axis=-1, kind=\"stable\")",
        "order = np.argsort(np.abs(values), axis=-1, kind=\"stable\")",
        JACOBIAN, "eigenvalues: the smallest first",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py",
        "    several = bool(held) or any(len(lower) > 1 for lower in lowers)\n",
        "    several = bool(held)\n",
        JACOBIAN, "jacobian of (h, c): the parts are not held fixed for each other",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py",
        "    several = bool(held) or any(len(lower) > 1 for lower in lowers)\n",
        "    several = any(len(lower) > 1 for lower in lowers)\n",
        JACOBIAN, "jacobian(hold): the paths through one state held are not cut",
    ),
    Fault(
        "rnn/bptt/jacobians/jacobian.py", "    if len(upper[0]) < 2:\n        return\n",
        "    if len(upper[0]) < 100:\n        return\n",
        JACOBIAN, "jacobian: rows that depend on each other are not noticed",
    ),
    Fault(
        "rnn/bptt/jacobians/norms.py", "        self.lags = np.arange(len(values))[::-1]\n",
        "        self.lags = np.arange(len(values))\n",
        "tests/rnn/bptt/jacobians/test_norms.py", "norms: the lags counted from the oldest state",
    ),
    Fault(
        "rnn/bptt/jacobians/norms.py", "(np.log(last) - np.log(first)) / (len(self.values) - 1)",
        "(np.log(last) - np.log(first)) / len(self.values)",
        "tests/rnn/bptt/jacobians/test_bound.py", "norms: the rate per step over one step too many",
    ),
    Fault(
        "rnn/bptt/truncation/truncated.py", "    begins = [max(0, w.stop - k2) for w in cut]\n",
        "    begins = [max(0, w.stop - k2 - 1) for w in cut]\n",
        TRUNCATED, "truncation: reaches a step too far",
    ),
    Fault(
        "rnn/bptt/truncation/truncated.py", "            states[stop] = detach(carried)\n",
        "            states[stop] = carried\n",
        TRUNCATED, "truncation: the carried state is not detached",
    ),
    Fault(
        "rnn/bptt/truncation/truncated.py",
        "            with no_grad():\n                before, states[begin]",
        "            if True:\n                before, states[begin]",
        TRUNCATED, "truncation with k2 < k1: the first outputs carry a gradient",
    ),
    Fault(
        "rnn/bptt/truncation/windows.py", "slice(a, min(a + k1, T))", "slice(a, a + k1)",
        TRUNCATED, "windows: the last one ends behind the sequence",
    ),
    Fault(
        "rnn/bptt/truncation/comparison.py", "return float(norm(a - b) / norm(a))",
        "return float(norm(a - b) / norm(b))",
        "tests/rnn/bptt/truncation/test_truncation_error.py",
        "truncation error: relative to the truncated gradient",
    ),
    Fault(
        "rnn/bptt/truncation/comparison.py",
        "        if not np.isclose(value, whole, rtol=1e-3):\n",
        "        if False:\n",
        "tests/rnn/bptt/truncation/test_truncation_error.py",
        "truncation error: losses that do not add up are taken",
    ),
    Fault(
        "rnn/bptt/audits/real_time.py",
        "            J @ s + np.stack(", "            J.T @ s + np.stack(",
        "tests/rnn/bptt/audits/test_rtrl.py", "RTRL: the Jacobian transposed",
    ),
    Fault(
        "rnn/bptt/audits/real_time.py",
        "                direct + (by_state @ s).reshape(direct.shape)\n",
        "                direct\n",
        "tests/rnn/bptt/audits/test_rtrl.py", "RTRL: the loss reaches the present step alone",
    ),
    Fault(
        "rnn/bptt/audits/sweeps.py",
        "self.totals[parent] + c if parent in self.totals else c\n", "c\n",
        AUDIT, "audit: of several uses of a value the last alone",
    ),
    Fault(
        "rnn/bptt/audits/sweeps.py", "            c = c[self.rows.carried]\n", "            pass\n",
        AUDIT, "audit: a mistake in the carry is made everywhere",
    ),
    Fault(
        "rnn/bptt/audits/derivation.py", "there = self.run.at(base, base.t + a.by)\n",
        "there = self.run.at(base, base.t - a.by)\n",
        AUDIT, "audit: an operand of step t - 1 is that of t + 1",
    ),
    Fault(
        "rnn/bptt/audits/explaining.py", "        near = error <= self.rtol * size\n",
        "        near = error <= size\n",
        AUDIT, "audit: whatever differs from the truth explains a claim",
    ),
    Fault(
        "rnn/bptt/audits/recording.py", "written = owner or not ", "written = not ",
        "tests/rnn/bptt/audits/test_claims.py", "audit: what is typed in a console has no names",
    ),
    Fault(
        "rnn/lessons/deriving.py", "    if not found.agrees:\n", "    if found.agrees:\n",
        "tests/rnn/lessons/test_exercises.py", "exercises: a wrong derivation passes",
    ),
    Fault(
        "rnn/bptt/jacobians/bound.py", "weight, chosen = cell.W_hh.numpy(), cell.nonlinearity",
        "weight, chosen = cell.W_hh.numpy(), \"tanh\"",
        "tests/rnn/bptt/jacobians/test_bound.py", "bound: takes every nonlinearity for tanh",
    ),
]
