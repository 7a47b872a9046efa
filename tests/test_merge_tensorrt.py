"""Six targets are one launch a frame on a card; compiled, half and whole, they are what ONNX Runtime says."""

from __future__ import annotations

import numpy as np
import pytest
from fake_cuda import FakeCuda
from merged_parts import FOLDER, TARGETS, random_target, six_targets
from tensorrt_runs import fake_runner, frames, reference, run

from engines.tensorrt import flavour
from engines.tensorrt.build import build
from engines.tensorrt.flavour import Flavour
from engines.tensorrt.half import to_half
from engines.tensorrt.session import TensorRTSession
from offline_train.half import half_graph
from offline_train.merging.merge import merge
from rtiass.bundle import Bundle

FRAMES = frames(20)


def paper() -> Bundle:
    """The paper's network for six targets."""
    return merge([random_target(stem, seed).path for seed, stem in enumerate(TARGETS)], FOLDER / "six-of-the-paper")


@pytest.mark.parametrize("made", [six_targets, paper], ids=["joint", "paper"])
def test_six_targets_are_one_launch_a_frame_and_onnx_runtime_s_masks(made):
    bundle, cuda = made(), FakeCuda()
    session = TensorRTSession(fake_runner(bundle, cuda=cuda))
    assert cuda.launches == 0
    found = run(session, FRAMES)
    assert cuda.launches == len(FRAMES)
    for one, other in zip(found, reference(bundle, FRAMES), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("precision", ["fp32", "fp16", "fp16 of the training package"])
def test_it_compiles_for_a_card(precision):
    pytest.importorskip("tensorrt_rtx", reason="needs pip install tensorrt-rtx")
    graph = six_targets().onnx_bytes()
    typed = {"fp32": bytes, "fp16": to_half}.get(precision, half_graph)(graph)
    rtx = flavour.load(Flavour)
    for target in ("sm86", "sm120"):
        assert len(build(rtx, typed, target, "six-targets")[0]) > 1_000_000
