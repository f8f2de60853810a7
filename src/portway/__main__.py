"""`python -m portway`."""

import sys

from portway.app.interrupt import answer_signals, exit_code

if __name__ == "__main__":
    answer_signals()  # before all that takes time to import
    try:
        from portway.app.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(exit_code(130))
