"""Pictures: written whole, from a song or from stems made before, at constant memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MakeSong
from PIL import Image

from rtiass.errors import UserError
from rtiass.filejob import separate_song
from rtiass.plot import draw, plot_song
from rtiass.songstream import Activity
from rtiass.spectrogram import SpectrogramMeter


def _colours(path: Path) -> int:
    """Number of colours in a picture: an empty one has few."""
    with Image.open(path) as image:
        assert image.width > 1000
        return len(image.convert("RGB").getcolors(1 << 24) or [])


def test_picture_of_a_song(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song(samples=50_000)
    before = set(tmp_path.iterdir())
    assert plot_song(song, tmp_path / "a.png", pool) == []
    assert set(tmp_path.iterdir()) - before == {tmp_path / "a.png"}
    assert _colours(tmp_path / "a.png") > 100


def test_picture_of_stems_made_before(pool: Any, make_song: MakeSong, tmp_path: Path) -> None:
    song, _ = make_song(samples=30_000)
    result = separate_song(song, tmp_path / "out", pool, activity=True)
    names = ["activity.csv", "bass.wav", "drums.wav", "other.wav", "vocals.wav"]
    assert [path.name for path in result.files] == names
    plot_song(song, tmp_path / "with.png", stems_dir=tmp_path / "out" / "song")
    (tmp_path / "out" / "song" / "activity.csv").unlink()
    plot_song(song, tmp_path / "without.png", stems_dir=tmp_path / "out" / "song")
    with Image.open(tmp_path / "with.png") as tall, Image.open(tmp_path / "without.png") as short:
        # Four rows of activity more.
        assert tall.height > short.height + 100


def test_panels_are_named_and_stand_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    saved: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *a, **k: saved.append(figure))
    meters = {name: SpectrogramMeter(44100) for name in ("mixture", "vocals", "other")}
    time = np.arange(44100) / 44100
    for meter in meters.values():
        meter.add(np.sin(2 * np.pi * 1000 * time)[:, None].astype(np.float32))
    rows = np.linspace(0, 1, 20, dtype=np.float32)[:, None].repeat(2, axis=1)
    activity = Activity(("vocals", "other"), np.linspace(0, 0.99, 20), rows, rows)
    draw({n: m.result() for n, m in meters.items()}, activity, tmp_path / "a.png", title="My song")
    figure = saved[0]
    assert figure.get_suptitle() == "My song"
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["mixture", "vocals", "", "other", "", ""]  # the last is the one colour bar
    line = figure.axes[2].get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), rows[:, 0])
    assert figure.axes[-2].get_xlabel() == "time in seconds"
    loudest = np.unravel_index(
        np.argmax(figure.axes[0].get_images()[0].get_array()), figure.axes[0].get_images()[0].get_array().shape
    )[0]
    ticks = dict(
        zip([t.get_text() for t in figure.axes[0].get_yticklabels()], figure.axes[0].get_yticks(), strict=True)
    )
    assert loudest == pytest.approx(ticks["1 k"], abs=1.0)


@pytest.mark.parametrize(
    ("out", "stems", "words"),
    [("a.jpg", None, "must end in"), ("a.png", "nowhere", "no folder"), ("a.png", "empty", "no stems")],
)
def test_wrong_wishes_are_a_sentence(
    pool: Any, make_song: MakeSong, tmp_path: Path, out: str, stems: str | None, words: str
) -> None:
    song, _ = make_song()
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=words):
        plot_song(song, tmp_path / out, pool, stems_dir=None if stems is None else tmp_path / stems)
    assert not (tmp_path / out).exists()


def test_without_matplotlib_the_extra_is_named(
    pool: Any, make_song: MakeSong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song, _ = make_song()
    monkeypatch.setattr("rtiass.plot.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'rtiass\[plot\]'"):
        separate_song(song, tmp_path / "out", pool, picture=True)
    assert not (tmp_path / "out").exists()
