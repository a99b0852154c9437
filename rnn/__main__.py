"""``python -m rnn``: see ``python -m rnn --help``."""

import sys

from .demo.cli import main

if __name__ == "__main__":
    sys.exit(main())
