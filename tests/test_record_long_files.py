"""Beyond 4 GB a WAV file becomes RF64, also while it is written; tested at the limit with a small one and without a disk."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import music

from rtiass.audiowriter import RIFF_LIMIT, float_wav_header
from rtiass.live.trackfile import WavFile, finish_wav

HEADER = len(float_wav_header(44100, 2, 0))


@pytest.mark.parametrize(("over", "kind"), [(0, b"RIFF"), (1, b"RF64")])
def test_the_kind_changes_at_the_limit(tmp_path: Path, over: int, kind: bytes) -> None:
    sound = music(5000)
    limit = HEADER + 8 * 5000 - over
    file = WavFile(tmp_path / "long.wav", limit)
    file.write(sound[:3000])
    file.refresh()
    assert (tmp_path / "long.wav").read_bytes()[:4] == b"RIFF"
    file.write(sound[3000:])
    file.refresh()
    for _ in range(2):  # while it is open and when it is closed
        assert (tmp_path / "long.wav").read_bytes()[:4] == kind
        assert np.array_equal(soundfile.read(tmp_path / "long.wav", dtype="float32")[0], sound)
        if file._fd >= 0:
            file.close()


def test_more_than_4_gb(tmp_path: Path) -> None:
    path = tmp_path / "huge.wav"
    file = WavFile(path)
    frames = RIFF_LIMIT // 8 + 1000
    os.ftruncate(file._fd, HEADER + 8 * frames)  # a hole takes no room
    file._bytes = 8 * frames
    last = music(100)
    file.write(last)
    file.close()
    info = soundfile.info(path)
    assert info.format == "RF64" and info.frames == frames + 100
    assert np.array_equal(soundfile.read(path, start=frames, dtype="float32")[0], last)
    with path.open("r+b") as head:
        head.write(float_wav_header(44100, 2, 0))  # as a crash right after the start would leave it
    assert finish_wav(path) == frames + 100
    assert soundfile.info(path).frames == frames + 100
