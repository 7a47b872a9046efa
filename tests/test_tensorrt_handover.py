"""From ONNX Runtime to TensorRT on a card made of host memory: compiled beside the show, warmed up, bit by bit the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_cuda import FakeCuda, cudaError_t
from fake_tensorrt import rtx
from handover_runs import wait_for
from tensorrt_runs import bundle_of, frames, reference

from engines.onnxruntime import OnnxRuntimeEngine
from engines.tensorrt import TensorRTEngine
from engines.tensorrt.cache import Cache
from rtiass import engine
from rtiass.enginebackground import work
from rtiass.live import enginechange, firstengine
from rtiass.live.enginechange import EngineChange
from rtiass.live.handover import Handover

BEFORE, COUNT = 30, 60


@pytest.fixture
def cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    """A card that the engine ``tensorrt`` finds."""
    made = FakeCuda()
    card = TensorRTEngine(made, lambda target: rtx(made), Cache(tmp_path / "engines"))
    engines: dict[str, Any] = {"onnxruntime": OnnxRuntimeEngine(), "tensorrt": card}
    monkeypatch.setattr(engine, "engine_names", lambda: list(engines))
    for module in (engine, enginechange, firstengine):
        monkeypatch.setattr(module, "load_engine", lambda name: engines[name])
    return made


def begun(tiny_bundle: Path) -> Handover:
    """A show with ``--engine tensorrt`` some frames in, its engine compiled by now."""
    bundle = bundle_of(str(tiny_bundle))
    choice, order = firstengine.first_engine("tensorrt", bundle, 1)
    assert order is not None and choice.name == "onnxruntime"
    handover = Handover(choice.session, choice.name, len(bundle.stems))
    handover.retime(0.023)
    for frame in frames(COUNT)[:BEFORE]:
        handover.step(frame)
    said: list[str] = []
    work(order.plain(), lambda kind, **values: said.append(kind))
    assert said[-1] == "done"
    change = EngineChange(handover, "tensorrt", bundle, attempt=lambda s: 0.001, refuse=lambda name, figure: "")
    change.start()
    wait_for(lambda: handover._offer is not None)
    return handover


def test_what_is_heard_is_onnx_runtimes(cuda: FakeCuda, tiny_bundle: Path) -> None:
    handover = begun(tiny_bundle)
    heard = [handover.step(frame)[0].copy() for frame in frames(COUNT)[BEFORE:]]
    assert handover.name == "tensorrt"
    wanted, _ = reference(bundle_of(str(tiny_bundle)), frames(COUNT))
    np.testing.assert_array_equal(np.stack(heard), wanted[BEFORE:])
    handover.close()
    assert cuda.is_clean()


def test_a_card_that_fails_later_gives_back_to_onnx_runtime(cuda: FakeCuda, tiny_bundle: Path) -> None:
    handover = begun(tiny_bundle)
    for frame in frames(COUNT)[BEFORE:]:
        handover.step(frame)
    cuda.fail["cudaStreamSynchronize"] = cudaError_t.cudaErrorIllegalAddress
    some = frames(12, seed=5)
    heard = [handover.step(frame)[0].copy() for frame in some]
    event = handover.events[-1]
    assert (event.heard, event.failed) == ("onnxruntime", "tensorrt")
    assert "cudaErrorIllegalAddress" in event.reason
    # Anew but for the two frames before.
    wanted, _ = reference(bundle_of(str(tiny_bundle)), np.concatenate([frames(COUNT)[-2:], some]))
    np.testing.assert_array_equal(np.stack(heard), wanted[2:])


def test_once_compiled_it_plays_from_the_beginning(cuda: FakeCuda, tiny_bundle: Path) -> None:
    begun(tiny_bundle).close()
    choice, order = firstengine.first_engine("tensorrt", bundle_of(str(tiny_bundle)), 1)
    assert (choice.name, order) == ("tensorrt", None)
    choice.session.close()
