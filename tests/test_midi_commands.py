"""``rtiass midi``: ports, monitor, learn and check, as a user meets them."""

from __future__ import annotations

import threading
import time

import pytest
from midi_fakes import FakeSystem
from typer.testing import CliRunner

from rtiass.cli import app
from rtiass.control.midi import commands, ports
from rtiass.control.midi.mapping import parse_mapping


class Playing(FakeSystem):
    """Plays as soon as it is listened to."""

    api = "fake"

    def __init__(self, *messages: bytes) -> None:
        super().__init__("Midi Through 14:0", "APC MINI 20:0")
        self.messages = messages

    def open_input(self, name, callback):
        port = super().open_input(name, callback)
        threading.Thread(target=lambda: [callback(data, time.monotonic()) for data in self.messages]).start()
        return port


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commands, "QUIET", 0.1)

    def invoke(*arguments: str, system: FakeSystem | None = None, typed: str = ""):
        monkeypatch.setattr(ports, "RtMidiSystem", lambda: system or Playing())
        return CliRunner().invoke(app, ["midi", *arguments], input=typed)

    return invoke


def test_ports_are_listed_with_their_ready_maps(run):
    result = run("ports")
    assert "APC MINI 20:0  (ready map: akai-apc-mini)" in result.output
    assert result.exit_code == 0


def test_monitor_shows_messages_and_keeps_clocks_to_itself(run):
    result = run("monitor", "--count", "2", system=Playing(b"\xf8\xb0\x07\x40", b"\x92\x24\x64"))
    assert "cc 7 value 64" in result.output
    assert "channel  3  note on 36 value 100" in result.output
    assert "clock" not in result.output


def test_a_port_that_is_not_there_is_told(run):
    result = run("monitor", "--port", "organ")
    assert result.exit_code == 2
    assert "fits 'organ'" in result.output and "APC MINI" in result.output


def test_learning_one_control(run, tmp_path):
    file = tmp_path / "my.toml"
    system = Playing(*[bytes((0xB0, 48, value)) for value in range(0, 128, 9)])
    result = run("learn", str(file), "--path", "/stem/vocals/gain", system=system)
    assert result.exit_code == 0, result.output
    mapping = parse_mapping(file.read_text(), "my.toml")
    assert mapping.ports == ("APC MINI",)
    (entry,) = mapping.entries
    assert (entry.input.kind, entry.input.number, entry.path) == ("cc", 48, "/stem/vocals/gain")


def test_learning_a_path_that_does_not_exist(run, tmp_path):
    result = run("learn", str(tmp_path / "my.toml"), "--path", "/stem/vocals/gian")
    assert result.exit_code == 2
    assert "The nearest is /stem/vocals/gain" in result.output
    assert not (tmp_path / "my.toml").exists()


def test_check_tells_file_and_line_and_goes_on_to_the_next(run, tmp_path):
    (tmp_path / "bad.toml").write_text("[[control]]\ncc = 300\n")
    result = run("check", str(tmp_path / "bad.toml"), "akai-apc-mini", "--model", "band")
    assert result.exit_code == 2
    assert "bad.toml:2: cc: 300 is not" in result.output
    assert "akai-apc-mini: " in result.output
    assert "fader 8 is idle. There is no /stem/8/gain." in result.output
