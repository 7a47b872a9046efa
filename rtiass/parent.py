"""Ends a process with the one that started it and holds the other end of its standard input."""

from __future__ import annotations

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """End this process when its standard input, a pipe, is closed: with its parent, in the middle of whatever goes on.

    What comes in meanwhile is thrown away.
    """
    if hasattr(signal, "SIGIO") and sys.platform == "linux":
        import fcntl

        # The system ends this process when the pipe is closed, even if a library holds the interpreter lock then.
        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)
