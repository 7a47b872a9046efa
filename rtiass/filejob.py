"""File jobs: a song into a folder of stems, or into its karaoke version, at constant memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rtiass.audiofile import AudioFileError, AudioReader, open_audio
from rtiass.audiowriter import FORMATS, OutputSet, check_format
from rtiass.errors import UserError
from rtiass.pool import SeparatorPool
from rtiass.songstream import Activity, ActivityLog, Samples, make_log, stream, with_rest

if TYPE_CHECKING:
    from rtiass.spectrogram import SpectrogramSet

Progress = Callable[[float, float | None], None]
"""Called with seconds of sound read and seconds in all, or None where the file does not tell."""

PICTURE = "spectrograms.png"
ACTIVITY = "activity.csv"


@dataclass(frozen=True)
class JobResult:
    """What a file job did.

    Attributes:
        song: The input.
        files: Files written.
        seconds: Length of the song.
        replaced: There were files of these names before.
        warnings: Sentences that should be shown.
        activity: The song's activity.
    """

    song: Path
    files: list[Path]
    seconds: float
    replaced: bool
    warnings: list[str]
    activity: Activity


def choose_stems(available: Sequence[str], wanted: Iterable[str] | None) -> tuple[str, ...]:
    """Stems asked for, in the model's order.

    Args:
        available: Stems of the model.
        wanted: Names, or None for all. Capitals only count where a model has stems that differ in nothing else.

    Raises:
        UserError: There is no such stem, or none is named.
    """
    if wanted is None:
        return tuple(available)
    names = [name.strip() for name in wanted if name.strip()]
    found = [
        [stem for stem in available if stem == name] or [s for s in available if s.casefold() == name.casefold()]
        for name in names
    ]
    unknown = [name for name, stems in zip(names, found, strict=True) if not stems]
    if unknown or not names:
        what = f"no stem '{unknown[0]}'" if unknown else "no stem to write"
        raise UserError(f"There is {what}. This model has: {', '.join(available)}.")
    return tuple(stem for stem in available if any(stem in stems for stems in found))


def stem_pieces(
    blocks: Iterable[Samples],
    rate: int,
    channels: int,
    pool: SeparatorPool,
    wanted: Sequence[str],
    log: ActivityLog | None = None,
) -> Iterator[tuple[Samples, dict[str, Samples]]]:
    """Separate sound piece by piece; the last stem is the mixture minus all others, sample by sample.

    Args:
        blocks: The sound, each block of shape (n, channels) float32.
        rate: Its sample rate.
        channels: Its number of channels.
        pool: Gives the separators.
        wanted: Stems to yield, in the model's order.
        log: Where to note the activity, or None.

    Yields:
        A stretch of the mixture and its stems, each of shape (n, channels) float32.
    """
    every = pool.bundle.stems
    rest = every[-1]
    # The rest is what the others leave, so it needs them all; without it only what was asked for is rendered.
    rendered = every[:-1] if rest in wanted else tuple(wanted)
    for piece in stream(blocks, rate, pool.take(channels, rendered), log):
        stems = dict(zip(rendered, piece.stems, strict=True))
        if rest in wanted:
            stems = with_rest(piece.mixture, stems, rest)
        yield piece.mixture, {name: stems[name] for name in wanted}


def new_log(pool: SeparatorPool, channels: int, wanted: Sequence[str]) -> ActivityLog:
    """Activity log that fits the separators of ``stem_pieces`` with the same arguments."""
    every = pool.bundle.stems
    rendered = every[:-1] if every[-1] in wanted else tuple(wanted)
    return make_log(pool.take(channels, rendered)[0], pool.bundle.activity_lookahead)


def song_names(songs: Sequence[Path]) -> list[str]:
    """Folder name for each song: its file name without suffix, and a number where two would be the same."""
    taken: set[str] = set()
    plain = {_plain_name(song).casefold() for song in songs}
    names = []
    for song in songs:
        name = _plain_name(song)
        number = 1
        # Not every file system tells capital letters from small ones.
        while name.casefold() in taken or (number > 1 and name.casefold() in plain):
            number += 1
            name = f"{_plain_name(song)}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _plain_name(song: Path) -> str:
    return song.stem if song.stem.strip(". ") else "song"


def separate_song(
    song: str | Path,
    folder: str | Path,
    pool: SeparatorPool,
    *,
    stems: Iterable[str] | None = None,
    fmt: str = "wav",
    name: str | None = None,
    picture: bool = False,
    activity: bool = False,
    keep: Iterable[Path] = (),
    progress: Progress | None = None,
) -> JobResult:
    """Write the stems of a song into ``folder/name/``. They appear together when all are complete.

    Files of the same names are replaced; others in the folder stay.

    Args:
        song: Sound file.
        folder: Where the song's folder goes.
        pool: Gives the separators.
        stems: Names of the stems to write, or None for all. With the model's last stem (``other``) among them
            it is the mixture minus all others, so all stems together add up to the song.
        fmt: ``wav`` (32-bit float), ``flac`` (24-bit) or ``ogg`` (Vorbis).
        name: Name of the song's folder; default the file's name without suffix.
        picture: Draw ``spectrograms.png`` too.
        activity: Write ``activity.csv`` too.
        keep: Files that must not be replaced, besides the song itself.
        progress: Called now and then.

    Raises:
        UserError: Something is wrong with the song, the folder or the choice; nothing is left behind.
    """
    song = Path(song)
    wanted = choose_stems(pool.bundle.stems, stems)
    goal = Path(folder) / (name or _plain_name(song))
    with open_audio(song) as reader:
        check_format(fmt, reader.rate, reader.channels)
        replaced = _check_goals([song, *keep], [goal / f"{stem}.{fmt}" for stem in wanted])
        listener = _picture_listener(reader) if picture else None
        log = new_log(pool, reader.channels, wanted)
        with OutputSet(goal, wanted, fmt, reader.rate, reader.channels, own_folder=True) as output:
            blocks = checked_blocks(reader, progress)
            for mixture, pieces in stem_pieces(blocks, reader.rate, reader.channels, pool, wanted, log):
                for stem, samples in pieces.items():
                    output.write(stem, samples)
                if listener is not None:
                    listener.add("mixture", mixture)
                    for stem, samples in pieces.items():
                        listener.add(stem, samples)
            seconds = reader.position / reader.rate
            rows = log.result(seconds)
            if listener is not None:
                from rtiass.plot import draw

                draw(listener.results(), rows, output.add_path(PICTURE), title=song.name)
            if activity:
                write_activity(rows, output.add_path(ACTIVITY))
            files = output.commit()
        warnings = list(reader.warnings)
        if output.lowered_db:
            warnings.append(_lowered(song, output.lowered_db))
    return JobResult(song, files, seconds, replaced, warnings, rows)


def karaoke_song(
    song: str | Path,
    out: str | Path,
    pool: SeparatorPool,
    *,
    vocals: float = 0.0,
    progress: Progress | None = None,
) -> JobResult:
    """Write a song with its vocals at another level.

    Args:
        song: Sound file.
        out: File to write: ``.wav`` (32-bit float), ``.flac`` (24-bit) or ``.ogg`` (Vorbis). It is replaced
            if it exists.
        pool: Gives the separators.
        vocals: Linear gain of the vocals, 0 for none.
        progress: Called now and then.

    Raises:
        UserError: Something is wrong with the song or the output; nothing is left behind.
    """
    song, out = Path(song), Path(out)
    fmt = out.suffix.lower().removeprefix(".")
    if fmt not in FORMATS or out.suffix != f".{fmt}":
        raise UserError(f"{out} must end in .wav, .flac or .ogg.")
    if "vocals" not in pool.bundle.stems[:-1]:
        raise UserError(f"The model '{pool.bundle.name}' does not separate vocals. Choose another with --model.")
    if out.is_dir():
        raise UserError(f"{out} is a folder; name a file.")
    with open_audio(song) as reader:
        check_format(fmt, reader.rate, reader.channels)
        replaced = _check_goals([song], [out])
        log = new_log(pool, reader.channels, ("vocals",))
        with OutputSet(out.parent, [out.stem], fmt, reader.rate, reader.channels, own_folder=False) as output:
            blocks = checked_blocks(reader, progress)
            for mixture, pieces in stem_pieces(blocks, reader.rate, reader.channels, pool, ("vocals",), log):
                output.write(out.stem, mixture - (1.0 - vocals) * pieces["vocals"])
            seconds = reader.position / reader.rate
            files = output.commit()
        warnings = list(reader.warnings)
        if output.lowered_db:
            warnings.append(_lowered(song, output.lowered_db))
    return JobResult(song, files, seconds, replaced, warnings, log.result(seconds))


def write_activity(activity: Activity, path: Path) -> None:
    """Write activity as a table: ``seconds``, a probability for each stem, a gate weight for each stem."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["seconds", *activity.stems, *(f"gate_{stem}" for stem in activity.stems)])
        rows = zip(activity.times, activity.probabilities, activity.weights, strict=True)
        for time, probabilities, weights in rows:
            table.writerow([f"{time:.4f}", *(f"{v:.4f}" for v in (*probabilities, *weights))])


def checked_blocks(reader: AudioReader, progress: Progress | None = None) -> Iterator[Samples]:
    """All of a sound file, as blocks of shape (n, channels) float32.

    Args:
        reader: The file.
        progress: Called after each block has been dealt with.

    Raises:
        AudioFileError: Not one sample can be read.
    """
    for block in reader.blocks():
        yield block
        if progress is not None:
            progress(reader.position / reader.rate, reader.frames and reader.frames / reader.rate)
    if not reader.position:
        raise AudioFileError(f"{reader.path} holds no sound that can be read. {' '.join(reader.warnings)}".rstrip())


def _check_goals(inputs: Iterable[Path], outputs: Iterable[Path]) -> bool:
    """Refuse to replace an input; tell whether anything else will be replaced."""
    known = {path.resolve() for path in inputs}
    existing = [path for path in outputs if path.exists()]
    for path in existing:
        if path.resolve() in known:
            raise AudioFileError(f"Writing {path} would replace an input. Choose another place with -o.")
    return bool(existing)


def _lowered(song: Path, decibels: float) -> str:
    return (
        f"{song.name}: all files were lowered by {decibels:.2f} dB, because they would clip as FLAC. "
        "WAV keeps the level."
    )


def _picture_listener(reader: AudioReader) -> SpectrogramSet:
    from rtiass.plot import require_matplotlib
    from rtiass.spectrogram import SpectrogramSet

    require_matplotlib()
    return SpectrogramSet(reader.rate)
