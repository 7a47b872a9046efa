"""An electronic song: aligned stems, each with its credits, the same again for the same seed."""

from pathlib import Path

import numpy as np
import pytest
from render_sources import make_sources, tone

from offline_train.render import electronic, synths
from offline_train.render.check import sound
from offline_train.render.cut import Cut, Sources
from offline_train.render.electronic import Studio
from offline_train.render.pool import RATE

SECONDS = 24.0


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Studio, Sources]:
    """Every kind of sound as a decaying sine."""
    pieces, sounds, at = [], {}, 0
    for kind in (*synths.PITCHES, "kick", "snare", "clap", "closed", "open", "crash", "small", "effect"):
        takes = []
        for pitch in synths.PITCHES.get(kind, (69,)):
            audio = np.round(30000 * tone(440 * 2 ** ((pitch - 69) / 12), 0.8, 1.0)).astype(np.int16)
            takes.append([pitch, at, at + len(audio)])
            pieces.append(np.stack([audio, audio], axis=1))
            at += len(audio)
        sounds[kind] = {"one": takes}
    index = tmp_path / "cache" / "synths.json"
    index.parent.mkdir(exist_ok=True)
    index.write_text(str(sounds).replace("'", '"'))
    np.save(index.with_suffix(".npy"), np.concatenate(pieces))
    sources = make_sources(tmp_path)
    voice = sources.data / "multitrack" / "eif_lithium" / "vocals.ogg"
    return Studio(index, None, ((voice, "eif"),)), sources


@pytest.mark.parametrize("seed", range(4))
def test_a_song_of_aligned_stems(studio: tuple[Studio, Sources], seed: int) -> None:
    cut = Cut("", SECONDS, seed, "train")
    made = list(electronic.produced("club_0", cut, *studio))
    sound("club_0", made)
    classes = [item.target for item, _ in made]
    assert "other" in classes and len(classes) == len(set(classes))
    assert set(classes) <= {"vocals", "drums", "bass", "other"}
    assert {item.song for item, _ in made} == {"club_0"}
    assert {len(audio) for _, audio in made} == {round(SECONDS * RATE)}
    for item, _ in made:
        assert ("Everything is Free" in item.source) == (item.target == "vocals")
        assert ("LMMS" in item.source) == (item.target != "vocals")
    again = list(electronic.produced("club_0", cut, *studio))
    for (_, first), (_, second) in zip(made, again, strict=True):
        np.testing.assert_array_equal(first, second)
