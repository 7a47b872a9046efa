"""An audio loop without a device that records, and the recording process's work done by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_engine import STEMS, FakeSession, fake_bundle
from numpy.typing import NDArray

from rtiass.live.audioloop import AudioLoop, route_table
from rtiass.live.masks import AsyncMaskSource
from rtiass.live.recordring import RecordRing, Tap
from rtiass.live.recordwriter import Order, RecordWriter
from rtiass.live.ring import CAPTURED, IN_AT, RING, AudioBlock
from rtiass.live.state import SharedState
from rtiass.live.take import CARD, read_card
from rtiass.live.tracks import INPUT, plan_tracks
from rtiass.masks import MaskProducer
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

BLOCK = 512
KARAOKE = {s: float(s != "vocals") for s in STEMS}


class RecordLoop:
    """Output ``karaoke``, tracks of choice; turns and drains are done by hand."""

    def __init__(self, home: Path, tracks: tuple[str, ...], frames: int = 1 << 17, mode: str = "tight", **order: Any):
        self.home, self.said = home, []
        plan = plan_tracks(tracks, STEMS, ["karaoke"])
        self.source = AsyncMaskSource(MaskProducer(FakeSession(), STEMS, {}), freewheel=True)
        separator = StreamingSeparator(
            fake_bundle(), self.source, mode=mode, buses={"karaoke": KARAOKE, **plan.post, **plan.pre},
            unheard=plan.rendered,
        )  # fmt: skip
        self.state = SharedState()
        self.state.put("mode", list(MODES).index(mode))
        for row, gains in enumerate([KARAOKE, *plan.post.values()]):
            self.state.fields["gains"][0, row, :4] = [gains[s] for s in STEMS]
        self.ring = RecordRing(len(plan.tracks), frames=frames)
        self.block = AudioBlock(2, 2)
        self.loop = AudioLoop(
            self.block, separator, self.source, route_table(((0, 1),)), self.state, device_rate=44100, max_block=BLOCK,
            headroom=256, freewheel=True, plan=lambda mode, block: 0,
            tap=Tap(self.ring, np.array([t.row for t in plan.tracks], np.int32)), faded=1 + len(plan.post),
        )  # fmt: skip
        self.loop._tapping = True
        self.loop._follow_controls()
        self.loop._separator.mixer.snap()
        self.names = [t.name for t in plan.tracks]
        inputs = tuple(i for i, t in enumerate(plan.tracks) if t.source == INPUT)
        settings = {"fmt": "wav", "frames": frames, "reserve": 0, **order}
        self.writer = RecordWriter(self.ring, Order(str(home), tuple(self.names), inputs, **settings), self.said.append)
        self._samples = self.block.samples[int(self.block.counters[IN_AT]) :][: 2 * RING].reshape(RING, 2)

    def play(self, sound: NDArray[np.float32], drain: bool = True) -> None:
        """Let a sound come in block by block."""
        for start in range(0, len(sound), BLOCK):
            part = sound[start : start + BLOCK]
            at = int(self.block.counters[CAPTURED])
            self._samples[(at + np.arange(len(part))) % RING] = part
            self.block.counters[CAPTURED] = at + len(part)
            self.loop._turn()
            if drain:
                self.writer.drain()

    def record(self, take: int) -> None:
        """Switch recording on (1, 2, ...) or off (0)."""
        self.state.put("record", take)

    def takes(self) -> list[Path]:
        return sorted(path for path in self.home.iterdir() if path.is_dir())


@pytest.fixture
def make_loop(tmp_path: Path) -> Iterator[Any]:
    made: list[RecordLoop] = []

    def make(*tracks: str, **settings: Any) -> RecordLoop:
        made.append(RecordLoop(tmp_path / "takes", tracks, **settings))
        return made[-1]

    yield make
    for loop in made:
        loop.source.close()
        loop.ring.close()


def read_take(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """``take.toml`` and the sound of each track by name."""
    card = read_card(folder / CARD)
    tracks = {}
    for name in card["files"]:
        sound, rate = soundfile.read(folder / name, dtype="float32")
        assert rate == 44100
        tracks[name.removeprefix(folder.name + "_").partition(".")[0]] = sound
    return card, tracks


def offline(sound: NDArray[np.float32], mode: str = "tight") -> dict[str, NDArray[np.float32]]:
    """What the separator gives for a sound by itself, latency taken out."""
    buses = {"karaoke": KARAOKE, **{stem: {stem: 1.0} for stem in STEMS}, "mix": dict.fromkeys(STEMS, 1.0)}
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode, buses=buses)
    late = separator.latency_samples
    made = separator.process(np.concatenate([sound, np.zeros((late, 2), np.float32)]))
    return {name: values[late:].copy() for name, values in made.items()}
