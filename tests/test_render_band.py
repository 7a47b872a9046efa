"""A full band: aligned stems of their classes, the same again for the same seed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from render_sources import make_sources

from offline_train.lineup import CLASSES
from offline_train.render.band import Band, arranged
from offline_train.render.check import sound
from offline_train.render.cut import Cut
from offline_train.render.mix import split_drums
from offline_train.render.pop909 import Note
from offline_train.render.resources import VALID_FONT, Places

FONT = Places().soundfonts / VALID_FONT[0]
needs_synth = pytest.mark.skipif(
    shutil.which("mma") is None or shutil.which("fluidsynth") is None or not FONT.is_file(),
    reason="needs mma, fluidsynth and timgm6mb-soundfont (apt-get install)",
)


def test_shakers_are_not_drum_pieces() -> None:
    notes = (Note(1.0, 1.1, 36, 90), Note(0.5, 0.6, 70, 50), Note(0.2, 0.3, 38, 80))
    hits, small = split_drums(notes)
    assert [hit.piece for hit in hits] == ["snare", "kick"]
    assert [note.pitch for note in small] == [70]


@needs_synth
def test_a_song_of_aligned_stems(tmp_path: Path) -> None:
    sources = make_sources(tmp_path, (FONT,))
    cut = Cut("001", 6.0, 4, "train")
    made = list(arranged("band_0", cut, Band("Millo-Drums_v.1", "growlybass", None), sources))
    sound("band_0", made)
    classes = [item.target for item, _ in made]
    assert {"drums", "bass"} <= set(classes) <= set(CLASSES)
    assert len(classes) == len(set(classes)) >= 3
    assert {item.song for item, _ in made} == {"band_0"}
    assert {len(audio) for _, audio in made} == {6 * 44100}
    assert all("MMA grooves" in item.source for item, _ in made)
    again = list(arranged("band_0", cut, Band("Millo-Drums_v.1", "growlybass", None), sources))
    for (_, first), (_, second) in zip(made, again, strict=True):
        np.testing.assert_array_equal(first, second)
