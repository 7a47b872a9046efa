"""The device callback, called as PortAudio would: exact copies, dry sound when late, no shift afterwards."""

from __future__ import annotations

import ctypes
import os
import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from rtiass.live.callback import ADDRESS, FADE
from rtiass.live.ring import (
    CAPTURED,
    DELAY,
    FREEWHEEL_WAIT,
    MAX_BLOCK,
    OUTPUT_FLAGS,
    RUNNING,
    SOURCE_DONE_AT,
    SOURCE_END,
    SOURCE_ON,
    SOURCE_PAUSED,
    SOURCE_STARVED,
    SOURCE_WRITTEN,
    UNDERRUN_EVENTS,
    UNDERRUN_FRAMES,
    WAKE,
    WRITTEN,
    AudioBlock,
)

CALL = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p
)(ADDRESS)

ROUTES = np.array([[0, 0, 0], [0, 1, 1]], np.int32), np.ones(2, np.float32)


def sound(count: int, seed: int = 0, channels: int = 2) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (count, channels)).astype(np.float32)


def turn(block: AudioBlock, inputs: NDArray[np.float32], flags: int = 0, outputs: int = 2) -> NDArray[np.float32]:
    out = np.full((len(inputs), outputs), 9.0, np.float32)
    assert CALL(inputs.ctypes.data, out.ctypes.data, len(inputs), None, flags, block.address) == 0
    return out


@pytest.fixture
def block() -> AudioBlock:
    made = AudioBlock(2, 2)
    made.route[:] = np.eye(2)
    made.counters[RUNNING] = 1
    return made


def write(block: AudioBlock, position: int, values: NDArray[np.float32]) -> None:
    block.write_output(position, values[None], *ROUTES, np.zeros(2, np.float32))


def test_input_and_output_are_copied_exactly(block: AudioBlock) -> None:
    x, y = sound(3000, 1), sound(3000, 2)
    write(block, 0, y)
    heard = [turn(block, x[:1000]), turn(block, x[1000:1001]), turn(block, x[1001:3000])]
    np.testing.assert_array_equal(np.concatenate(heard), y)
    captured = np.zeros((3000, 2), np.float32)
    block.read_input(0, captured)
    np.testing.assert_array_equal(captured, x)
    assert block.counters[MAX_BLOCK] == 1999
    assert block.counters[UNDERRUN_FRAMES] == 0


def test_nothing_is_taken_before_the_clock_runs() -> None:
    block = AudioBlock(2, 2)
    assert not turn(block, sound(64)).any()
    assert block.counters[CAPTURED] == 0
    assert block.counters[MAX_BLOCK] == 64


def test_late_output_is_the_delayed_input_and_then_itself_unshifted(block: AudioBlock) -> None:
    head = block.counters
    head[DELAY] = 500
    x, y = sound(4000, 1), sound(4000, 2)
    dry = np.concatenate([np.zeros((500, 2), np.float32), x])[:4000]
    write(block, 0, y[:1000])
    heard = np.concatenate([turn(block, x[:1000]), turn(block, x[1000:2000])])
    np.testing.assert_array_equal(heard[:1000], y[:1000])
    np.testing.assert_array_equal(heard[1000:], dry[1000:2000])
    assert head[UNDERRUN_FRAMES] == 1000
    assert head[UNDERRUN_EVENTS] == 1
    # The late samples come, too late; what follows them is at its own place, after a cross-fade.
    write(block, 1000, y[1000:4000])
    heard = turn(block, x[2000:3000])
    np.testing.assert_array_equal(heard[FADE:], y[2000 + FADE : 3000])
    ramp = (np.arange(1, FADE + 1) / FADE)[:, None]
    expected = ramp * y[2000 : 2000 + FADE] + (1 - ramp) * dry[2000 : 2000 + FADE]
    np.testing.assert_allclose(heard[:FADE], expected, atol=1e-5)
    np.testing.assert_array_equal(turn(block, x[3000:4000]), y[3000:])
    assert head[UNDERRUN_FRAMES] == 1000


def test_output_that_ends_within_a_block_fades_out(block: AudioBlock) -> None:
    block.counters[DELAY] = 0
    x, y = np.full((1000, 2), 0.5, np.float32), np.full((600, 2), -0.5, np.float32)
    write(block, 0, y)
    heard = turn(block, x)
    np.testing.assert_array_equal(heard[: 600 - FADE], y[: 600 - FADE])
    np.testing.assert_array_equal(heard[600:], x[600:])
    assert np.abs(np.diff(heard[:, 0])).max() < 0.01
    assert block.counters[UNDERRUN_FRAMES] == 400


def test_dry_route_decides_the_channels() -> None:
    block = AudioBlock(2, 3)
    block.route[:] = [[0, 0], [0.5, -0.5], [1, 0]]
    block.counters[RUNNING] = 1
    x = sound(100)
    heard = turn(block, x, outputs=3)
    np.testing.assert_allclose(heard[:, 1], 0.5 * (x[:, 0] - x[:, 1]), atol=1e-6)
    np.testing.assert_array_equal(heard[:, 2], x[:, 0])
    assert not heard[:, 0].any()


def test_driver_flags_are_counted_apart(block: AudioBlock) -> None:
    write(block, 0, sound(100))
    turn(block, sound(50), flags=4)
    turn(block, sound(50), flags=0)
    assert block.counters[OUTPUT_FLAGS] == 1
    assert block.counters[UNDERRUN_FRAMES] == 0


def test_reader_is_woken_and_a_full_pipe_stops_nothing(block: AudioBlock) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    block.counters[WAKE] = writer
    try:
        for _ in range(20):
            turn(block, sound(1))
        assert len(os.read(reader, 100)) == 20
        while True:
            try:
                os.write(writer, bytes(65536))
            except BlockingIOError:
                break
        turn(block, sound(1))
        assert block.counters[CAPTURED] == 21
    finally:
        os.close(reader)
        os.close(writer)


def test_song_in_place_of_the_input(block: AudioBlock) -> None:
    head = block.counters
    song = sound(250, 3)
    head[SOURCE_ON] = 1
    block.write_source(song)
    turn(block, sound(100))
    head[SOURCE_PAUSED] = 1
    turn(block, sound(50))
    head[SOURCE_PAUSED] = 0
    turn(block, sound(100))
    assert head[SOURCE_STARVED] == 0
    turn(block, sound(100))
    assert head[SOURCE_STARVED] == 50
    assert head[SOURCE_DONE_AT] == -1
    head[SOURCE_END] = head[SOURCE_WRITTEN]
    turn(block, sound(100))
    assert head[SOURCE_DONE_AT] == 350
    captured = np.zeros((450, 2), np.float32)
    block.read_input(0, captured)
    expected = np.zeros((450, 2), np.float32)
    expected[:100], expected[150:300] = song[:100], song[100:]
    np.testing.assert_array_equal(captured, expected)


def test_freewheel_waits_for_the_output(block: AudioBlock) -> None:
    block.counters[FREEWHEEL_WAIT] = 5_000_000
    y = sound(200, 2)

    def late() -> None:
        time.sleep(0.05)
        write(block, 0, y)

    thread = threading.Thread(target=late)
    thread.start()
    heard = turn(block, sound(200))
    thread.join()
    np.testing.assert_array_equal(heard, y)
    assert block.counters[UNDERRUN_FRAMES] == 0


def test_positions_far_beyond_the_rings_length(block: AudioBlock) -> None:
    head = block.counters
    start = (1 << 33) + 12345
    head[CAPTURED] = head[WRITTEN] = start
    x, y = sound(700, 1), sound(700, 2)
    write(block, start, y)
    np.testing.assert_array_equal(turn(block, x), y)
    captured = np.zeros((700, 2), np.float32)
    block.read_input(start, captured)
    np.testing.assert_array_equal(captured, x)
