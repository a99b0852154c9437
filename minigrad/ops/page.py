"""The page with which ``help(minigrad.Tensor)`` begins: what it is, and its methods by group.

A test holds that each attribute is in one group, so a new method has its name put into one here.
"""

__all__ = ["PAGE"]

PAGE = """An array that records what is done to it, so that gradients can flow back through it.

Tensor(data, requires_grad=False, name=None, dtype=None)

data: numbers, nested lists or an array; copied, keeping its dtype.
requires_grad: whether gradients with respect to it are wanted; needs a float dtype.
name: a label for pictures, the ledger and messages.
Raises TypeError for data that is a Tensor on a graph, as a copy would leave it, or no numbers.

>>> x = Tensor([1.0, 2.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
Tensor([2., 4.])

Use it as an array: the operators, indexing and NumPy's own functions (np.tanh(x), np.stack([x, y]))
take it and record. A method has NumPy's meaning where arrays have one of that name, else PyTorch's;
a word that only the other knows makes the call the other's: x.std(axis=0) divides by n as NumPy
does, x.std(dim=0) by n - 1 as PyTorch does (minigrad.ops.words.table() lists all such calls).
Values are never written to: x[i] = y, x += y and x.mul_(y) put new ones in their place, recorded.

Below are its attributes and methods, by group. help(x.sum), or help(minigrad.Tensor.sum), says what
one computes, from what; minigrad.catalogue() lists the ops with their formulas; what is no method
is a function of NumPy, or of minigrad.functional.

What it is
    shape ndim size dtype: the lengths of its axes, how many, of how many entries, of which type
    name: its label; device: "cpu"; itemsize nbytes: the bytes of one entry, of all
    data: the values, read-only, until others are assigned
    dim ndimension numel nelement element_size stride is_floating_point is_complex is_contiguous:
        the same and more, as PyTorch asks for it

Its gradient
    requires_grad requires_grad_: whether one is wanted
    backward: compute it, for all that this was made of; grad: where it is kept, and summed
    zero_grad: forget it; retain_grad: keep it for an intermediate result too
    is_leaf grad_fn: whether an op made it, and which
    register_hook: see or change the gradient as it passes
    detach detach_: the values without the graph

As something else
    item tolist numpy: a number, nested lists, a NumPy array
    astype to type type_as: another dtype
    double float half long int short char byte bool: by its name
    clone copy: itself, as an op; contiguous cpu: itself; cuda: an error that says why
    new_tensor new_zeros new_ones new_full new_empty: another of its dtype

Arithmetic, entry by entry; those of two take another Tensor, an array or a number
    add sub subtract mul multiply div divide true_divide floor_divide fmod remainder
    pow float_power square sqrt rsqrt reciprocal neg negative positive abs absolute
    sign sgn signbit copysign heaviside nextafter ldexp hypot gcd lcm
    addcmul addcdiv lerp: of three
    floor ceil trunc fix round frac: rounded, or what that leaves
    maximum minimum fmax fmin clip clamp clamp_min clamp_max nan_to_num: bounded
    where: from one or the other

Functions, entry by entry
    exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 xlogy
    sin cos tan arcsin asin arccos acos arctan atan arctan2 atan2 sinc deg2rad rad2deg
    sinh cosh tanh arcsinh asinh arccosh acosh arctanh atanh
    relu sigmoid logit softmax log_softmax
    erf erfc erfinv lgamma digamma polygamma
    real imag conj conjugate conj_physical resolve_conj: of complex numbers, which are constants

Comparisons and bits; their results have no gradient
    eq ne not_equal lt less le less_equal gt greater ge greater_equal: entry by entry
    equal allclose isclose: with another as a whole, nearly
    isnan isinf isfinite isneginf isposinf isreal
    logical_and logical_or logical_xor logical_not
    bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift

Over axes: axis= and keepdims=, or dim= and keepdim=
    sum mean prod std var logsumexp norm dist renorm
    max min amax amin aminmax median mode quantile any all count_nonzero
    nansum nanmean nanprod nanstd nanvar nanmax nanmin nanmedian nanquantile: without NaN
    cumsum cumprod cummax cummin logcumsumexp diff: along one
    trace corrcoef cov cdist histc bincount

In order
    sort msort argsort topk kthvalue argpartition searchsorted argmax argmin unique

Products and matrices
    matmul mm bmm mv dot inner vdot outer ger kron cross
    addmm addmv addr addbmm baddbmm: added to it
    det slogdet logdet inverse pinverse matrix_power matrix_exp
    qr svd lu cholesky triangular_solve

Shape
    reshape reshape_as view view_as ravel flatten unflatten squeeze unsqueeze
    T mT H mH t transpose adjoint permute swapaxes swapdims moveaxis movedim
    expand expand_as broadcast_to repeat repeat_interleave tile sum_to_size unfold
    flip fliplr flipud roll rot90
    split tensor_split chunk hsplit vsplit dsplit unbind: in parts
    diag diagflat diag_embed diagonal tril triu: diagonals, and what is beside them

Places
    take take_along_dim gather index_select select narrow compress masked_select: what is there
    index_add index_copy index_fill index_put scatter scatter_add scatter_reduce: written there,
        as a new Tensor
    masked_fill masked_scatter select_scatter slice_scatter: the same
    nonzero argwhere: where something is

In place: x.exp_() puts the result of x.exp() in the place of x, and returns x
    abs_ add_ addcdiv_ addcmul_ ceil_ clamp_ clip_ copy_ cos_ cumprod_ cumsum_ div_ erf_ exp_
    expm1_ fill_ floor_ index_add_ index_copy_ index_fill_ index_put_ lerp_ log1p_ log_
    masked_fill_ masked_scatter_ mul_ neg_ pow_ reciprocal_ relu_ round_ rsqrt_ scatter_
    scatter_add_ sigmoid_ sign_ sin_ sinh_ sqrt_ square_ sub_ tan_ tanh_ tril_ triu_ trunc_ zero_
"""
