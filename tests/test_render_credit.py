"""A model's card names what it was trained on, and nothing else."""

import json
from pathlib import Path

from offline_train.render.credit import credits, joined


def item(split: str, *keys: str) -> dict[str, str]:
    source, licence, credit = joined(*keys)
    return {"split": split, "source": source, "licence": licence, "credit": credit}


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
