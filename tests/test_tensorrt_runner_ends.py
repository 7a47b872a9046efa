"""A runner gives back all it has taken: when it is closed, when nobody holds it any more, and when it can't be made."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from fake_cuda import FakeCuda, cudaError_t
from tensorrt_runs import bundle_of, fake_runner, frames, run

from engines.tensorrt.runner import prepare_device
from engines.tensorrt.session import TensorRTSession
from engines.tensorrt.status import CudaError


def test_closing_gives_all_back(tiny_bundle: Path) -> None:
    cuda = FakeCuda()
    session = TensorRTSession(fake_runner(bundle_of(str(tiny_bundle)), cuda=cuda))
    run(session, frames(3))
    assert not cuda.is_clean()
    session.close()
    assert cuda.is_clean()


def test_what_nobody_holds_is_given_back(tiny_bundle: Path) -> None:
    cuda = FakeCuda()
    session = TensorRTSession(fake_runner(bundle_of(str(tiny_bundle)), cuda=cuda))
    session.step(frames(1)[0])
    del session
    gc.collect()
    assert cuda.is_clean()


@pytest.mark.parametrize(
    ("call", "status", "sentence"),
    [
        ("cudaMalloc", cudaError_t.cudaErrorMemoryAllocation, r"reserving memory on it \(CUDA error 2, .*Close other"),
        ("cudaStreamEndCapture", cudaError_t.cudaErrorUnknown, r"recording the network \(CUDA error 999"),
        ("cudaStreamSynchronize", cudaError_t.cudaErrorIllegalAddress, r"running the network \(CUDA error 700"),
    ],
)
def test_a_failure_on_the_way_gives_all_back(call: str, status: cudaError_t, sentence: str, tiny_bundle: Path) -> None:
    cuda = FakeCuda(fail={call: status})
    with pytest.raises(CudaError, match=sentence):
        fake_runner(bundle_of(str(tiny_bundle)), cuda=cuda)
    assert cuda.is_clean()


def test_a_card_that_fails_while_playing_is_told_at_every_step(tiny_bundle: Path) -> None:
    cuda = FakeCuda()
    session = TensorRTSession(fake_runner(bundle_of(str(tiny_bundle)), cuda=cuda))
    cuda.fail["cudaStreamSynchronize"] = cudaError_t.cudaErrorIllegalAddress
    for frame in frames(3):
        with pytest.raises(CudaError, match="--engine onnxruntime") as caught:
            session.step(frame)
        assert caught.value.code == 700
    session.close()
    assert cuda.is_clean()


def test_waiting_polls_unless_the_card_is_in_use_already() -> None:
    cuda = FakeCuda()
    prepare_device(cuda)
    assert cuda.flags == cuda.cudaDeviceScheduleSpin
    busy = FakeCuda()
    busy.cudaMalloc(16)
    prepare_device(busy)
    assert busy.flags is None


def test_a_card_that_is_taken_is_told() -> None:
    with pytest.raises(CudaError, match="being taken for this program"):
        prepare_device(FakeCuda(fail={"cudaSetDevice": cudaError_t.cudaErrorUnknown}))
