"""The JavaScript of a page without a browser: its small tape, run by node."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from minigrad.drawing import page

SCRIPTS = ["20_arrays.js", "21_index.js", "22_losses.js", "23_functions.js", "25_tape.js"]


def answers(program, data="{}", records="const RECORDS = [];"):
    """What a program prints as JSON, run after the page's scripts for arrays and the tape."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on the PATH")
    folder = page.__path__[0]
    scripts = [Path(folder, "scripts", name).read_text("utf-8") for name in SCRIPTS]
    text = "\n".join([f"const data = {data};", records, *scripts, program])
    done = subprocess.run([node, "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def reruns(text, questions):
    """What the page of a model answers to [steps, {"weights": …, "input": …}] each: the loss, the
    gradients, and their terms by step, by the names of the weights."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1]
    records = re.search(r"<script>\n(// The records.*?)</script>", text, re.DOTALL)[1]
    return answers(f"""
const asked = {json.dumps(questions)};
const id = (name) => Object.keys(data.marks).find((key) => data.marks[key].weight === name);
console.log(JSON.stringify(asked.map(([steps, {{ weights = {{}}, input }}]) => {{
  const scaled = Object.fromEntries(Object.entries(weights).map(([name, by]) => [id(name), by]));
  const run = rerun(replay.programs[steps], {{ weights: scaled, input }});
  const named = (found, plain) => Object.fromEntries(
    Object.entries(found).map(([weight, own]) => [data.marks[weight].weight, plain(own)]));
  const terms = named(run.terms, (own) => [...own].map(([t, x]) => [t, [...x.data]]));
  return {{ loss: run.loss, gradients: named(run.gradients, (g) => [...g.data]), terms }};
}})));""", found, records)
