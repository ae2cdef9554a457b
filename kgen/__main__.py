"""`python -m kgen` is the command `kgen`."""

import sys

from kgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
