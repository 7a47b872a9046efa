"""ONNX Runtime opens a graph only if it is what the card says, and says in words what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from networks import exported
from onnx import TensorProto, helper, numpy_helper

from engines.onnxruntime import OnnxRuntimeEngine
from rtiass.bundle import Bundle, BundleError


@pytest.fixture
def bundle() -> Bundle:
    return exported("small")[1]


def refusal(bundle: Bundle) -> str:
    with pytest.raises(BundleError) as caught:
        OnnxRuntimeEngine().open(bundle, threads=1)
    return str(caught.value)


def test_bytes_that_are_no_graph(bundle: Bundle) -> None:
    assert "is not used: it is no network." in refusal(replace(bundle, _graph=b"no graph"))


def test_a_state_that_the_graph_lacks(bundle: Bundle) -> None:
    extra = (*bundle.states, ("extra", (1, 3)))
    assert "lacks the input 'extra'" in refusal(replace(bundle, states=extra))


def test_a_state_that_the_card_lacks(bundle: Bundle) -> None:
    name = bundle.states[-1][0]
    assert f"has an input '{name}' that its card doesn't name" in refusal(replace(bundle, states=bundle.states[:-1]))


def test_a_state_of_another_shape(bundle: Bundle) -> None:
    (name, shape), *rest = bundle.states
    wrong = ((name, (*shape[:-1], shape[-1] + 1)), *rest)
    assert f"has the input '{name}' as tensor(float) {list(shape)}" in refusal(replace(bundle, states=wrong))


def test_another_number_of_stems(bundle: Bundle) -> None:
    assert "has the output 'activity'" in refusal(replace(bundle, stems=("vocals", "other")))


def test_a_graph_of_another_type(bundle: Bundle) -> None:
    graph = onnx.load_from_string(bundle.onnx_bytes())
    graph.graph.output[1].type.tensor_type.elem_type = TensorProto.DOUBLE
    message = refusal(replace(bundle, _graph=graph.SerializeToString()))
    assert "BundleError" not in message
    assert "untrained" in message


def test_files_outside_the_graph_are_never_read(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph that names a file in the current folder is refused, though the file is there and fits."""
    graph = onnx.load_from_string(bundle.onnx_bytes())
    path = tmp_path / "model.onnx"
    onnx.save_model(graph, str(path), save_as_external_data=True, location="outside.bin", size_threshold=0)
    assert (tmp_path / "outside.bin").stat().st_size > 0
    monkeypatch.chdir(tmp_path)
    assert "outside of the file" in refusal(replace(bundle, _graph=path.read_bytes()))


def test_operators_of_others_are_refused(bundle: Bundle) -> None:
    weight = numpy_helper.from_array(np.ones(1, np.float32), "w")
    node = helper.make_node("Unheard", ["magnitude", "w"], ["mask"], domain="example.org")
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [node],
        "g",
        [value("magnitude", TensorProto.FLOAT, [1, 2, 2049])],
        [value("mask", TensorProto.FLOAT, [1, 4, 2049])],
        [weight],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("example.org", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    assert "no network of standard operators alone" in refusal(replace(bundle, _graph=model.SerializeToString()))


def test_what_only_the_library_finds_wrong(bundle: Bundle) -> None:
    graph = onnx.load_from_string(bundle.onnx_bytes())
    graph.ir_version = 999
    assert "can't load the network" in refusal(replace(bundle, _graph=graph.SerializeToString()))


def test_threads_must_be_positive(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="1 or more, not 0"):
        OnnxRuntimeEngine().open(bundle, threads=0)
