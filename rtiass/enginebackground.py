"""Compiles and measures engines beside a show, in a process of its own: ``python -m rtiass.enginebackground``.

What compiles may hold Python's interpreter lock, and takes all the time of a processor that it gets; so it is neither
in the process that plays nor at its priority. The order is the first line of its standard input, in JSON; what it has
to say goes out as lines of JSON. It ends when its input is closed: with the host, however that ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any

from rtiass.bundle import load_bundle
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.bundle import Bundle

Say = Callable[..., None]
"""Called with the kind of a message and its values."""

Attempt = Callable[..., tuple[dict[str, float], dict[str, str]]]


def work(order: Mapping[str, Any], say: Say, attempt: Attempt | None = None) -> None:
    """Follow an order.

    It says ``progress`` with a ``text`` and a ``share`` of 0 to 1 or None, ``note`` with a ``text``, and in the end
    ``done`` with the ``engine`` to play with and ``why``.

    Args:
        order: As ``rtiass.live.firstengine.EngineOrder`` tells.
        say: Takes what there is to say.
        attempt: Measures open sessions, as ``rtiass.enginetrial.try_paced`` does.

    Raises:
        UserError: It can't be done; the sentence says why.
    """
    from rtiass.engineanswers import forget_answer
    from rtiass.enginechoice import measure

    bundle = load_bundle(order["model"])
    if order["build"]:
        _build(order["build"], bundle, say)
        # What was measured without it is no answer any more.
        forget_answer(bundle)
        say("done", engine=order["build"], why="")
        return
    names = list(order["measure"])
    for name in names:
        try:
            _build_if_needed(name, bundle, say)
        except UserError as error:
            # It is measured all the same, which refuses it: what is known of the others is worth knowing.
            say("note", text=f"{name} is not tried: {error}")
    say("progress", text=f"Measuring {', '.join(names)}", share=None)
    verdict, _ = measure(bundle, only=names, attempt=attempt)
    if verdict.note:
        say("note", text=verdict.note)
    say("done", engine=verdict.engine, why=verdict.why)


def _build_if_needed(name: str, bundle: Bundle, say: Say) -> None:
    from rtiass.engine import CompilingEngine, NotCompiledError, load_engine, open_checked

    engine = load_engine(name)
    if isinstance(engine, CompilingEngine):
        try:
            open_checked(engine, bundle, 1, compiled_only=True).close()
        except NotCompiledError:
            _build(name, bundle, say)


def _build(name: str, bundle: Bundle, say: Say) -> None:
    from rtiass.engine import EngineError, load_engine

    told: set[tuple[str, int]] = set()

    def progress(what: str, share: float) -> None:
        # A library may count thousands of steps.
        if (what, round(100 * share)) not in told:
            told.add((what, round(100 * share)))
            say("progress", text=f"Compiling {what} for {name}", share=share)

    engine: Any = load_engine(name)
    try:
        engine.build(bundle, progress=progress)
    except UserError:
        raise
    except Exception as error:  # a plug-in of somebody else may fail in any way
        raise EngineError(f"It failed ({type(error).__name__}: {error}). Update its package.") from error


def lower_priority() -> None:
    """Give the calling thread, and those that it starts from now on, only the time that nobody else wants."""
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if hasattr(os, "nice"):
        os.nice(19)


def _end_with_host() -> None:
    """End when the host does, in the middle of whatever goes on."""
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


def main() -> None:
    """Run the process."""
    # A Ctrl-C in the terminal is the host's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Libraries that print must not get between the lines.
    out: IO[str] = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(kind: str, **values: object) -> None:
        # A library tells of its progress from threads of its own.
        with lock:
            out.write(json.dumps({"type": kind, **values}) + "\n")

    order = json.loads(sys.stdin.buffer.readline())
    _end_with_host()
    # Steps that give way to every other program would tell of those programs. A second of one step in each period
    # is no load; it has a thread from before the others give way.
    ordinary = ThreadPoolExecutor(1)
    ordinary.submit(int).result()
    lower_priority()
    from rtiass.enginetrial import try_paced

    try:
        work(order, say, lambda sessions, seconds: ordinary.submit(try_paced, sessions, seconds=seconds).result())
    except UserError as error:
        say("failed", text=str(error))
    except Exception as error:
        say("failed", text=f"It stopped ({type(error).__name__}: {error}).")
    # Not the ordinary way: a library that hangs in taking itself apart has nothing more to do here.
    os._exit(0)


if __name__ == "__main__":
    main()
