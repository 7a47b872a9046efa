"""``python -m rtiass`` is ``rtiass``."""

from rtiass.cli import main

if __name__ == "__main__":
    main()
