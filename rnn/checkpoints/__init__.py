"""Checkpoints: a training run in one file, from which it goes on to the last bit, and the model in
it, which comes back without the program that made it.

The file is safetensors: named arrays and text, nothing that could execute. Code stays where it is:
a checkpoint names the class of each module, and only a class that is there already is used.
"""

from .loading import Checkpoint, load_checkpoint, load_model
from .saving import save_checkpoint

__all__ = ["Checkpoint", "load_checkpoint", "load_model", "save_checkpoint"]
