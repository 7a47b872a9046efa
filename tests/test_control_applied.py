"""A change reaches the sound at the next hop, stamped in samples: bypass, mutes, gates, and what a reader may see."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from fake_engine import STEMS, FixedSession, fake_bundle, music

from rtiass.control import Control, vocabulary
from rtiass.live.audioloop import AudioLoop, route_table
from rtiass.live.controls import ControlWriter
from rtiass.live.masks import AsyncMaskSource
from rtiass.live.ring import CAPTURED, WRITTEN, AudioBlock
from rtiass.live.state import APPLIED, CONTROLS, SharedState
from rtiass.masks import MaskProducer
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


class Desk:
    """An audio thread turned by hand, and the control state that it follows."""

    def __init__(self, mode: str, masks: np.ndarray | None = None) -> None:
        self.source = AsyncMaskSource(MaskProducer(FixedSession(masks), STEMS, {}, gate="off"), freewheel=True)
        separator = StreamingSeparator(fake_bundle(), self.source, mode=mode, buses={"mix": dict.fromkeys(STEMS, 1.0)})
        self.state = SharedState()
        self.control = Control(vocabulary(STEMS, ("mix",)))
        self.control.set("/mode", mode)
        self.writer = ControlWriter(self.control, self.state, STEMS, ("mix",))
        self.writer.write()
        self.control.subscribe(lambda _: self.writer.write())
        self.loop = AudioLoop(
            AudioBlock(2, 2), separator, self.source, route_table(((0, 1),)), self.state, device_rate=44100,
            max_block=1024, headroom=256, freewheel=False, plan=lambda mode, block: 0,
        )  # fmt: skip
        self.loop._follow_controls()
        separator.snap()
        self.separator = separator
        self.head = self.loop._block.counters
        self.loop._write = self.loop.prefill
        self.head[WRITTEN] = self.loop.prefill
        self.heard: list[np.ndarray] = []
        self.loop._block.write_output = (  # type: ignore[method-assign]
            lambda at, sound, routes, gains, peaks: self.heard.append(sound[0].copy())
        )

    def play(self, sound: np.ndarray, block: int) -> None:
        """Capture the sound in blocks."""
        self.loop._block.read_input = lambda at, out: np.copyto(out, sound[at : at + len(out)])  # type: ignore[method-assign]
        while self.head[CAPTURED] + block <= len(sound):
            self.head[CAPTURED] += block
            self.loop._turn()


@pytest.fixture
def desk() -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(*given: object) -> Desk:
        made.append(Desk(*given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.source.close()


@pytest.mark.parametrize("mode", list(MODES))
@pytest.mark.parametrize("block", [64, 441, 1024])
def test_a_change_is_heard_at_the_next_hop_and_not_before(desk: Callable[..., Desk], mode: str, block: int) -> None:
    sound = music(24000, seed=3) + np.float32(0.1)
    plain, changed = desk(mode), desk(mode)
    hop = MODES[mode].hop
    before = 12 * block * (1 + 4096 // block)
    before = min(before, 12000) // block * block
    plain.play(sound, block)
    changed.play(sound[:before], block)
    assert changed.state.get("applied_control") == changed.control.revision
    changed.control.set("/bus/mix/gain", -20)
    assert changed.state.applied(changed.control.revision) is None
    changed.play(sound, block)
    at = changed.state.applied(changed.control.revision)
    assert at is not None and before < at <= before + hop
    assert changed.state.get("applied_at") == at
    one, other = np.concatenate(plain.heard), np.concatenate(changed.heard)
    differs = np.flatnonzero(np.abs(one - other).max(axis=1) > 0)
    # What is put out while sample `at` is taken in is the first that can be told apart.
    assert at <= differs[0] < at + hop
    end = at + 1323 + 2 * MODES[mode].window
    np.testing.assert_allclose(other[end:], 0.1 * one[end:], atol=1e-6)


def test_changes_together_are_stamped_together_and_in_order(desk: Callable[..., Desk]) -> None:
    sound = music(30000)
    table = desk("tight")
    stamps = []
    for turn in range(5):
        table.control.set_many({"/stem/vocals/gain": -float(turn + 1), "/bypass": bool(turn % 2)})
        table.play(sound[: 4000 * (turn + 1)], 100)
        stamps.append(table.state.applied(table.control.revision))
    assert None not in stamps and stamps == sorted(set(stamps))  # type: ignore[type-var]
    assert [table.state.applied(r) for r in range(table.control.revision - 4, table.control.revision + 1)] == stamps


def test_long_forgotten_changes_are_not_told() -> None:
    state = SharedState()
    assert state.applied(0) is None
    for revision in range(2, 2 * APPLIED, 2):
        state.report_applied(revision, 10 * revision)
    assert state.applied(2 * APPLIED) is None
    assert state.applied(2 * APPLIED - 2) == state.applied(2 * APPLIED - 3) == 20 * APPLIED - 20
    for revision in range(2 * APPLIED, 6 * APPLIED, 2):
        state.report_applied(revision, 10 * revision)
    assert state.applied(2) is None
    state.close()


def test_gates_are_held_by_hand(desk: Callable[..., Desk]) -> None:
    """Closed, the vocals go to the rest: the mix stays whole, and a mix without the rest loses them."""
    sound = music(40000)
    table = desk("tight")
    table.play(sound[:8000], 100)
    assert table.separator.gates.tolist() == [1.0] * 4
    table.control.set("/gate/vocals/mode", "closed")
    table.play(sound[:8700], 100)
    assert 0.0 < table.separator.gates[0] < 1.0
    table.play(sound[:16000], 100)
    assert table.separator.gates.tolist() == [0.0, 1.0, 1.0, 1.0]
    table.control.set_many({"/gate/vocals/mode": "auto", "/gate/drums/mode": "open"})
    table.play(sound[:24000], 100)
    assert table.separator.gates.tolist() == [1.0] * 4


WRITER = """
import sys
import numpy as np
from rtiass.live.state import SharedState
state = SharedState(int(sys.argv[1]))
for revision in range(1, 20001):
    value = revision % 97
    gains = np.full((32, 16), value, np.float32)
    state.write_controls(revision, gains, np.full(16, value, np.int32), mode=value, policy=value, bypass=value, paused=value)
"""


def test_another_process_sees_whole_states_only() -> None:
    state = SharedState()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(state.fd)], pass_fds=[state.fd])
    seen, last = 0, 0
    controls = np.zeros(1, CONTROLS)
    while last < 20000:
        running = writer.poll() is None
        if state.read_controls(controls):
            revision = int(controls["control"][0])
            assert revision >= last
            seen += revision > last
            last = revision
            value = revision % 97
            assert (controls["gains"] == value).all() and (controls["gate_modes"] == value).all()
            assert all(controls[name][0] == value for name in ("mode", "policy", "bypass", "paused"))
        elif not running:
            pytest.fail("the writer left a state half written")
        if not running and last < 20000:
            assert int(state.get("control")) == 20000, "the writer failed"
    assert writer.wait() == 0 and seen > 10
    state.close()
