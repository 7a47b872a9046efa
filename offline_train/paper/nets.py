"""Which network is trained how, for which target, on which set: configurations put together from ``nets.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from offline_train.paper.budget import PAPER, TINY, Budget
from offline_train.paper.pools import Material
from offline_train.settings import CONFIGS
from offline_train.study.runner import merged

PLAN: dict[str, Any] = tomllib.loads(Path(__file__).with_name("nets.toml").read_text("utf-8"))
REST = "accompaniment"


@dataclass(frozen=True)
class Net:
    """A network to train.

    Attributes:
        kind: A table of ``nets.toml``.
        material: The set.
        targets: One stem, or all of them for a joint network.
    """

    kind: str
    material: Material
    targets: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its run folder."""
        whole = self.joint and set(self.targets) == set(self.material.targets)
        return "-".join((self.material.name, self.kind, *(() if whole else self.targets)))

    @property
    def joint(self) -> bool:
        """Whether one network separates all targets."""
        return bool(PLAN[self.kind].get("joint", False))

    @property
    def labelled(self) -> bool:
        """Whether it is trained with labels, and so has an activity."""
        return float(self.table(PAPER)["loss"]["alpha"]) > 0

    @property
    def stems(self) -> list[str]:
        """Its line-up; the rest has no stem of its own where the targets are all there is."""
        if self.joint and set(self.targets) == set(self.material.targets):
            return list(self.targets)
        return [*self.targets, REST]

    def table(self, budget: Budget) -> dict[str, Any]:
        """The whole configuration, as of a TOML file."""
        plan = PLAN[self.kind]
        base = tomllib.loads((CONFIGS / f"{plan['base']}.toml").read_text("utf-8"))
        # A network of another kind has none of the base's arguments.
        if "network" in plan.get("change", {}) and "kind" in plan["change"]["network"]:
            base["network"] = {}
        table = merged(merged(base, PLAN["set"][self.material.name]), plan.get("change", {}))
        table["stems"] = self.stems
        if "weights" in table.get("loss", {}):
            table["loss"]["weights"] = {k: v for k, v in table["loss"]["weights"].items() if k in self.stems}
        if budget.small:
            table = merged(table, PLAN["standin"])
        if budget.name == TINY.name:
            table = merged(table, PLAN["tiny"])
            table["network"] |= PLAN["small"].get(table["network"]["kind"], {})
        table["fit"] |= budget.fit
        return table
