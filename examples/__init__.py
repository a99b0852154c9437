"""Worked examples; run one with ``python -m examples.scalar_rnn``."""
