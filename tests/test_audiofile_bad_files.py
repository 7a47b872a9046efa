"""A file that cannot be read is told in a sentence that names it and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import music
from sound_files import encode_aac

from rtiass.audiofile import AudioFileError, open_audio


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).integers(0, 256, 50_000, dtype=np.uint8).tobytes())


def _header_only(path: Path) -> None:
    soundfile.write(path, music(1000), 44100)
    path.write_bytes(path.read_bytes()[:44])


def _headless_m4a(path: Path) -> None:
    encode_aac(path, music(20000), 44100)
    path.write_bytes(path.read_bytes()[:200])


def _picture_track(path: Path) -> None:
    import av

    with av.open(str(path), "w") as out:
        track = out.add_stream("mpeg4", rate=10)
        track.width = track.height = 32
        frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
        for packet in [*track.encode(frame), *track.encode(None)]:
            out.mux(packet)


def _odd_rate(path: Path) -> None:
    soundfile.write(path, music(100), 10)


BAD: list[tuple[str, Callable[[Path], object], str]] = [
    ("missing.wav", lambda path: None, "There is no file"),
    ("folder.wav", lambda path: path.mkdir(), "is a folder"),
    ("zero.mp3", lambda path: path.write_bytes(b""), "is empty"),
    ("text.wav", lambda path: path.write_text("no sound " * 999), "not a sound file"),
    ("noise.mp3", _noise, "not a sound file"),
    ("noise.xyz", _noise, "not a sound file"),
    ("zeros.raw", lambda path: path.write_bytes(bytes(1000)), "no sound"),
    ("header.wav", _header_only, "length is zero"),
    ("silent.wav", lambda path: soundfile.write(path, music(9)[:0], 44100), "length is zero"),
    ("cut.m4a", _headless_m4a, "damaged"),
    ("picture.mp4", _picture_track, "no sound track"),
    ("rate.wav", _odd_rate, "10 samples a second"),
]


@pytest.mark.parametrize(("name", "make", "words"), BAD, ids=[name for name, _, _ in BAD])
def test_bad_file_is_a_sentence(tmp_path: Path, name: str, make: Callable[[Path], object], words: str) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(AudioFileError) as caught:
        open_audio(path)
    message = str(caught.value)
    assert words in message
    assert name in message
    assert message.endswith(".")


def test_missing_pyav_is_told_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.m4a"
    encode_aac(path, music(5000), 44100)
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(AudioFileError, match="pip install av"):
        open_audio(path)
