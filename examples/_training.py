"""How the examples on real data train: Adam, with a rate that falls to 0, and clipped gradients."""

from __future__ import annotations

from rnn import Trainer

__all__ = ["fit"]


def fit(model, loss_of_batch, updates, lr):
    """The model after so many updates; `loss_of_batch()` is the loss on a new batch."""
    trainer = Trainer(
        model, lambda model, number: loss_of_batch(), lr=lr, schedule="linear", clip=1.0
    )
    trainer.fit(lambda number: number, steps=updates)
    model.eval()
    return model
