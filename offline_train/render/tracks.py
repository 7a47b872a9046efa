"""Tracks of a MIDI file as notes of one class and program each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import mido
import numpy as np

from offline_train.render.check import readable
from offline_train.render.classes import class_of_program, class_of_track
from offline_train.render.pop909 import Note
from rtiass.errors import UserError

# Sampled choirs and synthesised voices would be voices in the accompaniment: strings take their part.
VOICES = (52, 53, 54, 85)
STRINGS = 48
# Sounds of nature, sirens and shots are no instruments.
NOISES = range(119, 128)
PERCUSSION = 9


@dataclass(frozen=True)
class Track:
    """Notes of one class for one program; times in seconds."""

    name: str
    target: str
    program: int
    notes: tuple[Note, ...]


def collect(midi: mido.MidiFile, seconds_at: Callable[[int], float]) -> list[Track]:
    """Notes of each track, channel and program of a file, in the order in which they first appear.

    Args:
        midi: The file.
        seconds_at: Time of a tick.
    """
    found: dict[tuple[str, str, int], list[Note]] = {}
    first = _first_programs(midi)
    for track in midi.tracks:
        now = 0
        programs = dict(first)
        sounding: dict[tuple[int, int], tuple[int, int]] = {}
        for message in track:
            now += message.time
            if message.type == "program_change":
                programs[message.channel] = message.program
            elif message.type in ("note_on", "note_off"):
                key = (message.channel, message.note)
                begun = sounding.pop(key, None)
                percussion = message.channel == PERCUSSION
                program = programs.get(message.channel, 0)
                program = STRINGS if program in VOICES and not percussion else program
                if begun is not None and (percussion or not _left_out(program)):
                    target, played = class_of_track(track.name, program, percussion)
                    start = seconds_at(begun[0])
                    note = Note(start, max(seconds_at(now), start + 0.03), message.note, begun[1])
                    found.setdefault((track.name, target, played), []).append(note)
                if message.type == "note_on" and message.velocity > 0:
                    sounding[key] = (now, message.velocity)
    return [Track(name, target, program, tuple(notes)) for (name, target, program), notes in found.items()]


def _first_programs(midi: mido.MidiFile) -> dict[int, int]:
    """First program of each channel, for tracks that leave the choice to another track."""
    found: dict[int, int] = {}
    for track in midi.tracks:
        for message in track:
            if message.type == "program_change":
                found.setdefault(message.channel, message.program)
    return found


def _left_out(program: int) -> bool:
    # Agogos, woodblocks and taikos with a pitch are drums, but no kit plays their notes.
    return program in NOISES or class_of_program(program) == "drums"


def cut(tracks: list[Track], start: float, seconds: float, speed: float = 1.0, transpose: int = 0) -> list[Track]:
    """Cut `seconds` (as heard) from `start` (as written) on; drums are not transposed."""
    found = []
    for track in tracks:
        step = 0 if track.target == "drums" else transpose
        notes = tuple(
            replace(
                note,
                start=(note.start - start) / speed,
                end=min((note.end - start) / speed, seconds),
                pitch=int(np.clip(note.pitch + step, 0, 127)),
            )
            for note in track.notes
            if 0 <= note.start - start < (seconds - 0.05) * speed
        )
        if notes:
            found.append(replace(track, notes=notes))
    return found


def read(path: Path) -> list[Track]:
    """Tracks of a MIDI file, tempo changes and all.

    Raises:
        UserError: The file is no readable MIDI file, or has no notes.
    """
    with readable(path):
        midi = mido.MidiFile(path, clip=True)
    ticks, times, tempos = [0], [0.0], [500000]
    for message in _tempos(midi):
        tick, tempo = message
        times.append(times[-1] + mido.tick2second(tick - ticks[-1], midi.ticks_per_beat, tempos[-1]))
        ticks.append(tick)
        tempos.append(tempo)

    def seconds_at(tick: int) -> float:
        index = int(np.searchsorted(ticks, tick, side="right")) - 1
        return times[index] + float(mido.tick2second(tick - ticks[index], midi.ticks_per_beat, tempos[index]))

    tracks = collect(midi, seconds_at)
    if not tracks:
        raise UserError(f"{path} has no notes. Replace it or leave it out.")
    return tracks


def _tempos(midi: mido.MidiFile) -> list[tuple[int, int]]:
    found = []
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "set_tempo":
                found.append((now, message.tempo))
    return sorted(found)
