"""``rtiass.load`` gives a separator for blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_engine import FakeSession, decibels, delayed, fake_bundle, music

import rtiass


def test_blocks_of_a_real_bundle(tiny_bundle: Path) -> None:
    separator = rtiass.load(tiny_bundle, mode="tight", channels=1)
    assert isinstance(separator, rtiass.StreamingSeparator)
    assert separator.latency_samples == 1024
    sound = music(20_000, 1)
    out = []
    for start in range(0, len(sound), 441):
        stems = separator.process(sound[start : start + 441])
        assert list(stems) == ["vocals", "drums", "bass", "other"]
        out.append(sum(stem.copy() for stem in stems.values()))
    assert decibels(np.concatenate(out) - delayed(sound, 1024), sound) < -120


def test_buses_are_mixed(tiny_bundle: Path) -> None:
    buses = {"karaoke": {"drums": 1.0, "bass": 1.0, "other": 1.0}}
    separator = rtiass.load(tiny_bundle, buses=buses)
    assert list(separator.process(music(100))) == ["karaoke"]


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "fast"}, {"gate": "shut"}, {"channels": 3}, {"engine": "abacus"}, {"buses": {"a": {"horn": 1.0}}}],
)
def test_wrong_wishes_are_sentences(tiny_bundle: Path, wrong: dict) -> None:
    with pytest.raises(rtiass.UserError) as caught:
        rtiass.load(tiny_bundle, **wrong)
    assert str(caught.value).endswith(".")


def test_a_fall_back_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtiass.api.load_bundle", lambda name: fake_bundle())
    monkeypatch.setattr("rtiass.api.choose", lambda *a: ("slow", FakeSession(), "Fell back to 'slow': no GPU."))
    with pytest.warns(RuntimeWarning, match="Fell back to 'slow'"):
        rtiass.load()


def test_nothing_else_is_offered_by_accident() -> None:
    with pytest.raises(AttributeError, match="no attribute 'spleeter'"):
        _ = rtiass.spleeter
    assert {"load", "separate", "separate_to", "Separation"} <= set(dir(rtiass))
