"""Nothing that is kept for validation is planned for training; rounds make as much as is asked for."""

from collections import Counter
from pathlib import Path

import pytest

from offline_train.render import kits, resources
from offline_train.render.cut import Sources
from offline_train.render.plan import all_jobs, rounds
from rtiass.errors import UserError

HELD_OUT = (
    "eif_caesium",
    "eif_francium",
    "mdn_multitrack",
    "gogodze",
    "meatbass",
    "erithacus",
    "TimGM6mb",
    "muldjord/",
)
KITS = ("muldjordkit", "ForzeeStereo", "BJA_Pacific", "VariBreaks", "sonic_pi", "font:Black_Pearl_4_LV2")


def small_sources(folder: Path) -> tuple[Sources, Sources]:
    data = folder / "data"
    for number in range(1, 910, 6):
        song = data / "midi" / "pop909" / f"{number:03d}"
        song.mkdir(parents=True)
        (song / "beat_midi.txt").write_text("")
    for song in ("eif_lithium", "eif_caesium", "eif_francium", "mdn_multitrack"):
        (data / "multitrack" / song).mkdir(parents=True)
        for stem in ("drums", "other", "vocals"):
            (data / "multitrack" / song / f"{stem}.ogg").write_text("")
    fonts = (folder / "FluidR3_GM.sf2", folder / "MuseScore_General_Full.sf2")
    train = Sources(data, folder, fonts, tuple((name, folder / name) for name in KITS), folder / "piano")
    kits = (("gogodze_phu_ii", folder / "gogodze_phu_ii"),)
    return train, Sources(data, folder, (folder / "TimGM6mb.sf2",), kits)


def test_split_holds(tmp_path: Path) -> None:
    jobs = all_jobs(*small_sources(tmp_path), tmp_path / "none", 8.0, 0)
    names = [job.name for job in jobs]
    assert len(names) == len(set(names))
    valid = [job for job in jobs if "'valid'" in str(job.arguments)]
    train = [job for job in jobs if job not in valid]
    assert len(valid) == 3 + 4 * 4 + 4 * 7
    assert len(train) > 100
    for job in train:
        text = str(job.arguments).replace(str(tmp_path), "")
        assert not any(name in text for name in HELD_OUT), text
        cut = next((a for a in job.arguments if hasattr(a, "song")), None)
        assert cut is None or not cut.song.endswith("9")
    for job in valid:
        text = str(job.arguments).replace(str(tmp_path), "")
        assert "FluidR3" not in text
        assert "MuseScore" not in text


def everything(folder: Path) -> resources.Places:
    """All that could be found, what is kept for validation under every name that training looks for."""
    for paths in resources.NEEDED.values():
        for path in paths:
            (folder / "data" / path).parent.mkdir(parents=True, exist_ok=True)
    for paths in resources.NEEDED.values():
        for path in paths:
            if not (folder / "data" / path).exists():
                (folder / "data" / path).touch()
    for name in (*resources.TRAIN_FONTS, *resources.DRUM_FONTS, resources.VALID_FONT[0]):
        (folder / name).touch()
    for name in (*kits.ACOUSTIC, *kits.ELECTRONIC, resources.VALID_KIT):
        (folder / "kits" / name).mkdir(parents=True, exist_ok=True)
        (folder / "kits" / name / "drumkit.xml").touch()
    for band in ("sectoid", "muldjord"):
        (folder / "games" / band / "song").mkdir(parents=True)
        (folder / "games" / band / "song" / "guitar.ogg").touch()
    none = folder / "none"
    return resources.Places(folder, folder / "kits", none, folder / "games", none, none)


def test_nothing_held_out_is_found_for_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "need_program", lambda name, package: name)
    small_sources(tmp_path)
    places = everything(tmp_path)
    train, valid, _ = resources.find(tmp_path / "data", tmp_path / "cache", places)
    assert {path.stem for path in valid.fonts} == {"TimGM6mb"}
    assert [name for name, _ in valid.kits] == ["gogodze_phu_ii"]
    drums = {f"font:{Path(name).stem}" for name in resources.DRUM_FONTS}
    assert {name for name, _ in train.kits} == {*kits.ACOUSTIC, *kits.ELECTRONIC, *drums} - {"gogodze_phu_ii"}
    split = {"'train'": 0, "'valid'": 0}
    for job in all_jobs(train, valid, places.game_songs, 30.0, 0):
        text = str(job.arguments).replace(str(tmp_path), "")
        if "'valid'" in text or job.name.startswith("muldjord"):
            split["'valid'"] += 1
            assert "FluidR3" not in text and "MuseScore" not in text and "sectoid" not in text
        else:
            split["'train'"] += 1
            assert not any(name in text for name in HELD_OUT), text
    assert split["'valid'"] == 3 + 4 * 4 + 4 * 7 + 1
    assert split["'train'"] > 300


@pytest.mark.parametrize(("name", "missing"), [("001", "validation"), ("009", "training")])
def test_no_songs_of_a_split_are_told(tmp_path: Path, name: str, missing: str) -> None:
    song = tmp_path / "data" / "midi" / "pop909" / name
    song.mkdir(parents=True)
    (song / "beat_midi.txt").touch()
    sources = Sources(tmp_path / "data", tmp_path, (tmp_path / "a.sf2",))
    with pytest.raises(UserError, match=missing):
        all_jobs(sources, sources, tmp_path, 1.0, 0)


def test_hours_are_what_is_asked_for(tmp_path: Path) -> None:
    train, _ = small_sources(tmp_path)
    planned = sum(job.seconds for job in rounds(train, 5.0, 0)) / 3600
    assert 5.0 <= planned < 6.0
    assert rounds(train, 0.0, 0) == []


def test_more_hours_add_to_what_fewer_hours_make(tmp_path: Path) -> None:
    train, _ = small_sources(tmp_path)
    short, long = rounds(train, 1.0, 3), rounds(train, 4.0, 3)
    assert long[: len(short)] == short
    assert rounds(train, 1.0, 4) != short


def test_two_in_three_kits_are_acoustic(tmp_path: Path) -> None:
    train, _ = small_sources(tmp_path)
    kits = Counter(job.arguments[2] for job in rounds(train, 100.0, 0) if job.group == "drums")
    acoustic = sum(kits[name] for name in ("muldjordkit", "ForzeeStereo", "BJA_Pacific", "font:Black_Pearl_4_LV2"))
    assert 0.6 < acoustic / kits.total() < 0.75
    assert len(kits) == len(KITS) + 2


def test_every_class_is_planned(tmp_path: Path) -> None:
    groups = {job.group for job in rounds(small_sources(tmp_path)[0], 1.0, 0)}
    assert {"bands", "drums", "sung", "choir", "recorded voices", "piano", "electric guitar", "bass"} <= groups
