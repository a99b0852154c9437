// A program in the fragment of a link: raw DEFLATE, then base64url. playground/links.py is the same.

async function through(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

export async function packed(source) {
  const bytes = await through(new TextEncoder().encode(source), new CompressionStream("deflate-raw"));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export async function unpacked(code) {
  const bytes = Uint8Array.from(atob(code.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(await through(bytes, new DecompressionStream("deflate-raw")));
}

// The fragment that opens this program, with where its knobs stand.
export async function fragment(source, knobs) {
  const parts = new URLSearchParams({ code: await packed(source) });
  for (const [name, value] of Object.entries(knobs)) parts.set(`knob.${name}`, String(value));
  return "#" + parts;
}

// What a fragment asks for: the program or the lesson, and the knobs.
export async function asked(hash) {
  const parts = new URLSearchParams(hash.replace(/^#/, ""));
  const knobs = {};
  for (const [key, value] of parts) {
    if (key.startsWith("knob.") && Number.isFinite(Number(value))) knobs[key.slice(5)] = Number(value);
  }
  const code = parts.get("code"), lesson = parts.get("lesson");
  return { lesson, knobs, source: code === null ? null : await unpacked(code) };
}
