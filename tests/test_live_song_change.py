"""One song in the place of another: faded out at once, nothing of it comes back, and the new one is whole."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
from fake_engine import music
from jack_server import eventually
from numpy.typing import NDArray

from rtiass.live.callback import ADDRESS, FADE
from rtiass.live.ring import CAPTURED, RING, RUNNING, SOURCE_PAUSED, SOURCE_STARVED, SOURCE_WRITTEN, AudioBlock
from rtiass.live.songchange import SongChanger
from rtiass.live.source import FADE_IN, SongFeeder

CALL = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p
)(ADDRESS)
BLOCK = 512


class Deck:
    """A callback without a device, in a thread that goes on until closed; what went in is kept."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.block = AudioBlock(0, 2)
        self.block.counters[RUNNING] = 1
        self.heard: list[NDArray[np.float32]] = []
        self.closing = threading.Event()
        self.thread: threading.Thread | None = None

    def file(self, name: str, frames: int, seed: int) -> tuple[str, NDArray[np.float32]]:
        path = self.folder / name
        # Nowhere zero: what is missing can be told from what is silent.
        sound = np.sign(music(frames, 2, seed)) * 0.25 + 0.25 * music(frames, 2, seed)
        sound[sound == 0.0] = 0.1
        soundfile.write(path, sound.astype(np.float32), 44100, subtype="FLOAT")
        return str(path), sound.astype(np.float32)

    def start(self, path: str) -> SongChanger:
        feeder = SongFeeder(path, self.block, 44100)
        feeder.start()
        assert feeder.filled.wait(10)
        changer = SongChanger(feeder, self.block, 44100, 0)
        changer.start()
        return changer

    def turn(self, count: int = 1) -> None:
        out = np.zeros((BLOCK, 2), np.float32)
        for _ in range(count):
            at = int(self.block.counters[CAPTURED])
            assert CALL(None, out.ctypes.data, BLOCK, None, 0, self.block.address) == 0
            part = np.zeros((BLOCK, 2), np.float32)
            self.block.read_input(at, part)
            self.heard.append(part)

    def run(self) -> None:
        def follow() -> None:
            while not self.closing.wait(0.002):
                self.turn()

        self.thread = threading.Thread(target=follow)
        self.thread.start()

    @property
    def sound(self) -> NDArray[np.float32]:
        return np.concatenate(self.heard)

    def close(self) -> None:
        self.closing.set()
        if self.thread is not None:
            self.thread.join()
            self.thread = None


@pytest.fixture
def deck(tmp_path) -> Iterator[Deck]:
    made = Deck(tmp_path)
    yield made
    made.close()


def test_song_is_faded_out_and_the_next_is_whole(deck: Deck) -> None:
    one, first = deck.file("one.wav", 2 * RING, 1)
    two, second = deck.file("two.wav", 20000, 2)
    songs = deck.start(one)
    deck.turn(10)
    deck.run()
    songs.call(two, 0.0, 1)
    assert eventually(lambda: songs.now.number == 1 and songs.now.feeder.over, 20) is not None
    deck.close()
    sound = deck.sound
    begun = int(np.flatnonzero((sound == second[0]).all(axis=1))[-1])
    np.testing.assert_array_equal(sound[begun : begun + len(second)], second)
    assert not sound[begun + len(second) :].any()
    # Before it: the first song, its fade, and silence.
    left = int(np.flatnonzero(sound[:begun].any(axis=1))[-1]) + 1 - FADE
    np.testing.assert_array_equal(sound[:left], first[:left])
    fade = np.abs(sound[left : left + FADE] / first[left : left + FADE])
    assert (np.diff(fade, axis=0) < 0).all() and 0 < fade.min() < fade.max() < 1
    assert songs.now.feeder.position == songs.now.feeder.length == len(second)
    assert deck.block.counters[SOURCE_STARVED] == 0


def test_song_that_can_not_be_opened_leaves_the_other_playing(deck: Deck) -> None:
    one, first = deck.file("one.wav", 30000, 1)
    songs = deck.start(one)
    deck.turn(10)
    deck.run()
    (deck.folder / "no.wav").write_bytes(b"no sound at all")
    songs.call(str(deck.folder / "lost.wav"), 0.0, 1)
    assert eventually(lambda: songs.now.number == 1, 20) is not None
    songs.call(str(deck.folder / "no.wav"), 0.0, 2)
    assert eventually(lambda: songs.now.number == 2 and songs.now.feeder.over, 20) is not None
    deck.close()
    np.testing.assert_array_equal(deck.sound[: len(first)], first)
    assert "lost.wav" in songs.faults[0] and "no.wav" in songs.faults[1]


def test_after_the_end_a_song_begins_where_it_is_told_and_fades_in(deck: Deck) -> None:
    one, _ = deck.file("one.wav", 3000, 1)
    two, second = deck.file("two.wav", 20000, 2)
    songs = deck.start(one)
    deck.turn(8)
    assert songs.now.feeder.over
    assert not deck.sound[3000:].any()
    start = 4410
    songs.call(two, start / 44100, 1)
    assert eventually(lambda: songs.now.number == 1, 20) is not None
    assert eventually(lambda: deck.block.counters[SOURCE_WRITTEN] == 3000 + 20000 - start, 20) is not None
    assert not songs.now.feeder.over
    assert songs.now.feeder.position == start
    deck.turn(40)
    sound = deck.sound[8 * BLOCK :]
    # A ramp from nothing: a song that is cut into does not click.
    assert not sound[0].any() and (np.abs(sound[1:FADE_IN]) < np.abs(second[start + 1 : start + FADE_IN])).all()
    rest = 20000 - start
    np.testing.assert_array_equal(sound[FADE_IN:rest], second[start + FADE_IN :])
    assert songs.now.feeder.over
    assert deck.block.counters[SOURCE_STARVED] == 0


def test_paused_song_is_left_without_a_sound(deck: Deck) -> None:
    one, _ = deck.file("one.wav", RING, 1)
    two, second = deck.file("two.wav", 4096, 2)
    songs = deck.start(one)
    deck.turn(4)
    deck.block.counters[SOURCE_PAUSED] = 1
    deck.run()
    songs.call(two, 0.0, 1)
    assert eventually(lambda: songs.now.number == 1, 20) is not None
    deck.close()
    assert not deck.sound[4 * BLOCK :].any()
    assert songs.now.feeder.position == 0
    deck.block.counters[SOURCE_PAUSED] = 0
    begun = len(deck.sound)
    deck.turn(9)
    np.testing.assert_array_equal(deck.sound[begun : begun + len(second)], second)


def test_many_calls_end_with_the_last(deck: Deck) -> None:
    files = [deck.file(f"{i}.wav", 2 * RING, i) for i in range(4)]
    songs = deck.start(files[0][0])
    deck.run()
    for number in range(1, 21):
        songs.call(files[number % 4][0], 0.0, number)
    assert eventually(lambda: songs.now.number == 20 and songs.now.feeder.position > 8192, 30) is not None
    deck.close()
    at = songs.now.feeder.position
    np.testing.assert_array_equal(deck.sound[-4096:], files[0][1][at - 4096 : at])
    assert not songs.faults
