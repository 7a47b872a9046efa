"""Compute of a network step and of an audio hop, against the time there is for them.

    python benchmarks/compute.py [MODEL ...] [--engine onnxruntime] [--threads 1] [--seconds 10] [--json FILE]

Without a model: the default one, and the paper's per-target network (causal, random weights: speed does not depend on
them; needs the train extra). Prints a Markdown table: medians, p99.9 and the share of the hop or period.
Quiet machines only: a busy one gives upper bounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np

from rtiass.bundle import Bundle, load_bundle
from rtiass.engine import EngineSession, choose
from rtiass.mixer import karaoke_bus
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES, RATE


class Timed:
    """A session that notes how long each step takes, so that hop and network are told apart in one run."""

    def __init__(self, session: EngineSession) -> None:
        self.session = session
        self.seconds: list[float] = []

    def step(self, magnitude):
        start = time.perf_counter()
        result = self.session.step(magnitude)
        self.seconds.append(time.perf_counter() - start)
        return result

    def reset(self):
        self.session.reset()

    def close(self):
        self.session.close()


def figures(seconds: list[float], budget: float) -> dict[str, float]:
    """Milliseconds and shares of a list of durations."""
    values = 1000 * np.array(seconds)
    return {
        "p50_ms": float(np.median(values)),
        "p99_ms": float(np.quantile(values, 0.99)),
        "p999_ms": float(np.quantile(values, 0.999)),
        "max_ms": float(values.max()),
        "budget_ms": 1000 * budget,
        "p50_share": float(np.median(values)) / (1000 * budget),
        "p999_share": float(np.quantile(values, 0.999)) / (1000 * budget),
        "count": len(values),
    }


def measure(bundle: Bundle, engine: str, threads: int | None, seconds: float) -> list[dict[str, object]]:
    """Rows of all modes for one bundle."""
    name, session, _ = choose(engine, bundle, threads)
    rng = np.random.default_rng(0)
    sound = (0.1 * rng.standard_normal((int(seconds * RATE), 2))).astype(np.float32)
    rows: list[dict[str, object]] = []
    for mode in MODES.values():
        for label, buses in (("karaoke", karaoke_bus(bundle.stems)), ("every stem", None)):
            timed = Timed(session)
            separator = StreamingSeparator(bundle, timed, mode=mode.name, buses=buses)
            out = np.zeros((len(separator.bus_names), mode.hop, 2), np.float32)
            whole = []
            for start in range(0, len(sound) - mode.hop + 1, mode.hop):
                began = time.perf_counter()
                separator.process_into(sound[start : start + mode.hop], out)
                whole.append(time.perf_counter() - began)
            warm = 20
            common = {"model": bundle.name, "engine": name, "threads": threads or "auto", "mode": mode.name}
            if label == "karaoke":
                step = figures(timed.seconds[warm:], mode.period / RATE)
                rows.append({**common, "what": "network step", **step})
            rows.append({**common, "what": f"whole hop, {label}", **figures(whole[warm:], mode.hop / RATE)})
    session.close()
    return rows


def paper_bundle(folder: Path) -> Bundle:
    """The paper's network, causal, with random weights, as a bundle."""
    import torch

    from offline_train.export import export_bundle
    from offline_train.network import IASS

    torch.manual_seed(0)
    model = IASS(blocks=3, causal=True).eval()
    card = {"model": {"name": "iass-causal", "version": "0", "stems": ["vocals", "other"]}}
    return export_bundle(model, model.config, card, folder / "iass-causal")


def table(rows: list[dict[str, object]]) -> str:
    """Markdown."""
    lines = [
        "| model | engine, threads | mode | what | p50 ms | p99.9 ms | time there is, ms | p50 share | p99.9 share |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        "| {model} | {engine}, {threads} | {mode} | {what} | {p50_ms:.2f} | {p999_ms:.2f} | {budget_ms:.2f} "
        "| {p50_share:.1%} | {p999_share:.1%} |".format(**row)
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bundles = [load_bundle(m) for m in options.models] or [load_bundle(), paper_bundle(Path(folder))]
        rows = [r for b in bundles for r in measure(b, options.engine, options.threads, options.seconds)]
    print(f"{platform.processor() or platform.machine()}, {platform.system()}, Python {platform.python_version()}\n")
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
