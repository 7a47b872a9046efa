"""The device callback: a C function that copies between the device's buffers and the rings, and nothing else.

It holds no interpreter lock, allocates nothing and never waits, except in freewheel mode, where nothing may be lost.
When the separated sound is late it plays the delayed dry input instead, so there is never silence, and fades back.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numba import carray as carray  # type: ignore[attr-defined]
from numba import cfunc, njit, types

from rtiass.live.ring import (
    CALLBACKS,
    CAPTURED,
    DELAY,
    FREEWHEEL_WAIT,
    HEADER,
    IN_AT,
    IN_CHANNELS,
    IN_LEFT,
    IN_MASK,
    IN_RIGHT,
    INPUT_FLAGS,
    MAX_BLOCK,
    OUT_AT,
    OUT_CHANNELS,
    OUT_MASK,
    OUTPUT_FLAGS,
    ROUTE_AT,
    RUNNING,
    SIZE,
    SOURCE_AT,
    SOURCE_DONE_AT,
    SOURCE_END,
    SOURCE_FROM,
    SOURCE_MASK,
    SOURCE_ON,
    SOURCE_PAUSED,
    SOURCE_READ,
    SOURCE_STARVED,
    SOURCE_WRITTEN,
    UNDERRUN_EVENTS,
    UNDERRUN_FRAMES,
    WAIT_TIMEOUTS,
    WAKE,
    WET_AT,
    WRITTEN,
    fence,
)

FADE = 256
"""Length in frames of the cross-fade between the separated sound and the dry sound that stands in for it."""

POLL = 50
"""Microseconds between two looks at the rings in freewheel mode."""

_POSIX = sys.platform != "win32"

if _POSIX:
    _usleep: Any = types.ExternalFunction("usleep", types.int32(types.uint32))
    _write: Any = types.ExternalFunction("write", types.intp(types.int32, types.voidptr, types.uintp))

    @njit
    def _sleep(microseconds: Any) -> None:
        _usleep(np.uint32(microseconds))

    @njit
    def _wake(head: Any, user: Any) -> None:
        # The pipe does not block: when it is full the reader has wakings enough.
        if head[WAKE] >= 0:
            _write(np.int32(head[WAKE]), user, np.uintp(1))

else:

    @njit
    def _sleep(microseconds: Any) -> None:
        fence()

    @njit
    def _wake(head: Any, user: Any) -> None:
        fence()


@njit
def _await(head: Any, counter: Any, wanted: Any, end: Any) -> None:
    """In freewheel mode, wait until a counter has come to a value, or the song's end is known, or time is up."""
    waited = 0
    while head[counter] < wanted and not (end >= 0 and head[end] >= 0):
        if waited >= head[FREEWHEEL_WAIT]:
            head[WAIT_TIMEOUTS] += 1
            return
        _sleep(POLL)
        waited += POLL
        fence()


@njit
def _capture(head: Any, samples: Any, device: Any, now: Any, frames: Any) -> None:
    mask, at = head[IN_MASK], head[IN_AT]
    channels = head[IN_CHANNELS]
    if head[SOURCE_ON]:
        read = head[SOURCE_READ]
        ready = np.int64(0)
        left = head[SOURCE_FROM] - read
        leaving = left > 0
        if leaving:
            # Another song was called: what is left of this one is faded out at once and jumped over.
            if head[SOURCE_PAUSED] == 0:
                ready = min(np.int64(frames), min(left, np.int64(FADE)))
        elif head[SOURCE_PAUSED] == 0:
            if head[FREEWHEEL_WAIT] > 0:
                _await(head, SOURCE_WRITTEN, read + frames, SOURCE_END)
            fence()
            ready = min(np.int64(frames), head[SOURCE_WRITTEN] - read)
            end = head[SOURCE_END]
            if ready < frames and end < 0:
                head[SOURCE_STARVED] += frames - ready
            if end >= 0 and read + ready >= end and head[SOURCE_DONE_AT] < 0:
                head[SOURCE_DONE_AT] = now + ready
        for i in range(frames):
            slot = at + 2 * ((now + i) & mask)
            if i < ready:
                source = head[SOURCE_AT] + 2 * ((read + i) & head[SOURCE_MASK])
                gain = np.float32((ready - i) / (ready + 1)) if leaving else np.float32(1.0)
                samples[slot] = gain * samples[source]
                samples[slot + 1] = gain * samples[source + 1]
            else:
                samples[slot] = 0.0
                samples[slot + 1] = 0.0
        fence()
        head[SOURCE_READ] = read + left if leaving else read + ready
    else:
        left, right = head[IN_LEFT], head[IN_RIGHT]
        for i in range(frames):
            slot = at + 2 * ((now + i) & mask)
            if channels > 0:
                samples[slot] = device[i * channels + left]
                samples[slot + 1] = device[i * channels + right]
            else:
                samples[slot] = 0.0
                samples[slot + 1] = 0.0


@njit
def _play(head: Any, samples: Any, device: Any, now: Any, frames: Any) -> None:
    if head[FREEWHEEL_WAIT] > 0:
        _await(head, WRITTEN, now + frames, -1)
    fence()
    channels, mask, at = head[OUT_CHANNELS], head[OUT_MASK], head[OUT_AT]
    ready = max(np.int64(0), min(np.int64(frames), head[WRITTEN] - now))
    wet = samples[head[WET_AT]]
    if ready == frames and wet >= 1.0:
        for i in range(frames):
            slot = at + channels * ((now + i) & mask)
            for c in range(channels):
                device[i * channels + c] = samples[slot + c]
        return
    if ready < frames:
        head[UNDERRUN_FRAMES] += frames - ready
        if wet > 0.0 or ready > 0:
            head[UNDERRUN_EVENTS] += 1
    fade = min(np.int64(FADE), ready)
    delay = head[DELAY]
    for i in range(frames):
        if i >= ready:
            wet = np.float32(0.0)
        elif ready < frames and ready - i <= fade:
            wet = min(wet, np.float32((ready - i - 1) / fade))
        else:
            wet = min(np.float32(1.0), np.float32(wet + 1.0 / FADE))
        past = now + i - delay
        source = head[IN_AT] + 2 * (past & head[IN_MASK])
        slot = at + channels * ((now + i) & mask)
        for c in range(channels):
            route = head[ROUTE_AT] + 2 * c
            value = np.float32(0.0)
            if past >= 0:
                value = samples[route] * samples[source] + samples[route + 1] * samples[source + 1]
            value *= np.float32(1.0) - wet
            if wet > 0.0:
                value += wet * samples[slot + c]
            device[i * channels + c] = value
    samples[head[WET_AT]] = wet


_SIGNATURE = types.int32(types.voidptr, types.voidptr, types.uintp, types.voidptr, types.uintp, types.voidptr)


@cfunc(_SIGNATURE, cache=True)
def callback(inputs: Any, outputs: Any, frames: Any, times: Any, flags: Any, user: Any) -> Any:
    """PortAudio's ``PaStreamCallback``; ``user`` points to an ``AudioBlock``. Returns 0: go on."""
    count = np.int64(frames)
    head = carray(user, (HEADER,), np.int64)
    samples = carray(user, (head[SIZE],), np.float32)
    channels = head[OUT_CHANNELS]
    playing = carray(outputs, (count * channels,), np.float32)
    if flags & np.uintp(3):
        head[INPUT_FLAGS] += 1
    if flags & np.uintp(12):
        head[OUTPUT_FLAGS] += 1
    head[CALLBACKS] += 1
    head[MAX_BLOCK] = max(head[MAX_BLOCK], count)
    if head[RUNNING] == 0:
        for i in range(count * channels):
            playing[i] = 0.0
        return 0
    now = head[CAPTURED]
    # Without a device input the pointer is null and the view is empty.
    recorded = carray(inputs, (count * head[IN_CHANNELS],), np.float32)
    _capture(head, samples, recorded, now, count)
    fence()
    head[CAPTURED] = now + count
    _wake(head, user)
    _play(head, samples, playing, now, count)
    return 0


ADDRESS: int = callback.address or 0
"""Where the compiled callback is."""
