"""Multiply-accumulates of an exported network, layer by layer."""

from __future__ import annotations

import onnx

from rtiass.onnxcheck import works
from rtiass.onnxwire import read_graph


def count_onnx_macs(model: onnx.ModelProto) -> dict[str, int]:
    """Return the multiply-accumulates of one frame by the names of the nodes that have any.

    Counted are products, convolutions and recurrences, as ``offline_train.macs.count_macs`` counts them in PyTorch;
    element-wise work is not. A node without a name goes by that of its first output.

    Args:
        model: ONNX graph of one frame with static shapes, of standard operators.

    Raises:
        ValueError: It is not such a graph.
    """
    counts = works(read_graph(model.SerializeToString()))
    return {
        node.name or node.output[0]: count for node, count in zip(model.graph.node, counts, strict=True) if count > 0
    }
