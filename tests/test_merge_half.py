"""A merged model goes to FP16 as any other: 60 dB and more between what it says in FP32 and in FP16."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from merged_parts import six_targets, steps
from test_export_half_accuracy import EACH, WANTED, spectra
from typer.testing import CliRunner

from engines.tensorrt.half import to_half
from offline_train.cli import app
from offline_train.half import half_graph
from rtiass.bundle import load_bundle

FRAMES = 150


@pytest.mark.parametrize("halve", [half_graph, to_half])
def test_the_stems_are_those_of_full_precision(halve):
    bundle = six_targets()
    heard = spectra(FRAMES)
    masks, activity = steps(bundle, heard)
    others, other_activity = steps(replace(bundle, _graph=halve(bundle.onnx_bytes())), heard)
    sound = heard.max(axis=1)[:, None]
    energy = np.square(masks * sound, dtype=np.float64).sum(axis=(0, 2))
    error = np.square((others - masks) * sound, dtype=np.float64).sum(axis=(0, 2))
    decibels = dict(zip(bundle.stems, 10 * np.log10(energy / error), strict=True))
    assert 10 * np.log10(energy.sum() / error.sum()) >= WANTED, decibels
    assert min(decibels.values()) >= EACH, decibels
    assert np.abs(activity - other_activity).max() < 0.01
    np.testing.assert_allclose(others.sum(axis=1), 1.0, atol=2e-3)


def test_the_command_puts_it_beside(tmp_path):
    out = tmp_path / "halved"
    done = CliRunner().invoke(app, ["fp16", str(six_targets().path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    half, whole = load_bundle(out).half_onnx_bytes(), six_targets().onnx_bytes()
    assert half is not None and len(half) < 0.6 * len(whole)
