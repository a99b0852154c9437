"""An encoder reads, a decoder writes: sequence to sequence, with teacher forcing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng, as_generator
from minigrad.engine.tensor import as_tensor
from minigrad.module import Module
from minigrad.transforms.tree import children, tree_map

from ..layers import Recurrent
from ..sequence.lengths import as_lengths, length_mask
from ..sequence.unrolling import each_step
from .generation import Generated, generate, stacked
from .tokens import greedy

__all__ = ["Seq2Seq", "join_directions", "unchanged"]


def join_directions(state: Any) -> Any:
    """The stacked states of a bidirectional layer for a decoder of twice the width in one
    direction: (2N, B, H) → (N, B, 2H), forward and reverse side by side; of every part.

    Raises ValueError for parts that are not (2N, B, H).

    >>> join_directions(np.zeros((4, 2, 3))).shape
    (2, 2, 6)
    """
    if children(state) is not None:
        return tree_map(join_directions, state)
    shape = np.shape(state)
    if len(shape) != 3 or shape[0] % 2:
        raise ValueError(
            f"join_directions(state): received shape {shape}; wanted (2 · layers, B, H)"
        )
    N, B, H = shape[0] // 2, shape[1], shape[2]
    apart = as_tensor(state).reshape(N, 2, B, H)
    return np.swapaxes(apart, 1, 2).reshape(N, B, 2 * H)


def unchanged(state: Any) -> Any:
    """The state itself, for a decoder like the encoder; by name, so that checkpoints can hold it.

    >>> unchanged(3)
    3
    """
    return state


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

    Raises TypeError for what is no layer, ValueError for a decoder that is bidirectional or
    in reverse.

    >>> from rnn import GRU, Readout
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
        bridge: Callable[[Any], Any] = unchanged,
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
            return stacked(each_step(self.head, outputs), by_batch)
        ends = [T] * B if target_lengths is None else target_lengths
        mask = length_mask(as_lengths(ends, T, B, "Seq2Seq: target"), T)    # (T, B)
        coming = zip(rows, mask, strict=True)

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
