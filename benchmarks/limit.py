"""The network step against what one thread of this processor can multiply at all, in one run.

    python benchmarks/limit.py [MODEL ...] [--engine ENGINE ...] [--seconds 30] [--paced] [-o FOLDER] [--json FILE]

The limit of a network is its multiply-accumulates over the machine's rate: the best that single-thread FP32 products
of matrices reach here, in numpy, in ONNX Runtime or in the engine `compiled`, of large matrices or of the networks'
own shapes. Rates and steps take turns, so that a passing load on the machine meets all. Behind the table of steps
comes ONNX Runtime's own profile of the first model, by kind of operation and by layer. With --paced each step is taken
as in live sound too, at the rate of `live` and `instant`, the processor idle between; that takes half of the seconds
for each model and engine. Last come the goals, each met or not by this run, of a step of the network alone: hop.py
tells the whole hop. Prints Markdown, and writes it to FOLDER/limit.md. Without a model: all that are shipped. Needs the
train extra. Quiet machines only: the report says how quiet it was.
"""

from __future__ import annotations

import os
import sys

if "numpy" not in sys.modules:  # which reads them when it is loaded
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[variable] = "1"

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.goals import MODEL, RATIO, SHARES, goal, goals_table, others_text, publish
from benchmarks.products import Call, compiled_product, numpy_product, one_thread, runtime_product, torch_product
from engines.compiled import CompiledEngine
from offline_train.onnxmacs import count_onnx_macs
from rtiass.bench.machine import Load
from rtiass.bench.output import prepare_folder
from rtiass.bench.results import figures
from rtiass.bench.text import number, table
from rtiass.bundle import Bundle, bundle_names, load_bundle
from rtiass.engine import EngineSession, load_engine
from rtiass.errors import UserError
from rtiass.machine import machine
from rtiass.pace import paced
from rtiass.stft import MODES, RATE

LARGE = ((384, 384, 384), (512, 512, 512), (1024, 1024, 1024))
OWN = ((55, 288, 96), (55, 288, 288), (165, 192, 64), (165, 192, 192), (495, 72, 24), (495, 72, 72))
"""Shapes of the networks' convolutions as products: bins, channels by taps, channels."""
BLOCK = 50
WARM_UP = 20
MODES_PACED = tuple(SHARES)


class Timer:
    """A call whose durations are noted, in blocks that take turns with those of others."""

    def __init__(self, name: str, call: Call, work: int, block: int = BLOCK) -> None:
        self.name, self.call, self.work, self.block = name, call, work, block
        self.seconds: list[float] = []

    def run(self) -> None:
        for _ in range(max(2, self.block // 10)):
            self.call()
        for _ in range(self.block):
            start = time.perf_counter()
            self.call()
            self.seconds.append(time.perf_counter() - start)

    def figures(self) -> dict[str, Any]:
        return spread(self.seconds)

    @property
    def rate(self) -> float:
        """Multiply-accumulates a second at the median."""
        return self.work / float(np.median(self.seconds))


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """Percentiles in milliseconds and their count; None for one that has too few times to stand on."""
    return {"p10_ms": 1e3 * float(np.quantile(seconds, 0.1))} | asdict(figures(seconds))


def products() -> list[Timer]:
    """What the machine's rate is measured by, and the rates of coarser numbers beside it."""
    found: list[Timer] = []
    for shape in (*LARGE, *OWN):
        size = int(np.prod(shape))
        block = max(2, min(BLOCK, 200_000_000 // size))
        name = " x ".join(map(str, shape))
        found.append(Timer(f"numpy, {name}", numpy_product(*shape), size, block))
        found.append(Timer(f"ONNX Runtime, {name}", runtime_product(*shape), size, block))
        if shape in OWN and CompiledEngine().probe().available:
            found.append(Timer(f"compiled, {name}", compiled_product(*shape), size, block))
    return found


def coarse_products() -> list[Timer]:
    size = 512
    found = [Timer("int8, ONNX Runtime", runtime_product(size, size, size, whole=True), size**3, 5)]
    torch_call = torch_product(size)
    return found + ([Timer("bfloat16, PyTorch", torch_call, size**3, 5)] if torch_call else [])


def stepper(session: EngineSession) -> Call:
    frames = np.abs(0.1 * np.random.default_rng(0).standard_normal((16, 2, 2049))).astype(np.float32)
    at = 0

    def step() -> None:
        nonlocal at
        session.step(frames[at % len(frames)])
        at += 1

    return step


def paced_figures(call: Call, mode: str, seconds: float) -> dict[str, Any]:
    """Durations of a call that comes when a mode's hop comes, in milliseconds."""
    hop = MODES[mode].hop / RATE
    return spread(paced(call, hop, WARM_UP + max(1, int(seconds / hop))).times[WARM_UP:])


# ONNX Runtime's profile


def profile(bundle: Bundle, frames: int = 600) -> list[dict[str, Any]]:
    """Median microseconds of each operation that ONNX Runtime runs, with the layer's work."""
    model = onnx.load_from_string(bundle.onnx_bytes())
    macs = count_onnx_macs(model)
    options = one_thread()
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = ort.InferenceSession(bundle.onnx_bytes(), options, providers=["CPUExecutionProvider"])
        feed = {i.name: np.full(i.shape, 0.1, np.float32) for i in session.get_inputs()}
        for _ in range(frames):
            session.run(None, feed)
        events = json.loads(Path(session.end_profiling()).read_text())
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            found[event["args"]["op_name"], event["name"].removesuffix("_kernel_time")].append(event["dur"])
    return [
        {"kind": kind, "name": name, "us": float(np.median(us)), "macs": macs.get(layer_of(name, model, macs), 0)}
        for (kind, name), us in found.items()
    ]


def layer_of(name: str, model: onnx.ModelProto, macs: dict[str, int]) -> str:
    """The node of the graph that an operation of ONNX Runtime came of: several may have become one, of another name."""
    name = name.removeprefix("fused ").removesuffix("/MatMulAddFusion")
    if name in macs:
        return name
    maker = {output: node for node in model.graph.node for output in node.output}
    value = name.removesuffix("_nchwc")
    while value in maker:
        node = maker[value]
        if node.name in macs:
            return node.name
        # Behind a layer come its activation, and a sum whose other part is older.
        value = next((i for i in node.input if i in maker and maker[i].op_type != "Constant"), "")
    return ""


# Tables


def profile_tables(rows: list[dict[str, Any]], rate: float) -> str:
    kinds: Counter[str] = Counter()
    works: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for row in rows:
        kinds[row["kind"]] += row["us"]
        works[row["kind"]] += row["macs"]
        counts[row["kind"]] += 1
    total = sum(kinds.values())

    def limit(macs: int, us: float) -> str:
        return f"{1e6 * macs / rate / us:.0%}" if macs else "-"

    by_kind = [
        [kind, str(counts[kind]), f"{us:.0f}", f"{us / total:.0%}", f"{works[kind] / 1e6:.2f}", limit(works[kind], us)]
        for kind, us in kinds.most_common()
    ]
    layers = sorted((row for row in rows if row["macs"]), key=lambda row: -row["us"])
    by_layer = [
        [row["kind"], row["name"], f"{row['us']:.0f}", f"{row['macs'] / 1e6:.2f}", limit(row["macs"], row["us"])]
        for row in layers
    ]
    head = ["us", "M multiply-accumulates", "limit / time"]
    return "\n\n".join(
        [
            table(["operation", "number", "us", "share", *head[1:]], by_kind),
            table(["operation", "layer", *head], by_layer),
        ]
    )


def share_of(found: dict[str, Any], mode: str) -> float:
    """Part of a core that the median takes at a mode's rate."""
    return found["p50_ms"] * RATE / MODES[mode].hop / 1e3


def step_rows(timers: list[Timer], rate: float) -> list[dict[str, Any]]:
    """Figures of each step against the limit."""
    rows = []
    for timer in timers:
        model, engine = timer.name.split("|")
        found, limit = timer.figures(), 1e3 * timer.work / rate
        rows.append(
            {"model": model, "engine": engine, "macs": timer.work, "limit_ms": limit, **found}
            | {"ratio": found["p50_ms"] / limit}
            | {f"{mode}_share": share_of(found, mode) for mode in MODES_PACED}
        )
    return rows


def steps_table(rows: list[dict[str, Any]]) -> str:
    head = ["model", "engine", "M multiply-accumulates", "limit ms", "steps", "p10 ms", "p50 ms", "p99.9 ms"]
    cells = [
        [
            row["model"], row["engine"], f"{row['macs'] / 1e6:.1f}", f"{row['limit_ms']:.3f}", str(row["count"]),
            f"{row['p10_ms']:.3f}", f"{row['p50_ms']:.3f}", number(row["p999_ms"], 3), f"{row['ratio']:.2f}",
            *(f"{row[f'{mode}_share']:.1%}" for mode in MODES_PACED),
        ]
        for row in rows
    ]  # fmt: skip
    return table([*head, "p50 / limit", *(f"of a core in {mode}" for mode in MODES_PACED)], cells)


def paced_table(rows: list[dict[str, Any]]) -> str:
    cells = [
        [row["model"], row["engine"], mode, str(found["count"]), f"{found['p50_ms']:.3f}", number(found["p99_ms"], 3),
         number(found["p999_ms"], 3), f"{share_of(found, mode):.1%}"]
        for row in rows for mode in MODES_PACED for found in [row[f"paced_{mode}"]]
    ]  # fmt: skip
    return table(["model", "engine", "paced as", "steps", "p50 ms", "p99 ms", "p99.9 ms", "p50 of a core"], cells)


def goals(rows: list[dict[str, Any]]) -> str:
    """What a step is meant to keep, and whether it did: of its limit, and paced, of one core."""
    cells = [goal(f"{row['model']}, {row['engine']}: times its limit", RATIO, row["ratio"], ".2f") for row in rows]
    for row in rows:
        for mode, most in SHARES.items() if row["model"] == MODEL else ():
            found = row.get(f"paced_{mode}")
            what = f"{MODEL}, {row['engine']}, paced as `{mode}`: of one core"
            cells.append(goal(what, most, share_of(found, mode) if found else None, ".1%"))
    return "Of a network's step; the whole hop is told by `python benchmarks/hop.py`.\n\n" + goals_table(cells)


def open_steps(bundles: list[Bundle], engines: list[str]) -> tuple[list[Timer], list[str]]:
    """A step of each model on each engine, and a sentence for each that can't be had.

    Raises:
        UserError: None can be had.
    """
    steps: list[Timer] = []
    refused: list[str] = []
    for bundle in bundles:
        macs = sum(count_onnx_macs(onnx.load_from_string(bundle.onnx_bytes())).values())
        for engine in engines:
            try:
                session = load_engine(engine).open(bundle, threads=1)
            except UserError as error:
                refused.append(f"{bundle.name}, {engine}: {error}")
                continue
            steps.append(Timer(f"{bundle.name}|{engine}", stepper(session), macs, 2 * BLOCK))
    if not steps:
        raise UserError("\n".join(refused))
    return steps, refused


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--engine", nargs="+", default=["onnxruntime", "compiled"])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--paced", action="store_true")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="write limit.md there")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.seconds <= 0:
        parser.error("--seconds must be more than 0")
    bundles = [load_bundle(name) for name in options.models or bundle_names()]
    if options.output:
        prepare_folder(options.output)
    steps, refused = open_steps(bundles, options.engine)
    rates, coarse = products(), coarse_products()
    before = Load.look()
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end:
        for timer in (*rates, *coarse, *steps):
            timer.run()
    best = max(rates, key=lambda timer: timer.rate)
    rows = step_rows(steps, best.rate)
    for timer, row in zip(steps, rows, strict=True) if options.paced else ():
        row |= {f"paced_{mode}": paced_figures(timer.call, mode, options.seconds / 4) for mode in MODES_PACED}
    load = others_text(before, Load.look())
    layers = profile(bundles[0])
    here = machine()
    parts = [
        f"{here['processor']}, {here['cores']} cores, {here['system']}, numpy {np.__version__}, ONNX Runtime "
        f"{ort.__version__}; the limit: {best.rate / 1e9:.1f} G a second ({best.name}). {load}",
        *refused,
        table(["product", "G a second"], [[t.name, f"{t.rate / 1e9:.1f}"] for t in (*rates, *coarse)]),
        steps_table(rows),
        *([paced_table(rows)] if options.paced else []),
        f"ONNX Runtime's profile of `{bundles[0].name}`, median of each operation; noting it takes time of its own.",
        profile_tables(layers, best.rate),
        goals(rows),
    ]
    publish("\n\n".join(parts), options.output, "limit.md")
    if options.json:
        products_found = {t.name: t.rate for t in (*rates, *coarse)}
        options.json.write_text(json.dumps({"rates": products_found, "steps": rows, "profile": layers}, indent=1))


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        sys.exit(str(problem))
