"""Models of two and of seven stems: files, buses, faders, live options, and which of them takes vocals away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import MakeSong
from fake_engine import FakeSession, decibels, delayed, fake_bundle, music
from typer.testing import CliRunner

from rtiass.cli import app
from rtiass.control import Control, vocabulary
from rtiass.live.faders import gain_matrix
from rtiass.live.options import LiveOptions, Route, bus_gains
from rtiass.mixer import karaoke_bus
from rtiass.separator import StreamingSeparator

KARAOKE = ("vocals", "accompaniment")
SIX = ("vocals", "drums", "bass", "electric_guitar", "acoustic_guitar", "piano", "other")
LINEUPS = pytest.mark.parametrize("stems", [KARAOKE, SIX], ids=["karaoke", "six"])


def separator(stems: tuple[str, ...], **options: Any) -> StreamingSeparator:
    return StreamingSeparator(fake_bundle(stems=stems), FakeSession(len(stems)), gate="off", **options)


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """Fake models named karaoke and six, and band for everything else; returns the names that were asked for."""
    asked: list[str | None] = []
    found = {"karaoke": KARAOKE, "six": SIX}

    def load(name: str | None = None) -> Any:
        asked.append(name)
        return fake_bundle(stems=found[name]) if name in found else fake_bundle()

    def choose(name: str, bundle: Any, threads: int | None = None) -> tuple[str, FakeSession, str]:
        return "fake", FakeSession(len(bundle.stems)), ""

    monkeypatch.setattr("rtiass.pool.load_bundle", load)
    monkeypatch.setattr("rtiass.pool.choose", choose)
    return asked


@LINEUPS
def test_stems_add_up_and_karaoke_is_all_but_the_vocals(stems: tuple[str, ...]) -> None:
    sound = music(12000)
    parts = separator(stems)
    out = parts.process(sound)
    assert tuple(out) == stems
    assert decibels(sum(out.values()) - delayed(sound, parts.latency_samples), sound) < -110
    bus = separator(stems, buses=karaoke_bus(stems)).process(sound)["karaoke"]
    assert decibels(bus - sum(out[stem] for stem in stems[1:]), sound) < -110
    assert np.abs(out["vocals"]).max() > 0.01


@LINEUPS
def test_faders_move_every_stem(stems: tuple[str, ...]) -> None:
    buses = ("mix", "karaoke", "instrumental", *stems)
    control = Control(vocabulary(stems, buses))
    control.set_many({f"/stem/{stems[-1]}/gain": -6.0206, "/bus/karaoke/stem/vocals/gain": -12.0412})
    gains = gain_matrix(control.values()[0], stems, buses)
    assert gains.shape == (3 + len(stems), len(stems))
    np.testing.assert_allclose(gains[:3, 0], [1.0, 0.25, 0.0], rtol=1e-5)
    np.testing.assert_allclose(gains[:3, -1], 0.5, rtol=1e-5)
    np.testing.assert_allclose(gains[3:], np.diag([1.0] * (len(stems) - 1) + [0.5]), rtol=1e-5)
    # What a bus carries by its name is what the child begins with.
    fresh = gain_matrix(Control(vocabulary(stems, buses)).values()[0], stems, buses)
    np.testing.assert_array_equal(fresh, [[bus_gains(bus, stems)[stem] for stem in stems] for bus in buses])


@LINEUPS
def test_every_stem_on_its_own_pair(stems: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[LiveOptions] = []
    monkeypatch.setattr("rtiass.bundle.load_bundle", lambda name=None: fake_bundle(stems=stems))
    monkeypatch.setattr("rtiass.live.commands.play", lambda options, **_: played.append(options) or 0)
    assert CliRunner().invoke(app, ["live", "--stems", "--model", "x"]).exit_code == 0
    last = 2 * len(stems)
    assert played[0].routes[0] == Route("vocals", (1, 2)) and played[0].routes[-1] == Route(stems[-1], (last - 1, last))
    assert LiveOptions.from_json(played[0].to_json()) == played[0]


@pytest.mark.parametrize(("model", "stems"), [("karaoke", KARAOKE), ("six", SIX)])
def test_files_of_every_stem(
    model: str, stems: tuple[str, ...], models: Any, make_song: MakeSong, tmp_path: Path
) -> None:
    song, sound = make_song()
    result = CliRunner().invoke(app, ["separate", str(song), "-o", str(tmp_path / "out"), "--model", model])
    assert result.exit_code == 0, result.output
    files = [tmp_path / "out" / "song" / f"{stem}.wav" for stem in stems]
    total = sum(soundfile.read(path, dtype="float32")[0] for path in files)
    assert decibels(total - sound, sound) < -110


@pytest.mark.parametrize("model", ["karaoke", "six"])
def test_karaoke_into_a_file(model: str, models: list[str | None], make_song: MakeSong, tmp_path: Path) -> None:
    song, sound = make_song()
    result = CliRunner().invoke(app, ["karaoke", str(song), "-o", str(tmp_path / "out.wav"), "--model", model])
    assert result.exit_code == 0, result.output
    assert models == [model]
    assert np.abs(soundfile.read(tmp_path / "out.wav")[0] - sound).max() > 0.01


@pytest.mark.parametrize("names", [["band"], ["band", "karaoke"]])
def test_karaoke_takes_its_own_model_where_there_is_one(
    names: list[str],
    models: list[str | None],
    make_song: MakeSong,
    tmp_path: Path,
    tiny_bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in names:
        shutil.copytree(tiny_bundle, tmp_path / "models" / name)
    monkeypatch.setattr("rtiass.bundle.models_folder", lambda: tmp_path / "models")
    expected = "karaoke" if "karaoke" in names else None
    song, _ = make_song()
    assert CliRunner().invoke(app, ["karaoke", str(song), "-o", str(tmp_path / "out.wav")]).exit_code == 0
    assert models == [expected]
    played: list[Any] = []
    monkeypatch.setattr("rtiass.live.commands.run_karaoke", lambda song, **options: played.append(options["model"]))
    assert CliRunner().invoke(app, ["karaoke", str(song)]).exit_code == 0
    assert CliRunner().invoke(app, ["karaoke", str(song), "--model", "band"]).exit_code == 0
    assert played == [expected, "band"]
