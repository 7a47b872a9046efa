"""The multiply-accumulates of an exported graph are those of its network."""

from __future__ import annotations

import onnx
import pytest
from networks import exported

from offline_train.network import count_macs
from offline_train.onnxmacs import count_onnx_macs


@pytest.mark.parametrize("kind", ["joint", "small", "iass", "iass-published"])
def test_layers_sum_to_the_network(kind: str) -> None:
    network, bundle = exported(kind)
    counts = count_onnx_macs(onnx.load_from_string(bundle.onnx_bytes()))
    assert sum(counts.values()) == count_macs(network)
    assert min(counts.values()) > 0


def test_what_is_no_network_of_one_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="no network"):
        count_onnx_macs(onnx.ModelProto())
