"""A merged model's masks are its parts', run beside each other; they are scaled down only where they sum to more than 1."""

from __future__ import annotations

import numpy as np
import pytest
from merged_parts import FOLDER, TARGETS, bundle_of, random_target, six_targets, steps, target
from networks import SMALL, random_network
from tensorrt_runs import frames

from engines.onnxruntime import OnnxRuntimeEngine
from engines.pytorch import PyTorchEngine
from offline_train.merging.merge import merge
from rtiass.bundle import load_bundle

FRAMES = frames(300)
FEW = FRAMES[:40]


def test_six_targets_are_the_parts_beside_each_other_where_they_sum_to_less_than_one():
    masks, activity = steps(six_targets(), FRAMES)
    parts = [steps(target(stem), FRAMES) for stem in TARGETS]
    alone = np.stack([mask[:, 0] for mask, _ in parts], axis=1)
    total = alone.sum(axis=1)
    below = np.broadcast_to((total <= 1.0)[:, None], alone.shape)
    assert below.mean() > 0.9
    np.testing.assert_allclose(masks[:, :-1][below], alone[below], atol=1e-6)
    np.testing.assert_allclose(masks[:, -1], np.maximum(0.0, 1.0 - total), atol=1e-6)
    for index, (_, active) in enumerate(parts):
        np.testing.assert_allclose(activity[:, index], active[:, 0], atol=1e-6)


def test_a_model_taken_apart_and_merged_is_the_model_again():
    masks, activity = steps(six_targets(), FRAMES[:100])
    whole, active = steps(load_bundle("six"), FRAMES[:100])
    np.testing.assert_allclose(masks, whole, atol=1e-5)
    np.testing.assert_allclose(activity[:, :-1], active[:, :-1], atol=1e-6)


@pytest.fixture(scope="module")
def crowded():
    """Masks of three random networks, and those of their merging."""
    parts = [random_target("vocals", 1), random_target("drums", 2), random_target("bass", 3)]
    made = merge([part.path for part in parts], FOLDER / "crowded")
    return made, steps(made, FRAMES), [steps(part, FRAMES) for part in parts]


def test_where_masks_sum_to_more_than_one_they_are_scaled_and_nothing_is_left(crowded):
    _, (masks, _), parts = crowded
    alone = np.stack([mask[:, 0] for mask, _ in parts], axis=1)
    total = alone.sum(axis=1, keepdims=True)
    assert (total > 1.1).any() and (total < 0.9).any()
    np.testing.assert_allclose(masks[:, :-1], alone / np.maximum(total, 1.0), atol=1e-6)
    assert masks[:, -1][total[:, 0] > 1.0].max() < 1e-6


@pytest.mark.parametrize("of", ["six", "crowded"])
def test_masks_sum_to_one_and_none_is_negative(of, crowded):
    masks = crowded[1][0] if of == "crowded" else steps(six_targets(), FEW)[0]
    np.testing.assert_allclose(masks.sum(axis=1), 1.0, atol=1e-6)
    assert masks.min() >= 0.0


def test_the_rest_is_as_active_as_the_least_active_rest():
    parts = []
    for seed, stems in enumerate((["drums", "other"], ["vocals", "bass", "other"])):
        network = random_network(seed, **{**SMALL, "stems": len(stems)})
        parts.append(bundle_of(network, "-".join(stems), stems))
    made = merge([part.path for part in parts], FOLDER / "rests")
    activity = steps(made, FEW)[1]
    rests = np.stack([steps(part, FEW)[1][:, -1] for part in parts])
    np.testing.assert_allclose(activity[:, -1], rests.min(axis=0), atol=1e-6)
    assert np.abs(rests[0] - rests[1]).min() > 1e-3


def test_a_part_that_looks_less_far_ahead_waits():
    early, late = random_target("vocals", 1), random_target("drums", 2, causal=False)
    made = merge([early.path, late.path], FOLDER / "waiting")
    wait = late.lookahead
    soon = late.activity_lookahead
    assert made.lookahead == wait > made.activity_lookahead == soon > early.lookahead == 0
    masks, activity = steps(made, FEW)
    (first, active), (second, other) = steps(early, FEW), steps(late, FEW)
    alone = np.stack([first[:-wait, 0], second[wait:, 0]], axis=1)
    scale = np.maximum(alone.sum(axis=1, keepdims=True), 1.0)
    np.testing.assert_allclose(masks[wait:, :-1], alone / scale, atol=1e-6)
    np.testing.assert_allclose(activity[soon:, 0], active[:-soon, 0], atol=1e-6)
    np.testing.assert_allclose(activity[:, 1], other[:, 0], atol=1e-6)
    assert not masks[:wait, 0].any() and not activity[:soon, 0].any()


def test_states_are_kept_from_frame_to_frame_and_forgotten_at_a_reset(crowded):
    session = OnnxRuntimeEngine().open(crowded[0], threads=1)
    first = session.step(FEW[0])[0].copy()
    second = session.step(FEW[0])[0].copy()
    session.reset()
    again = session.step(FEW[0])[0].copy()
    assert not np.allclose(first, second, atol=1e-3)
    np.testing.assert_array_equal(first, again)


def test_a_merged_model_can_be_a_part_again(crowded):
    made = merge([crowded[0].path, random_target("piano", 4).path], FOLDER / "again")
    assert made.stems == ("vocals", "drums", "bass", "piano", "accompaniment")
    masks, _ = steps(made, FEW)
    alone = np.concatenate([steps(crowded[0], FEW)[0][:, :-1], steps(random_target("piano", 4), FEW)[0][:, :1]], axis=1)
    np.testing.assert_allclose(masks[:, :-1], alone / np.maximum(alone.sum(axis=1, keepdims=True), 1.0), atol=1e-6)


@pytest.mark.parametrize("name", ["six-targets", "crowded", "waiting", "again"])
def test_pytorch_says_the_same(name, crowded):
    bundle = six_targets() if name == "six-targets" else load_bundle(FOLDER / name)
    session = PyTorchEngine().open(bundle, threads=1)
    masks, activity = steps(bundle, FEW)
    for frame, mask, active in zip(FEW, masks, activity, strict=True):
        other, other_active = session.step(frame)
        np.testing.assert_allclose(other, mask, atol=1e-5)
        np.testing.assert_allclose(other_active, active, atol=1e-5)
