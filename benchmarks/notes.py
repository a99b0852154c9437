"""What RESULTS.md says beside its tables: how the lines are measured, and what explains them."""

from __future__ import annotations

__all__ = ["LAYERS", "NOTES", "OPS"]

NOTES = """\
Ratios are medians over pairs of neighbouring runs, each system in a process of its own; the range
of the pairs is in parentheses. Within a process the fastest pass counts; the median of its passes
stands beside it. A process has as many threads as processors: one, where nothing else is said.
Lines without a bar are for comparison only. Which kernels a library runs on this processor is its
own choice: variables that choose for it (`OPENBLAS_CORETYPE` and the like) are taken away.

- **Tape op**: 2,000 multiplications of 4-vectors in float64, one after the other, forward and
  backward, freeing the graph included; time per multiplication. The constant factor is a tensor
  that needs no gradient.
- **LSTM step**: T = 64, B = 32, H = 128, V = 65, float32, forward, mean cross-entropy and backward,
  parameters' gradients included. minigrad runs `rnn.unroll` of `LSTMCell`, every op on the tape;
  PyTorch a loop over `torch.nn.LSTMCell`, the head applied once to all steps. PyTorch's cell takes
  one-hot rows, made beforehand; minigrad takes the tokens, and in the line "one-hot inputs" the
  same rows as PyTorch.
- **Layers**: the same task with `rnn.LSTM`, `rnn.GRU` and `rnn.RNN`, `how="scan"`, beside PyTorch's
  fused layers (one-hot rows, as they take no tokens), `jax.lax.scan` jitted with its gradient, and
  the plan of `benchmarks/by_hand.py`. All start from the same weights; their losses are compared in
  every run, and by tests all gradients.
- **A cell of one's own**: an LSTM with layer norm over its gates and its cell, and peepholes, eight
  lines of `step` for `minigrad.scan`; a loop over the steps in PyTorch; `lax.scan` in JAX.
- **Its products alone**: `benchmarks/products.py`, in the layout of the plan by hand, with outputs
  that are made once.
- **Without AVX-512**: both told to do as on a processor that lacks it.
- **Nothing set**: no variable, no argument, as many threads as the libraries take.
- **Two cores**: the layer's defaults with two processors, and with one.
- **Two ranks**: `ParallelTrainer` with Adam on a character model, T = 64, V = 96, two processes of
  one thread each and one of one; the fastest step of each run.
- **Memory of a step**: of `minigrad.scan` of an LSTM that is asked for its last state only, B = 1,
  H = 64; outputs, which are linear under checkpoint too, would hide the rest.
- **Peak memory**: T = 256, B = 64, H = 256: the highest resident memory during the first full step
  less that before it, when imports, parameters, data and two short steps are done.
- **First call**: the first pass of a process less the fastest of those after it, H = 128.
- **Growth**: a small RNN trained with Adam; what Python and NumPy have allocated (tracemalloc), and
  in another run resident memory, after the steps less before.
- **Demo**: the training loop of `make demo` with its usual settings, and the same with
  `how="unroll"`, 10 seconds each in turn.
- **Text**: Python's documentation, nine tenths read and the last tenth scored, an embedding of 64
  and an LSTM of 128 units from the same parameters, with the same windows, Adam, schedule and
  clipping; the time is that of the updates. The two-layer GRU has dropout of 0.25, and as many
  updates as it needs for its bar; its dropout, learning rate and number of updates were found in
  some short runs of seed 0, by the same held-out text.
- **Import**: in bare processes, bytecode compiled.
- **Pictures**: of an LSTM with 8 inputs and 16 units, one sequence, every op on the tape, which is
  drawn again and again: with its ledger, so one backward sweep that keeps the terms apart is in it,
  and in a page the values, gradients and two-time tables that it carries. Reading a graph takes a
  time that grows with its ops, whatever is drawn of it; painting one that grows with the columns
  that are drawn. The chain's 10,000 ops stand in 500 steps.
- **Never drawn**: the LSTM step of above in two processes, one of which has drawn a picture and a
  page before. The tape keeps for pictures what costs nothing: scopes, names, constants that are
  numbers, the arrays of small leaves.
"""

OPS = """\
The sweep is plain since cotangents are types that add; the call and the pullback of each op are
generated from templates. Of 2.33 µs for a multiplication whose operands both need a gradient,
measured by taking the parts out one at a time:

- 0.85 µs forward, of which NumPy's product is 0.21; the rest looks at both operands, and makes a
  Tensor and its node;
- 0.65 µs two products and one sum of the backward pass, as bare NumPy;
- 0.45 µs the generated pullback around them: whether what the rules make fits 0.15, which parents
  need it, whether they were written to since, the totals;
- 0.3 µs the sweep: the walk and the sort 0.17, residuals and bookkeeping;
- 0.1 µs freeing.
"""

LAYERS = """\
Where a bar is missed, these say why.

- **Kernels.** PyTorch hands its LSTM, and neither its GRU nor its RNN, to oneDNN, which has it as
  one kernel, written for the processor's widest vectors at run time. The line "without oneDNN" is
  PyTorch's own LSTM: beside that one, and beside GRU and RNN, which are made in the same way, the
  scan is what it should be. On a processor without AVX-512 the distance to oneDNN is smaller.
- **What is around.** At H = 64 head and loss, the step that is run on tracers at every call, to
  see whether it is still the one of its plan, and the tape take more than a third of a pass (the
  tables below). They grow less than the rest with H.
- **Calls.** With B = 1 a step has no arithmetic to speak of: each of its calls of NumPy takes half
  a microsecond whatever it does, and a kernel has none of them.
- **Sums of a step.** The layer norm of a cell of one's own takes means of rows of 4H and of H in
  every step, two of each forwards and backwards, and some six passes over the gates around them,
  each a call of NumPy; XLA makes one loop of them.
- **Two cores.** Workers share the rows of a batch. Each makes all the calls of a step, for half the
  columns, so what a call costs beside its arithmetic is not halved; and PyTorch's kernel, faster on
  one core, spreads as well. Of one core's time of ours 0.71 is left at H = 256, 0.66 at H = 512.
- **A kernel of XLA's** has no calls within a step, which counts while states are small: GRU and RNN
  at H = 64 and 128.
- **Text.** The layer is most of a step, beside PyTorch's in one kernel; the rest is not taken apart
  here.

One pass taken apart (`python -m benchmarks.tables`), one thread. The plan's own source runs with a
clock behind every statement; of each call the fastest over all passes counts. "Products" multiply
matrices, in the loops over time and around them; "other arithmetic" is what NumPy's remaining
ufuncs do. Then the same step with each pass of the compiler left out, the kernels that take
longest, and how fast NumPy's products are by themselves: in a step forwards and backwards, and
behind the loop.
"""
