"""Turn times of the live host's audio thread, one by one; a process of its own, started by ``live.py --png``.

The host itself tells only their 99th percentile and maximum. Takes the options as JSON, the seconds and the npy file to
write.
"""

from __future__ import annotations

import os
import sys
import threading
import time

import numpy as np

from rtiass.live import rig
from rtiass.live.options import LiveOptions
from rtiass.live.state import SharedState


def main() -> None:
    options, seconds, target = LiveOptions.from_json(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    found = rig.find_devices(options)
    player = rig.prepare(options, [])
    stream = rig.open_device(player, found, options)
    stream.start()
    rig.start_clock(player, found, options, SharedState(), stream, threading.Event())
    time.sleep(seconds)
    times = player.loop.turn_times
    np.save(target, times[times > 0.0])
    stream.abort()
    stream.close()
    os._exit(0)


if __name__ == "__main__":
    main()
