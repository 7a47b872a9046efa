"""The page of results holds each report as it was written, with its command, and says what is missing."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import results
from benchmarks.origin import FILE, sign

README = "# rtiass\n\n<!-- results -->\nold\n<!-- /results -->\n\nMore.\n"


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(results, "README", tmp_path / "README.md")
    monkeypatch.setattr(results, "PICTURES", tmp_path / "pictures")
    (tmp_path / "README.md").write_text(README)

    def make(*options):
        monkeypatch.setattr(sys, "argv", ["results.py", *options])
        return results.main()

    return make


def stalls(late):
    return {"in_stalls": {"late_masks": late}}


def origin(folder, command="python benchmarks/x.py", day="2026-01-02"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps({"command": command, "day": day}))


def test_reports_stand_under_their_headings(tmp_path, page):
    out = tmp_path / "out"
    origin(out / "peers", "python benchmarks/peers.py -o out/peers")
    (out / "peers" / "peers.md").write_text("# Peers of all\n\n| a |\n|---|\n| 1.25 |\n\n## More\n\n![p](peers.png)\n")
    (out / "peers" / "peers.png").write_bytes(b"picture")
    assert page(str(out), "--note", "A quiet machine.") == 0
    text = (tmp_path / "RESULTS.md").read_text()
    assert "A quiet machine." in text
    assert "\n### Peers of all\n" in text and "\n#### More\n" in text and "| 1.25 |" in text
    assert "`python benchmarks/peers.py -o out/peers`, 2026-01-02." in text
    assert "![Peers](pictures/peers-peers.png)" in text and "(peers.png)" not in text
    assert (tmp_path / "pictures" / "peers-peers.png").read_bytes() == b"picture"
    assert text.count("Not measured;") == len(results.PARTS) - 1
    assert all(part.command in text for part in results.PARTS if part.title != "Peers")
    assert (tmp_path / "README.md").read_text() == README, "nothing stands there until all of it was measured"


def test_a_report_that_was_broken_off_is_not_taken(tmp_path, page):
    (tmp_path / "out" / "hop").mkdir(parents=True)
    (tmp_path / "out" / "hop" / "hop.md").write_text("half of it")
    assert page(str(tmp_path / "out")) == 0
    assert "half of it" not in (tmp_path / "RESULTS.md").read_text()


def test_a_script_signs_with_its_command(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/some/where/benchmarks/hop.py", "--paced", "-o", "out/hop one"])
    sign(tmp_path)
    facts = json.loads((tmp_path / FILE).read_text())
    assert facts["command"] == "python benchmarks/hop.py --paced -o 'out/hop one'"


def test_three_figures_stand_in_the_readme(tmp_path, page):
    out = tmp_path / "out"
    loops = [{"difference": 0}, {"difference": 0}, {"difference": 3}, {"difference": None}]
    compute = [
        {"model": model, "engine": engine, "threads": threads, "mode": mode, "real_time_factor": factor}
        for model, engine, threads, mode, factor in (
            ("band", "compiled", 1, "live", 0.031),
            ("band", "compiled", 1, "instant", 0.2149),
            ("band", "onnxruntime", 1, "live", 0.5),
            ("six", "onnxruntime", 1, "instant", 0.9),
            ("band", "compiled", 2, "instant", 0.9),
        )
    ]
    origin(out / "latency")
    (out / "latency" / "report.json").write_text(json.dumps({"loopback": loops, "compute": compute}))
    for mode, late in (("live", 0), ("instant", 2)):
        run = {
            "seconds": 1800.0,
            "replay": {"compared": 60_000_000, "wrong": 1},
            "counts": [
                {**stalls(late // 2), "burners": 0, "late_masks": late},
                {**stalls(0), "burners": 2, "late_masks": 50},
            ],
            "silence": 0,
        }
        origin(out / "soak" / mode)
        (out / "soak" / mode / "soak.json").write_text(json.dumps({"runs": [run]}))
    assert page(str(out)) == 0
    text = (tmp_path / "README.md").read_text()
    assert text.startswith("# rtiass\n\n<!-- results -->\n|") and text.endswith("<!-- /results -->\n\nMore.\n")
    assert "in 2 of 4 cases" in text
    assert "| 3.1 % in `live` and 21.5 % in `instant` with `compiled` |" in text
    assert "120 million samples against the file job: 2 wrong; late masks on an idle machine: 2, 1 of them as" in text


def test_the_readme_has_the_place_for_them():
    text = results.README.read_text("utf-8")
    assert text.count("<!-- results -->") == text.count("<!-- /results -->") == 1


def test_a_folder_that_is_not_there_is_told(tmp_path, page, capsys):
    assert page(str(tmp_path / "nowhere")) == 2
    assert "Run the benchmarks first" in capsys.readouterr().err
    assert not (tmp_path / "RESULTS.md").exists()
