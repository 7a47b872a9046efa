"""The shipped song decodes, is as long and as loud as it should be, and comes with its credits."""

from importlib import resources

import numpy as np
import pytest
import soundfile

from offline_train.demo_song import score

FOLDER = resources.files("rtiass") / "demo"


@pytest.fixture(scope="module")
def song() -> tuple[np.ndarray, int]:
    with resources.as_file(FOLDER / "antagata_dokosa.ogg") as path:
        sound, rate = soundfile.read(path, always_2d=True)
    return sound, rate


def test_is_stereo_at_the_models_rate(song):
    sound, rate = song
    assert rate == 44100
    assert sound.shape[1] == 2
    assert not np.array_equal(sound[:, 0], sound[:, 1])


def test_lasts_as_long_as_its_score(song):
    sound, rate = song
    last, bar = score.bars()[0][-1]
    expected = (last + bar.beats) * score.BEAT + score.TAIL
    assert 45 < expected < 60
    assert len(sound) == pytest.approx(expected * rate, abs=2)


def test_is_loud_but_never_clips(song):
    sound, _ = song
    level = 20 * np.log10(np.sqrt(np.mean(sound**2)))
    assert -16 < level < -14
    assert np.abs(sound).max() < 10 ** (-0.5 / 20)


def test_every_bar_has_sound(song):
    sound, rate = song
    for start, bar in score.bars()[0]:
        part = sound[round(start * score.BEAT * rate) : round((start + bar.beats) * score.BEAT * rate)]
        assert np.sqrt(np.mean(part**2)) > 0.02, f"bar at beat {start}"


def test_folder_is_small():
    assert sum(len(file.read_bytes()) for file in FOLDER.iterdir() if file.is_file()) < 3_000_000


def test_credits_name_every_source():
    text = (FOLDER / "CREDITS.md").read_text(encoding="utf-8")
    for needed in ("oatsu", "CrazY", "Muldjord", "kinwie", "CC BY 4.0", "Growlybass", "Shinyguitar", "Emilyguitar"):
        assert needed in text
    notice = (FOLDER / "LICENSE-voice.txt").read_text(encoding="utf-8")
    assert "Copyright (c) 2020 oatsu" in notice
    assert "The above copyright notice and this permission notice shall be included" in notice
