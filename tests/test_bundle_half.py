"""A bundle may have its network in FP16 too; who doesn't ask for it never sees it, and it has a sum of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from networks import SMALL, card, exported, random_network
from typer.testing import CliRunner

from offline_train.cli import app
from offline_train.export import add_half, export_bundle
from offline_train.half import half_graph
from rtiass.bundle import CARD, HALF_GRAPH, SUMS, BundleError, load_bundle, sha256_sums
from rtiass.engine import checked_graph


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A bundle with both networks."""
    network = random_network(**SMALL)
    export_bundle(network, network.config, card(), tmp_path / "both", half=True)
    return tmp_path / "both"


def test_export_writes_it_with_its_sum(both: Path) -> None:
    names = [line.split()[1] for line in (both / SUMS).read_text().splitlines()]
    assert names == [CARD, "model.onnx", HALF_GRAPH, "weights.safetensors"]
    bundle = load_bundle(both)
    assert bundle.half_onnx_bytes() == half_graph(bundle.onnx_bytes()) == checked_graph(bundle, half=True)


def test_a_bundle_without_it_says_so() -> None:
    bundle = exported("small")[1]
    assert bundle.half_onnx_bytes() is None
    with pytest.raises(BundleError, match=r"no network in FP16.*rtiass-train fp16"):
        checked_graph(bundle, half=True)


@pytest.mark.parametrize("harm", ["changed", "unnamed", "link"])
def test_damage_is_told_to_those_who_ask_and_to_nobody_else(both: Path, harm: str) -> None:
    path = both / HALF_GRAPH
    if harm == "changed":
        path.write_bytes(path.read_bytes() + b"#")
    elif harm == "unnamed":
        (both / SUMS).write_text(sha256_sums(both, [CARD, "model.onnx", "weights.safetensors"]))
    else:
        path.rename(both.parent / "elsewhere")
        path.symlink_to(both.parent / "elsewhere")
    bundle = load_bundle(both)
    assert bundle.onnx_bytes()
    with pytest.raises(BundleError, match=HALF_GRAPH):
        bundle.half_onnx_bytes()


def test_what_is_changed_after_loading_is_not_taken(both: Path) -> None:
    bundle = load_bundle(both)
    (both / HALF_GRAPH).write_bytes(b"another")
    (both / SUMS).write_text(sha256_sums(both, [CARD, "model.onnx", HALF_GRAPH]))
    with pytest.raises(BundleError, match="check sum"):
        bundle.half_onnx_bytes()


def test_it_is_added_to_a_bundle_that_is_there(tmp_path: Path) -> None:
    source, out = exported("small")[1].path, tmp_path / "out"
    result = CliRunner().invoke(app, ["fp16", str(source), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert f"{out / HALF_GRAPH} written" in result.output.replace("\n", "")
    for path in source.iterdir():
        if path.name != SUMS:
            assert (out / path.name).read_bytes() == path.read_bytes()
    assert not (source / HALF_GRAPH).exists()
    assert load_bundle(out).half_onnx_bytes()


def test_in_place_it_is_added_once(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(exported("small")[1].path, folder)
    add_half(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    add_half(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
