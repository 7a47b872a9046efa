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
from offline_train.report import acceptance, mode_losses, summarise
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
        (blocks, stems); ``latency``; ``activity_lag`` and ``gates_lag``: row k of ``activity`` (``gates``) is about
        the sample that many before the end of block k, the middle of the window which that frame's mask shapes.
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
        "activity_lag": bundle.lookahead * MODES[mode].period + MODES[mode].window // 2,
        "gates_lag": producer.lookahead * MODES[mode].period + MODES[mode].window // 2,
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
        Per stem: ``sdr`` (median over 1 s windows), ``sdr_song``, ``pes`` (energy of the estimate in the 1 s windows in
        which the target is silent, in dB of the mixture's energy there), ``auc`` of the activity and ``f1`` and
        ``false_open`` of the gate (share of the decisions that find it open among those at which the stem is not
        active; the last stem has no gate and none of these shares) at 43 decisions a second. A stem that the song
        lacks has a target of zeros: of its figures, ``pes`` and ``false_open`` are defined, the rest NaN. And
        ``karaoke``, where there are vocals. ``n`` beside the figures: the seconds that each was taken over.
    """
    mixture = np.sum(list(stems.values()), axis=0)
    names = list(names)
    out: dict[str, Any] = {}
    for index, stem in enumerate(names):
        target, estimate = stems.get(stem, np.zeros_like(mixture)), result["estimates"][stem]
        truth = song.stem_active(stem) if stem in stems else np.zeros(1, dtype=np.bool_)
        heard, probability = _decisions(truth, start, result["activity"][:, index], result["activity_lag"], mixture)
        labels, weight = _decisions(truth, start, result["gates"][:, index], result["gates_lag"], mixture)
        windows = score.windowed_sdr(target, estimate)
        length = mixture.shape[-1] / RATE
        out[stem] = {
            "sdr": float(np.median(windows)) if len(windows) else float("nan"),
            "sdr_song": score.sdr(target, estimate),
            "pes": score.silence_energy(target, estimate, mixture),
            "auc": score.auc(heard, probability),
            "f1": score.f1(labels, weight >= 0.5),
            "false_open": score.false_share(labels, weight >= 0.5) if index < len(names) - 1 else float("nan"),
            "n": {
                "sdr": float(len(windows)),
                "sdr_song": length,
                "pes": float(len(score.window_energy(target)) - len(windows)),
                "auc": len(heard) * BLOCK / RATE,
                "f1": len(labels) * BLOCK / RATE,
                "false_open": float(np.sum(~labels)) * BLOCK / RATE,
            },
        }
    if "vocals" in stems:
        rest = mixture - stems["vocals"]
        karaoke = {
            "vocals_level": score.level(stems["vocals"], result["leak"]),
            "vocals_projected": score.projected_level(stems["vocals"], result["rest"]),
            "rest_level": score.level(rest, result["rest"] - result["leak"]),
            "rest_sdr": score.sdr(rest, result["rest"]),
        }
        out["karaoke"] = {**karaoke, "n": dict.fromkeys(karaoke, mixture.shape[-1] / RATE)}
    return out


def _decisions(
    truth: NDArray[np.bool_], start: int, rows: NDArray[np.float32], lag: int, mixture: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Labels and rows that belong together: those whose moment lies within the excerpt."""
    about = (np.arange(len(rows)) + 1) * BLOCK - lag
    inside = (about >= 0) & (about < mixture.shape[-1])
    return at_samples(truth, start + about[inside]), rows[inside]


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


def baselines(stems: dict[str, NDArray[np.float32]], mode: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Windowed SDR of the mixture, of silence, and of ideal ratio masks in the mode's windows, by name and stem."""
    mixture = np.sum(list(stems.values()), axis=0)
    ideal = dict(zip(stems, ideal_ratio(np.stack(list(stems.values())), MODES[mode]), strict=True))
    out: dict[str, dict[str, dict[str, Any]]] = {"mixture": {}, "silence": {}, f"ideal {mode}": {}}
    for stem, target in stems.items():
        for name, estimate in (
            ("mixture", mixture),
            ("silence", np.zeros_like(mixture)),
            (f"ideal {mode}", ideal[stem]),
        ):
            windows = score.windowed_sdr(target, estimate)
            middle = float(np.median(windows)) if len(windows) else float("nan")
            out[name][stem] = {"sdr": middle, "n": {"sdr": float(len(windows))}}
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
        ``songs``: by kind, song and row (mode or baseline) the figures; ``summary``: by kind and row their medians;
        ``losses``: by kind what the other modes lose against ``live``; ``acceptance``: see
        :func:`offline_train.report.acceptance`.
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
    summary = {kind: summarise(rows) for kind, rows in songs.items()}
    return {
        "model": bundle.name,
        "version": bundle.card["model"].get("version", ""),
        "split": pool.split,
        "seconds": seconds or "whole songs",
        "gate": gate,
        "songs": songs,
        "summary": summary,
        "losses": {kind: mode_losses(rows) for kind, rows in summary.items()},
        "acceptance": acceptance(summary),
    }
