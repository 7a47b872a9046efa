"""A MIDI controller made of software, on JACK; a process of its own.

Run as ``python jack_midi_client.py``; reads a JSON line for each order and answers with one: ``{"play": [[176, 7, 1]]}``
sends messages, many in a period; ``{"heard": true}`` tells what was received so far.
"""

from __future__ import annotations

import json
import sys
from collections import deque

import jack

PER_PERIOD = 300


def main() -> None:
    client = jack.Client("bench", no_start_server=True)
    output = client.midi_outports.register("out")
    source = client.midi_inports.register("in")
    waiting: deque[bytes] = deque()
    heard: deque[list[int]] = deque()

    @client.set_process_callback
    def process(frames: int) -> None:
        output.clear_buffer()
        for number in range(min(len(waiting), PER_PERIOD)):
            output.write_midi_event(number * frames // (PER_PERIOD + 1), waiting.popleft())
        for _, data in source.incoming_midi_events():
            heard.append(list(bytes(data)))

    client.activate()
    for line in sys.stdin:
        order = json.loads(line)
        waiting.extend(bytes(message) for message in order.get("play", ()))
        print(json.dumps({"heard": list(heard) if "heard" in order else []}), flush=True)
    client.deactivate()


if __name__ == "__main__":
    main()
