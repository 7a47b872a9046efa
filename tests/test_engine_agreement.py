"""Both engines give the same masks for a bundle."""

from __future__ import annotations

import numpy as np
import pytest
from networks import exported, magnitudes

from engines.onnxruntime import OnnxRuntimeEngine
from engines.pytorch import PyTorchEngine


@pytest.mark.parametrize("kind", ["joint", "iass"])
def test_engines_agree(kind: str) -> None:
    bundle = exported(kind)[1]
    sessions = [engine.open(bundle, threads=1) for engine in (OnnxRuntimeEngine(), PyTorchEngine())]
    for frame in magnitudes(40, seed=9)[0].permute(1, 0, 2).contiguous().numpy():
        (masks, activity), (other_masks, other_activity) = (session.step(frame) for session in sessions)
        np.testing.assert_allclose(masks, other_masks, atol=1e-5)
        np.testing.assert_allclose(activity, other_activity, atol=1e-5)
