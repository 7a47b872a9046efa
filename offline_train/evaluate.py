"""Evaluation of a bundle on the validation songs, through the separator that ships.

Each song's mixture (the sum of its stems) is streamed through :class:`rtiass.separator.StreamingSeparator` as a file
job is: mask delay 0, the gate as shipped. Figures are medians over songs; the windowed SDR is first the median over
1 s windows, as museval has it, but plain: no filter is allowed between target and estimate.

Karaoke: masking is linear once the masks are fixed. A second separator applies the very same masks to the true vocals
alone, so that the output with the vocal fader at zero falls apart exactly into what is left of the voice and what is
left of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offline_train import score
from offline_train.labels import at_samples
from offline_train.oracle import ideal_ratio
from offline_train.pool import STEMS, Pool, Song
from rtiass.bundle import Bundle
from rtiass.engine import EngineSession
from rtiass.masks import MaskFrame, MaskProducer, SyncMaskSource
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES, RATE

BLOCK = 1024
REST = "rest"


class Follower:
    """A mask source that shows another source's masks, for a separator that runs in step with it."""

    def __init__(self, source: SyncMaskSource) -> None:
        self._source = source
        self.lookahead = source.lookahead

    def submit(self, magnitude: NDArray[np.float32], tick: int, period: int) -> None:
        """The leader has run the network already."""

    def collect(self, tick: int) -> MaskFrame | None:
        """The leader's masks."""
        return self._source.collect(tick)

    def reset(self) -> None:
        """The leader resets."""


def separate_song(
    bundle: Bundle, session: EngineSession, stems: dict[str, NDArray[np.float32]], mode: str, gate: str = "fast"
) -> dict[str, Any]:
    """Stream the sum of stems, and the vocals alone through the same masks.

    Args:
        bundle: Model.
        session: Open engine session; it is reset first.
        stems: True stems by name, each of shape (2, samples).
        mode: Name of the mode.
        gate: Gate of the separator.

    Returns:
        ``estimates`` by stem, ``rest`` (vocals' fader at zero) and ``leak`` (the part of ``rest`` that was made of
        vocals), each of shape (2, samples) and aligned with the input; ``activity`` and ``gates`` of shape
        (blocks, stems) and ``latency``.
    """
    mixture = np.sum(list(stems.values()), axis=0)
    length = mixture.shape[-1]
    session.reset()
    producer = MaskProducer(session, bundle.stems, bundle.gates, gate=gate, lookahead=bundle.lookahead)
    source = SyncMaskSource(producer, slots=2 + BLOCK // 128)
    buses = {stem: {name: float(name == stem) for name in bundle.stems} for stem in bundle.stems}
    muted = {REST: {name: float(name != "vocals") for name in bundle.stems}}
    leader = StreamingSeparator(bundle, source, mode=mode, buses={**buses, **muted})
    follower = StreamingSeparator(bundle, Follower(source), mode=mode, buses=muted)
    latency = leader.latency_samples
    blocks = -(-(length + latency) // BLOCK)
    vocals = stems.get("vocals", np.zeros_like(mixture))
    names = [*bundle.stems, REST]
    out = np.zeros((len(names) + 1, blocks * BLOCK, 2), dtype=np.float32)
    activity = np.zeros((blocks, len(bundle.stems)), dtype=np.float32)
    gates = np.zeros_like(activity)
    block = np.zeros((BLOCK, 2), dtype=np.float32)
    for index in range(blocks):
        cut = slice(index * BLOCK, (index + 1) * BLOCK)
        for separator, audio in ((leader, mixture), (follower, vocals)):
            part = audio[:, cut]
            block[:] = 0.0
            block[: part.shape[1]] = part.T
            for name, values in separator.process(block).items():
                out[names.index(name) if separator is leader else len(names), cut] = values
        activity[index], gates[index] = leader.activity, leader.gates
    aligned = np.ascontiguousarray(out[:, latency : latency + length].transpose(0, 2, 1))
    return {
        "estimates": dict(zip(bundle.stems, aligned, strict=False)),
        "rest": aligned[-2],
        "leak": aligned[-1],
        "activity": activity,
        "gates": gates,
        "latency": latency,
    }


def score_song(
    song: Song, stems: dict[str, NDArray[np.float32]], start: int, result: dict[str, Any], names: Iterable[str]
) -> dict[str, Any]:
    """Figures of one separated song.

    Args:
        song: Where the activity labels are.
        stems: True stems.
        start: Where in the song the stems were cut.
        result: From :func:`separate_song`.
        names: Stem names in the network's order.

    Returns:
        Per stem: ``sdr`` (median over 1 s windows), ``sdr_song``, ``pes`` (dB of the mixture), ``auc`` and ``f1`` of
        the activity at 43 decisions a second; and ``karaoke``.
    """
    mixture = np.sum(list(stems.values()), axis=0)
    out: dict[str, Any] = {}
    for index, stem in enumerate(names):
        if stem not in stems:
            continue
        target, estimate = stems[stem], result["estimates"][stem]
        windows = score.windowed_sdr(target, estimate)
        figures = {
            "sdr": float(np.median(windows)) if len(windows) else float("nan"),
            "sdr_song": score.sdr(target, estimate),
            "pes": score.silence_energy(target, estimate, mixture),
        }
        ends = (np.arange(len(result["activity"])) + 1) * BLOCK
        inside = ends <= target.shape[-1]
        labels = at_samples(song.stem_active(stem), start + ends[inside] - result["latency"] // 2)
        figures["auc"] = score.auc(labels, result["activity"][inside, index])
        figures["f1"] = score.f1(labels, result["gates"][inside, index] >= 0.5)
        out[stem] = figures
    if "vocals" in stems:
        rest = mixture - stems["vocals"]
        out["karaoke"] = {
            "vocals_level": score.level(stems["vocals"], result["leak"]),
            "vocals_projected": score.projected_level(stems["vocals"], result["rest"]),
            "rest_level": score.level(rest, result["rest"] - result["leak"]),
            "rest_sdr": score.sdr(rest, result["rest"]),
        }
    return out


def cut_song(song: Song, seconds: float | None) -> tuple[int, dict[str, NDArray[np.float32]]]:
    """The sounding stems of a song, or of its busiest excerpt of that length: start sample, and audio by stem."""
    count = song.samples if seconds is None else min(song.samples, int(seconds * RATE))
    best, start = -1.0, 0
    for candidate in range(0, song.samples - count + 1, max(1, count // 4)):
        first, last = candidate // 2048, (candidate + count) // 2048
        busy = sum(float(song.stem_active(stem)[first:last].mean()) for stem in song.stems)
        if busy > best:
            best, start = busy, candidate
    audio = {stem: song.read(stem, start, count) for stem in STEMS if stem in song.stems}
    return start, {stem: a for stem, a in audio.items() if np.sqrt(np.mean(np.square(a))) > 1e-4}


def baselines(stems: dict[str, NDArray[np.float32]], mode: str) -> dict[str, dict[str, dict[str, float]]]:
    """Windowed SDR of the mixture, of silence, and of ideal ratio masks in the mode's windows, by name and stem."""
    mixture = np.sum(list(stems.values()), axis=0)
    ideal = dict(zip(stems, ideal_ratio(np.stack(list(stems.values())), MODES[mode]), strict=True))
    out: dict[str, dict[str, dict[str, float]]] = {"mixture": {}, "silence": {}, f"ideal {mode}": {}}
    for stem, target in stems.items():
        for name, estimate in (
            ("mixture", mixture),
            ("silence", np.zeros_like(mixture)),
            (f"ideal {mode}", ideal[stem]),
        ):
            windows = score.windowed_sdr(target, estimate)
            out[name][stem] = {"sdr": float(np.median(windows)) if len(windows) else float("nan")}
    return out


def evaluate(
    bundle: Bundle,
    session: EngineSession,
    pool: Pool,
    modes: Iterable[str],
    seconds: float | None = None,
    say: Callable[[str], None] = print,
    gate: str = "fast",
    ideal: bool = True,
) -> dict[str, Any]:
    """Figures of a bundle on the songs of a pool's split.

    Args:
        bundle: Model.
        session: Open engine session.
        pool: Validation (or training) songs; those with one sounding stem are left out.
        modes: Names of modes.
        seconds: Take only the busiest excerpt of this length from each song.
        say: Told about progress.
        gate: Gate of the separator.
        ideal: Whether to add the rows that need no model.

    Returns:
        ``songs``: by kind, song and row (mode or baseline) the figures; ``summary``: by kind and row their medians.
    """
    songs: dict[str, dict[str, dict[str, Any]]] = {}
    for song in pool.songs:
        start, stems = cut_song(song, seconds)
        if len(stems) < 2:
            continue
        rows: dict[str, Any] = {}
        for mode in modes:
            say(f"{song.name}: {mode}")
            result = separate_song(bundle, session, stems, mode, gate)
            rows[mode] = score_song(song, stems, start, result, bundle.stems)
        if ideal:
            for mode in ("live", "instant"):
                if mode in rows:
                    rows.update(baselines(stems, mode))
        songs.setdefault(song.kind, {})[song.name] = rows
    return {
        "model": bundle.name,
        "version": bundle.card["model"].get("version", ""),
        "split": pool.split,
        "seconds": seconds or "whole songs",
        "gate": gate,
        "songs": songs,
        "summary": {kind: summarise(rows) for kind, rows in songs.items()},
    }


def summarise(songs: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Medians over songs of every figure, NaN left out: row, stem (or ``karaoke``), figure."""
    collected: dict[str, dict[str, dict[str, list[float]]]] = {}
    for rows in songs.values():
        for row, parts in rows.items():
            for part, figures in parts.items():
                for figure, value in figures.items():
                    collected.setdefault(row, {}).setdefault(part, {}).setdefault(figure, []).append(value)
    return {
        row: {part: {f: _median(values) for f, values in figures.items()} for part, figures in parts.items()}
        for row, parts in collected.items()
    }


def _median(values: list[float]) -> float | None:
    known = [v for v in values if not np.isnan(v)]
    return round(float(np.median(known)), 3) if known else None


def table(report: dict[str, Any]) -> str:
    """The summary as Markdown, one table a kind of song."""
    text = []
    for kind, rows in report["summary"].items():
        names = ", ".join(report["songs"][kind])
        text.append(f"### {kind} songs ({names})\n")
        text.append(
            "| | "
            + " | ".join(f"{s} SDR" for s in STEMS)
            + " | vocals silent PES | vocals AUC | vocals F1 | karaoke: vocals | karaoke: rest |"
        )
        text.append("|---|" + "---|" * (len(STEMS) + 5))
        for row, parts in rows.items():
            cells = [_cell(parts, stem, "sdr") for stem in STEMS]
            cells += [_cell(parts, "vocals", figure) for figure in ("pes", "auc", "f1")]
            cells += [_cell(parts, "karaoke", figure) for figure in ("vocals_level", "rest_level")]
            text.append(f"| {row} | " + " | ".join(cells) + " |")
        text.append("")
    return "\n".join(text)


def _cell(parts: dict[str, Any], part: str, figure: str) -> str:
    value = parts.get(part, {}).get(figure)
    return "" if value is None else f"{value:.2f}"
