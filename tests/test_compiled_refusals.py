"""What the compiled engine can't run it refuses in a sentence that tells what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from networks import exported

from engines.compiled import CompiledEngine
from engines.compiled.weights import read_weights
from rtiass.bundle import BundleError, load_bundle, sha256_sums
from rtiass.engine import EngineError


def test_it_is_here() -> None:
    probe = CompiledEngine().probe()
    assert probe.available
    assert "bits" in probe.detail


def test_a_network_of_another_kind() -> None:
    with pytest.raises(EngineError, match=r"of the kind 'iass'.*--engine onnxruntime"):
        CompiledEngine().open(exported("iass")[1])


def test_no_weights(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    copytree(exported("small")[1].path, folder)
    (folder / "weights.safetensors").unlink()
    names = [path.name for path in folder.iterdir() if path.name != "SHA256SUMS"]
    (folder / "SHA256SUMS").write_text(sha256_sums(folder, names))
    with pytest.raises(EngineError, match="no weights beside its graph"):
        CompiledEngine().open(load_bundle(folder))


def test_a_card_of_another_network() -> None:
    bundle = exported("small")[1]
    with pytest.raises(BundleError, match="don't fit the network on its card"):
        CompiledEngine().open(replace(bundle, stems=bundle.stems[:2]))


def test_no_threads() -> None:
    with pytest.raises(BundleError, match="1 or more"):
        CompiledEngine().open(exported("small")[1], threads=0)


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, (5).to_bytes(8, "little") + b"[1,2]", bytes(8)])
def test_damaged_weights(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_weights(data)
