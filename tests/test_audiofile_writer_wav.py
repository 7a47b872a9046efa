"""WAV files are float and exact, at any channel count, and RF64 beyond the limit of WAV."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import music

from rtiass import audiowriter
from rtiass.audiowriter import FloatWavWriter


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 9])
@pytest.mark.parametrize("samples", [0, 1, 127, 5000])
def test_float_wav_is_exact(tmp_path: Path, channels: int, samples: int) -> None:
    sound = 3.0 * music(max(samples, 1), channels)[:samples]
    path = tmp_path / "a.wav"
    writer = FloatWavWriter(path, 48000, channels)
    writer.write(sound[: samples // 3])
    writer.write(sound[samples // 3 :])
    writer.close()
    with soundfile.SoundFile(path) as file:
        assert (file.format.startswith("WAV"), file.subtype, file.samplerate) == (True, "FLOAT", 48000)
        assert (file.channels, file.frames) == (channels, samples)
        np.testing.assert_array_equal(file.read(dtype="float32", always_2d=True), sound)
    assert "should be" not in soundfile.info(path).extra_info


def test_beyond_the_limit_it_is_rf64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiowriter, "RIFF_LIMIT", 10_000)
    sound = music(5000)
    path = tmp_path / "a.wav"
    writer = FloatWavWriter(path, 44100, 2)
    writer.write(sound)
    writer.close()
    assert path.read_bytes()[:4] == b"RF64"
    with soundfile.SoundFile(path) as file:
        assert (file.format, file.frames) == ("RF64", 5000)
        np.testing.assert_array_equal(file.read(dtype="float32"), sound)


def test_header_of_a_file_beyond_4_gib_holds_its_size(tmp_path: Path) -> None:
    frames = 2**30
    writer = FloatWavWriter(tmp_path / "a.wav", 44100, 2)
    writer._file = io.BytesIO()
    writer._bytes = 8 * frames
    header = writer._header()
    assert header[:4] == b"RF64"
    assert header[12:16] == b"ds64"
    assert int.from_bytes(header[20:28], "little") == len(header) + 8 * frames - 8
    assert int.from_bytes(header[28:36], "little") == 8 * frames
    assert int.from_bytes(header[36:44], "little") == frames


def test_short_file_is_plain_riff(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    writer = FloatWavWriter(path, 44100, 2)
    writer.write(music(100))
    writer.close()
    data = path.read_bytes()
    assert data[:4] == b"RIFF"
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    # Float, as the standard library says it.
    with pytest.raises(wave.Error, match="unknown format: 3"), wave.open(str(path)):
        pass
