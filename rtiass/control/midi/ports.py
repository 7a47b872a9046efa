"""MIDI ports of this machine, by python-rtmidi, found by patterns of their names."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from rtiass.errors import UserError

Callback = Callable[[bytes, float], None]
"""Takes the bytes of a message and its time in seconds (``time.monotonic``)."""

CLIENT = "rtiass"
POLL = 0.001
"""Seconds between two looks for messages from JACK."""

QUEUE = 16384

MISSING = "MIDI needs a further package: pip install 'rtiass[midi]'"


class Port(Protocol):
    """An open port."""

    def close(self) -> None:
        """Close it; never raises."""


class OutputPort(Port, Protocol):
    """An open output."""

    def send(self, data: bytes) -> None:
        """Send a message.

        Raises:
            OSError: The port has gone.
        """


class MidiSystem(Protocol):
    """What the surface needs of a MIDI system; tests have one of their own."""

    def inputs(self) -> list[str]:
        """Names of the ports that can be listened to."""

    def outputs(self) -> list[str]:
        """Names of the ports that can be sent to."""

    def open_input(self, name: str, callback: Callback) -> Port:
        """Listen to a port.

        Raises:
            OSError: It has gone.
        """

    def open_output(self, name: str) -> OutputPort:
        """Open a port for sending.

        Raises:
            OSError: It has gone.
        """

    def close(self) -> None:
        """Let go of the system."""


def match(patterns: Iterable[str], names: Iterable[str]) -> str | None:
    """First name that fits the first pattern that any fits.

    A pattern is a part of the name or has wildcards (``*``, ``?``); case does not count, nor do ALSA's numbers at the
    end, which are others each time. A pattern that begins with ``!`` excludes. Our own ports fit nothing.
    """
    patterns = list(patterns)
    against = [pattern[1:].strip().lower() for pattern in patterns if pattern.startswith("!")]
    known = [(name, plain(name)) for name in names]
    known = [(name, short) for name, short in known if not any(_fits(pattern, short) for pattern in against)]
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        wanted = pattern.strip().lower()
        for name, short in known:
            if short.startswith(CLIENT):
                continue
            if _fits(wanted, short) or wanted in name.lower():
                return name
    return None


def _fits(pattern: str, short: str) -> bool:
    return pattern in short or fnmatch.fnmatchcase(short, pattern)


def plain(name: str) -> str:
    """Name of a port without ALSA's numbers, in lower case."""
    return re.sub(r"\s+\d+:\d+$", "", name).lower()


class RtMidiSystem:
    """Ports by python-rtmidi.

    Attributes:
        api: Name of the interface in use, such as ``jack`` or ``alsa``.
    """

    def __init__(self, api: str = "auto") -> None:
        """Open it.

        Args:
            api: ``alsa``, ``jack``, ``core``, ``winmm``, or ``auto``: ALSA where the kernel has its sequencer, else
                JACK; the system's own elsewhere. The variable ``RTIASS_MIDI`` goes before ``auto``.

        Raises:
            UserError: The package or a MIDI system is missing.
        """
        try:
            import rtmidi
        except (ImportError, OSError) as error:
            raise UserError(f"{MISSING} ({error})") from error
        self._rtmidi = rtmidi
        self._lock = threading.Lock()
        wanted = os.environ.get("RTIASS_MIDI", api) if api == "auto" else api
        refusals = []
        for name in candidates(sys.platform) if wanted == "auto" else [wanted]:
            number = {
                "alsa": rtmidi.API_LINUX_ALSA,
                "jack": rtmidi.API_UNIX_JACK,
                "core": rtmidi.API_MACOSX_CORE,
                "winmm": rtmidi.API_WINDOWS_MM,
            }.get(name)
            if number is None:
                raise UserError(f"There is no MIDI interface '{name}'. Choose one of: alsa, jack, core, winmm.")
            if number not in rtmidi.get_compiled_api():
                refusals.append(f"{name}: not in this build of python-rtmidi")
                continue
            try:
                with _quiet():
                    self._in = rtmidi.MidiIn(number, CLIENT)
                    self._out = rtmidi.MidiOut(number, CLIENT)
            except Exception as error:
                refusals.append(f"{name}: {str(error).strip() or type(error).__name__}")
                continue
            self.api, self._number = name, number
            return
        why = "; ".join(refusals) or "the kernel has no sequencer (/dev/snd/seq), JACK is not tried"
        raise UserError(f"There is no MIDI system here ({why}). On Linux: sudo modprobe snd-seq, or start JACK.")

    def inputs(self) -> list[str]:
        """Names of the ports that can be listened to; none while the system has gone."""
        return self._names(self._in)

    def outputs(self) -> list[str]:
        """Names of the ports that can be sent to; none while the system has gone."""
        return self._names(self._out)

    def open_input(self, name: str, callback: Callback) -> Port:
        """Listen to a port.

        JACK's messages are fetched by a thread of ours: a callback from its audio thread would have to wait for the
        interpreter, and all of JACK with it.
        """
        port = self._open(self._rtmidi.MidiIn, name, {"queue_size_limit": QUEUE})
        port.ignore_types(sysex=True, timing=False, active_sense=True)
        return _Polled(port, callback) if self.api == "jack" else _Called(port, callback)

    def open_output(self, name: str) -> OutputPort:
        """Open a port for sending."""
        return _Output(self._open(self._rtmidi.MidiOut, name, {}))

    def close(self) -> None:
        """Let go of the system."""
        for port in (self._in, self._out):
            with contextlib.suppress(Exception):
                port.delete()

    def _names(self, port: Any) -> list[str]:
        try:
            with self._lock:
                return list(port.get_ports())
        except Exception:  # rtmidi has several of its own; whichever, there are no ports now
            return []

    def _open(self, kind: Any, name: str, options: dict[str, Any]) -> Any:
        port: Any = None
        try:
            with self._lock:
                port = kind(self._number, CLIENT, **options)
                port.open_port(port.get_ports().index(name), "control")
        except Exception as error:
            if port is not None:
                with contextlib.suppress(Exception):
                    port.delete()
            raise OSError(f"the MIDI port {name} can't be opened ({error})") from error
        return port


def candidates(platform: str) -> list[str]:
    """Interfaces worth trying; asking ALSA where there is none prints noise and takes time."""
    if platform == "darwin":
        return ["core"]
    if platform.startswith("win"):
        return ["winmm"]
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    return (["alsa"] if Path("/dev/snd/seq").exists() else []) + ["jack"]


class _Called:
    """An input that calls from a thread of rtmidi."""

    def __init__(self, port: Any, callback: Callback) -> None:
        self._port = port
        port.set_callback(lambda event, _: callback(bytes(event[0]), time.monotonic()))

    def close(self) -> None:
        """Close it."""
        with contextlib.suppress(Exception):
            self._port.cancel_callback()
        with contextlib.suppress(Exception):
            self._port.close_port()
        with contextlib.suppress(Exception):
            self._port.delete()


class _Polled:
    """An input whose messages are fetched by a thread."""

    def __init__(self, port: Any, callback: Callback) -> None:
        self._port, self._callback = port, callback
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rtiass-midi-in", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(POLL):
            try:
                while (event := self._port.get_message()) is not None:
                    self._callback(bytes(event[0]), time.monotonic())
            except Exception:  # the port has gone; the watch over the ports will notice
                self._ended.wait(0.1)

    def close(self) -> None:
        """Close it."""
        self._ended.set()
        self._thread.join(1.0)
        with contextlib.suppress(Exception):
            self._port.close_port()
        with contextlib.suppress(Exception):
            self._port.delete()


class _Output:
    """An output."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def send(self, data: bytes) -> None:
        """Send a message."""
        try:
            self._port.send_message(data)
        except Exception as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close it."""
        with contextlib.suppress(Exception):
            self._port.close_port()
        with contextlib.suppress(Exception):
            self._port.delete()


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep what libraries write to standard error to themselves."""
    try:
        kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
