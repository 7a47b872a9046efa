"""The audio thread without a device: faders build nothing, changes are planned, a long backlog is left behind."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from fake_engine import STEMS, FakeSession, fake_bundle

from rtiass import separator as separators
from rtiass.live.audioloop import AudioLoop, route_table
from rtiass.live.masks import AsyncMaskSource
from rtiass.live.options import LiveOptions
from rtiass.live.rig import planned_delay
from rtiass.live.ring import CAPTURED, MAX_BLOCK, RING, WRITTEN, AudioBlock
from rtiass.live.state import SharedState
from rtiass.masks import MaskProducer
from rtiass.separator import StreamingSeparator
from rtiass.stft import FRAME, MODES, Mode

Make = Callable[..., AudioLoop]


def lags(mode: Mode, max_block: int) -> int:
    """A slow network: masks lag by a block in the fast modes."""
    return max(0, math.ceil(max_block / mode.hop) - 1)


@pytest.fixture
def make() -> Iterator[Make]:
    """Audio loops, not started; ``_turn`` is called by hand."""
    sources = []

    def loop(mode: str = "live", rate: int = 44100, max_block: int = 1024) -> AudioLoop:
        source = AsyncMaskSource(MaskProducer(FakeSession(), STEMS, {}), freewheel=True)
        sources.append(source)
        separator = StreamingSeparator(fake_bundle(), source, mode=mode, buses={"mix": dict.fromkeys(STEMS, 1.0)})
        state = SharedState()
        state.put("mode", list(MODES).index(mode))
        state.fields["gains"][0, 0, :4] = 1.0
        return AudioLoop(
            AudioBlock(2, 2), separator, source, route_table(((0, 1),)), state, device_rate=rate, max_block=max_block,
            headroom=256, freewheel=False, plan=lags,
        )  # fmt: skip

    yield loop
    for source in sources:
        source.close()


def changed(loop: AudioLoop) -> None:
    for name in ("control_begun", "control"):
        loop._fields[name][0] += 1


def test_fader_moves_build_no_renderer(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = make()
    built = []
    renderer = separators.Renderer
    monkeypatch.setattr(separators, "Renderer", lambda *given: built.append(given[0].name) or renderer(*given))
    for control in range(1, 9):
        loop._fields["gains"][0, 0, 0] = 1.0 / control
        changed(loop)
        loop._follow_controls()
    assert built == []
    assert loop._separator.mixer.gain("mix", "vocals") == pytest.approx(1 / 8)
    loop._fields["mode"][0] = list(MODES).index("instant")
    changed(loop)
    loop._follow_controls()
    assert built == ["instant"]


def test_mask_delay_follows_mode_and_block(make: Make) -> None:
    loop = make("live")
    head = loop._block.counters

    def play(samples: int) -> None:
        for _ in range(0, samples, 1024):
            head[CAPTURED] += 1024
            loop._turn()

    play(4096)
    assert loop._separator.mask_delay == 0
    loop._fields["mode"][0] = list(MODES).index("instant")
    changed(loop)
    play(16384)
    assert loop._separator.mode.name == "instant"
    assert loop._fields["mask_delay"][0] == loop._separator.mask_delay == 7
    head[MAX_BLOCK] = 4096
    play(16384)
    assert loop._fields["mask_delay"][0] == loop._separator.mask_delay == 31
    assert loop._source.skipped_frames == 0 and loop._separator.late_masks == 0


def test_plan_fits_the_mode() -> None:
    options = LiveOptions()
    # 3 ms a step fits into a block of 1024 once; in 'instant' it would have to fit in eight times.
    assert planned_delay(0.003, MODES["live"], options, 1024, 44100) == 0
    assert planned_delay(0.003, MODES["instant"], options, 1024, 44100) == 8
    assert planned_delay(0.003, MODES["instant"], LiveOptions(mask_delay=2), 1024, 44100) == 2


@pytest.mark.parametrize("rate", [44100, 48000, 176400, 192000])
def test_a_long_backlog_is_left_behind_with_enough_history(make: Make, rate: int) -> None:
    loop = make("studio", rate=rate)
    head = loop._block.counters
    loop._write = loop.prefill
    behind = RING - 1000  # a little less than the ring holds, more than can be worked off
    head[CAPTURED] = behind
    starts: list[int] = []
    read = loop._block.read_input

    def note(position: int, out: np.ndarray) -> None:
        starts.append(position)
        read(position, out)

    loop._block.read_input = note  # type: ignore[method-assign]
    loop._turn()
    assert loop.lost_input == starts[0] > 0
    # What can still be played needs a frame of history, at the device's rate.
    left = behind - starts[0]
    enough = FRAME * rate / 44100 + loop.latency
    assert enough <= left <= enough + 1026
    # The place in the output is that of the input, as before.
    assert abs(int(head[WRITTEN]) - (behind + loop.prefill)) <= loop._lag


def test_a_backlog_never_outgrows_the_ring(make: Make) -> None:
    loop = make("live", rate=192000)
    loop._block.counters[CAPTURED] = RING * 2 // 3
    loop._turn()
    assert loop.lost_input > 0


def test_an_error_is_kept_and_ends_the_thread(make: Make) -> None:
    loop = make()

    def fail() -> None:
        raise RuntimeError("broken")

    loop._turn = fail  # type: ignore[method-assign]
    loop.start()
    loop.join(10)
    assert not loop.is_alive() and threading.current_thread().is_alive()
    assert "broken" in loop.error and loop.error.endswith(".")
