"""What scenes, set list and journal have to say is shown as parameters; troubles stay until they are over."""

import threading

from rtiass.control import Control, vocabulary
from rtiass.control.errands import MAX_WAITING, Errands
from rtiass.control.journal import Journal
from rtiass.control.notices import Notices
from rtiass.control.parameter import MAX_SHOWN


def control() -> Control:
    return Control(vocabulary(("vocals", "drums"), ["mix"]))


def test_each_subject_keeps_its_own():
    state = control()
    notices = Notices(state)
    notices.trouble("scenes", "One.")
    notices.trouble("songs", "Two.")
    assert state.get("/trouble") == "One. Two."
    notices.trouble("scenes", "")
    assert state.get("/trouble") == "Two."
    notices.trouble("songs", "")
    assert state.get("/trouble") == ""


def test_whatever_is_said_can_be_shown():
    state = control()
    notices = Notices(state)
    notices.say("a\nb\x1b[31m" + "x" * 5000)
    assert str(state.get("/message")).startswith("a b [31m")
    assert len(str(state.get("/message"))) == MAX_SHOWN


def test_without_the_parameters_nothing_is_said():
    parameters = {p: v for p, v in vocabulary(("vocals", "x"), ["mix"]).items() if p not in ("/trouble", "/message")}
    notices = Notices(Control(parameters))
    notices.trouble("scenes", "One.")
    notices.say("Two.")


def test_surfaces_can_not_set_them():
    state = control()
    for path in ("/trouble", "/message"):
        assert not state.parameter(path).writable


def test_a_journal_that_can_not_be_written_is_told_and_taken_back(tmp_path):
    folder = tmp_path / "show"
    state = control()
    now = [0.0]
    journal = Journal(folder / "now", state, lambda: now[0])
    state.set("/bypass", True)
    assert journal.step()
    assert str(state.get("/trouble")).startswith("What is set now would not survive a crash.")
    assert "can't be written" in str(state.get("/trouble"))
    folder.mkdir()
    now[0] += 1.0
    assert journal.step()
    assert state.get("/trouble") == ""


def test_errands_are_done_in_order_and_a_failure_stops_none():
    done, failed = [], []

    def fail():
        raise ValueError("no")

    errands = Errands(failed.append)
    for number in range(50):
        errands(lambda number=number: done.append(number))
        if number == 20:
            errands(fail)
    errands.close()
    assert done == list(range(50))
    assert failed == ["Something failed (ValueError: no)."]
    errands.close()


def test_a_flood_is_left_out_and_told():
    done, failed = [], []
    gate, working = threading.Event(), threading.Event()
    errands = Errands(failed.append)
    errands(lambda: (working.set(), gate.wait(10)))
    assert working.wait(10)
    for number in range(MAX_WAITING + 10):
        errands(lambda number=number: done.append(number))
    gate.set()
    errands.close()
    assert done == list(range(MAX_WAITING))
    assert len(failed) == 10
