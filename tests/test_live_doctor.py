"""The doctor and the list of devices: what is there, what isn't, and what to do, with and without a server."""

from __future__ import annotations

import builtins
import subprocess
import sys
from typing import Any

import pytest
from jack_server import make_rig  # noqa: F401 - a fixture

from rtiass.live import doctor
from rtiass.live.device import DeviceError, driver_latency, portaudio

RUN = "import sys; from rtiass.cli import main; sys.argv[0] = 'rtiass'; main()"


@pytest.mark.jack
def test_with_a_server(make_rig: Any) -> None:  # noqa: F811
    make_rig(block=1024)
    # In processes of their own: PortAudio does not survive its server's end.
    listed = subprocess.run([sys.executable, "-c", RUN, "devices"], capture_output=True, text=True, check=False)
    assert listed.returncode == 0
    assert "JACK" in listed.stdout
    assert "2 in, 12 out, 44100 Hz" in listed.stdout
    report = subprocess.run([sys.executable, "-c", RUN, "doctor"], capture_output=True, text=True, check=False)
    lines = [line.split() for line in report.stdout.splitlines()]
    assert ["ok", "JACK", "server", "running"] in lines
    assert any(line[:3] == ["ok", "output", "device"] for line in lines)


def test_everything_is_looked_at() -> None:
    findings = doctor.examine()
    subjects = " ".join(f.subject for f in findings)
    for subject in ("PortAudio", "engine onnxruntime", "model", "real-time priority", "memory", "processor"):
        assert subject in subjects
    assert all(f.text for f in findings)
    assert all(f.state in (doctor.GOOD, doctor.WARN, doctor.BAD) for f in findings)


def test_without_portaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DeviceError, match="libportaudio2"):
        portaudio()
    findings = {f.subject: f for f in doctor.examine()}
    assert findings["PortAudio"].state == doctor.BAD
    assert "-o FILE" in findings["PortAudio"].text


def test_absurd_driver_figures_are_not_shown() -> None:
    class Stream:
        latency = (0.01, 97391.0)

    into, out = driver_latency(Stream(), True)
    assert into == 0.01
    assert out != out
