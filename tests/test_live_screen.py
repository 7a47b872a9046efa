"""The screen and the keys of the live host: what is shown, and what a key does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from rtiass.live import screen
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
from rtiass.live.status import LOST, PLAYING, Status
from rtiass.stft import MODES

ABOUT = {"engine": "onnxruntime", "model": "tiny", "outputs": 2, "output": "x", "api": "y", "rate": 44100, "block": 64}


@pytest.fixture
def host(tiny_bundle: Path) -> Iterator[LiveHost]:
    """A host that claims to play; no child is started."""
    made = LiveHost(LiveOptions(model=str(tiny_bundle)))
    made._status = Status(PLAYING, about=ABOUT)
    made.state.put("device_rate", 44100.0)
    made.state.put("host_latency", 2816.0)
    made.state.put("late_masks", 3)
    made.state.put("underruns", 5)
    made.state.put("underrun_frames", 512)
    yield made
    made.close()


def shown(host: LiveHost, selected: int = 0) -> str:
    console = Console(width=160, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(screen.picture(host, selected))
    return console.export_text()


def test_everything_is_shown(host: LiveHost) -> None:
    host.state.put("driver_input", math.nan)
    text = shown(host, 2)
    assert "exactly 2816 samples" in text
    assert "driver not told" in text
    assert "late masks 3" in text
    assert "ring underruns 5 (512 samples)" in text
    assert "tiny on onnxruntime" in text
    assert "▶  3 bass" in text
    assert all(f"{i + 1} {stem}" in text for i, stem in enumerate(host.stems))


def test_loss_and_notes_are_shown(host: LiveHost) -> None:
    host._status = replace(host._status, notes=("Fell back to something slower.",))
    assert "Fell back" in shown(host)
    host._status = Status(LOST, text="The audio server has stopped.")
    assert "has stopped" in shown(host)


def test_keys_move_faders(host: LiveHost) -> None:
    selected = screen.press(host, "2", 0)
    assert selected == 1
    for _ in range(4):
        screen.press(host, "down", selected)
    gains = host.state.fields["gains"][0, 0]
    assert gains[1] == pytest.approx(10 ** (-6 / 20))
    screen.press(host, "m", selected)
    assert gains[1] == 0
    screen.press(host, "m", selected)
    screen.press(host, "s", 0)
    assert gains[0] == 1 and not gains[1:4].any()
    screen.press(host, "s", 0)
    assert gains[1] == pytest.approx(10 ** (-6 / 20))
    assert screen.press(host, "9", 3) == 3


@pytest.mark.parametrize("key", ["²", "①", "٣", "é"])
def test_no_key_is_an_error(host: LiveHost, key: str) -> None:
    assert screen.press(host, key, 1) in (1, 2)


def test_given_up_waits_are_shown(host: LiveHost) -> None:
    assert "waits given up" not in shown(host)
    host.state.put("wait_timeouts", 2)
    assert "waits given up 2" in shown(host)


def test_keys_change_the_settings(host: LiveHost) -> None:
    modes = list(MODES)
    before = modes.index(host.mode)
    screen.press(host, "tab", 0)
    assert host.state.get("mode") == (before + 1) % len(modes)
    screen.press(host, "left", 0)
    assert host.mode == modes[before]
    screen.press(host, "b", 0)
    assert host.state.get("bypass") == 1 and "BYPASS" in shown(host)
    control = host.state.get("control")
    screen.press(host, "p", 0)
    assert host.policy == "instrumental" and host.state.get("control") > control
    screen.press(host, "space", 0)
    assert host.state.get("paused") == 1
    control = host.state.get("control")
    screen.press(host, "x", 0)
    assert host.state.get("control") == control


def test_meters() -> None:
    assert screen.meter(-math.inf).plain == "░" * screen.METER_WIDTH
    assert screen.meter(6.0).plain == "█" * screen.METER_WIDTH
    assert screen.power_db(0.01) == pytest.approx(-20)
    assert screen.level_text(0.0) == "off"
    assert screen.level_text(0.5) == "-6.0 dB"


def test_lines_without_a_terminal(host: LiveHost) -> None:
    assert "late masks 3" in screen.line(host)
    assert "exactly 2816 samples" in screen.summary(host)


def test_why_an_engine_was_chosen_is_told(host: LiveHost) -> None:
    assert "Engine" not in screen.summary(host)
    host._status = Status(PLAYING, about={**ABOUT, "engine_why": "it keeps 0.50 ms a frame"})
    assert screen.summary(host).endswith("\nEngine onnxruntime: it keeps 0.50 ms a frame.")
    assert "Engine onnxruntime: it keeps 0.50 ms a frame." in shown(host)
