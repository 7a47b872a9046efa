"""What a model invents of a stem that a song lacks is counted against it."""

import numpy as np
import pytest
from fake_engine import FixedSession, fake_bundle
from tiny_stems import make_pool

from offline_train.evaluate import evaluate
from offline_train.pool import Pool
from offline_train.report import table


def report_of(folder):
    make_pool(folder)
    np.save(folder / "audio" / "v_bass.npy", np.zeros((3 * 44100, 2), np.int16))
    bundle = fake_bundle()
    bundle.card["model"] = {"version": "0"}
    return evaluate(bundle, FixedSession(), Pool(folder, "valid"), ["live"], None, lambda text: None)


def test_its_energy_and_open_gate_have_figures(tmp_path):
    report = report_of(tmp_path)
    bass = report["summary"]["recorded"]["live"]["bass"]
    # A quarter of the amplitude of the mixture, from a gate that stands open after its first frames.
    assert bass["pes"] == pytest.approx(-12.04, abs=0.3)
    assert bass["false_open"] > 0.9
    assert bass["sdr"] is None and bass["f1"] is None
    assert bass["n"] == {
        "pes": {"songs": 1, "seconds": 3.0},
        "false_open": {"songs": 1, "seconds": pytest.approx(3.0, abs=0.1)},
    }


def test_its_row_tells_songs_and_seconds(tmp_path):
    text = table(report_of(tmp_path))
    assert "(1 song, 3 s)" in text
    row = next(line for line in text.splitlines() if line.startswith("| live |"))
    assert row.split("|")[4].strip() == ""
