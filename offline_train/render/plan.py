"""The order of the work: recordings and validation first, then rounds of everything, as long as is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from offline_train.render import backing, band, electronic, lines, midisong, multitrack, recorded, singing
from offline_train.render.cut import Cut, Sources
from offline_train.render.job import Job, Result, stream_of
from offline_train.render.voicebank import TRAIN_BANKS, VALID_BANKS
from rtiass.errors import UserError

SECONDS = 70.0
VALID_SONGS = 4
VALID_FULL = 4
VALID_SECONDS = 60.0
VALID_SEED = 9000
ORDER_SEED = 20
ELECTRIC = ("emilyguitar", None, "shinyguitar_electric", None, "emilyguitar", None)
ACOUSTIC = ("shinyguitar_acoustic", None, "shinyguitar_acoustic")
BASSES = ("growlybass", None, None)


def song_names(data: Path, valid: bool) -> list[str]:
    """POP909 songs in a drawn order; numbers ending in 9 are for validation.

    Raises:
        UserError: There are none.
    """
    found = sorted(p.parent.name for p in (data / "midi" / "pop909").glob("*/beat_midi.txt"))
    found = [name for name in found if name.endswith("9") == valid]
    if not found:
        which = "whose number ends in 9, for validation" if valid else "for training"
        raise UserError(f"There are no songs {which} in {data / 'midi' / 'pop909'}.")
    return [found[i] for i in np.random.default_rng(ORDER_SEED).permutation(len(found))]


@dataclass(frozen=True)
class Draw:
    """What a kind of job is made from: its name, number, random numbers, excerpt and sources."""

    name: str
    index: int
    rng: np.random.Generator
    cut: Cut
    sources: Sources


def _kit(draw: Draw) -> str:
    """Draw a drum kit: two in three acoustic."""
    acoustic, other = lines.kit_names(dict(draw.sources.kits))
    fonts = [name for name, _ in draw.sources.kits if name.startswith("font:")]
    roll = draw.rng.random()
    if roll < 0.5 and acoustic:
        options = acoustic
    elif roll < 0.68 and fonts:
        options = fonts
    elif roll < 0.88 and other:
        options = other
    else:
        options = [f"font:{path.stem}" for path in draw.sources.fonts]
    return options[int(draw.rng.integers(len(options)))]


def _drums(draw: Draw) -> Job:
    kit = _kit(draw)
    return Job(draw.name, "drums", SECONDS, lines.drummed, (draw.name, draw.cut, kit, draw.sources, None))


def _piano(draw: Draw) -> Job:
    sampled = draw.sources.piano is not None and draw.index % 2 == 0
    return Job(draw.name, "piano", SECONDS, lines.pianoed, (draw.name, draw.cut, sampled, draw.sources, None))


def _electric(draw: Draw) -> Job:
    arguments = (draw.name, draw.cut, ELECTRIC[draw.index % len(ELECTRIC)], "electric_guitar", draw.sources, None)
    return Job(draw.name, "electric guitar", SECONDS, lines.strummed, arguments)


def _acoustic(draw: Draw) -> Job:
    arguments = (draw.name, draw.cut, ACOUSTIC[draw.index % len(ACOUSTIC)], "acoustic_guitar", draw.sources, None)
    return Job(draw.name, "acoustic guitar", SECONDS, lines.strummed, arguments)


def _bass(draw: Draw) -> Job:
    instrument = BASSES[draw.index % len(BASSES)]
    return Job(draw.name, "bass", SECONDS, lines.bassed, (draw.name, draw.cut, instrument, draw.sources, None))


def _lead(draw: Draw) -> Job:
    return Job(draw.name, "leads", 1.5 * SECONDS, lines.led, (draw.name, draw.cut, draw.sources, None))


def _sung(draw: Draw) -> Job:
    bank = TRAIN_BANKS[int(draw.rng.integers(len(TRAIN_BANKS)))]
    cut = replace(draw.cut, busiest=True)
    return Job(draw.name, "sung", SECONDS, singing.sung, (draw.name, cut, bank, draw.sources, None))


def _choir(draw: Draw) -> Job:
    return Job(draw.name, "choir", SECONDS, singing.choir, (draw.name, draw.cut, draw.sources, None))


def _singers(data: Path) -> list[tuple[Path, str]]:
    """Recorded singing, each with its credit."""
    singers = [data / "multitrack" / song / "vocals.ogg" for song in multitrack.TRAIN_SONGS]
    singers.append(data / "singing" / "antagata_dokosa" / "vocals.ogg")
    return [(path, "antagata" if "antagata" in path.parts[-2] else "eif") for path in singers if path.is_file()]


def _voice(draw: Draw) -> Job:
    singers = _singers(draw.sources.data)
    if not singers:
        raise UserError(f"There is no material for vocals: {draw.sources.data} has no recorded singing.")
    path, key = singers[draw.index % len(singers)]
    return Job(draw.name, "recorded voices", SECONDS, singing.revoiced, (draw.name, path, key, SECONDS, draw.cut.seed))


def _band(draw: Draw) -> Job:
    kit = _kit(draw)
    growling = "growlybass" if draw.rng.random() < 0.35 else None
    singer = TRAIN_BANKS[int(draw.rng.integers(len(TRAIN_BANKS)))] if draw.rng.random() < 0.65 else None
    cut = replace(draw.cut, busiest=draw.cut.busiest or singer is not None)
    who = band.Band(kit, growling, singer)
    return Job(draw.name, "bands", 5 * SECONDS, band.arranged, (draw.name, cut, who, draw.sources))


def _club(draw: Draw) -> Job | None:
    if draw.sources.synths is None:
        return None
    singer = TRAIN_BANKS[int(draw.rng.integers(len(TRAIN_BANKS)))] if draw.rng.random() < 0.85 else None
    studio = electronic.Studio(draw.sources.synths, singer, tuple(_singers(draw.sources.data)))
    return Job(draw.name, "electronic", 4 * SECONDS, electronic.produced, (draw.name, draw.cut, studio, draw.sources))


def _midi(draw: Draw) -> Job | None:
    if not draw.sources.songs:
        return None
    path, credit = draw.sources.songs[int(draw.rng.integers(len(draw.sources.songs)))]
    growling = "growlybass" if draw.rng.random() < 0.35 else None
    arguments = (draw.name, path, credit, draw.cut, _kit(draw), growling, draw.sources)
    return Job(draw.name, "MIDI songs", 4 * SECONDS, midisong.played, arguments)


# Jobs of each kind in one round.
ROUND: tuple[tuple[str, int, Callable[[Draw], Job | None]], ...] = (
    ("band", 3, _band),
    ("midi", 1, _midi),
    ("club", 4, _club),
    ("drums", 4, _drums),
    ("voice", 3, _voice),
    ("sung", 3, _sung),
    ("piano", 2, _piano),
    ("electric", 2, _electric),
    ("acoustic", 2, _acoustic),
    ("choir", 1, _choir),
    ("bass", 1, _bass),
    ("leads", 1, _lead),
)


def rounds(sources: Sources, hours: float, seed: int) -> list[Job]:
    """Jobs of so many rounds that they make the given hours of audio."""
    songs = song_names(sources.data, valid=False) if hours > 0 else []
    jobs: list[Job] = []
    counts = dict.fromkeys((kind for kind, _, _ in ROUND), 0)
    planned = 0.0
    while planned < hours * 3600:
        for kind, count, make in ROUND:
            for _ in range(count):
                name = f"{kind}_{counts[kind]:04d}"
                stream = stream_of(seed, name)
                rng = np.random.default_rng((stream, 99))
                song = songs[int(rng.integers(len(songs)))]
                cut = Cut(song, SECONDS, stream, "train", bool(rng.random() < 0.5))
                job = make(Draw(name, counts[kind], rng, cut, sources))
                counts[kind] += 1
                if job is not None:
                    planned += job.seconds
                    jobs.append(job)
    return jobs


def _valid(sources: Sources) -> list[Job]:
    jobs = []
    for index, song in enumerate(song_names(sources.data, valid=True)[:VALID_SONGS]):
        cut = Cut(song, VALID_SECONDS, VALID_SEED + index, "valid")
        name = f"pop909_{song}"
        works: tuple[tuple[str, Callable[..., Result], object], ...] = (
            ("vocals", singing.sung, VALID_BANKS[0]),
            ("drums", lines.drummed, "gogodze_phu_ii"),
            ("bass", lines.bassed, "meatbass_pizz"),
            ("backing", backing.accompanied, "backing"),
        )
        for part, run, choice in works:
            called = name if part == "backing" else f"{name}_{part}"
            jobs.append(
                Job(
                    f"valid_{song}_{part}", "validation songs", VALID_SECONDS, run, (called, cut, choice, sources, name)
                )
            )
    for index, song in enumerate(song_names(sources.data, valid=True)[VALID_SONGS : VALID_SONGS + VALID_FULL]):
        jobs += _full(song, Cut(song, VALID_SECONDS, VALID_SEED + 100 + index, "valid"), sources)
    return jobs


def _full(song: str, cut: Cut, sources: Sources) -> list[Job]:
    """A validation song in which every class plays."""
    name = f"pop909_{song}"
    works: tuple[tuple[str, Callable[..., Result], tuple[object, ...]], ...] = (
        ("vocals", singing.sung, (VALID_BANKS[0],)),
        ("drums", lines.drummed, ("gogodze_phu_ii",)),
        ("bass", lines.bassed, ("meatbass_pizz",)),
        ("piano", lines.pianoed, (False,)),
        ("electric_guitar", lines.strummed, (None, "electric_guitar")),
        ("acoustic_guitar", lines.strummed, (None, "acoustic_guitar")),
        ("rest", backing.accompanied, ("pads",)),
    )
    return [
        Job(
            f"valid_{song}_{part}",
            "validation songs",
            VALID_SECONDS,
            run,
            (name if part == "rest" else f"{name}_{part}", cut, *choice, sources, name),
        )
        for part, run, choice in works
    ]


def all_jobs(train: Sources, valid: Sources, game_songs: Path, hours: float, seed: int) -> list[Job]:
    """List every job in order.

    Args:
        train: What training material is made with.
        valid: What validation material is made with.
        game_songs: Folder of Frets on Fire songs; may be absent.
        hours: Hours of audio, over all stems, to render beside the recordings and the validation songs.
        seed: Decides everything that is drawn for training; validation songs are always the same.
    """
    jobs = multitrack.jobs(train.data) + recorded.voice_jobs(train.data) + _valid(valid)
    jobs += recorded.valid_guitar_jobs(game_songs) + recorded.guitar_jobs(game_songs)
    return jobs + rounds(train, hours, seed)
