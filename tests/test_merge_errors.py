"""Bundles that don't go together are told in a sentence, and nothing is written."""

from __future__ import annotations

import shutil
from dataclasses import replace

import onnx
import pytest
from merged_parts import FOLDER, bundle_of, target
from networks import SMALL, random_network

from engines.pytorch import PyTorchEngine
from offline_train.merging import graph as graphs
from offline_train.merging.graph import merged_graph
from offline_train.merging.merge import merge
from offline_train.merging.parts import MergeError, line_up
from rtiass.bundle import BundleError, load_bundle, sha256_sums
from rtiass.errors import UserError


@pytest.fixture(scope="module")
def drums():
    return target("drums")


@pytest.fixture(scope="module")
def bass():
    return target("bass")


def test_one_bundle_is_not_enough(drums, tmp_path):
    with pytest.raises(MergeError, match=r"needs two bundles or more\. Name their folders"):
        merge([drums.path], tmp_path / "made")


def test_two_parts_that_give_the_same_stem(drums, tmp_path):
    with pytest.raises(MergeError, match=r"Both .*band and .*one-drums give the stem 'drums'.*leave one"):
        merge(["band", drums.path], tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_a_bundle_that_is_not_there(drums, tmp_path):
    with pytest.raises(BundleError, match="There is no model 'nowhere'"):
        merge([drums.path, "nowhere"], tmp_path / "made")


def test_too_many_stems():
    many = [
        bundle_of(
            random_network(0, **{**SMALL, "stems": 9}), f"many-{part}", [*(f"{part}{i}" for i in range(8)), "other"]
        )
        for part in ("a", "b")
    ]
    with pytest.raises(MergeError, match=r"have 17 stems; a model may have 16\. Merge fewer"):
        line_up(many)


def test_too_many_states(drums, bass):
    states = tuple((f"state{i}", (1,)) for i in range(200))
    with pytest.raises(MergeError, match=r"have 400 states; a model may have 256"):
        line_up([replace(drums, states=states), replace(bass, states=states)])


def test_states_that_are_too_large(drums, bass):
    states = (("wide", (1, 10_000_000)),)
    with pytest.raises(MergeError, match=r"have 20000000 values of states; a model may have 16777216"):
        line_up([replace(drums, states=states), replace(bass, states=states)])


def test_networks_that_are_too_large_together(drums, bass, monkeypatch):
    monkeypatch.setattr(graphs, "MAX_MODEL_BYTES", 5_000_000)
    parts = [drums, bass]
    with pytest.raises(MergeError, match=r"take 6 MB; a model's may take 5\. Merge fewer"):
        merged_graph(parts, line_up(parts), "x")


def test_more_work_than_a_network_may_have(drums, bass, monkeypatch):
    parts = [drums, bass]
    line = line_up(parts)
    monkeypatch.setattr("rtiass.onnxcheck.MAX_WORK", 50_000_000)
    with pytest.raises(MergeError, match=r"too much for one model\. Merge fewer of them\. .*memory or time"):
        merged_graph(parts, line, "x")


def test_operator_sets_that_differ(drums, bass):
    model = onnx.load_from_string(bass.onnx_bytes())
    model.opset_import[0].version = 18
    parts = [drums, replace(bass, _graph=model.SerializeToString())]
    with pytest.raises(MergeError, match=r"operator sets \(17 and 18\)\. Export both"):
        merged_graph(parts, line_up(parts), "x")


def test_a_network_that_is_not_what_its_card_says(drums, bass):
    parts = [drums, replace(bass, _graph=load_bundle("band").onnx_bytes())]
    with pytest.raises(MergeError, match="other inputs or outputs than its card says"):
        merged_graph(parts, line_up(parts), "x")


def test_a_part_s_own_folder_is_not_written_over(drums, bass):
    before = (drums.path / "card.toml").read_bytes()
    with pytest.raises(MergeError, match="one of the bundles to be merged"):
        merge([drums.path, bass.path], drums.path)
    assert (drums.path / "card.toml").read_bytes() == before


def test_a_folder_of_something_else_is_left_as_it_is(drums, bass, tmp_path):
    (tmp_path / "songs.txt").write_text("mine")
    with pytest.raises(UserError, match="is there and is no bundle"):
        merge([drums.path, bass.path], tmp_path)
    assert (tmp_path / "songs.txt").read_text() == "mine"


def test_a_bundle_that_is_there_is_replaced(drums, bass, tmp_path):
    out = tmp_path / "made"
    merge([drums.path, bass.path], out)
    assert merge([bass.path, drums.path], out).stems[0] == "bass"


def test_without_a_part_s_weights_pytorch_says_so_and_the_others_run(drums, bass, tmp_path):
    bare = FOLDER / "bare"
    shutil.copytree(bass.path, bare, dirs_exist_ok=True)
    (bare / "weights.safetensors").unlink(missing_ok=True)
    (bare / "SHA256SUMS").write_text(sha256_sums(bare, ["card.toml", "model.onnx"]))
    made = merge([drums.path, bare], tmp_path / "made")
    assert made.weights_bytes() is None and "network" not in made.card
    with pytest.raises(BundleError, match=r"no weights for PyTorch\. Choose another engine"):
        PyTorchEngine().open(made)
