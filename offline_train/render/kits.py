"""Drum kits of one-shots: those with an index, Hydrogen's, Sonic Pi's; every piece with its layers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from offline_train.render.samples import Sample, read_index, whole
from rtiass.errors import UserError

PIECES = (
    "kick",
    "snare",
    "sidestick",
    "tom1",
    "tom2",
    "tom3",
    "closed",
    "pedal",
    "open",
    "crash1",
    "crash2",
    "ride",
    "bell",
)
INDEXED: dict[str, dict[str, tuple[str, ...]]] = {
    "muldjordkit": {
        "kick": ("KdrumL", "KdrumR"),
        "snare": ("Snare",),
        "sidestick": ("SnareRest",),
        "tom1": ("Tom1", "Tom2"),
        "tom2": ("Tom2", "Tom3"),
        "tom3": ("Tom4", "Tom3"),
        "open": ("HihatOpen",),
        "closed": ("HihatClosed",),
        "crash1": ("CrashL", "CrashR"),
        "crash2": ("CrashR", "China"),
        "ride": ("RideR", "RideL"),
        "bell": ("RideRBell", "RideLBell"),
    },
    # This kit has no cymbals but hi-hats: open ones stand in.
    "gogodze_phu_ii": {
        "kick": ("Kick",),
        "snare": ("SnareCenter", "SnareEdge"),
        "sidestick": ("SideStick",),
        "tom1": ("TomHigh",),
        "tom2": ("TomMid",),
        "tom3": ("TomLow",),
        "open": ("HihatOpen", "HihatLoose"),
        "closed": ("HihatClosed", "HihatTight"),
        "pedal": ("HihatFoot",),
        "crash1": ("HihatOpen",),
        "crash2": ("HihatOpen",),
        "ride": ("HihatTight",),
        "bell": ("HihatHalf",),
    },
}
SONIC_PI = {
    "kick": ("drum_heavy_kick", "drum_bass_hard", "bd_haus", "bd_808", "bd_tek", "bd_fat", "bd_klub", "bd_pure"),
    "snare": ("drum_snare_hard", "drum_snare_soft", "sn_dolf", "sn_dub", "sn_generic", "elec_hi_snare"),
    "sidestick": ("elec_wood", "drum_snare_soft"),
    "tom1": ("drum_tom_hi_hard", "drum_tom_hi_soft"),
    "tom2": ("drum_tom_mid_hard", "drum_tom_mid_soft"),
    "tom3": ("drum_tom_lo_hard", "drum_tom_lo_soft"),
    "closed": ("drum_cymbal_closed",),
    "pedal": ("drum_cymbal_pedal",),
    "open": ("drum_cymbal_open",),
    "crash1": ("drum_cymbal_hard", "drum_splash_hard"),
    "crash2": ("drum_cymbal_soft", "drum_splash_soft"),
    "ride": ("drum_cymbal_soft",),
}
ACOUSTIC = (
    "muldjordkit",
    "gogodze_phu_ii",
    "BJA_Pacific",
    "ColomboAcousticDrumkit",
    "ForzeeStereo",
    "Millo-Drums_v.1",
    "Millo_MultiLayered2",
    "Millo_MultiLayered3",
    "The Black Pearl 1.0",
)
ELECTRONIC = ("sonic_pi", "rumpf_kit_z01_h2", "Audiophob", "ElectricEmpireKit", "HardElectro1", "VariBreaks")
# What stands in for a piece that a kit lacks, nearest first.
_STAND_INS = {
    "sidestick": ("snare",),
    "tom1": ("tom2", "tom3", "snare"),
    "tom2": ("tom1", "tom3", "snare"),
    "tom3": ("tom2", "tom1", "kick"),
    "pedal": ("closed",),
    "closed": ("pedal", "open"),
    "open": ("crash1", "closed"),
    "crash1": ("crash2", "open"),
    "crash2": ("crash1", "open"),
    "ride": ("crash1", "closed"),
    "bell": ("ride", "crash1", "closed"),
}
_NOT_A_PIECE = re.compile(
    r"cowbell|clap|tambour|agogo|maraca|clave|whistle|\bfx\b|zap|roll|^sample|choke|semi|swish|conga|splash|^click|^drum"
    r"|emptysample|^\d+$|side o?hh"
)


@dataclass(frozen=True)
class Kit:
    """A kit: for each of PIECES one or more instruments, each with its layers and round robins."""

    name: str
    acoustic: bool
    pieces: dict[str, tuple[tuple[Sample, ...], ...]]


def piece_of(name: str) -> str | None:
    """Piece that an instrument's name means, such as `Tom Low` or `Sabian Hat Pedal`; None if none of them."""
    low = name.lower()
    if _NOT_A_PIECE.search(low):
        return None
    if re.search(r"stick|rim ?click", low):
        return "sidestick"
    if re.search(r"kick|bass ?drum", low):
        return "kick"
    if re.search(r"snare|opaco", low):
        return "snare"
    if "tom" in low:
        return "tom3" if re.search(r"low|floor", low) else "tom2" if re.search(r"mid|2$", low) else "tom1"
    if re.search(r"hat|hh\b", low):
        if re.search(r"pedal|\bpd|foot", low):
            return "pedal"
        return "open" if re.search(r"open|\bop\b|ohh|free", low) else "closed"
    if re.search(r"bell|cup", low):
        return "bell"
    if re.search(r"crash|china|cymbal", low) and not low.startswith("ride"):
        return "crash2" if re.search(r"china|jazz|flink|right|--2|cymbal 2", low) else "crash1"
    return "ride" if "ride" in low else None


def _completed(name: str, acoustic: bool, found: dict[str, list[tuple[Sample, ...]]], folder: Path) -> Kit:
    if not all(found.get(piece) for piece in ("kick", "snare")) or not (found.get("closed") or found.get("open")):
        raise UserError(f"The drum kit in {folder} lacks a kick, a snare or a hi-hat: leave it out.")
    for piece, others in _STAND_INS.items():
        if not found.get(piece):
            found[piece] = next(found[other] for other in (*others, "closed", "open") if found.get(other))
    return Kit(name, acoustic, {piece: tuple(found[piece]) for piece in PIECES})


def _indexed(folder: Path) -> dict[str, list[tuple[Sample, ...]]]:
    by_key: dict[str, list[Sample]] = {}
    for sample in read_index(folder):
        by_key.setdefault(sample.key, []).append(sample)
    table = INDEXED[folder.name]
    return {piece: [tuple(by_key[key]) for key in keys if key in by_key] for piece, keys in table.items()}


def _hydrogen(folder: Path) -> dict[str, list[tuple[Sample, ...]]]:
    try:
        root = ElementTree.parse(folder / "drumkit.xml").getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise UserError(f"{folder / 'drumkit.xml'} could not be read: {error}. Leave this drum kit out.") from error
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    found: dict[str, list[tuple[Sample, ...]]] = {}
    for instrument in root.iter("instrument"):
        piece = piece_of((instrument.findtext("name") or "").strip())
        if piece is None:
            continue
        layers = []
        for layer in list(instrument.iter("layer")) or [instrument]:
            path = folder / (layer.findtext("filename") or "")
            top = float(layer.findtext("max") or 1.0)
            if path.is_file() and not path.name.startswith("emptySample"):
                layers.append(whole(path, piece, 0, top))
        if layers:
            found.setdefault(piece, []).append(tuple(layers))
    return found


def _sonic_pi(folder: Path) -> dict[str, list[tuple[Sample, ...]]]:
    found: dict[str, list[tuple[Sample, ...]]] = {}
    for piece, names in SONIC_PI.items():
        paths = [folder / f"{name}.flac" for name in names]
        found[piece] = [(whole(path, piece, 0, 1.0),) for path in paths if path.is_file()]
    return found


@lru_cache(maxsize=32)
def load(name: str, folder: Path) -> Kit:
    """Read a kit.

    Raises:
        UserError: It cannot be read, or lacks what every kit has.
    """
    reader = _indexed if name in INDEXED else _sonic_pi if name == "sonic_pi" else _hydrogen
    found = reader(folder)
    return _completed(name, name in ACOUSTIC, found, folder)
