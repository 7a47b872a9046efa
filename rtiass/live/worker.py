"""The child process: device, callback, audio thread and network. Run as ``python -m rtiass.live.worker FD``.

It is told its options by the first line of its standard input and ends when that is closed. What it has to say beyond
the shared state goes out as lines of JSON.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NoReturn

import numpy as np

from rtiass.errors import UserError
from rtiass.live.heartbeat import Heartbeat
from rtiass.live.options import LiveOptions
from rtiass.live.realtime import keep_awake
from rtiass.live.state import SharedState

if TYPE_CHECKING:
    from rtiass.live.enginechange import EngineChange
    from rtiass.live.songchange import Playing

Orders = queue.SimpleQueue[dict[str, Any]]

LOST = 3
"""Exit status: the device's callbacks have stopped."""

BROKEN = 4
"""Exit status: a thread of this process has ended with an error."""

STUCK_TEXT = (
    "The network does not answer any more; until it does, what the policy for late masks says is heard. If it stays "
    "so, start anew, with another --engine if it happens again."
)
STALE = 1.0
STALE_FREEWHEEL = 10.0
STUCK = 3.0
"""Seconds after which a step of the network that has not ended is told of."""

TURN = 0.05
RETRY = 0.4


class Messages:
    """Lines of JSON to the parent, over what was standard output; libraries that print now reach standard error."""

    def __init__(self) -> None:
        self._out: IO[str] = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)

    def send(self, kind: str, **values: object) -> None:
        """Send a message."""
        try:
            self._out.write(json.dumps({"type": kind, **values}) + "\n")
        except OSError:
            leave(0)


def leave(status: int) -> NoReturn:
    """End at once: the ordinary exit would call into PortAudio, which hangs when its server has died."""
    os._exit(status)


class Worker:
    """Everything in the child."""

    def __init__(
        self, options: LiveOptions, state: SharedState, messages: Messages, quitting: threading.Event, orders: Orders
    ) -> None:
        self.options, self.state, self.messages, self.quitting = options, state, messages, quitting
        self._orders = orders
        self._over = -1
        self._change: EngineChange | None = None
        self._heard = 0
        self.notes: list[str] = []
        self._awake: BinaryIO | None = None  # open as long as this process
        self._said: set[str] = set()
        self._callbacks = Heartbeat()

    def run(self) -> int:
        """Set everything up and play until told to stop; returns the exit status."""
        from rtiass.live import rig

        options = self.options
        # Where a device is expected at once, its absence is told before the model is loaded.
        device = None if options.wait else rig.find_devices(options)
        if options.awake:
            # Before the network's steps are timed: they are faster so.
            self._awake, refusal = keep_awake()
            self.notes += [refusal] if refusal else []
        player = rig.prepare(options, self.notes)
        while device is None:
            try:
                device = rig.find_devices(options, again=True)
            except UserError:
                self.state.put("heartbeat", int(self.state.get("heartbeat")) + 1)
                if self.quitting.wait(RETRY):
                    return 0
        stream = rig.open_device(player, device, options)
        self.player, self.stream = player, stream
        stream.start()
        rig.start_clock(player, device, options, self.state, stream, self.quitting)
        for note in self.notes:
            self.messages.send("note", text=note)
        self._copy_counters()
        self.messages.send("ready", **rig.describe(player, device))
        status = self._watch()
        if player.recorder is not None:
            player.recorder.close()
            self._tell_new_errors()
        self._stop()
        return status

    def _watch(self) -> int:
        while not self.quitting.wait(TURN):
            self._copy_counters()
            self._tell_new_errors()
            self._follow_orders()
            self._follow_change()
            if self._stale():
                return LOST
            if not (self.player.loop.is_alive() and self.player.source.alive):
                self._tell_new_errors()
                return BROKEN
            if self._song_ended():
                return 0
        return 0

    def _follow_orders(self) -> None:
        from rtiass.live import rig

        while not self._orders.empty():
            order = self._orders.get()
            if "engine" in order:
                if self._change is None:
                    self._change = rig.change_engine(self.player, str(order["engine"]))
            elif self.player.songs is not None:
                self.player.songs.call(str(order["play"]), float(order["start"]), int(order["number"]))

    def _follow_change(self) -> None:
        """Tell how it goes with another engine."""
        if self._change is None:
            return
        from rtiass.live.enginechange import told
        from rtiass.live.handover import Handover

        player, change = self.player, self._change
        change.look()
        assert isinstance(player.session, Handover)
        if change.fault and change.fault not in self._said:
            self._said.add(change.fault)
            self.messages.send("engine", engine=player.session.name, failed=True, text=change.fault)
        figures = {change.engine: change.step_time, player.engine: player.step_time}
        for event in player.session.events[self._heard :]:
            self._heard += 1
            text = told(event, figures, time.strftime("%H:%M:%S"))
            self.messages.send("engine", engine=event.heard, failed=bool(event.failed), text=text)
            if player.recorder is not None:
                player.recorder.tell_engine(event.heard)

    def _song_ended(self) -> bool:
        """Say when a song is over; returns whether that is the end of all."""
        songs = self.player.songs
        if songs is None:
            return False
        now = songs.now
        if not self._is_over(now):
            return False
        if not self.options.playlist:
            self.messages.send("end")
        elif now.number != self._over:
            self._over = now.number
            self.messages.send("song_over", number=now.number)
        return not self.options.playlist

    def _stale(self) -> bool:
        silent = self._callbacks.silent_for(int(self.state.get("callbacks")))
        return silent > (STALE_FREEWHEEL if self.options.freewheel else STALE)

    def _is_over(self, now: Playing) -> bool:
        """The song's last sample, and what was still on its way when it went in, has been heard."""
        from rtiass.live import ring

        head = self.player.block.counters
        if not now.feeder.over or head[ring.SOURCE_DONE_AT] < 0:
            return False
        tail = np.nan_to_num(float(self.state.get("driver_output"))) * float(self.state.get("device_rate"))
        return bool(head[ring.CAPTURED] > head[ring.SOURCE_DONE_AT] + head[ring.DELAY] + tail + self.player.max_block)

    def _copy_counters(self) -> None:
        from rtiass.live import ring

        put, head, player = self.state.put, self.player.block.counters, self.player
        put("callbacks", head[ring.CALLBACKS])
        put("captured", head[ring.CAPTURED])
        put("max_block", head[ring.MAX_BLOCK])
        put("underrun_frames", head[ring.UNDERRUN_FRAMES])
        put("underruns", head[ring.UNDERRUN_EVENTS])
        put("input_xruns", head[ring.INPUT_FLAGS])
        put("output_xruns", head[ring.OUTPUT_FLAGS])
        put("wait_timeouts", head[ring.WAIT_TIMEOUTS])
        put("starved", head[ring.SOURCE_STARVED])
        put("skipped_frames", player.source.skipped_frames)
        put("bad_frames", player.source.bad_frames + player.source.failures)
        put("lost_input", player.loop.lost_input)
        median, p99, most = player.source.times()
        put("step_median", median)
        put("step_p99", p99)
        put("step_max", most)
        p99, most = player.loop.times()
        put("turn_p99", p99)
        put("turn_max", most)
        if player.recorder is not None:
            player.recorder.report(self.state)
        if player.songs is not None:
            now = player.songs.now
            put("song_position", now.feeder.position)
            put("song_length", now.feeder.length)
            put("song_number", now.number)
        head[ring.SOURCE_PAUSED] = self.state.get("paused")
        put("heartbeat", int(self.state.get("heartbeat")) + 1)

    def _tell_new_errors(self) -> None:
        songs = self.player.songs
        for text in (
            self.player.source.error,
            STUCK_TEXT if self.player.source.busy_for > STUCK else "",
            songs.now.feeder.error if songs else "",
            *(songs.faults if songs else ()),
            self.player.loop.refusal,
            self.player.loop.error,
            *(self.player.recorder.notes if self.player.recorder else ()),
        ):
            if text and text not in self._said:
                self._said.add(text)
                self.messages.send("note", text=text)

    def _stop(self) -> None:
        """Stop the device, unless it hangs: then the process ends without it."""
        thread = threading.Thread(target=self._close_stream, daemon=True)
        thread.start()
        thread.join(0.5)

    def _close_stream(self) -> None:
        if self._stale():
            return
        self.stream.abort()
        self.stream.close()


def _listen(quitting: threading.Event, orders: Orders) -> None:
    """Take orders, and end with the parent: its end closes our standard input."""
    for line in sys.stdin:
        if line.strip() == "quit":
            quitting.set()
        elif line.startswith("{"):
            orders.put(json.loads(line))
    if not quitting.is_set():
        leave(0)


def main(arguments: list[str]) -> NoReturn:
    """Run the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    messages = Messages()
    options = LiveOptions.from_json(sys.stdin.readline())
    state = SharedState(int(arguments[0]))
    quitting = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: quitting.set())
    orders: Orders = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(quitting, orders), daemon=True).start()
    status: Any = 0
    try:
        status = Worker(options, state, messages, quitting, orders).run()
    except UserError as error:
        messages.send("error", text=str(error), code=error.exit_code)
        status = error.exit_code
    except BaseException as error:
        traceback.print_exc()
        messages.send("error", text=f"The live host stopped ({type(error).__name__}: {error}).", code=1)
        status = 1
    leave(status)


if __name__ == "__main__":
    main(sys.argv[1:])
