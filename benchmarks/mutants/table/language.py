"""Faults in sequences, losses over time, tasks, text and training runs."""

from ..fault import Fault

SEQUENCES, SEQ2SEQ = "tests/rnn/models/test_sequences.py", "tests/rnn/models/test_seq2seq.py"
TASKS, TEXT = "tests/rnn/tasks/test_tasks.py", "tests/rnn/demo/test_text.py"
LOSSES, TRAIN = "tests/rnn/sequence/test_losses.py", "tests/rnn/demo/test_train.py"
CHECKPOINT = "tests/rnn/demo/test_checkpoint.py"
TRAINER = "tests/rnn/training/test_trainer.py"
RESUMED = "tests/rnn/training/test_checkpoints.py"

FAULTS = [
    Fault(
        "rnn/models/readout.py", "by_step[np.maximum(ends, 1) - 1, np.arange(B)]",
        "by_step[np.minimum(ends, T - 1), np.arange(B)]",
        SEQUENCES, "last: the output one step behind the end",
    ),
    Fault(
        "rnn/models/readout.py", "by_step[0, :, H // 2 :]", "by_step[-1, :, H // 2 :]",
        SEQUENCES, "last: the reverse direction at the end of the sequence",
    ),
    Fault(
        "rnn/models/generation.py",
        "            if stopped.all():\n", "            if stopped.any():\n",
        SEQUENCES, "generate: ends with the first sequence that stops",
    ),
    Fault(
        "rnn/models/seq2seq.py", "return np.swapaxes(apart, 1, 2).reshape(N, B, 2 * H)",
        "return apart.reshape(N, B, 2 * H)",
        f"{SEQUENCES} {SEQ2SEQ}", "join_directions: sequences mixed up with directions",
    ),
    Fault(
        "rnn/models/seq2seq.py", "inputs = [self._first(B), *rows[:-1]]", "inputs = [*rows]",
        SEQ2SEQ, "Seq2Seq: the decoder reads the answer at its own step",
    ),
    Fault(
        "rnn/models/seq2seq.py", "forced = known & (self.rng.random(B) < teacher_forcing)",
        "forced = self.rng.random(B) < teacher_forcing",
        SEQ2SEQ, "Seq2Seq: padding of the target is read",
    ),
    Fault(
        "rnn/models/tokens.py",
        "scaled = (values - largest) / scale",
        "scaled = (values - largest) * scale",
        f"{SEQUENCES} rnn/models/tokens.py", "sampled: multiplies by the temperature",
    ),
    Fault(
        "rnn/losses.py", "step <= ends ", "step < ends ",
        LOSSES, "over_time: the last step of every sequence is left out",
    ),
    Fault(
        "rnn/losses.py", "total / ends.astype(values.dtype) if reduction", "total / T if reduction",
        LOSSES, "over_time: means over padding too",
    ),
    Fault(
        "rnn/losses.py", "        y, tokens = y.swapaxes(0, 1), tokens.swapaxes(0, 1)\n",
        "        y = y.swapaxes(0, 1)\n",
        LOSSES, "cross_entropy over time: logits and targets in different orders",
    ),
    Fault(
        "rnn/demo/text.py",
        "self.tokens.take(here + 1, mode=\"wrap\")",
        "self.tokens.take(here, mode=\"wrap\")",
        TEXT, "windows: the target is the input itself",
    ),
    Fault(
        "rnn/demo/text.py", "starts = np.arange(batch) * len(tokens) // batch",
        "starts = np.arange(batch) * (len(tokens) // batch + 1)",
        TEXT, "windows: the streams do not begin at equal distances",
    ),
    Fault(
        "rnn/demo/text.py",
        "return Split(tokens[:cut], tokens[cut:])",
        "return Split(tokens, tokens[cut:])",
        f"{TEXT} {TRAIN}", "split: the held-out text is trained on",
    ),
    Fault(
        "rnn/demo/language_model.py", "return nats / count / math.log(2)", "return nats / count",
        TRAIN, "held_out_bits: nats for bits",
    ),
    Fault(
        "rnn/demo/language_model.py",
        "place = np.arange(length)[:, None] + np.arange(streams) * length",
        "place = np.arange(length)[:, None] + np.arange(streams)",
        f"{TRAIN} {TEXT}", "held_out_bits: the pieces overlap",
    ),
    Fault(
        "rnn/training/trainer.py",
        "loss, carry = found[0], detach(found[1])", "loss, carry = found",
        f"{TRAINER} {TRAIN}", "training: the state is not detached between windows",
    ),
    Fault(
        "rnn/training/trainer.py", "        self.model.zero_grad()\n        for batch, weight",
        "        for batch, weight",
        f"{TRAINER} {TRAIN}", "training: gradients of all updates are summed",
    ),
    Fault(
        "rnn/demo/run.py", "self.windows.at(number * self.settings.steps)",
        "self.windows.at(number)",
        TRAIN, "training: the next window begins one character further on",
    ),
    Fault(
        "rnn/demo/checkpoint.py",
        "if writer.digest != digest(text):", "if False:",
        CHECKPOINT, "checkpoints: go on with another text",
    ),
    Fault(
        "rnn/training/state.py", "        generators={} if rng is None else {\"rng\": rng},\n", "",
        f"{RESUMED} {CHECKPOINT}", "checkpoints: the random stream is not restored",
    ),
    Fault(
        "rnn/training/state.py", "trainer.history, trainer.carry = history, carry",
        "trainer.history = history",
        f"{RESUMED} {CHECKPOINT}", "checkpoints: the carried state is not restored",
    ),
    Fault(
        "rnn/training/trainer.py", "share = weight / self.weight", "share = 1 / len(batches)",
        TRAINER, "accumulation: batches of any size count alike",
    ),
    Fault(
        "rnn/training/trainer.py", "                restore(generators, before)\n", "",
        TRAINER, "training: a step that fails has drawn from the generators",
    ),
    Fault(
        "rnn/training/feed.py", "            self._rng.bit_generator.state = self.start\n",
        "            pass\n",
        RESUMED, "data: an epoch that is gone on with comes in another order",
    ),
    Fault(
        "rnn/demo/run.py", "held_out_bits(model, self.data) * self.tokens_per_character",
        "held_out_bits(model, self.data)",
        TRAIN, "bits per token for bits per character",
    ),
    Fault(
        "rnn/tasks/adding.py", "rng.integers(T // 2, T, size=B)", "rng.integers(T // 2, size=B)",
        TASKS, "adding: both marks in the first half",
    ),
    Fault(
        "rnn/tasks/copy_memory.py", "tokens[-S - 1] = blank + 1", "tokens[-S] = blank + 1",
        TASKS, "copy memory: asks a step too late",
    ),
    Fault(
        "rnn/tasks/reber.py",
        "return f\"B{outer}{inner}{outer}E\"",
        "return f\"B{outer}{inner}TE\"",
        TASKS, "Reber: the late symbol does not depend on the early one",
    ),
    Fault(
        "rnn/tasks/reber.py", "tokens[:n, b], targets[:n, b] = places[:-1], places[1:]",
        "tokens[:n, b], targets[:n, b] = places[:-1], places[:-1]",
        TASKS, "Reber: the target is the input itself",
    ),
    Fault(
        "rnn/demo/baselines.py",
        "p = np.full(len(codes), 1 / self.size)",
        "p = np.full(len(codes), 1.0)",
        "tests/rnn/demo/test_train.py rnn/demo/baselines.py tests/rnn/demo/test_text.py",
        "n-grams: probabilities of unseen characters sum to more than 1",
    ),
    Fault(
        "rnn/training/budget.py", "return (1 + math.cos(math.pi * done)) / 2",
        "return (1 + math.cos(math.pi * done / 2)) / 2",
        f"{TRAIN} rnn/training/budget.py", "training: the learning rate ends at a half",
    ),
    Fault(
        "rnn/training/interrupt.py",
        "            self._pass_on()\n\n    def _pass_on",
        "            pass\n\n    def _pass_on",
        f"{TRAIN} tests/rnn/demo/test_cli.py", "training: a second Ctrl-C is not raised",
    ),
]
