"""Plays a sound into the live host over JACK and records what comes out; a process of its own.

Run as ``python jack_client.py``; reads one JSON line: ``sound`` (npy file, (n, 2) float32), ``record`` (npz file to write),
``outputs`` (number of host outputs to record), ``tail`` (frames recorded beyond the sound), ``freewheel``. The recorded
``direct`` is the sound as it reached the recorder without the host: the reference in time.
"""

from __future__ import annotations

import json
import sys
import threading

import jack
import numpy as np


def main() -> None:
    order = json.loads(sys.stdin.readline())
    sound = np.load(order["sound"])
    host, outputs = order.get("host", "rtiass"), int(order["outputs"])
    total = len(sound) + int(order["tail"])
    source, sink = jack.Client("source", no_start_server=True), jack.Client("sink", no_start_server=True)
    plays = [source.outports.register(f"out_{i}") for i in range(2)]
    hears = [sink.inports.register(f"in_{i}") for i in range(outputs + 1)]
    recorded = np.zeros((outputs + 1, total + (1 << 16)), np.float32)
    at = {"play": -1, "record": -1}
    done = threading.Event()
    go = threading.Event()

    @source.set_process_callback
    def play(frames: int) -> None:
        start = at["play"]
        if start < 0 and go.is_set():
            start = 0
        part = sound[max(start, 0) : max(start, 0) + frames] if start >= 0 else sound[:0]
        for side, port in enumerate(plays):
            values = port.get_array()
            values[: len(part)] = part[:, side]
            values[len(part) :] = 0
        if start >= 0:
            at["play"] = start + frames

    @sink.set_process_callback
    def record(frames: int) -> None:
        if not go.is_set() or done.is_set():
            return
        start = max(at["record"], 0)
        if start + frames > recorded.shape[1]:
            done.set()
            return
        for row, port in zip(recorded, hears, strict=True):
            row[start : start + frames] = port.get_array()
        at["record"] = start + frames
        if at["record"] >= total:
            done.set()

    with source, sink:
        source.connect(plays[0], hears[0])
        for side, port in enumerate(plays):
            source.connect(port, f"{host}:in_{side}")
        for channel in range(outputs):
            sink.connect(f"{host}:out_{channel}", hears[1 + channel])
        if order["freewheel"]:
            source.set_freewheel(True)
        go.set()
        finished = done.wait(float(order.get("timeout", 60)))
        if order["freewheel"]:
            source.set_freewheel(False)
        count = at["record"]
        np.savez(order["record"], direct=recorded[0, :count], heard=recorded[1:, :count].T)
        print(json.dumps({"finished": finished}), flush=True)


if __name__ == "__main__":
    main()
