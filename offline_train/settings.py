"""Settings of a training run, read from a TOML file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from offline_train.fit.config import FitConfig
from offline_train.lineup import LINEUPS, Lineup, more_classes
from offline_train.loss import LossConfig
from offline_train.mixing_config import MixingConfig
from offline_train.rows import target_rows
from rtiass.errors import UserError

TABLES = ("network", "mixing", "loss", "fit")
CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class Settings:
    """A whole configuration file.

    Attributes:
        seed: Decides the first weights and, with the step, every batch.
        lineup: Stems of the network.
        network: ``kind`` and constructor arguments of that kind.
        mixing: How examples are made.
        loss: How errors are weighed.
        fit: How the network is fitted.
    """

    seed: int = 0
    lineup: Lineup = field(default_factory=lambda: Lineup(LINEUPS["band"]))
    network: dict[str, Any] = field(default_factory=lambda: {"kind": "joint"})
    mixing: MixingConfig = field(default_factory=MixingConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    fit: FitConfig = field(default_factory=FitConfig)

    def with_fit(self, **values: Any) -> Settings:
        """The settings with other values of ``[fit]``; those that are None are left out.

        Raises:
            UserError: A value cannot be.
        """
        given = {key: value for key, value in values.items() if value is not None}
        fit = replace(self.fit, **given)
        _refuse(fit.problem(), "fit", _Place(None, ""))
        return replace(self, fit=fit)

    def with_target(self, target: str) -> Settings:
        """The settings for another target, of a line-up of a target and the rest.

        Raises:
            UserError: The line-up has more than two stems, or the target is no class.
        """
        if len(self.lineup.stems) != 2:
            raise UserError(
                f"A target can be chosen for a target and the rest, not for {', '.join(self.lineup.stems)}. "
                f"Take a configuration such as {CONFIGS / 'paper.toml'}."
            )
        return replace(self, lineup=replace(self.lineup, stems=(target, self.lineup.stems[1])))


class _Place:
    """Names the file and line of a key in messages."""

    def __init__(self, path: Path | None, text: str) -> None:
        self.path, self.lines = path, text.splitlines()

    def __call__(self, key: str, table: str = "") -> str:
        """``FILE, line N: [table] key``, as far as known."""
        inside = ""
        name = f"[{table}] {key}" if table else key
        for number, line in enumerate(self.lines, 1):
            head = re.match(r"\s*\[([^\]]+)\]", line)
            if head:
                inside = head[1].strip()
            found = re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line)
            if (found and inside == table) or (head and inside == f"{table}.{key}".lstrip(".")):
                return f"{self.path}, line {number}: {name}"
        return f"{self.path}: {name}" if self.path else name


def parse(table: dict[str, Any], place: _Place | None = None) -> Settings:
    """Settings of a parsed TOML table.

    Raises:
        UserError: A key is not known, or its value cannot be; the message names it.
    """
    where = place or _Place(None, "")
    known = {"seed", "stems", "classes", *TABLES}
    for key in table:
        if key not in known:
            raise UserError(f"{where(key)} is not known here; known: {', '.join(sorted(known))}.")
    seed = table.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise UserError(f"{where('seed')} must be a whole number, 0 or more, not {seed!r}.")
    stems = table.get("stems", list(LINEUPS["band"]))
    if not isinstance(stems, list) or not all(isinstance(stem, str) for stem in stems):
        raise UserError(f"{where('stems')} must be a list of names, not {stems!r}.")
    classes = table.get("classes", [])
    if not isinstance(classes, list):
        raise UserError(f"{where('classes')} must be a list of names, not {classes!r}.")
    try:
        more = more_classes(classes)
    except UserError as error:
        raise UserError(f"{where('classes')}: {error}") from error
    try:
        lineup = Lineup(tuple(stems), more)
    except UserError as error:
        raise UserError(f"{where('stems')}: {error}") from error
    for name in TABLES:
        if not isinstance(table.get(name, {}), dict):
            raise UserError(f"{where(name)} must be a table, [{name}].")
    network = dict(table.get("network", {"kind": "joint"}))
    if network.get("kind", "joint") == "joint":
        network.setdefault("stems", len(stems))
        if network["stems"] != len(stems):
            raise UserError(
                f"{where('stems', 'network')} is {network['stems']}, but the line-up has {len(stems)} stems; remove it."
            )
    elif network["kind"] == "iass" and len(stems) != 2:
        raise UserError(f'{where("stems")} must be a target and the rest for the network "iass", not {stems!r}.')
    mixing = MixingConfig(**_values(MixingConfig, table.get("mixing", {}), "mixing", where))
    _refuse(mixing.problem(lineup.classes), "mixing", where)
    loss = LossConfig(**_values(LossConfig, table.get("loss", {}), "loss", where))
    _refuse(loss.problem(target_rows(lineup, mixing.views)), "loss", where)
    fit = FitConfig(**_values(FitConfig, table.get("fit", {}), "fit", where))
    _refuse(fit.problem(), "fit", where)
    settings = Settings(seed, lineup, network, mixing, loss, fit)
    if not settings.mixing.holdout and settings.fit.development == "holdout":
        for key, on in (("patience", settings.fit.patience > 0), ("schedule", settings.fit.schedule == "plateau")):
            if on:
                raise UserError(
                    f"{where(key, 'fit')} needs songs to judge by: name some training songs in [mixing] holdout."
                )
    return settings


def find_config(name: str | Path) -> Path:
    """A configuration file, or one that comes with the package by its name alone, such as ``band``."""
    path = Path(name)
    own = CONFIGS / f"{path.name}.toml"
    return own if not path.is_file() and path.parent == Path() and own.is_file() else path


def load_settings(path: str | Path) -> Settings:
    """Settings of a TOML file.

    Raises:
        UserError: The file is missing, is no TOML, or a key or value is wrong; the message names file, line and key.
    """
    path = find_config(path)
    if not path.is_file():
        known = sorted(own.stem for own in CONFIGS.glob("*.toml"))
        raise UserError(f"There is no configuration {path}. Write one, or name one of: {', '.join(known)}.")
    text = path.read_text("utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not valid TOML: {error}. Correct the line it names.") from error
    return parse(table, _Place(path, text))


def _refuse(problem: tuple[str, str] | None, table: str, where: _Place) -> None:
    if problem:
        raise UserError(f"{where(problem[0], table)} {problem[1]}.")


def _values(kind: type, values: dict[str, Any], table: str, where: _Place) -> dict[str, Any]:
    """Arguments for a dataclass, each checked against the kind of its default; a table is laid over its default."""
    defaults = {}
    for f in fields(kind):
        defaults[f.name] = f.default_factory() if f.default_factory is not MISSING else f.default
    out = {}
    for key, value in values.items():
        if key not in defaults:
            raise UserError(f"{where(key, table)} is not known; known: {', '.join(sorted(defaults))}.")
        out[key] = _like(value, defaults[key], lambda key=key: where(key, table))
    return out


def _like(value: Any, default: Any, name: Any) -> Any:
    """``value`` in the type of ``default``."""
    if isinstance(default, bool):
        fits, words = isinstance(value, bool), "true or false"
    elif isinstance(default, int):
        fits, words = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif isinstance(default, float):
        fits, words = isinstance(value, int | float) and not isinstance(value, bool), "a number"
        value = float(value) if fits else value
    elif isinstance(default, str):
        value = str(value) if isinstance(value, int) and default == "auto" and not isinstance(value, bool) else value
        fits, words = isinstance(value, str), "a text in quotes"
    elif isinstance(default, tuple):
        fits, words = isinstance(value, list | tuple), "a list"
        value = tuple(tuple(row) if isinstance(row, list) else row for row in value) if fits else value
    else:
        fits, words = isinstance(value, dict), "a table"
        for key, inner in value.items() if fits else ():
            tables = isinstance(next(iter(default.values()), 0.0), dict)
            if tables and not isinstance(inner, dict):
                raise UserError(f"{name()} must have a table for {key}, not {inner!r}.")
        value = default | value if fits else value
    if not fits:
        raise UserError(f"{name()} must be {words}, not {value!r}.")
    return value
