"""The order of the work: what matters most comes first, so that training can begin early."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from offline_train.render import lines, multitrack, recorded
from offline_train.render.job import Job
from offline_train.render.lines import Cut, Sources
from offline_train.render.voicebank import TRAIN_BANKS, VALID_BANKS

SEED = 20
WAVES = 4
SONGS_PER_WAVE = 12
SECONDS = 70.0
VALID_SONGS = 4
VALID_SECONDS = 60.0
EXTRA_LEADS = 28
EXTRA_GUITARS = 26
EXTRA_BASSES = 14
GUITARS = ("emilyguitar", "shinyguitar_acoustic", "emilyguitar", "shinyguitar_electric")


def song_names(data: Path, valid: bool) -> list[str]:
    """POP909 songs in a drawn order; numbers ending in 9 are for validation."""
    found = sorted(p.parent.name for p in (data / "midi" / "pop909").glob("*/beat_midi.txt"))
    found = [name for name in found if name.endswith("9") == valid]
    return [found[i] for i in np.random.default_rng(SEED).permutation(len(found))]


def _song(index: int, cut: Cut, sources: Sources, group: str) -> list[Job]:
    name = f"pop909_{cut.song}"
    jobs = []
    if index % 4 != 3:
        bank = TRAIN_BANKS[index % len(TRAIN_BANKS)]
        arguments = (f"{name}_vocals", cut, bank, sources, True)
        jobs.append(Job(group, (f"{name}_vocals",), lines.sung, arguments))
    kit = None if index % 3 == 2 else "muldjordkit"
    instrument = "growlybass" if index % 2 == 0 else None
    jobs += [
        Job(group, (f"{name}_drums",), lines.drummed, (f"{name}_drums", cut, kit, sources, True)),
        Job(group, (f"{name}_bass",), lines.bassed, (f"{name}_bass", cut, instrument, sources, True)),
        Job(group, (f"{name}_other",), lines.accompanied, (f"{name}_other", cut, "backing", sources, True)),
    ]
    return jobs


def _valid(data: Path, sources: Sources) -> list[Job]:
    jobs = []
    for index, song in enumerate(song_names(data, valid=True)[:VALID_SONGS]):
        cut = Cut(song, VALID_SECONDS, 9000 + index, "valid")
        name, bank = f"pop909_{song}", VALID_BANKS[0]
        works = (
            ("vocals", lines.sung, bank),
            ("drums", lines.drummed, "gogodze_phu_ii"),
            ("bass", lines.bassed, "meatbass_pizz"),
            ("other", lines.accompanied, "backing"),
        )
        for target, run, choice in works:
            arguments = (f"{name}_{target}", cut, choice, sources, True)
            jobs.append(Job("validation songs", (f"{name}_{target}",), run, arguments))
    return jobs


def _extras(songs: list[str], sources: Sources) -> list[Job]:
    jobs = []
    for index, song in enumerate(songs[: max(EXTRA_LEADS, EXTRA_GUITARS, EXTRA_BASSES)]):
        cut = Cut(song, SECONDS, 5000 + index, "train")
        if index < EXTRA_LEADS:
            name = f"lead_{song}"
            jobs.append(Job("further stems", (name,), lines.accompanied, (name, cut, "lead", sources, False)))
        if index < EXTRA_GUITARS:
            name = f"guitar_{song}"
            guitar = GUITARS[index % len(GUITARS)]
            jobs.append(Job("further stems", (name,), lines.strummed, (name, cut, guitar, sources)))
        if index < EXTRA_BASSES:
            name = f"bass_{song}"
            jobs.append(Job("further stems", (name,), lines.bassed, (name, cut, None, sources, False)))
    return jobs


def all_jobs(data: Path, out: Path, soundfonts: Path, game_songs: Path) -> list[Job]:
    """List every job in order; jobs of one group stand together.

    Args:
        data: Folder of the material.
        out: Folder of the pool; analysed voices are kept in `cache` below it.
        soundfonts: Folder that holds FluidR3_GM.sf2 and TimGM6mb.sf2.
        game_songs: Folder of Frets on Fire songs; may be absent.
    """
    train = Sources(data, out / "cache", soundfonts / "FluidR3_GM.sf2")
    valid = Sources(data, out / "cache", soundfonts / "TimGM6mb.sf2")
    names = song_names(data, valid=False)
    jobs = multitrack.jobs(data) + recorded.voice_jobs(data)
    for wave in range(WAVES):
        group = f"rendered songs {wave + 1}/{WAVES}"
        for place in range(SONGS_PER_WAVE):
            index = wave * SONGS_PER_WAVE + place
            if index < len(names):
                cut = Cut(names[index], SECONDS, index, "train")
                jobs += _song(index, cut, train, group)
        if wave == 0:
            jobs += _valid(data, valid)
    jobs += recorded.guitar_jobs(game_songs)
    jobs += _extras(names[WAVES * SONGS_PER_WAVE :], train)
    return jobs
