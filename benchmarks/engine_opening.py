"""How long engines take to open a model, each time in a process of its own: a show waits for it before its first sound.

    python benchmarks/engine_opening.py [MODEL] [--times 15]

``compiled, kept`` finds its machine code on disk, ``compiled, new`` finds none. The processes take turns. Importing the
engine and asking it whether it can run here is a part of the time; Python, numpy and numba are there before, as in the
live host. About a minute with the default on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from rtiass.errors import UserError

PROGRAM = """
import sys, time
import numba, numpy
from rtiass.bundle import load_bundle
from rtiass.engine import load_engine, open_checked
bundle = load_bundle(sys.argv[2])
begun = time.perf_counter()
session = open_checked(load_engine(sys.argv[1]), bundle, 1, compiled_only=True)
opened = time.perf_counter()
session.step(numpy.ones((2, 2049), numpy.float32))
print(1000 * (opened - begun), 1000 * (time.perf_counter() - opened))
"""


def opening(engine: str, model: str, folder: str) -> tuple[float, float]:
    """Milliseconds until it is open, and of the first step.

    Raises:
        UserError: It can't be opened, with the last line of what its process said.
    """
    words = [sys.executable, "-c", PROGRAM, engine, model]
    environment = {**os.environ, "RTIASS_ENGINE_CACHE": folder}
    run = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines() or ["it said nothing"]
        raise UserError(f"The model {model} can't be opened on {engine}: {said[-1]}")
    first, second = map(float, run.stdout.split())
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="band")
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = {"onnxruntime": [], "compiled, kept": [], "compiled, new": []}
    with tempfile.TemporaryDirectory(prefix="rtiass-bench-") as name:
        kept = str(Path(name) / "kept")
        opening("onnxruntime", options.model, kept)
        opening("compiled", options.model, kept)
        for turn in range(options.times):
            for what in found:
                folder = kept if what != "compiled, new" else str(Path(name) / str(turn))
                found[what].append(opening(what.partition(",")[0], options.model, folder))
    print(f"{options.model}, {options.times} times, load {os.getloadavg()[0]:.1f}\n")
    print("| engine | open, p10 ms | open, median ms | first step, median ms | median / onnxruntime |")
    print("|---|---|---|---|---|")
    base = np.median([first for first, _ in found["onnxruntime"]])
    for what, times in found.items():
        first, second = np.array(times).T
        middle = np.median(first)
        low, ratio = np.percentile(first, 10), middle / base
        print(f"| {what} | {low:.0f} | {middle:.0f} | {np.median(second):.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        sys.exit(str(problem))
