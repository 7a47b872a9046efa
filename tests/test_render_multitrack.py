"""Files of a song become aligned class stems."""

from pathlib import Path

import numpy as np
import soundfile

from offline_train.render.multitrack import change_speed, song_stems


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
    stems = song_stems(tmp_path, 1.0)
    assert np.abs(stems["other"]).max() <= 0.991
    ratio = np.sqrt(np.square(stems["other"]).mean() / np.square(stems["vocals"]).mean())
    assert abs(ratio - 2.0) < 0.05


def test_speed_moves_pitch_and_length() -> None:
    t = np.arange(44100) / 44100
    fast = change_speed(np.sin(2 * np.pi * 1000 * t).astype(np.float32), 1.16)
    assert abs(len(fast) - 44100 / 1.16) < 3
    spectrum = np.abs(np.fft.rfft(fast))
    assert abs(np.argmax(spectrum) * 44100 / len(fast) - 1160) < 3
