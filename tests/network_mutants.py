"""Hostile networks: bytes, parts, frames and weights that are wrong, and good ones with operators of any shape beside."""

from __future__ import annotations

import random
from typing import Any

import onnx
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from rtiass.onnxlayers import LAYERS
from rtiass.onnxshapes import RULES


def mutate_bytes(rng: random.Random, good: bytes) -> bytes:
    """A network whose bytes are wrong; mostly at its ends, for the middle is weights."""
    data = bytearray(good)
    for _ in range(rng.randint(1, 6)):
        at = min(
            len(data),
            rng.choice([rng.randrange(600), max(0, len(data) - rng.randrange(1, 900)), rng.randrange(len(data) + 1)]),
        )
        kind = rng.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            del data[at : at + rng.randint(1, 20)]
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 12))
        else:
            end = rng.randrange(len(data) + 1)
            data[at:at] = data[end : end + rng.randint(1, 80)]
        if not data:
            break
    return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.05 else data)


OPERATORS = (*sorted({**RULES, **LAYERS}), "Constant")
FOREIGN = ("Loop", "If", "Scan", "SequenceMap", "Einsum", "NonZero", "RandomNormal", "Custom", "EyeLike", "Range", "Tile",
           "Resize", "STFT", "DFT", "Optional", "QuantizeLinear", "")  # fmt: skip
INTEGERS = (0, 1, -1, 2, 3, 4, 8, 2049, 10**6, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, -(2**63), -2, -7)
ATTRIBUTES = (
    "axis", "axes", "perm", "keepdims", "pads", "strides", "dilations", "group", "kernel_shape", "to", "hidden_size", "direction",
    "transA", "transB", "alpha", "beta", "auto_pad", "allowzero", "epsilon", "mode", "noop_with_empty_axes", "value",
    "num_outputs", "layout", "activations", "clip", "linear_before_reset", "output_shape", "output_padding", "training_mode",
    "saturate", "stash_type", "approximate", "start", "end", "input_forget", "batch_dims", "x",
)  # fmt: skip


def hostile_attribute(rng: random.Random) -> AttributeProto:
    name = rng.choice(ATTRIBUTES)
    kind = rng.randrange(8)
    if kind < 3:
        return helper.make_attribute(name, rng.choice(INTEGERS))
    if kind < 5:
        return helper.make_attribute(name, [rng.choice(INTEGERS) for _ in range(rng.randint(1, 6))])
    if kind == 5:
        return helper.make_attribute(name, rng.choice([0.0, float("nan"), 1e38, -1.0]))
    if kind == 6:
        return helper.make_attribute(
            name, rng.choice(["SAME_UPPER", "bidirectional", "reverse", "edge", "wrap", "tanh", "../x", ""])
        )
    return helper.make_attribute(name, tensor(rng, "v"))


def tensor(rng: random.Random, name: str) -> TensorProto:
    """A small tensor of any type, sometimes with data elsewhere or of another size."""
    shape = [rng.choice([0, 1, 2, 3, 4, 2049]) for _ in range(rng.randrange(4))]
    made = TensorProto(
        name=name, dims=shape, data_type=rng.choice([1, 1, 1, 7, 7, 6, 9, 10, 11, 2, 3, 8, 12, 16, 23, 99])
    )
    size = 1
    for length in shape:
        size *= length
    width = {1: 4, 7: 8, 6: 4, 9: 1, 10: 2, 11: 8, 2: 1, 3: 1}.get(made.data_type, 4)
    if size <= 1 << 14:
        made.raw_data = rng.randbytes(size * width) if rng.random() < 0.5 else bytes(size * width)
    if rng.random() < 0.1:
        made.dims.append(rng.choice([2**40, -1, 0, 7]))
    if rng.random() < 0.1:
        made.data_location = TensorProto.EXTERNAL
        entry = made.external_data.add()
        entry.key, entry.value = (
            "location",
            rng.choice(["../secret.bin", "weights.bin", "/etc/passwd", "../../secret/weights.bin", "model.onnx"]),
        )
    return made


def value_names(model: ModelProto) -> list[str]:
    graph = model.graph
    return (
        [n for node in graph.node for n in node.output]
        + [v.name for v in graph.input]
        + [t.name for t in graph.initializer]
    )


def subgraph() -> onnx.GraphProto:
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    return helper.make_graph([helper.make_node("Identity", ["magnitude"], ["y"])], "inner", [], [out])


def mutate_node(rng: random.Random, node: NodeProto, names: list[str]) -> str:
    """One thing about a node."""
    kind = rng.randrange(9)
    if kind == 0:
        node.op_type = rng.choice(OPERATORS if rng.random() < 0.8 else FOREIGN)
    elif kind == 1 and node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice(names)
    elif kind == 2:
        node.input.append(rng.choice([*names, ""]))
    elif kind == 3 and node.input:
        del node.input[rng.randrange(len(node.input))]
    elif kind == 4:
        node.attribute.append(hostile_attribute(rng))
    elif kind == 5 and node.attribute:
        node.attribute[rng.randrange(len(node.attribute))].CopyFrom(hostile_attribute(rng))
    elif kind == 6:
        node.output.append(f"more{rng.randrange(100)}")
    elif kind == 7:
        node.domain = rng.choice(["com.microsoft", "custom", "ai.onnx", "ai.onnx.ml", "../x"])
    else:
        node.attribute.append(helper.make_attribute("body", subgraph()))
    return f"{node.op_type}:{kind}"


def mutate_parts(rng: random.Random, good: bytes) -> tuple[bytes, str]:
    """A network whose nodes, names or constants are wrong."""
    model = onnx.load_from_string(good)
    graph, done = model.graph, []
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        kind, names = rng.randrange(10), value_names(model)
        node = rng.choice(graph.node) if graph.node else NodeProto()
        if kind < 5:
            done.append(mutate_node(rng, node, names))
        elif kind == 5 and graph.node:
            del graph.node[rng.randrange(len(graph.node))]
        elif kind == 6:
            graph.node.insert(rng.randrange(len(graph.node) + 1), node)
        elif kind == 7 and len(graph.node) > 1:
            # Orders that can't be, circles among them.
            one, two = rng.sample(range(len(graph.node)), 2)
            copy = NodeProto()
            copy.CopyFrom(graph.node[one])
            graph.node[one].CopyFrom(graph.node[two])
            graph.node[two].CopyFrom(copy)
        elif kind == 8 and node.output:
            node.output[rng.randrange(len(node.output))] = rng.choice([*names, "mask", "activity", "memory_next", ""])
        else:
            graph.initializer.append(tensor(rng, rng.choice([*names, "new"])))
        done.append(str(kind))
    return model.SerializeToString(), " ".join(done)


def mutate_shape(rng: random.Random, good: bytes) -> tuple[bytes, str]:
    """A network whose frame is wrong: versions, types and sizes of what goes in and out, functions, further parts."""
    model = onnx.load_from_string(good)
    graph = model.graph
    kind = rng.randrange(8)
    ends = [*graph.input, *graph.output]
    if kind == 0:
        model.opset_import[0].version = rng.choice([-1, 0, 1, 7, 12, 13, 18, 21, 23, 25, 99, 2**40])
    elif kind == 1:
        model.ir_version = rng.choice([-1, 0, 3, 7, 9, 10, 11, 13, 99, 2**40])
    elif kind == 2:
        model.opset_import.append(helper.make_opsetid(rng.choice(["", "custom", "com.microsoft", "ai.onnx"]), 1))
    elif kind == 3:
        dims = rng.choice(ends).type.tensor_type.shape.dim
        for dim in dims if rng.random() < 0.3 else [rng.choice(list(dims))]:
            dim.dim_value = rng.choice([0, -1, 1, 2, 3, 2048, 2**20, 2**31, 2**62])
    elif kind == 4:
        rng.choice(ends).type.tensor_type.elem_type = rng.choice([0, 6, 7, 9, 10, 11, 16, 99])
    elif kind == 5:
        function = model.functions.add()
        function.name, function.domain = "Add", rng.choice(["", "custom"])
        function.input.append("a"), function.output.append("b")
        function.node.append(helper.make_node("Add", ["a", "a"], ["b"]))
    elif kind == 6:
        ends[rng.randrange(len(ends))].name = rng.choice([*value_names(model), "", "../x", "x" * 5000])
    else:
        name = rng.choice([*value_names(model), "new"])
        graph.value_info.append(
            helper.make_tensor_value_info(name, rng.choice([1, 7, 9]), [rng.choice([1, 3, 2**40]) for _ in range(3)])
        )
        entry = model.metadata_props.add()
        entry.key, entry.value = rng.choice([("session.load_model_format", "ORT"), ("location", "../secret.bin")])
    return model.SerializeToString(), str(kind)


def mutate_values(rng: random.Random, good: bytes) -> tuple[bytes, str]:
    """A network whose weights are wrong; it may well be accepted, and must do no harm."""
    model = onnx.load_from_string(good)
    done = []
    for _ in range(rng.randint(1, 3)):
        constant = rng.choice(model.graph.initializer)
        array = numpy_helper.to_array(constant).copy()
        flat = array.reshape(-1)
        if not flat.size:
            continue
        flat[rng.randrange(flat.size)] = rng.choice([0.0, float("nan"), float("inf"), -1e38, 1e-45])
        if rng.random() < 0.2:
            array = array.reshape(rng.choice([(-1,), (1, -1), (-1, 1), (1, 1, -1)]))
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(array, name))
        done.append(name)
    return model.SerializeToString(), " ".join(done)


def operators(rng: random.Random, good: bytes) -> tuple[bytes, str]:
    """A good network with a chain of allowed operators beside it, of any shapes and attributes, that the library runs."""
    model = onnx.load_from_string(good)
    names = ["magnitude", "memory"]
    done = []
    for number in range(rng.randint(1, 4)):
        node = helper.make_node(op := rng.choice(OPERATORS[:-1]), [], [f"side{number}"])
        for index in range(wanted_inputs(rng, op)):
            if index == 0 or rng.random() < 0.3:
                node.input.append(rng.choice(names))
                continue
            constant = fitting(rng, op, index)
            constant.name = f"c{number}_{index}"
            model.graph.initializer.append(constant)
            node.input.append(constant.name)
        node.attribute.extend(fitting_attributes(rng, op))
        model.graph.node.insert(0 if number == 0 else number, node)
        names.append(f"side{number}")
        done.append(op)
    return model.SerializeToString(), " ".join(done)


def wanted_inputs(rng: random.Random, op: str) -> int:
    usual = {"Conv": 2, "ConvTranspose": 2, "Gemm": 3, "MatMul": 2, "GRU": 3, "LSTM": 3, "Where": 3, "Slice": 5, "Pad": 2, "Gather": 2,
             "Reshape": 2, "Expand": 2, "Squeeze": 2, "Unsqueeze": 2, "Split": 2, "BatchNormalization": 5, "Clip": 3, "Concat": 3,
             "InstanceNormalization": 3, "LayerNormalization": 2, "ReduceSum": 2, "ConstantOfShape": 1, "PRelu": 2}  # fmt: skip
    two = (
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Pow",
        "Equal",
        "Greater",
        "Less",
        "And",
        "Or",
        "Max",
        "Min",
        "GreaterOrEqual",
        "LessOrEqual",
    )
    return max(1, usual.get(op, 2 if op in two else 1) + (rng.choice([-1, 0, 0, 0, 0, 1])))


def fitting(rng: random.Random, op: str, index: int) -> TensorProto:
    """A constant of a kind that the operator may take there."""
    if (
        op in ("Slice", "Pad", "Reshape", "Expand", "Squeeze", "Unsqueeze", "Split", "ReduceSum", "Gather")
        and index > 0
    ):
        small = (0, 1, -1, 2, 3, -2, 2049, -3)
        pool = small if rng.random() < 0.7 else INTEGERS
        values = [rng.choice(pool) for _ in range(rng.choice([1, 1, 2, 3, 3, 6]))]
        return helper.make_tensor(
            "c", TensorProto.INT64, [len(values)], [max(-(2**63), min(2**63 - 1, v)) for v in values]
        )
    shapes = (
        [4, 2, 3],
        [4, 2, 1],
        [2, 1, 5],
        [1],
        [],
        [2049],
        [2049, 3],
        [1, 2, 2049],
        [1, 12, 2049],
        [1, 12, 4],
        [4],
        [2],
        [0],
        [3, 3, 2, 2],
    )
    shape = rng.choice(shapes)
    size = 1
    for length in shape:
        size *= length
    kind = rng.choice([1, 1, 1, 1, 7, 9, 10])
    width = {1: 4, 7: 8, 9: 1, 10: 2}[kind]
    return TensorProto(name="c", dims=shape, data_type=kind, raw_data=bytes(size * width))


def fitting_attributes(rng: random.Random, op: str) -> list[AttributeProto]:
    if rng.random() < 0.3:
        return [hostile_attribute(rng) for _ in range(rng.randint(1, 2))]
    small = (0, 1, 2, 3, -1)
    some = {
        "Conv": ("pads", "strides", "dilations", "group", "kernel_shape", "auto_pad"),
        "ConvTranspose": ("pads", "strides", "dilations", "group", "output_padding", "output_shape"),
        "Concat": ("axis",), "Gather": ("axis",), "Transpose": ("perm",), "Cast": ("to",), "Split": ("axis", "num_outputs"),
        "GRU": ("hidden_size", "direction", "layout"), "LSTM": ("hidden_size", "direction", "layout"), "Softmax": ("axis",),
        "ReduceSum": ("keepdims",), "Gemm": ("transA", "transB"), "Shape": ("start", "end"),
    }.get(op, ())  # fmt: skip
    made = []
    for name in some:
        if rng.random() < 0.6:
            listed = name in ("pads", "strides", "dilations", "kernel_shape", "perm", "output_padding", "output_shape")
            value: Any = (
                [rng.choice(small) for _ in range(rng.choice([1, 2, 3]))] if listed else rng.choice((*small, 7, 9, 10))
            )
            if name in ("auto_pad", "direction"):
                value = rng.choice(["SAME_UPPER", "VALID", "forward", "bidirectional"])
            made.append(helper.make_attribute(name, value))
    return made
