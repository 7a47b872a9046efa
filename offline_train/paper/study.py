"""What every table and figure draws on: the sets, the networks and their scores, of one folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from offline_train.datasets.mm import SECONDS
from offline_train.paper.budget import PAPER, Budget
from offline_train.paper.gating import GATES, MEDIAN, THRESHOLD, told
from offline_train.paper.nets import Net
from offline_train.paper.openunmix import model_class
from offline_train.paper.pools import MM_TARGETS, MUSDB_TARGETS, Material, pack_mm, pack_musdb
from offline_train.paper.runs import Runs
from offline_train.paper.scores import Scores, SongScore
from offline_train.paper.streamed import Streamed
from offline_train.paper.systems import Networks, Reference, System
from rtiass.errors import UserError

ALL_TARGETS = tuple(dict.fromkeys((*MUSDB_TARGETS, *MM_TARGETS)))
HOLDS = {"musdb": "MUSDB18-HQ", "mm": "medleydb, mixing_secrets or both"}
MISSING = {
    "musdb": "This needs MUSDB18-HQ: name its folder after --musdb (or try --standin).",
    "mm": "This needs MedleyDB or Mixing Secrets: name the folder that holds them after --mm (or try --standin).",
}


@dataclass
class Study:
    """A folder of the paper's experiments.

    Attributes:
        out: Its folder.
        musdb: Folder of MUSDB18-HQ; None: the set is not there.
        mm: Folder with MedleyDB, Mixing Secrets or both; None: it is not there.
        budget: Of each network.
        options: Values of ``[fit]`` that say how to train and not what.
        targets: Only these; empty: all that the paper has.
        seconds: Length of a mix of the MM set.
        jobs: Processes that pack.
        median: Frames of the gate's median.
        threshold: Of the gate.
        estimates: Whether estimates are kept as sound files.
        note: Sentence below every table, such as that it is of a stand-in.
        say: Told about progress.
    """

    out: Path
    musdb: Path | None = None
    mm: Path | None = None
    budget: Budget = PAPER
    options: dict[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    seconds: float = SECONDS
    jobs: int = 2
    median: int = MEDIAN
    threshold: float = THRESHOLD
    estimates: bool = False
    note: str = ""
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        """Check the names of targets.

        Raises:
            UserError: One is not separated in the paper.
        """
        for name in self.targets:
            if name not in ALL_TARGETS:
                raise UserError(f"The paper does not separate '{name}'. Choose from: {', '.join(ALL_TARGETS)}.")
        self.runs = Runs(self.out / "runs", self.budget, self.options, self.say)
        self.scores = Scores(self.out / "scores", self.say, self.out / "estimates" if self.estimates else None)
        self.material = cache(self._material)

    def _material(self, name: str) -> Material:
        """A set, packed.

        Raises:
            UserError: Its folder was not named.
        """
        pool, root = self.out / "pools" / name, self.root(name)
        return pack_musdb(root, pool, self.jobs) if name == "musdb" else pack_mm(root, pool, self.jobs, self.seconds)

    def root(self, name: str) -> Path:
        """The folder of a set.

        Raises:
            UserError: It was not named, or is not there.
        """
        root = self.musdb if name == "musdb" else self.mm
        if root is None:
            raise UserError(MISSING[name])
        if not root.is_dir():
            raise UserError(f"There is no folder {root}. Name the one that holds {HOLDS[name]} after --{name}.")
        return root

    def check(self, name: str, kinds: Sequence[str]) -> None:
        """See to it that networks of some kinds for a set could be trained, before hours of training and not after.

        Raises:
            UserError: The set or a package is missing, or none of the targets is one of the set's.
        """
        self.root(name)
        self.of(name)
        if "openunmix" in kinds:
            model_class()

    def of(self, name: str) -> tuple[str, ...]:
        """Targets of a set."""
        known = MUSDB_TARGETS if name == "musdb" else MM_TARGETS
        chosen = tuple(target for target in known if not self.targets or target in self.targets)
        if not chosen:
            raise UserError(f"None of the targets is one of {name}'s: {', '.join(known)}.")
        return chosen

    def notes(self, name: str, *own: str, gated: bool = True) -> list[str]:
        """Sentences below a table: its own, how the gate is set if it shuts anywhere, and which targets were taken."""
        return [*own, *([told(self.median, self.threshold)] if gated else []), *self._taken(name)]

    def _taken(self, name: str) -> list[str]:
        known, chosen = MUSDB_TARGETS if name == "musdb" else MM_TARGETS, self.of(name)
        if chosen == known:
            return []
        note = f"Of the {len(known)} targets of the set only these were taken: {', '.join(chosen)}."
        if name == "musdb":
            note += (
                " The others are one rest here: SIR, ISR, SAR and which frames are defined are not those of all "
                f"{len(known)} targets."
            )
        return [note]

    def train(self, name: str, kinds: Sequence[str], targets: tuple[str, ...] = ()) -> None:
        """Train the networks of some kinds for targets of a set (all) that are missing; see :meth:`check`."""
        self.check(name, kinds)
        self.runs.train([net for kind in kinds for net in self.nets(kind, name, targets)])

    def nets(self, kind: str, name: str, targets: tuple[str, ...] = ()) -> list[Net]:
        """Networks of a kind for targets of a set (all): one each, or one for all."""
        material, targets = self.material(name), targets or self.of(name)
        joint = Net(kind, material, targets)
        return [joint] if joint.joint else [Net(kind, material, (target,)) for target in targets]

    def system(
        self,
        kind: str,
        name: str,
        mode: str = "",
        filtered: bool = False,
        gates: Sequence[str] = GATES,
        targets: tuple[str, ...] = (),
    ) -> System:
        """Trained networks of a kind as a system, whose name tells the kind, the mode and the filter.

        Args:
            kind: Of the networks.
            name: Of the set.
            mode: A latency mode, of causal networks; none: the paper's frames.
            filtered: Add a row of the Wiener filter.
            gates: Rows that are wanted in the paper's frames; in a mode the gate is open.
            targets: Only these.
        """
        loaded = {}
        nets = self.nets(kind, name, targets)
        for net in nets:
            network, digest = self.runs.load(net)
            for index, target in enumerate(net.targets):
                loaded[target] = (network, digest, index)
        labelled = all(net.labelled for net in nets)
        title = "-".join(filter(None, (kind, mode, "filtered" if filtered else "")))
        if mode:
            return Streamed(title, loaded, mode, filtered, labelled)
        return Networks(title, loaded, filtered, self.median, self.threshold, labelled, gates)

    def scored(self, kind: str, name: str, **how: Any) -> dict[str, list[SongScore]]:
        """Scores of trained networks of a kind, by target; see :meth:`system`."""
        return self.scores.of(self.system(kind, name, **how), self.material(name), self.of(name))

    def reference(self, name: str) -> dict[str, list[SongScore]]:
        """Scores of the ideal binary mask and of the mixture, by target."""
        return self.scores.of(Reference(), self.material(name), self.of(name))
