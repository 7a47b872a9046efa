"""Without the package the baseline says how to get it, and torchaudio's place is left as it was."""

import sys

import pytest
from paper_study import NEEDS_OPENUNMIX

from offline_train.paper.openunmix import model_class
from offline_train.paper.study import Study
from rtiass.errors import UserError


def test_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openunmix", None)
    monkeypatch.delitem(sys.modules, "openunmix.model", raising=False)
    with pytest.raises(UserError, match=r'pip install "rtiass\[paper\]"'):
        model_class()


@NEEDS_OPENUNMIX
def test_torchaudio_is_not_needed_and_not_replaced(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "openunmix"]:
        monkeypatch.delitem(sys.modules, name)
    before = sys.modules.get("torchaudio")
    assert model_class().__name__ == "OpenUnmix"
    found = sys.modules.get("torchaudio")
    assert found is before or hasattr(found, "load")


def test_it_is_told_before_any_training(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openunmix", None)
    monkeypatch.delitem(sys.modules, "openunmix.model", raising=False)
    (tmp_path / "musdb").mkdir()
    with pytest.raises(UserError, match="package openunmix"):
        Study(tmp_path / "out", musdb=tmp_path / "musdb").train("musdb", ["iass", "openunmix"])
    assert not (tmp_path / "out").exists()
