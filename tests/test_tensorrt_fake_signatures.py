"""The fake card has the calls, arguments and numbers of the real ones; skipped where those aren't installed."""

from __future__ import annotations

import enum
import inspect
import re
from typing import Any

import fake_cuda
import fake_tensorrt
import pytest
from fake_cuda import FakeCuda

CALLS = [name for name, _ in inspect.getmembers(FakeCuda, inspect.isfunction) if name.startswith("cuda")]
ENUMS = [fake_cuda.cudaError_t, fake_cuda.cudaMemcpyKind, fake_cuda.cudaStreamCaptureMode, fake_cuda.cudaDeviceAttr]


@pytest.fixture(scope="module")
def runtime() -> Any:
    return pytest.importorskip("cuda.bindings.runtime", reason="needs pip install cuda-bindings")


@pytest.fixture(scope="module")
def trt() -> Any:
    return pytest.importorskip("tensorrt_rtx", reason="needs pip install tensorrt-rtx")


def parameters(call: Any) -> list[str]:
    """Names of a compiled function's parameters: the first line of its documentation is its signature."""
    inner = re.search(r"\((.*)\)", call.__doc__.strip().splitlines()[0])
    assert inner is not None
    return [part.split(":")[0].split()[-1] for part in inner[1].split(",") if part.strip()]


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_same_arguments(name: str, runtime: Any) -> None:
    mine = list(inspect.signature(getattr(FakeCuda, name)).parameters)[1:]
    assert mine == parameters(getattr(runtime, name))


@pytest.mark.parametrize("kind", ENUMS, ids=lambda kind: kind.__name__)
def test_names_have_the_same_numbers(kind: type[enum.IntEnum], runtime: Any) -> None:
    real = getattr(runtime, kind.__name__)
    assert {member.name: member.value for member in kind} == {m.name: int(getattr(real, m.name)) for m in kind}


@pytest.mark.parametrize("name", ["cudaStreamNonBlocking", "cudaDeviceScheduleSpin"])
def test_flags_have_the_same_numbers(name: str, runtime: Any) -> None:
    assert getattr(FakeCuda, name) == getattr(runtime, name)


def test_a_stream_is_a_number(runtime: Any) -> None:
    assert int(runtime.cudaStream_t(5)) == 5


@pytest.mark.parametrize("name", ["cudaGetDeviceCount", "cudaDriverGetVersion", "cudaRuntimeGetVersion"])
def test_an_answer_begins_with_a_status(name: str, runtime: Any) -> None:
    real, mine = getattr(runtime, name)(), getattr(FakeCuda(), name)()
    assert len(real) == len(mine)
    assert isinstance(real[0], runtime.cudaError_t)


def test_an_error_has_words(runtime: Any) -> None:
    status, words = runtime.cudaGetErrorString(runtime.cudaError_t.cudaErrorInsufficientDriver)
    assert not int(status)
    assert b"driver" in words


@pytest.mark.parametrize(
    ("mine", "real"),
    [
        (fake_tensorrt.Context, "IExecutionContext"),
        (fake_tensorrt.Engine, "ICudaEngine"),
        (fake_tensorrt.Config, "IBuilderConfig"),
        (fake_tensorrt.RuntimeConfig, "IRuntimeConfig"),
        (fake_tensorrt.RuntimeCache, "IRuntimeCache"),
    ],
)
def test_tensorrt_objects_have_these_methods(mine: Any, real: str, trt: Any) -> None:
    own = {"run", "caches"}
    for name, method in inspect.getmembers(mine, inspect.isfunction):
        if name.startswith("_") or name in own:
            continue
        documented = getattr(getattr(trt, real), name).__doc__
        arguments = [p for p in inspect.signature(method).parameters if p not in ("self", "config", "index")]
        assert all(argument in documented for argument in arguments), documented


def test_tensorrt_has_these_names(trt: Any) -> None:
    attributes = ("builder_optimization_level", "max_aux_streams", "num_compute_capabilities", "progress_monitor")
    assert all(hasattr(trt.IBuilderConfig, name) for name in attributes)
    assert hasattr(trt.IRuntimeConfig, "cuda_graph_strategy")
    assert hasattr(trt.ICudaEngine, "num_io_tensors")
    assert trt.CudaGraphStrategy.DISABLED is not None
    assert int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) == 0
    for mine, real in (
        (fake_tensorrt.TensorIOMode, trt.TensorIOMode),
        (fake_tensorrt.DataType, trt.DataType),
        (fake_tensorrt.Severity, trt.ILogger.Severity),
    ):
        assert all(int(getattr(real, member.name)) == member.value for member in mine)
    for name in ("phase_start", "step_complete", "phase_finish"):
        assert hasattr(trt.IProgressMonitor, name)
