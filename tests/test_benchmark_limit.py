"""benchmarks/limit.py gives every multiply-accumulate of a network to an operation that ONNX Runtime really runs."""

from __future__ import annotations

import onnx
import pytest
from networks import exported

from benchmarks import limit
from offline_train.network import count_macs


@pytest.mark.parametrize("kind", ["joint", "iass"])
def test_the_profile_holds_all_of_a_networks_work(kind: str) -> None:
    network, bundle = exported(kind)
    rows = limit.profile(bundle, frames=3)
    assert sum(row["macs"] for row in rows) == count_macs(network)
    assert all(row["us"] >= 0.0 for row in rows)


def test_operations_that_became_one_are_found_again() -> None:
    nodes = [
        onnx.helper.make_node("Conv", ["x", "w"], ["y"], name="layer"),
        onnx.helper.make_node("LeakyRelu", ["y"], ["z"], name="activation"),
        onnx.helper.make_node("Add", ["z", "x"], ["s"], name="sum"),
    ]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", [], []))
    for name in ("layer", "fused layer", "z_nchwc", "s_nchwc"):
        assert limit.layer_of(name, model, {"layer": 9}) == "layer"
    assert limit.layer_of("something else", model, {"layer": 9}) == ""


def test_a_step_is_held_against_the_rate() -> None:
    timer = limit.Timer("band|compiled", lambda: None, work=30_000_000)
    timer.seconds = [0.0006] * 10
    (row,) = limit.step_rows([timer], rate=1e11)
    assert row["limit_ms"] == pytest.approx(0.3)
    assert row["ratio"] == pytest.approx(2.0)
    assert row["instant_share"] == pytest.approx(0.0006 / (128 / 44100))
