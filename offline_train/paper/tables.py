"""The paper's four tables."""

from __future__ import annotations

from offline_train.evaluation.bsseval import FIGURES
from offline_train.paper.gating import OPEN, SMOOTH, TRUE
from offline_train.paper.scores import SongScore, figure
from offline_train.paper.study import Study
from offline_train.paper.systems import IDEAL, MIXTURE
from offline_train.paper.table import Table, mean

RULE = "Median over the defined 1 s frames of a song, then over songs, of museval's BSS Eval v4; no Wiener filter."
GATED = "IASS is gated by its own activity (median of 21 frames), as published."
WHICH = "Of each song the other source is the rest of the mixture, whose estimate is the rest of the mixture."


def _add(
    table: Table,
    system: str,
    scores: dict[str, list[SongScore]],
    row: str,
    figures: tuple[str, ...] = ("sdr",),
    average: bool = False,
) -> None:
    for name in figures:
        found = {target: figure(songs, row, target, name) for target, songs in scores.items()}
        for target, value in found.items():
            table.add(system, target, name, value)
        if average:
            table.add(system, "mean", name, mean(list(found.values())))


def table1(study: Study) -> Table:
    """IASS with 3 and with 4 blocks on MUSDB18-HQ."""
    study.train("musdb", ["iass", "iass4"])
    table = Table("table1", "Table 1: number of blocks, MUSDB18-HQ", [RULE, GATED], study.note)
    for kind, system in (("iass", "3 blocks"), ("iass4", "4 blocks")):
        _add(table, system, study.scored(kind, "musdb"), SMOOTH, average=True)
    return table


def table2(study: Study) -> Table:
    """Open-Unmix and IASS on MUSDB18-HQ."""
    study.train("musdb", ["openunmix", "iass"])
    notes = [RULE, GATED, "The paper's IASS is taken to be that of 3 blocks; its SIR, SAR and ISR are not known here."]
    table = Table("table2", "Table 2: Open-Unmix and IASS, MUSDB18-HQ", notes, study.note)
    _add(table, "Open-Unmix", study.scored("openunmix", "musdb"), OPEN, FIGURES)
    scores = study.scored("iass", "musdb")
    _add(table, "IASS", scores, SMOOTH, FIGURES)
    _add(table, "IASS, gate open", scores, OPEN, FIGURES)
    return table


def table3(study: Study) -> Table:
    """Six instruments of the MM set."""
    study.train("mm", ["iass", "openunmix"])
    table = Table("table3", "Table 3: six instruments, MM set", [RULE, GATED, WHICH], study.note)
    _add(table, "IASS", study.scored("iass", "mm"), SMOOTH)
    _add(table, "Open-Unmix", study.scored("openunmix", "mm"), OPEN)
    reference = study.reference("mm")
    _add(table, IDEAL, reference, IDEAL)
    _add(table, MIXTURE, reference, MIXTURE)
    return table


def table4(study: Study) -> Table:
    """Labels in training and in evaluation, MM set."""
    study.train("mm", ["unlabelled", "iass"])
    notes = [
        RULE,
        WHICH,
        "Evaluated with labels: the mask is gated by the network's own activity. A network trained without labels has "
        "none, so there the true labels gate.",
        "The paper says that gating raised the SIR of vocals from 8.5 to 11.6.",
    ]
    table = Table("table4", "Table 4: labels in training and in evaluation, MM set", notes, study.note)
    without, with_labels = study.scored("unlabelled", "mm"), study.scored("iass", "mm")
    _add(table, "trained without, evaluated without", without, OPEN, ("sdr", "sir"))
    _add(table, "trained without, evaluated with the true labels", without, TRUE, ("sdr", "sir"))
    _add(table, "trained with, evaluated without", with_labels, OPEN, ("sdr", "sir"))
    _add(table, "trained with, evaluated with", with_labels, SMOOTH, ("sdr", "sir"))
    return table
