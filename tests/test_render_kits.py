"""Drum kits are read with their layers; velocity chooses the layer, and round robins take turns."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from render_sources import write_kit

from offline_train.render import drums, kits
from offline_train.render.groove import Hit
from offline_train.render.samples import Sample, pick
from rtiass.errors import UserError


@pytest.mark.parametrize(
    ("name", "piece"),
    [
        ("Pearl Kick", "kick"),
        ("c3 - bass drum 1", "kick"),
        ("Snare (Pearl Free Floating Maple 14x3.5)", "snare"),
        ("Rim Click (Pearl)", "sidestick"),
        ("Snare Rimshot (Pearl)", "snare"),
        ("Tom Hi", "tom1"),
        ("Pearl Tom 2", "tom2"),
        ("Floor Tom", "tom3"),
        ("Sabian Hat Pedal", "pedal"),
        ("Closed HH", "closed"),
        ("Hi Hat Opened", "open"),
        ("Crash/Ride (Paiste)", "crash1"),
        ("ride-cup", "bell"),
        ("Ride Jazz", "ride"),
        ("Snare Roll", None),
        ("Cowbell", None),
        ("17", None),
    ],
)
def test_names_of_instruments(name: str, piece: str | None) -> None:
    assert kits.piece_of(name) == piece


def test_every_piece_has_samples_or_a_stand_in(tmp_path: Path) -> None:
    write_kit(tmp_path / "tiny")
    kit = kits.load("tiny", tmp_path / "tiny")
    assert set(kit.pieces) == set(kits.PIECES)
    assert [sample.loudness for sample in kit.pieces["kick"][0]] == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert kit.pieces["tom3"] == kit.pieces["kick"] or kit.pieces["tom3"] == kit.pieces["snare"]


def test_a_kit_without_a_snare_is_told(tmp_path: Path) -> None:
    write_kit(tmp_path / "poor")
    path = tmp_path / "poor" / "drumkit.xml"
    path.write_text(path.read_text().replace("Snare", "Cowbell"))
    with pytest.raises(UserError, match="poor"):
        kits.load("poor", tmp_path / "poor")


def layer(number: int, loudness: float) -> Sample:
    return Sample(Path(f"{number}.wav"), "snare", 0, loudness, 0, 100)


def test_velocity_chooses_the_layer(tmp_path: Path) -> None:
    write_kit(tmp_path / "tiny")
    layers = list(kits.load("tiny", tmp_path / "tiny").pieces["kick"][0])
    rng = np.random.default_rng(0)
    for loudness, expected in ((0.1, 0), (0.6, 1), (0.95, 2)):
        assert {pick(layers, loudness, rng) for _ in range(10)} == {layers[expected]}


def test_round_robins_take_turns() -> None:
    robins = [layer(0, 0.5), layer(1, 0.5), layer(2, 0.52), layer(3, 1.0)]
    rng, last, heard = np.random.default_rng(1), None, []
    for _ in range(40):
        last = pick(robins, 0.5, rng, last)
        heard.append(last)
    assert set(heard) == set(robins[:3])
    assert all(first != second for first, second in pairwise(heard))


def test_louder_strokes_sound_louder(tmp_path: Path) -> None:
    write_kit(tmp_path / "tiny", layers=5)
    kit = kits.load("tiny", tmp_path / "tiny")
    hits = [Hit(0.1, "kick", 30), Hit(1.1, "kick", 127)]
    gains = []
    for seed in range(5):
        audio = drums.play(hits, kit, 2.0, np.random.default_rng(seed))
        gains.append(np.abs(audio[44100:]).max() / np.abs(audio[:44100]).max())
    assert np.median(gains) > 1.5


def test_a_closing_stroke_ends_the_open_hat() -> None:
    hits = [Hit(0.0, "open", 90), Hit(0.2, "kick", 90), Hit(0.5, "closed", 90), Hit(0.7, "open", 90)]
    assert drums._closing(hits) == [22050, None, None, None]
