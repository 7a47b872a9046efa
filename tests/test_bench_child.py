"""A measuring process that can't do what it is ordered to says why, and one that breaks is a sentence too."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtiass.bench.child import ask
from rtiass.bench.compute import compute
from rtiass.errors import UserError


def test_its_mistakes_are_ours(tiny_bundle: Path) -> None:
    with pytest.raises(UserError, match="no engine named 'nothing'"):
        list(compute(str(tiny_bundle), "nothing", 1, ["live"], 0.1))


def test_one_that_breaks() -> None:
    with pytest.raises(UserError, match=r"ended by itself \(status 1\). Its last words: KeyError: 'model'"):
        list(ask("rtiass.bench.compute", {}))
