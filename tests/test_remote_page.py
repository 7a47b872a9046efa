"""Web remote in headless Chromium: touch, keys, screen reader's texts, guests, pairing, coming back."""

from __future__ import annotations

import json
import threading

import pytest

pytest.importorskip("starlette", reason="the web remote is not installed (pip install 'rtiass[remote]')")

from remote_client import STEMS, eventually

from rtiass.control.taper import position_of

pytest_plugins = ["chromium", "remote_client"]

GAIN = "/stem/vocals/gain"
SLIDER = f"[role=slider][data-path='{GAIN}']"
OPEN = "document.getElementById('connection').dataset.state === 'open'"


def text(selector):
    return f"document.querySelector({json.dumps(selector)})"


@pytest.fixture
def desk(page, start_remote, control):
    """A phone on which the remote is shown."""
    remote = start_remote(
        host_status=lambda: {"scenes": ["verse", "chorus"], "latency": {"driver_input": 5.0, "driver_output": 6.5}}
    )
    page.phone()
    page.open(f"http://127.0.0.1:{remote.port}/")
    page.wait(OPEN)
    page.remote = remote
    yield page
    assert not page.errors


def test_a_finger_moves_a_fader_and_the_others_move_it_back(desk, control):
    box = desk.box(SLIDER)
    x, top, length = box["x"] + box["width"] / 2, box["y"] + 14, box["height"] - 28
    unity = top + (1 - 0.75) * length
    half = top + 0.5 * length
    desk.touch((x, unity), (x, (unity + half) / 2), (x, half))
    assert eventually(lambda: abs(control.position(GAIN) - 0.5) < 0.01, 10)
    desk.wait(f"{text(SLIDER)}.getAttribute('aria-valuetext').startsWith('-12')")
    control.set(GAIN, 3.0, "midi")
    desk.wait(f"{text(SLIDER)}.getAttribute('aria-valuetext') === '+3.0 decibels'")
    knob = desk.box(f"{SLIDER} .knob")
    assert knob["y"] + 14 == pytest.approx(top + (1 - position_of(3.0)) * length, abs=1.5)


@pytest.mark.parametrize(
    ("key", "level"),
    [("ArrowUp", 1.0), ("ArrowDown", -1.0), ("PageUp", 6.0), ("PageDown", -6.0), ("Home", -60.0), ("End", 12.0)],
)
def test_keys_move_a_fader(desk, control, key, level):
    desk.ask(f"{text(SLIDER)}.focus()")
    desk.key(key)
    assert eventually(lambda: control.get(GAIN) == level, 10)


def test_buttons_settings_and_scenes(desk, control):
    desk.click("[data-path='/stem/drums/mute']")
    desk.click("[data-path='/stem/bass/solo']")
    desk.click("[data-path='/bypass']")
    desk.wait("document.querySelectorAll('#scenes-list button').length === 2")
    desk.click("[data-scene=chorus]")
    mode = text("select[data-path='/mode']")
    desk.ask(f"({mode}.value = 'tight', {mode}.dispatchEvent(new Event('change')))")
    wanted = {"/stem/drums/mute": True, "/stem/bass/solo": True, "/bypass": True, "/scene": "chorus", "/mode": "tight"}
    assert eventually(lambda: all(control.get(path) == value for path, value in wanted.items()), 10)
    desk.wait(f"{text('[data-scene=chorus]')}.getAttribute('aria-pressed') === 'true'")
    desk.wait(f"{text('#settings .bypass')}.getAttribute('aria-pressed') === 'true'")


def test_figures_lights_and_meters_follow_the_host(desk, control):
    control.publish("/latency/host", 46.4)
    control.publish("/latency/samples", 2560.0)
    control.publish("/late_masks", 3)
    control.publish("/stem/drums/gate", 1.0)
    control.publish("/stem/drums/level", -6.0)
    control.publish("/status", "lost")
    for name, shown in {
        "latency-driver": "11.5 ms",
        "latency-host": "46.4 ms",
        "latency-samples": "2560",
        "misses": "3",
        "notice": "lost",
    }.items():
        desk.wait(f"document.getElementById('{name}').textContent === '{shown}'")
    desk.wait(f"{text('[aria-label=drums] .light')}.getAttribute('aria-label') === 'active'")
    canvas = f"{text('[aria-label=drums] canvas')}"
    # Two thirds up the meter is lit; above it there is the slot.
    pixel = f"Array.from({canvas}.getContext('2d').getImageData({canvas}.width / 2, {canvas}.height * AT, 1, 1).data).join()"
    desk.wait(f"{pixel.replace('AT', '0.9')} !== {pixel.replace('AT', '0.05')}")


def test_everything_to_press_is_44_pixels_and_has_a_name(desk):
    small = desk.ask(
        "[...document.querySelectorAll('#desk button, #desk select, [role=slider]')].filter(e => e.offsetParent !== null)"
        ".filter(e => e.offsetWidth < 44 || e.offsetHeight < 44).map(e => e.outerHTML)"
    )
    assert small == []
    nodes = desk.call("Accessibility.getFullAXTree")["nodes"]
    used = [node for node in nodes if node.get("role", {}).get("value") in ("button", "slider", "combobox")]
    assert len(used) > 3 * len(STEMS)
    assert all(node["name"]["value"] for node in used)
    values = {node["name"]["value"]: node["value"]["value"] for node in used if node["role"]["value"] == "slider"}
    assert "vocals level" in values


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_sticks_out_sideways(desk, dark):
    desk.phone(360, 640, dark=dark)
    assert desk.ask("document.documentElement.scrollWidth <= innerWidth")
    ground = desk.ask("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) is dark


def test_the_page_asks_for_nothing_from_elsewhere(desk):
    names = desk.ask("performance.getEntriesByType('resource').map(e => e.name)")
    assert names
    assert all(name.startswith(f"http://127.0.0.1:{desk.remote.port}/") for name in names)


def test_the_code_is_asked_for_and_a_wrong_one_refused(page, start_remote, control):
    remote = start_remote(required=True)
    page.phone()
    page.open(f"http://127.0.0.1:{remote.port}/")
    page.wait("!document.getElementById('pair').hidden")
    code = remote.pairing.code
    for digits in ("000000" if code != "000000" else "111111", code):
        page.ask(
            f"(document.getElementById('code').value = '{digits}', document.getElementById('pair').requestSubmit())"
        )
        if digits != code:
            page.wait("document.getElementById('pair-error').textContent.includes('not the code')")
    page.wait(OPEN)
    assert page.ask("document.cookie") == ""


def test_the_code_of_the_qr_pairs_and_leaves_the_address(page, start_remote, control):
    remote = start_remote(required=True)
    page.open(f"http://127.0.0.1:{remote.port}/#code={remote.pairing.code}")
    page.wait(OPEN)
    assert page.ask("location.hash") == ""


def test_a_guest_sees_and_can_press_nothing(page, start_remote, control):
    remote = start_remote(required=True)
    page.phone()
    page.open(f"http://127.0.0.1:{remote.port}/#guest={remote.pairing.guest_key}")
    page.wait(OPEN)
    page.wait(f"{text(SLIDER)} !== null")
    assert page.ask("[...document.querySelectorAll('#desk button, #desk select')].every(e => e.disabled)")
    page.ask(f"{text(SLIDER)}.focus()")
    page.key("Home")
    control.set("/stem/drums/gain", -6.0)
    page.wait(
        "document.querySelector(\"[data-path='/stem/drums/gain']\").getAttribute('aria-valuetext').startsWith('-6.0')"
    )
    assert control.get(GAIN) == 0.0


def test_it_comes_back_after_the_host_was_away(desk, control):
    remote, port = desk.remote, desk.remote.port
    remote.stop()
    desk.wait("document.getElementById('connection').dataset.state === 'lost'")
    from rtiass.control.remote.server import Remote

    again = Remote(control, port=port)
    threading.Thread(target=again.start).start()
    try:
        control.set(GAIN, -20.0)
        desk.wait(OPEN, 60)
        desk.wait(f"{text(SLIDER)}.getAttribute('aria-valuetext').startsWith('-20')")
    finally:
        again.stop()
    desk.errors.clear()  # that the host did not answer is logged by the browser
