"""The score of the clip is that of a separation: its stems are the song, and a damaged network scores less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from benchmarks.ceilings.quality import CLIP, clip, scores, truth
from benchmarks.ceilings.table import compare
from rtiass.bundle import load_bundle


@pytest.mark.parametrize("name", ["karaoke", "band", "six"])
def test_the_stems_of_a_model_are_the_clip(name):
    stems = truth(load_bundle(name).stems)
    assert "vocals" in stems and len(stems) >= 2
    np.testing.assert_allclose(sum(stems.values()), sum(clip().values()), atol=1e-6)


def test_a_network_that_lost_its_way_is_below_the_floor():
    band = load_bundle("band")
    model = onnx.load_from_string(band.onnx_bytes())
    rng = np.random.default_rng(0)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size > 1000:
            noisy = values + 0.5 * values.std() * rng.standard_normal(values.shape, dtype=np.float32)
            tensor.CopyFrom(numpy_helper.from_array(noisy.astype(np.float32), tensor.name))
    damaged = replace(band, _graph=model.SerializeToString())
    verdicts = compare({"sdr": scores(band, "live")}, {"sdr": scores(damaged, "live")})
    assert any(verdict.worse for verdict in verdicts)


def test_the_clip_is_small_and_has_its_credits():
    files = sorted(CLIP.glob("*.ogg"))
    assert sum(path.stat().st_size for path in files) <= 300_000
    told = (CLIP / "CREDITS.md").read_text()
    assert all(path.stem in told for path in files)
    assert "CC0 1.0" in told and "CC BY 4.0" in told
