"""Beyond the paper: one change at a time, on MUSDB18-HQ, in one table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from offline_train.paper.gating import OPEN, SMOOTH
from offline_train.paper.scores import SongScore, area, figure
from offline_train.paper.study import Study
from offline_train.paper.systems import WIENER
from offline_train.paper.table import Table, mean
from offline_train.paper.tables import RULE
from offline_train.paper.views import Paired
from rtiass.stft import MODES

KINDS = ("iass", "causal", "joint", "joint_unlabelled", "joint_own")


def ablations(study: Study) -> Table:
    """Causal or not, one network or several, labels of several instruments at once, latency modes, a Wiener filter."""
    study.train("musdb", KINDS)
    table = Table(
        "ablations",
        "Beyond the paper, MUSDB18-HQ",
        [
            RULE,
            "AUC: area under the curve of the activity in seconds. A joint network has an activity for each instrument "
            "at once. Gates are open unless it is said. The modes, each with its latency, are those of one network "
            "trained for all of them.",
        ],
        study.note,
    )
    published = study.scored("iass", "musdb", title="iass-filtered", filtered=True)
    _add(table, "as published: a network each, 12 frames ahead", published, OPEN, activity=True)
    _add(table, "as published, gated", published, SMOOTH)
    _add(table, "as published, streaming Wiener filter", published, WIENER)
    _add(table, "causal", study.scored("causal", "musdb"), OPEN, activity=True)
    _add(table, "one causal network, labels of all instruments", study.scored("joint", "musdb"), OPEN, activity=True)
    _add(table, "one causal network, no labels", study.scored("joint_unlabelled", "musdb"), OPEN)
    for name, mode in MODES.items():
        filtered = name == "studio"
        scores = study.scored("joint_own", "musdb", view=Paired(name), title=f"joint_own-{name}", filtered=filtered)
        row = f"one network, own recipe, {name} ({mode.milliseconds:.1f} ms)"
        _add(table, row, scores, OPEN, activity=True)
        if filtered:
            _add(table, f"{row}, streaming Wiener filter", scores, WIENER)
    return table


def _add(table: Table, system: str, scores: dict[str, list[SongScore]], row: str, activity: bool = False) -> None:
    found = {target: figure(songs, row, target) for target, songs in scores.items()}
    for target, value in found.items():
        table.add(system, target, "sdr", value)
    table.add(system, "mean", "sdr", mean(list(found.values())))
    if activity:
        areas: Sequence[float] = [area(songs, target)[0] for target, songs in scores.items()]
        if any(math.isfinite(value) for value in areas):
            table.add(system, "mean", "auc", mean(areas))
