"""Frames, ONNX Runtime's answers to them, and runners on a fake card, for the tests of the TensorRT engine."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from fake_cuda import FakeCuda
from fake_tensorrt import rtx

from engines.onnxruntime import OnnxRuntimeEngine
from engines.tensorrt.build import build
from engines.tensorrt.runner import Layout, Runner
from rtiass.bundle import Bundle, load_bundle

Results = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


@cache
def bundle_of(name: str) -> Bundle:
    """A shipped model, or one from a folder."""
    return load_bundle(name)


def frames(count: int, seed: int = 3) -> np.ndarray[Any, Any]:
    """Magnitudes over five decades, shape (count, 2, 2049) float32."""
    rng = np.random.default_rng(seed)
    return (10 ** (5 * rng.random((count, 2, 2049), dtype=np.float32) - 5)).astype(np.float32)


def run(session: Any, some: np.ndarray[Any, Any]) -> Results:
    """Masks and activities of a session for frames, one after the other."""
    masks, activities = [], []
    for frame in some:
        mask, activity = session.step(frame)
        masks.append(mask.copy())
        activities.append(activity.copy())
    return np.stack(masks), np.stack(activities)


def reference(bundle: Bundle, some: np.ndarray[Any, Any]) -> Results:
    """What ONNX Runtime makes of frames."""
    session = OnnxRuntimeEngine().open(bundle, threads=1)
    try:
        return run(session, some)
    finally:
        session.close()


def fake_runner(bundle: Bundle, kind: type[Runner] = Runner, cuda: FakeCuda | None = None) -> Runner:
    """A runner of this kind, on a fake card."""
    cuda = cuda or FakeCuda()
    flavour = rtx(cuda)
    data, _ = build(flavour, bundle.onnx_bytes(), "sm86", bundle.name)
    engine = flavour.trt.Runtime(flavour.logger).deserialize_cuda_engine(data)
    contexts, _ = flavour.contexts(engine, 2, b"")
    return kind(cuda, engine, contexts, Layout.of(bundle))
