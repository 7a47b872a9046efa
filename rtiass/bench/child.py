"""A measurement in a process of its own: an order goes in as a line of JSON, answers come out as lines of JSON.

Each of them begins like the live host's child, so that nothing that was measured before is still in the way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from typing import Any, NoReturn

from rtiass.enginechoice import MEASURE
from rtiass.errors import UserError
from rtiass.live.child import child_environment
from rtiass.parent import end_with_parent

Order = dict[str, Any]
Answer = Callable[[Mapping[str, Any]], None]


def ask(
    module: str, order: Order, environment: Mapping[str, str] | None = None
) -> Generator[dict[str, Any], None, None]:
    """Run a module as a process and take its answers; it ends with the generator, and with this process.

    Args:
        module: One whose ``__main__`` calls ``answer``.
        order: What it is to do.
        environment: Set in its environment beside the live host's own; and nothing else measures meanwhile.

    Raises:
        UserError: It said so, or ended before its time.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env={**child_environment(), MEASURE: "0", **(environment or {})}, start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stdin is not None and process.stdout is not None
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
            for line in process.stdout:
                message = json.loads(line)
                if "error" in message:
                    raise UserError(message["error"])
                yield message
            if process.wait() != 0:
                errors.seek(0)
                last = errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
                told = f" Its last words: {last[-1]}" if last else ""
                raise UserError(f"The measuring process ended by itself (status {process.returncode}).{told}")
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def answer(work: Callable[[Order, Answer], object]) -> NoReturn:
    """The process's side: do what is ordered.

    Args:
        work: Gets the order, and what sends an answer.
    """
    order = json.loads(sys.stdin.readline())
    end_with_parent()
    # Libraries that print now reach standard error.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def send(message: Mapping[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")

    try:
        work(order, send)
    except UserError as error:
        send({"error": str(error)})
    out.close()
    # The ordinary exit would wait for threads of libraries.
    sys.stderr.flush()
    os._exit(0)
