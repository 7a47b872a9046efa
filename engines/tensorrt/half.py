"""Half precision by the ONNX file: the large products in 16 bits, everything between them in 32.

A strongly typed network is computed in the types of its file. Inputs, outputs and states stay in 32 bits, so that what
is remembered for minutes isn't rounded every frame, and so do logarithms, norms and recurrences.

This is for bundles without a network in FP16 of their own, such as those that come with rtiass. The training package
makes such a network (``rtiass-train fp16``), and shares nothing with this file: engines run where it isn't installed,
and a library that compiles decides itself what it does between the products.
"""

from __future__ import annotations

from typing import Any

from rtiass.engine import EngineError

HEAVY = ("Conv", "ConvTranspose", "MatMul", "Gemm")
INSTALL = "pip install 'onnx>=1.16'"


def to_half(graph: bytes) -> bytes:
    """A network whose products are computed in half precision.

    Args:
        graph: ONNX file in single precision, judged by ``rtiass.engine.checked_graph``.

    Returns:
        An ONNX file with the same inputs, outputs and states, all float32.

    Raises:
        EngineError: The package ``onnx`` isn't installed.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise EngineError(f"Half precision needs the package onnx: {INSTALL}") from error
    model = onnx.load_from_string(graph)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    halves: dict[str, Any] = {}
    casts: dict[str, str] = {}
    nodes: list[Any] = []
    for index, node in enumerate(model.graph.node):
        if node.op_type not in HEAVY:
            nodes.append(node)
            continue
        for place, name in enumerate(node.input):
            if not name:
                continue
            half = f"{name}/half"
            if name in weights:
                if half not in halves:
                    values = numpy_helper.to_array(weights[name])
                    halves[half] = numpy_helper.from_array(values.astype("float16"), half)
            elif name not in casts:
                casts[name] = half
                nodes.append(helper.make_node("Cast", [name], [half], f"half_{index}_{place}", to=TensorProto.FLOAT16))
            node.input[place] = half
        result = node.output[0]
        node.output[0] = f"{result}/half_result"
        nodes.append(node)
        nodes.append(helper.make_node("Cast", [node.output[0]], [result], f"single_{index}", to=TensorProto.FLOAT))
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.node[:], model.graph.initializer[:], model.graph.value_info[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend([*kept, *halves.values()])
    return bytes(model.SerializeToString())
