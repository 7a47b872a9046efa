"""A morph moves along the faders, switches at the half, and leaves to the hand what the hand has taken."""

import threading

import pytest

from rtiass.control import Control, vocabulary
from rtiass.control.morph import Morph
from rtiass.control.scenes import SceneBook


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def control():
    return Control(vocabulary(("vocals", "drums"), ["mix"]))


def test_way_is_straight_on_the_fader(control):
    clock = Clock()
    morph = Morph(control, clock)
    morph.start({"/stem/vocals/gain": -60.0, "/stem/drums/mute": True}, 4.0)
    places = []
    for quarter in range(1, 5):
        clock.now = 100.0 + quarter
        morph.step()
        places.append((control.position("/stem/vocals/gain"), control.get("/stem/drums/mute")))
    assert [p for p, _ in places] == pytest.approx([0.75 * (1 - q / 4) for q in range(1, 5)])
    assert [on for _, on in places] == [False, True, True, True]
    assert control.get("/stem/vocals/gain") == -60.0
    assert not morph.moving


def test_hand_takes_its_parameter_only(control):
    clock = Clock()
    morph = Morph(control, clock)
    morph.start({"/stem/vocals/gain": -60.0, "/stem/drums/gain": -60.0}, 2.0)
    clock.now += 1.0
    morph.step()
    control.set("/stem/vocals/gain", -3.0, "midi")
    clock.now += 1.0
    morph.step()
    assert control.get("/stem/vocals/gain") == -3.0
    assert control.get("/stem/drums/gain") == -60.0


def test_hand_between_reckoning_and_setting_wins(control):
    clock = Clock()
    morph = Morph(control, clock)
    morph.start({"/stem/vocals/gain": -60.0, "/stem/drums/gain": -60.0}, 2.0)
    real = control.set_many

    def late(values, source=""):
        if source == "scene":
            control.set_many = real
            hand = threading.Thread(target=control.set, args=("/stem/vocals/gain", 5.0, "web"))
            hand.start()
            hand.join()
        return real(values, source)

    control.set_many = late
    clock.now += 1.0
    morph.step()
    assert control.get("/stem/vocals/gain") == 5.0
    clock.now += 1.0
    morph.step()
    assert control.get("/stem/vocals/gain") == 5.0


def test_newer_morph_ends_the_one_before(control):
    clock = Clock()
    morph = Morph(control, clock)
    morph.start({"/stem/vocals/gain": -60.0, "/stem/drums/gain": -60.0}, 2.0)
    clock.now += 1.0
    morph.step()
    half = control.get("/stem/drums/gain")
    morph.start({"/stem/vocals/gain": 0.0}, 0.0)
    clock.now += 5.0
    morph.step()
    assert control.get("/stem/vocals/gain") == 0.0
    assert control.get("/stem/drums/gain") == half


def test_thread_arrives(control, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.A]\nseconds = 0.2\n"/stem/vocals/gain" = -30\n')
    arrived = threading.Event()
    steps = []

    def hear(change):
        if change.path == "/stem/vocals/gain":
            steps.append(change.value)
            if change.value == -30.0:
                arrived.set()

    control.subscribe(hear)
    book = SceneBook(path, control)
    book.start()
    book.recall("A")
    assert arrived.wait(20)
    book.close()
    assert len(steps) >= 2
    assert steps == sorted(steps, reverse=True)


def test_time_of_the_call_before_the_scene_before_the_parameter(control, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('[scenes.A]\nseconds = 4\n"/stem/vocals/gain" = -60\n[scenes.B]\n"/stem/vocals/gain" = -60\n')
    clock = Clock()
    book = SceneBook(path, control, clock)
    control.set("/scene/seconds", 2.0)
    for name, seconds, rest in (("A", None, 0.75), ("B", None, 0.5), ("A", 1.0, 0.0)):
        control.set("/stem/vocals/gain", 12.0)
        book.recall(name, seconds)
        clock.now += 1.0
        book.morph.step()
        assert control.position("/stem/vocals/gain") == pytest.approx(rest)
