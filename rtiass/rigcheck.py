"""What is wrong with a rig, before the show: everything it names is looked for, opened, asked and tried."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace

from rtiass.bundle import Bundle, load_bundle
from rtiass.control.control import Control
from rtiass.control.scenes import SceneBook
from rtiass.control.setlist import SetList
from rtiass.control.show import files_fault
from rtiass.control.songfile import first_file
from rtiass.control.vocabulary import vocabulary
from rtiass.errors import UserError
from rtiass.live.doctor import BAD, GOOD, WARN, Finding
from rtiass.live.options import bus_gains
from rtiass.rigfile import Rig, place_text
from rtiass.stft import RATE

EXTRAS = {"midi": ("rtmidi", "midi"), "osc": ("pythonosc", "osc"), "remote": ("starlette", "remote")}
HOUR = 3600
BYTES_PER_STEM = 4 * 2 * RATE * HOUR
"""Of an hour of one stem in stereo, not compressed."""

Say = Callable[[str, str, str], None]


def check_rig(rig: Rig, *, devices: bool = True) -> list[Finding]:
    """Look at everything that a rig names; nothing here raises, plays, records or changes a file.

    Args:
        rig: The rig.
        devices: Ask the audio devices too.
    """
    findings: list[Finding] = []

    def say(state: str, subject: str, text: str) -> None:
        findings.append(Finding(state, subject, text))

    bundle = _model(rig, say)
    control = _buses(rig, bundle, say) if bundle is not None else None
    if control is not None:
        _start(rig, control, say)
        _show(rig, control, say)
    elif rig.scenes or rig.setlist:
        say(WARN, "scenes", "Can't be looked at without the model.")
    if rig.song is not None:
        if rig.song.is_file():
            say(GOOD, "song", str(rig.song))
        else:
            say(BAD, "song", f"{_at(rig, 'play', 'song')}there is no file '{rig.song}'. Check the path.")
    _surfaces(rig, control, say)
    _record(rig, len(bundle.stems) if bundle else 4, say)
    if devices:
        _devices(rig, say)
    return findings


def _at(rig: Rig, *where: str) -> str:
    return f"line {rig.line(*where)}: "


def _model(rig: Rig, say: Say) -> Bundle | None:
    try:
        bundle = load_bundle(rig.model)
    except UserError as error:
        say(BAD, "model", f"{_at(rig, 'model', 'name')}{error}")
        return None
    say(GOOD, "model", f"{bundle.name}: {', '.join(bundle.stems)}")
    _engine(rig, bundle, say)
    return bundle


def _engine(rig: Rig, bundle: Bundle, say: Say) -> None:
    from rtiass.engine import Probe, load_engine, probe_all
    from rtiass.enginechoice import remembered

    wanted = rig.values.get("engine", "auto")
    probed = dict(probe_all())
    if wanted == "auto":
        usable = [name for name, probe in probed.items() if probe.available]
        if usable:
            say(GOOD, "engine", f"auto; here: {', '.join(usable)}; {remembered(bundle).why}")
        else:
            say(BAD, "engine", "No engine can run here; see 'rtiass engines'.")
    elif wanted.partition(":")[0] not in probed:
        known = ", ".join(probed)
        say(BAD, "engine", f"{_at(rig, 'model', 'engine')}there is no engine '{wanted}'. Engines: {known}, or auto.")
    else:
        try:
            probe = probed[wanted] if wanted in probed else load_engine(wanted).probe()
        except UserError as error:
            probe = Probe(False, str(error))
        where = "" if probe.available else _at(rig, "model", "engine")
        say(GOOD if probe.available else BAD, "engine", f"{where}{wanted}: {probe.detail}")


def _buses(rig: Rig, bundle: Bundle, say: Say) -> Control:
    buses = []
    for route in rig.routes:
        try:
            bus_gains(route.bus, bundle.stems)
            buses.append(route.bus)
        except UserError as error:
            say(BAD, "outputs", f"{_at(rig, 'outputs', route.bus)}{error}")
    if rig.vocals is not None and "vocals" not in bundle.stems:
        say(BAD, "vocals", f"{_at(rig, 'play', 'vocals')}the model {bundle.name} has no vocals.")
    if buses:
        told = (f"{r.bus} on {','.join(map(str, r.channels))}" for r in rig.routes if r.bus in buses)
        say(GOOD, "outputs", "; ".join(told))
    return Control(vocabulary(bundle.stems, buses or ["mix"], song=True))


def _start(rig: Rig, control: Control, say: Say) -> None:
    for path, value in rig.start.items():
        try:
            control.set(path, value, "rig")
        except UserError as error:
            say(BAD, "start", f"{_at(rig, 'start', path)}{error}")


def _show(rig: Rig, control: Control, say: Say) -> None:
    book = _scenes(rig, control, say)
    if rig.setlist is None:
        return
    try:
        songs = SetList(rig.setlist, control, book)
    except UserError as error:
        say(BAD, "set list", f"{_at(rig, 'setlist', 'file')}{error}")
        return
    faults = songs.problems()
    together = files_fault(songs.songs)
    for fault in [*faults, *([together] if together else [])]:
        say(BAD, "set list", f"{rig.setlist}: {fault}")
    if not (faults or together):
        kind = "from files" if songs.song.file is not None else "that come in live"
        say(GOOD, "set list", f"{len(songs.songs)} songs in {rig.setlist}, {kind}")


def _scenes(rig: Rig, control: Control, say: Say) -> SceneBook | None:
    if rig.scenes is None:
        return None
    if not rig.scenes.parent.is_dir():
        say(BAD, "scenes", f"{_at(rig, 'scenes', 'file')}there is no folder '{rig.scenes.parent}'. Make it.")
        return None
    try:
        book = SceneBook(rig.scenes, control)
    except UserError as error:
        say(BAD, "scenes", str(error))
        return None
    for name in book.names:
        for fault in book.settable(book.scene(name))[1]:
            say(WARN, "scenes", f"{rig.scenes}, scene {name}: {fault} It is left out.")
    if rig.recall:
        try:
            book.name(rig.recall)
        except UserError as error:
            say(BAD, "scenes", f"{_at(rig, 'scenes', 'recall')}{error}")
    if not os.access(rig.scenes if rig.scenes.exists() else rig.scenes.parent, os.W_OK):
        say(BAD, "scenes", f"{rig.scenes} can't be written, so nothing can be saved. Allow writing there.")
    count = len(book.names)
    say(GOOD, "scenes", f"{count} in {rig.scenes}" if count else f"none yet; they will be saved to {rig.scenes}")
    return book


def _surfaces(rig: Rig, control: Control | None, say: Say) -> None:
    for subject, place, kind in (("osc", rig.osc, socket.SOCK_DGRAM), ("remote", rig.remote, socket.SOCK_STREAM)):
        if place is not None and _installed(subject, say):
            _port(rig, subject, place, kind, say)
    if rig.midi and _installed("midi", say):
        _maps(rig, control, say)


def _installed(subject: str, say: Say) -> bool:
    module, extra = EXTRAS[subject]
    if importlib.util.find_spec(module) is not None:
        return True
    say(BAD, subject, f"The package for it isn't installed. Install it: pip install 'rtiass[{extra}]'")
    return False


def _port(rig: Rig, subject: str, place: tuple[str, int], kind: socket.SocketKind, say: Say) -> None:
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    try:
        with socket.socket(family, kind) as trial:
            if kind == socket.SOCK_STREAM:
                # As the server itself does: a port that was used a moment ago is free.
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        advice = "Choose another port, or end the program that has it"
        text = f"{place_text(*place)} can't be opened: {reason}. {advice}; the address must be one of this machine."
        say(BAD, subject, f"{_at(rig, subject, 'port')}{text}")
    else:
        say(GOOD, subject, f"{place_text(*place)} is free")


def _maps(rig: Rig, control: Control | None, say: Say) -> None:
    from rtiass.control.midi.binding import bind
    from rtiass.control.midi.library import wanted_maps

    for name in rig.midi:
        try:
            maps = wanted_maps(name)
            for mapping in maps if name != "auto" and control is not None else ():
                assert control is not None
                bind(mapping, control)
        except UserError as error:
            say(BAD, "midi", f"{_at(rig, 'midi', 'map')}{error}")
        else:
            say(GOOD, "midi", f"{name}: {len(maps)} {'map' if len(maps) == 1 else 'maps'}")


def _record(rig: Rig, stems: int, say: Say) -> None:
    if rig.record is None:
        return
    folder = rig.record.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        say(BAD, "record", f"{_at(rig, 'record', 'folder')}'{rig.record}' can't be written. Choose another folder.")
        return
    hours = shutil.disk_usage(folder).free / (BYTES_PER_STEM * (stems + 1))
    told = f"room for {hours:.1f} hours of {stems} stems and the input in {rig.record}"
    if hours < 1.0:
        say(BAD, "record", f"{_at(rig, 'record', 'folder')}{told}. Make room, or choose another disk.")
    else:
        say(GOOD if hours >= 4.0 else WARN, "record", told)


def _source(rig: Rig) -> str | None:
    """A file that is played in place of the input, if the rig has one."""
    if rig.song is not None:
        return str(rig.song)
    try:
        first = first_file(rig.setlist) if rig.setlist is not None else None
    except UserError:
        return None  # it is told of by itself
    return str(first) if first is not None else None


def _devices(rig: Rig, say: Say) -> None:
    from rtiass.live import device
    from rtiass.live.rig import find_devices

    try:
        found = device.list_devices(device.portaudio())
    except UserError as error:
        say(WARN, "device", f"Can't be asked here. {error}")
        return
    if not found:
        say(
            WARN, "device", "There is no audio device here, so its channels can't be checked. Check again on the stage."
        )
        return
    try:
        chosen = find_devices(replace(rig.options(), song=_source(rig)))
    except UserError as error:
        say(BAD, "device", f"{_at(rig, 'audio')}{error}")
        return
    source = f"{chosen.input.name} -> " if chosen.input is not None else ""
    say(GOOD, "device", f"{source}{chosen.output.name}, {chosen.rate} Hz, {chosen.channels[1]} output channels")
