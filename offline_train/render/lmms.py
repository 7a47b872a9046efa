"""Drives LMMS: writes a project with a track for each sound, and renders all of it into one file."""

from __future__ import annotations

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from offline_train.render.effects import Audio
from offline_train.render.pool import RATE
from rtiass.errors import UserError

ROOT = Path("/usr/share/lmms")
BPM = 120
TICK_S = 60 / BPM / 48
"""LMMS divides a beat into 48 and knows nothing finer."""
MIDDLE = 69
"""MIDI note at which a sample sounds as it is; LMMS counts an octave lower."""
QUIETER = 25
"""Master volume in percent: many presets would clip at 100."""
LIMIT_S = 1800.0
AROUND = ("eldata", "chordcreator", "arpeggiator", "midiport", "fxchain")
"""What stands beside the instrument in its track."""


@dataclass(frozen=True)
class Event:
    """A note of a sound.

    Attributes:
        sound: File below LMMS's `presets` (.xpf) or `samples`.
        start: Seconds.
        seconds: Length.
        pitch: MIDI note number, 12..127.
    """

    sound: str
    start: float
    seconds: float
    pitch: int


def _instrument(sound: str, root: Path) -> ElementTree.Element:
    """The `instrumenttrack` of a preset, or of a sample player with default settings."""
    if not sound.endswith(".xpf"):
        track = ElementTree.Element(
            "instrumenttrack", vol="100", pan="0", fxch="0", basenote=str(MIDDLE - 12), pitchrange="1"
        )
        player = ElementTree.SubElement(track, "instrument", name="audiofileprocessor")
        ElementTree.SubElement(
            player, "audiofileprocessor", src=sound, amp="100", sframe="0", eframe="1", looped="0", reversed="0"
        )
        return track
    try:
        found = ElementTree.parse(root / "presets" / sound).find(".//instrumenttrack")
    except (OSError, ElementTree.ParseError) as error:
        raise UserError(f"The LMMS preset {root / 'presets' / sound} can't be read: {error}.") from error
    if found is None:
        raise UserError(f"{root / 'presets' / sound} is not a preset of an LMMS instrument.")
    found.set("fxch", "0")
    return _modern(found)


def _modern(track: ElementTree.Element) -> ElementTree.Element:
    """What LMMS does with presets of its older versions when it opens them alone, but not inside of a project."""
    for child in list(track):
        if child.tag not in (*AROUND, "instrument"):
            wrapped = ElementTree.Element("instrument", name=child.tag)
            wrapped.append(child)
            track.remove(child)
            track.insert(0, wrapped)
    for element in track.iter():
        for old, new in (("sus", "sustain"), ("lfosyncmode", "syncmode")):
            if old in element.attrib:
                element.set(new, element.attrib.pop(old))
    return track


def project(events: list[Event], root: Path = ROOT) -> bytes:
    """Write an LMMS project with a track for each sound.

    Args:
        events: Notes of all sounds.
        root: Folder of LMMS's presets and samples.

    Returns:
        The project as XML.

    Raises:
        UserError: A preset can't be read.
    """
    top = ElementTree.Element("lmms-project", type="song", version="1.0", creator="LMMS", creatorversion="1.2.2")
    head = {"bpm": str(BPM), "mastervol": str(QUIETER), "masterpitch": "0"}
    ElementTree.SubElement(top, "head", head | {"timesig_numerator": "4", "timesig_denominator": "4"})
    tracks = ElementTree.SubElement(ElementTree.SubElement(top, "song"), "trackcontainer", type="song")
    by_sound: dict[str, list[Event]] = {}
    for event in events:
        by_sound.setdefault(event.sound, []).append(event)
    for sound, notes in by_sound.items():
        track = ElementTree.SubElement(tracks, "track", type="0", name=sound, muted="0", solo="0")
        track.append(_instrument(sound, root))
        first = min(note.start for note in notes)
        # A pattern begins and ends on a bar.
        begin = int(first / TICK_S) // 192 * 192
        end = max(int((note.start + note.seconds) / TICK_S) for note in notes)
        length = (end - begin) // 192 * 192 + 192
        pattern = ElementTree.SubElement(
            track, "pattern", type="1", pos=str(begin), len=str(length), steps="16", muted="0", name=""
        )
        for note in notes:
            place = {"pos": str(round(note.start / TICK_S) - begin), "len": str(max(round(note.seconds / TICK_S), 1))}
            ElementTree.SubElement(pattern, "note", place | {"key": str(note.pitch - 12), "vol": "100", "pan": "0"})
    return ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)


def render(events: list[Event], seconds: float, root: Path = ROOT) -> Audio:
    """Render sounds into one stream.

    Args:
        events: Notes of all sounds.
        seconds: Length of what is given: longer is cut, shorter filled up with silence.
        root: Folder of LMMS's presets and samples.

    Returns:
        Audio (seconds * RATE, 2), float32.

    Raises:
        UserError: LMMS is missing, fails, or takes longer than half an hour.
    """
    with tempfile.TemporaryDirectory(prefix="rtiass-lmms-") as name:
        folder = Path(name)
        path, out, home = folder / "song.mmp", folder / "song.wav", folder / "home"
        home.mkdir()
        path.write_bytes(project(events, root))
        command = ["lmms", "--allowroot", "render", str(path), "-o", str(out), "-s", str(RATE), "-f", "wav", "-a"]
        # It must neither look for a screen nor ask about, or change, a user's own settings.
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home)}
        try:
            done = subprocess.run(
                command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False
            )
        except FileNotFoundError as error:
            raise UserError("LMMS is not installed. On Debian or Ubuntu: sudo apt-get install lmms") from error
        except subprocess.TimeoutExpired as error:
            raise UserError(f"LMMS took longer than {LIMIT_S:.0f} s for {len(events)} notes.") from error
        try:
            audio, rate = soundfile.read(out, dtype="float32", always_2d=True)
        except (OSError, soundfile.LibsndfileError) as error:
            last = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
            raise UserError(f"LMMS rendered nothing (exit code {done.returncode}): {' '.join(last)}") from error
        assert rate == RATE
    count = round(seconds * RATE)
    out_audio = np.zeros((count, 2), np.float32)
    out_audio[: len(audio)] = audio[:count]
    return out_audio
