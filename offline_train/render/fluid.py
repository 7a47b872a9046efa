"""Renders notes with FluidSynth and a SoundFont."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note
from rtiass.errors import UserError

TICKS = 480
TEMPO = 500000


@dataclass(frozen=True)
class Part:
    """Notes for one General MIDI program; `drums` sends them to the percussion channel."""

    notes: tuple[Note, ...]
    program: int
    drums: bool = False
    volume: int = 100
    pan: int = 64


def write_midi(parts: list[Part], path: Path) -> None:
    """Write parts to a MIDI file with one track each, at 120 beats a minute."""
    midi = mido.MidiFile(ticks_per_beat=TICKS)
    free = [channel for channel in range(16) if channel != 9]
    for part in parts:
        channel = 9 if part.drums else free.pop(0)
        events: list[tuple[int, int, mido.Message]] = []
        for note in part.notes:
            start = max(round(note.start * TICKS * 1e6 / TEMPO), 0)
            end = max(round(note.end * TICKS * 1e6 / TEMPO), start + 10)
            pitch = int(np.clip(note.pitch, 0, 127))
            velocity = int(np.clip(note.velocity, 1, 127))
            on = mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
            off = mido.Message("note_off", channel=channel, note=pitch, velocity=0)
            events += [(start, 1, on), (end, 0, off)]
        track = mido.MidiTrack()
        track.append(mido.Message("program_change", channel=channel, program=part.program))
        track.append(mido.Message("control_change", channel=channel, control=7, value=part.volume))
        track.append(mido.Message("control_change", channel=channel, control=10, value=part.pan))
        now = 0
        for tick, _, message in sorted(events, key=lambda event: event[:2]):
            track.append(message.copy(time=tick - now))
            now = tick
        midi.tracks.append(track)
    midi.save(path)


def render(
    parts: list[Part], soundfont: Path, seconds: float, reverb: bool = True, chorus: bool = False
) -> NDArray[np.float32]:
    """Render parts to float32 (seconds * 44100, 2).

    Raises:
        UserError: If FluidSynth or the SoundFont is missing, or FluidSynth fails.
    """
    if not soundfont.exists():
        raise UserError(f"The SoundFont {soundfont} is missing: install the package that holds it.")
    count = round(seconds * RATE)
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "notes.mid", Path(folder) / "sound.wav"
        write_midi(parts, midi)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.4", "-r", str(RATE), "-T", "wav", "-O", "float"]
        command += ["-R", "1" if reverb else "0", "-C", "1" if chorus else "0"]
        command += ["-o", "synth.dynamic-sample-loading=1", "-F", str(wave), str(soundfont), str(midi)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise UserError("FluidSynth is missing: install the package 'fluidsynth'.") from error
        said = (done.stdout + done.stderr).strip()
        if "not a SoundFont" in said or "Failed to load SoundFont" in said:
            raise UserError(f"{soundfont} is no SoundFont that FluidSynth can read. Install it again or take it away.")
        if done.returncode or not wave.exists():
            raise UserError(f"FluidSynth failed with {soundfont}: {said[-300:]}")
        audio, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    out = np.zeros((count, 2), np.float32)
    kept = min(count, len(audio))
    out[:kept] = audio[:kept]
    return out
