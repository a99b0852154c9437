"""Faults in pictures: wires, numbers, labels and words."""

from ..fault import Fault

STEPS, ROLLED = "tests/drawing/test_steps_view.py", "tests/drawing/test_rolled_view.py"
OPS, NETWORKS = "tests/drawing/test_ops_view.py", "tests/drawing/test_networks.py"
TAPS, AUDITED = "tests/drawing/test_ledger_on_taps.py", "tests/rnn/bptt/audits/test_picture.py"

RENDERERS, OPTIONS = "tests/drawing/test_each_renderer.py", "tests/drawing/test_options.py"
VALUES, LIT = "tests/drawing/test_values_shown.py", "tests/drawing/test_highlight.py"

FAULTS = [
    Fault(
        "minigrad/drawing/layout/rows.py", "        above.update(part.sources)\n", "",
        OPTIONS, "in rows each weight is in full in every row",
    ),
    Fault(
        "minigrad/drawing/render/style.py", "(n - len(DASHES) + 3)", "3",
        OPTIONS, "of very many weights some look alike",
    ),
    Fault(
        "minigrad/drawing/render/highlight.py",
        "return [p for p in scene.paths if p.kind != \"cotangent\"]", "return scene.paths",
        LIT, "a highlighted path goes back along the backward arrows",
    ),
    Fault(
        "minigrad/drawing/render/pure.py", '.replace("⊙", "◦")', "",
        RENDERERS, "graphviz-pure paints a box for ⊙",
    ),
    Fault(
        "minigrad/drawing/reading/values.py", 'hasattr(node, "kept") and not node.written',
        'hasattr(node, "kept")',
        VALUES, "a weight that was written to is shown with what it was before",
    ),
    Fault(
        "minigrad/drawing/layout/buses.py",
        "f\" at t = {wire.target.t}\"",
        "f\" at t = {wire.target.t + 1}\"",
        STEPS, "a tap's tooltip names the wrong step",
    ),
    Fault(
        "minigrad/drawing/layout/buses.py", "                for wire in steps:\n",
        "                for wire in steps[1:]:\n",
        STEPS, "a weight's first tap is missing",
    ),
    Fault(
        "minigrad/drawing/layout/buses.py",
        'f"{about}: {words}" if words else about, (x, lane.y)', "about, (x, lane.y)",
        STEPS, "a tap's tooltip has lost its number",
    ),
    Fault(
        "minigrad/drawing/layout/canvas.py",
        "return pale(color, share), 0.8 + 2.8 * share, self.terms.words(key)",
        "return pale(color, share), 3.6 - 2.8 * share, self.terms.words(key)",
        STEPS, "the smallest contribution has the widest tap",
    ),
    Fault(
        "minigrad/drawing/layout/columns.py",
        "kept[: (most + 1) // 2] + kept[columns - most // 2 :]",
        "kept[: most // 2] + kept[columns - most // 2 :]",
        STEPS, "of a long sequence one column too few",
    ),
    Fault(
        "minigrad/drawing/layout/unrolled.py", "small(f\"t = {steps[column]}\", MUTED)",
        "small(f\"t = {column}\", MUTED)",
        STEPS, "the words below a column count columns, not steps",
    ),
    Fault(
        "minigrad/drawing/layout/unrolled.py",
        "f\"{wire.name}, {count(abs(wire.lag), 'step')} before\"",
        "f\"{wire.name}, {count(abs(wire.lag) + 1, 'step')} before\"",
        ROLLED, "a delay's tooltip names one step too many",
    ),
    Fault(
        "minigrad/drawing/layout/unrolled.py", "f\"t{-wire.lag:+d}\"", "f\"t{wire.lag:+d}\"",
        ROLLED, "a delay's index points to the future",
    ),
    Fault(
        "minigrad/drawing/layout/terms.py",
        "                found[box] = found[box] + value if box in found else value\n",
        "                found[box] = value\n",
        STEPS, "the number at a tap is that of one use in a step",
    ),
    Fault(
        "minigrad/drawing/layout/terms.py", "steps = dict(zip(sorted(at), values, strict=True))",
        "steps = dict(zip(sorted(at, reverse=True), values, strict=True))",
        STEPS, "the terms of a given ledger in the reverse order",
    ),
    Fault(
        "minigrad/drawing/reading/entering.py",
        "made.t = only.t - only.direction", "made.t = only.t",
        f"{STEPS} {NETWORKS}", "an initial state is drawn at the first step, not before it",
    ),
    Fault(
        "minigrad/drawing/reading/entering.py",
        "                    found.append(Wire(earlier, box, None, state, cut=True))\n",
        "                    found.append(Wire(earlier, box, None, state))\n",
        STEPS, "a detached state is drawn as if it were not",
    ),
    Fault(
        "minigrad/drawing/reading/graph.py",
        "\"Σ\" if op.is_sum and node.shape == () else op.name", "\"Σ\" if op.is_sum else op.name",
        STEPS, "every sum is drawn as Σ",
    ),
    Fault(
        "minigrad/observe/packing.py", "        here = stacked.parents[index]\n",
        "        here = stacked.parents[0]\n",
        f"{STEPS} {NETWORKS} tests/observe/test_packing.py",
        "what reads one entry of a stack is wired to the first",
    ),
    Fault(
        "minigrad/drawing/layout/ops.py",
        "placed[tail].id, placed[head].id, [self._turned(*p) for p in points]",
        "placed[head].id, placed[tail].id, [self._turned(*p) for p in points]",
        OPS, "op view: edges point backwards",
    ),
    Fault(
        "minigrad/drawing/render/text.py", "        return f\"{value:#.3g}\".removesuffix(\".\")\n",
        "        return f\"{value:#.2g}\".removesuffix(\".\")\n",
        "minigrad/drawing/render/text.py tests/drawing/test_steps_view.py",
        "numbers with two digits",
    ),
    Fault(
        "minigrad/drawing/render/text.py", "html.escape(text).replace(", "text.replace(",
        "tests/drawing/test_rendering.py", "names with < and & break the label",
    ),
    Fault(
        "minigrad/drawing/layout/rolled.py",
        "return (wire.target.column or 0) - (wire.source.column or 0)",
        "return abs((wire.target.column or 0) - (wire.source.column or 0))",
        f"{ROLLED} {NETWORKS}", "rolled view: a wire from the future is one from the past",
    ),
    Fault(
        "minigrad/drawing/layout/terms.py",
        "return min(norm / most, 1.0) if norm > self.noise and most > 0 else 0.0",
        "return min(norm / most, 1.0) if most > 0 else 0.0",
        TAPS, "rounding noise has the widest tap",
    ),
    Fault(
        "minigrad/drawing/reading/names.py",
        "elif places.count(places[k]) == 1 and places[k]:", "elif not title:",
        TAPS, "weights of an encoder and a decoder are numbered",
    ),
    Fault(
        "minigrad/drawing/reading/values.py",
        "if isinstance(node, Leaf) and node.written >= read.get(node, node.key):",
        "if isinstance(node, Leaf):",
        OPS, "a weight that was changed is drawn with its value of now",
    ),
    Fault(
        "minigrad/drawing/layout/layers.py", "while pools and pools[-1][0] > mean:",
        "while pools and pools[-1][0] > mean + 20:",
        "tests/drawing/test_layout.py", "op view: boxes of one rank overlap",
    ),
    Fault(
        "minigrad/drawing/layout/ops.py", "if (head, data.get(\"slot\")) in self.wrong:",
        "if head in {op for op, _ in self.wrong}:",
        AUDITED, "an audit's picture: all operands of the op are red",
    ),
    Fault(
        "rnn/bptt/audits/picture.py", "return (wire.node, wire.target.t) in taps",
        "return wire.node in {node for node, _ in taps}",
        AUDITED, "an audit's picture: a weight that is wrong is red at all steps",
    ),
    Fault(
        "minigrad/drawing/render/svg.py", "return escape(clean(text))", "return clean(text)",
        "tests/drawing/test_svg.py", "SVG: names are not escaped",
    ),
]
