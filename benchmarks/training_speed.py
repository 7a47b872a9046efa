"""Speed of training steps: loader processes, memory layout, compilation, and the shape of a batch.

    python benchmarks/training_speed.py --pool pool [--config my.toml] [--steps 6] [--only NAME ...] [--json FILE]

Trains each variant for a few steps in a folder that is thrown away, through the same trainer as a real run, and prints
a Markdown table of the steps after the first ones: medians, and beside them their ratio to the first row, which is
measured once more at the end: how far the two lie apart is how far a ratio can be trusted. Then the share of time spent
waiting for data, seconds of audio a second, and what is reached of the machine's own rate of float32 matrix products,
measured just before with the same threads. The first steps of ``compiled`` hold the compilation; they stand in a column
of their own. CPU seconds hold on a busy machine too, the rest is a lower bound there. A few minutes for all rows.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from offline_train.fit.data import PoolData
from offline_train.fit.folder import machine
from offline_train.fit.speed import matrix_rate, step_operations
from offline_train.fit.start import run
from offline_train.network import build
from offline_train.settings import CONFIGS, Settings, find_config, load_settings

HEAD = (
    "variant", "frames x batch", "s a step", "ratio", "CPU s a step", "ratio", "first step, s", "waiting",
    "x real time", "Gflop/s", "of matrix rate",
)  # fmt: skip
FIRST = "1 loader process, contiguous"


def variants(settings: Settings, precision: str) -> dict[str, Settings]:
    """What is compared, by name; each differs from the first in one thing."""
    mixing = settings.mixing
    plain = {"channels_last": False, "compile": False, "precision": precision}
    base = settings.with_fit(workers=1, devices="1", strategy="auto", **plain)
    found = {
        FIRST: base,
        "no loader process": base.with_fit(workers=0),
        "2 loader processes": base.with_fit(workers=2),
        "channels last": base.with_fit(channels_last=True),
        "bf16-mixed": base.with_fit(precision="bf16-mixed"),
        "bf16-mixed, channels last": base.with_fit(precision="bf16-mixed", channels_last=True),
        "bf16-mixed, channels last, 2 threads": base.with_fit(precision="bf16-mixed", channels_last=True, threads=2),
    }
    for factor in (0.5, 2.0):
        frames, batch = int(mixing.frames * factor), max(1, round(mixing.batch / factor))
        found[f"{frames} frames"] = replace(base, mixing=replace(mixing, frames=frames, batch=batch))
    found["compiled"] = base.with_fit(compile=True)
    return {**found, f"{FIRST}, again": base}


def measure(settings: Settings, pool: Path, steps: int, skip: int, rate: float, minutes: float) -> dict[str, float]:
    """Medians over the steps after the first ``skip``; over the last one if time was up before."""
    short = settings.with_fit(
        steps=steps, minutes=minutes, validate_excerpts=0, validate_batches=1, statistics_batches=2,
        checkpoint_minutes=1e6, epoch_steps=10**6, schedule="constant", patience=0,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        run(short, PoolData(pool, short), Path(folder))
        records = [json.loads(line) for line in (Path(folder) / "log.jsonl").read_text("utf-8").splitlines()]
    every = [record for record in records if "took" in record]
    timed = every[skip:] or every[-1:]
    took = np.array([record["took"] for record in timed])
    frames = np.array([record["frames"] for record in timed])
    flops = step_operations(build(settings.network)) * float(np.median(frames / took))
    return {
        "frames": settings.mixing.frames,
        "batch": settings.mixing.batch,
        "seconds": float(np.median(took)),
        "first": every[0]["took"],
        "cpu": float(np.median([record["cpu"] for record in timed])),
        "waiting": float(sum(record["waited"] for record in timed) / took.sum()),
        "audio": float(sum(record["seconds"] for record in timed) / took.sum()),
        "gflops": flops / 1e9,
        "share": flops / rate,
    }


def loading(settings: Settings, pool: Path, count: int) -> float:
    """CPU seconds that one batch takes to make, in one thread."""
    mixer = PoolData(pool, settings).batches.mixer
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    spent = []
    for step in range(count):
        start = time.process_time()
        mixer.batch(step)
        spent.append(time.process_time() - start)
    torch.set_num_threads(threads)
    return float(np.median(spent))


def table(rows: dict[str, dict[str, float]]) -> str:
    """Markdown; ratios are to the first row, a step's to the audio that it hears."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    first = next(iter(rows.values()))
    for name, row in rows.items():
        heard = row["frames"] * row["batch"] / (first["frames"] * first["batch"])
        cells = [
            name,
            f"{row['frames']:.0f} x {row['batch']:.0f}",
            f"{row['seconds']:.2f}",
            f"{row['seconds'] / first['seconds'] / heard:.2f}",
            f"{row['cpu']:.2f}",
            f"{row['cpu'] / first['cpu'] / heard:.2f}",
            f"{row['first']:.1f}",
            f"{100 * row['waiting']:.0f} %",
            f"{row['audio']:.1f}",
            f"{row['gflops']:.1f}",
            f"{100 * row['share']:.0f} %",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, default=Path("pool"))
    parser.add_argument("--config", type=Path, default=CONFIGS / "band.toml")
    parser.add_argument("--steps", type=int, default=6, help="of each variant")
    parser.add_argument("--skip", type=int, default=2, help="steps at the start that do not count")
    parser.add_argument("--minutes", type=float, default=0.4, help="after which a variant ends at its next step")
    parser.add_argument("--threads", type=int, default=1, help="of a step; more than idle cores wait for each other")
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--only", nargs="*", help="names of variants")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not 0 <= given.skip < given.steps:
        parser.error("--steps must be more than --skip")
    settings = load_settings(find_config(given.config)).with_fit(threads=given.threads)
    unknown = sorted(set(given.only or ()) - set(variants(settings, given.precision)))
    if unknown:
        parser.error(f"no variant {unknown[0]!r}; known: {', '.join(variants(settings, given.precision))}")
    # One mode, or the lengths of the excerpts would decide how long a step waits.
    settings = replace(settings, mixing=replace(settings.mixing, modes=((2048, 1024, 1.0),)))
    torch.set_num_threads(settings.fit.threads)
    rate = matrix_rate(torch.device("cpu"), 1.0)
    rows: dict[str, dict[str, float]] = {}
    report = {
        "machine": machine(),
        "matrix_gflops": rate / 1e9,
        "loading": loading(settings, given.pool, min(given.steps, 3)),
        "variants": rows,
    }
    for name, chosen in variants(settings, given.precision).items():
        if given.only and name not in given.only:
            continue
        rows[name] = measure(chosen, given.pool, given.steps, given.skip, rate, given.minutes)
    print(f"\n{report['machine']}: {rate / 1e9:.0f} Gflop/s in float32 matrix products\n")
    print(table(rows))
    print(f"\nMaking one batch takes {report['loading']:.2f} CPU seconds.")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
