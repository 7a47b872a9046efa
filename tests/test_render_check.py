"""Bad sources and bad results are told with their name before anything is stored."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from offline_train.render.check import read, same_length, sound
from offline_train.render.job import Job, execute
from offline_train.render.pool import Item
from rtiass.errors import UserError


def item(name: str, target: str = "bass", song: str | None = None) -> Item:
    return Item(name, target, "rendered", song, 1.0, "train", "s", "l", "c")


def test_unreadable_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "torn.ogg").write_bytes(b"OggS and then nothing")
    for name in ("torn.ogg", "none.ogg"):
        with pytest.raises(UserError, match=name):
            read(tmp_path / name)


def test_silent_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "quiet.wav", np.zeros(4410), 44100)
    with pytest.raises(UserError, match=r"quiet\.wav is silent"):
        read(tmp_path / "quiet.wav")


def test_other_rates_and_mono_are_taken(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "slow.wav", 0.3 * np.ones(22050), 22050)
    assert abs(len(read(tmp_path / "slow.wav")) - 44100) < 4


def test_unequal_lengths_name_both_files() -> None:
    paths = [Path("a.ogg"), Path("b.ogg")]
    assert same_length(paths, [44100, 44300]) == 44100
    with pytest.raises(UserError, match=r"b\.ogg lasts 1\.00 s and a\.ogg 2\.00 s"):
        same_length(paths, [88200, 44100])


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ([], "no item"),
        ([(item("quiet"), np.zeros(100, np.float32))], "quiet came out silent"),
        ([(item("odd", "harp"), np.ones(100, np.float32) * 0.1)], "harp"),
        ([(item("loud"), np.ones(100, np.float32))], "loud is clipped"),
        ([(item("nan"), np.full(100, np.nan, np.float32))], "nan has samples"),
        (
            [(item("x", song="s"), np.full(100, 0.1, np.float32)), (item("y", song="s"), np.full(90, 0.1, np.float32))],
            "x has 100 samples and y 90",
        ),
    ],
)
def test_results(made, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sound("job", made)


def bad_song():
    yield item("first", song="s"), np.full(100, 0.1, np.float32)
    yield item("second", song="s"), np.zeros(100, np.float32)


def test_nothing_of_a_bad_song_is_stored(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="second"):
        execute(Job("bad", "songs", 1.0, bad_song, ()), tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_clipped_file(tmp_path: Path) -> None:
    wave = np.clip(3 * np.sin(np.arange(44100) / 20), -1, 1)
    soundfile.write(tmp_path / "loud.wav", wave, 44100)
    with pytest.raises(UserError, match=r"loud\.wav is clipped in \d"):
        read(tmp_path / "loud.wav")
    soundfile.write(tmp_path / "full.wav", np.sin(np.arange(44100) / 20), 44100)
    assert len(read(tmp_path / "full.wav")) == 44100
