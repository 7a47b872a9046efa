"""Who made the material: source, licence and credit of every ingredient."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rtiass.errors import UserError


@dataclass(frozen=True)
class Credit:
    """Source, licence and the words of thanks that a trained model carries."""

    source: str
    licence: str
    credit: str


CREDITS = {
    "eif": Credit(
        "Everything is Free (github.com/ichbinsoftware/everythingisfree)",
        "CC0-1.0",
        "Software-Entwicklungskit",
    ),
    "mdn": Credit("webaudio-examples (github.com/mdn/webaudio-examples)", "CC0-1.0", "MDN"),
    "sectoid": Credit("Frets on Fire songs", "MIT", "Carlos Viola Iborra"),
    "muldjord": Credit("Frets on Fire songs of Muldjord", "CC-BY-SA-3.0", "Muldjord (El Senator), www.muldjord.com"),
    "antagata": Credit(
        "Antagata Dokosa (github.com/oatsu-gh/my-singing-voice-database)",
        "MIT",
        '"Antagata Dokosa" sung by CrazY, (c) 2020 oatsu',
    ),
    "scottpoid_ja": Credit("SCOTTPOID voicebank", "SCOTTPOID terms", "SCOTTPOID voicebank by Scott"),
    "hitsuboku_kumi_act4": Credit(
        "Hitsuboku Kumi voicebank (Act 4)",
        "Hitsuboku Kumi terms",
        "Hitsuboku Kumi voicebank by Cubialpha (https://cubialpha.wixsite.com/koomstar/character)",
    ),
    "dorodoro_beta": Credit(
        "Dorodoro Beta voicebank",
        "Dorodoro Beta terms",
        "Dorodoro Beta voicebank by Orcinus-Library, voice Cerenothoa (https://chongzhen.wikidot.com/files:8940236)",
    ),
    "erithacus": Credit("Erithacus voicebank", "CC-BY-4.0", "Erithacus voicebank by Erithacus Project"),
    "muldjordkit": Credit(
        "MuldjordKit",
        "CC-BY-4.0",
        "MuldjordKit by Lars Muldjord / DrumGizmo, SFZ version by kinwie"
        " (https://creativecommons.org/licenses/by/4.0/)",
    ),
    "gogodze_phu_ii": Credit("Gogodze Phu Vol II", "CC0-1.0", "Karoryfer Lecolds"),
    "growlybass": Credit("Growlybass", "CC0-1.0", "Karoryfer Lecolds"),
    "meatbass_pizz": Credit("Meatbass", "CC0-1.0", "Karoryfer Lecolds, played by D. Smolken"),
    "emilyguitar": Credit("Emilyguitar", "CC0-1.0", "Karoryfer Samples"),
    "shinyguitar_acoustic": Credit("Shinyguitar", "CC0-1.0", "Karoryfer Lecolds, played by D. Smolken"),
    "shinyguitar_electric": Credit("Shinyguitar", "CC0-1.0", "Karoryfer Lecolds, played by D. Smolken"),
    "FluidR3_GM": Credit("FluidR3 GM SoundFont", "MIT", "Frank Wen, Toby Smithe"),
    "MuseScore_General_Full": Credit(
        "MuseScore_General SoundFont", "MIT", "MuseScore_General by S. Christian Collins, after Frank Wen's FluidR3"
    ),
    "Black_Pearl_4_LV2": Credit("AVL Drumkits: Black Pearl", "CC-BY-SA-3.0", "AVL Drumkits by Glen MacArthur"),
    "Red_Zeppelin_4_LV2": Credit("AVL Drumkits: Red Zeppelin", "CC-BY-SA-3.0", "AVL Drumkits by Glen MacArthur"),
    "salamander": Credit("Salamander Grand Piano V3", "CC-BY-3.0", "Salamander Grand Piano by Alexander Holm"),
    "mma": Credit("MMA grooves", "GPL-2+ (what it arranges is free)", "Musical MIDI Accompaniment by Bob van der Poel"),
    "openmsx": Credit("OpenMSX (OpenTTD music)", "GPL-2", "OpenMSX by the OpenTTD music contributors"),
    "lmms": Credit("LMMS presets and samples", "GPL-2+", "LMMS and its contributors (lmms.io)"),
    "sonic_pi": Credit("Sonic Pi samples", "CC0-1.0", "Sonic Pi sample contributors"),
    "BJA_Pacific": Credit("Hydrogen kit BJA_Pacific", "CC-BY-SA-3.0-US", "BJA_Pacific drum kit by Luc Tunguay"),
    "ColomboAcousticDrumkit": Credit(
        "Hydrogen kit ColomboAcousticDrumkit",
        "GPL-2+ with composition exception",
        "Colombo Acoustic Drumkit by Marcos Guglielmetti",
    ),
    "ForzeeStereo": Credit(
        "Hydrogen kit ForzeeStereo", "GPL-2", "Forzee Stereo Drumkit by Vladimir Sadovnikov and Alexander Belokurov"
    ),
    "Millo-Drums_v.1": Credit("Hydrogen kit Millo-Drums", "GPL-2", "Millo drum kits by Emiliano Grilli"),
    "Millo_MultiLayered2": Credit("Hydrogen kit Millo_MultiLayered2", "GPL-2", "Millo drum kits by Emiliano Grilli"),
    "Millo_MultiLayered3": Credit("Hydrogen kit Millo_MultiLayered3", "GPL-2", "Millo drum kits by Emiliano Grilli"),
    "The Black Pearl 1.0": Credit("Hydrogen kit The Black Pearl", "GPL-2", "The Black Pearl by Glen MacArthur"),
    "rumpf_kit_z01_h2": Credit("Hydrogen kit rumpf_kit_z01", "CC-BY-3.0", "rumpf_kit_z01 by Emanuel Rumpf"),
    "Audiophob": Credit("Hydrogen kit Audiophob", "CC0-1.0", "Audiophob drum kit (soundcloud.com/audiophobdubstep)"),
    "ElectricEmpireKit": Credit("Hydrogen kit ElectricEmpireKit", "GPL-2+", "Drum kits by Artemiy Pavlov"),
    "HardElectro1": Credit("Hydrogen kit HardElectro1", "GPL-2+", "Drum kits by Artemiy Pavlov"),
    "VariBreaks": Credit("Hydrogen kit VariBreaks", "GPL-2+", "Drum kits by Artemiy Pavlov"),
    "TimGM6mb": Credit("TimGM6mb SoundFont", "GPL-2", "Tim Brechbill"),
    "pop909": Credit("POP909 (github.com/music-x-lab/POP909-Dataset)", "MIT", "POP909 by Music X Lab, (c) 2020"),
    "groove": Credit("Groove MIDI Dataset", "CC-BY-4.0", "Groove MIDI Dataset by Google Magenta"),
}


TITLES = {"train": "Training", "valid": "Validation only", "test": "Test only"}
"""Headings of the list of licences, by split."""


def joined(*keys: str | Credit) -> tuple[str, str, str]:
    """Source, licence and credit of an item made of several ingredients, each kept apart by ` + `."""
    parts = [CREDITS[key] if isinstance(key, str) else key for key in keys]
    return (
        " + ".join(part.source for part in parts),
        " + ".join(part.licence for part in parts),
        " + ".join(part.credit for part in parts),
    )


def credits(pool: Path) -> list[dict[str, str]]:
    """List every ingredient of the training items of a `pool.json`, for a model's card.

    Args:
        pool: Path of the file `pool.json`.

    Returns:
        One dictionary with `source`, `licence` and `credit` for each ingredient, without repetition.
    """
    items = json.loads(pool.read_text(encoding="utf-8"))
    found = ingredients(item for item in items if item["split"] == "train")
    return [{"source": s, "licence": lic, "credit": c} for s, lic, c in found]


def ingredients(items: Iterable[dict[str, Any]]) -> dict[tuple[str, str, str], float]:
    """Minutes of the items in which each ingredient (source, licence, credit) occurs, sorted by source."""
    found: dict[tuple[str, str, str], float] = {}
    for item in items:
        for key in origins(item):
            found[key] = found.get(key, 0.0) + item["seconds"] / 60
    return dict(sorted(found.items()))


def origins(item: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Source, licence and credit of each ingredient of an item; they are parted by ` + `."""
    source, licence, credit = (str(item[key]) for key in ("source", "licence", "credit"))
    columns = [text.split(" + ") for text in (source, licence, credit)]
    if len({len(column) for column in columns}) > 1:
        return [(source, licence, credit)]
    return list(dict.fromkeys(zip(*columns, strict=True)))


def licences(items: list[dict[str, Any]]) -> str:
    """Text of `LICENCES.md`: every ingredient of a pool with its licence, credit and minutes, by split."""
    lines = [
        "# Licences and credits of this pool",
        "",
        "All audio here was modified: mixed, joined, re-tuned, treated with effects. No endorsement is implied.",
    ]
    for split, title in TITLES.items():
        found = ingredients(item for item in items if item["split"] == split)
        if found or split != "test":
            lines += ["", f"## {title}", "", "| source | licence | credit | minutes |", "|---|---|---|---|"]
        for columns, minutes in found.items():
            source, licence, credit = (text.replace("|", "\\|") for text in columns)
            lines.append(f"| {source} | {licence} | {credit} | {minutes:.1f} |")
    return "\n".join(lines) + "\n"


def credit_of_folder(folder: Path) -> Credit:
    """Source, licence and credit of a folder of MIDI files: the three lines of its `CREDIT.txt`.

    Raises:
        UserError: The file is missing or has no three lines.
    """
    if folder.name == "openmsx":
        return CREDITS["openmsx"]
    path = folder / "CREDIT.txt"
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    if len(lines) < 3 or not all(lines[:3]) or any(" + " in line for line in lines[:3]):
        raise UserError(f"{path} must say in three lines where the songs come from, their licence, and whom to name.")
    return Credit(*lines[:3])
