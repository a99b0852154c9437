"""``python -m rnn``: see ``python -m rnn --help``."""

import sys

from minigrad.console import spell_out

from .demo.cli import main

if __name__ == "__main__":
    spell_out()  # a model, too, can write signs that the console lacks
    sys.exit(main())
