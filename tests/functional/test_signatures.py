"""minigrad.functional: its names and how they are called are promised, whoever writes them."""

import inspect

import minigrad.functional as F
from tests.support.many import for_each

# Names, the order of parameters, what is keyword-only, and defaults.
SIGNATURES = """
addbmm(input, batch1, batch2, *, beta=1, alpha=1)
addcdiv(input, tensor1, tensor2, *, value=1)
addcmul(input, tensor1, tensor2, *, value=1)
addmm(input, mat1, mat2, *, beta=1, alpha=1)
addmv(input, mat, vec, *, beta=1, alpha=1)
addr(input, vec1, vec2, *, beta=1, alpha=1)
aminmax(input, *, dim=None, keepdim=False)
avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True)
avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None)
baddbmm(input, batch1, batch2, *, beta=1, alpha=1)
batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
    momentum=0.1, eps=1e-05)
bce(input, target, weight=None, reduction='mean')
bce_with_logits(input, target, weight=None, reduction='mean', pos_weight=None)
bilinear(input1, input2, weight, bias=None)
binary_cross_entropy(input, target, weight=None, reduction='mean')
binary_cross_entropy_with_logits(input, target, weight=None, reduction='mean', pos_weight=None)
cat(tensors, dim=0)
cdist(x1, x2, p=2)
celu(input, alpha=1.0)
clamp_max(input, max)
clamp_min(input, min)
conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)
cosine_embedding_loss(input1, input2, target, margin=0.0, reduction='mean')
cosine_similarity(x1, x2, dim=1, eps=1e-08)
cross_entropy(input, target, weight=None, ignore_index=-100, reduction='mean', label_smoothing=0.0)
ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction='mean',
    zero_infinity=False)
cummax(input, dim)
cummin(input, dim)
diag_embed(input, offset=0, dim1=-2, dim2=-1)
digamma(input)
dist(input, other, p=2)
dropout(input, p=0.5, training=True, rng=None)
elu(input, alpha=1.0)
embedding(input, weight, padding_idx=None)
erf(input)
erfc(input)
erfinv(input)
fft(real, imag=0.0, n=None, axis=-1, norm=None)
flatten(input, start_dim=0, end_dim=-1)
frac(input)
gather(input, dim, index)
gaussian_nll_loss(input, target, var, full=False, eps=1e-06, reduction='mean')
gelu(input, approximate='none')
glu(input, dim=-1)
group_norm(input, num_groups, weight=None, bias=None, eps=1e-05)
gumbel_softmax(logits, tau=1.0, hard=False, dim=-1, rng=None)
hardshrink(input, lambd=0.5)
hardsigmoid(input)
hardswish(input)
hardtanh(input, min_val=-1.0, max_val=1.0)
hinge_embedding_loss(input, target, margin=1.0, reduction='mean')
huber(input, target, reduction='mean', delta=1.0)
huber_loss(input, target, reduction='mean', delta=1.0)
ifft(real, imag=0.0, n=None, axis=-1, norm=None)
index_add(input, dim, index, source, *, alpha=1)
index_copy(input, dim, index, source)
index_fill(input, dim, index, value)
index_put(input, index, value, accumulate=False)
index_select(input, dim, index)
instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
    use_input_stats=True, momentum=0.1, eps=1e-05)
interpolate(input, size=None, scale_factor=None, mode='nearest', align_corners=None,
    recompute_scale_factor=None)
irfft(real, imag=0.0, n=None, axis=-1, norm=None)
kl_div(input, target, reduction='mean', log_target=False)
kthvalue(input, k, dim=-1, keepdim=False)
l1(input, target, reduction='mean')
l1_loss(input, target, reduction='mean')
layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05)
leaky_relu(input, negative_slope=0.01)
lerp(input, end, weight)
lgamma(input)
linear(input, weight, bias=None)
log_softmax(input, dim=-1, dtype=None)
logcumsumexp(input, dim)
logdet(input)
logit(input, eps=None)
logsigmoid(input)
logsumexp(input, dim=None, keepdim=False)
lu(A, *, pivot=True)
margin_ranking_loss(input1, input2, target, margin=0.0, reduction='mean')
masked_fill(input, mask, value)
masked_scatter(input, mask, source)
masked_select(input, mask)
matrix_exp(input)
max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False)
max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False)
mish(input)
mode(input, dim=-1, keepdim=False)
mse(input, target, reduction='mean')
mse_loss(input, target, reduction='mean')
msort(input)
multi_margin_loss(input, target, p=1, margin=1.0, weight=None, reduction='mean')
multilabel_soft_margin_loss(input, target, weight=None, reduction='mean')
narrow(input, dim, start, length)
nll(input, target, weight=None, ignore_index=-100, reduction='mean')
nll_loss(input, target, weight=None, ignore_index=-100, reduction='mean')
normalize(input, p=2.0, dim=1, eps=1e-12)
one_hot(tensor, num_classes=-1, dtype=<class 'numpy.int64'>)
orthogonality_penalty(weight)
pad(input, pad, mode='constant', value=None)
pairwise_distance(x1, x2, p=2.0, eps=1e-06, keepdim=False)
poisson_nll_loss(input, target, log_input=True, full=False, eps=1e-08, reduction='mean')
polygamma(n, input)
prelu(input, weight)
relu(input)
relu6(input)
renorm(input, p, dim, maxnorm)
repeat_interleave(input, repeats, dim=None, *, output_size=None)
rfft(x, n=None, axis=-1, norm=None)
rms_norm(input, normalized_shape, weight=None, eps=None)
rsqrt(input)
scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False,
    scale=None, rng=None)
scatter(input, dim, index, src=None, *, value=None, reduce=None)
scatter_add(input, dim, index, src)
scatter_reduce(input, dim, index, src, reduce, *, include_self=True)
selu(input)
sigmoid(input)
silu(input)
smooth_l1(input, target, reduction='mean', beta=1.0)
smooth_l1_loss(input, target, reduction='mean', beta=1.0)
soft_margin_loss(input, target, reduction='mean')
softmax(input, dim=-1, dtype=None)
softmin(input, dim=-1, dtype=None)
softplus(input, beta=1.0, threshold=None)
softshrink(input, lambd=0.5)
softsign(input)
solve_triangular(A, B, *, upper, left=True, unitriangular=False)
spectral_norm_penalty(weight, limit=1.0)
take_along_dim(input, indices, dim=None)
tanh(input)
tanhshrink(input)
tensor_split(input, indices_or_sections, dim=0)
threshold(input, threshold, value)
topk(input, k, dim=-1, largest=True, sorted=True)
triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False,
    reduction='mean')
unbind(x, /, axis=0)
unflatten(input, dim, sizes)
xlogy(input, other)
"""


def _plain(function):
    """The signature without annotations."""
    parameters = [
        p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()
    ]
    return str(inspect.Signature(parameters))


LINES = SIGNATURES.replace(",\n    ", ", ").strip().splitlines()


@for_each(LINES)
def test_signatures_stay(line):
    """A call that was right stays right: no parameter is renamed, moved, or has another default."""
    name = line.partition("(")[0]
    assert name + _plain(getattr(F, name)) == line
    assert name in F.__all__


def test_every_name_is_in_the_table():
    """A new function is a promise too."""
    assert sorted(F.__all__) == [line.partition("(")[0] for line in LINES]


@for_each(F.__all__)
def test_help(name):
    """Each has a help text with an example, its own name, and an annotation for every parameter."""
    function = getattr(F, name)
    assert ">>>" in function.__doc__
    assert all(p.annotation is not p.empty for p in inspect.signature(function).parameters.values())
