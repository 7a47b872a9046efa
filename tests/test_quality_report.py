"""The report on several models: its tables, its pictures, and kinds of songs that never share one."""

import json
import re
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile
from dataset_copies import tone, write
from fake_engine import FakeSession, fake_bundle
from tiny_pool import add_item, make_pool
from tiny_pool import tone as note

from offline_train.evaluate import evaluate
from offline_train.evaluation.ablation import quality_table, write_quality
from offline_train.evaluation.song import Plan
from offline_train.evaluation.summary import change
from offline_train.evaluation.timing import Timing
from offline_train.pool import Pool

PLAN = Plan(
    modes=("live", "tight"),
    seconds=1.0,
    gates=("off", "causal", "oracle"),
    timings=(Timing("tight", 1024), Timing("live", delay=2)),
    museval=False,
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = make_pool(tmp_path_factory.mktemp("quality"))
    for name in ("vocals", "bass"):
        sound = note(330.0 if name == "vocals" else 110.0, 2.0, (0.0, 1.5))
        add_item(folder, f"r_{name}", name, sound, song="r", split="valid", kind="rendered")
    return evaluate(fake_bundle(), FakeSession(), Pool(folder, "valid"), PLAN, lambda text: None)


def rows_of(text, title):
    """Names of the rows of the table under a heading."""
    part = text[text.index(title) :].split("\n### ")[0].split("\n## ")[0]
    return re.findall(r"^\| ([^|]+?) \|", part, re.MULTILINE)


def test_every_kind_has_tables_of_its_own(report):
    text = quality_table([report], PLAN.timings, [])
    recorded, rendered = text.split("## Rendered songs, fake")
    assert "1 song, 1 s of each: v." in recorded and "1 song, 1 s of each: r." in rendered
    for part in (recorded, rendered):
        assert rows_of(part, "### Modes: SDR")[:2] == ["live", "tight"]
        assert rows_of(part, "### Modes: SDR")[2:] == ["mixture", "irm live", "irm tight"]
        assert rows_of(part, "### Mask periods: SDR, dB") == ["tight", "tight, masks every 1024"]
        assert rows_of(part, "### Mask delays: SDR, dB") == ["live", "live, masks 2 late"]
        changes = rows_of(part, "### Mask delays: change")
        assert changes == ["live, masks 2 late", "irm live, masks 2 late"]
        assert {"vocals, fast", "vocals, causal", "vocals, oracle"} <= set(rows_of(part, "### Gates in live"))
    assert "(1 song, 1 s)" in recorded


def test_files_are_written_for_the_kinds_that_were_measured(report, tmp_path):
    files = write_quality([report], PLAN, [], tmp_path)
    assert [file.name for file in files] == ["table.md", "figures.json", "recorded.png", "rendered.png"]
    assert json.loads(files[1].read_text())["models"][0]["model"] == "fake"
    for picture in files[2:]:
        pixels = matplotlib.image.imread(picture)
        assert pixels.shape[0] > 300 and np.ptp(pixels[..., :3]) > 0.5


def songs(*pairs):
    rows = ("a", "b")
    return {
        f"{k}": {
            row: {"vocals": {"sdr": float(np.median(v)), "windows": {"sdr": np.array(v)}}}
            for row, v in zip(rows, pair, strict=True)
        }
        for k, pair in enumerate(pairs)
    }


def test_changes_are_taken_song_by_song():
    # Songs differ by 20 dB, and the row is 1 dB worse in each: the interval knows only the latter.
    found = change(songs(([0.0, 0.0], [1.0, 1.0]), ([20.0], [21.0]), ([9.0], [10.0])), "a", "b", "vocals", "sdr")
    assert found == {"change": -1.0, "songs": 3, "low": -1.0, "high": -1.0, "over": "songs"}


def test_of_one_song_its_windows_are_resampled_alike():
    values = np.random.default_rng(0).normal(0, 10, 50)
    found = change(songs((values - 1.0, values)), "a", "b", "vocals", "sdr")
    assert found["over"] == "windows" and [found["low"], found["high"]] == pytest.approx([-1.0, -1.0])
    assert change(songs(([1.0], [2.0])), "a", "c", "vocals", "sdr") is None


def test_the_script_measures_a_folder_of_songs_beside_another_system(tiny_bundle, tmp_path, monkeypatch, capsys):
    from benchmarks import quality

    for stem in ("vocals", "other"):
        write(tmp_path / "songs" / "One" / f"{stem}.wav", tone(stem, 1.2))
        write(tmp_path / "peer" / "One" / f"{stem}.wav", 0.5 * tone(stem, 1.2))

    def run(*options):
        monkeypatch.setattr(sys, "argv", ["quality.py", str(tmp_path / "songs"), *map(str, options)])
        quality.main()
        return capsys.readouterr()

    run("--mixtures", tmp_path / "mixtures")
    mixture, rate = soundfile.read(tmp_path / "mixtures" / "One.wav", dtype="float32")
    assert rate == 44100
    np.testing.assert_allclose(mixture, tone("vocals", 1.2) + tone("other", 1.2), atol=1e-4)
    few = ["--models", tiny_bundle, "--modes", "live", "--periods", "tight:1024", "--delays", "--gates", "causal"]
    out = run(*few, "--no-museval", "--estimates", f"half={tmp_path / 'peer'}", "-o", tmp_path / "out").out
    assert [Path(line).name for line in out.split()] == ["table.md", "figures.json", "recorded.png"]
    text = (tmp_path / "out" / "table.md").read_text()
    assert rows_of(text, "### Modes: SDR") == ["live", "half", "mixture", "irm live"]
    assert "| half | 6.02 " in text
    for options, sentence in ((["--periods", "live:3"], "Mask periods of live"), (["--estimates", "x"], "NAME=FOLDER")):
        with pytest.raises(SystemExit):
            run(*options)
        assert sentence in capsys.readouterr().err
