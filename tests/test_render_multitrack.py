"""Files of a song become aligned class stems."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from offline_train.render.multitrack import change_speed, song_stems
from rtiass.errors import UserError


def write(path: Path, audio: np.ndarray) -> None:
    soundfile.write(path, audio, 44100, format="OGG", subtype="VORBIS")


def test_residues_go_to_other_and_lengths_agree(tmp_path: Path) -> None:
    t = np.arange(44100) / 44100
    low, high = 0.3 * np.sin(2 * np.pi * 220 * t), 0.2 * np.sin(2 * np.pi * 880 * t)
    for name, audio in (("other", low), ("ambiguous", high[:44000]), ("drums", low)):
        write(tmp_path / f"{name}.ogg", audio)
    stems = song_stems(tmp_path, 1.0)
    assert set(stems) == {"other", "drums"}
    assert len({len(audio) for audio in stems.values()}) == 1
    spectrum = np.abs(np.fft.rfft(stems["other"][:, 0]))
    bins = np.fft.rfftfreq(len(stems["other"]), 1 / 44100)
    assert spectrum[np.argmin(np.abs(bins - 880))] > 0.5 * spectrum[np.argmin(np.abs(bins - 220))]


def test_loud_sums_are_lowered_together(tmp_path: Path) -> None:
    t = np.arange(44100) / 44100
    tone = 0.8 * np.sin(2 * np.pi * 330 * t)
    for name in ("other", "ambiguous", "vocals"):
        write(tmp_path / f"{name}.ogg", tone)
    stems = {name: audio / 32767 for name, audio in song_stems(tmp_path, 1.0).items()}
    assert np.abs(stems["other"]).max() <= 0.991
    ratio = np.sqrt(np.square(stems["other"]).mean() / np.square(stems["vocals"]).mean())
    assert abs(ratio - 2.0) < 0.05


def test_speed_moves_pitch_and_length() -> None:
    t = np.arange(44100) / 44100
    fast = change_speed(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 1.16)
    assert abs(len(fast) - 44100 / 1.16) < 3
    spectrum = np.abs(np.fft.rfft(fast))
    assert abs(np.argmax(spectrum) * 44100 / len(fast) - 1160) < 3


def test_finer_stems_add_up_to_the_last_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole, split = tmp_path / "whole", tmp_path / "split"
    for folder in (whole, split):
        folder.mkdir()
    for name in ("drums", "guitar", "other", "piano"):
        write(split / f"{name}.ogg", 0.25 * rng.standard_normal((4410, 2)))
    for name in ("drums", "guitar", "other", "piano"):
        link = "ambiguous" if name == "guitar" else name
        (whole / f"{link}.ogg").hardlink_to(split / f"{name}.ogg")
    fine, coarse = song_stems(split, 1.0), song_stems(whole, 1.0)
    assert set(fine) == {"drums", "electric_guitar", "piano", "other"}
    total = sum(fine[name].astype(int) for name in ("electric_guitar", "piano", "other"))
    expected = sum(coarse[name].astype(int) for name in ("piano", "other"))
    assert np.abs(total - expected).max() <= 1  # another order of addition rounds otherwise
    np.testing.assert_array_equal(fine["drums"], coarse["drums"])


def test_an_unknown_stem_is_named(tmp_path: Path) -> None:
    write(tmp_path / "kazoo.ogg", 0.1 * np.ones(4410))
    with pytest.raises(UserError, match="kazoo"):
        song_stems(tmp_path, 1.0)
