"""Without a driver, a card or a library the TensorRT engine says what is missing, and ``auto`` goes on without it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_cuda import FakeCuda, cudaError_t
from fake_engine import fake_bundle
from fake_tensorrt import FakeTensorRT, proper, rtx

from engines.tensorrt import TensorRTEngine, flavour
from engines.tensorrt.flavour import Flavour, ProperFlavour
from rtiass import engine
from rtiass.bundle import load_bundle
from rtiass.engine import EngineError, choose


def never(target: str) -> Flavour:
    raise AssertionError("a TensorRT library was asked for before the driver had answered")


@pytest.mark.parametrize(
    ("cuda", "sentence"),
    [
        (FakeCuda(error=cudaError_t.cudaErrorInsufficientDriver, driver=0), r"no NVIDIA driver .*\(CUDA error 35\)"),
        (FakeCuda(error=cudaError_t.cudaErrorInsufficientDriver, driver=11040), r"too old .* CUDA 11\.4, and 13\.0 is"),
        (FakeCuda(error=cudaError_t.cudaErrorNoDevice), "shows no card"),
        (FakeCuda(count=0), "shows no card"),
        (FakeCuda(error=cudaError_t.cudaErrorUnknown), r"doesn't answer \(CUDA error 999, cudaErrorUnknown\)"),
    ],
)
def test_the_driver_comes_first(cuda: FakeCuda, sentence: str) -> None:
    tried = TensorRTEngine(cuda, never)
    probe = tried.probe()
    assert not probe.available
    assert re.search(sentence, probe.detail)
    with pytest.raises(EngineError, match=sentence):
        tried.open(fake_bundle())


def test_a_card_is_named_with_what_drives_it() -> None:
    cuda = FakeCuda()
    probe = TensorRTEngine(cuda, lambda target: rtx(cuda, "1.7")).probe()
    assert (probe.available, probe.detail) == (
        True,
        "TensorRT for RTX 1.7, Fake Card (sm86, driver for CUDA 13.0)",
    )


def test_a_broken_library_is_a_sentence() -> None:
    class Broken(FakeCuda):
        def cudaGetDeviceCount(self) -> tuple[Any, ...]:
            raise OSError("libcuda.so: file too short")

    probe = TensorRTEngine(Broken(), never).probe()
    assert not probe.available
    assert "libcuda.so: file too short" in probe.detail
    assert "pip install" in probe.detail


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have just these modules, made by these functions."""

    def have(**modules: Any) -> None:
        monkeypatch.setattr(flavour, "find_spec", lambda name: name if name in modules else None)
        monkeypatch.setattr(flavour, "import_module", lambda name: modules[name]())
        monkeypatch.delenv(flavour.CHOICE, raising=False)

    return have


def test_none_installed_names_the_command(libraries: Callable[..., None]) -> None:
    libraries()
    with pytest.raises(
        EngineError, match=r"^TensorRT is not installed. For an NVIDIA card: pip install 'rtiass\[tensorrt-rtx\]'$"
    ):
        flavour.load_for("sm86")


def test_the_first_that_knows_the_card_is_taken(libraries: Callable[..., None]) -> None:
    cuda = FakeCuda()
    libraries(tensorrt_rtx=lambda: FakeTensorRT(cuda), tensorrt=lambda: FakeTensorRT(cuda))
    assert type(flavour.load_for("sm86")) is Flavour
    assert type(flavour.load_for("sm90")) is ProperFlavour


def test_a_choice_is_kept_to(libraries: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = FakeCuda()
    libraries(tensorrt_rtx=lambda: FakeTensorRT(cuda), tensorrt=lambda: FakeTensorRT(cuda))
    monkeypatch.setenv(flavour.CHOICE, "tensorrt")
    assert type(flavour.load_for("sm86")) is ProperFlavour
    monkeypatch.setenv(flavour.CHOICE, "tensort")
    with pytest.raises(EngineError, match="it can be tensorrt_rtx or tensorrt"):
        flavour.load_for("sm86")


def test_an_unknown_card_is_told(libraries: Callable[..., None]) -> None:
    libraries(tensorrt_rtx=lambda: FakeTensorRT(FakeCuda()))
    for target in ("sm90", "sm75"):
        with pytest.raises(EngineError, match=rf"doesn't compile for {target}, only for sm80, sm86, sm89\."):
            flavour.load_for(target)


def test_a_library_that_does_not_load_is_told(libraries: Callable[..., None]) -> None:
    def broken() -> Any:
        raise OSError("cannot open shared object file")

    libraries(tensorrt_rtx=broken)
    with pytest.raises(EngineError, match=r"shared object file.*pip install --force-reinstall tensorrt-rtx"):
        flavour.load_for("sm86")


def test_titles_tell_the_two_apart() -> None:
    cuda = FakeCuda()
    assert rtx(cuda).title != proper(cuda).title


def test_asked_for_by_name_it_refuses_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path) -> None:
    none = TensorRTEngine(FakeCuda(error=cudaError_t.cudaErrorInsufficientDriver, driver=0), never)
    monkeypatch.setattr(engine, "load_engine", lambda name: none)
    with pytest.raises(EngineError, match=r"^The engine 'tensorrt' can't run here: There is no NVIDIA driver"):
        choose("tensorrt", load_bundle(tiny_bundle))


def test_the_real_probe_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """On any machine: with a card, without one, without the libraries."""
    monkeypatch.delenv(flavour.CHOICE, raising=False)
    probe = TensorRTEngine().probe()
    if "cuda.bindings.runtime" not in sys.modules:
        assert not probe.available
        assert "pip install" in probe.detail
    elif not probe.available:
        assert "CUDA error" in probe.detail or "not installed" in probe.detail or "compile for" in probe.detail
    else:
        assert "driver for CUDA" in probe.detail


def test_the_real_driver_is_asked_without_a_crash() -> None:
    runtime = pytest.importorskip("cuda.bindings.runtime", reason="needs pip install cuda-bindings")
    status, _ = runtime.cudaGetDeviceCount()
    probe = TensorRTEngine(load_flavour=never).probe() if int(status) else None
    if probe is None:
        pytest.skip("there is a driver and a card here")
    assert not probe.available
    if int(status) == 35:
        assert "(CUDA error 35)" in probe.detail
        assert "--engine onnxruntime" in probe.detail
