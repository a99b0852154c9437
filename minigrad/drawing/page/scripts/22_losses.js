"use strict";
// What losses and their kin compute. How they are differentiated stands in their records.

/** x minus its largest entry along an axis. */
const shifted = (x, axis) => { const top = np.amax(x, { axis, keepdims: true }); return np.subtract(x, np.where(np.isfinite(top), top, 0)); };
const logSum = (y, axis) => { const total = np.sum(np.exp(y), { axis, keepdims: true }); return np.log(np.where(np.equal(total, 0), 1, total)); };
const logSoftmax = (x, { axis = -1 } = {}) => { const y = shifted(x, axis); return np.subtract(y, logSum(y, axis)); };

/** An array as it is, its sum or its mean. */
const reduced = (values, { reduction = "mean" } = {}) => ({ none: (x) => x, sum: np.sum, mean: np.mean })[reduction](values);

/** -Σ q ln p over classes, from ln p: of class indices, or of a probability for each class. */
function classLoss(logs, target, weight, { ignore_index = -100, reduction = "mean", label_smoothing = 0 }) {
  const axis = logs.shape.length > 1 ? 1 : 0, classes = logs.shape[axis], after = sizeOf(logs.shape.slice(axis + 1));
  const shape = logs.shape.filter((_, k) => k !== axis), out = array(shape, new Float64Array(sizeOf(shape)));
  const indices = String(target.shape) !== String(logs.shape), cost = (c) => (weight ? weight.data[c] : 1);
  let counted = 0;
  for (let k = 0; k < out.data.length; k++) {
    const first = Math.floor(k / after) * classes * after + (k % after), own = target.data[k];
    if (indices && own === ignore_index) continue;
    counted += indices ? cost(own) : 1;
    for (let c = 0; c < classes; c++) {
      const given = indices ? Number(c === own) : target.data[first + c * after];
      const q = ((1 - label_smoothing) * given + label_smoothing / classes) * cost(c);
      if (q !== 0) out.data[k] -= q * logs.data[first + c * after];
    }
  }
  if (reduction === "none") return out;
  return reduction === "sum" ? np.sum(out) : np.divide(np.sum(out), counted);
}

const weighted = (values, weight) => (weight ? np.multiply(values, weight) : values);
const one = (x) => np.subtract(1, x);
const atLeast = (x) => np.maximum(np.log(x), -100);
const tail = (x) => np.log1p(np.exp(np.negative(np.absolute(x)))); // what ln(1 + eˣ) is more than max(x, 0)

const LOSSES = {
  softmax: (x, params) => np.exp(logSoftmax(x, params)), log_softmax: logSoftmax,
  logsumexp: (x, { axis = null, keepdims = false } = {}) => {
    const top = np.amax(x, { axis, keepdims: true }), low = np.where(np.isfinite(top), top, 0);
    return np.sum(np.add(np.log(np.sum(np.exp(np.subtract(x, low)), { axis, keepdims: true })), low), { axis, keepdims });
  },
  softplus: (x, beta) => { const z = np.multiply(x, beta ?? 1); return np.divide(np.add(np.maximum(z, 0), tail(z)), beta ?? 1); },
  logsigmoid: (x) => np.subtract(np.minimum(x, 0), tail(x)),
  cross_entropy: (x, target, weight, params) => classLoss(logSoftmax(x, { axis: x.shape.length > 1 ? 1 : 0 }), asArray(target), weight, params),
  nll_loss: (x, target, weight, params) => classLoss(x, asArray(target), weight, params),
  mse_loss: (x, y, params) => reduced(np.square(np.subtract(x, y)), params),
  l1_loss: (x, y, params) => reduced(np.absolute(np.subtract(x, y)), params),
  huber_loss: (x, y, delta, params) => {
    const apart = np.absolute(np.subtract(x, y)), near = np.minimum(apart, delta);
    return reduced(np.multiply(near, np.subtract(apart, np.multiply(0.5, near))), params);
  },
  binary_cross_entropy: (p, t, weight, params) =>
    reduced(weighted(np.negative(np.add(np.multiply(t, atLeast(p)), np.multiply(one(t), atLeast(one(p))))), weight), params),
  binary_cross_entropy_with_logits: (x, t, weight, positive, params) =>
    reduced(weighted(np.add(np.multiply(one(t), np.add(np.maximum(x, 0), tail(x))), weighted(np.multiply(t, np.add(np.maximum(np.negative(x), 0), tail(x))), positive)), weight), params),
  kl_div: (x, target, { reduction = "mean", log_target = false } = {}) => {
    const t = log_target ? np.exp(target) : target, logs = log_target ? target : np.log(np.where(np.equal(t, 0), 1, t));
    const values = np.multiply(t, np.subtract(logs, x));
    return reduction === "batchmean" ? np.divide(np.sum(values), values.shape[0]) : reduced(values, { reduction });
  },
  linear: (x, weight, bias) => { const y = matmul(x, transpose(weight)); return bias ? np.add(y, bias) : y; },
  dropped: (x, keep, { scale }) => np.multiply(np.where(keep, x, 0), scale),
  standardize: (x, { axis, eps = 1e-5 }) => {
    const y = np.subtract(x, np.mean(x, { axis, keepdims: true }));
    return np.divide(y, np.sqrt(np.add(np.mean(np.square(y), { axis, keepdims: true }), eps)));
  },
};
