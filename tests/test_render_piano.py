"""The sampled piano takes the layer of the velocity and the nearest note."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from render_sources import tone

from offline_train.render import piano
from offline_train.render.pop909 import Chord, Note
from rtiass.errors import UserError


def write_piano(folder: Path) -> Path:
    inner = folder / "v" / "package" / "audio"
    inner.mkdir(parents=True)
    for layer, gain in ((4, 0.1), (14, 0.6)):
        for name, hz in (("A3", 220.0), ("D#4", 311.13)):
            soundfile.write(inner / f"{name}v{layer}.ogg", tone(hz, 1.0, gain), 44100, format="OGG", subtype="VORBIS")
    return folder


def pitch(audio: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(audio.mean(axis=1), 1 << 18))
    return float(np.fft.rfftfreq(1 << 18, 1 / 44100)[np.argmax(spectrum)])


def test_names_become_pitches_and_layers(tmp_path: Path) -> None:
    found = {(sample.pitch, sample.loudness) for sample in piano.bank(write_piano(tmp_path))}
    assert found == {(57, 0.25), (63, 0.25), (57, 0.875), (63, 0.875)}


@pytest.mark.parametrize("note", [57, 59, 62])
def test_pitch_follows_the_note(tmp_path: Path, note: int) -> None:
    audio = piano.play((Note(0.1, 0.9, note, 100),), write_piano(tmp_path), 1.2, np.random.default_rng(0))
    assert abs(12 * np.log2(pitch(audio) / 440) + 69 - note) < 0.5


def test_soft_and_loud_are_different_layers(tmp_path: Path) -> None:
    folder = write_piano(tmp_path)
    peaks = []
    for velocity in (25, 120):
        audio = piano.play((Note(0.1, 0.9, 57, velocity),), folder, 1.0, np.random.default_rng(0))
        peaks.append(np.abs(audio).max())
    assert peaks[1] > 3 * peaks[0]


def test_the_pedal_holds_to_the_end_of_the_chord() -> None:
    notes = piano.pedalled((Note(0.0, 0.2, 60, 90), Note(3.0, 3.2, 60, 90)), (Chord(0.0, 2.0, 0, (0, 4, 7)),))
    assert [note.end for note in notes] == [2.0, 3.2]


def test_an_empty_folder_names_the_packages(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="piano-velocity"):
        piano.bank(tmp_path)
