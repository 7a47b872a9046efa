"""The histogram is a PNG with a panel for each mode; without matplotlib there is a sentence in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_rows import paced, report
from PIL import Image

from rtiass.bench.compute import Times
from rtiass.bench.histogram import DPI, MARGIN, PANEL, WIDTH, draw
from rtiass.bench.output import write
from rtiass.bench.run import Found
from rtiass.errors import UserError

STEPS = [0.001, 0.0012, 0.0011, 0.03]


def test_a_panel_for_each_mode(tmp_path: Path) -> None:
    modes = ("live", "ultra")
    draw({mode: {"band, x, 1": STEPS, "band, y, 1": STEPS} for mode in modes}, tmp_path / "a.png", "title")
    with Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG"
        assert image.size == (round(WIDTH * DPI), round((MARGIN + PANEL * len(modes)) * DPI))
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 10


def test_every_step_is_in_it_on_a_logarithmic_axis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    saved: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *a, **k: saved.append(figure))
    draw({"ultra": {"a": STEPS}, "live": {"a": STEPS * 5}}, tmp_path / "a.png", "title")
    live, ultra = saved[0].axes
    assert [axes.get_title(loc="left") for axes in (live, ultra)] == ["live", "ultra"]
    assert (live.get_yscale(), live.get_xscale()) == ("log", "log")
    for axes, count in ((live, 20), (ultra, 4)):
        # The outline of a histogram goes along each bar's top.
        heights = axes.patches[0].get_xy()[1:-1:2, 1]
        assert heights.sum() == count
        there_is = axes.lines[0].get_xdata()[0]
        assert axes.texts[0].get_text() == f"{there_is:.1f} ms there is"


def test_without_matplotlib_the_rest_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtiass.plot.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'rtiass\[plot\]'"):
        draw({"live": {"a": STEPS}}, tmp_path / "a.png", "title")
    (tmp_path / "histogram.png").write_bytes(b"of another run")
    found = Found(report(compute=[paced()]), [Times(0.1, 0.1, 0.1, STEPS, STEPS, STEPS)])
    told = write(found, tmp_path)
    assert told.startswith(f"-> {tmp_path}: report.md, report.json. No histogram: Pictures need matplotlib")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "report.md"]
    assert "histogram" not in (tmp_path / "report.md").read_text()


def test_too_many_lines_are_those_of_live_playing_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, dict[str, list[float]]]] = []
    monkeypatch.setattr("rtiass.bench.histogram.draw", lambda steps, path, title: seen.append(steps))
    for engines in (4, 5):
        rows = [paced(engine=f"e{n}", threads=threads) for n in range(engines) for threads in (1, 2)]
        times = [Times(0.1, 0.1, 0.1, STEPS, STEPS, STEPS)] * len(rows)
        write(Found(report(compute=rows), times), tmp_path)
    assert [len(steps["live"]) for steps in seen] == [8, 5]
    assert all(label.endswith(", 1") for label in seen[1]["live"])
