"""A merged model's card: the parts' gates, modes, material and licence; nothing of quality that nobody measured."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from merged_parts import TARGETS, bundle_of, six_targets, target
from networks import SMALL, random_network
from typer.testing import CliRunner

from offline_train import ship
from offline_train.cli import app
from offline_train.merging.merge import merge
from rtiass.bundle import SUMS, load_bundle
from rtiass.catalogue import describe


def part(name: str, stems: list[str], **card: Any) -> Path:
    return bundle_of(random_network(0, **{**SMALL, "stems": len(stems)}), name, stems, **card).path


def test_gates_are_those_of_the_parts():
    six = load_bundle("six")
    assert {stem: six_targets().gates[stem].threshold for stem in TARGETS} == {
        stem: six.gates[stem].threshold for stem in TARGETS
    }


def test_what_a_part_says_of_all_its_gates_holds_for_its_own_stems_only(tmp_path):
    first = part("slow", ["vocals", "keys", "other"], gate={"release_seconds": 1.0, "keys": {"threshold": 0.2}})
    made = merge([first, part("plain", ["drums", "other"])], tmp_path / "made")
    gates = {stem: (made.gates[stem].release_seconds, made.gates[stem].threshold) for stem in made.stems[:-1]}
    assert gates == {"vocals": (1.0, 0.5), "keys": (1.0, 0.2), "drums": (0.25, 0.5)}


def test_modes_are_those_that_all_parts_were_trained_for(tmp_path):
    parts = [
        part(f"of-{stem}", [stem, "other"], modes={"trained": modes})
        for stem, modes in (("drums", ["studio", "live", "ultra"]), ("bass", ["ultra", "live", "tight"]))
    ]
    assert merge(parts, tmp_path / "made").card["modes"]["trained"] == ["live", "ultra"]
    silent = part("silent", ["vocals", "other"])
    assert "modes" not in merge([*parts, silent], tmp_path / "unknown").card


def test_the_rest_has_a_name_that_no_stem_has(tmp_path):
    first, second = part("a", ["drums", "accompaniment"]), part("b", ["vocals", "other"])
    assert merge([first, second], tmp_path / "two").stems == ("drums", "vocals", "accompaniment")
    assert merge([second, first], tmp_path / "turned").stems == ("vocals", "drums", "other")
    third = part("c", ["other", "accompaniment"])
    assert merge([second, third], tmp_path / "taken").stems == ("vocals", "other", "accompaniment")


LICENCE = {"source": "Kit", "licence": "CC-BY-4.0", "credit": "Somebody", "minutes": 2.0}


def test_material_and_credits_of_all_parts_are_there_each_once(tmp_path):
    voice = {"source": "Songs", "licence": "CC0-1.0", "credit": "Singer", "minutes": 5.0}
    parts = [
        part("drummer", ["drums", "other"], licences=[LICENCE]),
        part("singer", ["vocals", "other"], licences=[LICENCE, voice]),
        part("player", ["bass", "other"], model={"attribution": "Thanks to the player."}),
    ]
    card = merge(parts, tmp_path / "made").card
    assert card["licences"] == [{**LICENCE, "parts": ["drummer", "singer"]}, {**voice, "parts": ["singer"]}]
    for credit in ("Somebody (CC-BY-4.0)", "Singer (CC0-1.0)", "Thanks to the player."):
        assert card["model"]["attribution"].count(credit) == 1


@pytest.mark.parametrize(
    ("licences", "wanted"),
    [
        (("CC-BY-4.0", "CC-BY-4.0"), "CC-BY-4.0"),
        (("CC0-1.0", "CC-BY-4.0"), "CC-BY-4.0"),
        (("MIT", "CC0-1.0"), "MIT"),
        (("CC-BY-NC-4.0", "CC-BY-NC-4.0"), "CC-BY-NC-4.0"),
        (("CC-BY-NC-4.0", "CC-BY-4.0"), "not stated"),
        (("CC-BY-4.0", None), "not stated"),
        (("not stated", "not stated"), "not stated"),
    ],
)
def test_the_licence_is_the_strictest_or_not_stated(tmp_path, licences, wanted):
    parts = [
        part(f"licensed-{stem}", [stem, "other"], model={"licence": licence} if licence else {})
        for stem, licence in zip(("drums", "bass"), licences, strict=True)
    ]
    model = merge(parts, tmp_path / "made").card["model"]
    assert model["licence"] == wanted
    assert "licensed-drums" in model["licence_note"]
    assert merge(parts, tmp_path / "made", licence="MIT").card["model"]["licence"] == "MIT"


def test_each_part_is_told_with_its_sum_and_its_training(tmp_path):
    training = {"steps": 10, "audio_hours": 1.5, "curve": [{"step": 1}], "commands": ["rtiass-train train"]}
    parts = [
        part("trained", ["drums", "other"], training=training, classes={"drums": {"recorded": 3.0}}),
        part("untold", ["bass", "other"]),
    ]
    made = merge(parts, tmp_path / "made")
    first, second = made.card["parts"]
    assert first["sha256"] == hashlib.sha256((parts[0] / "model.onnx").read_bytes()).hexdigest()
    assert first["training"] == {"steps": 10, "audio_hours": 1.5, "commands": ["rtiass-train train"]}
    assert first["classes"] == {"drums": {"recorded": 3.0}}
    assert (second["name"], second["stems"]) == ("untold", ["bass", "other"])
    told = " ".join(describe(made).split())
    assert "trained 1: drums, other; 10 steps, 1.5 hours of audio; licence not stated" in told


def test_quality_is_unknown_until_the_whole_is_measured(tmp_path):
    known = {"what": "Cymbals come off late.", "shown_by": "author"}
    parts = [
        part("measured", ["drums", "other"], figures={"recorded": {"live": {"drums": {"sdr": 9.9}}}}, failures=[known]),
        part("other-one", ["bass", "other"]),
    ]
    made = merge(parts, tmp_path / "made")
    assert "figures" not in made.card
    told = [entry["what"] for entry in made.card["failures"]]
    assert told[0].startswith("It was not evaluated as a whole") and "rtiass-train evaluate made" in told[0]
    assert told[1:] == ["measured alone: Cymbals come off late."]
    assert "9.9" not in (made.path / "card.toml").read_text()
    ship.fill_figures(made.path, {"split": "valid", "seconds": 5, "summary": {}})
    filled = load_bundle(made.path).card
    assert "figures" in filled
    assert [entry["what"] for entry in filled["failures"]] == told[1:]


def test_every_file_has_its_sum():
    folder = six_targets().path
    sums = dict(reversed(line.split()) for line in (folder / SUMS).read_text().splitlines())
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name != SUMS}
    assert sums == files and set(files) == {"card.toml", "model.onnx", "weights.safetensors"}


def test_the_command_writes_it_and_says_what_is_not_known(tmp_path):
    out = tmp_path / "duo"
    words = ["merge", str(target("drums").path), str(target("vocals").path), "-o", str(out), "--name", "pair"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "pair 0.1.0, drums, vocals, accompaniment; licence not stated" in done.output
    assert "not evaluated as a whole" in done.output
    assert tomllib.loads((out / "card.toml").read_text())["model"]["name"] == "pair"
