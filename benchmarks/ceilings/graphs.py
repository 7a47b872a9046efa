"""A model's network in numbers, counted from its ONNX file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort

from offline_train.onnxmacs import count_onnx_macs
from rtiass.bundle import Bundle


def figures(bundle: Bundle) -> dict[str, int]:
    """Multiply-accumulates of a frame, weights, operations as shipped and as ONNX Runtime runs them, bytes."""
    model = onnx.load_from_string(bundle.onnx_bytes())
    graph = model.graph
    return {
        "macs": sum(count_onnx_macs(model).values()),
        "parameters": sum(int(np.prod(t.dims)) for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT),
        "nodes": _operations(graph),
        "optimised_nodes": optimised_nodes(bundle.onnx_bytes()),
        "bytes": sum(path.stat().st_size for path in bundle.path.iterdir() if path.is_file()),
    }


def optimised_nodes(data: bytes) -> int:
    """Operations that ONNX Runtime leaves of a graph on any processor: without layouts that suit only some."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "optimised.onnx"
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(path)
        options.log_severity_level = 4
        ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return _operations(onnx.load(path).graph)


def _operations(graph: onnx.GraphProto) -> int:
    return sum(node.op_type != "Constant" for node in graph.node)
