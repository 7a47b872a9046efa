"""A sung line has the melody's pitch, and silence where the melody rests."""

import numpy as np

from offline_train.render.pop909 import Note
from offline_train.render.voice import Style, sing
from offline_train.render.voicebank import Syllable, Voice


def plain_voice() -> Voice:
    frames, bins = 400, 1025
    tilt = -6.0 - np.linspace(0, 8, bins)
    envelope = np.tile(tilt, (frames, 1)).astype(np.float16)
    noise = np.full((frames, 5), -40.0, np.float32)
    syllable = Syllable("-", "a", 100, 4, 10, 20, 90)
    return Voice("plain", 60, envelope, noise, np.ones(frames, bool), (syllable,))


def test_pitch_and_rests() -> None:
    style = Style(0, 1.0, 0.06, 5.5, 0.0, 0.0, 0.0)
    notes = (Note(0.5, 1.5, 57, 100), Note(1.5, 2.4, 61, 100))
    audio = sing(plain_voice(), notes, 3.5, style, np.random.default_rng(3))
    assert audio.shape == (round(3.5 * 44100),)
    for start, pitch in ((0.8, 57), (1.8, 61)):
        piece = audio[int(start * 44100) : int((start + 0.5) * 44100)]
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 1 << 17))
        heard = np.argmax(spectrum) * 44100 / (1 << 17)
        fundamental = 440 * 2 ** ((pitch - 69) / 12)
        harmonic = max(round(heard / fundamental), 1)
        assert abs(1200 * np.log2(heard / harmonic / fundamental)) < 60
    assert np.abs(audio[int(2.8 * 44100) :]).max() < 1e-3
    assert np.abs(audio).max() > 1e-3
