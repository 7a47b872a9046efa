"""What a whole hop takes, and what of it is not the network: a karaoke bus, stereo noise, one thread.

``python benchmarks/hop.py`` runs hop behind hop in every mode, some seconds in all; with ``--paced`` on the
clock of the sound, where the processor rests in between.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from rtiass.bundle import load_bundle
from rtiass.engine import load_engine
from rtiass.mixer import karaoke_bus
from rtiass.pace import paced
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES, RATE

WARM_UP = 50


class TimedSession:
    """Tells how long the last step of a session took."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.reset = session.reset
        self.close = session.close
        self.last = 0.0

    def step(self, magnitude: Any) -> Any:
        begun = time.perf_counter()
        answer = self._session.step(magnitude)
        self.last = time.perf_counter() - begun
        return answer


def measure(model: str, engine: str, mode: str, seconds: float, on_clock: bool) -> np.ndarray:
    """Milliseconds of hop, step and rest, shape (3, hops)."""
    bundle, hop = load_bundle(model), MODES[mode].hop
    session = TimedSession(load_engine(engine).open(bundle, threads=1))
    separator = StreamingSeparator(bundle, session, mode=mode, buses=karaoke_bus(bundle.stems))
    sound = (0.1 * np.random.default_rng(0).standard_normal((64, hop, 2))).astype(np.float32)
    out, turn, steps = np.zeros((1, hop, 2), np.float32), 0, []

    def work() -> None:
        nonlocal turn
        separator.process_into(sound[turn % len(sound)], out)
        turn += 1
        steps.append(session.last)

    count = WARM_UP + max(WARM_UP, round(seconds * RATE / hop))
    hops = np.array(paced(work, hop / RATE if on_clock else 0.0, count).times)
    session.close()
    both = 1e3 * np.array([hops, steps])[:, WARM_UP:]
    return np.vstack([both, both[0] - both[1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", default=list(MODES), help="modes, default all")
    parser.add_argument("--model", default="band")
    parser.add_argument("--engine", default="compiled")
    parser.add_argument("--seconds", type=float, default=3.0, help="of sound in each mode")
    parser.add_argument("--paced", action="store_true", help="on the clock of the sound")
    given = parser.parse_args()
    print("| mode | hop p50 / p10 ms | step | rest | of a core |\n|---|---|---|---|---|")
    for mode in given.modes:
        times = measure(given.model, given.engine, mode, given.seconds, given.paced)
        cells = [f"{np.median(row):.3f} / {np.percentile(row, 10):.3f}" for row in times]
        share = float(np.median(times[0])) / 1e3 * RATE / MODES[mode].hop
        print(f"| {mode} | {' | '.join(cells)} | {share:.1%} |")


if __name__ == "__main__":
    main()
