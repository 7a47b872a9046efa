"""Half precision keeps inputs, outputs and states as they are, and the masks within 1e-3."""

from __future__ import annotations

import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from tensorrt_runs import bundle_of, frames, reference, run

from engines.onnxruntime.engine import _load
from engines.onnxruntime.providers import CPU
from engines.onnxruntime.session import OnnxRuntimeSession
from engines.tensorrt.half import HEAVY, to_half
from rtiass.bundle import bundle_names
from rtiass.engine import EngineError


@pytest.mark.parametrize("name", bundle_names())
def test_the_graph_is_sound_and_looks_the_same_from_outside(name: str) -> None:
    graph = bundle_of(name).onnx_bytes()
    single, half = onnx.load_from_string(graph), onnx.load_from_string(to_half(graph))
    onnx.checker.check_model(half, full_check=True)
    assert list(half.graph.input) == list(single.graph.input)
    assert list(half.graph.output) == list(single.graph.output)


def test_all_products_and_only_those_are_in_half_precision() -> None:
    half = onnx.load_from_string(to_half(bundle_of("band").onnx_bytes()))
    inferred = onnx.shape_inference.infer_shapes(half).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in inferred.value_info}
    kinds |= {tensor.name: tensor.data_type for tensor in inferred.initializer}
    halves = 0
    for node in inferred.node:
        found = {kinds[name] for name in node.input if name in kinds}
        if node.op_type in HEAVY:
            assert found == {TensorProto.FLOAT16}
            halves += 1
        elif node.op_type != "Cast":
            assert TensorProto.FLOAT16 not in found
    assert halves > 20


@pytest.mark.parametrize("name", bundle_names())
def test_masks_stay_close(name: str) -> None:
    bundle = bundle_of(name)
    some = frames(60)
    half = run(OnnxRuntimeSession(_load(bundle, to_half(bundle.onnx_bytes()), 1, CPU), bundle, 1), some)
    single = reference(bundle, some)
    assert not np.array_equal(half[0], single[0])
    for found, wanted in zip(half, single, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-3)
    error = np.sum(np.square(half[0] - single[0], dtype=np.float64))
    assert 10 * np.log10(np.sum(np.square(single[0], dtype=np.float64)) / error) > 70


def test_without_the_package_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EngineError, match="pip install 'onnx"):
        to_half(b"")
