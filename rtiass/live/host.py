"""The parent's side: starts the child, watches over it, starts it anew when the device comes back, and controls it."""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from rtiass.bundle import load_bundle
from rtiass.control import Change
from rtiass.errors import UserError
from rtiass.live.child import child_command, child_environment
from rtiass.live.controls import ControlWriter, make_control, publish_meters
from rtiass.live.enginework import EngineWork, follow
from rtiass.live.heartbeat import Heartbeat
from rtiass.live.options import LiveOptions
from rtiass.live.songorder import SongOrder
from rtiass.live.state import SharedState
from rtiass.live.status import ENDED, FAILED, LOST, PLAYING, STARTING, Status
from rtiass.live.take import check_home
from rtiass.live.tracks import RecordPlan, plan_tracks

SILENT_CHILD = 1.5
"""Seconds without a sign of life from a playing child, after which it is ended and a new one is started."""

SLOW_START = 60.0
"""Seconds that a child may take to start: the first one compiles."""

WATCH_EVERY = 0.05
RESTART_AFTER = 0.3
STOP_WITHIN = 0.7


class LiveHost:
    """Plays until closed. All methods may be called from any thread.

    Attributes:
        options: As given.
        stems: The model's stems.
        buses: Names of the outputs.
        control: The control state; what is changed there is heard at the next hop.
        state: The memory shared with the child: meters, counters, latencies.
        song_over: Called when the song of a set list of files is over; it has to be quick.
    """

    def __init__(self, options: LiveOptions) -> None:
        """Check the options against the model; nothing is started yet.

        Raises:
            UserError: The model or an output doesn't exist.
        """
        bundle = load_bundle(options.model)
        routes = [route.bus for route in options.routes] or ["mix"]
        self.options = options
        self.stems = bundle.stems
        self.buses = tuple(routes)
        plan = RecordPlan()
        if options.record is not None:
            plan = plan_tracks(options.record_tracks, self.stems, routes, options.vocals)
            check_home(Path(options.record), options.record_format)
        self.control = make_control(options, self.stems, self.buses)
        self.state = SharedState()
        self._takes = 0
        self._record_lock = threading.Lock()
        self._status = Status(STARTING)
        self._lock = threading.RLock()
        self._child: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None
        self._closing = threading.Event()
        self._supervisor: threading.Thread | None = None
        self._heart = Heartbeat()
        self._song = SongOrder(options.song, options.start)
        self._work = EngineWork(self._hear_work)
        self.song_over: Callable[[], None] = lambda: None
        self.exit_code = 0
        # Buses that are recorded after the faders follow them too, but have no output.
        self._writer = ControlWriter(self.control, self.state, self.stems, self.buses, plan.post)
        self._writer.write()
        self.control.clock = self._sample
        self.control.subscribe(self._follow)
        if options.record is not None and options.record_now:
            self.recording = True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Life

    def start(self) -> None:
        """Start the child and the watch over it; returns at once."""
        self._launch(wait=self.options.wait)
        self._supervisor = threading.Thread(target=self._supervise, name="rtiass-watch", daemon=True)
        self._supervisor.start()

    def wait_until_playing(self, timeout: float = SLOW_START) -> None:
        """Wait for the first sound.

        Raises:
            UserError: The child failed; the sentence is its own.
            TimeoutError: It took too long.
        """
        limit = time.monotonic() + timeout
        while self.status.phase not in (PLAYING, ENDED):
            if self.status.phase == FAILED:
                raise UserError(self.status.text)
            if time.monotonic() > limit:
                raise TimeoutError("the live host did not start in time")
            time.sleep(0.01)

    def close(self) -> None:
        """End the child, by force where it doesn't end in time. Takes at most about a second."""
        self._closing.set()
        self._work.close()
        if self._supervisor is not None and self._supervisor is not threading.current_thread():
            self._supervisor.join(STOP_WITHIN)
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                self._end(child, gently=True)
            self._close_errors()
            self.state.close()

    @property
    def status(self) -> Status:
        """What the host is doing now."""
        return self._status

    @property
    def pid(self) -> int | None:
        """Number of the child's process, or None while there is none."""
        child = self._child
        return None if child is None else child.pid

    # Control

    @property
    def mode(self) -> str:
        """The latency mode asked for: ``/mode``."""
        return str(self.control.get("/mode"))

    @mode.setter
    def mode(self, name: str) -> None:
        self.control.set("/mode", name)

    @property
    def policy(self) -> str:
        """What is heard when masks are too old: ``/policy``."""
        return str(self.control.get("/policy"))

    @policy.setter
    def policy(self, name: str) -> None:
        self.control.set("/policy", name)

    @property
    def bypass(self) -> bool:
        """The delayed input is heard in place of the stems: ``/bypass``."""
        return bool(self.control.get("/bypass"))

    @bypass.setter
    def bypass(self, on: bool) -> None:
        self.control.set("/bypass", on)

    @property
    def paused(self) -> bool:
        """The song stands still: ``/pause``."""
        return bool(self.control.get("/pause"))

    @paused.setter
    def paused(self, on: bool) -> None:
        self.control.set("/pause", on)

    @property
    def recording(self) -> bool:
        """A take is wanted: ``/record``; ``state.get("recording")`` says whether one is being written."""
        return bool(self.state.get("record"))

    @recording.setter
    def recording(self, on: bool) -> None:
        if on and self.options.record is None:
            raise UserError("There is no folder to record to; start with --record FOLDER.")
        self.control.set("/record", on)

    def _follow(self, change: Change) -> None:
        """Pass a change of the control state on."""
        self._writer.write()
        if change.path == "/record":
            wanted = bool(self.control.get("/record"))
            if wanted and self.options.record is None:
                # Nowhere to record to: the switch goes back, and every surface shows it.
                self.control.set("/record", False, "host")
                return
            with self._record_lock:
                wanted = bool(self.control.get("/record"))
                if wanted != self.recording:
                    self._takes += wanted
                    self.state.put("record", self._takes if wanted else 0)

    def play(self, file: Path, start: float = 0.0) -> None:
        """Play another file in place of the one that plays; returns at once. The host has to have begun with a file.

        Args:
            file: A sound file that is there.
            start: Where to begin, in seconds.
        """
        with self._lock:
            line = self._song.call(file, start)
            if self._child is not None:
                self._write(self._child, line)

    def applied(self, revision: int) -> int | None:
        """Sample of the input, at the model's rate, from which a revision of ``control`` acts on the sound.

        Returns:
            None if that is still to come, or so long ago that it is forgotten. A new child counts from 0 again.
        """
        return self.state.applied(revision)

    def _sample(self) -> int | None:
        return int(self.state.get("position")) if self._status.phase == PLAYING else None

    # The child

    def _launch(self, *, wait: bool) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self.state.clear_reports()
            self._heart.begin()
            self._close_errors()
            self._errors = errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the child
            self._child = child = subprocess.Popen(
                child_command(self.state.fd),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, pass_fds=[self.state.fd],
                env=child_environment(), start_new_session=True,  # a Ctrl-C in the terminal is ours to handle
            )  # fmt: skip
            # Under the lock: a song that is called comes after the options.
            engine = self._work.fallback or self.options.engine
            options = replace(self._song.options(self.options), wait=wait, mode=self.mode, engine=engine)
            self._write(child, options.to_json())
        threading.Thread(target=self._hear, args=(child,), daemon=True).start()

    def _hear(self, child: subprocess.Popen[str]) -> None:
        """Take the child's messages until it ends."""
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                message = json.loads(line)
                with self._lock:
                    if child is self._child:
                        self._understand(message)

    def _understand(self, message: dict[str, Any]) -> None:
        kind = message.pop("type")
        status = self._status
        if kind == "ready":
            self._heart.begin()
            restarts = status.restarts + (status.phase == LOST)
            self._status = replace(status, phase=PLAYING, text="", about=message, restarts=restarts)
            if message.get("engine_order"):
                self._work.begin(message["engine_order"])
                self._change_engine()
        elif kind == "engine":
            self._work.heard(message)
            self._status = follow(status, {"type": kind, **message}, self._work.result)
        elif kind == "note" or (kind == "error" and status.phase == LOST):
            # While the device is looked for an error is no end: it may have been there a moment too short.
            if message["text"] not in status.notes:
                self._status = replace(status, notes=(*status.notes, message["text"]))
        elif kind == "error":
            self.exit_code = int(message["code"])
            self._status = replace(status, phase=FAILED, text=message["text"])
        elif kind == "song_over":
            if message["number"] == self._song.number:
                self.song_over()
        elif kind == "end":
            self._status = replace(status, phase=ENDED, text="The song is over.")

    def _hear_work(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._status = follow(self._status, message)
            if message["type"] == "done":
                self._change_engine()

    def _change_engine(self) -> None:
        """Let the child go over to the engine that was found; one that is started anew hears it again."""
        line = self._work.order(self._status)
        if line and self._child is not None:
            self._write(self._child, line)

    def _supervise(self) -> None:
        while not self._closing.wait(WATCH_EVERY):
            with self._lock:
                child = self._child
            if child is None:
                return
            status = self._status
            publish_meters(self.control, self.state, self.stems, self.latency()["host"], status.text or status.phase)
            if child.poll() is not None:
                # Its last words may still be on the way.
                time.sleep(0.02)
                if self._status.phase in (ENDED, FAILED):
                    return
                self._restart(child, self._why(child))
            elif self._silent():
                self._restart(child, "The audio device or its server does not answer any more.")

    def _silent(self) -> bool:
        """No sign of life for too long."""
        limit = SILENT_CHILD if self._status.phase == PLAYING else SLOW_START
        return self._heart.silent_for(int(self.state.get("heartbeat"))) > limit

    def _why(self, child: subprocess.Popen[str]) -> str:
        if child.returncode == 3:
            return "The audio device or its server has stopped."
        if child.returncode == 4:
            return "A part of the audio process failed; it is started anew."
        last = ""
        with self._lock:
            if self._errors is not None:
                self._errors.seek(0)
                lines = self._errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
                last = f" Its last words: {lines[-1]}" if lines else ""
        return f"The audio process ended by itself (status {child.returncode}).{last}"

    def _restart(self, child: subprocess.Popen[str], reason: str) -> None:
        """Say what happened, and start a child that waits for the device."""
        phase = self._status.phase
        with self._lock:
            self._song.note(self.state)
        self._end(child, gently=False)
        with self._lock:
            if phase not in (PLAYING, LOST):
                self.exit_code = 1
                self._status = replace(self._status, phase=FAILED, text=reason)
                self._child = None
                return
            if phase == PLAYING:
                text = reason + " Playing goes on by itself when it is back; Ctrl-C ends."
                self._status = replace(self._status, phase=LOST, text=text)
        if not self._closing.wait(RESTART_AFTER):
            self._launch(wait=True)

    def _close_errors(self) -> None:
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _end(self, child: subprocess.Popen[str], *, gently: bool) -> None:
        if gently and child.poll() is None:
            self._write(child, "quit")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(STOP_WITHIN)
        child.kill()
        child.wait()
        with contextlib.suppress(OSError, ValueError):
            if child.stdin is not None:
                child.stdin.close()

    @staticmethod
    def _write(child: subprocess.Popen[str], line: str) -> None:
        # One that has just ended is started anew with all that it was to be told.
        with contextlib.suppress(OSError, ValueError):
            assert child.stdin is not None
            child.stdin.write(line + "\n")
            child.stdin.flush()

    # Figures

    def latency(self) -> dict[str, float]:
        """The driver's own figures and the host's, in milliseconds; not a number where the driver's make no sense."""
        rate = float(self.state.get("device_rate"))
        if rate <= 0:
            return {"driver_input": math.nan, "driver_output": math.nan, "host": math.nan, "host_samples": math.nan}
        host = float(self.state.get("host_latency"))
        return {
            "driver_input": 1000.0 * float(self.state.get("driver_input")),
            "driver_output": 1000.0 * float(self.state.get("driver_output")),
            "host": 1000.0 * host / rate,
            "host_samples": host,
        }
