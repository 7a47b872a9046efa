"""While sound is played, nothing that may hold the interpreter's lock is an ordinary thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jack_server import make_rig  # noqa: F401 - a fixture

from rtiass.live.audioloop import PRIORITY
from rtiass.live.rig import BESIDE_PRIORITY, MASK_PRIORITY, OTHER_PRIORITY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's scheduling classes")

THREADS = """
import os, queue, sys, threading
from rtiass.live.realtime import raise_others, raise_priority
orders = [queue.Queue() for _ in range(3)]
def own(): return os.sched_getscheduler(0), os.sched_getparam(0).sched_priority
def follow(order, told):
    for call in iter(order.get, None):
        told.put(call())
told = queue.Queue()
def start(order): threading.Thread(target=follow, args=(order, told)).start()
for order in orders[:2]: start(order)
def ask(order, call):
    order.put(call)
    return told.get()
refused = ask(orders[0], lambda: raise_priority(9))
if refused:
    print("refused")
else:
    raise_others(2)
    start(orders[2])
    print(*[priority for _, priority in [ask(order, own) for order in orders]], own()[1])
for order in orders: order.put(None)
"""


def test_only_ordinary_threads_are_raised_and_later_ones_inherit():
    said = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=True).stdout.split()
    if said == ["refused"]:
        pytest.skip("this system grants no real-time priority")
    assert said == ["9", "2", "2", "2"]


@pytest.mark.jack
def test_the_threads_of_the_audio_process_are_raised(make_rig: Any, tmp_path: Path) -> None:  # noqa: F811
    host = make_rig(block=512).host(freewheel=False, record=str(tmp_path / "takes"))
    priorities = {
        int(task.name): os.sched_getparam(int(task.name)).sched_priority
        for task in Path(f"/proc/{host.pid}/task").iterdir()
    }
    if max(priorities.values()) < PRIORITY:
        pytest.skip("this system grants no real-time priority")
    assert priorities[host.pid] == OTHER_PRIORITY
    # The thread that watches, the one that takes orders, the one that hears the recording process.
    assert list(priorities.values()).count(OTHER_PRIORITY) >= 3
    assert 0 < OTHER_PRIORITY < BESIDE_PRIORITY < MASK_PRIORITY < PRIORITY
