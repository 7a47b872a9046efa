"""The parent's note of the song that is to play: which file, from where, and the number of the order."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from rtiass.live.options import LiveOptions
from rtiass.live.state import SharedState


@dataclass
class SongOrder:
    """What a child is told to play, and what a new child is told when the one before has ended.

    Attributes:
        file: The file; None while the input is played.
        start: Where to begin, in seconds.
        number: Raised by every call; what a child says of another number is old.
    """

    file: str | None
    start: float
    number: int = 0

    def call(self, file: Path, start: float) -> str:
        """Another song; returns the line for the child."""
        self.file, self.start, self.number = str(file), start, self.number + 1
        return json.dumps({"play": self.file, "start": start, "number": self.number})

    def note(self, state: SharedState) -> None:
        """Take from the shared memory how far the song has been heard, for a child that is to go on there."""
        rate = float(state.get("device_rate"))
        position = int(state.get("song_position"))
        # A child that never came to play knows nothing of the song; and a song only goes forward.
        if rate > 0 and position > 0 and int(state.get("song_number")) == self.number:
            heard = (position - float(state.get("host_latency"))) / rate
            self.start = max(self.start, heard)

    def options(self, options: LiveOptions) -> LiveOptions:
        """Options of a child that is to play this."""
        return replace(options, song=self.file, start=self.start, song_number=self.number)
