"""MMA arranges a song's chords; what comes of it lies on the song's beats and is classified by name and program."""

import shutil
from pathlib import Path

import mido
import numpy as np
import pytest

from offline_train.render import chart
from offline_train.render.chart import arrange, chord_name, draw_grooves, grooves, tracks, write
from offline_train.render.pop909 import Chord, Score
from offline_train.render.resources import Places
from offline_train.render.tracks import Track
from rtiass.errors import UserError

needs_mma = pytest.mark.skipif(shutil.which("mma") is None, reason="needs mma (apt-get install mma)")


def score(seconds: float = 16.0) -> Score:
    beats = np.arange(0.25, seconds, 0.5)
    chords = (Chord(0.25, 8.25, 0, (0, 4, 7)), Chord(8.25, seconds, 9, (0, 3, 7, 10)))
    return Score("small", seconds, (), (), (), chords, beats, np.arange(len(beats)) % 4 == 1)


def test_chord_names() -> None:
    assert chord_name(10, (0, 4, 7, 11)) == "BbM7"
    assert chord_name(1, (0, 3, 9)) == "Dbm"


def test_chart_begins_at_a_bar_and_changes_style_in_the_middle() -> None:
    lines = write(score(), ("Folk", "FolkWalk"), 5).splitlines()
    assert lines[:3] == ["RndSeed 5", "Tempo 120.00", "Groove Folk"]
    assert lines[3] == "1 C / / /"
    assert lines.index("Groove FolkWalk") == 3 + 3
    assert lines[7] == "4 C / / Am7"
    assert lines[-1].endswith("Am7 / / /")


def test_tracks_are_classified_and_laid_over_the_beats() -> None:
    midi = mido.MidiFile(ticks_per_beat=192)
    for name, channel, program in (("Bass-Low", 1, 25), ("Chord", 2, 53), ("Drum-Kick", 9, 0)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=channel, program=program))
        track.append(mido.Message("note_on", channel=channel, note=40, velocity=80, time=4 * 192))
        track.append(mido.Message("note_off", channel=channel, note=40, time=192))
        midi.tracks.append(track)
    found = {track.name: track for track in tracks(midi, score())}
    assert (found["Bass-Low"].target, found["Bass-Low"].program) == ("bass", 33)
    assert (found["Chord"].target, found["Chord"].program) == ("other", 48), "no sampled voices in an accompaniment"
    assert found["Drum-Kick"].target == "drums"
    note = found["Chord"].notes[0]
    assert (note.start, note.end) == pytest.approx((2.75, 3.25))


@needs_mma
def test_an_arrangement_is_the_same_for_the_same_seed() -> None:
    first, second, third = (arrange(score(), ("PopBallad", "PopBalladSus"), seed) for seed in (3, 3, 4))
    assert first == second
    assert first != third
    assert {"drums", "bass"} <= {track.target for track in first}
    assert all(isinstance(track, Track) and track.notes for track in first)
    assert max(n.end for track in first for n in track.notes) <= 16.0


@needs_mma
def test_grooves_are_in_four_four_without_fills() -> None:
    known = grooves(Places().grooves)
    assert len(known) > 50
    assert not any("waltz" in name for name in known if name != "none")
    assert not any(n.lower().endswith(("intro", "end", "fill")) for names in known.values() for n in names)
    drawn = {draw_grooves(Places().grooves, np.random.default_rng(seed)) for seed in range(20)}
    assert len(drawn) > 15


def test_no_grooves_name_the_package(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="install mma"):
        grooves(tmp_path)


def test_no_arranger_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="install mma"):
        arrange(score(), ("Folk", "Folk"), 1)


@needs_mma
def test_a_chart_that_mma_refuses_names_the_song(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart, "chord_name", lambda root, shape: "Nonsense")
    with pytest.raises(UserError, match=r"small.*Folk"):
        arrange(score(), ("Folk", "Folk"), 1)
