"""Hands on faders: two browsers' sockets and OSC, without a pause; a process of its own, started by ``soak.py``.

Takes one line of JSON with the ports ``remote`` and ``osc``; the next line ends it. Then it says what it sent and how
many messages with meters each socket received. Everything moves but the output ``mix``, which stays at unity.
"""

from __future__ import annotations

import json
import math
import socket
import sys
import threading
import time
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder
from websockets.sync.client import connect

TURN = 0.08
SCENE_EVERY = 150


def osc(path: str, value: float | str) -> bytes:
    builder = OscMessageBuilder(path)
    builder.add_arg(value)
    return builder.build().dgram


class Browser:
    """A page's socket: takes all that comes in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.socket = connect(f"ws://127.0.0.1:{port}/ws", origin=f"http://127.0.0.1:{port}", open_timeout=20)
        self.received = self.meters = 0
        self.fault = ""
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        try:
            for message in self.socket:
                self.received += 1
                self.meters += '"meters"' in message[:4096]
        except Exception as error:  # told at the end
            self.fault = f"{type(error).__name__}: {error}"

    def send(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))


def main() -> None:
    order = json.loads(sys.stdin.readline())
    ending = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), ending.set()), daemon=True).start()
    browsers = [Browser(order["remote"]) for _ in range(2)]
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    place = ("127.0.0.1", order["osc"])
    turn = sent = 0
    datagrams.sendto(osc("/scene/seconds", 1.0), place)
    while not ending.wait(TURN):
        turn += 1
        browsers[0].send(set="/bus/karaoke/stem/vocals/gain", position=0.5 + 0.25 * math.sin(turn / 9))
        browsers[1].send(set="/bus/drums/gain", position=0.5 + 0.25 * math.sin(turn / 13))
        datagrams.sendto(osc("/bus/drums/stem/bass/gain", -20.0 + 15.0 * math.sin(turn / 17)), place)
        sent += 3
        if turn % 90 == 0:
            browsers[1].send(set="/gate/vocals/mode", value=("auto", "open", "closed")[turn // 90 % 3])
            sent += 1
        if turn % SCENE_EVERY == 0:
            name = f"scene{turn // SCENE_EVERY % 4}"
            # The first round saves them, the others recall them.
            browsers[0].send(set="/scene/save" if turn < 5 * SCENE_EVERY else "/scene", value=name)
            sent += 1
    fault = "; ".join(browser.fault for browser in browsers if browser.fault)
    told = {"sent": sent, "meters": [b.meters for b in browsers], "received": [b.received for b in browsers]}
    for browser in browsers:
        browser.socket.close()
    print(json.dumps({**told, "fault": fault}), flush=True)


if __name__ == "__main__":
    begun = time.monotonic()
    main()
