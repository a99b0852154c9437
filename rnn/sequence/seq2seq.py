"""The shapes that tasks on sequences have, each a line or two of the pieces below.

    one to one        head(cell(x)[0])
    many to one       head(last(layer(xs, lengths=lengths)[0], lengths))
    one to many       generate(layer, head, x, steps=T).outputs
    aligned           head(layer(xs)[0])
    encoder, decoder  Seq2Seq(encoder, decoder, head, start=0)(source, target)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import Parameter, Tensor, init, scope, tensor
from minigrad.checks import Rng, as_flag, as_generator, as_size
from minigrad.engine.tensor import as_tensor, detached
from minigrad.module import Module

from ..cells import Cell
from ..cells.state import with_batch, without_batch
from ..layers import Recurrent
from ..layers.lengths import as_lengths, own_steps
from .tokens import greedy, sampled
from .unrolling import each_step, stack
from .unrolling import steps as one_by_one

__all__ = [
    "Generated", "Readout", "Seq2Seq", "generate", "greedy", "join_directions", "last", "sampled",
]


class Readout(Module):
    """y = h W_hq + b_q: (..., H) → (..., Q).

    input_size, output_size: H and Q. bias: whether there is b_q. dtype, rng: as in Cell.
    The parameters are drawn from U(-1/√H, 1/√H).

    >>> Readout(3, 2)(np.zeros((4, 5, 3))).shape
    (4, 5, 2)
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        *,
        bias: bool = True,
        dtype: Any = np.float32,
        rng: Rng = None,
    ) -> None:
        H = as_size(input_size, "input_size", "Readout")
        Q = as_size(output_size, "output_size", "Readout")
        rng = as_generator(rng, "Readout")

        def drawn(*shape: int) -> Parameter:
            return Parameter(init.recurrent_uniform(shape, hidden_size=H, rng=rng, dtype=dtype))

        self.W_hq = drawn(H, Q)
        self.b_q = drawn(Q) if bias else None

    def forward(self, h: Any) -> Tensor:
        y: Tensor = as_tensor(h) @ self.W_hq
        return y if self.b_q is None else y + self.b_q


# -- many to one


def last(
    outputs: Any,
    lengths: Any = None,
    *,
    directions: int = 1,
    reverse: bool = False,
    batch_first: bool = False,
) -> Tensor:
    """The output of a layer after the last step of each sequence: (T, B, H) → (B, H).

    outputs: of a layer; of one sequence without the axis of the batch (T, H), with result (H,).
    lengths: as they were given to the layer; a sequence of length 0 gets zeros.
    directions: 2 for a layer that sets two directions side by side. The reverse one ends at step
        1, so its half is taken there.
    reverse: of a layer with reverse=True, which ends at step 1.
    batch_first: outputs are (B, T, H).

    Raises ValueError or TypeError for shapes and lengths that do not fit.

    >>> last(np.array([[[1.0], [2.0]], [[3.0], [0.0]]]), lengths=[2, 1])
    Tensor([[3.],
            [2.]])
    """
    if np.ndim(outputs) == 2:
        ends = None if lengths is None else np.atleast_1d(detached(lengths))
        return last(as_tensor(outputs)[:, None], ends, directions=directions, reverse=reverse)[0]
    if np.ndim(outputs) != 3 or np.shape(outputs)[1 if batch_first else 0] == 0:
        axes = "(B, T, H)" if batch_first else "(T, B, H)"
        raise ValueError(f"last(outputs): received shape {np.shape(outputs)}; wanted {axes}, T ≥ 1")
    if directions not in (1, 2) or np.shape(outputs)[2] % directions:
        raise ValueError(
            f"last(directions={directions!r}): wanted 1; or 2, and outputs of an even width, not "
            f"{np.shape(outputs)[2]}"
        )
    if as_flag(reverse, "reverse", "last") and directions == 2:
        raise ValueError("last(reverse=True, directions=2): of two directions one is in reverse")
    given = as_tensor(outputs)
    by_step = given.swapaxes(0, 1) if batch_first else given
    T, B, H = by_step.shape
    ends = as_lengths([T] * B if lengths is None else lengths, T, B, "last")
    if reverse:
        return by_step[0]    # of a sequence of length 0 it is 0
    if lengths is None:
        final = by_step[-1]
    else:
        picked = by_step[np.maximum(ends, 1) - 1, np.arange(B)]          # (B, H)
        final = np.where(ends[:, None] > 0, picked, 0)
    if directions == 1:
        return as_tensor(final)
    return as_tensor(np.concatenate([final[:, : H // 2], by_step[0, :, H // 2 :]], axis=1))


# -- one to many


class Generated(NamedTuple):
    """What ``generate`` returns.

    outputs: of the head, (T, B, Q). fed: what was made of each output to be the next input, such
    as the tokens (T, B). state: after the last step. With batch_first T and B are swapped.

    >>> from rnn import GRU
    >>> layer, head = GRU(5, 8, rng=0), Readout(8, 5, rng=0)
    >>> outputs, fed, state = generate(layer, head, np.zeros(2, int), steps=4, feed=greedy)
    >>> outputs.shape, fed.shape, state.shape
    ((4, 2, 5), (4, 2), (1, 2, 8))
    """

    outputs: Tensor
    fed: Tensor
    state: Any


def generate(
    model: Cell | Recurrent,
    head: Callable[[Tensor], Any],
    x: Any,
    state: Any = None,
    *,
    steps: int,
    feed: Callable[[Any], Any] | None = None,
    stop: int | None = None,
) -> Generated:
    """Run free: y_t = head(output_t), and feed(y_t) is the next input. All of it is on the tape.

    model: a cell, or a layer in one direction. head: from outputs (B, H) to y (B, Q).
    x: the first input, (B, K) or tokens (B,); for one sequence (K,) or a token (), and what is
        returned has no axis of the batch then. state: the state before it; by default zeros.
    steps: T, how many outputs; fewer if `stop` is given.
    feed: ``greedy`` or ``sampled(rng)`` for tokens, ``lambda y: y`` where outputs are inputs, or
        any other function; None for nothing, that is zeros after the first input.
    stop: a token. When every sequence has been fed it once, that step is the last.

    Raises TypeError or ValueError for arguments that do not fit.

    >>> from rnn import GRUCell
    >>> generate(GRUCell(5, 3), Readout(3, 5), np.array([0, 4]), steps=6, feed=greedy).fed.shape
    (6, 2)
    """
    T = as_size(steps, "steps", "generate")
    if not isinstance(model, Cell | Recurrent):
        raise TypeError(
            f"generate(model): received {type(model).__name__}; wanted a cell or a layer"
        )
    here = x if isinstance(x, Tensor) else tensor(x)
    if feed is None and here.dtype.kind in "iu":
        raise TypeError(
            "generate(feed=None): the first input is tokens, among which none is nothing; pass "
            "feed=greedy or feed=sampled(rng)"
        )
    one = (model if isinstance(model, Cell) else model.cells[0][0]).lacks_batch(here)
    if one:
        here = here[None]
        state = None if state is None else _with_batch(model, state)
    nothing = tensor(np.zeros(here.shape, here.dtype))
    states = model.split_state(state, len(here)) if isinstance(model, Recurrent) else [state]
    stopped = np.zeros(len(here), bool)
    outputs: list[Tensor] = []
    fed: list[Tensor] = []
    for t in range(1, T + 1):
        if isinstance(model, Recurrent):
            output, states = model.step(here, states, t)
        else:
            output, *states = next(one_by_one(model, [here], *states, start=t))
        with scope("output", t=t):
            outputs.append(head(output))
            here = nothing if feed is None else as_tensor(feed(outputs[-1]))
        fed.append(here)
        if stop is not None:
            if here.dtype.kind not in "iu":
                raise TypeError(f"generate(stop={stop!r}): what is fed is {here.dtype}, not tokens")
            stopped |= here.numpy() == stop
            if stopped.all():
                break
    last_state = model.join_states(states) if isinstance(model, Recurrent) else states[0]
    if one:
        rows = [stack(values)[:, 0] for values in (outputs, fed)]
        return Generated(rows[0], rows[1], _without_batch(model, last_state))
    by_batch = isinstance(model, Recurrent) and model.batch_first
    return Generated(_joined(outputs, by_batch), _joined(fed, by_batch), last_state)


def _with_batch(model: Cell | Recurrent, state: Any) -> Any:
    if isinstance(model, Recurrent):
        return model.with_batch(state)
    return with_batch(state, type(model).__name__)


def _without_batch(model: Cell | Recurrent, state: Any) -> Any:
    return model.without_batch(state) if isinstance(model, Recurrent) else without_batch(state)


def _joined(rows: list[Tensor], by_batch: bool) -> Tensor:
    whole = stack(rows)
    return whole.swapaxes(0, 1) if by_batch else whole


# -- encoder and decoder


def join_directions(state: Any) -> Any:
    """The stacked states of a bidirectional layer for a decoder of twice the width in one
    direction: (2N, B, H) → (N, B, 2H), forward and reverse side by side; of every part.

    >>> join_directions(np.zeros((4, 2, 3))).shape
    (2, 2, 6)
    """
    if isinstance(state, tuple | list):
        return tuple(map(join_directions, state))
    shape = np.shape(state)
    if len(shape) != 3 or shape[0] % 2:
        raise ValueError(
            f"join_directions(state): received shape {shape}; wanted (2 · layers, B, H)"
        )
    N, B, H = shape[0] // 2, shape[1], shape[2]
    apart = as_tensor(state).reshape(N, 2, B, H)
    return np.swapaxes(apart, 1, 2).reshape(N, B, 2 * H)


class Seq2Seq(Module):
    """An encoder reads the source; its last state is the first of a decoder, which writes.

    encoder, decoder: layers; the decoder in one direction. Two of one name get these as names, so
        that pictures and messages tell them apart.
    head: from the decoder's outputs (B, H) to y (B, Q), such as a Readout.
    start: the decoder's first input: a token, or a vector (K,), which may be a Parameter.
    feed: what the decoder reads next after it has written y, as in ``generate``.
    bridge: what makes the decoder's first state of the encoder's last one; by default nothing
        happens to it, so the two need equal layers and sizes. For a bidirectional encoder
        ``join_directions``.
    rng: a Generator or a seed for teacher forcing with probabilities.

    Sutskever, Vinyals and Le, Sequence to sequence learning with neural networks (2014).

    >>> from rnn import GRU
    >>> model = Seq2Seq(GRU(7, 8), GRU(5, 8), Readout(8, 5), start=0)
    >>> source, target = np.ones((4, 2), int), np.ones((3, 2), int)      # tokens (T, B)
    >>> model(source, target).shape, model.generate(source, steps=6).fed.shape
    ((3, 2, 5), (6, 2))
    """

    def __init__(
        self,
        encoder: Recurrent,
        decoder: Recurrent,
        head: Callable[[Tensor], Any],
        *,
        start: Any,
        feed: Callable[[Any], Any] = greedy,
        bridge: Callable[[Any], Any] = lambda state: state,
        rng: Rng = None,
    ) -> None:
        for name, layer in (("encoder", encoder), ("decoder", decoder)):
            if not isinstance(layer, Recurrent):
                raise TypeError(
                    f"Seq2Seq({name}): received {type(layer).__name__}; wanted a layer, such as "
                    f"GRU(input_size, hidden_size)"
                )
        if decoder.bidirectional or decoder.reverse:
            how = "bidirectional" if decoder.bidirectional else "in reverse"
            raise ValueError(f"Seq2Seq(decoder): it is {how}, and writes what is not there")
        self.encoder, self.decoder = encoder, decoder
        if encoder.name == decoder.name and encoder is not decoder:
            encoder.name, decoder.name = "encoder", "decoder"
        self.head, self.start, self.feed, self.bridge = head, start, feed, bridge
        self.rng = as_generator(rng, "Seq2Seq")

    def forward(
        self,
        source: Any,
        target: Any,
        source_lengths: Any = None,
        target_lengths: Any = None,
        *,
        teacher_forcing: float = 1.0,
    ) -> Tensor:
        """y (T, B, Q) at every step of the target, each from the source and the steps before.

        source: as the encoder takes it. target: (T, B) tokens, or (T, B, K), as the decoder does.
        source_lengths, target_lengths: how long the sequences are; behind their ends anything may
            stand, and y means nothing there.
        teacher_forcing: the probability with which the decoder reads what stands in the target,
            drawn for every sequence and step, and not what it has written itself. 1: the target
            alone; 0: it runs free, as in ``generate``; between: scheduled sampling.

        Raises ValueError or TypeError for a probability outside [0, 1], and what layers raise.

        Bengio, Vinyals, Jaitly and Shazeer, Scheduled sampling (2015).
        """
        if not isinstance(teacher_forcing, int | float) or not 0 <= teacher_forcing <= 1:
            raise ValueError(
                f"Seq2Seq(teacher_forcing={teacher_forcing!r}): wanted a probability, 0 to 1"
            )
        by_batch, given = self.decoder.batch_first, as_tensor(target)
        by_step = given.swapaxes(0, 1) if by_batch and given.ndim > 1 else given
        if by_step.ndim not in (2, 3) or len(by_step) == 0:
            axes = "B, T" if by_batch else "T, B"
            raise ValueError(
                f"Seq2Seq: the target has shape {given.shape}; wanted ({axes}) tokens or ({axes}, "
                f"{self.decoder.input_size}), T ≥ 1"
            )
        T, B = by_step.shape[:2]
        rows = by_step.unbind()
        state, _ = self._encoded(source, source_lengths)
        if teacher_forcing == 1:
            inputs = [self._first(B), *rows[:-1]]
            outputs, _ = self.decoder(inputs, state, target_lengths)
            outputs = outputs.swapaxes(0, 1) if by_batch else outputs
            return _joined(each_step(self.head, outputs), by_batch)
        ends = [T] * B if target_lengths is None else target_lengths
        own = own_steps(as_lengths(ends, T, B, "Seq2Seq: target"), T)    # (T, B)
        coming = zip(rows, own, strict=True)

        def feed(y: Any) -> Any:
            true, known = next(coming)
            forced = known & (self.rng.random(B) < teacher_forcing)
            return np.where(forced.reshape(-1, *[1] * (true.ndim - 1)), true, self.feed(y))

        return self._written(state, B, T, feed).outputs

    def generate(
        self, source: Any, source_lengths: Any = None, *, steps: int, stop: int | None = None
    ) -> Generated:
        """What the decoder writes for a source, running free; see ``rnn.generate``."""
        state, B = self._encoded(source, source_lengths)
        return self._written(state, B, steps, self.feed, stop)

    def _encoded(self, source: Any, lengths: Any) -> tuple[Any, int]:
        """The decoder's first state, and of how many sequences it is."""
        outputs, state = self.encoder(source, lengths=lengths)
        one = outputs[0] if isinstance(outputs, tuple) else outputs
        if one.ndim == 2:
            raise ValueError(
                "Seq2Seq: the source has no axis of the batch; pass a batch of one, source[:, None]"
            )
        return self.bridge(state), one.shape[0 if self.encoder.batch_first else 1]

    def _written(
        self, state: Any, B: int, T: int, feed: Callable[[Any], Any], stop: int | None = None
    ) -> Generated:
        first = self._first(B)
        return generate(self.decoder, self.head, first, state, steps=T, feed=feed, stop=stop)

    def _first(self, batch: int) -> Tensor:
        """The decoder's first input: (B,) or (B, K)."""
        start = as_tensor(self.start)
        return as_tensor(np.broadcast_to(start, (batch, *start.shape)))
