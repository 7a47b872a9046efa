"""LMMS's sounds as a bank: real presets at the pitch asked for, kept on disk, clear words where it fails."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from offline_train.render import lmms, synths
from rtiass.errors import UserError

RATE = 44100
PRESET = "Organic/puresine.xpf"
SAMPLE = "drumsynth/tr909/Kick.ds"
needs_lmms = pytest.mark.skipif(shutil.which("lmms") is None, reason="needs lmms (apt-get install)")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preset and a sample of LMMS alone, so that the bank is rendered in seconds."""
    if shutil.which("lmms") is None:
        pytest.skip("needs lmms (apt-get install)")
    folder = tmp_path_factory.mktemp("lmms")
    for kind, name in (("presets", PRESET), ("samples", SAMPLE)):
        (folder / kind / name).parent.mkdir(parents=True)
        shutil.copy(lmms.ROOT / kind / name, folder / kind / name)
    return folder


@pytest.fixture(scope="module")
def bank(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synths.prepare(tmp_path_factory.mktemp("cache"), root)


def pitch_hz(audio: np.ndarray) -> float:
    x = audio[4000:30000].mean(axis=1) * np.hanning(26000)
    return float(np.argmax(np.abs(np.fft.rfft(x, 1 << 19))) * RATE / (1 << 19))


def test_sounds_are_listed_by_what_they_are_good_for(root: Path) -> None:
    found = {kind: names for kind, names in synths.listed(root).items() if names}
    assert found == {"bass": [PRESET], "kick": [SAMPLE]}


def test_notes_have_their_pitch(bank: Path) -> None:
    # 36 is a take, 38 the nearest one moved.
    for pitch in (36, 38):
        sound = synths.note(bank, "bass", PRESET, pitch)
        assert pitch_hz(sound) == pytest.approx(440 * 2 ** ((pitch - 69) / 12), rel=0.01)


def test_hits_sound_and_are_brought_to_full_scale(bank: Path) -> None:
    hit = synths.hit(bank, "kick", SAMPLE, 0.0)
    assert np.abs(hit).max() == pytest.approx(32000 / 32768, rel=0.01)
    assert len(synths.hit(bank, "kick", SAMPLE, 12.0)) == pytest.approx(len(hit) / 2, rel=0.02)


def test_a_bank_is_rendered_once(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lmms, "render", lambda *_: pytest.fail("rendered again"))
    assert synths.prepare(bank.parent) == bank


def test_a_broken_bank_is_named(tmp_path: Path) -> None:
    path = tmp_path / "synths.json"
    path.write_text('{"bass": 3}')
    with pytest.raises(UserError, match="can't be read"):
        synths.load(path)


def test_no_sounds_and_no_program_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="Install lmms"):
        synths.prepare(tmp_path, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="apt-get install lmms"):
        lmms.render([lmms.Event(SAMPLE, 0.0, 0.5, lmms.MIDDLE)], 1.0)


def test_a_preset_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "bad.xpf").write_text("<lmms-project/>")
    (tmp_path / "presets" / "torn.xpf").write_text("<lmms-pro")
    for name in ("bad.xpf", "torn.xpf", "absent.xpf"):
        with pytest.raises(UserError, match=name):
            lmms.project([lmms.Event(name, 0.0, 0.5, 60)], tmp_path)
