"""Small graphs that ask for all memory or never end are refused before the library sees them; ours are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from networks import exported, random_network
from onnx import NodeProto, TensorProto, helper, numpy_helper

from engines.onnxruntime import OnnxRuntimeEngine
from offline_train.export import onnx_graph
from rtiass.bundle import BundleError
from rtiass.onnxcheck import check_graph

node = helper.make_node


def graph(nodes: Sequence[NodeProto], **constants: Any) -> bytes:
    """A graph with these nodes and constants, and the right inputs and outputs."""
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        nodes,
        "g",
        [value("magnitude", TensorProto.FLOAT, [1, 2, 2049])],
        [value("mask", TensorProto.FLOAT, [1, 4, 2049])],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def loop() -> bytes:
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
    )
    return graph([node("Loop", ["n", "yes"], [], body=body)], n=np.int64(2**62), yes=np.bool_(True))


FLOAT = np.float32
HUGE = np.array([10**10], np.int64)
WIDE, TALL = np.zeros((1, 50_000), FLOAT), np.zeros((50_000, 1), FLOAT)
BOMBS = {
    "constant of shape": graph([node("ConstantOfShape", ["s"], ["mask"])], s=HUGE),
    "expand": graph([node("Expand", ["x", "s"], ["mask"])], x=np.zeros(1, FLOAT), s=HUGE),
    "computed shape": graph(
        [node("Mul", ["s", "s"], ["t"]), node("Expand", ["x", "t"], ["mask"])], x=np.zeros(1, FLOAT), s=HUGE // 10**5
    ),
    "outer sum": graph([node("Add", ["a", "b"], ["mask"])], a=WIDE, b=TALL),
    "outer product": graph([node("MatMul", ["b", "a"], ["mask"])], a=WIDE, b=TALL),
    "doubling": graph(
        [node("Concat", [f"v{i}"] * 2, [f"v{i + 1}"], axis=0) for i in range(40)], v0=np.zeros(10, FLOAT)
    ),
    "many large values": graph(
        [node("Expand", ["x", "s"], [f"v{i}"]) for i in range(40)], x=np.zeros(1, FLOAT), s=np.array([1 << 23])
    ),
    "pad": graph([node("Pad", ["x", "p"], ["mask"])], x=np.zeros(1, FLOAT), p=np.array([0, 10**10])),
    "gather": graph([node("Gather", ["x", "i"], ["mask"])], x=np.zeros((1, 10_000), FLOAT), i=np.zeros(10_000, np.int64)),
    "convolution pads": graph(
        [node("Conv", ["magnitude", "w"], ["mask"], pads=[10**9, 10**9], strides=[10**7])],
        w=np.zeros((4, 2, 1), FLOAT),
    ),
    "transposed strides": graph(
        [node("ConvTranspose", ["magnitude", "w"], ["mask"], strides=[10**6])], w=np.zeros((2, 4, 1), FLOAT)
    ),
    "work": graph(
        [node("MatMul", ["a", "a"], ["v0"]), *(node("MatMul", [f"v{i}", "a"], [f"v{i + 1}"]) for i in range(30))],
        a=np.zeros((1000, 1000), FLOAT),
    ),
    "loop": loop(),
    "shape of data": graph(
        [node("Cast", ["magnitude"], ["n"], to=7), node("Expand", ["x", "n"], ["mask"])], x=np.zeros(1, FLOAT)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_without_being_loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    def never(*arguments: Any, **options: Any) -> None:
        raise AssertionError("the library was given the graph")

    monkeypatch.setattr(onnxruntime, "InferenceSession", never)
    bundle = replace(exported("small")[1], _graph=BOMBS[name])
    with pytest.raises(BundleError, match=r"^The network of the model 'untrained' is not used: it .*\.$"):
        OnnxRuntimeEngine().open(bundle)


@pytest.mark.parametrize("kind", ["joint", "small", "iass", "iass-published"])
def test_our_networks_pass(kind: str) -> None:
    check_graph(exported(kind)[1].onnx_bytes(), kind)


@pytest.mark.parametrize("causal", [True, False])
def test_deeper_networks_pass(causal: bool) -> None:
    check_graph(onnx_graph(random_network(kind="iass", blocks=4, causal=causal)), "deep")


def test_the_bundle_of_the_tests_passes(tiny_bundle: Path) -> None:
    check_graph((tiny_bundle / "model.onnx").read_bytes(), "tiny")


def test_shapes_are_those_that_onnx_infers() -> None:
    from rtiass import onnxcheck
    from rtiass.onnxwire import read_graph

    for kind in ("joint", "iass-published"):
        data = exported(kind)[1].onnx_bytes()
        inferred = onnx.shape_inference.infer_shapes(onnx.load_from_string(data), data_prop=True).graph
        known = onnxcheck._walk(read_graph(data))
        compared = 0
        for value in (*inferred.value_info, *inferred.output):
            dims = value.type.tensor_type.shape.dim
            if value.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
                assert known[value.name].shape == tuple(d.dim_value for d in dims), value.name
                compared += 1
        assert compared > 100
