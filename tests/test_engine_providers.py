"""ONNX Runtime runs on the provider that was asked for or says why not; it never turns to the CPU in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import exported

from engines.onnxruntime import providers
from engines.onnxruntime.providers import PROVIDERS, Provider, check_had, missing, parse
from offline_train.export import add_half
from rtiass.bundle import BundleError, load_bundle
from rtiass.engine import EngineError, choose, load_engine


class Part:
    """A part of a network on one provider."""

    def __init__(self, name: str, operations: int) -> None:
        self.ep_name = name
        self._operations = operations

    def get_nodes(self) -> list[None]:
        return [None] * self._operations


class Session:
    """What an ``InferenceSession`` tells of where it runs."""

    def __init__(self, *names: str, **operations: int) -> None:
        self._names = [f"{name}ExecutionProvider" for name in names]
        self._parts = [Part(f"{name}ExecutionProvider", count) for name, count in operations.items()]

    def get_providers(self) -> list[str]:
        return self._names

    def get_provider_graph_assignment_info(self) -> list[Part]:
        return self._parts


@pytest.mark.parametrize(
    ("text", "provider", "half"),
    [("cpu", "cpu", False), ("cuda", "cuda", False), ("fp16", "cpu", True), ("CUDA, fp16", "cuda", True)],
)
def test_options_are_understood(text: str, provider: str, half: bool) -> None:
    assert parse(text) == (provider, half)
    engine: Any = load_engine(f"onnxruntime:{text}")
    assert (engine.provider, engine.half) == (provider, half)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("onnxruntime:cudda", "no option 'cudda'.*cuda"),
        ("onnxruntime:", "no option ''"),
        ("onnxruntime:cuda,coreml", "one of cuda, coreml, not on all"),
        ("pytorch:cuda", "'pytorch' has no options.*--engine pytorch$"),
        ("nobody:cuda", "no engine named 'nobody'"),
    ],
)
def test_options_that_are_none_are_told(name: str, told: str) -> None:
    with pytest.raises(EngineError, match=told):
        load_engine(name)


def test_the_cpu_is_the_default(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    frame = np.full((2, 2049), 0.1, np.float32)
    first, second = (choose(name, bundle, 1)[1] for name in ("onnxruntime", "onnxruntime:cpu"))
    np.testing.assert_array_equal(first.step(frame)[0], second.step(frame)[0])


def test_what_this_library_lacks_is_told_with_the_command() -> None:
    told = missing("cuda", ["CPUExecutionProvider"], "1.2.3")
    assert "(1.2.3) comes without CUDA; it has: cpu" in told
    assert told.endswith("pip uninstall onnxruntime, then pip install onnxruntime-gpu")
    assert missing("cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"], "1.2.3") == ""
    assert "pip" not in missing("coreml", ["CPUExecutionProvider"], "1.2.3"), "no other package has it"


@pytest.mark.parametrize(
    "session",
    [
        Session("CUDA", "CPU"),
        Session("CUDA", "CPU", CUDA=9, CPU=1),
        Session("CUDA", "CPU", CUDA=5, CPU=5),
    ],
)
def test_what_was_had_passes(session: Session) -> None:
    check_had("cuda", session, "band")


@pytest.mark.parametrize(
    ("session", "told"),
    [
        (Session("CPU"), "on CUDA and would run it on the CPU. Check"),
        (Session("Tensorrt", "CPU"), "would run it on TensorRT"),
        (Session(), "would run it on nothing"),
        (Session("CUDA", "CPU", CPU=10), "0 of the 10 operations of 'band' on CUDA"),
        (Session("CUDA", "CPU", CUDA=4, CPU=6), "4 of the 10 operations"),
    ],
)
def test_a_fall_back_is_an_error_with_the_next_step(session: Session, told: str) -> None:
    with pytest.raises(EngineError, match=told) as caught:
        check_had("cuda", session, "band")
    assert "leave ':cuda' out to run on the CPU" in str(caught.value)


def test_cuda_is_refused_where_it_is_not(tiny_bundle: Path) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("it is here")
    with pytest.raises(EngineError, match=r"^The engine 'onnxruntime:cuda' can't run here: .*onnxruntime-gpu"):
        choose("onnxruntime:cuda", load_bundle(tiny_bundle), 1)


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_the_library_itself_falls_back_and_that_is_noticed(tiny_bundle: Path) -> None:
    """Opened without a probe before it: the library takes the CPU with a mere warning."""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("it is here")
    with pytest.raises(EngineError, match="asked to run 'tiny' on CUDA and would run it on the CPU"):
        load_engine("onnxruntime:cuda").open(load_bundle(tiny_bundle), threads=1)


def test_a_provider_that_takes_nothing_is_noticed(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one: it is had by its name, and every operation lies on the CPU."""
    import onnxruntime

    if "AzureExecutionProvider" not in onnxruntime.get_available_providers():
        pytest.skip("this build of ONNX Runtime has no provider that runs nothing")
    if not hasattr(onnxruntime.InferenceSession, "get_provider_graph_assignment_info"):
        pytest.skip("this ONNX Runtime does not tell where operations lie")
    monkeypatch.setitem(providers.PROVIDERS, "azure", Provider("Azure", "AzureExecutionProvider", "onnxruntime"))
    with pytest.raises(EngineError, match=r"would run 0 of the 1[0-9] operations of 'tiny' on Azure"):
        load_engine("onnxruntime:azure").open(load_bundle(tiny_bundle), threads=1)


def test_only_providers_that_are_here_are_worth_measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = load_engine("onnxruntime")
    names = ["CUDAExecutionProvider", "TensorrtExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: names)
    assert engine.variants() == ["cuda"]
    assert "onnxruntime:cuda, onnxruntime:tensorrt" in engine.probe().detail
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    assert engine.variants() == []


def test_every_provider_has_its_words() -> None:
    assert all(p.title and p.package and p.name.endswith("ExecutionProvider") for p in PROVIDERS.values())


def test_the_network_in_fp16_is_run_where_it_is_asked_for(tmp_path: Path) -> None:
    bundle = exported("small")[1]
    with pytest.raises(BundleError, match="no network in FP16"):
        choose("onnxruntime:fp16", bundle, 1)
    both = add_half(bundle.path, tmp_path / "both")
    frame = np.full((2, 2049), 0.1, np.float32)
    masks = [choose(name, both, 1)[1].step(frame)[0] for name in ("onnxruntime", "onnxruntime:fp16")]
    assert not np.array_equal(*masks)
    np.testing.assert_allclose(*masks, atol=0.01)
