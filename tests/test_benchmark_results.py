"""The page of results holds each report as it was written, with its command, and says what is missing."""

from __future__ import annotations

import sys

import pytest

from benchmarks import results


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(results, "PICTURES", tmp_path / "pictures")

    def make(*options):
        monkeypatch.setattr(sys, "argv", ["results.py", *options])
        return results.main()

    return make


def test_reports_stand_under_their_headings(tmp_path, page):
    out = tmp_path / "out"
    (out / "peers").mkdir(parents=True)
    (out / "peers" / "peers.md").write_text("# Peers of all\n\n| a |\n|---|\n| 1.25 |\n\n## More\n\n![p](peers.png)\n")
    (out / "peers" / "peers.png").write_bytes(b"picture")
    assert page(str(out), "--note", "A quiet machine.") == 0
    text = (tmp_path / "RESULTS.md").read_text()
    assert "A quiet machine." in text
    assert "\n### Peers of all\n" in text and "\n#### More\n" in text and "| 1.25 |" in text
    assert "![Peers](pictures/peers-peers.png)" in text and "(peers.png)" not in text
    assert (tmp_path / "pictures" / "peers-peers.png").read_bytes() == b"picture"
    assert text.count("Not measured.") == len(results.PARTS) - 1
    assert all(part.command in text for part in results.PARTS)


def test_a_folder_that_is_not_there_is_told(tmp_path, page, capsys):
    assert page(str(tmp_path / "nowhere")) == 2
    assert "Run the benchmarks first" in capsys.readouterr().err
    assert not (tmp_path / "RESULTS.md").exists()
