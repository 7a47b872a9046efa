"""Tells when the machine itself stood still: a clock above every other process, on one processor; for ``soak_run.py``.

Where even this process is not woken in time, no audio process could have been: another machine on the same hardware had
the processor, or the kernel had. Says by a line of JSON whether it got its priority, and in the end each stall.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time

PERIOD = 0.002
STALL = 0.005
"""Seconds too late from which it is a stall. At blocks of 512 a mask is waited for for 8.7 ms, and its step takes 2."""
PRIORITY = 95
"""Above that of JACK and of its clients."""


def main() -> None:
    order = json.loads(sys.stdin.readline())
    os.sched_setaffinity(0, {order["processor"]})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
        above = True
    except OSError:
        above = False
    print(json.dumps({"above": above}), flush=True)
    stalls: list[tuple[float, float]] = []
    due = time.monotonic() + PERIOD
    while True:
        time.sleep(max(0.0, due - time.monotonic()))
        now = time.monotonic()
        if now - due > STALL:
            stalls.append((due, now - due))
        due = max(due + PERIOD, now)
        if select.select([sys.stdin], [], [], 0)[0]:
            break
    print(json.dumps({"stalls": stalls}), flush=True)


if __name__ == "__main__":
    main()
