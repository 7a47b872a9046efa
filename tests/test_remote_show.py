"""Scenes and songs on the web remote, in headless Chromium: by name, marked, saved, and what goes wrong is read."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")

from remote_client import connect, eventually, until

from rtiass.control.network import host_status
from rtiass.control.scenefile import read_scenes
from rtiass.control.show import Show

pytest_plugins = ["chromium", "remote_client"]

GAIN = "/stem/vocals/gain"
OPEN = "document.getElementById('connection').dataset.state === 'open'"
SAVED = "document.getElementById('message').textContent"
NOTICE = "document.getElementById('notice').textContent"


class Host:
    """As much of a host as the remote asks."""

    text = ""
    notes = ()

    def __init__(self, control):
        self.control = control
        self.status = self

    def latency(self):
        return {"driver_input": 5.0, "driver_output": 6.0}


@pytest.fixture
def show(control, tmp_path):
    (tmp_path / "s.toml").write_text(f'[scenes.Verse]\n"{GAIN}" = -3\n[scenes."Big, loud"]\n"{GAIN}" = 3\n')
    (tmp_path / "l.toml").write_text('[[songs]]\ntitle = "One"\n[[songs]]\ntitle = "Two"\nvocals = -9\n')
    with Show(control, scenes=tmp_path / "s.toml", setlist=tmp_path / "l.toml") as made:
        yield made


@pytest.fixture
def serve(show, control, start_remote):
    def start(**changes):
        host = Host(control)
        return start_remote(host_status=lambda: host_status(host, show.scene_names, show.song_names), **changes)

    return start


@pytest.fixture
def desk(page, serve):
    """A phone on which the remote of a show is shown."""
    remote = serve()
    page.phone()
    page.open(f"http://127.0.0.1:{remote.port}/")
    page.wait(OPEN)
    page.wait("document.querySelectorAll('#songs-list [data-song]').length === 2")
    yield page
    assert not page.errors


def pressed(page, selector):
    return page.ask(f"document.querySelector({json.dumps(selector)}).getAttribute('aria-pressed')") == "true"


def marked(page, selector):
    page.wait(f"document.querySelector({json.dumps(selector)}).getAttribute('aria-pressed') === 'true'")


def save(page, name):
    page.click("#save-open")
    page.wait("document.activeElement.id === 'save-name'")
    page.ask(f"(document.getElementById('save-name').value = {json.dumps(name)}, 0)")
    page.ask("document.getElementById('save').requestSubmit()")


def test_songs_are_called_by_name_and_the_present_one_is_marked(desk, control):
    assert desk.ask("[...document.querySelectorAll('[data-song]')].map(e => e.textContent)") == ["1. One", "2. Two"]
    marked(desk, "[data-song='0']")
    desk.click("[data-song='1']")
    assert eventually(lambda: control.get(GAIN) == -9, 10)
    marked(desk, "[data-song='1']")
    assert not pressed(desk, "[data-song='0']")
    desk.click("#songs-lead button")
    marked(desk, "[data-song='0']")
    desk.click("[data-path='/song/wait']")
    assert eventually(lambda: control.get("/song/wait") is True, 10)
    marked(desk, "[data-path='/song/wait']")
    control.trigger("/song/next", "midi")
    marked(desk, "[data-song='1']")


def test_a_scene_that_is_saved_becomes_a_button_that_is_marked(desk, control, show):
    control.set(GAIN, -7.5)
    save(desk, "Solo")
    marked(desk, "[data-scene=Solo]")
    desk.wait(f"{SAVED}.startsWith(\"Scene 3, 'Solo', is saved\")")
    assert read_scenes(show.book.path)["Solo"].values[GAIN] == -7.5
    assert desk.ask("document.getElementById('save').hidden")
    assert desk.ask("document.activeElement.id") == "save-open"
    desk.click("[data-scene='Big, loud']")
    marked(desk, "[data-scene='Big, loud']")
    assert eventually(lambda: control.get(GAIN) == 3, 10)
    # Over the one that is offered.
    control.set(GAIN, 4.0)
    desk.click("#save-open")
    assert desk.ask("document.getElementById('save-name').value") == "Big, loud"
    desk.ask("document.getElementById('save').requestSubmit()")
    assert eventually(lambda: read_scenes(show.book.path)["Big, loud"].values[GAIN] == 4, 10)


def test_what_can_not_be_saved_is_read_on_the_page_until_it_can(desk, show):
    folder = show.book.path.parent
    away = folder.with_name(folder.name + "-away")
    folder.rename(away)
    try:
        save(desk, "Solo")
        desk.wait(f'{NOTICE}.includes("can\'t be written")')
        assert not desk.ask("document.getElementById('notice').hidden")
    finally:
        away.rename(folder)
    save(desk, "Solo")
    marked(desk, "[data-scene=Solo]")
    desk.wait(f'!{NOTICE}.includes("can\'t be written")')


def test_a_page_that_comes_later_reads_the_trouble_and_not_what_was_done_before(desk, show):
    show.notices.trouble("journal", "The disk is full.")
    show.notices.say("Scene 1, 'Verse', is saved.")
    desk.wait(f"{SAVED}.includes('is saved')")
    desk.call("Page.reload")
    desk.wait(OPEN)
    desk.wait(f"{NOTICE}.includes('The disk is full.')")
    assert desk.ask(SAVED) == ""


def test_escape_and_an_empty_name_save_nothing(desk, show):
    before = show.book.path.read_bytes()
    desk.click("#save-open")
    desk.key("Escape")
    desk.wait("document.getElementById('save').hidden")
    save(desk, "")
    assert not desk.ask("document.getElementById('save').hidden")
    assert show.book.path.read_bytes() == before


@pytest.mark.parametrize("width", [360, 844])
def test_the_form_fits_and_everything_to_press_is_44_pixels_with_a_name(desk, width):
    desk.phone(width, 640)
    desk.click("#save-open")
    assert desk.ask("document.documentElement.scrollWidth <= innerWidth")
    small = desk.ask(
        "[...document.querySelectorAll('#desk button, #desk input')].filter(e => e.offsetParent !== null)"
        ".filter(e => e.offsetWidth < 44 || e.offsetHeight < 44).map(e => e.outerHTML)"
    )
    assert small == []
    nodes = desk.call("Accessibility.getFullAXTree")["nodes"]
    used = [
        n for n in nodes if n.get("role", {}).get("value") in ("button", "combobox", "textbox") and not n["ignored"]
    ]
    names = {node["name"]["value"] for node in used}
    assert {"1. One", "Verse", "Save", "Cancel", "Next song", "Wait after a song"} <= names
    assert any(name.startswith("Save the present faders as") for name in names)
    assert all(names)


def test_a_guest_sees_names_and_can_neither_call_nor_save(page, serve, control, show):
    remote = serve(required=True)
    page.phone()
    page.open(f"http://127.0.0.1:{remote.port}/#guest={remote.pairing.guest_key}")
    page.wait(OPEN)
    page.wait("document.querySelectorAll('[data-scene], [data-song]').length === 4")
    assert page.ask(
        "[...document.querySelectorAll('#songs button, #scenes button, #scenes input')].every(e => e.disabled)"
    )
    assert page.ask("document.getElementById('save-open').hidden && document.getElementById('save').hidden")
    assert not page.errors


def test_a_guests_message_saves_nothing(serve, show, control):
    from remote_client import pair

    remote = serve(required=True)
    status, cookie = pair(remote, guest=remote.pairing.guest_key)
    assert status == 200
    before = show.book.path.read_bytes()
    with connect(remote, cookie) as socket:
        for message in (
            {"set": "/scene/save", "value": "X"},
            {"trigger": "/scene/update"},
            {"set": "/song/index", "value": 1},
        ):
            socket.send(json.dumps(message))
            assert until(socket, lambda told: told.get("error")) == "Guests may look, not change."
    assert show.book.path.read_bytes() == before
    assert control.get("/song/index") == 0


def test_without_files_there_are_no_sections(page, start_remote, control):
    host = Host(control)
    remote = start_remote(host_status=lambda: host_status(host, lambda: None))
    page.open(f"http://127.0.0.1:{remote.port}/")
    page.wait(OPEN)
    page.wait("document.getElementById('latency-driver').textContent === '11.0 ms'")
    assert page.ask("document.getElementById('scenes').hidden && document.getElementById('songs').hidden")
    assert not page.errors
