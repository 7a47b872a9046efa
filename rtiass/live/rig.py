"""Puts the child's parts together: model, network thread, separator, rings, device, audio thread."""

from __future__ import annotations

import gc
import math
import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rtiass.bundle import Bundle, load_bundle
from rtiass.engine import EngineSession
from rtiass.errors import UserError
from rtiass.live import device as devices
from rtiass.live.audioloop import AudioLoop, route_table
from rtiass.live.callback import ADDRESS
from rtiass.live.device import Device, DeviceError
from rtiass.live.enginechange import EngineChange
from rtiass.live.firstengine import EngineOrder, first_engine
from rtiass.live.handover import AT_ONCE, KEPT, Handover
from rtiass.live.masks import AsyncMaskSource
from rtiass.live.options import LiveOptions, bus_gains
from rtiass.live.realtime import lock_memory, raise_others, raise_priority
from rtiass.live.recorder import Recorder, about_take, rendering_cost
from rtiass.live.ring import CALLBACKS, FREEWHEEL_WAIT, MAX_BLOCK, AudioBlock
from rtiass.live.songchange import SongChanger
from rtiass.live.source import SongFeeder
from rtiass.live.state import SharedState
from rtiass.live.tracks import RecordPlan, plan_tracks
from rtiass.masks import MaskProducer
from rtiass.separator import StreamingSeparator
from rtiass.stft import ALL_MODES, BINS, RATE, Mode

MASK_PRIORITY = 50
BESIDE_PRIORITY = 49
"""Of a new engine while another one plays."""

OTHER_PRIORITY = 1
"""Of all else that may hold the interpreter's lock while sound is played."""

TRIAL_STEPS = 200
FREEWHEEL_LIMIT = 5_000_000
"""Microseconds that a callback in freewheel mode waits at most."""

OF_PERIOD = 0.8
"""Share of the time from step to step that a new engine may need where masks lag; the rest is the machine's moods."""

FIRST_CALLBACKS = 6
"""Callbacks after which the driver's block is taken as known."""


@dataclass
class Devices:
    """What was found: where the sound comes from (None for a song) and goes to, and how to open it."""

    sd: Any
    input: Device | None
    output: Device
    rate: int
    channels: tuple[int, int]
    pair: tuple[int, int]


@dataclass
class Player:
    """What plays. The parts made last are set once the device is open."""

    bundle: Bundle
    engine: str
    note: str
    why: str
    session: EngineSession
    order: EngineOrder | None
    source: AsyncMaskSource
    buses: dict[str, dict[str, float]]
    options: LiveOptions
    step_time: float
    routes: tuple[tuple[int, ...], ...]
    max_block: int = 0
    device_rate: int = RATE
    block: AudioBlock = None  # type: ignore[assignment]
    separator: StreamingSeparator = None  # type: ignore[assignment]
    loop: AudioLoop = None  # type: ignore[assignment]
    songs: SongChanger | None = None
    record: RecordPlan = field(default_factory=RecordPlan)
    recorder: Recorder | None = None
    record_cost: float = 0.0

    def plan(self, mode: Mode, max_block: int) -> int:
        """Mask delay of a mode in hops, with a largest block in device samples."""
        return planned_delay(self.step_time, mode, self.options, max_block, self.device_rate)

    def refuse(self, name: str, step_time: float) -> str:
        """Why an engine is too slow for the delays that are planned, which stay; empty if it isn't.

        Args:
            name: The engine.
            step_time: Seconds that nearly every step of it keeps.
        """
        for mode in ALL_MODES.values():
            wanted = planned_delay(step_time, mode, self.options, self.max_block, self.device_rate)
            slow = not self.options.freewheel and step_time > max(self.step_time, OF_PERIOD * mode.period / RATE)
            if slow or wanted > self.plan(mode, self.max_block):
                kept = f"{1000 * step_time:.2f} ms a frame, and {self.engine} {1000 * self.step_time:.2f} ms"
                return f"it keeps {kept}, which is too slow for the mask delay that was planned for '{mode.name}'"
        return ""


def find_devices(options: LiveOptions, *, again: bool = False) -> Devices:
    """Find the devices and a rate that they take.

    Args:
        options: What is asked for.
        again: Let PortAudio look anew.

    Raises:
        DeviceError: Something is missing.
    """
    sd = devices.portaudio()
    if again:
        devices.refresh(sd)
    output = devices.find(sd, options.output, "output")
    needed = max((c for route in options.routes for c in route.channels), default=min(2, output.outputs))
    if needed > output.outputs:
        raise DeviceError(
            f"The device '{output.name}' has {output.outputs} output channels; channel {needed} was asked for. "
            "Choose other channels with --out or another device with --output."
        )
    wanted = {"output": {"device": output.index, "channels": max(needed, min(2, output.outputs))}}
    source = None
    pair = (0, 0)
    if options.song is None:
        source = devices.find(sd, options.input, "input")
        pair = (options.input_channels[0] - 1, options.input_channels[-1] - 1)
        if max(pair) >= source.inputs:
            if source.inputs == 1 and options.input_channels == (1, 2):
                pair = (0, 0)
            else:
                raise DeviceError(
                    f"The device '{source.name}' has {source.inputs} input channels; channel {max(pair) + 1} was "
                    "asked for. Choose others with --in, or another device with --input."
                )
        wanted["input"] = {"device": source.index, "channels": max(pair) + 1}
    rate = devices.choose_rate(sd, RATE, options.rate, output, wanted)
    inputs = max(pair) + 1 if source else 0
    return Devices(sd, source, output, rate, (inputs, wanted["output"]["channels"]), pair)


def prepare(options: LiveOptions, notes: list[str]) -> Player:
    """Load the model and make the separator: everything that needs no device.

    Raises:
        UserError: Something doesn't fit.
    """
    if options.song is not None and not Path(options.song).is_file():
        raise DeviceError(f"There is no file '{options.song}'. Check the path.")
    bundle = load_bundle(options.model)
    # One thread: the steps are short, and a pool of threads without real-time priority would hold up one that has it.
    choice, order = first_engine(options.engine, bundle, 1)
    name, session = choice.name, choice.session
    notes += [note for note in (choice.note, bundle.mode_note(options.mode)) if note]
    routes = options.routes
    buses = {route.bus: bus_gains(route.bus, bundle.stems, options.vocals) for route in routes} or {
        "mix": bus_gains("mix", bundle.stems)
    }
    if len(buses) < len(routes):
        raise DeviceError("An output was named twice; give each of them its channels once.")
    step_time = try_engine(session)
    if order is not None:
        # Where the sound waits for it, all that a new engine has not heard can be made up at once.
        patience = KEPT - 1 if options.freewheel else AT_ONCE
        session = Handover(session, name, len(bundle.stems), patience=patience)
    producer = MaskProducer.of(bundle, session, options.gate)
    source = AsyncMaskSource(producer, freewheel=options.freewheel, on_start=lambda: raise_priority(MASK_PRIORITY))
    channels = tuple(tuple(c - 1 for c in route.channels) for route in routes) or ((0, 1),)
    player = Player(bundle, name, choice.note, choice.why, session, order, source, buses, options, step_time, channels)
    if options.record is not None:
        player.record = plan = plan_tracks(options.record_tracks, bundle.stems, list(buses), options.vocals)
        player.record_cost = rendering_cost(plan.rendered, options.mode)
        # A take may go over many songs of a set list.
        about = about_take(None if options.playlist else options.song, bundle.name, name, list(buses))
        player.recorder = Recorder(plan, Path(options.record), options.record_format, about)
    return player


def try_engine(session: EngineSession, *, beside: bool = False) -> float:
    """Run the network on noise and return the time in seconds that nearly every step keeps (99.5 %).

    Args:
        session: Open session; it is reset in the end.
        beside: Sound plays meanwhile: leave it the precedence, and half of the time.
    """
    noise = np.abs(np.random.default_rng(0).standard_normal((2, BINS))).astype(np.float32)
    times = []
    with _Realtime(BESIDE_PRIORITY if beside else MASK_PRIORITY):
        for _ in range(TRIAL_STEPS):
            begun = time.perf_counter()
            session.step(noise)
            times.append(time.perf_counter() - begun)
            if beside:
                time.sleep(times[-1])
    session.reset()
    return float(np.percentile(times[TRIAL_STEPS // 6 :], 99.5))


class _Realtime:
    """The calling thread under the conditions of the mask thread, for the trial only."""

    def __init__(self, priority: int) -> None:
        self._priority = priority

    def __enter__(self) -> None:
        self._before: tuple[int, os.sched_param] | None = None
        # Some systems have the calls and refuse them.
        with suppress(AttributeError, OSError):
            self._before = os.sched_getscheduler(0), os.sched_getparam(0)
        raise_priority(self._priority)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            os.sched_setscheduler(0, *self._before)


def change_engine(player: Player, name: str) -> EngineChange | None:
    """Begin to change over to another engine, which is compiled; None if it plays already."""
    if not isinstance(player.session, Handover) or player.session.name == name:
        return None
    change = EngineChange(
        player.session, name, player.bundle, attempt=partial(try_engine, beside=True), refuse=player.refuse,
        on_start=lambda: raise_priority(BESIDE_PRIORITY),
    )  # fmt: skip
    change.start()
    return change


def planned_delay(step_time: float, mode: Mode, options: LiveOptions, max_block: int, rate: int) -> int:
    """Hops by which masks lag: 0 where the network fits twice into the time for which the audio may wait for it.

    That time is half of the lead that the output has (a block and the head-room), and at most half of the hops that a
    block ends. Otherwise masks lag by a period or a block, whichever is longer, and the network runs beside the sound.

    Args:
        step_time: Seconds that nearly every step of the network keeps.
        mode: Latency mode.
        options: Head-room, freewheel, and the delay if it is fixed.
        max_block: Largest block in device samples.
        rate: Device rate in hertz.
    """
    if options.mask_delay is not None:
        return options.mask_delay
    period = mode.period
    block = max_block * RATE / rate
    hops = math.ceil(block / mode.hop)
    allowed = 0.5 * min(block + options.headroom * RATE / rate, hops * mode.hop) / RATE
    if options.freewheel or 2.0 * step_time * math.ceil(block / period) < allowed:
        return 0
    return max(period // mode.hop, hops)


def open_device(player: Player, found: Devices, options: LiveOptions) -> Any:
    """Make the rings and open the stream; it isn't started yet."""
    routes = tuple(tuple(c % found.channels[1] for c in route) for route in player.routes)
    player.routes = routes
    player.block = AudioBlock(*found.channels, found.pair)
    if options.freewheel:
        player.block.counters[FREEWHEEL_WAIT] = FREEWHEEL_LIMIT
    if options.song is not None:
        feeder = SongFeeder(Path(options.song), player.block, found.rate, options.start)
        feeder.start()
        feeder.filled.wait(5.0)
        player.songs = SongChanger(feeder, player.block, found.rate, options.song_number)
        player.songs.start()
    return devices.open_stream(
        found.sd, input_device=found.input, output_device=found.output, channels=found.channels, rate=found.rate,
        block=options.block, address=ADDRESS, user_data=player.block.address,
    )  # fmt: skip


def start_clock(
    player: Player, found: Devices, options: LiveOptions, state: SharedState, stream: Any, quitting: threading.Event
) -> None:
    """Learn the driver's block from its first callbacks, then start the audio thread.

    Raises:
        DeviceError: No callback comes.
        UserError: The audio thread fails at once.
    """
    head = player.block.counters
    limit = time.monotonic() + 3.0
    while head[CALLBACKS] < FIRST_CALLBACKS and not quitting.is_set():
        if time.monotonic() > limit:
            raise DeviceError(
                f"The device '{found.output.name}' was opened but doesn't run. Check its server or its cable, then "
                "start again."
            )
        time.sleep(0.002)
    player.max_block = max(int(head[MAX_BLOCK]), options.block, 16)
    player.device_rate = found.rate
    delay = player.plan(ALL_MODES[options.mode], player.max_block)
    record = player.record
    player.separator = StreamingSeparator(
        player.bundle, player.source, mode=options.mode, buses={**player.buses, **record.post, **record.pre},
        mask_delay=delay, unheard=record.rendered,
    )  # fmt: skip
    player.separator.policy = options.policy
    player.loop = AudioLoop(
        player.block, player.separator, player.source, route_table(player.routes), state, device_rate=found.rate,
        max_block=player.max_block, headroom=options.headroom, freewheel=options.freewheel, plan=player.plan,
        tap=player.recorder.tap if player.recorder else None, faded=len(player.buses) + len(record.post),
    )  # fmt: skip
    player.source.deadline = time.monotonic() + 1.0
    player.loop.warm_up()
    refusal = lock_memory()
    if refusal:
        print(refusal, file=sys.stderr)
    into, out = devices.driver_latency(stream, found.input is not None)
    state.put("device_rate", found.rate)
    state.put("driver_input", into)
    state.put("driver_output", out)
    sys.setswitchinterval(0.001)
    # Nothing here makes cycles while playing; a collection would stop all threads for a tenth of a second.
    gc.collect()
    gc.freeze()
    gc.disable()
    player.loop.start()
    player.loop.started.wait(5.0)
    if player.loop.error:
        raise UserError(f"{player.loop.error} Try another --mode or --engine, and see 'rtiass doctor'.")
    # Not before: the work of starting would keep ordinary processes from the processor for seconds.
    raise_others(OTHER_PRIORITY)


def describe(player: Player, found: Devices) -> dict[str, object]:
    """What the parent is told once all is playing."""
    return {
        "engine": player.engine,
        "engine_note": player.note,
        "engine_why": player.why,
        "engine_order": player.order.plain() if player.order else None,
        "model": player.bundle.name,
        "stems": list(player.separator.stems),
        "buses": list(player.buses),
        "input": found.input.name if found.input else "",
        "output": found.output.name,
        "api": found.output.api,
        "rate": found.rate,
        "block": player.max_block,
        "prefill": player.loop.prefill,
        "mask_delay": player.separator.mask_delay,
        "step_time": player.step_time,
        "outputs": found.channels[1],
        "recorded": [track.name for track in player.record.tracks],
        "record_rendered": player.record.rendered,
        "record_cost": player.record_cost,
    }
