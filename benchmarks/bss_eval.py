"""Time that BSS Eval takes: the package ``museval`` against the evaluation's own, on the same signals in one run.

    python benchmarks/bss_eval.py [--sources 4 7] [--seconds 30] [--systems 3]

Prints a Markdown table in CPU seconds, with one thread: what ``museval`` needs for a system, what the evaluation needs
once a song, what for every system (the median of some), and the largest difference of any figure of any window. A row
of seven sources takes some minutes, nearly all of them in ``museval``.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is loaded

import argparse
import time

import numpy as np
from museval.metrics import bss_eval

from offline_train.evaluation.bsseval import FIGURES, BssEval
from rtiass.stft import RATE


def example(sources: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Coloured noise in stereo, and estimates that leak and have noise of their own."""
    rng = np.random.default_rng(0)
    true = rng.standard_normal((sources, 2, int(seconds * RATE)))
    for source, audio in enumerate(true):
        audio[:, source + 1 :] += 0.9 * audio[:, : -source - 1]
    found = 0.8 * true + 0.1 * true.sum(axis=0) + 0.1 * rng.standard_normal(true.shape)
    return true.astype(np.float32), found.astype(np.float32)


def measure(sources: int, seconds: float, systems: int) -> str:
    true, found = example(sources, seconds)
    BssEval(true[..., :RATE]).score(found[..., :RATE])  # compiles
    begin = time.process_time()
    judge = BssEval(true)
    once = time.process_time() - begin
    each = []
    for _ in range(systems):
        begin = time.process_time()
        ours = judge.score(found)
        each.append(time.process_time() - begin)
    begin = time.process_time()
    axes = (0, 2, 1)
    theirs = bss_eval(true.transpose(axes), found.transpose(axes), window=RATE, hop=RATE)
    whole = time.process_time() - begin
    apart = max(np.abs(ours[name] - values).max() for name, values in zip(FIGURES, theirs[:4], strict=True))
    system = float(np.median(each))
    ratios = [n * whole / (once + n * system) for n in (1, 10)]
    cells = (
        sources,
        f"{whole:.1f}",
        f"{once:.2f}",
        f"{system:.2f}",
        *(f"{ratio:.0f}" for ratio in ratios),
        f"{apart:.0e}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, nargs="+", default=[4, 7])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--systems", type=int, default=3)
    options = parser.parse_args()
    print("| sources | museval, a system | once a song | a system | ratio, 1 system | 10 systems | apart, dB |")
    print("|---|---|---|---|---|---|---|")
    for sources in options.sources:
        print(measure(sources, options.seconds, options.systems), flush=True)


if __name__ == "__main__":
    main()
