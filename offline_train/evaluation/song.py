"""Figures of one song: a row for each mode and gate, and rows for what needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation import score
from offline_train.evaluation.bsseval import BssEval, as_museval
from offline_train.evaluation.kept import WINDOWS, Kept, mark_of, sound_mark
from offline_train.evaluation.oracle import KINDS, RATIO, ideal
from offline_train.evaluation.peers import Peer
from offline_train.evaluation.streamed import BLOCK, Streamed, separate_song
from offline_train.evaluation.timing import Timing
from offline_train.evaluation.truth import REST, Samples, Truth
from offline_train.labels import at_samples
from rtiass.bundle import Bundle
from rtiass.engine import EngineSession
from rtiass.stft import MODES, RATE

REFERENCE = "live"
COUNTS = "n"
"""Beside the figures of a part: the seconds that each was taken over."""
KARAOKE = "karaoke"

Parts = dict[str, dict[str, Any]]
"""Figures by part (a stem, or ``karaoke``)."""


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        modes: Names of modes.
        seconds: Length of the excerpts; None for whole songs.
        gate: Gate of the rows of the modes.
        gates: Gates that are compared with it, in ``compared``.
        compared: Mode in which gates are compared.
        timings: Modes with other mask periods or delays, measured beside them, without BSS Eval.
        ideal: Whether to add the rows that need no model.
        museval: Whether to compute BSS Eval.
    """

    modes: tuple[str, ...] = tuple(MODES)
    seconds: float | None = None
    gate: str = "fast"
    gates: tuple[str, ...] = ()
    compared: str = REFERENCE
    timings: tuple[Timing, ...] = ()
    ideal: bool = True
    museval: bool = True


def gate_row(mode: str, gate: str) -> str:
    """Name of the row of a gate that is compared."""
    return f"{mode} gate {gate}"


def measure_song(
    bundle: Bundle,
    session: EngineSession,
    truth: Truth,
    plan: Plan,
    say: Callable[[str], None] = print,
    peers: Sequence[Peer] = (),
    kept: Kept | None = None,
) -> dict[str, Parts]:
    """All rows of a song.

    Args:
        bundle: Model.
        session: Open engine session.
        truth: The song.
        plan: What is measured.
        say: Told about progress, before anything that takes time.
        peers: Other systems' estimates.
        kept: Where rows are kept; those that are there are not measured again.

    Returns:
        By row and part the figures, see :func:`stem_figures`, :func:`activity_figures` and :func:`karaoke_figures`.
        Rows: each mode; ``MODE gate GATE`` for the other gates that are compared with its own; those of ``timings``, by
        :attr:`offline_train.evaluation.timing.Timing.row`; each peer; ``mixture``, ``silence``; ``irm ROW`` for each
        mode and timing, and ``ibm MODE`` for each mode.
    """
    judge = Judge(truth, bundle.stems, plan.museval)
    mark = mark_of(bundle, truth, type(session).__qualname__, plan.gate, plan.museval) if kept else ""
    rows = _Rows(truth.name, kept, say)
    timings = (*map(Timing, plan.modes), *plan.timings)
    for timing in timings:
        gates = [plan.gate, *(g for g in plan.gates if timing.row == plan.compared and g != plan.gate)]
        names = {gate: timing.row if gate == plan.gate else gate_row(timing.row, gate) for gate in gates}
        if rows.missing(names.values(), mark):
            streamed = separate_song(bundle, session, truth, timing, gates)
            bss = timing.plain
            rows.add({n: streamed_figures(judge, truth, bundle.stems, streamed[g], bss) for g, n in names.items()})
    for peer in peers:
        estimates = peer.estimates(truth, bundle.stems)
        if estimates and rows.missing([peer.name], mark + sound_mark(estimates)):
            rows.add({peer.name: judge.figures(estimates)})
    if plan.ideal:
        sounds = {"mixture": truth.mixture, "silence": np.zeros_like(truth.mixture)}
        if rows.missing(sounds, mark):
            rows.add({name: judge.figures(dict.fromkeys(bundle.stems, sound)) for name, sound in sounds.items()})
        for timing in timings:
            kinds = KINDS if timing.plain else (RATIO,)
            # BSS Eval takes seconds a row: of the ceilings, that of the mode that is compared is enough.
            bss = timing.row == plan.compared
            if rows.missing((f"{kind} {timing.row}" for kind in kinds), f"{mark} {bss}"):
                rows.add(ideal_figures(judge, truth, timing, kinds, bss))
    return rows.found


class _Rows:
    """Rows of a song: those that are kept, and those that are measured now and kept from then on."""

    def __init__(self, song: str, kept: Kept | None, say: Callable[[str], None]) -> None:
        self.found: dict[str, Parts] = {}
        self._song, self._kept, self._say = song, kept, say
        self._mark = ""

    def missing(self, names: Iterable[str], mark: str) -> bool:
        """Take the rows if all of them are kept with that mark; else say that they are being measured."""
        names, self._mark = list(names), mark
        there = {name: self._kept.get(self._song, name, mark) for name in names} if self._kept else {}
        known = {name: row for name, row in there.items() if row is not None}
        if len(known) < len(names):
            self._say(f"{self._song}: {'; '.join(names)}")
            return True
        self.found.update(known)
        return False

    def add(self, rows: dict[str, Parts]) -> None:
        """Take the rows that were just found missing."""
        self.found.update(rows)
        if self._kept is not None:
            for name, row in rows.items():
                self._kept.put(self._song, name, self._mark, row)


def streamed_figures(judge: Judge, truth: Truth, stems: Sequence[str], streamed: Streamed, bss: bool) -> Parts:
    """Figures of what a separator gave, by part."""
    row = judge.figures(streamed.estimates, bss=bss)
    for stem, figures in row.items():
        _join(figures, activity_figures(truth, stem, stems, streamed))
    if "vocals" in truth.stems:
        row[KARAOKE] = karaoke_figures(truth, streamed)
    return row


def ideal_figures(judge: Judge, truth: Truth, timing: Timing, kinds: Sequence[str], bss: bool) -> dict[str, Parts]:
    """The rows of ideal masks with the windows and the clocks of a timing."""
    rows = {}
    names = list(truth.sources)
    for kind, audio in ideal(np.stack(list(truth.sources.values())), timing.clock, kinds, timing.delay).items():
        known = dict(zip(names, audio, strict=True))
        rows[f"{kind} {timing.row}"] = judge.figures({stem: known[stem] for stem in truth.stems}, bss=bss)
    return rows


class Judge:
    """Compares estimates with the truth of one song.

    Args:
        truth: The song.
        stems: Stem names of the model.
        museval: Whether to compute BSS Eval; what only depends on the song is prepared at the first estimates.
    """

    def __init__(self, truth: Truth, stems: Sequence[str], museval: bool) -> None:
        self._truth = truth
        self._stems = [stem for stem in stems if stem in truth.known]
        self._mixture = truth.mixture
        self._museval = museval and len(truth.sources) > 1
        self._bss: BssEval | None = None

    def figures(self, estimates: dict[str, Samples], *, bss: bool = True) -> Parts:
        """Figures of the known stems that are estimated, by stem; without ``bss`` those of BSS Eval are left out."""
        truth = self._truth
        rows = {
            stem: stem_figures(truth.target(stem), estimates[stem], self._mixture)
            for stem in self._stems
            if stem in estimates
        }
        # A system that doesn't tell all of the song's stems apart leaves the sources of BSS Eval incomplete.
        if self._museval and bss and estimates.keys() >= truth.stems.keys():
            for stem, figures in self._bss_figures(estimates).items():
                _join(rows[stem], figures)
        return rows

    def _bss_figures(self, estimates: dict[str, Samples]) -> Parts:
        """Figures of BSS Eval: ``museval_*`` as the package defines windows, the others where the own target sounds."""
        truth = self._truth
        found = [estimates[stem] for stem in truth.stems]
        if truth.rest is not None:
            # What belongs to no known stem is a source too: the rest of the mixture is its estimate.
            found.append(self._mixture - np.sum(found, axis=0))
        audio = np.stack(found)
        if not audio.any():
            return {}
        references = np.stack(list(truth.sources.values()))
        if self._bss is None:
            self._bss = BssEval(references)
        out: Parts = {}
        silent = np.stack([score.silent_windows(target) for target in truth.sources.values()])
        for figure, table in self._bss.score(audio).items():
            own = np.where(silent[:, : table.shape[1]], np.nan, table) if silent.shape[1] else table
            for prefix, kept in (("museval_", as_museval(table, references, audio)), ("", own)):
                if prefix or figure != "sdr":
                    for stem, row in zip(truth.sources, kept, strict=True):
                        part = out.setdefault(stem, {COUNTS: {}, WINDOWS: {}})
                        _put(part, prefix + figure, row)
        out.pop(REST, None)
        return out


def stem_figures(target: Samples, estimate: Samples, mixture: Samples) -> dict[str, Any]:
    """Figures of a stem that compare sound with sound.

    Args:
        target: Shape (2, samples).
        estimate: The same shape.
        mixture: The same shape.

    Returns:
        ``sdr`` and ``si_sdr`` (medians over 1 s windows), ``usdr`` and ``si_sdr_song`` (whole song), ``pes`` and
        ``eps`` (means over 1 s windows), ``pes_mixture`` (energy in the windows with a silent target, in dB of that of
        the mixture); all in dB and NaN where undefined. ``n``: the seconds that each was taken over; ``windows``.
    """
    length = target.shape[-1] / RATE
    out: dict[str, Any] = {COUNTS: {}, WINDOWS: {}}
    _put(out, "sdr", score.windowed_sdr(target, estimate))
    _put(out, "si_sdr", score.windowed_si_sdr(target, estimate))
    _put(out, "pes", score.pes(target, estimate), mean=True)
    _put(out, "eps", score.eps(target, estimate), mean=True)
    _put_one(out, "usdr", score.usdr(target, estimate), length)
    _put_one(out, "si_sdr_song", score.si_sdr(target, estimate), length)
    _put_one(out, "pes_mixture", score.silence_energy(target, estimate, mixture), out[COUNTS]["pes"])
    return out


def activity_figures(truth: Truth, stem: str, stems: Sequence[str], streamed: Streamed) -> dict[str, Any]:
    """Figures of a stem's activity and gate.

    Decisions are compared with the labels of the moment that they are about, lookahead taken out.

    Args:
        truth: The song; a stem that it lacks is never active.
        stem: Which.
        stems: Names in the network's order.
        streamed: What the separator gave.

    Returns:
        At 43 looks a second: ``auc`` of the activity, ``f1`` of the gate (open from a weight of one half on) and
        ``false_open``, the share of the looks that find it open among those at which the stem is not active; in
        seconds, each by the median of its looks: ``auc_1s`` and ``f1_1s``, a second being active if the median of its
        labels is. The last stem has no gate: its ``false_open`` is NaN. ``n`` and ``windows`` as in
        :func:`stem_figures`.
    """
    index = list(stems).index(stem)
    labels = truth.labels(stem)
    out: dict[str, Any] = {COUNTS: {}, WINDOWS: {}}
    length = truth.samples
    heard, probability, about = _looks(labels, truth.start, streamed.activity[:, index], streamed.activity_lag, length)
    _put_one(out, "auc", score.auc(heard, probability), len(heard) * BLOCK / RATE)
    active, likely = _seconds(heard, probability, about, length)
    _put_one(out, "auc_1s", score.auc(active, likely), float(len(active)))
    heard, weight, about = _looks(labels, truth.start, streamed.gates[:, index], streamed.gates_lag, length)
    _put_one(out, "f1", score.f1(heard, weight >= 0.5), len(heard) * BLOCK / RATE)
    false_open = score.false_share(heard, weight >= 0.5) if index < len(stems) - 1 else float("nan")
    _put_one(out, "false_open", false_open, float(np.sum(~heard)) * BLOCK / RATE)
    active, opened = _seconds(heard, weight, about, length)
    _put_one(out, "f1_1s", score.f1(active, opened >= 0.5), float(len(active)))
    return out


def karaoke_figures(truth: Truth, streamed: Streamed) -> dict[str, Any]:
    """Figures of the output with the vocals' fader at zero.

    Returns:
        ``vocals_level``: energy of what is left of the voice, in dB of the voice's; ``vocals_projected``: level at
        which the voice is contained in the output; ``rest_level``: energy of what is left of the rest, in dB of the
        rest's; ``rest_sdr``: SDR of the output as an estimate of the rest, whole song. ``n`` as elsewhere.
    """
    mixture, vocals = truth.mixture, truth.stems["vocals"]
    rest = mixture - vocals
    output = mixture - streamed.estimates["vocals"]
    out: dict[str, Any] = {COUNTS: {}, WINDOWS: {}}
    for figure, value in (
        ("vocals_level", score.level(vocals, streamed.leak)),
        ("vocals_projected", score.projected_level(vocals, output)),
        ("rest_level", score.level(rest, output - streamed.leak)),
        ("rest_sdr", score.sdr(rest, output)),
    ):
        _put_one(out, figure, value, truth.samples / RATE)
    return out


def _looks(
    truth: NDArray[np.bool_], start: int, rows: NDArray[np.float32], lag: int, length: int
) -> tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.integer]]:
    """Labels and rows that belong together, and the samples that they are about, those within the excerpt."""
    about = (np.arange(len(rows)) + 1) * BLOCK - lag
    inside = (about >= 0) & (about < length)
    return at_samples(truth, start + about[inside]), rows[inside], about[inside]


def _seconds(
    labels: NDArray[np.bool_], values: NDArray[np.float32], about: NDArray[np.integer], length: int
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    medians = score.by_second(values, about, length)
    there = ~np.isnan(medians)
    return score.by_second(labels.astype(np.float32), about, length)[there] >= 0.5, medians[there]


def _put(part: dict[str, Any], figure: str, values: NDArray[np.float64], *, mean: bool = False) -> None:
    """Add a figure that comes from 1 s windows."""
    known = values[~np.isnan(values)]
    middle = float(np.mean(known) if mean else np.median(known)) if len(known) else float("nan")
    _put_one(part, figure, middle, float(len(known)))
    part[WINDOWS][figure] = values


def _put_one(part: dict[str, Any], figure: str, value: float, seconds: float) -> None:
    part[figure] = value
    part[COUNTS][figure] = seconds


def _join(part: dict[str, Any], more: dict[str, Any]) -> None:
    """Add figures to a part that has some."""
    for key, value in more.items():
        if key in (COUNTS, WINDOWS):
            part[key].update(value)
        else:
            part[key] = value
