"""What a model invents of a stem that a song lacks is counted against it."""

import numpy as np
import pytest
from fake_engine import FixedSession, fake_bundle
from tiny_pool import make_pool

from offline_train.evaluate import evaluate
from offline_train.evaluation.song import Plan
from offline_train.evaluation.table import table
from offline_train.pool import Pool


def report_of(folder):
    make_pool(folder)
    np.save(folder / "audio" / "v_bass.npy", np.zeros((3 * 44100, 2), np.int16))
    plan = Plan(modes=("live",), museval=False)
    return evaluate(fake_bundle(), FixedSession(), Pool(folder, "valid"), plan, lambda text: None)


def test_its_energy_and_open_gate_have_figures(tmp_path):
    report = report_of(tmp_path)
    bass = report["summary"]["recorded"]["live"]["bass"]
    # A quarter of the amplitude of the mixture, from a gate that stands open after its first frames.
    assert bass["pes_mixture"] == pytest.approx(-12.04, abs=0.3)
    assert bass["false_open"] > 0.9
    for figure in ("sdr", "usdr", "si_sdr", "f1", "auc"):
        assert bass[figure] is None
    assert bass["n"]["pes_mixture"] == {"songs": 1, "seconds": 3.0}
    assert bass["n"]["false_open"] == {"songs": 1, "seconds": pytest.approx(3.0, abs=0.1)}
    assert "sdr" not in bass["n"]


def test_its_row_tells_songs_and_seconds(tmp_path):
    text = table(report_of(tmp_path))
    assert "(1 song, 3 s)" in text
    row = next(line for line in text.splitlines() if line.startswith("| live |"))
    assert row.split("|")[4].strip() == ""
