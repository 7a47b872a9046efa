"""A model's card names what it was trained on, and nothing else."""

import json
from pathlib import Path

from offline_train.render import kits
from offline_train.render.credit import credits, joined, licences
from offline_train.render.resources import DRUM_FONTS, TRAIN_FONTS, VALID_FONT


def item(split: str, *keys: str) -> dict[str, object]:
    source, licence, credit = joined(*keys)
    return {"split": split, "source": source, "licence": licence, "credit": credit, "seconds": 30.0}


def test_ingredients_once_and_training_only(tmp_path: Path) -> None:
    items = [
        item("train", "muldjordkit", "groove"),
        item("train", "FluidR3_GM", "groove"),
        item("valid", "erithacus", "pop909"),
    ]
    path = tmp_path / "pool.json"
    path.write_text(json.dumps(items))
    found = credits(path)
    assert {entry["licence"] for entry in found} == {"CC-BY-4.0", "MIT"}
    assert len(found) == 3
    assert not any("Erithacus" in entry["source"] for entry in found)


def test_the_pools_own_list_names_all_of_it_by_split() -> None:
    text = licences([item("train", "muldjordkit", "groove"), item("train", "groove"), item("valid", "erithacus")])
    train, valid = text.split("## Validation only")
    assert "| Groove MIDI Dataset | CC-BY-4.0 | Groove MIDI Dataset by Google Magenta | 1.0 |" in train
    assert "Lars Muldjord" in train
    assert "Erithacus" in valid
    assert "Erithacus" not in train


def test_every_kit_and_soundfont_has_a_credit() -> None:
    known = [*kits.ACOUSTIC, *kits.ELECTRONIC, *(Path(n).stem for n in (*TRAIN_FONTS, *DRUM_FONTS, VALID_FONT[0]))]
    for name in (*known, "salamander", "mma"):
        assert all(joined(name)), name


def test_what_is_for_tests_is_listed_too_and_odd_names_break_nothing() -> None:
    odd = {"split": "test", "source": "Set", "licence": "CC0", "credit": "Me + You | Them", "seconds": 60.0}
    text = licences([item("train", "groove"), odd])
    assert "## Test only" in text
    assert "| Set | CC0 | Me + You \\| Them | 1.0 |" in text
    assert "## Test only" not in licences([item("train", "groove")])
