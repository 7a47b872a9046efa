"""On a real card the masks are ONNX Runtime's within 1e-3, over 300 frames, in both precisions."""

from __future__ import annotations

import numpy as np
import pytest
from gpu_needed import gpu_engine  # noqa: F401 - a fixture
from tensorrt_runs import bundle_of, frames, reference, run

from engines.tensorrt import TensorRTEngine
from engines.tensorrt.key import PRECISIONS
from rtiass.bundle import bundle_names

pytestmark = pytest.mark.gpu
FRAMES = frames(300)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", bundle_names())
def test_masks_agree(name: str, precision: str, gpu_engine: TensorRTEngine) -> None:  # noqa: F811
    bundle = bundle_of(name)
    gpu_engine.build(bundle, precision=precision)
    session = gpu_engine.open(bundle)
    try:
        found = run(session, FRAMES)
        session.reset()
        again = run(session, FRAMES[:20])
    finally:
        session.close()
    wanted = reference(bundle, FRAMES)
    for mine, other in zip(found, wanted, strict=True):
        assert np.isfinite(mine).all()
        assert np.linalg.norm(mine - other) < 1e-3 * np.linalg.norm(other)
        assert np.abs(mine - other).max() < (1e-3 if precision == "fp32" else 5e-3)
    for first, second in zip(found, again, strict=True):
        np.testing.assert_allclose(second, first[:20], atol=1e-6)
