"""benchmarks/limit.py gives every multiply-accumulate of a network to an operation that ONNX Runtime really runs."""

from __future__ import annotations

import onnx
import pytest
from networks import exported

from benchmarks import limit
from offline_train.network import count_macs
from rtiass.errors import UserError


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


def test_a_percentile_of_few_steps_is_a_dash() -> None:
    timer = limit.Timer("band|swift", lambda: None, work=30_000_000)
    timer.seconds = [0.0006] * 999
    (row,) = limit.step_rows([timer], rate=1e11)
    row |= {f"paced_{mode}": limit.spread([0.001] * 323) for mode in limit.MODES_PACED}
    cells = [cell.strip() for cell in limit.steps_table([row]).splitlines()[-1].strip("|").split("|")]
    assert cells[4:8] == ["999", "0.600", "0.600", "–"]
    paced = [cell.strip() for cell in limit.paced_table([row]).splitlines()[-1].strip("|").split("|")]
    assert paced[2:7] == ["instant", "323", "1.000", "1.000", "–"]


def test_each_goal_is_met_or_not_by_the_run() -> None:
    timers = [limit.Timer(name, lambda: None, work=30_000_000) for name in ("band|swift", "band|slow", "six|swift")]
    for timer, seconds in zip(timers, (0.00044, 0.00046, 0.0003), strict=True):
        timer.seconds = [seconds] * 10
    rows = limit.step_rows(timers, rate=1e11)
    rows[0] |= {"paced_live": limit.spread([0.0012] * 10), "paced_instant": limit.spread([0.0007] * 10)}
    rows[1] |= {"paced_live": limit.spread([0.0011] * 10), "paced_instant": limit.spread([0.0008] * 10)}
    text = limit.goals(rows)
    assert "| band, swift: times its limit | 1.50 | 1.47 | met |" in text
    assert "| band, slow: times its limit | 1.50 | 1.53 | not met |" in text
    assert "| six, swift: times its limit | 1.50 | 1.00 | met |" in text
    assert "| band, swift, paced as `live`: of one core | 5.0% | 5.2% | not met |" in text
    assert "| band, swift, paced as `instant`: of one core | 25.0% | 24.1% | met |" in text
    assert "| band, slow, paced as `live`: of one core | 5.0% | 4.7% | met |" in text
    assert "| band, slow, paced as `instant`: of one core | 25.0% | 27.6% | not met |" in text
    # Those of one core are for one model.
    assert "six, swift, paced" not in text and "benchmarks/hop.py" in text


def test_a_goal_of_what_was_not_measured_is_open() -> None:
    timer = limit.Timer("band|swift", lambda: None, work=30_000_000)
    timer.seconds = [0.0003] * 10
    assert "| band, swift, paced as `live`: of one core | 5.0% | – | not measured |" in limit.goals(
        limit.step_rows([timer], rate=1e11)
    )


def test_a_model_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["limit.py", "nosuch"])
    with pytest.raises(UserError, match="no model 'nosuch'"):
        limit.main()
    monkeypatch.setattr("sys.argv", ["limit.py", "band", "--engine", "nosuch"])
    with pytest.raises(UserError, match="no engine named 'nosuch'"):
        limit.main()
