"""An exported network again with half the bits: weights and inner arithmetic in FP16, all that goes in or out in FP32.

What a network keeps from frame to frame, its inputs and its outputs stay FP32, so the same host runs either. Inside,
layers and what lies between them are FP16; FP32 stays where FP16 has no room: recurrences, logarithms of magnitudes,
exponentials, sums, norms and whatever meets them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from rtiass.errors import UserError

FULL, HALF = TensorProto.FLOAT, TensorProto.FLOAT16
LAYERS = {"Conv", "ConvTranspose", "Gemm", "MatMul"}
RECURRENT = {"GRU", "LSTM"}
"""Layers that work in FP32 on weights kept in FP16: what they round stays in their states, and adds up over minutes."""
MOVES = {
    "Concat",
    "Expand",
    "Gather",
    "Identity",
    "Pad",
    "Reshape",
    "Slice",
    "Split",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
}
"""Operations that only move values: where one of them is FP16 already, nothing is gained by more bits."""
SIMPLE = {"Abs", "Add", "Clip", "LeakyRelu", "Max", "Min", "Mul", "Neg", "PRelu", "Relu", "Sub", "Tanh"}
"""Operations that are FP16 if all that they work on is; any other is FP32."""
MARK = "/fp16"
LOUDEST = 1024.0
"""What a network hears goes into FP16 held between this and its negative: 60 dB over full scale, with room for sums."""


class HalfError(UserError):
    """A network that can't be had in FP16."""


def half_graph(data: bytes) -> bytes:
    """Return an exported network with its weights and inner arithmetic in FP16.

    Args:
        data: ONNX graph of one frame, float32, as ``offline_train.export.onnx_graph`` makes it.

    Returns:
        ONNX graph with the same inputs and outputs, float32, and about half the size.

    Raises:
        HalfError: A weight is too large for FP16, or an operation has a graph inside.
    """
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(data), strict_mode=True)
    graph = _Rewriting(model).run()
    made = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    onnx.checker.check_model(made, full_check=True)
    return made.SerializeToString()


class _Rewriting:
    """One pass over the nodes in order; of each value it knows the names under which it is there in FP32 and FP16."""

    def __init__(self, model: ModelProto) -> None:
        self._graph = model.graph
        values = (*self._graph.input, *self._graph.output, *self._graph.value_info)
        self._types = {v.name: v.type.tensor_type.elem_type for v in values}
        self._ranks = {v.name: len(v.type.tensor_type.shape.dim) for v in values}
        self._constants = {t.name: numpy_helper.to_array(t) for t in self._graph.initializer}
        self._constants |= {n.output[0]: _value(n) for n in self._graph.node if n.op_type == "Constant"}
        self._names: dict[str, dict[int, str]] = {v.name: {FULL: v.name} for v in self._graph.input}
        self._outputs = {v.name for v in self._graph.output}
        self._heard = {"magnitude"}
        self._layered: set[str] = set()
        self._wide: set[str] = set()
        self._nodes: list[NodeProto] = []
        self._used: dict[str, TensorProto] = {}

    def run(self) -> GraphProto:
        for node in self._graph.node:
            if node.op_type == "Constant":
                continue
            if any(a.type in (onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS) for a in node.attribute):
                raise HalfError(
                    f"The operation {node.op_type} has a graph inside, which is not taken to FP16. Leave it in FP32."
                )
            for part in self._without_normalisation(node):
                self._take(part)
        return helper.make_graph(
            self._nodes, self._graph.name, list(self._graph.input), list(self._graph.output), list(self._used.values())
        )

    def _is_float(self, name: str) -> bool:
        if name in self._constants:
            return bool(self._constants[name].dtype == np.float32)
        return self._types.get(name) == FULL

    def _take(self, node: NodeProto) -> None:
        if node.op_type == "Cast" and self._is_float(node.input[0]) and helper.get_node_attr_value(node, "to") == FULL:
            node = helper.make_node("Identity", node.input, node.output, node.name)
        if self._heard.intersection(node.input):
            self._heard.update(node.output)
        if node.op_type in LAYERS | RECURRENT or self._layered.intersection(node.input):
            self._layered.update(node.output)
        kind = self._kind(node)
        new = NodeProto()
        new.CopyFrom(node)
        recurrent = node.op_type in RECURRENT
        new.input[:] = [self._name(name, kind, kept_half=recurrent) if name else "" for name in node.input]
        self._nodes.append(new)
        for at, name in enumerate(node.output):
            if not name:
                continue
            if kind == FULL or not self._is_float(name):
                self._names[name] = {FULL: name}
                continue
            new.output[at] = name + MARK
            self._types[name] = FULL
            self._names[name] = {HALF: name + MARK}
            if name in self._outputs:
                self._name(name, FULL)

    def _kind(self, node: NodeProto) -> int:
        if node.op_type in LAYERS:
            return HALF
        if node.op_type not in MOVES | SIMPLE:
            return FULL
        moving = [n for n in node.input if n and n not in self._constants and self._is_float(n)]
        halves = [HALF in self._names[name] for name in moving]
        enough = any(halves) if node.op_type in MOVES else all(halves)
        return HALF if moving and enough else FULL

    def _name(self, name: str, kind: int, *, kept_half: bool = False) -> str:
        """Name under which a value is there in FP32 or FP16, made now if need be; constants may stay FP16."""
        if name in self._constants:
            return self._widened(name) if kept_half and self._is_float(name) else self._constant(name, kind)
        if not self._is_float(name):
            return name
        there = self._names[name]
        if kind not in there:
            # What is FP16 is called so; its FP32 has the plain name, which an output must have.
            source = next(iter(there.values()))
            there[kind] = name + MARK if kind == HALF else name
            if kind == HALF and name in self._heard - self._layered:
                self._nodes.append(self._held(source))
                source = self._nodes[-1].output[0]
            self._nodes.append(helper.make_node("Cast", [source], [there[kind]], to=kind))
        return there[kind]

    def _held(self, name: str) -> NodeProto:
        """Between the bounds of what is heard: one infinity would stay in the states for good."""
        for bound, value in (("lowest", -LOUDEST), ("highest", LOUDEST)):
            self._used.setdefault(MARK + bound, numpy_helper.from_array(np.asarray(value, np.float32), MARK + bound))
        return helper.make_node("Clip", [name, f"{MARK}lowest", f"{MARK}highest"], [f"{name}{MARK}/held"])

    def _widened(self, name: str) -> str:
        """A constant that is kept in FP16 and used in FP32."""
        wide = f"{name}{MARK}/wide"
        if wide not in self._wide:
            self._wide.add(wide)
            self._nodes.append(helper.make_node("Cast", [self._constant(name, HALF)], [wide], to=FULL))
        return wide

    def _constant(self, name: str, kind: int) -> str:
        value = self._constants[name]
        if kind == HALF and value.dtype == np.float32:
            name, value = name + MARK, _halved(value, name)
        if name not in self._used:
            self._used[name] = numpy_helper.from_array(value, name)
        return name

    def _without_normalisation(self, node: NodeProto) -> Iterator[NodeProto]:
        """A normalisation by fixed statistics as the product and the sum that it is; anything else as it is.

        Variances reach below what FP16 holds, and engines differ in what they take as their type; the quotient is tame.
        """
        if node.op_type != "BatchNormalization":
            yield node
            return
        scale, shift, mean, variance = (self._constants[name].astype(np.float64) for name in node.input[1:5])
        epsilon = helper.get_node_attr_value(node, "epsilon") if _has(node, "epsilon") else 1e-5
        factor = scale / np.sqrt(variance + epsilon)
        shape = (-1, *[1] * (self._ranks[node.input[0]] - 2))
        out = node.output[0]
        names = [f"{out}/{part}" for part in ("factor", "scaled", "shift")]
        self._constants[names[0]] = factor.astype(np.float32).reshape(shape)
        self._constants[names[2]] = (shift - mean * factor).astype(np.float32).reshape(shape)
        self._types[names[1]] = FULL
        yield helper.make_node("Mul", [node.input[0], names[0]], [names[1]])
        yield helper.make_node("Add", [names[1], names[2]], [out])


def _halved(value: NDArray[np.float32], name: str) -> NDArray[np.float16]:
    largest = float(np.abs(value).max(initial=0.0))
    if not largest <= float(np.finfo(np.float16).max):
        raise HalfError(f"The weights '{name}' reach {largest:.3g}, more than FP16 holds. Leave it in FP32.")
    return value.astype(np.float16)


def _value(node: NodeProto) -> NDArray[np.generic]:
    return numpy_helper.to_array(helper.get_node_attr_value(node, "value"))


def _has(node: NodeProto, name: str) -> bool:
    return any(attribute.name == name for attribute in node.attribute)
