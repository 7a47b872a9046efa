"""Opening a song opens that file and nothing else: no address, no other file."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from fake_engine import music

from rtiass.audiofile import AudioFileError, open_audio


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket of this machine that nobody should connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


@pytest.mark.parametrize("name", ["list.m3u8", "list.wav", "list"])
def test_a_playlist_connects_to_nothing(tmp_path: Path, listener: socket.socket, name: str) -> None:
    path = tmp_path / name
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n#EXT-X-ENDLIST\n")
    with pytest.raises(AudioFileError, match=r"is not a sound file that can be read"):
        open_audio(path)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_list_of_files_opens_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "other.wav", music(20_000), 44100)
    path = tmp_path / "list.txt"
    path.write_text("ffconcat version 1.0\nfile other.wav\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudioFileError, match=r"is not a sound file that can be read"):
        open_audio(path)


def test_a_session_description_waits_for_no_packets(tmp_path: Path) -> None:
    path = tmp_path / "radio.sdp"
    path.write_text("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 50006 RTP/AVP 0\n")
    with pytest.raises(AudioFileError, match=r"is not a sound file that can be read"):
        open_audio(path)
