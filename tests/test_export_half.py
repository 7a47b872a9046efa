"""A network in FP16 has the same inputs and outputs in FP32, weights of half the size, and says nearly the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from networks import exported, magnitudes
from onnx import TensorProto, helper, numpy_helper

from engines.onnxruntime import OnnxRuntimeEngine
from offline_train.half import HalfError, half_graph
from rtiass.onnxcheck import check_graph

KINDS = ["joint", "iass", "iass-published"]


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def half(kind: str) -> bytes:
    return half_graph(exported(kind)[1].onnx_bytes())


def test_the_runtime_takes_it(half: bytes) -> None:
    check_graph(half, "half")


def test_inputs_and_outputs_are_the_same(kind: str, half: bytes) -> None:
    graph, whole = (onnx.load_from_string(data).graph for data in (half, exported(kind)[1].onnx_bytes()))
    assert list(graph.input) == list(whole.input)
    assert list(graph.output) == list(whole.output)
    assert {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)} == {TensorProto.FLOAT}


def test_weights_and_layers_are_fp16(half: bytes) -> None:
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(half), strict_mode=True)
    assert all(t.data_type != TensorProto.FLOAT for t in model.graph.initializer if np.prod(t.dims) > 5000)
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    layers = [n for n in model.graph.node if n.op_type in ("Conv", "ConvTranspose", "MatMul")]
    assert len(layers) > 5
    assert {types[node.output[0]] for node in layers} == {TensorProto.FLOAT16}
    exact = [n for n in model.graph.node if n.op_type in ("Log", "Exp", "GRU")]
    assert {types[node.output[0]] for node in exact} <= {TensorProto.FLOAT}


def test_it_is_half_as_large(kind: str, half: bytes) -> None:
    assert len(half) < 0.6 * len(exported(kind)[1].onnx_bytes())


def test_the_same_network_gives_the_same_bytes(kind: str, half: bytes) -> None:
    assert half_graph(exported(kind)[1].onnx_bytes()) == half


def test_masks_and_activities_are_close(kind: str, half: bytes) -> None:
    bundle = exported(kind)[1]
    sessions = [OnnxRuntimeEngine().open(b, threads=1) for b in (bundle, replace(bundle, _graph=half))]
    for frame in magnitudes(25, seed=4)[0].permute(1, 0, 2).contiguous().numpy():
        (masks, activity), (others, other_activity) = (session.step(frame) for session in sessions)
        np.testing.assert_allclose(others, masks, atol=0.02)
        np.testing.assert_allclose(other_activity, activity, atol=0.02)
    assert not np.array_equal(others, masks)


@pytest.mark.parametrize("level", [0.0, 1e6])
def test_silence_and_the_loudest_sound_stay_finite(kind: str, half: bytes, level: float) -> None:
    session = OnnxRuntimeEngine().open(replace(exported(kind)[1], _graph=half), threads=1)
    for _ in range(3):
        masks, activity = session.step(np.full((2, 2049), level, np.float32))
    assert np.isfinite(masks).all()
    assert np.isfinite(activity).all()


def test_weights_that_fp16_cannot_hold_are_told() -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["magnitude", "wide"], ["mask"])],
        "g",
        [value("magnitude", TensorProto.FLOAT, [1, 2])],
        [value("mask", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(np.full((2, 2), 1e5, np.float32), "wide")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(HalfError, match=r"'wide' reach 1e\+05, more than FP16 holds"):
        half_graph(model.SerializeToString())
