"""Mutes, gates and bypass make no click, in any mode: neither a step in the samples nor a splash in the spectrum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from fake_engine import FixedSession, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

RATE = 44100
LENGTH, AT = 32768, 12288 + 100
WINDOW = 16384
SPLASH_DB = -60.0
NEAR = 100.0
"""Hertz around a tone that belong to its fade: no fade of 30 ms is narrower. A straight line, taken anew for each sample, is
at -61 dB there, a raised cosine at -70 dB (`benchmarks/ramps.py`). A click is what reaches further."""

Act = Callable[[StreamingSeparator], object]

ACTS: dict[str, Act] = {
    "mute": lambda s: s.mixer.set_gain("vocals", "vocals", 0.0),
    "mute by the whole board": lambda s: s.mixer.set_gains(np.zeros((1, 4), np.float32)),
    "gate": lambda s: s.gate_modes.set("vocals", "closed"),
    "bypass": lambda s: setattr(s, "bypass", True),
}


def drag(separator: StreamingSeparator, turn: int) -> None:
    """A hand that pulls a fader down and up again, a new place every 3 ms."""
    separator.mixer.set_gain("vocals", "vocals", 0.55 + 0.45 * np.cos(2 * np.pi * turn / 64))


def play(sound: np.ndarray, mode: str, act: Act | None, at: int = AT) -> np.ndarray:
    """One bus of vocals at half of the sound; something is done at a sample that is no hop's end."""
    masks = np.full((4, 2049), 0.5, np.float32)
    separator = StreamingSeparator(
        fake_bundle(), FixedSession(masks), mode=mode, gate="off", channels=1, buses={"vocals": {"vocals": 1.0}}
    )
    first = separator.process(sound[:at])["vocals"][:, 0].copy()
    if act is not None:
        act(separator)
    return np.concatenate([first, separator.process(sound[at:])["vocals"][:, 0]])


def spectrum(sound: np.ndarray) -> np.ndarray:
    """Magnitudes around the change, under a window whose own side lobes lie below -92 dB."""
    n = 2 * np.pi * np.arange(WINDOW) / WINDOW
    window = 0.35875 - 0.48829 * np.cos(n) + 0.14128 * np.cos(2 * n) - 0.01168 * np.cos(3 * n)
    start = AT + 2048 - WINDOW // 2
    return np.abs(np.fft.rfft(sound[start : start + WINDOW] * window))


def splash(sound: np.ndarray, steady: np.ndarray, low: float, high: float) -> float:
    """Largest part of the spectrum outside of low..high Hz, in dB of the steady sound's largest."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    outside = (hertz < low) | (hertz > high)
    return float(20 * np.log10(max(spectrum(sound)[outside].max(), 1e-12) / spectrum(steady).max()))


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("hertz", [110.0, 1000.3, 7000.0])
def test_a_sine_stops_without_a_click(mode: str, act: str, hertz: float) -> None:
    sound = 0.5 * np.sin(2 * np.pi * hertz * np.arange(LENGTH) / RATE).astype(np.float32)[:, None]
    steady, changed = play(sound, mode, None), play(sound, mode, ACTS[act])
    full = steady if act != "bypass" else 2.0 * steady
    assert np.abs(changed - steady).max() > 0.1
    own = np.abs(np.diff(full[8192:])).max()
    assert np.abs(np.diff(changed[8192:])).max() <= 1.001 * own
    assert splash(changed, full, hertz - NEAR, hertz + NEAR) < SPLASH_DB


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("act", list(ACTS))
def test_music_stops_without_a_click(mode: str, act: str) -> None:
    sound = music(LENGTH, 1, seed=11)
    spread = np.fft.rfft(sound[:, 0])
    spread[np.fft.rfftfreq(LENGTH, 1 / RATE) > 4000] = 0  # whatever lies above is the click
    sound = np.fft.irfft(spread, LENGTH).astype(np.float32)[:, None]
    steady, changed = play(sound, mode, None), play(sound, mode, ACTS[act])
    full = steady if act != "bypass" else 2.0 * steady
    own = np.abs(np.diff(full[8192:])).max()
    assert np.abs(np.diff(changed[8192:])).max() <= 1.001 * own
    assert splash(changed, full, 0, 4000 + NEAR) < SPLASH_DB


@pytest.mark.parametrize("hertz", [110.0, 1000.3, 7000.0])
def test_a_hard_cut_would_be_found(hertz: float) -> None:
    sound = 0.5 * np.cos(2 * np.pi * hertz * np.arange(LENGTH) / RATE)
    cut = np.where(np.arange(LENGTH) < AT + 2048, sound, 0.0)
    assert splash(cut, sound, hertz - NEAR, hertz + NEAR) > SPLASH_DB + 10


@pytest.mark.parametrize("mode", [name for name, mode in MODES.items() if mode.window < 1323])
def test_gains_taken_once_a_frame_would_be_found(mode: str) -> None:
    """Why a frame shorter than a ramp is woven of several: the hop rate would be heard in any ramp."""

    def blunt(separator: StreamingSeparator) -> None:
        renderer = separator._active
        middle = renderer.mode.window / 2 / RATE
        renderer.moments, renderer._weave = (middle,), renderer._synthesis[None]
        ACTS["mute"](separator)

    sound = 0.5 * np.sin(2 * np.pi * 1000.3 * np.arange(LENGTH) / RATE).astype(np.float32)[:, None]
    assert splash(play(sound, mode, blunt), play(sound, mode, None), 1000.3 - NEAR, 1000.3 + NEAR) > SPLASH_DB


@pytest.mark.parametrize("mode", list(MODES))
def test_a_dragged_fader_makes_no_click(mode: str) -> None:
    sound = 0.5 * np.sin(2 * np.pi * 1000.3 * np.arange(LENGTH) / RATE).astype(np.float32)[:, None]
    separator = StreamingSeparator(
        fake_bundle(), FixedSession(np.full((4, 2049), 0.5, np.float32)), mode=mode, gate="off", channels=1,
        buses={"vocals": {"vocals": 1.0}},
    )  # fmt: skip
    parts = []
    for turn in range(LENGTH // 128):
        drag(separator, turn)
        parts.append(separator.process(sound[128 * turn : 128 * (turn + 1)])["vocals"][:, 0].copy())
    assert splash(np.concatenate(parts), play(sound, mode, None), 1000.3 - NEAR, 1000.3 + NEAR) < SPLASH_DB


@pytest.mark.parametrize("mode", list(MODES))
def test_a_mute_is_over_in_time(mode: str) -> None:
    """Silence from the ramp's last hop and the overlap on: 30 ms, rounded up to hops, and the mode's window."""
    sound = np.full((LENGTH, 1), 0.5, np.float32)
    changed = play(sound, mode, ACTS["mute"])
    hop, window = MODES[mode].hop, MODES[mode].window
    begun = (AT // hop + 1) * hop
    over = begun + -(-1323 // hop) * hop + window - hop
    np.testing.assert_allclose(changed[8192:begun], 0.25, atol=1e-5)
    assert np.abs(changed[over:]).max() < 1e-6
    assert (np.diff(changed[begun - hop : over]) < 1e-6).all()
