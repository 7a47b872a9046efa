"""Whether a song's file can be played, told before it is to be heard."""

from __future__ import annotations

from rtiass.control.songfile import Song
from rtiass.errors import UserError


def check_song(song: Song) -> None:
    """Open the file of a song, if it has one, and close it again.

    Raises:
        UserError: It is missing, no sound file, damaged at its beginning, or over before the song is to start.
    """
    if song.file is None:
        return
    # Not needed where songs come in live.
    from rtiass.audiofile import open_audio

    reader = open_audio(song.file)
    try:
        length = reader.frames / reader.rate if reader.frames else None
    finally:
        reader.close()
    if length is not None and song.start >= length:
        raise UserError(
            f"{song.file} is {length:.1f} s long and can't start at {song.start:g} s. Give it an earlier 'start'."
        )
