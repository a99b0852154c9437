"""What a trained model is asked: ``sample``, ``eval``, ``draw``, ``lab`` and ``export``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import draw
from minigrad.io import save

from . import report, text
from .checkpoint import Writer, load_writer
from .diagnosis import opened, write_lab
from .exporting import onnx_model, torch_state
from .language_model import held_out_bits, sample
from .options import TEMPERATURE, UsageError, integer, path_of, temperature
from .run import digest
from .text import split
from .train_command import readable

__all__ = ["add_to"]

ENDINGS = (".svg", ".png", ".pdf", ".dot", ".html")    # of pictures


def add_to(commands: Any) -> None:
    """Add the commands to a parser's."""

    def new(name: str, run: Any, words: str) -> Any:
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        command.set_defaults(command=run)
        add = command.add_argument
        add("--checkpoint", metavar="FILE", type=path_of, required=True,
            help="what train has written, such as out/checkpoint.safetensors")
        add("--json", action="store_true", help="print the results as JSON")
        return add

    def new_with_text(name: str, run: Any, words: str) -> Any:
        add = new(name, run, words)
        add("--text", metavar="FILE", type=path_of,
            help="the text, UTF-8 (default: the documentation that comes with Python)")
        return add

    add = new("sample", _sample, "let a trained model write")
    add("--seed-word", metavar="W", help="what to start with (the one of the training)")
    add("--length", metavar="N", type=integer(1), default=500, help="tokens to write (500)")
    add("--temperature", metavar="X", type=temperature, default=TEMPERATURE,
        help="0 or near it the likeliest text, above 1 a wild one (0.7)")
    add("--seed", metavar="S", type=integer(0), help="same seed, same text (each time another)")

    new_with_text("eval", _evaluate, "bits per character of the last tenth of a text, beside "
                                     "n-grams that are counted in the rest")

    add = new("draw", _draw, "draw the trained model as it reads a word, with the gradient of "
                             "each step on its edges")
    add("--seed-word", metavar="W", help="what it reads (the one of the training)")
    add("--steps", metavar="T", type=integer(1), default=5, help="how many steps of it (5)")
    add("--out", metavar="FILE", type=path_of, nargs="+",
        default=[Path("model.svg"), Path("model.html")],
        help="where to, by ending: .svg, .html, .png, .pdf (model.svg model.html)")

    add = new_with_text("lab", _lab, "how the gradient goes back through time in a trained model: "
                                     "a report and its plots, on the held-out text")
    add("--steps", metavar="T", type=integer(2), default=32, help="of the window (32)")
    add("--streams", metavar="B", type=integer(1), default=8, help="read side by side (8)")
    add("--out", metavar="DIR", type=path_of, default=Path("lab"), help="where to write (lab)")
    add("--seed", metavar="S", type=integer(0), default=0, help="of the places read (0)")

    add = new("export", _export, "write the model for other programs")
    add("--onnx", metavar="FILE", type=path_of, help="as an ONNX model; needs the package onnx")
    add("--torch", metavar="FILE", type=path_of,
        help="as safetensors with PyTorch's names: encoder, rnn, decoder")


def _print(as_json: bool, data: dict[str, Any], words: str) -> None:
    print(json.dumps(data) if as_json else words, flush=True)


def _sample(arguments: argparse.Namespace) -> int:
    writer = load_writer(readable(arguments.checkpoint))
    word = writer.seed_word if arguments.seed_word is None else arguments.seed_word
    rng = np.random.default_rng(arguments.seed)
    written = sample(
        writer.model, writer.vocabulary, word, arguments.length, arguments.temperature, rng
    )
    if arguments.json:
        print(json.dumps({"seed_word": word, "text": "".join(written)}))
        return 0
    print(word, end="", flush=True)
    for piece in written:
        print(piece, end="", flush="\n" in piece)
    print()
    return 0


def _content(arguments: argparse.Namespace) -> str:
    return text.documentation() if arguments.text is None else text.read(arguments.text)


def _evaluate(arguments: argparse.Namespace) -> int:
    writer, content = load_writer(readable(arguments.checkpoint)), _content(arguments)
    vocabulary = writer.vocabulary
    data = split(vocabulary.encode(content))
    tokens, characters = len(data.held_out), vocabulary.count(data.held_out)
    bits = held_out_bits(writer.model, data) * tokens / max(characters, 1)
    frequencies, trigrams = report.baselines(vocabulary, data)
    same = digest(content) == writer.digest
    rows = {"frequencies": frequencies, "trigrams": trigrams, "model": bits}
    lines = [f"bits per character, on the last {characters:,} characters of the text"
             + ("" if same else ", which is not the one of the training")]
    lines += [f"  {name:<11}  {value:6.3f}" for name, value in rows.items()]
    data_out = {"bits_per_character": rows, "characters": characters, "same_text": same}
    _print(arguments.json, data_out, "\n".join(lines))
    return 0


def _draw(arguments: argparse.Namespace) -> int:
    writer = load_writer(readable(arguments.checkpoint))
    word = writer.seed_word if arguments.seed_word is None else arguments.seed_word
    tokens = writer.vocabulary.encode(word, "the seed word")
    if not len(tokens):
        raise UsageError("the seed word is empty; pass at least one character")
    tokens = np.resize(tokens, arguments.steps + 1)[:, None]    # the word again if it is short
    losses = opened(writer.model, tokens[:-1], tokens[1:]).losses
    read = writer.vocabulary.decode(tokens[:-1])
    title = f"{writer.settings.cell}, {writer.settings.hidden} units, reads {read!r}"
    for path in arguments.out:    # before anything is written
        if path.suffix not in ENDINGS:
            raise UsageError(f"--out {path}: wanted a name that ends in {', '.join(ENDINGS)}")
    drawing = draw(sum(losses[1:], losses[0]), ledger=True, title=title)
    for path in arguments.out:
        drawing.save(path)
    files = [str(path) for path in arguments.out]
    _print(arguments.json, {"files": files}, "\n".join(files))
    return 0


def _lab(arguments: argparse.Namespace) -> int:
    writer, content = load_writer(readable(arguments.checkpoint)), _content(arguments)
    held_out = split(writer.vocabulary.encode(content)).held_out
    T = arguments.steps
    if len(held_out) < T + 1:
        raise UsageError(
            f"the held-out text has {len(held_out):,} tokens, and a window of {T:,} steps needs "
            f"{T + 1:,}; lower --steps, or pass a longer text"
        )
    rng = np.random.default_rng(arguments.seed)
    starts = rng.integers(0, len(held_out) - T, size=arguments.streams)
    place = np.arange(T)[:, None] + starts                             # (T, B)
    window = opened(writer.model, held_out[place], held_out[place + 1])
    arguments.out.mkdir(parents=True, exist_ok=True)
    data, table, written = write_lab(writer.model, window, arguments.out)
    files = [str(path) for path in written]
    _print(arguments.json, {**data, "files": files}, "\n".join([table, "", *files]))
    return 0


def _export(arguments: argparse.Namespace) -> int:
    if arguments.onnx is None and arguments.torch is None:
        raise UsageError("pass --onnx FILE or --torch FILE: what to write")
    writer: Writer = load_writer(readable(arguments.checkpoint))
    files = []
    try:
        if arguments.onnx is not None:
            onnx_model(writer.model, arguments.onnx)
            files.append(str(arguments.onnx))
        if arguments.torch is not None:
            vocabulary = json.dumps(writer.vocabulary.entry())
            save(arguments.torch, torch_state(writer.model), {"vocabulary": vocabulary})
            files.append(str(arguments.torch))
    except (TypeError, ValueError) as error:    # a cell that they do not have
        raise UsageError(f"{writer.settings.cell}: {error}") from error
    _print(arguments.json, {"files": files}, "\n".join(files))
    if not arguments.json:
        entry = writer.vocabulary.level
        print(f"the inputs are numbers of level {entry!r}, integers (T, B)", file=sys.stderr)
    return 0
