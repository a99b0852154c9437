"""Calls of methods and functions as PyTorch writes them, with what PyTorch 2.13 made of them.

The same text is evaluated on tensors of minigrad and of PyTorch. `pytorch_numbers.txt` holds what
PyTorch gave, so that the comparison needs none: a line for each call, with the shape, dtype and a
weighted sum of each result, and of each gradient of that sum ("none": PyTorch has no gradient).
`test_methods_peers.py` compares with PyTorch itself; run as a program it writes the file anew.
"""

from pathlib import Path

import numpy as np

NUMBERS = Path(__file__).with_name("pytorch_numbers.txt")


def _draw(k, *shape):
    """Numbers from -2 to 2 that look random and are the same everywhere."""
    n = int(np.prod(shape))
    return np.round(2 * np.sin(np.arange(1, n + 1) ** 2 * (k + 0.7)), 3).reshape(shape)


X = _draw(1, 3, 4)
ARRAYS = {
    "x": X, "y": _draw(2, 3, 4), "cube": _draw(3, 2, 3, 4), "v": _draw(4, 4), "w": _draw(5, 3),
    "zero": np.array(2.5), "empty": X[:0], "pos": 0.5 + _draw(6, 3, 4) / 5,
    "square": _draw(7, 3, 3) + 3 * np.eye(3), "stack": _draw(8, 2, 3, 3) + 4 * np.eye(3),
    "one": X[:1], "batch": _draw(9, 2, 4, 5), "three": _draw(10, 4, 3),
    "ties": np.array([[2.0, 1.0, 2.0, 1.0], [0.0, 0.0, 0.0, 0.0], [3.0, 1.0, 2.0, 3.0]]),
    "holes": np.array([[2.0, np.nan, 1.0, 5.0], [np.nan, 3.0, np.nan, 4.0]]),
}
CONSTANTS = {
    "i": np.array([2, 0]), "j": np.array([[0, 2, 1, 2], [1, 1, 0, 0]]), "k": np.array([[1], [3]]),
    "m": X > 0, "row": np.array([True, False, True, True]),
    "n": np.array([[3, -5, 2, 0], [1, 1, -4, 3], [5, 5, -2, -2]]), "d": np.array([2, -3, 3, -2]),
    "sgn": np.where(X > 0.3, 1.0, -1.0), "classes": np.array([3, 0, 2]),
}

CALLS = """
x.sort() | x.sort(0) | x.sort(-2, True) | x.sort(dim=0, descending=True) | cube.sort(1)
zero.sort() | ties.sort(stable=True) | ties.sort(dim=-1, descending=True, stable=True)
empty.sort() | holes.sort() | holes.sort(descending=True) | x.argsort() | x.argsort(0, True)
x.argsort(dim=1) | x.msort() | cube.msort() | x.topk(2) | x.topk(2, 0) | x.topk(3, -1, False)
x.topk(1, dim=0, largest=False) | x.topk(0) | x.topk(4) | holes.topk(2)
holes.topk(2, largest=False) | zero.topk(1) | x.kthvalue(2) | x.kthvalue(1, 0)
x.kthvalue(3, -1, True) | x.kthvalue(2, dim=0, keepdim=True) | zero.kthvalue(1)
zero.kthvalue(1, 0, True) | x.median() | x.median(0) | x.median(1) | x.median(-1, True)
x.median(dim=0, keepdim=True) | holes.median() | zero.median() | zero.median(0) | cube.median()
cube.median(1) | ties.median() | holes.nanmedian() | holes.nanmedian(1) | x.nanmedian(dim=0)
x.mode() | ties.mode() | ties.mode(0) | ties.mode(-1, True) | n.mode(0) | x.max() | x.max(dim=1)
x.max(0, True) | x.max(dim=0, keepdim=True) | ties.max(dim=1) | holes.max(dim=1) | x.min()
x.min(dim=1) | x.min(-1, True) | ties.min(dim=1) | holes.min(dim=0) | ties.max() | zero.max(dim=0)
x.aminmax() | x.aminmax(dim=0) | x.aminmax(dim=1, keepdim=True) | x.amax(0) | x.amax((0, 1))
x.amax(dim=(0, 1), keepdim=True) | x.amin(1, True) | ties.amax(1) | x.amax([0]) | x.cummax(0)
x.cummax(dim=1) | ties.cummax(1) | holes.cummax(1) | x.cummin(-1) | ties.cummin(0)
zero.cummax(0) | x.argmax() | x.argmax(0) | x.argmax(1, True) | x.argmin(dim=1, keepdim=True)
x.quantile(0.3) | x.quantile(0.3, 0) | x.quantile(0.3, 1, True)
x.quantile(0.5, dim=0, keepdim=True) | x.quantile(0.4, interpolation='lower')
holes.nanquantile(0.4, 1) | x.sum() | x.sum(0) | x.sum(1, True) | x.sum((0, 1)) | x.sum([0, 1])
x.sum(dim=[0], keepdim=True) | x.sum(dim=()) | x.mean(1, True) | x.mean([0, 1]) | x.mean(dim=-1)
x.prod() | x.prod(1, True) | x.prod(dim=0) | x.all(1, True) | x.any(dim=0) | x.logsumexp(1)
x.logsumexp(1, True) | x.logsumexp((0, 1)) | x.logsumexp(dim=[0, 1], keepdim=True)
holes.nansum() | holes.nansum(1, True) | holes.nansum(dim=0) | holes.nanmean(1)
holes.nanmean(dim=0, keepdim=True) | n.count_nonzero() | n.count_nonzero(dim=1) | x.std(dim=0)
x.std(dim=(0, 1)) | x.std(dim=1, keepdim=True) | x.std(dim=1, correction=0) | x.std(0, False)
x.std(1, True, True) | x.std(unbiased=False) | x.std(dim=0, unbiased=False) | x.std(False)
x.std(True) | x.std(dim=None) | x.var(dim=0) | x.var(dim=0, correction=2) | x.var(1, True)
x.var(unbiased=True) | x.norm() | x.norm(1) | x.norm(2) | x.norm(p=1) | x.norm(p=3, dim=0)
x.norm(1, 0) | x.norm(1, (0, 1)) | x.norm(float('inf')) | x.norm(-float('inf'), 1) | x.norm('fro')
x.norm('fro', (0, 1)) | x.norm('nuc') | x.norm('nuc', (1, 0), True) | cube.norm('nuc', dim=(0, 2))
x.norm(0) | x.norm(2, 1, True) | zero.norm() | x.norm(p=2, dim=-1, keepdim=True)
cube.norm(2, (1, 2)) | cube.norm(1) | x.norm(dim=0) | x.norm(0.5) | x.dist(y) | x.dist(y, 1)
x.dist(v, p=3) | x.renorm(2, 0, 1.0) | x.renorm(1, 1, 0.5) | cube.renorm(2, 1, 9.0) | x.flatten()
cube.flatten(1) | cube.flatten(0, 1) | cube.flatten(start_dim=-2) | zero.flatten()
x.unflatten(1, (2, 2)) | x.unflatten(-1, (2, -1)) | x.unflatten(dim=1, sizes=(1, 4))
x.squeeze(dim=0) | one.squeeze(dim=0) | one.squeeze(dim=(0, 1)) | one.squeeze() | one.squeeze(0)
x.unsqueeze(0) | x.unsqueeze(-1) | x.unsqueeze(dim=1) | x.transpose(dim0=0, dim1=1)
x.transpose(1, 0) | cube.swapaxes(0, 2) | cube.swapdims(dim0=0, dim1=-1) | cube.permute(2, 0, 1)
cube.permute((2, 0, 1)) | cube.permute(dims=(1, 0, 2)) | cube.movedim(0, -1)
cube.movedim((0, 1), (1, 2)) | cube.moveaxis(0, 1) | x.t() | v.t() | cube.mT | x.H | cube.mH
cube.adjoint() | x.flip(0) | x.flip(0, 1) | x.flip((0, 1)) | x.flip(dims=(1,)) | x.flip([-1])
x.fliplr() | x.flipud() | x.roll(1, 0) | x.roll((1, 2), (0, 1)) | x.roll(shifts=2, dims=1)
x.roll(3) | x.rot90() | x.rot90(1, (1, 0)) | cube.rot90(-1, dims=(0, 2)) | x.rot90(k=2)
x.tile(2, 1) | x.tile((2, 3)) | v.tile(2, 2) | x.tile(dims=(2, 1, 1)) | x.repeat_interleave(2)
x.repeat_interleave(2, 1) | x.repeat_interleave(2, dim=0) | x.view(2, 6) | x.view(-1)
x.view((4, 3)) | x.view(size=(4, 3)) | x.reshape(shape=(2, 6)) | x.reshape(2, -1) | v.expand(3, 4)
x.expand(2, -1, -1) | x.expand(size=(2, 3, 4)) | v.expand_as(x) | v.broadcast_to((2, 4))
x.chunk(2) | x.chunk(3, 1) | x.chunk(2, dim=1) | x.split(2) | x.split([1, 3], 1)
x.split(2, dim=1) | x.tensor_split(2) | x.tensor_split(3, 1) | x.tensor_split((1, 3), dim=1)
x.unbind(1) | x.unbind(dim=0) | v.unfold(0, 2, 1) | x.unfold(1, 3, 1) | cube.unfold(1, 2, 1)
cube.unfold(-1, 2, 2) | x.hsplit(2) | x.vsplit(3) | cube.sum_to_size(3, 1)
cube.sum_to_size((3, 4)) | v.diag() | v.diag(1) | v.diag(diagonal=-1) | x.diag() | square.diag(1)
v.diag_embed() | x.diag_embed(1) | x.diag_embed(-1, 0, 2) | x.diag_embed(dim1=0, dim2=1)
square.diagonal() | cube.diagonal(0, 1, 2) | cube.diagonal(offset=1, dim1=-2, dim2=-1)
square.trace() | x.tril() | x.tril(-1) | x.triu(diagonal=1) | v.diagflat(1) | x.take(i)
x.take_along_dim(j, 0) | x.take_along_dim(j, dim=0) | x.take_along_dim(j)
x.take_along_dim(x.argsort(1), 1) | x.take_along_dim(k[:1], 1) | x.gather(0, j)
x.gather(dim=0, index=j) | x.index_select(0, i) | x.index_select(dim=1, index=i)
x.index_add(0, i, y[:2]) | x.index_add(0, i, y[:2], alpha=2)
x.index_add(dim=1, index=i, source=y[:, :2]) | cube.index_add(1, i, cube[:, 1:])
x.index_copy(0, i, y[:2]) | x.index_copy(-1, i, y[:, :2]) | x.index_fill(0, i, 3.0)
x.index_fill(1, i, zero) | x.index_fill(dim=1, index=i, value=1) | x.scatter(0, j, y[:2])
x.scatter(1, k, 1.5) | x.scatter(1, k, y[:2, :1]) | x.scatter(dim=1, index=k, src=y[:2, :1])
x.scatter(1, k, value=2.0) | x.scatter(1, k, 2.0, reduce='add')
x.scatter(1, k, 2.0, reduce='multiply') | x.scatter_add(0, j, y[:2])
x.scatter_add(dim=0, index=j, src=y[:2]) | x.scatter_reduce(0, j, y[:2], 'sum')
x.scatter_reduce(0, j, y[:2], 'mean') | x.scatter_reduce(0, j, y[:2], 'amax')
x.scatter_reduce(0, j, y[:2], 'amin') | x.scatter_reduce(0, j, y[:2], 'prod')
ties.scatter_reduce(0, j, ties[:2], 'amax')
x.scatter_reduce(0, j, y[:2], 'sum', include_self=False)
x.scatter_reduce(0, j, y[:2], 'mean', include_self=False)
x.scatter_reduce(0, j, y[:2], 'amax', include_self=False)
x.scatter_reduce(0, j, y[:2], 'prod', include_self=False)
x.scatter_reduce(0, j, ties[:2], 'amin', include_self=False) | x.masked_fill(m, 2.0)
x.masked_fill(row, zero) | x.masked_select(m) | x.masked_select(row) | v.masked_select(m)
x.masked_scatter(m, y) | x.masked_scatter(row, y) | x.index_put((i,), zero)
x.index_put((i, i), v[:2]) | x.index_put((i, i), v[:2], True)
x.index_put(indices=(i, i), values=v[:2]) | x.narrow(1, 1, 2) | x.narrow(0, -2, 1)
x.narrow(dim=1, start=0, length=0) | x.select(0, 1) | x.select(1, -1) | x.select_scatter(v, 0, 1)
x.select_scatter(w, dim=1, index=-1) | x.slice_scatter(y[:, :2], 1, 1, 3)
x.slice_scatter(y[:2], end=2) | x.slice_scatter(y[:, ::2], dim=1, step=2) | x.where(m, y)
x.where(row, zero) | x.add(y) | x.add(y, alpha=2) | x.add(1, alpha=0.5) | x.add(other=y)
x.sub(y, alpha=3) | x.subtract(y) | x.mul(y) | x.mul(other=2) | x.multiply(y) | x.div(y)
x.div(pos, rounding_mode='floor') | x.divide(y) | x.div(pos, rounding_mode='trunc')
n.div(d, rounding_mode='trunc') | n.div(d, rounding_mode='floor') | x.true_divide(y)
x.lerp(y, 0.3) | x.lerp(y, pos) | x.lerp(end=y, weight=0.25) | x.lerp(v, zero) | x.addcmul(y, pos)
x.addcmul(y, v, value=0.5) | x.addcdiv(y, pos) | x.addcdiv(y, pos, value=-2) | v.addmm(square, x)
x.addmm(square, y, beta=0.5, alpha=2) | w.addmv(x, v) | w.addmv(x, v, beta=2, alpha=3)
x.addr(w, v) | x.addr(w, v, beta=0.5, alpha=2) | batch.bmm(batch.mT)
batch.baddbmm(batch @ batch.mT, batch) | batch[0].addbmm(batch @ batch.mT, batch, beta=0.5)
x.matmul(v) | x.mm(three) | x.mv(v) | v.dot(v) | v.outer(w) | v.ger(w) | v.inner(v) | v.vdot(v)
v.kron(w) | square.matrix_power(3) | square.matrix_power(-2) | square.det() | stack.det()
stack.logdet() | stack.slogdet() | square.inverse() | stack.inverse() | x.pinverse() | square.qr()
x.mT.qr() | stack.cross(stack.flip(0)) | square.cross(square.t()) | w.cross(w.flip(0))
stack.cross(stack.mT, dim=-1) | x.cov() | v.cov() | x.cov(correction=0) | x.corrcoef()
x.clamp(-0.5, 0.5) | x.clamp(min=0.0) | x.clamp(max=zero) | x.clamp_min(0.1) | x.clamp_max(0.1)
x.clip(0, 1) | x.clamp_min(v) | x.clamp(v, v + 1) | ties.clamp(1.0, 2.0) | pos.logit()
pos.logit(0.3) | pos.logit(eps=1e-3) | pos.rsqrt() | x.frac() | x.sgn() | x.sign() | x.fix()
x.trunc() | pos.xlogy(pos) | ties.xlogy(pos) | x.xlogy(2.0) | x.sinc() | x.deg2rad() | x.rad2deg()
x.erf() | x.erfc() | pos.acos() | pos.asin() | x.atan() | x.asinh() | (pos + 1).acosh()
pos.atanh() | x.atan2(y) | x.hypot(y) | x.arctan2(y) | x.fmod(w[:, None]) | x.remainder(w[:, None])
x.remainder(0.7) | x.fmod(-0.7) | x.floor_divide(pos) | x.logaddexp(y) | x.logaddexp2(y)
x.copysign(y) | pos.pow(x) | x.pow(2) | x.pow(exponent=3) | pos.float_power(2) | x.heaviside(y)
x.maximum(y) | x.minimum(y) | x.fmax(y) | x.fmin(y) | x.abs() | x.absolute() | x.neg()
x.negative() | x.positive() | x.square() | pos.sqrt() | x.exp() | x.exp2() | x.expm1() | pos.log()
pos.log2() | pos.log10() | pos.log1p() | pos.reciprocal() | x.sigmoid() | x.tanh() | x.relu()
x.cosh() | x.tan() | x.round() | x.round(decimals=1) | x.softmax(1) | x.softmax(dim=0)
x.softmax(-1, dtype=F32) | x.log_softmax(1) | x.log_softmax(dim=-1) | x.cumsum(0)
x.cumsum(dim=1) | x.cumprod(1) | x.cumprod(dim=0) | x.diff() | x.diff(2, 0) | x.diff(n=1, dim=0)
x.nan_to_num() | holes.nan_to_num(0.5) | holes.nan_to_num(nan=2.0) | n.eq(1) | x.eq(y)
x.gt(other=y) | x.isclose(y) | x.isnan() | x.logical_not() | x.logical_and(y) | n.bitwise_and(d)
n.bitwise_not() | x.histc(5) | x.histc(4, -1, 1) | x.argwhere() | x.nonzero(as_tuple=True)
x.nonzero(as_tuple=False) | x.equal(y) | x.allclose(x) | n.gcd(d) | n.lcm(d) | x.type_as(n)
x.to(n) | x.to(F32) | x.to(dtype=F32) | x.to('cpu') | x.cpu() | x.short() | x.float() | x.double()
x.new_zeros(2, 3) | x.new_ones((2,)) | x.new_full((2,), 3.0) | x.new_tensor([1, 2])
x.new_zeros(2, dtype=F32) | x.numel() | x.dim() | x.ndimension() | x.element_size()
x.is_floating_point() | x.is_contiguous() | pos.svd()[1] | x.svd()[1] | F.hardshrink(x)
F.hardshrink(x, 1.0) | F.softshrink(x) | F.softshrink(x, lambd=0.2) | F.tanhshrink(x)
F.threshold(x, 0.1, 20.0) | F.hardswish(3 * x) | F.prelu(x, w[:1]) | F.prelu(x, v)
F.prelu(cube, w) | F.prelu(v, w[:1]) | F.group_norm(batch, 2) | F.group_norm(batch, 4, v, v)
F.group_norm(x, 1) | F.instance_norm(batch) | F.instance_norm(batch, weight=v, bias=v)
F.instance_norm(batch, v.detach(), pos[0].detach(), use_input_stats=False) | F.rms_norm(x, (4,))
F.rms_norm(cube, (3, 4), x) | F.rms_norm(x, (4,), v, 1e-3) | F.pairwise_distance(x, y)
F.pairwise_distance(x, y, 1.0, 0.0, True) | F.pairwise_distance(x, v, p=3)
F.cosine_similarity(x, v) | F.cosine_similarity(x, w[:, None]) | F.cosine_similarity(x, y, dim=0)
F.normalize(x) | F.normalize(cube, p=1.0, dim=(1, 2)) | F.hardtanh(x, 1.0, 1.0)
F.hinge_embedding_loss(pos, sgn) | F.hinge_embedding_loss(x, sgn, 0.3, reduction='none')
F.margin_ranking_loss(x, y, sgn) | F.margin_ranking_loss(x, y, sgn, margin=0.5, reduction='sum')
F.cosine_embedding_loss(x, y, sgn[:, 0])
F.cosine_embedding_loss(x, y, sgn[:, 1], 0.1, reduction='none') | F.triplet_margin_loss(x, y, pos)
F.triplet_margin_loss(x, y, pos, 2.0, 1.0, swap=True, reduction='none')
F.soft_margin_loss(x, sgn) | F.soft_margin_loss(x, sgn, reduction='none')
F.multi_margin_loss(x, classes)
F.multi_margin_loss(x, classes, p=2, margin=0.5, reduction='none')
F.multi_margin_loss(x, classes, weight=v.detach()) | F.multi_margin_loss(v, classes[0])
F.multilabel_soft_margin_loss(x, pos) | F.multilabel_soft_margin_loss(x, pos, v, reduction='none')
F.poisson_nll_loss(x, pos) | F.poisson_nll_loss(pos, 3 * pos, False)
F.poisson_nll_loss(x, 3 * pos.detach(), full=True, reduction='sum')
F.gaussian_nll_loss(x, y, pos) | F.gaussian_nll_loss(x, y, w.abs(), full=True, reduction='none')
F.gaussian_nll_loss(x, y, pos, eps=0.5) | F.pad(x, (1, 2)) | F.pad(x, (1, -1, 0, 2), value=3.0)
F.pad(x, (-1, -1)) | F.pad(cube, (2, 1), 'reflect') | F.pad(cube, (2, 1), mode='replicate')
F.pad(cube, (2, 1), 'circular') | F.max_pool1d(batch, 2) | F.max_pool1d(batch, 3, 1, 1)
F.max_pool1d(batch, 2, 1, dilation=2) | F.max_pool1d(batch[0], 2, stride=1)
F.avg_pool1d(batch, 2) | F.avg_pool1d(batch, 3, 2, 1)
F.avg_pool1d(batch, (3,), 1, 1, count_include_pad=False) | F.avg_pool1d(batch[1], 2, 1)
F.scaled_dot_product_attention(batch, batch, batch)
F.scaled_dot_product_attention(batch[:, :2], batch, batch[..., :3], scale=0.3)
F.scaled_dot_product_attention(batch, batch, batch, is_causal=True)
F.scaled_dot_product_attention(batch, batch, batch, square.new_zeros(4, 4) + v)
F.scaled_dot_product_attention(batch[:, :3], batch, batch, m)
F.bilinear(x, w[:, None], cube.permute(1, 2, 0)[..., :1])
F.bilinear(x, y, batch[:1, :, :4], w[:1]) | F.softmax(x, 1) | F.softmax(empty, 0)
F.softmax(x[:, :0], 1) | F.log_softmax(x[:, :0], -1) | F.logsumexp(x, 1)
F.logsumexp(x, (0, 1), True) | F.topk(input=x, k=2, dim=1) | F.cat([x, y], 1)
F.cat((x, y), dim=-1) | F.cdist(cube, cube[:, :1] + 1) | F.cdist(x, y) | F.cdist(x, y, p=1.0)
F.cdist(x, x) | F.lerp(x, y, 0.5) | F.masked_select(x, m) | F.take_along_dim(x, k[:1], 1)
F.flatten(cube, 1)
x.lgamma() | x.digamma() | x.polygamma(1) | F.polygamma(2, x) | F.lgamma(pos) | F.digamma(pos)
y.lgamma() | y.polygamma(0) | (2 * pos - 1).erfinv() | F.erfinv(input=pos) | x.logcumsumexp(1)
cube.logcumsumexp(dim=0) | F.logcumsumexp(x, dim=-1) | zero.logcumsumexp(0)
(stack @ stack.mT).cholesky() | (square @ square.T).cholesky(upper=True) | square.lu() | stack.lu()
x.lu() | three.lu() | batch.lu() | square.matrix_exp() | stack.matrix_exp()
(3 * stack).matrix_exp()
w.reshape(3, 1).triangular_solve(square) | x.triangular_solve(square, upper=False)
x.triangular_solve(square, transpose=True) | x.triangular_solve(square, False, True)
stack.triangular_solve(stack, unitriangular=True) | ties.detach().unique() | n.unique(dim=0)
n.unique(return_inverse=True, return_counts=True) | n.unique(True, False, True) | d.stride()
cube.stride() | x.stride(0) | x.T.stride() | cube[:, ::2].stride(-2)
"""
CALLS = [call for line in CALLS.strip().splitlines() for call in line.split(" | ")]


def run(call, tensor, dtype, functional, float32):
    """The leaves and the result of a call; tensor(array, requires_grad) makes a leaf."""
    leaves = {name: tensor(a.astype(dtype), True) for name, a in ARRAYS.items()}
    fixed = {
        name: tensor(a.astype(dtype) if a.dtype.kind == "f" else a, False)
        for name, a in CONSTANTS.items()
    }
    return leaves, eval(call, {**leaves, **fixed, "F": functional, "F32": float32})


def parts(result):
    """The results as a list."""
    return list(result) if isinstance(result, tuple | list) else [result]


def weights(shape, dtype):
    """What a sum is weighted with, the same everywhere."""
    n = int(np.prod(shape))
    return np.cos(np.arange(1.0, n + 1)).reshape(shape).astype(dtype)


def summary(results, gradients):
    """A line of text: of each result shape, dtype and weighted sum, and the sums of gradients."""
    words = []
    for y in results:
        if hasattr(y, "shape"):
            total = np.nansum(weights(y.shape, float) * y.astype(float))
            shape = ",".join(map(str, y.shape)) or "-"
            words.append(f"{shape}:{y.dtype}:{total:.10g}:{np.isnan(y.astype(float)).sum()}")
        else:
            words.append(repr(y))
    if gradients is None:
        return " ".join([*words, "none"])
    for name, g in gradients.items():
        if np.any(g):
            total = np.nansum(weights(g.shape, float) * g)
            words.append(f"{name}={total:.10g}:{np.isnan(g).sum()}")
    return " ".join(words)


def alike(found, wanted, rtol):
    """Whether two summaries are equal but for rounding."""
    a, b = found.replace("=", ":").split(), wanted.replace("=", ":").split()
    return len(a) == len(b) and all(
        _close(x, y, rtol) for p, q in zip(a, b, strict=True)
        for x, y in zip(p.split(":"), q.split(":"), strict=True)
    )


def _close(x, y, rtol):
    try:
        return abs(float(x) - float(y)) <= rtol * (1 + abs(float(y)))
    except ValueError:
        return x == y
