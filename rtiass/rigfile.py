"""A rig file: everything that a show needs in one TOML file, so that it starts with one command."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtiass.control.parameter import Value
from rtiass.control.taper import linear
from rtiass.errors import UserError
from rtiass.live.options import MIX, LiveOptions, Route
from rtiass.live.state import MAX_BUSES
from rtiass.rigschema import NEEDED, OUTPUT, OUTPUTS, SECTIONS, START, TABLES, parameter_value, refusal
from rtiass.tomlfile import Key, Problems, line_of, nearest, parse, read_text, shown

OSC_PORT = 9000
REMOTE_PORT = 8700
LOOPBACK = "127.0.0.1"


class RigError(UserError):
    """A rig file that is missing or wrong: one line for each problem."""


@dataclass(frozen=True)
class Rig:
    """A rig, its files already looked for beside the rig file.

    Attributes:
        path: The rig file.
        text: Its text, for the lines of further problems.
        routes: Which bus goes to which output channels.
        model: Name of a shipped model, a folder, or None.
        values: Values of ``[model]`` and ``[audio]`` by key, as far as the file has them.
        song: Sound file to play.
        vocals: Level of the vocals in dB.
        scenes: File of scenes.
        recall: Scene to begin with.
        seconds: Time of morphs.
        setlist: File of the set list.
        midi: Names or files of maps.
        osc: Address and port.
        remote: Address and port.
        record: Folder of recordings.
        start: Parameters to begin with.
    """

    path: Path
    text: str = field(repr=False, default="")
    routes: tuple[Route, ...] = ()
    model: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    song: Path | None = None
    vocals: float | None = None
    scenes: Path | None = None
    recall: str = ""
    seconds: float | None = None
    setlist: Path | None = None
    midi: tuple[str, ...] = ()
    osc: tuple[str, int] | None = None
    remote: tuple[str, int] | None = None
    record: Path | None = None
    start: dict[str, Value] = field(default_factory=dict)

    def line(self, *where: Key) -> int:
        """Line of a key, 1 if it isn't there."""
        return line_of(self.text, where) or 1

    def options(self) -> LiveOptions:
        """The live host's options.

        Raises:
            RigError: They do not go together.
        """
        gain = None if self.vocals is None else linear(self.vocals)
        # Beside a karaoke output there may be one for the vocals alone, which is to stay at its level.
        on_bus = any(route.bus == "karaoke" for route in self.routes)
        try:
            return LiveOptions(
                routes=self.routes, song=str(self.song) if self.song else None, model=self.model,
                vocals=(gain or 0.0) if on_bus else 0.0, faders={} if gain is None or on_bus else {"vocals": gain},
                **self.values,
            )  # fmt: skip
        except UserError as error:
            raise RigError(f"{self.path}: {error}") from None

    def flags(self) -> dict[str, Any]:
        """The same as parameters of the command ``rtiass live``: its defaults, which its options go over."""
        flags: dict[str, Any] = {key: value for key, value in self.values.items() if key != "input_channels"}
        if "input_channels" in self.values:
            flags["inputs"] = ",".join(map(str, self.values["input_channels"]))
        if self.routes:
            flags["out"] = [f"{route.bus}={','.join(map(str, route.channels))}" for route in self.routes]
        texts = {
            "song": self.song, "model": self.model, "scenes": self.scenes, "setlist": self.setlist,
            "record": self.record,
        }  # fmt: skip
        flags |= {key: str(value) for key, value in texts.items() if value is not None}
        if self.vocals is not None:
            flags["vocals"] = f"{self.vocals:g}"
        if self.midi:
            flags["midi"] = list(self.midi)
        if self.osc is not None:
            flags["osc"] = place_text(*self.osc)
        if self.remote is not None:
            flags["remote"] = place_text(*self.remote)
        return flags


def place_text(address: str, port: int) -> str:
    """Address and port as one text."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def load_rig(path: Path) -> Rig:
    """Read a rig file; of what it names nothing is looked at yet.

    Raises:
        RigError: It is missing or wrong; every problem is named with its line and key.
    """
    return parse_rig(read_text(path, RigError), path)


def parse_rig(text: str, path: Path) -> Rig:
    """Understand the text of a rig file; files are looked for beside ``path``.

    Raises:
        RigError: It is wrong.
    """
    content = parse(text, path, RigError)
    complain = Problems(text, path, RigError)
    found: dict[str, dict[str, Any]] = {}
    for name, table in content.items():
        if name not in TABLES:
            complain((name,), f"there is no table {shown(name)}.{nearest(name, TABLES)} Tables: {', '.join(TABLES)}.")
        elif not isinstance(table, dict):
            complain((name,), f"{name} is a table, written as [{name}].")
        elif name in SECTIONS:
            found[name] = _section(name, table, complain)
    routes = _routes(_table(content, OUTPUTS), complain)
    start = _start(_table(content, START), complain)
    if found.get("play", {}).get("song") and "setlist" in found:
        complain(("play", "song"), "there are both a song and a set list. Leave one of them out.")
    if "recall" in found.get("scenes", {}) and "file" not in found["scenes"]:
        complain(("scenes",), 'to recall a scene, name the file of scenes: file = "show.scenes.toml".')
    complain.raise_if_any()
    rig = _make(path, text, found, routes, start)
    rig.options()
    return rig


def _table(content: dict[str, Any], name: str) -> dict[str, Any]:
    table = content.get(name, {})
    return table if isinstance(table, dict) else {}


def _section(name: str, table: dict[str, Any], complain: Problems) -> dict[str, Any]:
    checks = SECTIONS[name]
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in checks:
            complain((name, key), f"[{name}] has no key {shown(key)}.{nearest(key, checks)} Keys: {', '.join(checks)}.")
            continue
        try:
            values[key] = checks[key](value)
        except ValueError as error:
            hint = nearest(value, _words(str(error))) if isinstance(value, str) else ""
            complain((name, key), refusal(f"{name}.{key}", value, str(error)) + hint)
    if name in NEEDED and NEEDED[name] not in table:
        complain((name,), f"[{name}] needs the key {NEEDED[name]}; leave the whole table out to do without.")
    return values


def _words(wanted: str) -> list[str]:
    """Choices that a sentence names."""
    return wanted.removeprefix("one of: ").split(", ") if wanted.startswith("one of: ") else []


def _routes(table: dict[str, Any], complain: Problems) -> tuple[Route, ...]:
    routes = []
    for bus, value in table.items():
        try:
            routes.append(Route(bus, OUTPUT(value)))
        except ValueError as error:
            complain((OUTPUTS, bus), refusal(f"outputs.{bus[:64]}", value, str(error)))
        if not bus.isprintable() or not bus.strip() or len(bus) > 64 or "=" in bus:
            complain(
                (OUTPUTS, bus), f"an output is named after a stem or one of: {', '.join(MIX)}; {shown(bus)} is not."
            )
    if len(table) > MAX_BUSES:
        complain((OUTPUTS,), f"at most {MAX_BUSES} outputs can be routed.")
    return tuple(routes)


def _start(table: dict[str, Any], complain: Problems) -> dict[str, Value]:
    start: dict[str, Value] = {}
    for key, value in table.items():
        if not key.startswith("/"):
            complain((START, key), f'{shown(key)} is no parameter; they look like "/stem/vocals/gain".')
            continue
        try:
            start[key] = parameter_value(value)
        except ValueError as error:
            complain((START, key), refusal(shown(key), value, str(error)))
    return start


def _make(
    path: Path, text: str, found: dict[str, dict[str, Any]], routes: tuple[Route, ...], start: dict[str, Value]
) -> Rig:
    folder = path.parent
    model, play, scenes = (found.get(name, {}) for name in ("model", "play", "scenes"))
    osc, remote = (found.get(name) for name in ("osc", "remote"))

    def file(table: dict[str, Any], key: str) -> Path | None:
        return folder / table[key] if key in table else None

    return Rig(
        path, text, routes, _beside(model["name"], folder) if "name" in model else None,
        {key: value for key, value in (model | found.get("audio", {})).items() if key != "name"},
        file(play, "song"), play.get("vocals"), file(scenes, "file"), scenes.get("recall", ""), scenes.get("seconds"),
        file(found.get("setlist", {}), "file"),
        tuple(_beside(name, folder) for name in found.get("midi", {}).get("map", ())),
        None if osc is None else (osc.get("address", LOOPBACK), osc.get("port", OSC_PORT)),
        None if remote is None else (remote.get("address", LOOPBACK), remote.get("port", REMOTE_PORT)),
        file(found.get("record", {}), "folder"), start,
    )  # fmt: skip


def _beside(name: str, folder: Path) -> str:
    """A file or folder beside the rig file where the name looks like one, else the name as it is."""
    return str(folder / name) if "/" in name or name.endswith(".toml") else name
