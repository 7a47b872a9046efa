"""The child's side of a set list: opens the songs that are called and puts each in the place of the one before."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from pathlib import Path

from rtiass.errors import UserError
from rtiass.live.ring import AudioBlock
from rtiass.live.source import SongFeeder


@dataclass(frozen=True)
class Playing:
    """What plays.

    Attributes:
        feeder: Its decoder.
        number: Number of the last order that was followed, or that failed and left the song before playing.
    """

    feeder: SongFeeder
    number: int


class SongChanger(threading.Thread):
    """Follows orders in a thread of its own: a slow disk keeps neither the sound nor the watch over it waiting.

    Attributes:
        now: What plays.
        faults: Sentences about files that could not be opened; only ever appended to.
    """

    def __init__(self, feeder: SongFeeder, block: AudioBlock, device_rate: int, number: int) -> None:
        """Make it; it has to be started.

        Args:
            feeder: The song until now, started.
            block: Its source ring is filled.
            device_rate: In hertz.
            number: Number of the order that named the song until now.
        """
        super().__init__(name="rtiass-songs", daemon=True)
        self.now = Playing(feeder, number)
        self.faults: list[str] = []
        self._block, self._device_rate = block, device_rate
        self._orders: queue.SimpleQueue[tuple[str, float, int]] = queue.SimpleQueue()

    def call(self, file: str, start: float, number: int) -> None:
        """Play a file from a second on, in place of what plays; returns at once."""
        self._orders.put((file, start, number))

    def run(self) -> None:
        """Follow orders, of several at once the last."""
        while True:
            order = self._orders.get()
            while not self._orders.empty():
                order = self._orders.get()
            file, start, number = order
            before = self.now.feeder
            try:
                feeder = SongFeeder(Path(file), self._block, self._device_rate, start)
            except UserError as error:
                self.faults.append(f"A song can't be played. {error}")
                self.now = Playing(before, number)
                continue
            except Exception as error:  # whatever a decoder says of a damaged file: the next order is to be followed
                self.faults.append(f"{file} can't be played ({type(error).__name__}: {error}).")
                self.now = Playing(before, number)
                continue
            feeder.replace(before)
            self.now = Playing(feeder, number)
