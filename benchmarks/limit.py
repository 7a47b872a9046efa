"""The network step against what one thread of this processor can multiply at all, in one run.

    python benchmarks/limit.py [MODEL ...] [--engine ENGINE ...] [--seconds 30] [--paced] [--json FILE]

The limit of a network is its multiply-accumulates over the machine's rate: the best that single-thread FP32 products
of matrices reach here, in numpy, in ONNX Runtime or in the engine `compiled`, of large matrices or of the networks'
own shapes. Rates and steps take turns, so that a passing load on the machine meets all. Behind the table of steps
comes ONNX Runtime's own profile of the first model, by kind of operation and by layer. With --paced each step is taken
as in live sound too, at the rate of `live` and `instant`, the processor idle between; that takes half of the seconds
for each model and engine. Prints Markdown tables. Without a model: all that are shipped. Needs the train extra. Quiet
machines only.
"""

from __future__ import annotations

import os
import sys

if "numpy" not in sys.modules:  # which reads them when it is loaded
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
        os.environ[variable] = "1"

import argparse
import ctypes
import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from engines.compiled import CompiledEngine
from engines.compiled.machinecode import machine_code
from engines.compiled.processor import processor
from engines.compiled.product import Product, packed, product_function
from offline_train.onnxmacs import count_onnx_macs
from rtiass.bench.text import table
from rtiass.bundle import Bundle, bundle_names, load_bundle
from rtiass.engine import EngineSession, load_engine
from rtiass.errors import UserError
from rtiass.machine import machine
from rtiass.stft import MODES, RATE

LARGE = ((384, 384, 384), (512, 512, 512), (1024, 1024, 1024))
OWN = ((55, 288, 96), (55, 288, 288), (165, 192, 64), (165, 192, 192), (495, 72, 24), (495, 72, 72))
"""Shapes of the networks' convolutions as products: bins, channels by taps, channels."""
BLOCK = 50
MODES_PACED = ("live", "instant")

Call = Callable[[], object]


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

    def figures(self) -> dict[str, float]:
        values = np.array(self.seconds)
        p10, median, p999 = np.quantile(values, (0.1, 0.5, 0.999))
        return {"p10_ms": 1e3 * p10, "p50_ms": 1e3 * median, "p999_ms": 1e3 * p999, "count": len(values)}

    @property
    def rate(self) -> float:
        """Multiply-accumulates a second at the median."""
        return self.work / float(np.median(self.seconds))


def numpy_product(rows: int, inner: int, columns: int) -> Call:
    a, b = (np.random.default_rng(0).random(s, np.float32) for s in ((rows, inner), (inner, columns)))
    out = np.empty((rows, columns), np.float32)
    return lambda: np.matmul(a, b, out=out)


def runtime_product(rows: int, inner: int, columns: int, whole: bool = False) -> Call:
    """ONNX Runtime's product with a constant; ``whole``: of bytes, summed in 32 bits."""
    rng = np.random.default_rng(0)
    if whole:
        a, b = rng.integers(0, 255, (rows, inner), np.uint8), rng.integers(-127, 127, (inner, columns), np.int8)
        kinds = TensorProto.UINT8, TensorProto.INT32
    else:
        a, b = rng.random((rows, inner), np.float32), rng.random((inner, columns), np.float32)
        kinds = TensorProto.FLOAT, TensorProto.FLOAT
    node = helper.make_node("MatMulInteger" if whole else "MatMul", ["a", "b"], ["c"])
    ends = [
        helper.make_tensor_value_info(n, k, s) for n, k, s in zip("ac", kinds, (a.shape, (rows, columns)), strict=True)
    ]
    graph = helper.make_graph([node], "product", ends[:1], ends[1:], [numpy_helper.from_array(b, "b")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = ort.InferenceSession(model.SerializeToString(), one_thread(), providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    out = np.zeros((rows, columns), np.int32 if whole else np.float32)
    values = [ort.OrtValue.ortvalue_from_numpy(x) for x in (a, out)]
    binding.bind_ortvalue_input("a", values[0])
    binding.bind_ortvalue_output("c", values[1])
    return lambda keep=(a, out, values): session.run_with_iobinding(binding)


def compiled_product(rows: int, inner: int, columns: int) -> Call:
    """The product of the engine ``compiled``, which lays the right factor out ahead."""
    rng, width = np.random.default_rng(0), processor().lanes
    a, b = rng.random((rows, inner), np.float32), rng.random((inner, columns), np.float32)
    laid, out = packed(b, rows, width), np.empty((rows, columns), np.float32)
    declarations: set[str] = set()
    kind = Product(rows, inner, columns, inner, packed=True, plus=False, bias=False, slope=None)
    text = product_function("@product", kind, width, declarations).replace("internal ", "")
    code = machine_code("\n".join([*sorted(declarations), text, "attributes #0 = { nounwind }"]), processor())
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)(code.get_function_address("product"))
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (a, laid, out, a, a, a)]
    return lambda keep=(code, a, laid, out): function(*pointers)


def torch_product(size: int) -> Call | None:
    """PyTorch's product in bfloat16, on one thread, where it is installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    a, b = (torch.rand(size, size).to(torch.bfloat16) for _ in range(2))
    return lambda: a @ b


def one_thread() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


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


def paced(call: Call, mode: str, seconds: float) -> dict[str, float]:
    """Durations of a call that comes when a mode's hop comes, in milliseconds."""
    hop = MODES[mode].hop / RATE
    timer, start = Timer(mode, call, 0), time.perf_counter()
    for k in range(int(seconds / hop)):
        time.sleep(max(0.0, start + k * hop - time.perf_counter()))
        begun = time.perf_counter()
        call()
        timer.seconds.append(time.perf_counter() - begun)
    return timer.figures()


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


def step_rows(timers: list[Timer], rate: float) -> list[dict[str, Any]]:
    """Figures of each step against the limit."""
    rows = []
    for timer in timers:
        model, engine = timer.name.split("|")
        figures, limit = timer.figures(), 1e3 * timer.work / rate
        rows.append(
            {"model": model, "engine": engine, "macs": timer.work, "limit_ms": limit, **figures}
            | {"ratio": figures["p50_ms"] / limit}
            | {f"{mode}_share": figures["p50_ms"] / (1e3 * MODES[mode].hop / RATE) for mode in MODES_PACED}
        )
    return rows


def steps_table(rows: list[dict[str, Any]]) -> str:
    head = ["model", "engine", "M multiply-accumulates", "limit ms", "p10 ms", "p50 ms", "p99.9 ms", "p50 / limit"]
    cells = [
        [
            row["model"], row["engine"], f"{row['macs'] / 1e6:.1f}", f"{row['limit_ms']:.3f}", f"{row['p10_ms']:.3f}",
            f"{row['p50_ms']:.3f}", f"{row['p999_ms']:.3f}", f"{row['ratio']:.2f}",
            *(f"{row[f'{mode}_share']:.1%}" for mode in MODES_PACED),
        ]
        for row in rows
    ]  # fmt: skip
    return table([*head, *(f"of a core in {mode}" for mode in MODES_PACED)], cells)


def opened(bundle: Bundle, engine: str) -> EngineSession | None:
    try:
        return load_engine(engine).open(bundle, threads=1)
    except UserError as error:
        print(f"{bundle.name}, {engine}: {error}\n")
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--engine", nargs="+", default=["onnxruntime", "compiled"])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--paced", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.seconds <= 0:
        parser.error("--seconds must be more than 0")
    bundles = [load_bundle(name) for name in options.models or bundle_names()]
    steps: list[Timer] = []
    for bundle in bundles:
        macs = sum(count_onnx_macs(onnx.load_from_string(bundle.onnx_bytes())).values())
        for engine in options.engine:
            session = opened(bundle, engine)
            if session is not None:
                steps.append(Timer(f"{bundle.name}|{engine}", stepper(session), macs, 2 * BLOCK))
    rates, coarse = products(), coarse_products()
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end:
        for timer in (*rates, *coarse, *steps):
            timer.run()
    best = max(rates, key=lambda timer: timer.rate)
    rows = step_rows(steps, best.rate)
    here = machine()
    print(f"{here['processor']}, {here['cores']} cores, {here['system']}, numpy {np.__version__}, ", end="")
    print(f"ONNX Runtime {ort.__version__}; the limit: {best.rate / 1e9:.1f} G a second ({best.name})\n")
    print(table(["product", "G a second"], [[t.name, f"{t.rate / 1e9:.1f}"] for t in (*rates, *coarse)]) + "\n")
    print(steps_table(rows) + "\n")
    if options.paced:
        for timer, row in zip(steps, rows, strict=True):
            for mode in MODES_PACED:
                row[f"paced_{mode}"] = paced(timer.call, mode, options.seconds / 4)
        cells = [
            [row["model"], row["engine"], mode, f"{figures['p50_ms']:.3f}", f"{figures['p999_ms']:.3f}",
             f"{figures['p50_ms'] * RATE / MODES[mode].hop / 1e3:.1%}"]
            for row in rows for mode in MODES_PACED for figures in [row[f"paced_{mode}"]]
        ]  # fmt: skip
        print(table(["model", "engine", "paced as", "p50 ms", "p99.9 ms", "p50 of a core"], cells) + "\n")
    layers = profile(bundles[0])
    print(
        f"ONNX Runtime's profile of `{bundles[0].name}`, median of each operation; noting it takes time of its own.\n"
    )
    print(profile_tables(layers, best.rate))
    if options.json:
        products_found = {t.name: t.rate for t in (*rates, *coarse)}
        options.json.write_text(json.dumps({"rates": products_found, "steps": rows, "profile": layers}, indent=1))


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        sys.exit(str(problem))
