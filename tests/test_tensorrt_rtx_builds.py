"""Every shipped model compiles with TensorRT for RTX, on the processor alone, in both precisions, for four kinds of card.

Needs ``pip install tensorrt-rtx cuda-bindings`` (95 MB and 8 MB); skipped without.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_cuda import FakeCuda, cudaError_t
from tensorrt_runs import bundle_of

from engines.tensorrt import TensorRTEngine, flavour
from engines.tensorrt.build import build
from engines.tensorrt.cache import Cache
from engines.tensorrt.flavour import Flavour
from engines.tensorrt.half import to_half
from engines.tensorrt.key import PRECISIONS, key_for
from offline_train.half import half_graph
from rtiass.bundle import BundleError, bundle_names
from rtiass.engine import EngineError

pytest.importorskip("tensorrt_rtx", reason="needs pip install tensorrt-rtx")

TARGETS = ("sm80", "sm86", "sm89", "sm120")
NO_DRIVER = FakeCuda(error=cudaError_t.cudaErrorInsufficientDriver, driver=0)


@pytest.fixture(scope="module")
def rtx() -> Flavour:
    return flavour.load(Flavour)


def test_these_cards_are_known(rtx: Flavour) -> None:
    assert set(TARGETS) <= set(rtx.targets())
    assert rtx.knows("sm86")
    assert not rtx.knows("sm10")


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", bundle_names())
def test_a_shipped_model_compiles(name: str, precision: str, rtx: Flavour) -> None:
    graph = bundle_of(name).onnx_bytes()
    typed = to_half(graph) if precision == "fp16" else graph
    for target in TARGETS:
        data, measured = build(rtx, typed, target, name)
        assert len(data) > 1_000_000
        assert measured == b""


@pytest.mark.parametrize("name", bundle_names())
def test_a_network_in_half_precision_of_the_training_package_compiles(name: str, rtx: Flavour) -> None:
    graph = half_graph(bundle_of(name).onnx_bytes())
    for target in TARGETS:
        assert len(build(rtx, graph, target, name)[0]) > 1_000_000


def test_building_ahead_keeps_a_file_that_is_found_again(tmp_path: Path, rtx: Flavour) -> None:
    bundle = bundle_of("band")
    cache = Cache(tmp_path)
    told: list[float] = []
    engine = TensorRTEngine(NO_DRIVER, lambda target: rtx, cache)
    (built,) = engine.build(bundle, targets=["sm86"], progress=lambda what, share: told.append(share))
    assert built.path.stat().st_size == built.size > 1_000_000
    assert cache.read(key_for(rtx, "sm86", 0, "fp32", bundle.onnx_bytes()))
    assert [entry.model for entry in cache.entries()] == ["band"]
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert len(told) > 3
    assert told == sorted(told)


def test_what_is_no_network_is_a_sentence(rtx: Flavour) -> None:
    with pytest.raises(BundleError, match=r"TensorRT for RTX can't read the network of the model 'x' \(.+\)\. Choose"):
        build(rtx, b"nothing of the kind", "sm86", "x")


def test_what_cannot_be_compiled_is_a_sentence(rtx: Flavour) -> None:
    """Turing has no single-precision products in this library."""
    graph = bundle_of("band").onnx_bytes()
    assert not rtx.knows("sm75")
    for typed in (graph, to_half(graph)):
        with pytest.raises(EngineError, match=r"can't compile the model 'band' for sm75 \(.+\)\. Update the library"):
            build(rtx, typed, "sm75", "band")


def test_a_foreign_engine_is_refused_without_a_crash(rtx: Flavour) -> None:
    runtime = rtx.trt.Runtime(rtx.logger)
    for data in (b"", b"noise" * 100, b"vtrt" + bytes(2000)):
        assert runtime.deserialize_cuda_engine(data) is None
        assert rtx.complaint() != "it gives no reason"


def test_complaints_do_not_reach_the_screen(rtx: Flavour, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BundleError):
        build(rtx, b"nothing of the kind", "sm86", "x")
    assert "".join(capfd.readouterr()) == ""


def test_the_bundle_of_the_tests_compiles_too(tiny_bundle: Path, rtx: Flavour) -> None:
    tiny = bundle_of(str(tiny_bundle))
    assert build(rtx, tiny.onnx_bytes(), "sm89", tiny.name)[0]
