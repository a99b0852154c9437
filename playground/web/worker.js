// Python, in a thread of its own: loads Pyodide and the wheels that files.json names, then runs
// what the page sends. Every message goes out through `post`.
import { loader } from "./loading.js";
import { loadPyodide } from "./pyodide/pyodide.mjs";

const base = new URL("./pyodide/", import.meta.url).href;
const post = (type, content = {}) => self.postMessage({ type, ...content });
let python, run;

async function start({ interrupt }) {
  const began = performance.now();
  const known = await (await fetch(new URL("./files.json", import.meta.url), { cache: "no-cache" })).json();
  self.fetch = await loader(known.files, (part) => post("progress", { part }));
  python = await loadPyodide({
    indexURL: base, packageBaseUrl: base, lockFileContents: known.lock, packages: known.packages,
  });
  post("stage", { text: "starting Python" });
  if (interrupt) python.setInterruptBuffer(interrupt);
  const source = await (await fetch(new URL("./runner.py", import.meta.url))).text();
  python.FS.mkdirTree("/home/playground");
  python.FS.writeFile("/home/playground/runner.py", source);
  run = python.runPython(`
    import sys
    sys.path.append("/home/playground")
    import minigrad, rnn, rnn.lessons
    from runner import run
    run
  `);
  post("ready", { seconds: (performance.now() - began) / 1000 });
}

const answers = {
  start,
  run({ id, source, knobs }) {
    const tell = (type, content) => post(type, { id, ...content });    // Python's keywords come as an object
    const where = python.toPy(knobs);
    try {
      const seconds = run(source, where, tell);
      post("done", { id, seconds: Math.abs(seconds), whole: seconds >= 0 });
    } finally {
      where.destroy();
    }
  },
};

self.onmessage = async ({ data }) => {
  try {
    await answers[data.type](data);
  } catch (error) {
    post("lost", { id: data.id, text: String(error?.message ?? error), fatal: Boolean(error?.pyodide_fatal_error) });
  }
};
