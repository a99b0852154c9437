"use strict";
// The two sweeps as a list of moments: every op forward, the oldest first, then every op that a
// cotangent reaches, the newest first.

/** Moments: { sweep, call, taps }. taps: those that the sweep comes through at this op. */
const frames = [
  ...nodes.map((_, call) => ({ sweep: "forward", call, taps: [] })),
  ...[...nodes.keys()].filter((call) => nodes[call].gradient).reverse().map((call) => ({ sweep: "backward", call, taps: [] })),
];

/** Tap by tap, the moment of the backward sweep at which it has all that its box contributes. */
const comesAt = new Map();
frames.forEach((frame, at) => {
  if (frame.sweep !== "backward") return;
  const { mark, args } = nodes[frame.call];
  for (const tap of tapsInto.get(mark) ?? []) {
    if (args.includes(paths[tap].tail)) comesAt.set(tap, at); // the last of its uses counts
  }
});
for (const [tap, at] of comesAt) frames[at].taps.push(tap);

/** For each box, the first moment at which it has run, and at which a cotangent has come. */
const ranAt = new Map(), returnedAt = new Map();
frames.forEach(({ sweep, call }, at) => {
  const { mark, args } = nodes[call];
  if (sweep === "forward") ranAt.set(mark, at); // the last op of a box completes it
  else {
    if (!returnedAt.has(mark)) returnedAt.set(mark, at);
    for (const leaf of args) if (marks[leaf]) returnedAt.set(leaf, at); // its last use completes it
  }
});

/** For each backward arrow, the moment at which its cotangent flows: that of the op which reads what
 *  its wire carries; along the wire of a weight that of the first tap. */
const flowsAt = new Map();
{
  const readAt = new Map();
  frames.forEach(({ sweep, call }, at) => {
    if (sweep === "forward") return;
    const { mark, args } = nodes[call];
    for (const arg of args) {
      const pair = `${mark} ${typeof arg === "number" ? nodes[arg].mark : arg}`;
      if (!readAt.has(pair)) readAt.set(pair, at);
    }
  });
  for (const [id, { kind, along, tail, head }] of Object.entries(paths)) {
    if (kind !== "cotangent") continue;
    const first = () => Math.min(...tapsOf(paths[along].tail).map((tap) => comesAt.get(tap) ?? Infinity));
    flowsAt.set(id, isTap(along) ? comesAt.get(along)
      : kindOf(along) === "bus" ? first() : readAt.get(`${tail} ${head}`) ?? returnedAt.get(head));
  }
}

/** By weight: [moment, norm of the sum so far], the newest tap first. */
const growth = new Map(Object.entries(sums).map(([weight, steps]) => [
  weight, steps.map(([tap, norm]) => ({ at: comesAt.get(tap) ?? -1, norm: Number(norm), tap })),
]));
