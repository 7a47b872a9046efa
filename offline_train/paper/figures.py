"""The paper's figures 3 to 5: what is drawn, as numbers, and the pictures."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from offline_train.fit.files import write_text
from offline_train.labels import at_samples
from offline_train.paper.draw import bars, panels
from offline_train.paper.gating import OPEN, RAW, SMOOTH, TRUE, smoothed, told
from offline_train.paper.scores import PES, area, basis, figure, gain
from offline_train.paper.study import Study
from offline_train.paper.systems import Truth
from offline_train.paper.table import counts, markdown, shown
from offline_train.paper.tables import SILENCE
from offline_train.paper.views import Centred
from rtiass.stft import RATE


@dataclass(frozen=True)
class Drawn:
    """A figure.

    Attributes:
        name: Such as ``figure4``.
        facts: What is drawn.
        text: For the terminal, Markdown.
        files: PNG and JSON.
    """

    name: str
    facts: dict[str, Any]
    text: str
    files: list[Path]


def figure3(study: Study) -> Drawn:
    """A test mix: mixture, target, estimate without gate, estimate with it; activity before and after the median."""
    target = study.of("mm")[0]
    study.train("mm", ["iass"], (target,))
    song = study.material("mm").songs(target)[0]
    truth = Truth.of(song, (target,), False)
    found = study.system("iass", "mm", gates=(OPEN, SMOOTH), targets=(target,)).separate(truth)
    view = Centred()
    sounds = {
        "a": ("mixture", truth.mixture),
        "b": (f"{target}, true", truth.sources[target]),
        "c": (f"{target}, estimate without its activity", found.rows[OPEN][target]),
        "d": (f"{target}, estimate with it", found.rows[SMOOTH][target]),
    }
    levels = {key: (title, _levels(view, audio)) for key, (title, audio) in sounds.items()}
    assert found.moments is not None
    activity = found.activity[target]
    curves = {
        "raw activity": activity.astype(np.float64),
        f"median of {study.median} frames": smoothed(activity, study.median),
        "label": at_samples(truth.labels[target], found.moments).astype(np.float64),
    }
    seconds = found.moments / RATE
    picture = panels(levels, curves, seconds, study.out / "figure3.png", study.note)
    facts = {
        "song": song.name,
        "target": target,
        "gate": told(study.median, study.threshold),
        "panels": {key: title for key, (title, _) in levels.items()},
        "seconds": [round(float(s), 4) for s in seconds],
        "curves": {name: [round(float(v), 4) for v in values] for name, values in curves.items()},
    }
    titles = "\n".join(f"- {key}: {title}" for key, (title, _) in levels.items())
    notes = [told(study.median, study.threshold), study.note]
    text = "\n\n".join([f"### Figure 3: {song.name}", titles, *(note for note in notes if note)]) + "\n"
    return _done(study, "figure3", facts, text, picture)


def figure4(study: Study) -> Drawn:
    """Activity detection by instrument, with how much of the time each is active."""
    study.train("mm", ["iass"])
    scores = study.scored("iass", "mm")
    rows = {target: area(songs, target) for target, songs in scores.items()}
    seconds = {t: sum(len(song.seconds[t]["active"]) for song in songs) for t, songs in scores.items()}
    facts = {
        t: {
            "auc": _number(a),
            "active": _number(share),
            "paper": None,
            "songs": len(scores[t]),
            "seconds": seconds[t],
        }
        for t, (a, share) in rows.items()
    }
    values = {
        "AUC": {target: a for target, (a, _) in rows.items()},
        "share of seconds that are active": {target: share for target, (_, share) in rows.items()},
    }
    picture = bars(values, "activity at 1 s, MM set", "", study.out / "figure4.png", study.note)
    notes = study.notes(
        "mm",
        "The paper's values are not known here. AUC over all seconds of the test mixes of each instrument, undefined "
        "where all of them are active or none is; of the activity as it is, without median or threshold.",
        gated=False,
    )
    head = ["instrument", *values, "songs", "seconds"]
    cells = [[t, shown(a), shown(share), f"{len(scores[t])}", f"{seconds[t]}"] for t, (a, share) in rows.items()]
    text = _text("Figure 4: activity detection, MM set", head, cells, [*notes, study.note])
    return _done(study, "figure4", facts, text, picture)


def figure5(study: Study) -> Drawn:
    """What the median filter and the true labels gain in SDR over the activity frame by frame."""
    study.train("mm", ["iass"])
    scores = study.scored("iass", "mm")
    gates = {"no activity": OPEN, "raw activity": RAW, "median filter": SMOOTH, "true labels": TRUE}
    gained = {name: gates[name] for name in ("median filter", "true labels")}
    sdr = {name: {t: figure(songs, row, t) for t, songs in scores.items()} for name, row in gates.items()}
    silence = {name: {t: figure(songs, row, t, PES) for t, songs in scores.items()} for name, row in gates.items()}
    base = sdr["raw activity"]
    gains = {name: {t: value - base[t] for t, value in sdr[name].items()} for name in gained}
    common = {name: {t: gain(songs, row, RAW, t) for t, songs in scores.items()} for name, row in gained.items()}
    own = {name: {t: basis(songs, row, t) for t, songs in scores.items()} for name, row in gates.items()}
    both = {name: {t: basis(songs, row, t, also=RAW) for t, songs in scores.items()} for name, row in gained.items()}
    notes = study.notes(
        "mm",
        "The paper's values are not known here. Songs and frames: how many define the figure, of all. Gain: over raw "
        "activity. A gate that shuts for a whole frame takes it out, so rows are over different frames; common frames "
        "are those that are defined with either gate.",
        SILENCE,
    )
    facts = {
        "sdr": _numbers(sdr),
        "pes": _numbers(silence),
        "gain": _numbers(gains),
        "gain on common frames": _numbers(common),
        "defined": {name: {t: asdict(b) for t, b in row.items()} for name, row in own.items()},
        "common": {name: {t: asdict(b) for t, b in row.items()} for name, row in both.items()},
        "notes": notes,
    }
    drawn: dict[str, dict[str, float]] = {}
    for name in gained:
        drawn |= {name: gains[name], f"{name}, common frames": common[name]}
    picture = bars(drawn, "gain over raw activity, MM set", "dB SDR", study.out / "figure5.png", study.note)
    head = ["instrument", "gate", "SDR", "songs", "frames", "gain", "on common frames", "these frames", "PES"]
    cells = []
    for t in scores:
        for name in gates:
            shared = [""] * 3
            if name in gained:
                shared = [shown(gains[name][t]), shown(common[name][t]), counts(both[name][t])[1]]
            cells.append([t, name, shown(sdr[name][t]), *counts(own[name][t]), *shared, shown(silence[name][t])])
    text = _text("Figure 5: median filter and true labels, MM set, in dB", head, cells, [*notes, study.note])
    return _done(study, "figure5", facts, text, picture)


def _levels(view: Centred, audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Magnitudes in dB up to 8 kHz, shape (bins, frames)."""
    magnitude = view.analyse(torch.from_numpy(audio)).abs().mean(dim=0)
    bins = magnitude.shape[1] * 8000 * 2 // RATE
    levels: NDArray[np.float32] = (20 * torch.log10(magnitude[:, :bins].clamp_min(1e-5))).T.numpy()
    return levels


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def _numbers(rows: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
    return {name: {t: _number(value) for t, value in row.items()} for name, row in rows.items()}


def _text(title: str, head: list[str], rows: list[list[str]], notes: list[str]) -> str:
    return "\n\n".join([f"### {title}", markdown(head, rows), *(note for note in notes if note)]) + "\n"


def _done(study: Study, name: str, facts: dict[str, Any], text: str, picture: Path) -> Drawn:
    file = write_text(study.out / f"{name}.json", json.dumps(facts, indent=1, allow_nan=False) + "\n")
    return Drawn(name, facts, text, [picture, file, write_text(study.out / f"{name}.md", text)])
