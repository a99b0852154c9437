"""``python -m rnn``: see ``python -m rnn --help``."""

import sys
from io import TextIOWrapper

from .demo.cli import main

if __name__ == "__main__":
    # A model can write characters that the terminal's encoding lacks.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main())
