"""How well a shipped model separates a clip of six seconds, streamed: a score that must not fall.

The clip (tests/data/clip) is a recorded band, and a voice that sings a nursery rhyme; none of it was trained on. Six
seconds of one song hold a model to what it was, and say little of how good it is: docs/evaluation.md does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from engines.onnxruntime import OnnxRuntimeEngine
from offline_train.evaluation.score import sdr
from rtiass.bundle import Bundle
from rtiass.separator import StreamingSeparator
from rtiass.stft import RATE

CLIP = Path(__file__).parent.parent.parent / "tests" / "data" / "clip"
MODES = {"live": 6.0, "instant": 3.0}
"""Modes that are scored, and seconds of the clip: ``instant`` takes eight times the work a second."""


@cache
def clip() -> dict[str, NDArray[np.float32]]:
    """Stems of the clip by name, shape (samples, 2)."""
    return {path.stem: soundfile.read(path, dtype="float32", always_2d=True)[0] for path in sorted(CLIP.glob("*.ogg"))}


def truth(stems: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
    """What a model's stems should be; those that don't sound in the clip are left out."""
    sounds = clip()
    found = {stem: sounds[stem] for stem in stems[:-1] if stem in sounds}
    rest = [sound for stem, sound in sounds.items() if stem not in found]
    return {**found, stems[-1]: np.sum(rest, axis=0, dtype=np.float32)}


def scores(bundle: Bundle, mode: str) -> dict[str, float]:
    """SDR in dB of the clip as a whole by stem, streamed in a mode with the gates as shipped."""
    length = round(MODES[mode] * RATE)
    wanted = {stem: sound[:length] for stem, sound in truth(bundle.stems).items()}
    mixture = np.sum(list(wanted.values()), axis=0, dtype=np.float32)
    session = OnnxRuntimeEngine().open(bundle, threads=1)
    try:
        separator = StreamingSeparator(bundle, session, mode=mode)
        head = {stem: sound.copy() for stem, sound in separator.process(mixture).items()}
        tail = separator.flush()
        late = separator.latency_samples
    finally:
        session.close()
    return {
        stem: round(sdr(sound, np.concatenate([head[stem], tail[stem]])[late:]), 3) for stem, sound in wanted.items()
    }
