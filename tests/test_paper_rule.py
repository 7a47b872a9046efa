"""From frames to one figure: the worked example of docs/paper.md, and museval's own aggregation."""

import re
from pathlib import Path

import numpy as np
import pytest
from ffmpeg_needed import NEEDS_FFMPEG

from offline_train.paper.figuring import SongJudge, over_frames, over_songs
from rtiass.stft import RATE

NAN = float("nan")
SONGS = {"A": [5.0, NAN, 7.0, 6.0], "B": [2.0, 4.0, NAN, NAN], "C": [9.0, 1.0, 8.0, NAN]}
DOC = Path(__file__).parent.parent / "docs" / "paper.md"


def test_the_worked_example():
    medians = {name: over_frames(frames) for name, frames in SONGS.items()}
    assert medians == {"A": 6.0, "B": 3.0, "C": 8.0}
    assert over_songs(SONGS.values()) == 6.0


def test_the_document_shows_this_very_example():
    text = DOC.read_text()
    for name, frames in SONGS.items():
        cells = " | ".join("undefined" if np.isnan(v) else f"{v:.1f}" for v in frames)
        assert f"| {name} | {cells} | {over_frames(frames):.1f} |" in text
    assert re.search(r"over songs.*\*\*6\.0\*\*", text)


def test_a_song_without_a_defined_frame_is_left_out():
    assert over_songs([[NAN, NAN], [1.0], []]) == 1.0
    assert np.isnan(over_songs([[NAN]]))


@NEEDS_FFMPEG
def test_museval_aggregates_alike():
    import museval

    store = museval.EvalStore(frames_agg="median", tracks_agg="median")
    for name, frames in SONGS.items():
        track = museval.TrackStore(track_name=name)
        track.add_target("vocals", dict.fromkeys(("SDR", "SIR", "ISR", "SAR"), frames))
        store.add_track(track)
    assert float(store.agg_frames_tracks_scores()["vocals"]["SDR"]) == pytest.approx(over_songs(SONGS.values()))


def test_a_frame_in_which_anything_is_silent_counts_for_nobody():
    rng = np.random.default_rng(0)
    sources = {
        name: 0.1 * rng.standard_normal((2, 3 * RATE)).astype(np.float32) for name in ("vocals", "accompaniment")
    }
    sources["vocals"][:, RATE : 2 * RATE] = 0.0
    estimates = {name: 0.7 * audio + 0.1 for name, audio in sources.items()}
    estimates["accompaniment"][:, 2 * RATE :] = 0.0
    frames = SongJudge(sources).frames(estimates)
    for figures in frames.values():
        for values in figures.values():
            assert np.isfinite(values).tolist() == [True, False, False]


def test_a_song_with_a_silent_source_has_no_frames():
    audio = np.ones((2, RATE), np.float32)
    frames = SongJudge({"vocals": audio, "bass": 0 * audio}).frames({"vocals": audio, "bass": audio})
    assert np.isnan(over_frames(frames["vocals"]["sdr"]))
    assert len(frames["vocals"]["sdr"]) == 1  # and it is counted as one that is not defined
