"""Make ``tests/data/tiny``: a complete bundle with a small untrained network. Needs onnx: ``python tests/data/make_tiny.py``.

The network is there for its behaviour, not its taste: masks depend on the sound and, by a leaky memory, on the past;
activities rise and fall with it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from rtiass.bundle import sha256_sums

STEMS = ("vocals", "drums", "bass", "other")
BINS, KERNEL = 2049, 65
FOLDER = Path(__file__).parent / "tiny"

CARD = f"""\
[model]
name = "tiny"
version = "1"
description = "Small untrained network for tests. It separates nothing."
stems = {list(STEMS)}
rate = 44100
channels = 2
frame = 4096
bins = {BINS}
lookahead = 0
states = [["memory", [1, {len(STEMS)}, {BINS}]]]

[network]
kind = "tiny"

[gate]
threshold = 0.5
"""


def graph() -> onnx.ModelProto:
    """The network: log magnitude, a smoothing over frequency for each stem, a memory of a few frames, softmax."""
    rng = np.random.default_rng(7)
    count = len(STEMS)
    # Smooth random kernels: each stem prefers another shape of the spectrum.
    kernel = np.cumsum(rng.standard_normal((count, 1, KERNEL)), axis=2)
    kernel = 0.6 * (kernel - kernel.mean(axis=2, keepdims=True)) / np.abs(kernel).sum(axis=2, keepdims=True)
    constants = {
        "floor": np.float32(1e-4),
        "keep": np.float32(0.8),
        "take": np.float32(0.2),
        "sharp": np.float32(3.0),
        "kernel": kernel.astype(np.float32),
        "level_at": np.array([[-5.0, -4.0, -3.0, -6.0]], np.float32),
        "slope": np.float32(1.5),
    }
    nodes = [
        helper.make_node("Add", ["magnitude", "floor"], ["above"]),
        helper.make_node("Log", ["above"], ["log"]),
        helper.make_node("ReduceMean", ["log"], ["middle"], axes=[1], keepdims=1),
        helper.make_node("Conv", ["middle", "kernel"], ["shape"], pads=[KERNEL // 2, KERNEL // 2]),
        helper.make_node("Mul", ["memory", "keep"], ["kept"]),
        helper.make_node("Mul", ["shape", "take"], ["taken"]),
        helper.make_node("Add", ["kept", "taken"], ["memory_next"]),
        helper.make_node("Mul", ["memory_next", "sharp"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["mask"], axis=1),
        helper.make_node("ReduceMean", ["middle"], ["level"], axes=[2], keepdims=0),
        helper.make_node("Sub", ["level", "level_at"], ["over"]),
        helper.make_node("Mul", ["over", "slope"], ["steep"]),
        helper.make_node("Sigmoid", ["steep"], ["activity"]),
    ]

    def tensor(name: str, *shape: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    made = helper.make_graph(
        nodes,
        "tiny",
        [tensor("magnitude", 1, 2, BINS), tensor("memory", 1, count, BINS)],
        [tensor("mask", 1, count, BINS), tensor("activity", 1, count), tensor("memory_next", 1, count, BINS)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    """Write the bundle."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "card.toml").write_text(CARD.replace("'", '"'), encoding="utf-8")
    (FOLDER / "model.onnx").write_bytes(graph().SerializeToString())
    (FOLDER / "SHA256SUMS").write_text(sha256_sums(FOLDER, ["card.toml", "model.onnx"]), encoding="utf-8")


if __name__ == "__main__":
    main()
