"""The audio thread: takes what the callback captured, separates it, and puts it where it will be played."""

from __future__ import annotations

import math
import os
import select
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rtiass.live.masks import AsyncMaskSource
from rtiass.live.realtime import raise_priority
from rtiass.live.recordring import Tap
from rtiass.live.resample import Resampler, round_trip
from rtiass.live.ring import CAPTURED, DELAY, MAX_BLOCK, RING, RUNNING, WAKE, WRITTEN, AudioBlock
from rtiass.live.state import CONTROLS, SharedState
from rtiass.policy import POLICIES
from rtiass.separator import StreamingSeparator
from rtiass.stft import ALL_MODES, FRAME, RATE, Mode

CHUNK = 1024
"""Most device samples separated in one go."""

LOST_AFTER = 0.75
"""Seconds of backlog beyond which the audio thread jumps to the present instead of working it off."""

FOR_MASKS = 0.75
"""Share of the time until the callback for which masks are awaited; the rest is for transforms and the scheduler."""

METERS_EVERY = 0.04
TURNS = 4096
PRIORITY = 60

Plan = Callable[[Mode, int], int]
"""Hops by which masks lag in a mode, with the largest block in device samples."""

RouteTable = tuple[NDArray[np.int32], NDArray[np.float32]]


class AudioLoop(threading.Thread):
    """Runs the audio clock.

    Output position p holds the separated input of position ``p - latency``: the output is written at the position of
    its input plus ``prefill``, so what is late is skipped without shifting what follows.

    Attributes:
        prefill: Samples by which the output is written ahead of its input: one block, the head-room, the resamplers.
        turn_times: Ring of the last times that one turn took, in seconds.
        lost_input: Input samples that were jumped over because the machine stood still too long.
        refusal: What the system said to the wish for real-time priority.
        error: What ended the thread before its time, as a sentence, or an empty string.
    """

    def __init__(
        self, block: AudioBlock, separator: StreamingSeparator, source: AsyncMaskSource, routes: RouteTable,
        state: SharedState, *, device_rate: int, max_block: int, headroom: int, freewheel: bool, plan: Plan,
        tap: Tap | None = None, faded: int | None = None,
    ) -> None:  # fmt: skip
        """Make the thread; it has to be started.

        Args:
            block: Rings and counters shared with the callback.
            separator: At the model's rate, stereo.
            source: Its mask source.
            routes: Bus, side and output channel of each route, shape (k, 3) int32, and gains, shape (k,) float32.
            state: Controls in, meters out.
            device_rate: In hertz.
            max_block: Largest block that the device asks for, in samples.
            headroom: Samples of lead beyond a block.
            freewheel: Nothing may be lost; there is no deadline.
            plan: Tells the mask delay of a mode.
            tap: Where what is to be recorded goes.
            faded: How many of the first buses follow the faders; default all.
        """
        super().__init__(name="rtiass-audio", daemon=True)
        self._block, self._separator, self._source = block, separator, source
        self._routes, self._gains = routes
        self._state = state
        self._controls = np.zeros(1, CONTROLS)
        self._heard_from = -1
        self._device_rate, self._max_block, self._headroom = device_rate, max_block, headroom
        self._freewheel = freewheel
        self._fields = state.fields
        self._control = -1
        self._numbers = {name: number for number, name in enumerate(ALL_MODES)}
        self._mode = self._numbers[separator.mode.name]
        self._plan = plan
        self._tap = tap
        self._tapping = False
        self._faded = len(separator.bus_names) if faded is None else faded
        self._read = 0
        self._write = 0
        self._running = True
        self.started = threading.Event()
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(writer, False)
        block.counters[WAKE] = writer
        self._ready_meters = 0.0
        self.lost_input = 0
        self.refusal = ""
        self.error = ""
        self.turn_times = np.zeros(TURNS)
        self._turns = 0
        self._oldest = 0
        self._ratio = device_rate / RATE
        buses, heard = len(separator.bus_names), separator.mixer.heard
        self._captured = np.zeros((CHUNK, 2), np.float32)
        self._peaks = np.zeros(len(block.route), np.float32)
        self._dry_route = np.zeros_like(block.route)
        self._input_peaks = np.zeros(2, np.float32)
        self._down: Resampler | None = None
        self._up: list[Resampler] = []
        self._lag = round_trip(device_rate, RATE)
        inner = CHUNK
        if device_rate != RATE:
            self._down = Resampler(device_rate, RATE, CHUNK)
            inner = self._down.most(CHUNK)
            self._up = [Resampler(RATE, device_rate, inner) for _ in range(heard)]
            self._model_in = np.zeros((inner, 2), np.float32)
            self._raised = np.zeros((heard, self._up[0].most(inner), 2), np.float32)
        self._separated = np.zeros((buses, inner, 2), np.float32)
        # At high rates the ring of captured samples is the limit: what it has lost can't be worked off.
        self._most_behind = min(round(LOST_AFTER * device_rate), RING // 2)
        self._reserve()
        self.prefill = max_block + headroom + self._lag

    @property
    def latency(self) -> float:
        """The host's latency in device samples: exact, and a whole number unless the rates differ."""
        return self.prefill + self._separator.latency_samples * self._ratio

    def times(self) -> tuple[float, float]:
        """99th percentile and maximum of the last turns' times in seconds."""
        some = self.turn_times[: min(self._turns, TURNS)]
        return (float(np.percentile(some, 99)), float(some.max())) if len(some) else (0.0, 0.0)

    def stop(self) -> None:
        """Let the thread end after its current turn."""
        self._running = False

    def warm_up(self) -> None:
        """Run everything once on silence, so that nothing is compiled, planned or paged in while playing."""
        for _ in range(2 * FRAME // CHUNK):
            sound = self._separate(self._captured)
            self._block.write_output(0, sound, self._routes, self._gains, self._peaks)
        self._separator.reset()
        self._block.read_input(0, self._captured)
        self._block.write_dry(0, 0, 0)
        if self._down is not None:
            self._down.clear()
            for up in self._up:
                up.clear()

    def run(self) -> None:
        """Start the clock and follow it. An error ends the thread and is kept in ``error``."""
        try:
            self._follow_clock()
        except Exception as error:
            traceback.print_exc()
            self.error = f"The audio thread failed ({type(error).__name__}: {error})."
            self.started.set()

    def _follow_clock(self) -> None:
        self.refusal = raise_priority(PRIORITY)
        while not self._follow_controls():
            time.sleep(0.001)
        self._separator.snap()
        self._follow_latency()
        head = self._block.counters
        self._write = self.prefill
        self._tapping = self._tap is not None
        head[WRITTEN] = self.prefill
        head[RUNNING] = 1
        self.started.set()
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        while self._running:
            if poll.poll(100):
                os.read(self._reader, 4096)
            self._turn()

    def _turn(self) -> None:
        begun = time.perf_counter()
        head = self._block.counters
        self._follow_controls()
        if head[MAX_BLOCK] > self._max_block:
            self._grow(int(head[MAX_BLOCK]))
        captured = int(head[CAPTURED])
        if captured == self._read:
            return
        if captured - self._read > self._most_behind and not self._freewheel:
            self._jump(captured)
        self._source.deadline = self._deadline(captured)
        while self._read < captured:
            some = min(CHUNK, captured - self._read)
            part = self._captured[:some]
            self._block.read_input(self._read, part)
            np.maximum(self._input_peaks, np.abs(part).max(axis=0), out=self._input_peaks)
            self._follow_controls()
            sound = self._separate(part)
            self._oldest = max(self._oldest, self._separator.mask_age)
            self._report_applied()
            self._block.write_output(self._write, sound, self._routes, self._gains, self._peaks)
            self._read += some
            self._write += sound.shape[1]
            self._follow_latency()
        now = time.perf_counter()
        self.turn_times[self._turns % TURNS] = now - begun
        self._turns += 1
        if now >= self._ready_meters:
            self._ready_meters = now + METERS_EVERY
            self._show_meters()

    def _separate(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._down is None:
            out = self._separated[:, : len(sound)]
            self._separator.process_into(sound, out)
            self._record(sound)
            return out
        count = self._down.process(sound, self._model_in)
        out = self._separated[:, :count]
        self._separator.process_into(self._model_in[:count], out)
        self._record(self._model_in[:count])
        given = 0
        for up, bus, raised in zip(self._up, out, self._raised, strict=False):  # the first buses are those heard
            given = up.process(bus, raised)
        return self._raised[:, :given]

    def _record(self, sound: NDArray[np.float32]) -> None:
        if self._tap is not None and self._tapping:
            separator, wanted = self._separator, int(self._fields["record"][0])
            mode = self._numbers[separator.mode.name]
            self._tap.take(sound, self._separated, separator.time, separator.latency_samples, mode, wanted)

    def _deadline(self, captured: int) -> float:
        """When the masks for this block must be there: well before the callback that would have nothing to play."""
        if self._freewheel:
            return math.inf
        stored = max(0, int(self._block.counters[WRITTEN]) - captured)
        blocks = stored // self._max_block + 1
        return time.monotonic() + FOR_MASKS * blocks * self._max_block / self._device_rate

    def _follow_controls(self) -> bool:
        """Take over a new control state; False if it is just being written: the next turn will see it."""
        if int(self._fields["control"][0]) == self._control:
            return True
        if not self._state.read_controls(self._controls):
            return False
        fields, separator = self._controls, self._separator
        self._control = int(fields["control"][0])
        self._heard_from = separator.next_hop
        separator.mixer.set_gains(fields["gains"][0, : self._faded, : len(separator.stems)])
        separator.policy = POLICIES[fields["policy"][0] % len(POLICIES)]
        separator.bypass = bool(fields["bypass"][0])
        separator.gate_modes.set_codes(fields["gate_modes"][0, : len(separator.stems)])
        mode = int(fields["mode"][0]) % len(ALL_MODES)
        if mode != self._mode:
            self._mode = mode
            self._change_mode()
        return True

    def _report_applied(self) -> None:
        """Stamp the control state once its first hop has been rendered."""
        # What was jumped over has been captured all the same: the clock is that of the input.
        jumped = round(self.lost_input / self._ratio)
        self._fields["position"] = self._separator.time + jumped
        if 0 <= self._heard_from <= self._separator.time:
            self._state.report_applied(self._control, self._heard_from + jumped)
            self._heard_from = -1

    def _change_mode(self) -> None:
        mode = list(ALL_MODES.values())[self._mode]
        self._separator.set_mode(mode.name, mask_delay=self._plan(mode, self._max_block))

    def _reserve(self) -> None:
        """Room for the masks of every mode: nothing is to be allocated when one is chosen."""
        block = self._max_block / self._ratio
        for mode in ALL_MODES.values():
            lag = self._plan(mode, self._max_block) * mode.hop
            self._source.reserve(math.ceil(max(lag, block) / mode.period))

    def _follow_latency(self) -> None:
        self._block.counters[DELAY] = round(self.latency)
        fields = self._fields
        fields["prefill"][0] = self.prefill
        fields["host_latency"][0] = self.latency
        fields["mask_delay"][0] = self._separator.mask_delay
        fields["heard_mode"][0] = self._numbers[self._separator.mode.name]

    def _grow(self, max_block: int) -> None:
        """The device asks for larger blocks than it did: more lead is needed, and the latency grows by as much."""
        gap = max_block - self._max_block
        self._max_block = max_block
        self.prefill += gap
        self._reserve()
        self._change_mode()
        self._follow_latency()
        self._block.write_dry(self._write, gap, round(self.latency))
        self._write += gap

    def _jump(self, captured: int) -> None:
        """Leave the backlog behind; enough history is taken again for the first sample that can still be played."""
        keep = math.ceil(FRAME * self._ratio) + math.ceil(self.latency)
        # Whole periods of the resamplers keep their phase; whole periods of the network keep the hops in step.
        grid = 1024 if self._down is None else self._down.step
        skip = max(0, captured - keep - self._read) // grid * grid
        self._read += skip
        self._write += skip
        self.lost_input += skip
        if self._tap is not None:
            self._tap.skip(round(skip / self._ratio))

    def _show_meters(self) -> None:
        fields, separator, stems = self._fields, self._separator, len(self._separator.stems)
        fields["activity"][0, :stems] = separator.activity
        fields["gates"][0, :stems] = separator.gates
        fields["levels"][0, :stems] = self._source.levels
        fields["input_peaks"][0] = self._input_peaks
        fields["output_peaks"][0, : len(self._peaks)] = self._peaks
        self._input_peaks.fill(0.0)
        self._peaks.fill(0.0)
        fields["late_masks"][0] = separator.late_masks
        fields["mask_age"][0] = separator.mask_age
        fields["oldest_mask"][0] = self._oldest
        self._show_dry(separator)

    def _show_dry(self, separator: StreamingSeparator) -> None:
        """What the callback plays when it has nothing: each bus's share of the dry signal, or silence on ``mute``."""
        route = self._dry_route
        route.fill(0.0)
        if separator.policy != "mute":
            share = separator.mixer.fallback()
            for (bus, side, channel), gain in zip(self._routes, self._gains, strict=True):
                route[channel, side] += gain * share[bus]
        np.copyto(self._block.route, route)


def route_table(routes: Sequence[tuple[int, ...]]) -> RouteTable:
    """Routes as the compiled writer wants them.

    Args:
        routes: For each bus its one or two output channels, from 0. On one channel (or the same named twice) both sides
            meet at half their level.

    Returns:
        Shape (k, 3) int32: bus, side, channel; and shape (k,) float32: gain.
    """
    table: list[tuple[int, int, int]] = []
    gains: list[float] = []
    for bus, channels in enumerate(routes):
        for side in (0, 1):
            table.append((bus, side, channels[side % len(channels)]))
            gains.append(0.5 if channels[0] == channels[-1] else 1.0)
    return np.array(table, np.int32), np.array(gains, np.float32)
