"""``rtiass live`` without its screen, with a log of every control state and counter; a process started by ``soak.py``.

Takes one line of JSON: ``options`` (of ``LiveOptions``), ``map`` (a MIDI map, or an empty text), ``scenes``, ``log`` (a
folder). Says one line of JSON when it plays; the next line on standard input ends it. In the folder are ``states.bin``
(each control state as it was written for the audio thread), ``applied.bin`` (from which sample on each was heard) and
``counters.bin`` (rows of ``COUNTERS``, twenty a second).
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from rtiass.control.midi.rack import open_rack
from rtiass.control.network import NetworkSurfaces
from rtiass.control.show import Show
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions
from rtiass.live.state import APPLIED, CONTROL_NAMES, CONTROLS, SharedState

LOOK_EVERY = 0.05
NAMES = (
    "captured", "position", "callbacks", "underruns", "underrun_frames", "late_masks", "oldest_mask", "skipped_frames",
    "bad_frames", "lost_input", "input_xruns", "output_xruns", "wait_timeouts", "record_gaps", "record_gap_frames",
)  # fmt: skip
COUNTERS = np.dtype([("time", np.float64), ("restarts", np.int64), *((name, np.int64) for name in NAMES)])


class Log:
    """Writes what replays need; nothing of it stays in memory."""

    def __init__(self, host: LiveHost, folder: Path) -> None:
        self._host, self._state = host, host.state
        self._files = {name: (folder / f"{name}.bin").open("wb") for name in ("states", "applied", "counters")}
        self._row = np.zeros(1, COUNTERS)
        self._reported = 0
        self.forgotten = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        snapshot = np.zeros(1, CONTROLS)
        assert self._state.read_controls(snapshot)
        self._files["states"].write(snapshot.tobytes())
        self._write = self._state.write_controls
        self._state.write_controls = self._write_and_log  # type: ignore[method-assign]

    def start(self) -> None:
        self._thread.start()

    def _write_and_log(self, revision: int, *values: Any, **settings: int) -> None:
        # One at a time, by the writer's lock.
        self._write(revision, *values, **settings)
        self._files["states"].write(revision_record(self._state, revision).tobytes())

    def _run(self) -> None:
        while not self._ending.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        state = self._state
        count = int(state.get("applied_count"))
        if count < self._reported:  # another child
            self._reported = 0
        self.forgotten += max(0, count - self._reported - APPLIED + 1)
        for entry in range(max(self._reported, count - APPLIED + 1), count):
            self._files["applied"].write(state.fields["applied"][0, entry % APPLIED].tobytes())
        self._reported = count
        self._row["time"], self._row["restarts"] = time.monotonic(), self._host.status.restarts
        for name in NAMES:
            self._row[name] = state.get(name)
        self._files["counters"].write(self._row.tobytes())

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self.look()
        self._state.write_controls = self._write  # type: ignore[method-assign]
        for file in self._files.values():
            file.close()


def revision_record(state: SharedState, revision: int) -> np.ndarray[Any, Any]:
    """The control state in the shared memory as one record."""
    record = np.zeros(1, CONTROLS)
    for name in CONTROL_NAMES:
        record[name] = state.fields[name]
    record["control"] = revision
    return record


def main() -> None:
    order = json.loads(sys.stdin.readline())
    host = LiveHost(LiveOptions.from_json(json.dumps(order["options"])))
    log = Log(host, Path(order["log"]))
    show = Show(host.control, scenes=Path(order["scenes"]))
    rack, silence = open_rack(host.control, [order["map"]] if order["map"] else [])
    surfaces = NetworkSurfaces(host, osc="0", remote="0", scenes=show.scene_names, songs=show.song_names)
    changes = [0]

    def count(change: Any) -> None:
        changes[0] += change.source != "host"

    host.control.subscribe(count)
    try:
        host.start()
        host.wait_until_playing(120)
        log.start()
        assert surfaces.osc is not None and surfaces.remote is not None
        ready = {"osc": surfaces.osc.address[1], "remote": surfaces.remote.port, "about": host.status.about}
        print(json.dumps({**ready, "silence": silence, "notes": list(host.status.notes)}), flush=True)
        for line in sys.stdin:
            if line.strip() == "look":
                latency = int(host.latency()["host_samples"])
                print(json.dumps({"latency": latency, "midi": rack.status if rack else ""}), flush=True)
                continue
            break
        log.close()
        latency = {name: int(host.state.get(name)) for name in ("prefill", "mask_delay", "host_latency")}
        host.recording = False
        limit = time.monotonic() + 60
        while host.state.get("recording") == 1 and time.monotonic() < limit:
            time.sleep(0.02)
        status = host.status
        told = {"changes": changes[0], "forgotten": log.forgotten, "notes": list(status.notes), "phase": status.phase}
        step = {name: float(host.state.get(name)) for name in ("step_median", "step_p99", "step_max", "turn_max")}
        faults = {"listeners": host.control.failures, "remote": surfaces.remote.app.counters["faults"],
                  "osc": surfaces.osc.counters["faults"]}  # fmt: skip
        print(json.dumps({**told, **latency, **step, "faults": faults,
                          "last_failure": host.control.last_failure}), flush=True)  # fmt: skip
    finally:
        surfaces.close()
        if rack is not None:
            rack.stop()
        show.close()
        host.close()


if __name__ == "__main__":
    main()
