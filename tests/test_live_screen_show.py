"""Scenes and songs on the terminal: keys that save, recall and lead on; what the show has to say is on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jack_server import eventually
from rich.console import Console

from rtiass.control.scenefile import read_scenes
from rtiass.control.show import Show
from rtiass.live import screen
from rtiass.live.host import LiveHost
from rtiass.live.keys import decode
from rtiass.live.options import LiveOptions
from rtiass.live.prompt import Prompt
from rtiass.live.status import LOST, PLAYING, Status

ABOUT = {"engine": "onnxruntime", "model": "tiny", "outputs": 2, "output": "x", "api": "y", "rate": 44100, "block": 64}
GAIN = "/stem/vocals/gain"


@pytest.fixture
def host(tiny_bundle: Path) -> Iterator[LiveHost]:
    """A host that claims to play; no child is started."""
    made = LiveHost(LiveOptions(model=str(tiny_bundle), songs=True))
    made._status = Status(PLAYING, about=ABOUT)
    made.state.put("device_rate", 44100.0)
    yield made
    made.close()


@pytest.fixture
def show(host: LiveHost, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "s.toml"
    path.write_text(f'[scenes.Verse]\n"{GAIN}" = -3\n')
    (tmp_path / "l.toml").write_text('[[songs]]\ntitle = "One"\nscene = "Verse"\n[[songs]]\ntitle = "Two"\n')
    with Show(host.control, scenes=path, setlist=tmp_path / "l.toml"):
        yield path


def shown(host: LiveHost, prompt: Prompt | None = None) -> str:
    console = Console(width=200, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(screen.picture(host, 0, prompt))
    return console.export_text()


def typed(host: LiveHost, prompt: Prompt, keys: str) -> bool:
    """Type as a terminal sends it; whether the prompt is done with after the last key."""
    done = False
    for key in decode(keys):
        assert not done
        done = prompt.press(host.control, key, "keys")
    return done


def told(host: LiveHost, path: str, words: str) -> bool:
    return eventually(lambda: words in str(host.control.get(path)), 10) is not None


def test_a_scene_is_written_under_a_name_that_is_typed(host: LiveHost, show: Path) -> None:
    host.control.set(GAIN, -7.5)
    prompt = screen.ask(host, "w")
    assert prompt.text == "Verse"
    assert not typed(host, prompt, "Sol\x7flo 2")
    assert "Save the scene as (name or number): Solo 2_" in shown(host, prompt)
    assert typed(host, prompt, "\r")
    assert told(host, "/message", "Scene 2, 'Solo 2', is saved")
    assert read_scenes(show)["Solo 2"].values[GAIN] == -7.5
    assert "is saved" in shown(host) and "scene Solo 2" in shown(host)


def test_enter_alone_writes_over_the_scene_that_is_offered(host: LiveHost, show: Path) -> None:
    host.control.set(GAIN, -9.0)
    assert typed(host, screen.ask(host, "w"), "\r")
    assert told(host, "/message", "'Verse', is saved")
    assert read_scenes(show)["Verse"].values[GAIN] == -9
    host.control.set(GAIN, -10.0)
    screen.press(host, "u", 0)
    assert eventually(lambda: read_scenes(show)["Verse"].values[GAIN] == -10, 10) is not None


def test_escape_writes_nothing(host: LiveHost, show: Path) -> None:
    before = show.read_bytes()
    assert typed(host, screen.ask(host, "w"), "x\x1b")
    assert typed(host, screen.ask(host, "r"), "\r")
    assert show.read_bytes() == before


def test_a_scene_is_recalled_by_number_and_a_wrong_name_is_told(host: LiveHost, show: Path) -> None:
    host.control.set(GAIN, 0.0)
    assert typed(host, screen.ask(host, "r"), "1\r")
    assert host.control.get(GAIN) == -3
    assert typed(host, screen.ask(host, "r"), "Vers\r")
    assert "Did you mean 'Verse'?" in shown(host)
    host._status = Status(LOST, text="The audio server has stopped.")
    assert "Did you mean 'Verse'?" in shown(host)


def test_keys_lead_through_the_songs(host: LiveHost, show: Path) -> None:
    assert "1. One" in shown(host)
    screen.press(host, "n", 0)
    assert told(host, "/song/title", "Two")
    screen.press(host, "a", 0)
    assert "2. Two  (then waits)" in shown(host)
    screen.press(host, "N", 0)
    assert told(host, "/song/title", "One")
    assert "1. One" in screen.line(host)


def test_trouble_is_said_once_without_a_terminal(host: LiveHost, show: Path) -> None:
    said: dict[str, str] = {}
    screen.news(host, said)
    assert screen.news(host, said) == []
    folder = show.parent
    folder.rename(folder.with_name("away"))
    try:
        host.control.set("/scene/save", "A", "osc")
        assert told(host, "/trouble", "can't be written")
        assert any(text.startswith("Trouble: ") and "can't be written" in text for text in screen.news(host, said))
        assert "can't be written" in shown(host)
    finally:
        folder.with_name("away").rename(folder)


def test_without_a_file_of_scenes_the_option_is_named(host: LiveHost) -> None:
    with Show(host.control):
        assert typed(host, screen.ask(host, "w"), "A\r")
        assert "Start with --scenes FILE" in shown(host)


def test_only_escape_by_itself_is_a_key() -> None:
    assert decode("\x1b") == ["escape"]
    assert decode("\x1b[A\x1b") == ["up", "escape"]
    assert decode("a\x1b[5~b\x1bOP\x1b[1;5C") == ["a", "b"]
