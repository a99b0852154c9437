"""How the examples on real data train: Adam, with a rate that falls to 0, and clipped gradients."""

from __future__ import annotations

from minigrad import optim

__all__ = ["fit"]


def fit(model, loss_of_batch, updates, lr, weight_decay=0.0):
    """So many updates of the model's parameters; `loss_of_batch()` is the loss on a new batch."""
    optimizer = optim.AdamW(model.parameters(), weight_decay=weight_decay)
    model.train()
    for update in range(updates):
        optimizer.lr = lr * (1 - update / updates)
        loss = loss_of_batch()
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
    return model
