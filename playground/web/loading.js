// Loads the large files: counted as they come, and kept by the browser under their hash, so that a
// second visit downloads nothing that is the same. Where nothing may be kept (a page that is neither
// https nor localhost) the browser's own cache does what it can.

const KEPT = "minigrad.playground";

// A fetch that knows the files of the list; `told` hears the part that is there.
export async function loader(files, told) {
  const known = new Map(files.map((file) => [address(file.url), file]));
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  const kept = await globalThis.caches?.open(KEPT).catch(() => undefined);
  const plain = globalThis.fetch.bind(globalThis);
  let done = 0, last = 0;
  const add = (bytes) => {
    done += bytes;
    if (done - last > total / 100 || done === total) told((last = done) / total);
  };
  await forget(kept, known);
  return async (what, options) => {
    const url = address(what.url ?? what), file = known.get(url);
    if (!file) return plain(what, options);
    const key = `${url}?sha256=${file.sha256}`, old = await kept?.match(key);
    if (old) {
      add(file.bytes);
      return old;
    }
    const response = await plain(url, { cache: "no-cache" });    // asked whether it has changed
    if (response.ok) {
      kept?.put(key, response.clone()).catch(() => {});    // there may be no room
      count(response.clone().body.getReader(), file.bytes, add);
    }
    return response;
  };
}

const address = (url) => new URL(url, import.meta.url).href;

async function count(reader, size, add) {
  let left = size;    // of the file as it is, whatever came compressed
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    add(Math.min(piece.value.length, left));
    left -= Math.min(piece.value.length, left);
  }
  add(left);
}

// What is kept of older versions goes.
async function forget(kept, known) {
  const current = new Set([...known].map(([url, file]) => `${url}?sha256=${file.sha256}`));
  for (const request of await kept?.keys() ?? []) if (!current.has(request.url)) await kept.delete(request);
}
