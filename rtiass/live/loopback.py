"""Measures the loop-back: how long sound takes out of the device and back in through a patched cable."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.activity import GateSettings, make_gate
from rtiass.bundle import load_bundle
from rtiass.errors import UserError
from rtiass.live import device as devices
from rtiass.live.callback import ADDRESS
from rtiass.live.options import LiveOptions
from rtiass.live.resample import round_trip
from rtiass.live.rig import FIRST_CALLBACKS, Devices, find_devices
from rtiass.live.ring import CALLBACKS, CAPTURED, MAX_BLOCK, RUNNING, AudioBlock
from rtiass.stft import ALL_MODES, RATE

BURST = 1023
LEVEL = 0.25
EVERY = 0.8
"""Seconds between two bursts; a loop-back longer than this isn't found."""

ATTEMPTS = 10
CLEAR = 8.0
"""How far the peak of the correlation must stand out of the rest for the burst to count as heard."""


def measure_loopback(options: LiveOptions) -> str:
    """Send bursts of noise until one comes back.

    Args:
        options: Devices, rate and block; the mode for the sum.

    Returns:
        A sentence with the figures.

    Raises:
        UserError: No device, or nothing came back.
    """
    found = find_devices(options)
    block = AudioBlock(*found.channels, found.pair)
    stream = devices.open_stream(
        found.sd, input_device=found.input, output_device=found.output, channels=found.channels, rate=found.rate,
        block=options.block, address=ADDRESS, user_data=block.address,
    )  # fmt: skip
    stream.start()
    try:
        samples = _measure(block, found)
    finally:
        stream.abort()
        stream.close()
    largest = int(block.counters[MAX_BLOCK])
    host = host_samples(options, largest, found.rate)
    into, out = devices.driver_latency(stream, True)
    return (
        f"Loop-back: {samples} samples, {1000 * samples / found.rate:.2f} ms from output 1 to the input. The driver "
        f"itself says {1000 * (into + out):.2f} ms. With the host in mode '{options.mode}' ({host:.0f} samples) sound "
        f"takes {1000 * (samples + host) / found.rate:.1f} ms from the input to the output and round the loop."
    )


def host_samples(options: LiveOptions, max_block: int, device_rate: int) -> float:
    """The latency that the host would have, in device samples: block, head-room, resamplers, mode and lookahead.

    Args:
        options: Head-room, mode, model and gate.
        max_block: Largest block in device samples.
        device_rate: In hertz.

    Raises:
        UserError: There is no such model.
    """
    mode, bundle = ALL_MODES[options.mode], load_bundle(options.model)
    decided = bundle.activity_lookahead + make_gate(options.gate, GateSettings(), 1.0).lookahead
    frames = max(bundle.lookahead, decided)
    separator = mode.window + frames * mode.period
    return max_block + options.headroom + round_trip(device_rate, RATE) + separator * device_rate / RATE


def _measure(block: AudioBlock, found: Devices) -> int:
    head = block.counters
    limit = time.monotonic() + 3.0
    while head[CALLBACKS] < FIRST_CALLBACKS:
        if time.monotonic() > limit:
            raise devices.DeviceError(f"The device '{found.output.name}' was opened but doesn't run.")
        time.sleep(0.005)
    burst = LEVEL * np.sign(np.random.default_rng(1).standard_normal(BURST)).astype(np.float32)
    every = int(EVERY * found.rate)
    writer = _Writer(block, every, burst)
    writer.fill(every)
    head[RUNNING] = 1
    last = -1
    for attempt in range(ATTEMPTS):
        start, end = attempt * every, (attempt + 1) * every + BURST
        while head[CAPTURED] < end:
            writer.fill(int(head[CAPTURED]) + every)
            time.sleep(0.01)
        heard = np.zeros((every + BURST, 2), np.float32)
        block.read_input(start, heard)
        delay = find_burst(heard[:, 0], burst)
        # Twice the same, so that chance or a cable plugged just now can't decide.
        if delay is not None and delay == last:
            return delay
        last = -1 if delay is None else delay
    raise UserError(
        "No burst came back. Patch output 1 to the input (a cable, or jack_connect rtiass:out_0 rtiass:in_0) and turn "
        "the level up, then measure again."
    )


class _Writer:
    """Keeps the output ring filled with silence and a burst at every multiple of ``every``."""

    def __init__(self, block: AudioBlock, every: int, burst: NDArray[np.float32]) -> None:
        self._block, self._every = block, every
        self._cycle = np.zeros((1, every, 2), np.float32)
        self._cycle[0, : len(burst), 0] = burst
        self._at = 0
        self._peaks = np.zeros(len(block.route), np.float32)
        self._routes: Any = np.array([[0, 0, 0]], np.int32), np.ones(1, np.float32)

    def fill(self, until: int) -> None:
        routes, gains = self._routes
        while self._at < until:
            start = self._at % self._every
            some = min(until - self._at, self._every - start)
            self._block.write_output(self._at, self._cycle[:, start : start + some], routes, gains, self._peaks)
            self._at += some


def find_burst(heard: NDArray[np.float32], burst: NDArray[np.float32]) -> int | None:
    """Where a burst begins in a recording, or None if it isn't clearly there.

    Args:
        heard: Shape (n,) float32.
        burst: Shape (m,) float32, shorter.
    """
    size = 1 << (len(heard) + len(burst)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.fft.rfft(burst, size).conj()
    match = np.abs(np.fft.irfft(spectrum, size)[: len(heard) - len(burst) + 1])
    peak = int(match.argmax())
    spread = float(np.sqrt(np.mean(match**2)))
    return peak if match[peak] > max(CLEAR * spread, 1e-6) else None
