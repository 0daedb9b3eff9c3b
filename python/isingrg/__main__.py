"""`python -m isingrg` is the command line."""

import sys

from isingrg.cli import main

if __name__ == "__main__":
    sys.exit(main())
