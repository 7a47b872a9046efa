"""The karaoke file is the song with its vocals at the wanted level, aligned and as long as the song."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import MakeSong
from fake_engine import fake_bundle

from rtiass.errors import UserError
from rtiass.filejob import karaoke_song, separate_song


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize(("gain", "fmt"), [(0.0, "wav"), (0.25, "wav"), (1.0, "wav"), (0.5, "flac")])
def test_vocals_are_at_the_level(
    pool: Any, make_song: MakeSong, tmp_path: Path, rate: int, gain: float, fmt: str
) -> None:
    song, sound = make_song(rate=rate)
    separate_song(song, tmp_path / "out", pool)
    vocals, _ = soundfile.read(tmp_path / "out" / "song" / "vocals.wav", dtype="float64")
    out = tmp_path / "new" / f"karaoke.{fmt}"
    result = karaoke_song(song, out, pool, vocals=gain)
    assert result.files == [out]
    assert [p.name for p in out.parent.iterdir()] == [out.name]
    karaoke, written_rate = soundfile.read(out, dtype="float64")
    assert written_rate == rate
    assert karaoke.shape == sound.shape
    assert np.abs(karaoke - (sound - (1 - gain) * vocals)).max() < 2.0**-21
    assert np.std(karaoke) > 0.1 * np.std(sound)


@pytest.mark.parametrize("name", ["out", "out.mp3", "folder.wav", "song.wav"])
def test_wrong_goals_are_a_sentence_and_nothing_is_written(
    pool: Any, make_song: MakeSong, tmp_path: Path, name: str
) -> None:
    song, _ = make_song()
    (tmp_path / "folder.wav").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=r"must end in|is a folder|would replace"):
        karaoke_song(song, tmp_path / name, pool)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_model_without_vocals_says_so(
    pool: Any, make_song: MakeSong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song, _ = make_song()
    monkeypatch.setattr(pool, "bundle", fake_bundle(stems=("drums", "other")))
    with pytest.raises(UserError, match="does not separate vocals"):
        karaoke_song(song, tmp_path / "out.wav", pool)
