"""Any MIDI file becomes aligned class stems; tempo changes are followed, and its licence must be known."""

import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
from render_sources import make_sources

from offline_train.render import tracks
from offline_train.render.check import sound
from offline_train.render.credit import credit_of_folder
from offline_train.render.cut import Cut
from offline_train.render.midisong import played
from offline_train.render.resources import VALID_FONT, Places
from rtiass.errors import UserError

FONT = Places().soundfonts / VALID_FONT[0]


def write_midi(path: Path) -> Path:
    """Bass, piano and drums; twice as fast from the second half on."""
    midi = mido.MidiFile(ticks_per_beat=480)
    head = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1000000, time=0)])
    head.append(mido.MetaMessage("set_tempo", tempo=500000, time=480 * 4))
    midi.tracks.append(head)
    for name, channel, program, note in (
        ("low", 0, 33, 40),
        ("keys", 1, 1, 64),
        ("beat", 9, 0, 36),
        ("sea", 2, 122, 60),
    ):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=channel, program=program))
        for _ in range(8):
            track.append(mido.Message("note_on", channel=channel, note=note, velocity=90, time=240))
            track.append(mido.Message("note_off", channel=channel, note=note, time=240))
        midi.tracks.append(track)
    midi.save(path)
    return path


def test_times_follow_the_tempo_and_noises_are_left_out(tmp_path: Path) -> None:
    found = {track.target: track for track in tracks.read(write_midi(tmp_path / "a.mid"))}
    assert set(found) == {"bass", "piano", "drums"}
    starts = [note.start for note in found["piano"].notes]
    assert starts == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.25, 4.75, 5.25, 5.75])


def test_an_excerpt_is_cut_moved_and_transposed_without_the_drums(tmp_path: Path) -> None:
    whole = tracks.read(write_midi(tmp_path / "a.mid"))
    found = {track.target: track for track in tracks.cut(whole, 1.0, 1.0, 2.0, 3)}
    assert [note.start for note in found["bass"].notes] == pytest.approx([0.25, 0.75])
    assert found["bass"].notes[0].pitch == 43
    assert found["drums"].notes[0].pitch == 36
    assert max(note.end for track in found.values() for note in track.notes) <= 1.0


@pytest.mark.parametrize("content", [b"", b"MThd", b"RIFF and so on"])
def test_a_bad_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "torn.mid").write_bytes(content)
    with pytest.raises(UserError, match=r"torn\.mid"):
        tracks.read(tmp_path / "torn.mid")


def test_a_file_without_notes_is_named(tmp_path: Path) -> None:
    mido.MidiFile().save(tmp_path / "empty.mid")
    with pytest.raises(UserError, match=r"empty\.mid has no notes"):
        tracks.read(tmp_path / "empty.mid")


def test_the_folder_says_its_licence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"CREDIT\.txt"):
        credit_of_folder(tmp_path)
    (tmp_path / "CREDIT.txt").write_text("My songs\nCC0-1.0\nMe\n")
    credit = credit_of_folder(tmp_path)
    assert (credit.source, credit.licence, credit.credit) == ("My songs", "CC0-1.0", "Me")


@pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not FONT.is_file(),
    reason="needs fluidsynth and timgm6mb-soundfont (apt-get install)",
)
def test_stems_are_aligned_and_credited(tmp_path: Path) -> None:
    sources = make_sources(tmp_path, (FONT,))
    (tmp_path / "CREDIT.txt").write_text("My songs\nCC0-1.0\nMe\n")
    path, credit = write_midi(tmp_path / "a.mid"), credit_of_folder(tmp_path)
    made = list(played("m", path, credit, Cut("001", 3.0, 1, "train"), "Millo-Drums_v.1", None, sources))
    sound("m", made)
    assert {item.target for item, _ in made} == {"bass", "piano", "drums"}
    assert {len(audio) for _, audio in made} == {3 * 44100}
    assert all(item.licence.endswith("CC0-1.0") and item.credit.endswith("Me") for item, _ in made)
    assert all(np.abs(audio).max() > 0.01 for _, audio in made)
