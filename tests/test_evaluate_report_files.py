"""The folder of results: figures that any JSON reader takes, a table, and pictures; whole or not at all."""

import errno
import json
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle
from tiny_pool import add_item, make_pool, tone

from offline_train import evaluate as module
from offline_train.evaluate import as_json, evaluate, only_kinds, read_report, write_report
from offline_train.evaluation.song import Plan
from offline_train.pool import Pool
from rtiass.errors import UserError


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = make_pool(tmp_path_factory.mktemp("pool"))
    for name in ("vocals", "bass"):
        sound = tone(330.0 if name == "vocals" else 110.0, 2.0, (0.0, 1.0))
        add_item(folder, f"r_{name}", name, sound, song="r", split="valid", kind="rendered")
    plan = Plan(modes=("live", "tight"), gates=("off", "oracle"), museval=False)
    return evaluate(fake_bundle(), FakeSession(), Pool(folder, "valid"), plan, lambda text: None)


def test_a_folder_gets_figures_table_and_pictures(report, tmp_path):
    files = write_report(report, tmp_path / "out" / "band")
    assert [file.name for file in files] == ["figures.json", "table.md", "sdr.png", "gate.png"]
    assert sorted(p.name for p in (tmp_path / "out" / "band").iterdir()) == sorted(file.name for file in files)
    for picture in files[2:]:
        pixels = matplotlib.image.imread(picture)
        assert pixels.shape[0] > 300 and np.ptp(pixels[..., :3]) > 0.5


def test_a_json_name_gets_the_figures_alone(report, tmp_path):
    assert write_report(report, tmp_path / "new" / "band.json") == [tmp_path / "new" / "band.json"]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["band.json"]


def test_figures_are_standard_json_with_null_for_what_is_undefined(report):
    def refuse(name):
        raise AssertionError(name)

    found = json.loads(as_json(report), parse_constant=refuse)
    assert found["songs"]["rendered"]["r"]["live"]["drums"]["sdr"] is None
    windows = found["songs"]["rendered"]["r"]["live"]["vocals"]["windows"]["sdr"]
    assert len(windows) == 2 and windows[0] is not None and windows[1] is None
    assert found["summary"]["recorded"]["live"]["vocals"]["n"]["sdr"]["songs"] == 1


@pytest.mark.parametrize(("text", "message"), [(None, "be read"), ("{", "be read"), ("[]", "no figures")])
def test_other_files_are_no_report(tmp_path, text, message):
    path = tmp_path / "figures.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=rf"figures\.json .*{message}"):
        read_report(path)


def test_a_report_is_read_as_it_was_written(report, tmp_path):
    assert read_report(*write_report(report, tmp_path / "a.json"))["summary"].keys() == report["summary"].keys()


def test_recorded_and_rendered_songs_stay_apart(report):
    assert set(report["songs"]) == {"recorded", "rendered"}
    text = module.table(report)
    first, second = text.index("## recorded songs (v)"), text.index("## rendered songs (r)")
    assert first < second
    for title in ("### Modes: SDR against live", "### Gates in live", "### rendered songs one by one", "[", " w]"):
        assert title in text[second:]
    for goal in report["acceptance"]["unmet"]:
        assert goal.split(": wanted")[0] in text


@pytest.mark.parametrize("name", ["figures.json", "table.md", "sdr.png"])
def test_a_full_disk_is_a_sentence_that_names_the_file(report, tmp_path, monkeypatch, name):
    replace = Path.replace

    def full(path, target):
        if Path(target).name == name:
            raise OSError(errno.ENOSPC, "No space left on device")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UserError, match=rf"{name} could not be written: the disk is full"):
        write_report(report, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.part")) and not (tmp_path / "out" / name).exists()


def test_only_the_kinds_asked_for_are_measured(tmp_path):
    pool = Pool(make_pool(tmp_path), "valid")
    assert [song.name for song in only_kinds(pool, ["recorded"]).songs] == ["v"]
    assert only_kinds(pool, ["rendered"]).songs == []
