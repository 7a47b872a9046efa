"""A few seconds of source material of every sort: a song, a drum performance, kits, notes, a recorded song."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import soundfile

from offline_train.render.cut import Cut, Sources
from offline_train.render.job import Job
from offline_train.render.lines import bassed, drummed
from offline_train.render.multitrack import jobs as multitrack_jobs

RATE = 44100


def tone(hz: float, seconds: float, gain: float = 0.3) -> np.ndarray:
    t = np.arange(int(RATE * seconds)) / RATE
    return (gain * np.sin(2 * np.pi * hz * t) * np.exp(-3 * t)).astype(np.float32)


def write_song(folder: Path, seconds: int = 16) -> None:
    """A song of POP909: melody and piano at 120 beats a minute, a chord a bar."""
    folder.mkdir(parents=True)
    midi = mido.MidiFile(ticks_per_beat=480)
    for name, pitches in (("MELODY", (60, 62, 64, 65)), ("BRIDGE", (72,)), ("PIANO", (48, 52, 55))):
        track = mido.MidiTrack()
        track.append(mido.MetaMessage("track_name", name=name))
        track.append(mido.MetaMessage("set_tempo", tempo=500000))
        for index in range(seconds * 2):
            pitch = pitches[index % len(pitches)]
            track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
            track.append(mido.Message("note_off", note=pitch, velocity=0, time=480))
        midi.tracks.append(track)
    midi.save(folder / f"{folder.name}.mid")
    names = ("C:maj", "A:min7", "F:maj", "G:7")
    chords = [f"{2 * i} {2 * i + 2} {names[i % 4]}" for i in range(seconds // 2)]
    (folder / "chord_midi.txt").write_text("\n".join(chords) + "\n")
    beats = [f"{i / 2} {float(i % 2 == 0)} {float(i % 4 == 0)}" for i in range(seconds * 2)]
    (folder / "beat_midi.txt").write_text("\n".join(beats) + "\n")


def write_groove(folder: Path) -> None:
    """One human performance, of drummer 1."""
    (folder / "drummer1").mkdir(parents=True)
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    for beat in range(16):
        for note, velocity in ((42, 60 + beat), (36 if beat % 2 == 0 else 38, 80 + 2 * beat)):
            track.append(mido.Message("note_on", note=note, velocity=velocity, channel=9, time=0))
        track.append(mido.Message("note_off", note=42, channel=9, time=480))
    midi.tracks.append(track)
    midi.save(folder / "drummer1" / "one.mid")
    head = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split"
    row = "drummer1,s,i,rock,120,beat,4-4,drummer1/one.mid,,16,train"
    (folder / "info.csv").write_text(f"{head}\n{row}\n")


def write_kit(folder: Path, layers: int = 3) -> None:
    """A kit of Hydrogen: kick, snare and hi-hat in layers of rising level and pitch."""
    folder.mkdir(parents=True)
    rows = []
    for number, (name, hz) in enumerate((("Kick", 60), ("Snare", 300), ("Hi-Hat Closed", 5000))):
        parts = []
        for layer in range(layers):
            low, high = layer / layers, (layer + 1) / layers
            file = f"{number}_{layer}.wav"
            soundfile.write(folder / file, tone(hz * (1 + layer / 2), 0.2, 0.9 * high), RATE)
            parts.append(f"<layer><filename>{file}</filename><min>{low}</min><max>{high}</max></layer>")
        rows.append(f"<instrument><id>{number}</id><name>{name}</name>{''.join(parts)}</instrument>")
    text = f"<drumkit_info><name>tiny</name><instrumentList>{''.join(rows)}</instrumentList></drumkit_info>"
    (folder / "drumkit.xml").write_text(text)


def write_notes(folder: Path, articulation: str) -> None:
    """A bank of two notes an octave apart."""
    folder.mkdir(parents=True)
    rows = ["file\tarticulation\tmidi_note\tvelocity_layer\tstart_s\tend_s"]
    soundfile.write(folder / "notes.wav", np.concatenate([tone(55, 1.0), tone(110, 1.0)]), RATE)
    rows += [f"notes.wav\t{articulation}\t33\tmf\t0\t1", f"notes.wav\t{articulation}\t45\tmf\t1\t2"]
    (folder / "index.tsv").write_text("\n".join(rows) + "\n")


def write_multitrack(folder: Path, names: tuple[str, ...] = ("vocals", "drums", "other"), gain: float = 0.3) -> None:
    folder.mkdir(parents=True)
    for index, name in enumerate(names):
        audio = tone(200 * (index + 1), 1.0, gain)
        soundfile.write(folder / f"{name}.ogg", audio, RATE, format="OGG", subtype="VORBIS")


def make_sources(folder: Path, fonts: tuple[Path, ...] = ()) -> Sources:
    """Write all of it and give the sources."""
    data = folder / "data"
    write_song(data / "midi" / "pop909" / "001")
    write_groove(data / "midi" / "groove")
    write_kit(folder / "Millo-Drums_v.1")
    write_notes(data / "bass" / "growlybass", "sustain")
    for guitar in ("emilyguitar", "shinyguitar_electric", "shinyguitar_acoustic"):
        write_notes(data / "guitar" / guitar, "notes")
    write_multitrack(data / "multitrack" / "eif_lithium")
    kits = (("Millo-Drums_v.1", folder / "Millo-Drums_v.1"),)
    return Sources(data, folder / "cache", fonts, kits)


def make_jobs(sources: Sources, seed: int = 0) -> list[Job]:
    """Four short jobs: drums twice, a bass line, a recorded song."""
    jobs = []
    for index, (run, choice) in enumerate(
        ((drummed, "Millo-Drums_v.1"), (bassed, "growlybass"), (drummed, "Millo-Drums_v.1"))
    ):
        name = f"item_{index}"
        cut = Cut("001", 3.0, seed + index, "train")
        jobs.append(Job(name, run.__name__, 3.0, run, (name, cut, choice, sources, None)))
    return jobs + multitrack_jobs(sources.data)[:1]


def contents(pool: Path) -> dict[str, bytes]:
    """Every file of a pool that tells what is in it, without the times that jobs took."""
    files = [*pool.glob("audio/*.npy"), *pool.glob("items/*.json"), pool / "pool.json", pool / "LICENCES.md"]
    return {str(path.relative_to(pool)): path.read_bytes() for path in files}
