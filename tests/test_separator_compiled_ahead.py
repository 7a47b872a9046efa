"""A separator that was made has all its loops ready: the first samples wait for no compiler."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from rtiass import fourier, loops
from rtiass.masks import MaskProducer, SyncMaskSource
from rtiass.bundle import load_bundle
from rtiass.separator import StreamingSeparator

class Session:
    def step(self, magnitude):
        return np.full((4, 2049), 0.25, np.float32), np.ones(4, np.float32)
    def reset(self): ...
    def close(self): ...

def ready():
    return {
        name: len(f.signatures) for module in (fourier, loops) for name, f in vars(module).items()
        if isinstance(f, Dispatcher) and not name.startswith("_")
    }

separator = StreamingSeparator(load_bundle("band"), Session(), mode="instant", channels=int(sys.argv[1]))
before = ready()
separator.mixer.set_gain("vocals", "drums", 1.0)
separator.process(np.ones((4096, int(sys.argv[1])), np.float32))
separator.set_mode("tight")
separator.process(np.ones((8192, int(sys.argv[1])), np.float32))
print(separator.mode.name, len(before), set(before.values()), before == ready())
"""


def test_nothing_is_compiled_by_the_first_hops():
    for channels in ("1", "2"):
        done = subprocess.run([sys.executable, "-c", LOOK, channels], capture_output=True, text=True, timeout=120)
        assert done.stdout.split() == ["tight", "10", "{1}", "True"], done.stdout + done.stderr
