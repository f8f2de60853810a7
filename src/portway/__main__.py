"""`python -m portway`."""

from portway.app.cli import main

if __name__ == "__main__":
    main()
