"""What a whole hop takes, and what of it is not the network: a karaoke bus, stereo noise, one thread.

    python benchmarks/hop.py [MODE ...] [--model band] [--engine compiled] [--seconds 3] [-o FOLDER]

Every mode twice: hop behind hop, and on the clock of the sound, where the processor rests in between (``--paced``: only
that). Half a minute with every mode. Prints Markdown, and writes it to FOLDER/hop.md. Quiet machines only: the report
says how quiet it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.goals import SHARES, goal, goals_table, others_text, publish
from rtiass.bench.compute import TimedSession
from rtiass.bench.machine import Load
from rtiass.bench.output import prepare_folder
from rtiass.bench.text import table
from rtiass.bundle import load_bundle
from rtiass.engine import load_engine, open_checked
from rtiass.errors import UserError
from rtiass.live.realtime import keep_awake
from rtiass.machine import machine
from rtiass.mixer import karaoke_bus
from rtiass.pace import paced
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES, RATE

WARM_UP = 50
TIGHT, PACED = "tight loop", "paced"


def measure(model: str, engine: str, mode: str, seconds: float, on_clock: bool) -> np.ndarray:
    """Milliseconds of hop, step and rest, shape (3, hops)."""
    bundle, hop = load_bundle(model), MODES[mode].hop
    session = TimedSession(open_checked(load_engine(engine), bundle, 1))
    separator = StreamingSeparator(bundle, session, mode=mode, buses=karaoke_bus(bundle.stems))
    sound = (0.1 * np.random.default_rng(0).standard_normal((64, hop, 2))).astype(np.float32)
    out, turn, steps = np.zeros((1, hop, 2), np.float32), 0, []

    def work() -> None:
        nonlocal turn
        session.spent = 0.0
        separator.process_into(sound[turn % len(sound)], out)
        turn += 1
        steps.append(session.spent)

    count = WARM_UP + max(WARM_UP, round(seconds * RATE / hop))
    hops = np.array(paced(work, hop / RATE if on_clock else 0.0, count).times)
    session.close()
    both = 1e3 * np.array([hops, steps])[:, WARM_UP:]
    return np.vstack([both, both[0] - both[1]])


def share(times: np.ndarray, mode: str) -> float:
    """Part of a core that the median hop takes."""
    return float(np.median(times[0])) / 1e3 * RATE / MODES[mode].hop


def report(found: dict[tuple[str, str], np.ndarray], model: str, engine: str, load: str) -> str:
    """Markdown.

    Args:
        found: Of each mode and loop what ``measure`` gives.
        model: What was measured.
        engine: What ran it.
        load: How busy the machine was.
    """
    here = machine()
    head = f"{here['processor']}, {here['cores']} cores, {here['system']}; `{model}` on `{engine}`, one thread. "
    cells = [
        [f"`{mode}`", loop, str(times.shape[1]), *(f"{np.median(t):.3f} / {np.percentile(t, 10):.3f}" for t in times),
         f"{share(times, mode):.1%}"]
        for (mode, loop), times in found.items()
    ]  # fmt: skip
    hops = table(["mode", "loop", "hops", "hop p50 / p10 ms", "step", "rest", "p50 of a core"], cells)
    goals = [
        goal(f"hop in `{mode}`, {loop}: of one core", most, None if times is None else share(times, mode), ".1%")
        for mode, most in SHARES.items()
        for loop in (TIGHT, PACED)
        for times in [found.get((mode, loop))]
    ]
    return "\n\n".join([head + load, hops, goals_table(goals)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", metavar="MODE", help="default: all")
    parser.add_argument("--model", default="band")
    parser.add_argument("--engine", default="compiled")
    parser.add_argument("--seconds", type=float, default=3.0, help="of sound in each mode")
    parser.add_argument("--paced", action="store_true", help="only on the clock of the sound")
    parser.add_argument("--awake", action="store_true", help="no processor sleeps, as with 'rtiass live --awake'")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="write hop.md there")
    given = parser.parse_args()
    modes = given.modes or list(MODES)
    for mode in modes:
        if mode not in MODES:
            raise UserError(f"There is no mode '{mode}'. Choose from {', '.join(MODES)}.")
    if given.output:
        prepare_folder(given.output)
    awake, refusal = keep_awake() if given.awake else (None, "")
    if refusal:
        raise UserError(refusal)
    before = Load.look()
    found = {
        (mode, loop): measure(given.model, given.engine, mode, given.seconds, loop == PACED)
        for mode in modes
        for loop in ((PACED,) if given.paced else (TIGHT, PACED))
    }
    load = others_text(before, Load.look())
    if awake:
        awake.close()
        load += " The processor was kept awake."
    publish(report(found, given.model, given.engine, load), given.output, "hop.md")


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        sys.exit(str(problem))
