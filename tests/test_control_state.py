"""The control state: revisions, changes together, listeners that fail, unknown paths, scenes, many threads."""

from __future__ import annotations

import math
import threading

import pytest

from rtiass.control import Change, Control, ControlError, vocabulary

GAIN, MUTE = "/stem/vocals/gain", "/stem/vocals/mute"


@pytest.fixture
def control() -> Control:
    return Control(vocabulary(("vocals", "drums", "other"), ("mix", "karaoke"), True))


def test_a_change_raises_the_revision_once(control: Control) -> None:
    assert control.get(GAIN) == 0.0 and control.revision == 0
    assert control.set(GAIN, -6) and control.get(GAIN) == -6.0 and control.revision == 1
    assert not control.set(GAIN, "-6 dB") and control.revision == 1
    assert control.set_position(GAIN, 0.0) and control.get(GAIN) == -60.0 and control.position(GAIN) == 0.0


def test_several_changes_are_one_or_none(control: Control) -> None:
    heard: list[Change] = []
    control.subscribe(heard.append)
    assert control.set_many({GAIN: -3, MUTE: True, "/bypass": False}, "scene") == 2
    assert control.revision == 1
    assert [(c.path, c.value, c.source, c.revision) for c in heard] == [
        (GAIN, -3.0, "scene", 1),
        (MUTE, True, "scene", 1),
    ]
    with pytest.raises(ControlError):
        control.set_many({GAIN: 0, "/bypass": math.nan})
    assert control.get(GAIN) == -3.0 and control.revision == 1


@pytest.mark.parametrize(
    ("wrong", "near"),
    [("/stem/vocal/gain", GAIN), ("/stem/Vocals/mute", MUTE), ("/bypas", "/bypass"), ("polici", "/policy")],
)
def test_an_unknown_path_names_the_nearest(control: Control, wrong: str, near: str) -> None:
    for act in (control.get, control.parameter, control.trigger, lambda path: control.set(path, 1)):
        with pytest.raises(ControlError, match=f"nearest is {near}"):
            act(wrong)


@pytest.mark.parametrize("wrong", ["", "\x00", "x" * 5000, None, 3, ["a"]])
def test_nonsense_for_a_path_is_refused(control: Control, wrong: str) -> None:
    with pytest.raises(ControlError):
        control.get(wrong)


def test_meters_are_for_the_host(control: Control) -> None:
    heard: list[Change] = []
    control.subscribe(heard.append)
    with pytest.raises(ControlError, match="can't be set"):
        control.set("/late_masks", 1)
    control.publish("/late_masks", 3)
    control.publish("/late_masks", 3)
    control.publish("/status", "playing")
    assert [(c.path, c.value) for c in heard] == [("/late_masks", 3.0), ("/status", "playing")]
    assert control.revision == 0


def test_triggers_happen_and_leave_nothing(control: Control) -> None:
    heard: list[Change] = []
    control.subscribe(heard.append)
    control.trigger("/song/next", "pedal")
    assert control.set("/song/next", 1) and not control.set("/song/next", 0)
    assert [c.path for c in heard] == ["/song/next"] * 2 and heard[0].source == "pedal"
    assert control.get("/song/next") is False
    with pytest.raises(ControlError, match="no trigger"):
        control.trigger(GAIN)


def test_a_scene_written_again_is_recalled_again(control: Control) -> None:
    recalled: list[str] = []

    def recall(change: Change) -> None:
        if change.path == "/scene":
            recalled.append(str(change.value))
            control.set("/scene", change.value)  # what a scene book does: it must not recall once more

    control.subscribe(recall)
    assert control.set("/scene", "chorus") and control.set("/scene", "chorus")
    assert recalled == ["chorus", "chorus"]


def test_a_failing_listener_harms_nobody(control: Control) -> None:
    heard: list[Change] = []

    def broken(change: Change) -> None:
        raise RuntimeError("wire cut")

    control.subscribe(broken)
    leave = control.subscribe(heard.append)
    control.set(GAIN, -1)
    assert len(heard) == 1 and control.failures == 1 and "wire cut" in control.last_failure
    leave()
    leave()
    control.set(GAIN, -2)
    assert len(heard) == 1 and control.failures == 2


def test_the_same_listener_twice_leaves_once(control: Control) -> None:
    heard: list[Change] = []
    leave = control.subscribe(heard.append)
    control.subscribe(heard.append)
    leave()
    control.set(GAIN, -1)
    assert len(heard) == 1


def test_a_listener_may_change_things(control: Control) -> None:
    control.subscribe(lambda change: change.path == GAIN and control.set(MUTE, True))
    control.set(GAIN, -1)
    assert control.get(MUTE) is True and control.failures == 0


def test_scenes_hold_the_mix_and_nothing_else(control: Control) -> None:
    scene = control.snapshot()
    assert {GAIN, MUTE, "/bus/karaoke/gain", "/gate/vocals/mode", "/bus/mix/stem/other/gain"} <= set(scene)
    assert not {"/mode", "/record", "/pause", "/scene", "/song/next", "/late_masks", "/song/index"} & set(scene)
    whole = control.snapshot(scene=False)
    assert {"/mode", "/scene"} <= set(whole) and "/song/next" not in whole and "/late_masks" not in whole
    control.set_many({GAIN: -20, MUTE: True})
    assert control.set_many(scene) == 2 and control.snapshot() == scene


def test_changes_are_stamped_by_the_clock(control: Control) -> None:
    heard: list[Change] = []
    control.subscribe(heard.append)
    control.set(GAIN, -1)
    control.clock = lambda: 4711
    control.set(GAIN, -2)
    assert [c.stamp for c in heard] == [None, 4711]


def test_many_threads(control: Control) -> None:
    """Nothing is lost: every change raises the revision by one, is told once, and pairs set together stay together."""
    heard: list[Change] = []
    torn: list[dict[str, object]] = []
    control.subscribe(heard.append)
    done = threading.Event()

    def move(number: int) -> None:
        for turn in range(200):
            level = -float(1 + (number * 200 + turn) % 50)
            control.set_many({"/bus/mix/gain": level, "/bus/karaoke/gain": level}, str(number))

    def watch() -> None:
        while not done.is_set():
            values, _ = control.values()
            if values["/bus/mix/gain"] != values["/bus/karaoke/gain"]:
                torn.append(values)

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=move, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    assert not torn
    revisions = [change.revision for change in heard]
    assert sorted(set(revisions)) == list(range(1, control.revision + 1))
    assert len(revisions) == 2 * control.revision
    newest = max(heard, key=lambda change: change.revision)
    assert control.get("/bus/mix/gain") == newest.value
