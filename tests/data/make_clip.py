"""Makes the clip that holds the shipped models' quality: a phrase sung by a voice that no model has heard, over a band.

    python tests/data/make_clip.py DATA

DATA is the folder of the source material: ``multitrack/mdn_multitrack`` and ``singing/erithacus``. See clip/CREDITS.md.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from offline_train.render import voice
from offline_train.render import voicebank as banks
from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note

CLIP = Path(__file__).parent / "clip"
BEGIN, SECONDS = 15.0, 6.0
BAND = {"drums": "drums", "bass": "bass", "guitar": "electric_guitar", "other": "other"}
TUNE = ((0, 1), (2, 1), (4, 1), (0, 1), (0, 1), (2, 1), (4, 1), (0, 1), (4, 1), (5, 1), (7, 2))
"""The beginning of "Frère Jacques": semitones over its tonic, and beats."""
BEAT, TONIC = 0.45, 52
LEVELS = {"vocals": -25, "drums": -26, "bass": -27, "electric_guitar": -29, "other": -29}
"""Root mean square of each stem, in dB."""
QUALITY = 0.85  # of Vorbis, as the encoder's compression level: 0 the largest file, 1 the smallest


def sung(data: Path) -> np.ndarray:
    """The tune, shape (samples, 2)."""
    (bank,) = banks.VALID_BANKS
    notes, at = [], 0.2
    for step, beats in TUNE:
        notes.append(Note(at, at + 0.92 * beats * BEAT, TONIC + step, 100))
        at += beats * BEAT
    style = voice.Style(
        octave=0, formant=1.0, glide_s=0.06, vibrato_hz=5.5, vibrato_cents=30, scoop=0.3, breathiness_db=0
    )
    with tempfile.TemporaryDirectory() as cache:
        banks.prepare(bank, data / "singing", Path(cache), 100.0, 7)
        singer = banks.load(banks.cache_path(Path(cache), bank))
        mono = voice.sing(singer, tuple(notes), SECONDS, style, np.random.default_rng(1))
    return np.repeat(mono[:, None], 2, axis=1)


def main() -> None:
    """Write all stems as Ogg Vorbis."""
    data = Path(sys.argv[1])
    CLIP.mkdir(exist_ok=True)
    stems = {"vocals": sung(data)}
    for file, stem in BAND.items():
        path = data / "multitrack" / "mdn_multitrack" / f"{file}.ogg"
        stems[stem], _ = soundfile.read(
            path, round(SECONDS * RATE), round(BEGIN * RATE), dtype="float32", always_2d=True
        )
    for stem, sound in stems.items():
        sound *= 10 ** (LEVELS[stem] / 20) / np.sqrt(np.square(sound, dtype=np.float64).mean())
        soundfile.write(CLIP / f"{stem}.ogg", sound, RATE, "VORBIS", compression_level=QUALITY)


if __name__ == "__main__":
    main()
