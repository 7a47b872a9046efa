"""The exported graph runs anywhere: standard operators, static shapes, nothing outside the file."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from networks import exported


@pytest.fixture(params=["joint", "iass", "iass-published"])
def graph(request: pytest.FixtureRequest) -> onnx.ModelProto:
    return onnx.load_from_string(exported(request.param)[1].onnx_bytes())


def test_only_standard_operators(graph: onnx.ModelProto) -> None:
    assert [(o.domain, o.version) for o in graph.opset_import] == [("", 17)]
    assert {node.domain for node in graph.graph.node} == {""}


def test_shapes_are_static(graph: onnx.ModelProto) -> None:
    for value in (*graph.graph.input, *graph.graph.output):
        assert all(d.HasField("dim_value") and d.dim_value > 0 for d in value.type.tensor_type.shape.dim), value.name


def test_states_come_in_pairs(graph: onnx.ModelProto) -> None:
    inputs = [value.name for value in graph.graph.input]
    outputs = [value.name for value in graph.graph.output]
    assert inputs[0] == "magnitude"
    assert outputs == ["mask", "activity", *(f"{name}_next" for name in inputs[1:])]


def test_no_external_data_and_no_source_paths(graph: onnx.ModelProto) -> None:
    assert all(t.data_location != onnx.TensorProto.EXTERNAL for t in graph.graph.initializer)
    assert str(Path(__file__).parent.parent).encode() not in graph.SerializeToString()


def test_normalisation_after_a_convolution_is_folded() -> None:
    nodes = onnx.load_from_string(exported("joint")[1].onnx_bytes()).graph.node
    convolved = {output for node in nodes if node.op_type == "Conv" for output in node.output}
    assert not [n.name for n in nodes if n.op_type == "BatchNormalization" and n.input[0] in convolved]
