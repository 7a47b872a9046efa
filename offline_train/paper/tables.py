"""The paper's four tables."""

from __future__ import annotations

from offline_train.evaluation.bsseval import FIGURES
from offline_train.paper.gating import OPEN, SMOOTH, TRUE
from offline_train.paper.scores import PES, SongScore, basis, figure, gain
from offline_train.paper.study import Study
from offline_train.paper.systems import IDEAL, MIXTURE
from offline_train.paper.table import Table, mean

RULE = (
    "Median over the defined 1 s frames of a song, then over songs, of museval's BSS Eval v4. Songs and frames: how "
    "many define the figure, of all. A mean is undefined if that of an instrument is."
)
PLAIN = "No Wiener filter."
WHICH = "Of each song the other source is the rest of the mixture, whose estimate is the rest of the mixture."
SILENCE = (
    "PES: energy in dB that is put out in the 1 s frames in which the target is silent, mean over these, median over "
    "songs; -120 is nothing."
)


def add(
    table: Table,
    system: str,
    scores: dict[str, list[SongScore]],
    row: str,
    figures: tuple[str, ...] = ("sdr",),
    average: bool = False,
) -> None:
    """Add a system's row of the scores: figures of each instrument, and their mean."""
    for name in figures:
        found = {target: figure(songs, row, target, name) for target, songs in scores.items()}
        for target, value in found.items():
            table.add(system, target, name, value, basis(scores[target], row, target, name))
        if average:
            table.add(system, "mean", name, mean(list(found.values())))


def _add_gains(table: Table, trained: str, scores: dict[str, list[SongScore]], row: str) -> None:
    """What a gate gains over none: by the paper's rule, and on the frames that are defined with it and without."""
    for name in ("sdr", "sir"):
        for target, songs in scores.items():
            plain = figure(songs, row, target, name) - figure(songs, OPEN, target, name)
            table.add(f"{trained}: gain of the gate", target, name, plain)
        for target, songs in scores.items():
            shared = basis(songs, row, target, name, OPEN)
            table.add(f"{trained}: gain on common frames", target, name, gain(songs, row, OPEN, target, name), shared)


def table1(study: Study) -> Table:
    """IASS with 3 and with 4 blocks on MUSDB18-HQ."""
    study.train("musdb", ["iass", "iass4"])
    table = Table("table1", "Table 1: number of blocks, MUSDB18-HQ", study.notes("musdb", RULE, PLAIN), study.note)
    for kind, system in (("iass", "3 blocks"), ("iass4", "4 blocks")):
        add(table, system, study.scored(kind, "musdb"), SMOOTH, average=True)
    return table


def table2(study: Study) -> Table:
    """Open-Unmix and IASS on MUSDB18-HQ."""
    study.train("musdb", ["openunmix", "iass"])
    which = "The paper's IASS is taken to be that of 3 blocks; its SIR, SAR and ISR are not known here."
    notes = study.notes("musdb", RULE, PLAIN, which)
    table = Table("table2", "Table 2: Open-Unmix and IASS, MUSDB18-HQ", notes, study.note)
    add(table, "Open-Unmix", study.scored("openunmix", "musdb", gates=(OPEN,)), OPEN, FIGURES)
    scores = study.scored("iass", "musdb")
    add(table, "IASS", scores, SMOOTH, FIGURES)
    add(table, "IASS, gate open", scores, OPEN, FIGURES)
    return table


def table3(study: Study) -> Table:
    """Six instruments of the MM set."""
    study.train("mm", ["iass", "openunmix"])
    table = Table("table3", "Table 3: six instruments, MM set", study.notes("mm", RULE, PLAIN, WHICH), study.note)
    add(table, "IASS", study.scored("iass", "mm"), SMOOTH)
    add(table, "Open-Unmix", study.scored("openunmix", "mm", gates=(OPEN,)), OPEN)
    reference = study.reference("mm")
    add(table, IDEAL, reference, IDEAL)
    add(table, MIXTURE, reference, MIXTURE)
    return table


def table4(study: Study) -> Table:
    """Labels in training and in evaluation, MM set."""
    study.train("mm", ["unlabelled", "iass"])
    notes = study.notes(
        "mm",
        RULE,
        PLAIN,
        WHICH,
        "Evaluated with labels: the mask is gated by the network's own activity. A network trained without labels has "
        "none, so there the true labels gate.",
        "A gate that shuts for a whole frame takes it out of the figures, so rows are over different frames; the gain "
        "on common frames is over those that are defined with the gate and without.",
        SILENCE,
        "The paper says that gating raised the SIR of vocals from 8.5 to 11.6; in which of its rows is not known here, "
        "so it stands beside ours as a gain.",
    )
    table = Table("table4", "Table 4: labels in training and in evaluation, MM set", notes, study.note)
    figures = ("sdr", "sir", PES)
    without, with_labels = study.scored("unlabelled", "mm"), study.scored("iass", "mm")
    add(table, "trained without, evaluated without", without, OPEN, figures)
    add(table, "trained without, evaluated with the true labels", without, TRUE, figures)
    add(table, "trained with, evaluated without", with_labels, OPEN, figures)
    add(table, "trained with, evaluated with", with_labels, SMOOTH, figures)
    _add_gains(table, "trained without", without, TRUE)
    _add_gains(table, "trained with", with_labels, SMOOTH)
    return table
