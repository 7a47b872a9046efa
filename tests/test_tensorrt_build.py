"""Compiling ahead: precisions, targets, progress, and sentences for what can't be."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_cuda import FakeCuda, cudaError_t
from fake_tensorrt import proper, rtx
from tensorrt_runs import bundle_of

from engines.tensorrt import TensorRTEngine
from engines.tensorrt.cache import Cache
from rtiass.bundle import Bundle
from rtiass.engine import CompilingEngine, EngineError


@pytest.fixture
def bundle(tiny_bundle: Path) -> Bundle:
    return bundle_of(str(tiny_bundle))


def engine(folder: Path, flavour: object = rtx, *, card: bool = True) -> TensorRTEngine:
    cuda = FakeCuda() if card else FakeCuda(error=cudaError_t.cudaErrorInsufficientDriver, driver=0)
    made = flavour(cuda)  # type: ignore[operator]
    return TensorRTEngine(cuda, lambda target: made, Cache(folder))


def test_the_engine_is_one_that_compiles() -> None:
    assert isinstance(TensorRTEngine(), CompilingEngine)


def test_each_target_gets_a_file_and_is_listed(bundle: Bundle, tmp_path: Path) -> None:
    tried = engine(tmp_path, card=False)
    made = tried.build(bundle, targets=["sm80", "86", "8.9", "sm_86"])
    assert [built.detail for built in made] == [f"fp32 for sm{n}, TensorRT for RTX 1.0" for n in (80, 86, 89)]
    assert sorted(tmp_path.iterdir()) == sorted(built.path for built in made)
    assert all(built.size == built.path.stat().st_size > 1000 for built in made)
    assert sorted(tried.built(), key=lambda built: built.path) == sorted(made, key=lambda built: built.path)


def test_without_targets_it_is_for_this_card(bundle: Bundle, tmp_path: Path) -> None:
    (built,) = engine(tmp_path).build(bundle, precision="fp16")
    assert built.detail == "fp16 for sm86, TensorRT for RTX 1.0"


def test_without_targets_and_card_it_says_what_to_name(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"no NVIDIA driver.*name it: --target sm86"):
        engine(tmp_path, card=False).build(bundle)


def test_a_library_that_needs_the_card_says_so(bundle: Bundle, tmp_path: Path) -> None:
    (built,) = engine(tmp_path, proper).build(bundle, targets=["sm86"])
    assert built.detail == "fp32 for sm86, TensorRT 10.0"
    for card in (True, False):
        with pytest.raises(EngineError, match=r"only for the card of this machine.*pip install"):
            engine(tmp_path, proper, card=card).build(bundle, targets=["sm89"])


@pytest.mark.parametrize("text", ["", "sm", "rtx4090", "sm8", "8.6.1", "86x"])
def test_what_is_no_target_is_told(text: str, bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is no compute capability"):
        engine(tmp_path).build(bundle, targets=[text])


def test_what_is_no_precision_is_told(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="fp32 or fp16, not 'int8'"):
        engine(tmp_path).build(bundle, precision="int8")


def test_progress_goes_from_nothing_to_all_for_each(bundle: Bundle, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    engine(tmp_path).build(bundle, targets=["sm80", "sm86"], progress=lambda what, share: told.append((what, share)))
    assert told == [(f"tiny fp32 {target}", share) for target in ("sm80", "sm86") for share in (0.0, 0.5, 1.0)]


def test_a_result_that_cannot_be_kept_is_an_error(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="can't be kept"):
        engine(tmp_path / "file").build(bundle)
