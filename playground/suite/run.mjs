// Runs the suite in Pyodide under node: the built wheel unchanged, and the tests beside it.
//     node playground/suite/run.mjs [folders, and options of pytest]
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const built = path.join(root, "build", "playground"), files = path.join(root, "build", "pyodide");
const { loadPyodide } = await import(path.join(files, "pyodide.mjs"));
const { lock } = JSON.parse(fs.readFileSync(path.join(built, "files.json"), "utf8"));

const python = await loadPyodide({ indexURL: files, lockFileContents: { info: lock.info, packages: {} } });
const bytes = (...parts) => new Uint8Array(fs.readFileSync(path.join(...parts)));
const pinned = JSON.parse(fs.readFileSync(path.join(root, "playground", "lock.json"), "utf8")).files;
const ours = fs.readdirSync(path.join(built, "pyodide")).filter((name) => name.startsWith("minigrad_bptt-"));
const wheels = [...Object.keys(pinned).filter((name) => name.endsWith(".whl")).map((name) => bytes(files, name)), ...ours.map((name) => bytes(built, "pyodide", name))];
const site = python.runPython("import site; site.getsitepackages()[0]");
for (const wheel of wheels) python.unpackArchive(wheel, "wheel", { extractDir: site });

function copy(from, to) {
  python.FS.mkdirTree(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== "__pycache__") copy(path.join(from, entry.name), `${to}/${entry.name}`);
    else if (entry.isFile()) python.FS.writeFile(`${to}/${entry.name}`, bytes(from, entry.name));
  }
}
for (const folder of ["tests", "examples", "benchmarks"]) copy(path.join(root, folder), `/suite/${folder}`);
copy(path.join(root, "playground", "suite"), "/suite");
python.FS.writeFile("/suite/pyproject.toml", bytes(root, "pyproject.toml"));

const write = (text) => process.stdout.write(text + "\n");
python.setStdout({ batched: write });
python.setStderr({ batched: write });
python.globals.set("asked", python.toPy(process.argv.slice(2)));
process.exitCode = python.runPython(`
    import importlib, os, sys
    importlib.invalidate_caches()
    os.chdir("/suite")
    os.environ["CI"] = "true"
    sys.path.insert(0, "/suite")
    import plugin, pytest
    where = [] if any(word.startswith("tests") for word in asked) else plugin.LIST["run"]
    int(pytest.main([*plugin.OPTIONS, *where, *asked], plugins=[plugin]))
`);
