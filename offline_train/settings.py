"""Settings of a training run, read from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from offline_train.mixing import MixingConfig
from offline_train.pool import STEMS
from rtiass.errors import UserError


@dataclass(frozen=True)
class TrainConfig:
    """How the network is fitted. Shares are of the time budget, so a busy machine anneals all the same.

    Attributes:
        learning_rate: Peak learning rate of AdamW.
        weight_decay: Decoupled weight decay.
        warmup: Share of the budget over which the learning rate rises.
        final: Learning rate at the end of the cosine, as a share of the peak.
        clip: Largest norm of the gradient.
        ema: Decay a step of the averaged weights, which are evaluated and shipped.
        alpha: Weight of the activity loss. The paper's own alpha is not given; its mask loss has another
        scale.
        stem_weights: Weight of each stem in the mask loss.
        channels_last: Memory layout of activations, a matter of speed.
        threads: CPU threads of the training step.
        validate_minutes: Time between validations; 0 turns them off.
        checkpoint_minutes: Time between checkpoints.
    """

    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup: float = 0.02
    final: float = 0.01
    clip: float = 1.0
    ema: float = 0.998
    alpha: float = 0.05
    stem_weights: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEMS, 1.0))
    channels_last: bool = False
    threads: int = 2
    validate_minutes: float = 10.0
    checkpoint_minutes: float = 3.0


@dataclass(frozen=True)
class Settings:
    """A whole configuration file."""

    seed: int
    network: dict[str, Any]
    mixing: MixingConfig
    train: TrainConfig


def parse(table: dict[str, Any]) -> Settings:
    """Settings of a parsed TOML table.

    Raises:
        UserError: A key is not known.
    """
    unknown = set(table) - {"seed", "network", "mixing", "train"}
    if unknown:
        raise UserError(f"The configuration has the unknown table or key {sorted(unknown)[0]!r}; remove it.")
    mixing = dict(table.get("mixing", {}))
    if "modes" in mixing:
        mixing["modes"] = tuple(tuple(row) for row in mixing["modes"])
    if "gain" in mixing:
        mixing["gain"] = tuple(mixing["gain"])
    return Settings(
        int(table.get("seed", 0)),
        dict(table.get("network", {"kind": "joint"})),
        MixingConfig(**_known(MixingConfig, mixing, "mixing")),
        TrainConfig(**_known(TrainConfig, table.get("train", {}), "train")),
    )


def load_settings(path: str | Path) -> Settings:
    """Settings of a TOML file.

    Raises:
        UserError: The file is missing, is no TOML, or has an unknown key.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no configuration {path}; offline_train/configs/joint.toml is one to start from.")
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not valid TOML: {error}. Correct the line it names.") from error
    return parse(table)


def _known(kind: type, values: dict[str, Any], table: str) -> dict[str, Any]:
    names = {f.name for f in fields(kind)}
    for key in values:
        if key not in names:
            raise UserError(f"[{table}] has the unknown key {key!r}; known: {', '.join(sorted(names))}.")
    return dict(values)
