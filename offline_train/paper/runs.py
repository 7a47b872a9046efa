"""Trains the networks that are missing, each in a run folder of its own, and loads them."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from offline_train.fit.files import write_text
from offline_train.fit.saved import LAST, SMALL, load_checkpoint
from offline_train.network import StreamingNetwork, build
from offline_train.paper.budget import Budget
from offline_train.paper.nets import Net
from offline_train.paper.pools import digest_of
from offline_train.toml_text import to_toml
from rtiass.errors import UserError

DONE = "done.json"
"""In a run folder: the budget that it has used up, and what material it heard."""

MATERIAL = "material.json"
"""In a run folder from its beginning: the digest of the material that it hears."""

ONE_DEVICE: dict[str, Any] = {"devices": "1", "nodes": 1}
"""With several, Lightning would start the whole command again for each of them."""


class Runs:
    """The networks of a folder.

    Args:
        folder: Holds a run folder for each network.
        budget: Of each.
        options: Values of ``[fit]`` that say how to train and not what, such as ``threads``. A network is trained on
            one device whatever they say.
        say: Told about progress.
    """

    def __init__(self, folder: Path, budget: Budget, options: dict[str, Any], say: Callable[[str], None]) -> None:
        self.folder, self.budget, self.say = folder, budget, say
        self.options = {key: value for key, value in options.items() if value is not None} | ONE_DEVICE

    def train(self, nets: Sequence[Net]) -> None:
        """Train what is missing; a run that was broken off goes on.

        Raises:
            UserError: A network was trained with another configuration or on other material.
            Interrupted: A signal asked to stop; the same command goes on.
        """
        missing = [net for net in nets if not self.finished(net)]
        for number, net in enumerate(missing, 1):
            self.say(f"{number} of {len(missing)} networks to train: {net.name}, budget {self.budget.name}")
            self._train(net)

    def load(self, net: Net) -> tuple[StreamingNetwork, str]:
        """A trained network in evaluation mode, and the SHA-256 of its weights' file."""
        path = self.folder / net.name
        state = load_checkpoint(path)
        network = build(state["network"])
        network.load_state_dict(state["average"])
        return network.eval(), hashlib.sha256((path / SMALL).read_bytes()).hexdigest()

    def finished(self, net: Net) -> bool:
        """Whether a network has had its budget.

        Raises:
            UserError: It was trained with another configuration or budget, or on other material.
        """
        path = self.folder / net.name / DONE
        if not path.is_file():
            return False
        done = json.loads(path.read_text("utf-8"))
        if done["budget"] != self.budget.name:
            raise UserError(
                f"{path.parent} was trained with the budget {done['budget']}. Give the same --budget, or another --out."
            )
        self._check_same(net)
        return True

    def _check_same(self, net: Net) -> None:
        """Refuse a run of another configuration (of another version of this project, of a stand-in) or material."""
        folder = self.folder / net.name
        if tomllib.loads((folder / "config.toml").read_text("utf-8")) != net.table(self.budget):
            raise UserError(f"{folder} was begun with another configuration or budget. Give another --out.")
        if _heard(folder) != net.material.digest:
            raise UserError(
                f"{folder} was begun on other material than {net.material.pool} holds now. Name the data set that it "
                f"was begun on, or give another --out; or remove {folder} to train that network anew."
            )

    def _train(self, net: Net) -> None:
        from offline_train.fit.start import UsedUpError, start

        folder = self.folder / net.name
        resume = (folder / LAST).is_file()
        if resume:
            self._check_same(net)
        else:
            if folder.is_dir():
                shutil.rmtree(folder)  # it was broken off before there was anything to go on from
            write_text(folder / MATERIAL, json.dumps({"material": net.material.digest}) + "\n")
        config = write_text(self.folder / "configs" / f"{net.name}.toml", to_toml(net.table(self.budget)))
        # Standard output is for the tables. What is used up was broken off between its end and the note of it.
        with redirect_stdout(sys.stderr), suppress(UsedUpError):
            start(config, folder, net.material.pool, resume, **self.options)
        write_text(folder / DONE, json.dumps({"budget": self.budget.name, "material": _heard(folder)}) + "\n")


def _heard(folder: Path) -> str:
    """Digest of the material that a run was begun on; without a note, that of its own copy of the pool's list."""
    note, listed = folder / MATERIAL, folder / "pool.json"
    if note.is_file():
        return str(json.loads(note.read_text("utf-8"))["material"])
    return digest_of(listed) if listed.is_file() else ""
