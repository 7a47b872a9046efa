"""The parent's side of ``rtiass.enginebackground``: starts it once, hears it, and ends it with the host."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rtiass.live.status import PLAYING, Status


class EngineWork:
    """Compiles and measures beside the show, at most once.

    Attributes:
        result: The last message, ``done`` with ``engine`` and ``why``; empty before it or where there is none.
        fallback: Engine that a new child is to play with, because another one has failed in this show; else empty.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """Nothing is started yet.

        Args:
            tell: Called with each message, from a thread of its own.
        """
        self.result: dict[str, Any] = {}
        self.fallback = ""
        self._tell = tell
        self._process: subprocess.Popen[str] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def begin(self, order: dict[str, Any]) -> None:
        """Start the process with an order; what failed or was done once is not begun again."""
        with self._lock:
            if self._process is not None or self._closed:
                return
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "rtiass.enginebackground"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                start_new_session=True,
            )  # fmt: skip
            with contextlib.suppress(OSError):
                assert process.stdin is not None
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
        threading.Thread(target=self._hear, args=(process,), daemon=True).start()

    def _hear(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        last = ""
        with process.stdout:
            for line in process.stdout:
                message = json.loads(line)
                last = message["type"]
                if last == "done":
                    self.result = message
                self._tell(message)
        status = process.wait()
        if last not in ("done", "failed") and not self._closed:
            self._tell({"type": "failed", "text": f"The process for it ended by itself (status {status})."})

    def heard(self, message: dict[str, Any]) -> None:
        """Take the child's word on which engine is heard: what failed once is not tried again in this show."""
        if message["failed"]:
            self.fallback, self.result = message["engine"], {}

    def order(self, status: Status) -> str:
        """Line for the child that plays; empty if it is not to change, or nothing is known yet."""
        engine = self.result.get("engine")
        if engine is None or status.phase != PLAYING or engine == status.about["engine"]:
            return ""
        return json.dumps({"engine": engine})

    def close(self) -> None:
        """End the process, in the middle of whatever it does."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.kill()
            process.wait()
            with contextlib.suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()


def follow(status: Status, message: dict[str, Any], result: dict[str, Any] | None = None) -> Status:
    """What a message makes of the status.

    Args:
        status: Until now.
        message: From the process: ``progress``, ``note``, ``done`` or ``failed``. From the child: which ``engine`` is
            heard now.
        result: What the process found, if it has.
    """
    kind, engine = message["type"], str(status.about.get("engine", ""))
    if kind == "progress":
        share = message["share"]
        text = message["text"] if share is None else f"{message['text']} ({100 * share:.0f} %)"
        return replace(status, work=text)
    if kind == "note":
        return _noted(status, message["text"])
    if kind == "failed":
        return _noted(replace(status, work=""), f"No other engine takes over. {message['text']} {engine} goes on.")
    if kind == "engine":
        status = replace(status, work="")
        if message["engine"] != engine:
            why = result["why"] if result and result["engine"] == message["engine"] else ""
            status = replace(status, about={**status.about, "engine": message["engine"], "engine_why": why})
        return _noted(status, message["text"])
    if message["engine"] != engine:
        return replace(status, work=f"{message['engine']} is warmed up")
    about = {**status.about, "engine_why": message["why"]}
    return _noted(replace(status, about=about, work=""), f"{engine} goes on: {message['why']}.")


def _noted(status: Status, text: str) -> Status:
    return status if text in status.notes else replace(status, notes=(*status.notes, text))
