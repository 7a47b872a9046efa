"""The players: they read the score and play sampled notes, not quite evenly, as people do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from offline_train.demo_song import score
from offline_train.demo_song.sampler import RATE, Instrument

DEGREES = {"r": 0, "5": 7, "8": 12}


class Track:
    """A stereo track into which notes are laid.

    Args:
        seconds: length.
        seed: of the player's small deviations.
        spread: standard deviation of the timing, seconds.
    """

    def __init__(self, seconds: float, seed: int, spread: float) -> None:
        self.sound = np.zeros((round(seconds * RATE), 2))
        self.rng = np.random.default_rng(seed)
        self.spread = spread

    def loose(self, velocity: float) -> float:
        """A velocity 0..1 with the player's deviation."""
        return float(np.clip(velocity + self.rng.normal(0.0, 0.05), 0.05, 1.0))

    def lay(self, beat: float, note: tuple[NDArray[np.float64], int], pan: float = 0.0, gain: float = 1.0) -> None:
        """Lays a note so that its attack falls on a beat, give or take the player's deviation.

        Args:
            beat: from the start of the song.
            note: sound (n, 1 or 2) and the sample of its attack.
            pan: -1 left to 1 right, equal power; a stereo sound is only weighted.
            gain: linear.
        """
        sound, begin = note
        late = float(np.clip(self.rng.normal(0.0, self.spread), -2 * self.spread, 2 * self.spread))
        start = round((beat * score.BEAT + late) * RATE) - begin
        sound = sound[max(0, -start) : len(self.sound) - start]
        start = max(0, start)
        angle = (pan + 1) * np.pi / 4
        sides = np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(2) * gain
        self.sound[start : start + len(sound)] += sound * sides


def slots(pattern: str) -> Iterator[tuple[float, str]]:
    """The marks of a pattern with their beats: eighths, every second one swung."""
    for i, mark in enumerate(pattern):
        if mark != ".":
            yield i // 2 + (score.SWING if i % 2 else 0.0), mark


def line(pattern: str) -> Iterator[tuple[float, float, str]]:
    """The notes of a ``what:beats`` pattern as (beat, beats, what), rests left out."""
    beat = 0.0
    for token in pattern.split():
        what, beats = token.split(":")
        if what != "-":
            yield beat, float(beats), what
        beat += float(beats)


def drums(folder: Path, seconds: float) -> NDArray[np.float64]:
    """Plays the drum part.

    Args:
        folder: the kit's samples.
        seconds: length of the song.

    Returns:
        (n, 2) float64.
    """
    kit = Instrument(folder, room=0.4)
    track = Track(seconds, seed=11, spread=0.004)
    for start, bar in score.bars()[0]:
        name = bar.drums.rstrip("+")
        if name == "-":
            continue
        hits = dict(score.DRUMS[name][bar.beats])
        if bar.drums.endswith("+"):
            hits["crash"] = "7"
        for piece, pattern in hits.items():
            for beat, mark in slots(pattern):
                sound = score.PIECES["open" if mark == "o" else piece]
                velocity = track.loose(0.55 if mark == "o" else int(mark) / 9)
                track.lay(start + beat, kit.hit(sound, velocity))
    return track.sound


def bass(folder: Path, seconds: float) -> NDArray[np.float64]:
    """Plays the bass part (arguments and result as in ``drums``)."""
    strings = Instrument(folder, articulation="sustain")
    track = Track(seconds, seed=22, spread=0.005)
    for start, bar in score.bars()[0]:
        if bar.bass == "-":
            continue
        root = score.ROOTS[bar.chord]
        for beat, beats, what in line(score.BASS[bar.bass][bar.beats]):
            pitch = score.ROOTS["Am7"] - 12 + int(what[1:]) if what[0] == "+" else root + DEGREES[what]
            velocity = track.loose(0.75 if beat == int(beat) else 0.55)
            note = strings.note(pitch + score.TUNING, beats * score.BEAT * 0.92, velocity)
            track.lay(start + beat, note)
    return track.sound


def guitar(folder: Path, seconds: float) -> NDArray[np.float64]:
    """Plays the acoustic guitar: strums and arpeggios, a little left (as in ``drums``)."""
    strings = Instrument(folder)
    track = Track(seconds, seed=33, spread=0.003)
    for start, bar in score.bars()[0]:
        if bar.strum == "-":
            continue
        marks = list(slots(score.STRUM[bar.strum][bar.beats]))
        ends = [beat for beat, _ in marks[1:]] + [float(bar.beats)]
        last = bar.strum == "end"
        for (beat, mark), end in zip(marks, ends, strict=True):
            voicing = score.CHORDS[bar.chord]
            if mark.isdigit():
                pitch = voicing[int(mark) % len(voicing)]
                note = strings.note(pitch + score.TUNING, 2 * score.BEAT, track.loose(0.6))
                track.lay(start + beat, note, pan=-0.35)
                continue
            chosen = voicing if mark == "D" else voicing[:-5:-1]
            length = score.TAIL if last else (end - beat) * score.BEAT + 0.05
            stroke = track.loose(0.65 if mark == "D" else 0.45)
            for i, pitch in enumerate(chosen):
                note = strings.note(pitch + score.TUNING, length, stroke)
                track.lay(start + beat + 0.02 * i, note, pan=-0.35, gain=0.6)
    return track.sound


def lead(folder: Path, seconds: float) -> NDArray[np.float64]:
    """Plays the electric guitar's short melodies, a little right (as in ``drums``)."""
    strings = Instrument(folder, articulation="notes")
    track = Track(seconds, seed=44, spread=0.005)
    for start, bar in score.bars()[0]:
        if bar.lead == "-":
            continue
        for beat, beats, what in line(score.LEAD[bar.lead][bar.beats]):
            note = strings.note(int(what) + score.TUNING, beats * score.BEAT * 1.1, track.loose(0.7))
            track.lay(start + beat, note, pan=0.4)
    return track.sound
