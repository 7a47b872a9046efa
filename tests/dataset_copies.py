"""Small copies of data sets: their folders, their metadata, and two seconds of sound in each file."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import soundfile
import yaml
from numpy.typing import NDArray

from offline_train.datasets.base import DataSet, Song

RATE = 44100


def tone(
    name: str, seconds: float = 2.0, rate: int = RATE, channels: int = 2, level: float = 0.1
) -> NDArray[np.float32]:
    """Something to hear, shape (samples, channels), another one for every name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    time = np.arange(round(seconds * rate)) / rate
    pitches = rng.uniform(80, 2000, (channels, 4))
    waves = [np.sin(2 * np.pi * np.outer(row, time) + rng.uniform(0, 6)).sum(axis=0) for row in pitches]
    return (level / 4 * np.stack(waves, axis=1)).astype(np.float32)


def write(
    path: Path, sound: NDArray[np.float32] | None = None, rate: int = RATE, subtype: str = "PCM_16", **how
) -> Path:
    """Write a sound file (a tone named after its path, if no sound is given)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = tone("/".join(path.parts[-3:]), rate=rate, **how) if sound is None else sound
    soundfile.write(path, values, rate, subtype=None if path.suffix == ".ogg" else subtype)
    return path


def folder(root: Path, songs: dict[str, list[str]]) -> Path:
    """Songs as folders of files: ``{"train/One": ["vocals.wav"]}``."""
    for song, files in songs.items():
        for file in files:
            write(root / song / file)
    return root


def musdb18(root: Path, train: list[str], test: list[str]) -> Path:
    for subset, names in (("train", train), ("test", test)):
        (root / subset).mkdir(parents=True, exist_ok=True)
        for name in names:
            for file in ("mixture", "vocals", "drums", "bass", "other"):
                write(root / subset / name / f"{file}.wav")
    return root


def medleydb(root: Path, songs: dict[str, list[str]], bleed: tuple[str, ...] = (), apart: bool = False) -> Path:
    """``{"Artist_Song": ["male singer", ...]}`` as V1 and V2 have it; ``apart`` puts the metadata in a folder of its own."""
    for name, instruments in songs.items():
        home = root / "Audio" / name
        stems = {}
        for number, instrument in enumerate(instruments, 1):
            file = f"{name}_STEM_{number:02d}.wav"
            write(home / f"{name}_STEMS" / file)
            raw = f"{name}_RAW_{number:02d}_01.wav"
            stems[f"S{number:02d}"] = {
                "component": "melody" if number == 1 else "",
                "filename": file,
                "instrument": instrument,
                "raw": {"R01": {"filename": raw, "instrument": instrument}},
            }
        write(home / f"{name}_MIX.wav")
        meta = {
            "album": "",
            "artist": name.partition("_")[0],
            "has_bleed": "yes" if name in bleed else "no",
            "mix_filename": f"{name}_MIX.wav",
            "stem_dir": f"{name}_STEMS",
            "stems": stems,
            "title": name.partition("_")[2],
            "version": "1.2",
        }
        place = root / "Metadata" if apart else home
        place.mkdir(exist_ok=True)
        (place / f"{name}_METADATA.yaml").write_text(yaml.safe_dump(meta), "utf-8")
    return root


def slakh(root: Path, tracks: dict[str, list[tuple[str, int, bool]]]) -> Path:
    """``{"train/Track00001": [(inst_class, program, is_drum), ...]}``; a program of -1 was not rendered."""
    for name, stems in tracks.items():
        table = {}
        for number, (inst, program, drum) in enumerate(stems):
            key = f"S{number:02d}"
            table[key] = {
                "audio_rendered": program >= 0,
                "inst_class": inst,
                "integrated_loudness": -13.0,
                "is_drum": drum,
                "midi_program_name": inst,
                "midi_saved": True,
                "plugin_name": "some.nkm",
                "program_num": max(program, 0),
            }
            if program >= 0:
                write(root / name / "stems" / f"{key}.flac", channels=1)
        write(root / name / "mix.flac", channels=1)
        (root / name / "all_src.mid").write_bytes(b"MThd")
        meta = {"UUID": "0", "audio_dir": "stems", "midi_dir": "MIDI", "stems": table, "overall_gain": 0.2}
        (root / name / "metadata.yaml").write_text(yaml.safe_dump(meta), "utf-8")
    return root


def moisesdb(root: Path, songs: dict[str, tuple[str, list[tuple[str, str, bool]]]]) -> Path:
    """``{uuid: (artist, [(stem, track type, bleeds), ...])}``."""
    for uuid, (artist, tracks) in songs.items():
        home = root / "moisesdb_v0.1" / uuid
        stems: dict[str, list[dict]] = {}
        for number, (stem, kind, bleeds) in enumerate(tracks):
            identity = f"{number:08d}-track"
            write(home / stem / f"{identity}.wav")
            stems.setdefault(stem, []).append(
                {"id": identity, "extension": "wav", "trackType": kind, "has_bleed": bleeds}
            )
        listed = [{"id": name, "stemName": name, "tracks": members} for name, members in stems.items()]
        meta = {"id": uuid, "song": f"Song {uuid}", "artist": artist, "genre": "rock", "stems": listed}
        (home / "data.json").write_text(json.dumps(meta), "utf-8")
    return root


def classes(song: Song) -> list[tuple[str, str]]:
    """Class and file name of each track."""
    return [(track.class_name, track.files[0].name) for track in song.tracks]


def by_key(data: DataSet) -> dict[str, Song]:
    return {song.key: song for song in data.songs}
