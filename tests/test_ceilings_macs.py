"""A model's network in numbers, as its file has them."""

from __future__ import annotations

from networks import exported

from benchmarks.ceilings.graphs import figures
from rtiass.bundle import load_bundle


def test_weights_of_the_file_are_those_of_the_network():
    bundle = exported("iass")[1]
    found = figures(bundle)
    inside = sum(p.numel() for p in exported("iass")[0].parameters())
    # What normalises is folded into the convolutions before it, or has statistics of its own.
    assert inside * 0.99 < found["parameters"] < inside * 1.01
    assert 0 < found["optimised_nodes"] <= found["nodes"]
    assert found["bytes"] > 4 * found["parameters"]


def test_the_documented_figure_is_that_of_the_shipped_model():
    assert f"{figures(load_bundle('band'))['macs'] / 1e6:.1f}" == "36.2"
