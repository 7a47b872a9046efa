"""``python -m offline_train`` is ``rtiass-train``."""

from offline_train.cli import main

main()
