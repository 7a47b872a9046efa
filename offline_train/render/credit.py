"""Who made the material: source, licence and credit of every ingredient."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


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
    "TimGM6mb": Credit("TimGM6mb SoundFont", "GPL-2", "Tim Brechbill"),
    "pop909": Credit("POP909 (github.com/music-x-lab/POP909-Dataset)", "MIT", "POP909 by Music X Lab, (c) 2020"),
    "groove": Credit("Groove MIDI Dataset", "CC-BY-4.0", "Groove MIDI Dataset by Google Magenta"),
}


def joined(*keys: str) -> tuple[str, str, str]:
    """Source, licence and credit of an item made of several ingredients, each kept apart by ` + `."""
    parts = [CREDITS[key] for key in keys]
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
    found: dict[tuple[str, str, str], None] = {}
    for item in json.loads(pool.read_text(encoding="utf-8")):
        if item["split"] != "train":
            continue
        columns = (item[key].split(" + ") for key in ("source", "licence", "credit"))
        for source, licence, credit in zip(*columns, strict=True):
            found[source, licence, credit] = None
    return [{"source": s, "licence": lic, "credit": c} for s, lic, c in sorted(found)]
