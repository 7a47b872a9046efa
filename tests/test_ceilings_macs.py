"""Multiply-accumulates counted from an ONNX file are those that the network counts while it runs."""

from __future__ import annotations

import pytest
from networks import exported

from benchmarks.ceilings.graphs import figures
from offline_train.network import count_macs as counted_by_running
from rtiass.bundle import load_bundle
from rtiass.onnxcheck import count_macs


@pytest.mark.parametrize("kind", ["joint", "small", "iass", "iass-published"])
def test_the_file_and_the_network_agree(kind):
    network, bundle = exported(kind)
    assert count_macs(bundle.onnx_bytes()) == counted_by_running(network) > 1_000_000


def test_weights_of_the_file_are_those_of_the_network():
    bundle = exported("iass")[1]
    found = figures(bundle)
    inside = sum(p.numel() for p in exported("iass")[0].parameters())
    # What normalises is folded into the convolutions before it, or has statistics of its own.
    assert inside * 0.99 < found["parameters"] < inside * 1.01
    assert 0 < found["optimised_nodes"] <= found["nodes"]
    assert found["bytes"] > 4 * found["parameters"]


def test_the_documented_figure_is_that_of_the_shipped_model():
    assert f"{count_macs(load_bundle('band').onnx_bytes()) / 1e6:.1f}" == "36.2"
