"""Beyond the paper, on MUSDB18-HQ, in one table: the published network, changed, and another architecture."""

from __future__ import annotations

from offline_train.paper.gating import OPEN, SMOOTH
from offline_train.paper.scores import SongScore, area
from offline_train.paper.study import Study
from offline_train.paper.systems import WIENER
from offline_train.paper.table import Table
from offline_train.paper.tables import RULE, add
from rtiass.stft import MODES

KINDS = ("iass", "causal", "joint", "joint_unlabelled", "joint_own")


def ablations(study: Study) -> Table:
    """Causal or not, one network or several, labels of several instruments at once, latency modes, a Wiener filter."""
    study.train("musdb", KINDS)
    notes = study.notes(
        "musdb",
        RULE,
        "A Wiener filter only where it is said, and gates are open unless it is said. AUC: area under the curve of the "
        "activity in seconds, before any threshold. A joint network has an activity for each instrument at once.",
        "JointNet is another architecture than the paper's: a recurrent bottleneck, and masks by softmax that add up "
        "to one. So its rows differ from those of the published network by more than their names say.",
        "The modes, each with its latency, are those of one JointNet trained for all of them in this project's recipe.",
    )
    table = Table("ablations", "Beyond the paper, MUSDB18-HQ: the published network, and JointNet", notes, study.note)
    published = study.scored("iass", "musdb")
    _add(table, "as published: a network each, 12 frames ahead", published)
    add(table, "as published, gated", published, SMOOTH, average=True)
    filtered = study.scored("iass", "musdb", filtered=True, gates=())
    add(table, "as published, streaming Wiener filter", filtered, WIENER, average=True)
    _add(table, "causal", study.scored("causal", "musdb", gates=(OPEN,)))
    joint = study.scored("joint", "musdb", gates=(OPEN,))
    _add(table, "JointNet: one causal network, labels of all instruments", joint)
    _add(table, "JointNet, no labels", study.scored("joint_unlabelled", "musdb", gates=(OPEN,)))
    for name, mode in MODES.items():
        row, studio = f"JointNet, own recipe, {name} ({mode.milliseconds:.1f} ms)", name == "studio"
        scores = study.scored("joint_own", "musdb", mode=name, filtered=studio)
        _add(table, row, scores)
        if studio:
            add(table, f"{row}, streaming Wiener filter", scores, WIENER, average=True)
    return table


def _add(table: Table, system: str, scores: dict[str, list[SongScore]]) -> None:
    """Add the row with open gates and, where there is one, the activity."""
    add(table, system, scores, OPEN, average=True)
    for target, songs in scores.items():
        if any(target in song.seconds for song in songs):
            table.add(system, target, "auc", area(songs, target)[0])
