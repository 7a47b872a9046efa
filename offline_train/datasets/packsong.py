"""One song of a data set into a pool, with every check on the way."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path

import numpy as np

from offline_train.datasets.base import RATE, DataSet, Health, Song, Track
from offline_train.datasets.songwriter import SongWriter
from offline_train.render.pool import Pool, write_json
from rtiass.errors import UserError

SILENT = 1e-4
"""Peak below which a recording counts as silent: -80 dB of full scale."""

_ROUNDING = 2  # samples by which lengths may differ after a change of rate


class FaultySongError(UserError):
    """Something about a song that keeps it out of the pool, while other songs go on."""


@dataclass
class Packed:
    """What became of a song.

    Attributes:
        song: Its name.
        split: Its split.
        seconds: Seconds by class.
        items: Ids of its items.
        warnings: Sentences about what was mended or left out.
        fault: Why it is not in the pool, if it is not.
        fingerprint: Of what it was made from.
        fresh: It was packed now, not by an earlier run.
    """

    song: str
    split: str
    seconds: dict[str, float] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    fault: str = ""
    fingerprint: str = ""
    fresh: bool = True


def identity(data: str, song: Song) -> str:
    """Beginning of the ids of a song's items: short, fit for a file name, the same on every machine."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{data} {song.name}".casefold()).strip("-")[:60]
    return f"{plain}-{zlib.crc32(f'{data}/{song.key}'.encode()):08x}"


def pack_song(data: DataSet, song: Song, out: Path, pad: float) -> Packed:
    """Write a song into a pool, unless an earlier run has.

    Args:
        data: Its set; the songs in it do not matter.
        song: The song.
        out: Pool folder.
        pad: Seconds by which a track may be shorter than the longest; it is followed by silence.

    Raises:
        UserError: The pool cannot be written. What is wrong with the song stands in the result.
    """
    pool = Pool(out)
    name = identity(data.name, song)
    note = out / "packed" / f"{name}.json"
    mark = _fingerprint(data, song, pad)
    before = _known(note)
    if before is not None and before.fingerprint == mark and all(pool.has(item) for item in before.items):
        return before
    result = Packed(song.name, song.split, fingerprint=mark)
    try:
        with SongWriter(out, name) as writer:
            healths = [health for tracks in song.stems.values() for health in _collect(writer, tracks)]
            tracks = [track for group in song.stems.values() for track in group]
            samples = _check(song, tracks, healths, pad, result)
            heard = {track.class_name for track, health in zip(tracks, healths, strict=True) if health.peak > SILENT}
            stems = [stem for stem in song.stems if stem in heard]
            result.items, gain = writer.finish(stems, samples, _fields(data, song, samples), _holds(song))
    except FaultySongError as fault:
        result.fault = str(fault)
        return result
    if before is not None:
        forget(pool, before.items, result.items)
    if not stems:
        result.warnings.append(f"{song.name} is silent and was left out.")
    if gain < 1.0:
        result.warnings.append(
            f"{song.name} was lowered by {-20 * np.log10(gain):.1f} dB, all stems alike, so that none of them clips."
        )
    result.seconds = dict.fromkeys(stems, samples / RATE)
    write_json(note, asdict(result))
    return result


def _collect(writer: SongWriter, tracks: list[Track]) -> list[Health]:
    """Sum the tracks of a class into the writer."""
    healths = [Health() for _ in tracks]
    streams = [track.sound(RATE, health) for track, health in zip(tracks, healths, strict=True)]
    rows = zip_longest(*streams)
    while True:
        try:
            blocks = next(rows, None)
        except UserError as error:
            raise FaultySongError(str(error)) from error
        if blocks is None:
            return healths
        present = [block for block in blocks if block is not None]
        total = np.zeros((2, max(block.shape[1] for block in present)), np.float32)
        for block in present:
            total[:, : block.shape[1]] += block
        writer.add(tracks[0].class_name, total)


def _check(song: Song, tracks: list[Track], healths: list[Health], pad: float, result: Packed) -> int:
    """Length of the song in samples; what is odd about its tracks goes to the warnings, what is wrong is a fault."""
    longest = max(range(len(tracks)), key=lambda index: healths[index].samples)
    shortest = min(range(len(tracks)), key=lambda index: healths[index].samples)
    samples = healths[longest].samples
    for track, health in zip(tracks, healths, strict=True):
        where = _where(track)
        if health.damage:
            raise FaultySongError(f"{where}: {health.damage[0]} Get the file again, or take the song away.")
        if health.samples == 0:
            raise FaultySongError(f"{where} holds no sound.")
    gap = (samples - healths[shortest].samples) / RATE
    if gap > pad:
        raise FaultySongError(
            f"{_where(tracks[shortest])} lasts {healths[shortest].samples / RATE:.2f} s but {_where(tracks[longest])} "
            f"{samples / RATE:.2f} s, and more than {pad:g} s is too much. Are they of one song? If so, let the "
            f"shorter end in silence: --pad {int(gap) + 1}"
        )
    for track, health in zip(tracks, healths, strict=True):
        where = _where(track)
        result.warnings += [f"{where}: {sentence}" for sentence in health.warnings]
        if health.peak <= SILENT:
            result.warnings.append(f"{where} is silent and was left out.")
        elif samples - health.samples > _ROUNDING:
            early = (samples - health.samples) / RATE
            result.warnings.append(f"{where} ends {early:.2f} s early; it is padded with silence.")
        if health.clipped:
            result.warnings.append(f"{where} is clipped: {health.clipped} samples at full scale.")
    return samples


def _where(track: Track) -> str:
    return str(track.files[0]) if track.files else track.name


def _fields(data: DataSet, song: Song, samples: int) -> dict[str, object]:
    """What the descriptions of a song's items share; `` + `` joins origins and must not stand within one."""
    if song.source:
        origin = (song.source, song.licence, song.credit)
    else:
        plain = [text.replace(" + ", " & ") for text in (data.source, song.licence, song.credit)]
        origin = (plain[0], plain[1], plain[2])
    known = {"known": list(song.known)} if song.known else {}
    return {
        **known,
        "kind": song.kind or data.kind,
        "song": f"{data.name}/{song.key}",
        "speed": 1.0,
        "split": song.split,
        "source": origin[0],
        "licence": origin[1],
        "credit": origin[2],
        "seconds": round(samples / RATE, 4),
        "set": data.name,
    }


def _holds(song: Song) -> dict[str, dict[str, object]]:
    """What the stems may contain beside their own class, where a track of it says so."""
    found: dict[str, dict[str, object]] = {}
    for name, tracks in song.stems.items():
        holds = {held for track in tracks for held in track.holds}
        if holds:
            found[name] = {"holds": sorted({name, *holds})}
    return found


def _fingerprint(data: DataSet, song: Song, pad: float) -> str:
    marks = [song.kind or data.kind, data.source, song.source, song.split, song.licence, song.credit, f"{pad}"]
    marks += [f"known {song.known}"] if song.known else []
    marks += [track.fingerprint() for track in song.tracks]
    marks += [f"holds {track.holds}" for track in song.tracks if track.holds]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _known(note: Path) -> Packed | None:
    """What an earlier run noted about the song."""
    try:
        return Packed(**(json.loads(note.read_text("utf-8")) | {"fresh": False}))
    except (OSError, ValueError, TypeError):
        return None


def forget(pool: Pool, before: list[str], now: list[str]) -> None:
    """Remove items that are no longer wanted, and the activity that was worked out from their former audio."""
    for item in before:
        if item not in now:
            (pool.items / f"{item}.json").unlink(missing_ok=True)
            (pool.audio / f"{item}.npy").unlink(missing_ok=True)
        for path in (pool.folder / "activity").glob(f"{item}-*.npy"):
            path.unlink(missing_ok=True)
