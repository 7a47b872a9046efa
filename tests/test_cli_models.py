"""``rtiass models``: a line for each model, all of one, JSON, and models of other folders."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rtiass.bundle import CARD, SUMS, sha256_sums
from rtiass.cli import app

LIVE = """
[classes.vocals]
recorded = 1.5
sampled = 2.0
rendered = 0.0
[training]
steps = 7
audio_hours = 0.5
minutes = 3.0
commands = ["rtiass-train train --out run"]
curve_note = "It was still falling."
[[training.curve]]
step = 5
minutes = 1.0
audio_hours = 0.1
development = 0.5
sdr = { vocals = 1.0 }
[[licences]]
source = "A kit"
licence = "CC-BY-4.0"
credit = "Ann"
minutes = 9.0
[[failures]]
what = "It can't tell a flute from a voice."
[figures]
command = "rtiass-train evaluate tiny"
known_failures = ["Too soft."]
[figures.recorded.live.vocals]
sdr = 3.0
pes = -20.0
[figures.recorded.live.drums]
sdr = 2.0
[figures.recorded.tight.vocals]
sdr = 2.5
"""


def change(folder: Path, more: str = "", **model: str) -> None:
    """Add to a bundle's card, and put its check sums right."""
    card = folder / CARD
    text = card.read_text()
    for key, value in model.items():
        text = text.replace("[model]\n", f"[model]\n{key} = {json.dumps(value)}\n", 1)
    card.write_text(text + more)
    tomllib.loads(card.read_text())
    names = [line.split()[1] for line in (folder / SUMS).read_text().splitlines()]
    (folder / SUMS).write_text(sha256_sums(folder, names))


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_bundle: Path) -> Path:
    """A folder of shipped models: one with a full card, one that is torn."""
    folder = tmp_path / "models"
    shutil.copytree(tiny_bundle, folder / "tiny")
    shutil.copytree(tiny_bundle, folder / "torn")
    (folder / "torn" / "model.onnx").write_bytes(b"torn")
    change(folder / "tiny", LIVE, licence="CC-BY-4.0", attribution="Trained in part on: Ann.")
    monkeypatch.setattr("rtiass.bundle.models_folder", lambda: folder)
    monkeypatch.setattr("rtiass.catalogue.models_folder", lambda: folder)
    return folder


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["models", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_each_model_has_a_line(shipped: Path) -> None:
    head, tiny, empty, legend, torn = run().splitlines()
    assert head.split() == ["model", "version", "size", "licence", "SDR", "PES", "stems"]
    size = sum(path.stat().st_size for path in (shipped / "tiny").iterdir()) / 1e6
    assert tiny.split() == [
        "tiny", "1", f"{size:.1f}", "MB", "CC-BY-4.0", "2.50", "-20.00", "vocals,", "drums,", "bass,", "other", "(default)"
    ]  # fmt: skip
    assert not empty and legend.startswith("SDR and PES")
    assert torn.startswith("torn: can't be used.")


def test_one_model_is_told_in_words(shipped: Path) -> None:
    text = run("tiny")
    graph = hashlib.sha256((shipped / "tiny" / "model.onnx").read_bytes()).hexdigest()
    for words in (
        "Licence of the weights\n  CC-BY-4.0\n",
        "  live   3.00    2.00   -     -\n  tight  2.50    -      -     -\n",
        "- It can't tell a flute from a voice.",
        "- Too soft.",
        "$ rtiass-train train --out run",
        "It was still falling.",
        "- A kit (CC-BY-4.0), 9.0 min: Ann",
        "Trained in part on: Ann.",
        "Measured with: rtiass-train evaluate tiny",
        f"{graph}  model.onnx",
    ):
        assert words in text
    assert run(shipped / "tiny") == text


def test_json_holds_the_same(shipped: Path) -> None:
    tiny, torn = json.loads(run("--json"))
    assert tiny["name"] == "tiny" and tiny["sdr_by_stem"] == {"vocals": 3.0, "drums": 2.0} and tiny["default"]
    assert "problem" not in tiny and "damaged" in torn["problem"]
    assert json.loads(run("tiny", "--json"))["training"]["steps"] == 7


def test_models_of_other_folders(shipped: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny_bundle, own / "mine")
    change(own / "mine", name_of_maker="me")
    assert len(run("--path", own).splitlines()) == len(run().splitlines()) + 1
    assert str(own / "mine") in run("mine", "--path", own)
    result = CliRunner().invoke(app, ["models", "--path", str(tmp_path / "none")])
    assert result.exit_code == 2 and "There is no model in" in result.stderr


def test_an_unknown_name_is_an_error(shipped: Path) -> None:
    result = CliRunner().invoke(app, ["models", "nobody"])
    assert result.exit_code == 2 and "There is no model 'nobody'" in result.stderr


def test_odd_and_hostile_cards_are_told_of(shipped: Path) -> None:
    change(shipped / "tiny", attribution_of="x", licence_note="red \x1b[31m")
    assert "\x1b" not in run("tiny") and "red ?[31m" in run("tiny")
    shutil.copytree(shipped / "tiny", shipped / "odd")
    card = shipped / "odd" / CARD
    text = card.read_text()
    card.write_text('figures = "none"\n' + text[: text.index("[figures]")])
    change(shipped / "odd")
    assert "odd: can't be used. Its card has an odd value" in run()
    result = CliRunner().invoke(app, ["models", "odd"])
    assert result.exit_code == 2 and "can't be shown" in result.stderr
